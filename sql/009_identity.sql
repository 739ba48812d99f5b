-- Proof of who decided: one-time codes to an address, drawn signatures, and what the evidence of a decision keeps.
SET search_path = portal;

-- Of a code only the nonce is kept; with it and a key that is not in the database the code is made.
CREATE TABLE identity_challenge (
	tenant_id uuid NOT NULL,
	id uuid NOT NULL DEFAULT new_id(),
	document_id uuid NOT NULL,
	link_id uuid NOT NULL,
	version integer NOT NULL,
	email text NOT NULL,
	nonce text NOT NULL DEFAULT encode(uuid_send(gen_random_uuid()), 'hex'),
	sent integer NOT NULL DEFAULT 1,
	tries integer NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	mailed_at timestamptz,
	voided_at timestamptz,
	used_at timestamptz,
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, document_id, link_id) REFERENCES link (tenant_id, document_id, id),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES version
);
-- A new code voids the one before it.
CREATE UNIQUE INDEX identity_challenge_living ON identity_challenge (tenant_id, link_id, version, lower(email))
	WHERE voided_at IS NULL;
CREATE INDEX identity_challenge_link ON identity_challenge (tenant_id, link_id, created_at);
CREATE INDEX identity_challenge_address ON identity_challenge (tenant_id, lower(email), created_at);
CREATE INDEX identity_challenge_age ON identity_challenge (created_at);
COMMENT ON TABLE identity_challenge IS 'A one-time code mailed to prove an address, for one link and version. Kept for a day; what it proved is copied into the decision.';
COMMENT ON COLUMN identity_challenge.sent IS 'how many codes this address has asked for on this link and version, this one included';
COMMENT ON COLUMN identity_challenge.tries IS 'counted before a code is judged, the right one included';
COMMENT ON COLUMN identity_challenge.mailed_at IS 'when the mail server took the mail';

ALTER TABLE decision
	ADD COLUMN proof jsonb,
	ADD COLUMN signature_image bytea,
	ADD COLUMN disclosed_at timestamptz,
	DROP CONSTRAINT decision_check,
	ADD CONSTRAINT decision_consent CHECK (type = 'declined' OR consent IS NOT NULL),
	ADD CONSTRAINT decision_signature_image CHECK (signature_image IS NULL OR signature = 'drawn');
COMMENT ON COLUMN decision.proof IS 'how the identity was proved, without personal data, as in the event''s line; NULL for identity `link`';
COMMENT ON COLUMN decision.signature_image IS 'PNG, black ink on a transparent ground; NULL unless drawn, or once erased';
COMMENT ON COLUMN decision.disclosed_at IS 'when the sender was shown the link that decided; NULL: never';

-- Whether a decline needs a reason.
UPDATE document SET settings = jsonb_set(settings, '{accept,reason_required}', 'false')
WHERE settings -> 'accept' ->> 'reason_required' IS NULL;
