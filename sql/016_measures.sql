-- What ops watch: that the worker lives, what became of jobs, how many documents are in which state.
SET search_path = portal;

CREATE TABLE worker_beat (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	at timestamptz NOT NULL,
	documents jsonb NOT NULL DEFAULT '{}',
	documents_at timestamptz
);
INSERT INTO worker_beat VALUES (true, 'epoch');
COMMENT ON TABLE worker_beat IS 'The worker''s last sign of life, and what it counted; one row.';
COMMENT ON COLUMN worker_beat.documents IS 'documents by state, counted now and then, as that reads all of them';

CREATE TABLE job_tally (
	kind text NOT NULL,
	outcome text NOT NULL,
	count bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (kind, outcome)
) WITH (fillfactor = 50);
COMMENT ON TABLE job_tally IS 'How many jobs of a kind ended how since the beginning: done, dropped, dead, and attempts that are to be repeated.';
