-- The tenant's webhooks. Secrets come and stay sealed; only the worker can open them.
SET search_path = portal;

CREATE OR REPLACE FUNCTION webhook_json(w webhook) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', w.id, 'url', w.url, 'types', w.types, 'description', w.description,
		'created_at', rfc3339(w.created_at))
$$;

CREATE OR REPLACE FUNCTION sender_add_webhook(p_tenant uuid, p_given jsonb, p_secret bytea) RETURNS json
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	INSERT INTO webhook AS w (tenant_id, url, types, description, secret)
	VALUES (p_tenant, p_given ->> 'url',
		(SELECT array_agg(t) FROM jsonb_array_elements_text(nullif(p_given -> 'types', 'null')) t),
		p_given ->> 'description', p_secret)
	RETURNING webhook_json(w)
$$;

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
