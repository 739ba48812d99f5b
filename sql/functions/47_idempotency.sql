-- Idempotency-Key: the first answer again, for a day. Begin stands in the change's own transaction: a
-- second request waits there for the first one's end.
SET search_path = portal;

-- {state: fresh | again | other | erased, status, answer}; erased: carried out, but the answer is gone with a person's data.
CREATE OR REPLACE FUNCTION sender_idempotency_begin(p_tenant uuid, p_route text, p_key text, p_request_sha256 text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_row idempotency;
BEGIN
	DELETE FROM idempotency WHERE tenant_id = p_tenant AND route = p_route AND key = p_key
		AND created_at < portal_now() - interval '24 hours';
	INSERT INTO idempotency (tenant_id, route, key, request_sha256, created_at)
	VALUES (p_tenant, p_route, p_key, decode(p_request_sha256, 'hex'), portal_now())
	ON CONFLICT DO NOTHING;
	IF FOUND THEN
		RETURN json_build_object('state', 'fresh');
	END IF;
	SELECT * INTO v_row FROM idempotency WHERE tenant_id = p_tenant AND route = p_route AND key = p_key;
	IF v_row.request_sha256 <> decode(p_request_sha256, 'hex') THEN
		RETURN json_build_object('state', 'other');
	END IF;
	IF v_row.erased_at IS NOT NULL THEN
		RETURN json_build_object('state', 'erased');
	END IF;
	RETURN json_build_object('state', 'again', 'status', v_row.status, 'answer', v_row.answer, 'headers', v_row.headers);
END $$;

CREATE OR REPLACE FUNCTION sender_idempotency_end(p_tenant uuid, p_route text, p_key text, p_request_sha256 text,
	p_status integer, p_answer text, p_headers jsonb)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
	INSERT INTO idempotency (tenant_id, route, key, request_sha256, status, answer, headers, created_at)
	VALUES (p_tenant, p_route, p_key, decode(p_request_sha256, 'hex'), p_status, p_answer, p_headers, portal_now())
	ON CONFLICT (tenant_id, route, key) DO UPDATE
		SET status = EXCLUDED.status, answer = EXCLUDED.answer, headers = EXCLUDED.headers
		WHERE idempotency.status IS NULL;
	RETURN '{}';
END $$;

-- Answers older than a day. Gives {"done": n}.
CREATE OR REPLACE FUNCTION worker_forget_answers(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_count integer;
BEGIN
	DELETE FROM idempotency WHERE ctid IN (
		SELECT ctid FROM idempotency WHERE created_at < portal_now() - interval '24 hours' LIMIT p_limit);
	GET DIAGNOSTICS v_count = ROW_COUNT;
	DELETE FROM identity_challenge WHERE created_at < portal_now() - interval '1 day';
	DELETE FROM access_failure WHERE first_at < portal_now() - interval '1 day';
	RETURN json_build_object('done', v_count);
END $$;
