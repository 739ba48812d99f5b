-- What ops watch. Ages are by the machine's clock, also for tests that travel in time.
SET search_path = portal;

CREATE OR REPLACE FUNCTION documents_by_state() RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_object_agg(state, count), '{}') FROM (
		SELECT CASE WHEN removed_at IS NOT NULL THEN 'removed' WHEN archived_at IS NOT NULL THEN 'archived'
			ELSE document_state(d, portal_now()) END AS state, count(*)
		FROM document d GROUP BY 1) x
$$;

-- The worker's sign of life. Counts documents at most every ten minutes. Gives {}.
CREATE OR REPLACE FUNCTION worker_beat_now() RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
	SET LOCAL synchronous_commit = off;
	UPDATE worker_beat SET at = clock_timestamp();
	UPDATE worker_beat SET documents = documents_by_state(), documents_at = clock_timestamp()
	WHERE documents_at IS NULL OR documents_at < clock_timestamp() - interval '10 minutes';
	RETURN '{}';
END $$;

CREATE OR REPLACE FUNCTION job_kinds() RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
	SELECT unnest(ARRAY['mail', 'login', 'webhook', 'sign', 'receipt', 'erase'])
$$;

-- Counts one end, or one attempt that is to be repeated.
CREATE OR REPLACE FUNCTION job_count(p_kind text, p_outcome text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO job_tally AS t VALUES (p_kind, p_outcome, 1)
	ON CONFLICT (kind, outcome) DO UPDATE SET count = t.count + 1
$$;

-- Everything that the metrics tell of the database: {worker_age, documents, jobs [{kind, waiting, oldest}],
-- ended [{kind, outcome, count}], unnumbered}. Ages in seconds. What never happened is told as 0: of a count that appears as 1
-- Prometheus would not see that it rose.
CREATE OR REPLACE FUNCTION sender_measures() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object(
		'worker_age', (SELECT floor(extract(epoch FROM clock_timestamp() - at))::bigint FROM worker_beat),
		'documents', (SELECT documents FROM worker_beat),
		'jobs', (SELECT json_agg(json_build_object('kind', kind, 'waiting', coalesce(count, 0), 'oldest', coalesce(oldest, 0)))
			FROM job_kinds() AS kind LEFT JOIN (
				SELECT kind, count(*), extract(epoch FROM greatest(portal_now() - min(created_at), interval '0')) AS oldest
				FROM job WHERE state IN ('waiting', 'running') GROUP BY kind) x USING (kind)),
		'ended', (SELECT json_agg(json_build_object('kind', kind, 'outcome', outcome, 'count', coalesce(count, 0)))
			FROM job_kinds() AS kind CROSS JOIN unnest(ARRAY['done', 'retry', 'dropped', 'dead']) AS outcome
				LEFT JOIN job_tally USING (kind, outcome)),
		'unnumbered', (SELECT count(*) FROM event WHERE feed_no IS NULL))
$$;
