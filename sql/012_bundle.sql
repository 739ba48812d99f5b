-- The check page finds an acceptance by the bytes accepted; retention remembers how far it has come.
SET search_path = portal;

CREATE INDEX decision_accepted_sha256 ON decision (sha256) WHERE type = 'accepted';

CREATE TABLE retention_mark (
	tenant_id uuid NOT NULL REFERENCES tenant,
	what text NOT NULL CHECK (what IN ('ip_days', 'event_days')),
	feed_no bigint NOT NULL,
	PRIMARY KEY (tenant_id, what)
);
COMMENT ON TABLE retention_mark IS 'Up to which place of the feed a tenant''s events have been cleared of what its `retention` no longer keeps.';
