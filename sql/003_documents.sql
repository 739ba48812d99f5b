-- Documents, their versions and files, the links to them and what became of them.
SET search_path = portal;

CREATE TABLE file (
	tenant_id uuid NOT NULL REFERENCES tenant,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	size bigint NOT NULL CHECK (size > 0),
	pages integer CHECK (pages > 0),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, sha256)
);
COMMENT ON TABLE file IS 'Bytes in the store, named by their hash. `pages` is set where they were checked as a PDF.';

CREATE TABLE document (
	tenant_id uuid NOT NULL REFERENCES tenant,
	id uuid NOT NULL DEFAULT new_id(),
	external_id text NOT NULL,
	customer_id uuid NOT NULL,
	project text,
	settings jsonb NOT NULL,
	expires_at timestamptz,
	remove_at timestamptz,
	access_code text,
	code_generation integer NOT NULL DEFAULT 1,
	version integer NOT NULL DEFAULT 0,
	revision integer NOT NULL DEFAULT 0,
	decided text CHECK (decided IN ('accepted', 'declined')),
	opened_at timestamptz,
	downloaded_at timestamptz,
	withdrawn_at timestamptz,
	archived_at timestamptz,
	removed_at timestamptz,
	expiry_told_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
	CHECK (decided IS DISTINCT FROM 'accepted' OR withdrawn_at IS NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX document_external_id ON document (tenant_id, external_id) WHERE removed_at IS NULL;
CREATE INDEX document_customer ON document (tenant_id, customer_id);
CREATE INDEX document_expiry ON document (expires_at)
	WHERE expiry_told_at IS NULL AND decided IS NULL AND withdrawn_at IS NULL AND removed_at IS NULL;
COMMENT ON TABLE document IS 'What was sent, with everything that may change about it.';
COMMENT ON COLUMN document.settings IS 'visibility, accept, message, language, notify, expires_at, remove_at, archive_after_days, as the API shows them';
COMMENT ON COLUMN document.expires_at IS 'the moment from which it can no longer be accepted; settings.expires_at is what the sender wrote';
COMMENT ON COLUMN document.version IS 'the current version; decided, opened_at and downloaded_at speak of it';
COMMENT ON COLUMN document.revision IS 'the ETag: counts the changes of version, settings and decision, not the reading';

CREATE TABLE version (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	version integer NOT NULL CHECK (version > 0),
	kind text NOT NULL CHECK (kind IN ('quote', 'document')),
	title text NOT NULL,
	number text,
	amount numeric(14, 2),
	currency text CHECK (currency ~ '^[A-Z]{3}$'),
	file_name text NOT NULL,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	size bigint NOT NULL,
	pages integer NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, document_id, version),
	FOREIGN KEY (tenant_id, document_id) REFERENCES document,
	CHECK ((amount IS NULL) = (currency IS NULL))
);
COMMENT ON TABLE version IS 'Everything shown under one number. Never changed.';

CREATE TABLE attachment (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	version integer NOT NULL,
	n integer NOT NULL CHECK (n > 0),
	name text NOT NULL,
	type text NOT NULL,
	size bigint NOT NULL,
	sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
	PRIMARY KEY (tenant_id, document_id, version, n),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES version
);
COMMENT ON TABLE attachment IS 'Further files of a version, in order. Never changed.';

-- Versions and attachments keep their hashes for good; a use says that the bytes are needed as well.
-- Removing a document deletes its uses, and bytes without a use are erased.
CREATE TABLE file_use (
	tenant_id uuid NOT NULL,
	sha256 bytea NOT NULL,
	document_id uuid NOT NULL,
	PRIMARY KEY (tenant_id, document_id, sha256),
	FOREIGN KEY (tenant_id, sha256) REFERENCES file,
	FOREIGN KEY (tenant_id, document_id) REFERENCES document
);
CREATE INDEX file_use_file ON file_use (tenant_id, sha256);
COMMENT ON TABLE file_use IS 'Which documents need which bytes.';

CREATE TABLE link (
	tenant_id uuid NOT NULL,
	id uuid NOT NULL DEFAULT new_id(),
	document_id uuid NOT NULL,
	kind text NOT NULL CHECK (kind IN ('personal', 'public', 'shared', 'preview')),
	contact_id uuid,
	token_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
	rights text[] NOT NULL CHECK (rights <@ ARRAY['view', 'ask', 'accept'] AND 'view' = ANY (rights)),
	delivery text NOT NULL DEFAULT 'none' CHECK (delivery IN ('none', 'queued', 'sent', 'failed', 'bounced')),
	delivered_at timestamptz,
	delivery_answer text,
	reminders_sent integer NOT NULL DEFAULT 0,
	disclosed_at timestamptz,
	revoked_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, id),
	UNIQUE (tenant_id, document_id, id),
	FOREIGN KEY (tenant_id, document_id) REFERENCES document,
	FOREIGN KEY (tenant_id, contact_id) REFERENCES contact,
	CHECK ((kind = 'personal') = (contact_id IS NOT NULL)),
	CHECK (kind <> 'preview' OR rights = ARRAY['view'])
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX link_personal ON link (tenant_id, document_id, contact_id) WHERE kind = 'personal';
CREATE UNIQUE INDEX link_single ON link (tenant_id, document_id, kind) WHERE kind IN ('public', 'preview');
CREATE INDEX link_contact ON link (tenant_id, contact_id);
COMMENT ON TABLE link IS 'One contact''s way in, the public one, or the sender''s preview. The token is made from token_id and a key.';
COMMENT ON COLUMN link.token_id IS '16 random bytes, the public half of the token; rotating the link replaces it';
COMMENT ON COLUMN link.disclosed_at IS 'when the sender was shown this link, which the evidence must say';

CREATE TABLE engagement (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	link_id uuid NOT NULL,
	version integer NOT NULL,
	fetched_at timestamptz,
	opened_at timestamptz,
	downloaded_at timestamptz,
	attachments integer[] NOT NULL DEFAULT '{}',
	PRIMARY KEY (tenant_id, link_id, version),
	FOREIGN KEY (tenant_id, document_id, link_id) REFERENCES link (tenant_id, document_id, id),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES version
) WITH (fillfactor = 80);
CREATE INDEX engagement_document ON engagement (tenant_id, document_id);
COMMENT ON TABLE engagement IS 'What one link did with one version: fetched last, opened first, downloaded first, which attachments.';

CREATE TABLE decision (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	version integer NOT NULL,
	type text NOT NULL CHECK (type IN ('accepted', 'declined')),
	at timestamptz NOT NULL,
	link_id uuid NOT NULL,
	contact_id uuid,
	name text,
	email text,
	identity text NOT NULL CHECK (identity IN ('link', 'email_code')),
	signature text NOT NULL CHECK (signature IN ('none', 'typed', 'drawn')),
	language text NOT NULL,
	consent text,
	sha256 bytea NOT NULL,
	reason text,
	purchase_order text,
	event_id uuid NOT NULL,
	-- One decision per version: whoever inserts first has decided.
	PRIMARY KEY (tenant_id, document_id, version),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES version,
	FOREIGN KEY (tenant_id, document_id, link_id) REFERENCES link (tenant_id, document_id, id),
	CHECK (type = 'declined' OR (consent IS NOT NULL AND name IS NOT NULL))
);
COMMENT ON TABLE decision IS 'Accepted or declined, by one contact, of one version.';

CREATE TABLE message (
	tenant_id uuid NOT NULL,
	id uuid NOT NULL DEFAULT new_id(),
	document_id uuid NOT NULL,
	version integer NOT NULL,
	author text NOT NULL CHECK (author IN ('sender', 'contact')),
	link_id uuid,
	text text NOT NULL,
	at timestamptz NOT NULL,
	read_at timestamptz,
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, document_id, version) REFERENCES version,
	FOREIGN KEY (tenant_id, document_id, link_id) REFERENCES link (tenant_id, document_id, id)
);
CREATE INDEX message_document ON message (tenant_id, document_id, id);
COMMENT ON TABLE message IS 'Questions and answers about a document.';

CREATE TABLE idempotency (
	tenant_id uuid NOT NULL REFERENCES tenant,
	route text NOT NULL,
	key text NOT NULL,
	request_sha256 bytea NOT NULL,
	status integer,
	answer text,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, route, key)
);
COMMENT ON TABLE idempotency IS 'Answers kept for a day, for requests that carry an Idempotency-Key.';
