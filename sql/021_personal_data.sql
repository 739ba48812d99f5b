-- Erasing what is held about a person (sql/functions/71_personal.sql), while what happened stays provable.
SET search_path = portal;

ALTER TABLE contact ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN contact.erased_at IS 'when name, address, language and external id were erased; what stands there since is the same for all';

ALTER TABLE decision
	ADD COLUMN erased_at timestamptz,
	ADD COLUMN consent_sha256 text CHECK (consent_sha256 ~ '^[0-9a-f]{64}$'),
	DROP CONSTRAINT decision_consent,
	ADD CONSTRAINT decision_consent CHECK (type = 'declined' OR num_nonnulls(consent, consent_sha256) > 0);
COMMENT ON COLUMN decision.erased_at IS 'when everything about who decided was erased';
COMMENT ON COLUMN decision.consent_sha256 IS 'in place of a consent that named somebody who was erased';

ALTER TABLE idempotency ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN idempotency.erased_at IS 'when the answer, which may have named somebody, was erased; the request is still not carried out twice';

CREATE TABLE receipt_former (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	version integer NOT NULL,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	PRIMARY KEY (tenant_id, document_id, version, sha256),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES decision
);
CREATE INDEX receipt_former_sha256 ON receipt_former (sha256);
COMMENT ON TABLE receipt_former IS 'Receipts whose bytes were erased, as they named somebody: whoever was given one can still have it checked.';

-- All that concerns one person at one tenant (person_find()).
CREATE TYPE person AS (
	tenant_id uuid,
	contacts uuid[],
	addresses text[],
	words text[],
	links uuid[],
	shares uuid[],
	documents uuid[]
);
COMMENT ON TYPE person IS 'addresses: lower case, those that are this person''s alone; words: names and addresses; links: personal ones and those passed on to the person; shares: those that the person passed on; documents: where any of this stands';
