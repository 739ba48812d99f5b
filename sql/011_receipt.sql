-- Receipts of acceptances: PDFs that the worker makes, kept in the store like every other file.
SET search_path = portal;

CREATE TABLE receipt (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	version integer NOT NULL,
	kind text NOT NULL CHECK (kind IN ('combined', 'certificate')),
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	size bigint NOT NULL CHECK (size > 0),
	created_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, document_id, version),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES decision
);
COMMENT ON TABLE receipt IS 'The receipt of an accepted version. Its bytes are gone once the document is removed, as file_use says.';
COMMENT ON COLUMN receipt.kind IS 'combined: the accepted PDF followed by the certificate; certificate: that alone, where the PDF must stay as it is';

CREATE INDEX receipt_sha256 ON receipt (sha256);
CREATE UNIQUE INDEX job_receipt ON job (tenant_id, document_id, version) WHERE kind = 'receipt';
-- What others wait for.
CREATE INDEX job_first ON job (tenant_id, document_id, version) WHERE kind IN ('sign', 'receipt') AND state IN ('waiting', 'running');

-- What was accepted before gets its receipt too, one a second, so that new ones do not wait.
INSERT INTO job (tenant_id, kind, document_id, version, run_at)
SELECT x.tenant_id, 'receipt', x.document_id, x.version, now() + make_interval(secs => row_number() OVER (ORDER BY x.at DESC))
FROM decision x JOIN document d ON d.tenant_id = x.tenant_id AND d.id = x.document_id
WHERE x.type = 'accepted' AND d.removed_at IS NULL;
