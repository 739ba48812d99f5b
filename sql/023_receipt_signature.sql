-- Receipts are signed, each by a statement of its own (lib/statement.h). The worker signs a receipt when it makes it, and
-- those that are there already as soon as it runs.
SET search_path = portal;

ALTER TABLE receipt
	ADD COLUMN signed_at timestamptz,
	ADD COLUMN key_id text REFERENCES signing_key,
	ADD COLUMN statement text,
	ADD COLUMN signature bytea CHECK (octet_length(signature) = 64),
	ADD COLUMN waits_since timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN tried_at timestamptz,
	ADD CONSTRAINT receipt_signed CHECK (num_nonnulls(signed_at, key_id, statement, signature) IN (0, 4));
CREATE INDEX receipt_unsigned ON receipt (tried_at) WHERE signature IS NULL;
COMMENT ON COLUMN receipt.statement IS 'the text that was signed: document, version, decision, kind, size and hash; NULL until it is signed';
COMMENT ON COLUMN receipt.waits_since IS 'from when on it could be signed: those older than their signatures have waited since these came';
COMMENT ON COLUMN receipt.tried_at IS 'when the worker last took it up to sign it; once a day';

ALTER TABLE receipt_former
	ADD COLUMN kind text,
	ADD COLUMN size bigint,
	ADD COLUMN created_at timestamptz,
	ADD COLUMN signed_at timestamptz,
	ADD COLUMN key_id text REFERENCES signing_key,
	ADD COLUMN statement text,
	ADD COLUMN signature bytea;
COMMENT ON COLUMN receipt_former.statement IS 'as in receipt; NULL of receipts that were gone before there were signatures';
