-- Signing in: codes asked for, sessions, and how often anybody asked.
SET search_path = portal;

CREATE TABLE login_challenge (
	address_hash bytea PRIMARY KEY CHECK (octet_length(address_hash) = 32),
	id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
	browser bytea NOT NULL UNIQUE CHECK (octet_length(browser) = 32),
	address text,
	language text NOT NULL CHECK (language IN ('da', 'en')),
	tries integer NOT NULL DEFAULT 0,
	expires_at timestamptz NOT NULL
);
CREATE INDEX login_challenge_expiry ON login_challenge (expires_at);
COMMENT ON TABLE login_challenge IS 'A code asked for; one an address, whether it is known or not. A new one takes the place of the old one.';
COMMENT ON COLUMN login_challenge.id IS 'what the code is made from, with a key';
COMMENT ON COLUMN login_challenge.browser IS 'SHA-256 of the cookie of the browser that asked: no other can use the code';
COMMENT ON COLUMN login_challenge.address IS 'until the mail is sent or found unwanted, then NULL';

CREATE TABLE login_session (
	id uuid PRIMARY KEY DEFAULT new_id(),
	hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
	address text NOT NULL CHECK (address = lower(address)),
	language text NOT NULL CHECK (language IN ('da', 'en')),
	browser text NOT NULL,
	system text NOT NULL,
	created_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	ends_at timestamptz NOT NULL
);
CREATE INDEX login_session_address ON login_session (address);
CREATE INDEX login_session_end ON login_session (ends_at);
COMMENT ON TABLE login_session IS 'A browser signed in as the reader of an address, over all tenants.';
COMMENT ON COLUMN login_session.hash IS 'SHA-256 of the cookie';
COMMENT ON COLUMN login_session.browser IS 'browser and system as people call them, such as Firefox and Linux; empty where unknown';
COMMENT ON COLUMN login_session.ends_at IS 'a week after it was last used, at the latest 30 days after it began';

CREATE TABLE login_rate (
	what text NOT NULL,
	whom text NOT NULL,
	count integer NOT NULL,
	until timestamptz NOT NULL,
	PRIMARY KEY (what, whom)
);
CREATE INDEX login_rate_until ON login_rate (until);
COMMENT ON TABLE login_rate IS 'Codes asked for within an hour or a day, by network and by the hash of the address.';

CREATE INDEX contact_address ON contact (lower(email));
CREATE INDEX job_login ON job (finished_at) WHERE kind = 'login';
