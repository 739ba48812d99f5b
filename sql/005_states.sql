-- What may be done to a document in which state: the table of the contract, and the one place that decides.
SET search_path = portal;

CREATE TABLE transition (
	action text NOT NULL,
	state text NOT NULL,
	answer text NOT NULL,
	PRIMARY KEY (action, state)
);
COMMENT ON TABLE transition IS 'answer: yes | repeat (nothing to do, 200) | revision (only when asked for as one) | dates (dates only) | the code of the refusal. State `archived` stands before the others.';

INSERT INTO transition (action, state, answer) VALUES
	('version',  'sent', 'yes'), ('version',  'opened', 'yes'), ('version',  'expired', 'yes'),
	('version',  'accepted', 'revision'), ('version',  'declined', 'yes'), ('version',  'withdrawn', 'withdrawn'),
	('settings', 'sent', 'yes'), ('settings', 'opened', 'yes'), ('settings', 'expired', 'yes'),
	('settings', 'accepted', 'dates'), ('settings', 'declined', 'yes'), ('settings', 'withdrawn', 'withdrawn'),
	('remind',   'sent', 'yes'), ('remind',   'opened', 'yes'), ('remind',   'expired', 'expired'),
	('remind',   'accepted', 'already_accepted'), ('remind',   'declined', 'already_decided'),
	('remind',   'withdrawn', 'withdrawn'), ('remind',   'archived', 'archived'),
	('decide',   'sent', 'yes'), ('decide',   'opened', 'yes'), ('decide',   'expired', 'expired'),
	('decide',   'accepted', 'already_decided'), ('decide',   'declined', 'already_decided'),
	('decide',   'withdrawn', 'withdrawn'), ('decide',   'archived', 'archived'),
	('withdraw', 'sent', 'yes'), ('withdraw', 'opened', 'yes'), ('withdraw', 'expired', 'yes'),
	('withdraw', 'accepted', 'already_accepted'), ('withdraw', 'declined', 'yes'), ('withdraw', 'withdrawn', 'repeat'),
	('archive',  'sent', 'yes'), ('archive',  'opened', 'yes'), ('archive',  'expired', 'yes'),
	('archive',  'accepted', 'yes'), ('archive',  'declined', 'yes'), ('archive',  'withdrawn', 'yes'),
	('archive',  'archived', 'repeat');

-- What the gate hands to a customer's function (sql/functions/30_state.sql).
CREATE TYPE gate_pass AS (
	verdict text,
	at timestamptz,
	link link,
	document document,
	setting setting
);
