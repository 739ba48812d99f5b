-- The append-only, hash-chained history of each document, and the outbox.
SET search_path = portal;

CREATE TABLE chain (
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	length integer NOT NULL DEFAULT 0,
	head text NOT NULL DEFAULT repeat('0', 64) CHECK (head ~ '^[0-9a-f]{64}$'),
	PRIMARY KEY (tenant_id, document_id),
	FOREIGN KEY (tenant_id, document_id) REFERENCES document
) WITH (fillfactor = 50);
COMMENT ON TABLE chain IS 'The head of a document''s history: how many chained events, and the hash of the last (64 zeros before the first).';

CREATE TABLE event (
	id uuid PRIMARY KEY,
	n bigint GENERATED ALWAYS AS IDENTITY,
	tenant_id uuid NOT NULL,
	document_id uuid NOT NULL,
	seq integer,
	type text NOT NULL,
	version integer,
	contact_id uuid,
	link_id uuid,
	at timestamptz NOT NULL,
	line text NOT NULL,
	hash text CHECK (hash ~ '^[0-9a-f]{64}$'),
	salt text,
	personal text,
	request_id text,
	feed_no bigint,
	FOREIGN KEY (tenant_id, document_id) REFERENCES document,
	CHECK ((seq IS NULL) = (hash IS NULL))
);
CREATE INDEX event_document ON event (tenant_id, document_id, n);
CREATE UNIQUE INDEX event_feed ON event (tenant_id, feed_no) WHERE feed_no IS NOT NULL;
CREATE INDEX event_unnumbered ON event (n) WHERE feed_no IS NULL;
COMMENT ON TABLE event IS 'One line of a document''s history. Written by event_append() alone; afterwards only the feed number is added, and personal data may be erased.';
COMMENT ON COLUMN event.n IS 'order of writing; within a document the order of the chain';
COMMENT ON COLUMN event.seq IS 'position in the document''s chain; NULL for `fetched`, which is not chained';
COMMENT ON COLUMN event.line IS 'JSON text, hashed as it stands: hash = sha256(previous hash, newline, line)';
COMMENT ON COLUMN event.personal IS 'names, addresses, IP addresses, user agents as JSON text; the line holds sha256(salt, newline, personal)';
COMMENT ON COLUMN event.feed_no IS 'the order of the feed, given by the worker alone to committed events';

CREATE TABLE webhook (
	tenant_id uuid NOT NULL REFERENCES tenant,
	id uuid NOT NULL DEFAULT new_id(),
	url text NOT NULL,
	types text[],
	description text,
	secret bytea NOT NULL,
	old_secret bytea,
	old_secret_until timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	deleted_at timestamptz,
	PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE webhook IS 'Where a tenant wants its events posted. Secrets are sealed with AES-GCM; types NULL means all.';

CREATE TABLE job (
	id uuid PRIMARY KEY DEFAULT new_id(),
	tenant_id uuid NOT NULL REFERENCES tenant,
	kind text NOT NULL CHECK (kind IN ('mail', 'webhook', 'erase')),
	document_id uuid,
	cause text,
	link_id uuid,
	version integer,
	webhook_id uuid,
	event_id uuid,
	feed_no bigint,
	sha256 bytea,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'dead')),
	run_at timestamptz NOT NULL DEFAULT now(),
	attempts integer NOT NULL DEFAULT 0,
	claimed_by text,
	status integer,
	answer text,
	request_id text,
	created_at timestamptz NOT NULL DEFAULT now(),
	finished_at timestamptz,
	FOREIGN KEY (tenant_id, document_id) REFERENCES document,
	FOREIGN KEY (tenant_id, document_id, link_id) REFERENCES link (tenant_id, document_id, id),
	FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhook,
	CHECK (kind <> 'mail' OR cause IS NOT NULL),
	CHECK (kind <> 'webhook' OR (webhook_id IS NOT NULL AND event_id IS NOT NULL AND feed_no IS NOT NULL)),
	CHECK (kind <> 'erase' OR sha256 IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX job_due ON job (run_at) WHERE state IN ('waiting', 'running');
CREATE INDEX job_running ON job (claimed_by) WHERE state = 'running';
CREATE INDEX job_webhook_order ON job (webhook_id, document_id, feed_no) WHERE state IN ('waiting', 'running');
-- One mail per link and cause, one delivery per webhook and event.
CREATE UNIQUE INDEX job_mail ON job (tenant_id, document_id, coalesce(link_id, document_id), cause) WHERE kind = 'mail';
CREATE UNIQUE INDEX job_webhook ON job (webhook_id, event_id) WHERE kind = 'webhook';
COMMENT ON TABLE job IS 'The outbox: a mail to send, a webhook to deliver, bytes to erase. Holds ids; links and codes are made when sending.';
COMMENT ON COLUMN job.run_at IS 'when it is due; for a running job, when its claim lapses';
COMMENT ON COLUMN job.claimed_by IS 'the database session that claimed it; when that is gone, so is the claim';
COMMENT ON COLUMN job.cause IS 'of a mail: what it tells, with whatever makes the cause distinct, as in upload:1';
COMMENT ON COLUMN job.answer IS 'the mail server''s or receiver''s last words';

CREATE TABLE feed (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	last bigint NOT NULL
);
INSERT INTO feed VALUES (true, 0);
COMMENT ON TABLE feed IS 'The last number given in the feed; one row.';
