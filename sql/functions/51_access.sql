-- The public link's access code: tries are counted before they are judged, by link and by address.
SET search_path = portal;

-- One more try within the hour; true when there have been more than MOST, or a lock still holds.
CREATE OR REPLACE FUNCTION access_count(l link, p_address text, p_most integer, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	f access_failure;
BEGIN
	INSERT INTO access_failure AS a (tenant_id, link_id, address, count, first_at)
	VALUES (l.tenant_id, l.id, p_address, 1, p_at)
	ON CONFLICT (tenant_id, link_id, address) DO UPDATE SET
		count = CASE WHEN a.first_at < p_at - interval '1 hour' THEN 1 ELSE a.count + 1 END,
		first_at = CASE WHEN a.first_at < p_at - interval '1 hour' THEN p_at ELSE a.first_at END
	RETURNING * INTO f;
	IF f.locked_until > p_at THEN
		RETURN true;
	END IF;
	IF f.count > p_most THEN
		UPDATE access_failure SET locked_until = p_at + interval '1 hour'
		WHERE tenant_id = l.tenant_id AND link_id = l.id AND address = p_address;
		RETURN true;
	END IF;
	RETURN false;
END $$;

-- Tries that an address has left before it is locked.
CREATE OR REPLACE FUNCTION access_left(l link, p_address text) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT greatest(least(min(5 - count) FILTER (WHERE address = p_address), min(50 - count) FILTER (WHERE address = '')), 0)
	FROM access_failure
	WHERE tenant_id = l.tenant_id AND link_id = l.id AND address IN (p_address, '')
$$;

-- POST /d/{token}/code, first half: {verdict, hash, generation, left}, LEFT with verdict `try`: the tries that remain after this
-- one. Verdict `locked`: five tries an hour from
-- one address, fifty from everywhere; the sender is told once while addresses are locked, and once of the link itself.
CREATE OR REPLACE FUNCTION customer_code_try(p_token uuid, p_address text, p_request text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'page', NULL);
	d document := v_pass.document;
	l link := v_pass.link;
	v_address boolean;
	v_all boolean;
	v_scope text;
	v_locked text[];
BEGIN
	IF v_pass.verdict <> 'code_required' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	PERFORM FROM document WHERE tenant_id = d.tenant_id AND id = d.id FOR NO KEY UPDATE;
	-- Which of the two are locked already.
	v_locked := ARRAY(SELECT CASE address WHEN '' THEN 'link' ELSE 'address' END FROM access_failure
		WHERE tenant_id = l.tenant_id AND link_id = l.id AND locked_until > v_pass.at);
	v_address := access_count(l, p_address, 5, v_pass.at);
	-- Who is locked out alone does not use up the others' tries.
	v_all := NOT v_address AND access_count(l, '', 50, v_pass.at);
	IF NOT (v_address OR v_all) THEN
		RETURN json_build_object('verdict', 'try', 'hash', d.access_code, 'generation', d.code_generation,
			'left', access_left(l, p_address));
	END IF;
	v_scope := CASE WHEN v_all THEN 'link' ELSE 'address' END;
	IF v_scope <> ALL (v_locked) THEN
		PERFORM event_append(d.tenant_id, d.id, 'link.locked', d.version, l.id, NULL, v_pass.at,
			jsonb_build_object('scope', v_scope),
			jsonb_build_object('ip', p_address), p_request);
		INSERT INTO job (tenant_id, kind, document_id, cause, version, request_id)
		SELECT d.tenant_id, 'mail', d.id, 'locked:' || d.version || ':' || to_char(v_pass.at, 'YYYYMMDDHH24') || ':' || v_scope, d.version, p_request
		FROM setting WHERE tenant_id = d.tenant_id AND reply_to IS NOT NULL
		ON CONFLICT DO NOTHING;
	END IF;
	RETURN json_build_object('verdict', 'locked');
END $$;

-- Second half, after the right code: this address starts anew.
CREATE OR REPLACE FUNCTION customer_code_right(p_token uuid, p_address text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	l link;
BEGIN
	SELECT * INTO l FROM link WHERE token_id = p_token;
	DELETE FROM access_failure WHERE tenant_id = l.tenant_id AND link_id = l.id AND address = p_address;
	UPDATE access_failure SET count = greatest(count - 1, 0)
	WHERE tenant_id = l.tenant_id AND link_id = l.id AND address = '';
	RETURN '{}';
END $$;

-- The scrypt of a document's access code, so that sending the same code again changes nothing. NULL: none.
CREATE OR REPLACE FUNCTION sender_access_code(p_tenant uuid, p_external_id text, p_document uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('hash', access_code) FROM document
	WHERE tenant_id = p_tenant AND removed_at IS NULL AND access_code IS NOT NULL
		AND (external_id = p_external_id OR id = p_document)
$$;
