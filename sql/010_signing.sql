-- Signatures by a key outside the database: of documents' heads, and once a day of all that was signed for a tenant.
SET search_path = portal;

CREATE TABLE signing_key (
	key_id text PRIMARY KEY,
	generation integer NOT NULL CHECK (generation > 0),
	public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
	created_at timestamptz NOT NULL,
	retired_at timestamptz
);
COMMENT ON TABLE signing_key IS 'Public keys (Ed25519) of all signatures, told by the worker, which alone holds the private ones. Never deleted.';
COMMENT ON COLUMN signing_key.retired_at IS 'when the worker was first seen with a newer generation';

CREATE TABLE head_signature (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	length integer NOT NULL CHECK (length > 0),
	head text NOT NULL CHECK (head ~ '^[0-9a-f]{64}$'),
	at timestamptz NOT NULL,
	key_id text NOT NULL REFERENCES signing_key,
	statement text NOT NULL,
	signature bytea NOT NULL CHECK (octet_length(signature) = 64),
	batch integer,
	PRIMARY KEY (tenant_id, document_id, length),
	FOREIGN KEY (tenant_id, document_id) REFERENCES document
);
CREATE INDEX head_signature_batch ON head_signature (tenant_id, batch);
COMMENT ON TABLE head_signature IS 'The head of a document''s history at some length, signed: at each decision, and daily where events came since.';
COMMENT ON COLUMN head_signature.statement IS 'the text that was signed (lib/statement.h)';
COMMENT ON COLUMN head_signature.batch IS 'the tenant statement that lists it; NULL until the next one';

CREATE TABLE tenant_statement (
	tenant_id uuid NOT NULL REFERENCES tenant,
	number integer NOT NULL CHECK (number > 0),
	at timestamptz NOT NULL,
	previous text NOT NULL CHECK (previous ~ '^[0-9a-f]{64}$'),
	list text NOT NULL,
	key_id text NOT NULL REFERENCES signing_key,
	statement text NOT NULL,
	signature bytea NOT NULL CHECK (octet_length(signature) = 64),
	PRIMARY KEY (tenant_id, number)
);
COMMENT ON TABLE tenant_statement IS 'Daily, chained: which heads were signed since the one before, so that none can be taken away.';
COMMENT ON COLUMN tenant_statement.previous IS 'SHA-256 of the statement before, 64 zeros in the first';
COMMENT ON COLUMN tenant_statement.list IS 'a line `document length head` for every signature of its batch; the statement holds its SHA-256';

CREATE TABLE sealing (
	tenant_id uuid PRIMARY KEY REFERENCES tenant,
	day date,
	feed_no bigint NOT NULL DEFAULT 0,
	number integer NOT NULL DEFAULT 0,
	head text NOT NULL DEFAULT repeat('0', 64) CHECK (head ~ '^[0-9a-f]{64}$')
);
COMMENT ON TABLE sealing IS 'How far the daily signing of each tenant has come.';
COMMENT ON COLUMN sealing.day IS 'the last day (UTC) that is done';
COMMENT ON COLUMN sealing.feed_no IS 'events up to this number of the feed have been looked at';
COMMENT ON COLUMN sealing.number IS 'the tenant''s last statement, so that the next one shows when it is taken away; head is its SHA-256';
