-- What was given up, for portalctl.
SET search_path = portal;

-- Whether a job came to nothing. Those that were ended because nobody wanted them any more are no failures.
CREATE OR REPLACE FUNCTION job_failed(j job) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT j.state = 'dead' AND (j.answer IS NULL OR j.answer NOT IN ('a contact was erased', 'the document was removed',
		'the webhook was deleted'))
$$;

CREATE OR REPLACE FUNCTION failed_job_json(j job) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('job_id', j.id, 'kind', j.kind, 'cause', j.cause, 'tenant_id', j.tenant_id, 'document_id', j.document_id,
		'version', j.version, 'webhook_id', j.webhook_id, 'attempts', j.attempts, 'status', j.status, 'answer', j.answer,
		'created_at', rfc3339(j.created_at), 'failed_at', rfc3339(j.finished_at))
$$;

-- portalctl jobs failed: one a row, the oldest first. Each parameter may be NULL: any.
CREATE OR REPLACE FUNCTION failed_jobs(p_tenant uuid, p_kind text) RETURNS SETOF json LANGUAGE sql STABLE AS $$
	SELECT failed_job_json(j) FROM job j
	WHERE job_failed(j) AND (p_tenant IS NULL OR tenant_id = p_tenant) AND (p_kind IS NULL OR kind = p_kind) ORDER BY n
$$;

-- portalctl jobs retry: has them tried again now, and gives those. Whether one is still wanted is seen when it is claimed.
CREATE OR REPLACE FUNCTION failed_jobs_retry(p_tenant uuid, p_kind text, p_job uuid) RETURNS SETOF json LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY
	UPDATE job j SET state = 'waiting', run_at = portal_now(), retried_at = portal_now(), finished_at = NULL
	WHERE job_failed(j) AND (p_tenant IS NULL OR tenant_id = p_tenant) AND (p_kind IS NULL OR kind = p_kind)
		AND (p_job IS NULL OR id = p_job)
	RETURNING failed_job_json(j);
	NOTIFY portal_jobs;
END $$;
