-- The tenant's webhooks. Secrets come and stay sealed; only the worker can open them.
SET search_path = portal;

CREATE OR REPLACE FUNCTION webhook_json(w webhook) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', w.id, 'url', w.url, 'types', w.types, 'description', w.description,
		'created_at', rfc3339(w.created_at),
		'old_secret_until', CASE WHEN w.old_secret_until > portal_now() THEN rfc3339(w.old_secret_until) END)
$$;

CREATE OR REPLACE FUNCTION sender_add_webhook(p_tenant uuid, p_given jsonb, p_secret bytea) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	w webhook;
BEGIN
	PERFORM FROM setting WHERE tenant_id = p_tenant FOR UPDATE;
	IF (SELECT count(*) FROM webhook WHERE tenant_id = p_tenant AND deleted_at IS NULL) >= 20 THEN
		PERFORM problem('conflict', 'there are twenty webhooks already');
	END IF;
	INSERT INTO webhook (tenant_id, url, types, description, secret)
	VALUES (p_tenant, p_given ->> 'url',
		(SELECT array_agg(t) FROM jsonb_array_elements_text(nullif(p_given -> 'types', 'null')) t),
		p_given ->> 'description', p_secret)
	RETURNING * INTO w;
	RETURN webhook_json(w);
END $$;

CREATE OR REPLACE FUNCTION sender_webhooks(p_tenant uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('data', coalesce(json_agg(webhook_json(w) ORDER BY id), '[]'), 'next', NULL)
	FROM webhook w WHERE tenant_id = p_tenant AND deleted_at IS NULL
$$;

CREATE OR REPLACE FUNCTION sender_delete_webhook(p_tenant uuid, p_webhook uuid) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
	UPDATE webhook SET deleted_at = portal_now()
	WHERE tenant_id = p_tenant AND id = p_webhook AND deleted_at IS NULL;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	UPDATE job SET state = 'dead', finished_at = portal_now(), answer = 'the webhook was deleted'
	WHERE tenant_id = p_tenant AND webhook_id = p_webhook AND state = 'waiting';
	RETURN json_build_object('id', p_webhook);
END $$;

-- POST …/{id}/rotate: a new secret; the old one signs too for a day. Rotated again within it, the one that the receiver
-- had first keeps its day, and the one between is dropped. NULL: no such webhook.
CREATE OR REPLACE FUNCTION sender_rotate_webhook(p_tenant uuid, p_webhook uuid, p_secret bytea) RETURNS json
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	UPDATE webhook AS w SET secret = p_secret,
		old_secret = CASE WHEN old_secret_until > portal_now() THEN old_secret ELSE secret END,
		old_secret_until = CASE WHEN old_secret_until > portal_now() THEN old_secret_until
			ELSE portal_now() + interval '1 day' END
	WHERE tenant_id = p_tenant AND id = p_webhook AND deleted_at IS NULL
	RETURNING webhook_json(w)
$$;

-- POST …/{id}/test: queues a delivery of type webhook.test. Gives {"id"} of the delivery.
CREATE OR REPLACE FUNCTION sender_test_webhook(p_tenant uuid, p_webhook uuid, p_request text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_id uuid;
BEGIN
	INSERT INTO job (tenant_id, kind, webhook_id, cause, request_id)
	SELECT tenant_id, 'webhook', id, 'test', p_request FROM webhook
	WHERE tenant_id = p_tenant AND id = p_webhook AND deleted_at IS NULL
	RETURNING id INTO v_id;
	NOTIFY portal_jobs;
	RETURN CASE WHEN v_id IS NOT NULL THEN json_build_object('id', v_id) END;
END $$;

-- One delivery: waiting, delivered or failed (for good), with the receiver's last answer.
CREATE OR REPLACE FUNCTION delivery_status_json(j job) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', j.id, 'event_id', j.event_id, 'document_id', j.document_id,
		'type', coalesce((SELECT type FROM event WHERE id = j.event_id), 'webhook.test'),
		'state', CASE j.state WHEN 'done' THEN 'delivered' WHEN 'dead' THEN 'failed' ELSE 'waiting' END,
		'attempts', j.attempts, 'status', j.status, 'answer', j.answer, 'created_at', rfc3339(j.created_at),
		'retried_at', rfc3339(j.retried_at),
		'next_attempt_at', CASE WHEN j.state = 'waiting' THEN rfc3339(j.run_at) END,
		'finished_at', rfc3339(j.finished_at))
$$;

-- GET …/{id}/deliveries?state=&cursor=&limit=: newest first. NULL: no such webhook.
CREATE OR REPLACE FUNCTION sender_deliveries(p_tenant uuid, p_webhook uuid, p_state text, p_cursor uuid, p_limit integer)
RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	WITH page AS (
		SELECT j, row_number() OVER (ORDER BY j.n DESC) AS row FROM job j
		WHERE j.tenant_id = p_tenant AND j.webhook_id = p_webhook
			AND (p_cursor IS NULL OR j.n < (SELECT n FROM job WHERE tenant_id = p_tenant AND id = p_cursor))
			AND (p_state IS NULL OR p_state = CASE j.state WHEN 'done' THEN 'delivered' WHEN 'dead' THEN 'failed' ELSE 'waiting' END)
		ORDER BY j.n DESC LIMIT p_limit + 1)
	SELECT json_build_object(
		'data', (SELECT coalesce(json_agg(delivery_status_json(j) ORDER BY row), '[]') FROM page WHERE row <= p_limit),
		'next', (SELECT (j).id FROM page WHERE row = p_limit AND EXISTS (SELECT FROM page WHERE row > p_limit)))
	WHERE EXISTS (SELECT FROM webhook WHERE tenant_id = p_tenant AND id = p_webhook AND deleted_at IS NULL)
$$;

-- POST …/deliveries/{id}/retry: now, whether it waits for its turn or was given up. NULL: no such delivery.
CREATE OR REPLACE FUNCTION sender_retry_delivery(p_tenant uuid, p_webhook uuid, p_job uuid) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	j job;
BEGIN
	SELECT job.* INTO j FROM job JOIN webhook w ON w.tenant_id = job.tenant_id AND w.id = job.webhook_id
	WHERE job.tenant_id = p_tenant AND job.webhook_id = p_webhook AND job.id = p_job AND w.deleted_at IS NULL
	FOR UPDATE OF job;
	IF NOT FOUND THEN
		RETURN NULL;
	ELSIF j.state = 'done' THEN
		PERFORM problem('conflict', 'it was delivered');
	ELSIF j.state <> 'running' THEN
		-- Three days more, from now.
		UPDATE job SET state = 'waiting', run_at = portal_now(), retried_at = portal_now(), finished_at = NULL
		WHERE id = p_job RETURNING * INTO j;
		NOTIFY portal_jobs;
	END IF;
	RETURN delivery_status_json(j);
END $$;
