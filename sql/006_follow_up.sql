-- What happens by itself after sending, access codes, a tenant's own files, answers kept for repeats.
SET search_path = portal;

ALTER TABLE document
	ADD COLUMN decided_at timestamptz,
	ADD COLUMN archive_at timestamptz,
	ADD COLUMN remind_at timestamptz,
	ADD COLUMN expiry_notice_at timestamptz;
CREATE INDEX job_document ON job (tenant_id, document_id);
CREATE INDEX document_archive ON document (archive_at) WHERE archived_at IS NULL AND removed_at IS NULL;
CREATE INDEX document_remove ON document (remove_at) WHERE removed_at IS NULL;
CREATE INDEX document_remind ON document (remind_at);
CREATE INDEX document_expiry_notice ON document (expiry_notice_at);
COMMENT ON COLUMN document.archive_at IS 'when the worker archives it: archive_after_days from decision, withdrawal or expiry, the first there is';
COMMENT ON COLUMN document.remind_at IS 'when the worker looks again who is to be reminded; NULL: never';
COMMENT ON COLUMN document.expiry_notice_at IS 'when those who can still decide are told that time runs out; NULL: never';
COMMENT ON COLUMN document.access_code IS 'scrypt of the public link''s access code: salt and hash; NULL where there is none';

-- One place that knows when a document is due: whatever changes it, the moments follow.
CREATE FUNCTION document_moments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	v_days integer := (NEW.settings ->> 'archive_after_days')::integer;
BEGIN
	NEW.archive_at := CASE WHEN NEW.archived_at IS NULL AND NEW.removed_at IS NULL
		THEN coalesce(NEW.decided_at, NEW.withdrawn_at, NEW.expires_at) + make_interval(days => v_days) END;
	IF NEW.decided IS NOT NULL OR NEW.withdrawn_at IS NOT NULL OR NEW.archived_at IS NOT NULL
		OR NEW.removed_at IS NOT NULL
	THEN
		NEW.remind_at := NULL;
		NEW.expiry_notice_at := NULL;
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER document_moments BEFORE INSERT OR UPDATE ON document
	FOR EACH ROW EXECUTE FUNCTION document_moments();

-- Wrong access codes, counted by link and by address, so that neither can be tried through.
CREATE TABLE access_failure (
	tenant_id uuid NOT NULL,
	link_id uuid NOT NULL,
	address text NOT NULL,
	count integer NOT NULL DEFAULT 0,
	first_at timestamptz NOT NULL,
	locked_until timestamptz,
	PRIMARY KEY (tenant_id, link_id, address),
	FOREIGN KEY (tenant_id, link_id) REFERENCES link
);
CREATE INDEX access_failure_address ON access_failure (address, first_at);
COMMENT ON TABLE access_failure IS 'Wrong access codes within the last hour; address '''' counts the link''s own, from everywhere.';

CREATE TABLE setting_file (
	tenant_id uuid NOT NULL,
	id uuid NOT NULL DEFAULT new_id(),
	kind text NOT NULL CHECK (kind IN ('logo', 'attachment')),
	name text NOT NULL,
	type text NOT NULL,
	size bigint NOT NULL,
	sha256 bytea NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, sha256) REFERENCES file
);
CREATE UNIQUE INDEX setting_file_logo ON setting_file (tenant_id) WHERE kind = 'logo';
CREATE INDEX setting_file_file ON setting_file (tenant_id, sha256);
COMMENT ON TABLE setting_file IS 'A tenant''s logo and standard attachments, which new versions get by themselves.';

ALTER TABLE attachment ADD COLUMN standard boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN attachment.standard IS 'added by the tenant''s settings, not sent with the document';

ALTER TABLE link ADD COLUMN named boolean NOT NULL DEFAULT true, ADD COLUMN revoked_by_hand boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN link.named IS 'false for a contact who has access as one of the customer''s only';
COMMENT ON COLUMN link.revoked_by_hand IS 'revoked through the API: naming the contact again does not bring it back, rotating does';

ALTER TABLE idempotency ADD COLUMN headers jsonb;
COMMENT ON COLUMN idempotency.answer IS 'sealed with AES-GCM: it may hold a secret that is shown once';
CREATE INDEX idempotency_age ON idempotency (created_at);

-- A test of a webhook is a delivery without an event.
ALTER TABLE job DROP CONSTRAINT job_check1,
	ADD CONSTRAINT job_webhook_target CHECK (kind <> 'webhook' OR webhook_id IS NOT NULL
		AND (cause = 'test' OR event_id IS NOT NULL AND feed_no IS NOT NULL));
ALTER TABLE job ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;
COMMENT ON COLUMN job.n IS 'order of writing';
CREATE INDEX job_deliveries ON job (tenant_id, webhook_id, n) WHERE kind = 'webhook';

INSERT INTO transition (action, state, answer)
SELECT 'unarchive', state, 'repeat' FROM unnest(ARRAY['sent', 'opened', 'accepted', 'declined', 'withdrawn', 'expired']) state
UNION ALL SELECT 'unarchive', 'archived', 'yes';
