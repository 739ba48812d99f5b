-- Signing the history. The worker holds the key: these functions say what is to be signed and keep what
-- was. They run as portal_history, with rights on nothing but the history.
SET search_path = portal;

CREATE OR REPLACE FUNCTION base64(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT translate(encode(bytes, 'base64'), E'\n', '')
$$;

-- The signatures of a document's heads, oldest first: [{length, head, at, key_id, statement, signature}].
CREATE OR REPLACE FUNCTION signatures_json(p_tenant uuid, p_document uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('length', length, 'head', head, 'at', rfc3339(at),
		'key_id', key_id, 'statement', statement, 'signature', base64(signature)) ORDER BY length), '[]')
	FROM head_signature WHERE tenant_id = p_tenant AND document_id = p_document
$$;

-- All public keys, newest first: [{id, algorithm, public_key_pem, created_at, retired_at}]. What stands before
-- the 32 bytes is the DER of RFC 8410.
CREATE OR REPLACE FUNCTION public_keys_json() RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('id', key_id, 'algorithm', 'Ed25519',
		'public_key_pem', E'-----BEGIN PUBLIC KEY-----\n' || base64('\x302a300506032b6570032100' || public_key)
			|| E'\n-----END PUBLIC KEY-----\n',
		'created_at', rfc3339(created_at), 'retired_at', rfc3339(retired_at)) ORDER BY generation DESC), '[]')
	FROM signing_key
$$;

-- GET /.well-known/dokumentportal-keys.json
CREATE OR REPLACE FUNCTION customer_keys() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('keys', public_keys_json())
$$;

-- What a `sign` job signs: the head that the decision's event made. NULL when there is no such decision.
CREATE OR REPLACE FUNCTION sign_json(j job) RETURNS json LANGUAGE sql VOLATILE AS $$
	SELECT json_build_object('document_id', e.document_id, 'length', e.seq, 'head', e.hash, 'at', rfc3339(portal_now()))
	FROM decision x JOIN event e ON e.id = x.event_id
	WHERE x.tenant_id = j.tenant_id AND x.document_id = j.document_id AND x.version = j.version
$$;

-- The worker tells of its public keys: [{key_id, generation, public_key (base64)}], all that it holds.
CREATE OR REPLACE FUNCTION worker_keys(p_keys jsonb) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
BEGIN
	INSERT INTO signing_key (key_id, generation, public_key, created_at)
	SELECT k ->> 'key_id', (k ->> 'generation')::integer, decode(k ->> 'public_key', 'base64'), v_at
	FROM jsonb_array_elements(p_keys) k
	ON CONFLICT DO NOTHING;
	UPDATE signing_key SET retired_at = v_at
	WHERE retired_at IS NULL
		AND generation < (SELECT max((k ->> 'generation')::integer) FROM jsonb_array_elements(p_keys) k);
	RETURN NULL;
END $$;

-- Keeps signatures of heads: [{document_id, length, head, at, key_id, statement, signature (base64)}]. A
-- head that the history does not have is passed over; signing one twice changes nothing.
CREATE OR REPLACE FUNCTION worker_sign(p_tenant uuid, p_signatures jsonb) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_count integer;
BEGIN
	INSERT INTO head_signature (tenant_id, document_id, length, head, at, key_id, statement, signature)
	SELECT p_tenant, s.document_id, s.length, s.head, s.at, s.key_id, s.statement, decode(s.signature, 'base64')
	FROM jsonb_to_recordset(p_signatures) AS s (document_id uuid, length integer, head text, at timestamptz,
		key_id text, statement text, signature text)
	WHERE EXISTS (SELECT FROM event e WHERE e.tenant_id = p_tenant AND e.document_id = s.document_id
		AND e.seq = s.length AND e.hash = s.head)
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN json_build_object('signed', v_count);
END $$;

-- Heads of a tenant's documents that changed since they were signed, found by the next LIMIT events of its feed.
CREATE OR REPLACE FUNCTION unsigned_heads(p_tenant uuid, p_after bigint, p_limit integer)
RETURNS TABLE (heads json, feed_no bigint) LANGUAGE sql STABLE AS $$
	WITH fresh AS (
		SELECT e.document_id, e.feed_no FROM event e
		WHERE e.tenant_id = p_tenant AND e.feed_no > p_after
		ORDER BY e.feed_no LIMIT p_limit),
	grown AS (
		SELECT c.document_id, c.length, c.head FROM chain c
		WHERE c.tenant_id = p_tenant AND c.document_id IN (SELECT document_id FROM fresh)
			AND NOT EXISTS (SELECT FROM head_signature s WHERE s.tenant_id = c.tenant_id
				AND s.document_id = c.document_id AND s.length >= c.length))
	SELECT (SELECT coalesce(json_agg(g), '[]') FROM grown g), (SELECT max(f.feed_no) FROM fresh f)
$$;

-- The lines that a tenant statement lists.
CREATE OR REPLACE FUNCTION statement_list(p_tenant uuid, p_number integer) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(document_id || ' ' || length || ' ' || head || E'\n', '' ORDER BY document_id, length), '')
	FROM head_signature WHERE tenant_id = p_tenant AND batch = p_number
$$;

-- What the daily signing has to do next, for one tenant at a time: {tenant_id, at} with {heads, feed_no} to be
-- signed by worker_seal_heads(), or with {number, previous, signatures, list_sha256} to be signed by
-- worker_seal(). NULL when every tenant's day is done.
CREATE OR REPLACE FUNCTION worker_seal_next(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	v_tenant uuid;
	v_after bigint;
	v_next record;
BEGIN
	SELECT t.id, coalesce(s.feed_no, 0) INTO v_tenant, v_after
	FROM tenant t LEFT JOIN sealing s ON s.tenant_id = t.id
	WHERE s.day IS NULL OR s.day < (v_at AT TIME ZONE 'UTC')::date
	ORDER BY s.day NULLS FIRST LIMIT 1;
	IF v_tenant IS NULL THEN
		RETURN NULL;
	END IF;
	SELECT * INTO v_next FROM unsigned_heads(v_tenant, v_after, p_limit);
	IF v_next.feed_no IS NOT NULL THEN
		RETURN json_build_object('tenant_id', v_tenant, 'at', rfc3339(v_at), 'heads', v_next.heads,
			'feed_no', v_next.feed_no);
	END IF;
	RETURN seal_open(v_tenant, v_at);
END $$;

-- Keeps signatures as worker_sign() does, and notes that the feed was looked at up to FEED_NO.
CREATE OR REPLACE FUNCTION worker_seal_heads(p_tenant uuid, p_feed_no bigint, p_signatures jsonb) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
	PERFORM worker_sign(p_tenant, p_signatures);
	INSERT INTO sealing (tenant_id, feed_no) VALUES (p_tenant, p_feed_no)
	ON CONFLICT (tenant_id) DO UPDATE SET feed_no = greatest(sealing.feed_no, EXCLUDED.feed_no);
	RETURN NULL;
END $$;

-- Gathers the signatures that no statement lists yet, a great many at most, for the next one. Doing it again
-- before worker_seal() is harmless: the number stays, the list may grow.
CREATE OR REPLACE FUNCTION seal_open(p_tenant uuid, p_at timestamptz) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	s sealing;
BEGIN
	INSERT INTO sealing (tenant_id) VALUES (p_tenant) ON CONFLICT DO NOTHING;
	SELECT * INTO s FROM sealing WHERE tenant_id = p_tenant FOR UPDATE;
	UPDATE head_signature h SET batch = s.number + 1
	FROM (SELECT document_id, length FROM head_signature
		WHERE tenant_id = p_tenant AND batch IS NULL
		LIMIT greatest(0, 20000 - (SELECT count(*) FROM head_signature WHERE tenant_id = p_tenant AND batch = s.number + 1))) u
	WHERE h.tenant_id = p_tenant AND h.document_id = u.document_id AND h.length = u.length;
	RETURN json_build_object('tenant_id', p_tenant, 'at', rfc3339(p_at), 'number', s.number + 1, 'previous', s.head,
		'signatures', (SELECT count(*) FROM head_signature WHERE tenant_id = p_tenant AND batch = s.number + 1),
		'list_sha256', sha256_hex(statement_list(p_tenant, s.number + 1)));
END $$;

-- Keeps a tenant statement, unless the list has grown meanwhile or another worker was first; the tenant's day is
-- done when it lists all there is. Gives {"kept": yes or no}.
CREATE OR REPLACE FUNCTION worker_seal(p_tenant uuid, p_number integer, p_at timestamptz, p_list_sha256 text,
	p_key text, p_statement text, p_signature text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s sealing;
	v_list text;
BEGIN
	SELECT * INTO s FROM sealing WHERE tenant_id = p_tenant FOR UPDATE;
	v_list := statement_list(p_tenant, p_number);
	IF p_number <> s.number + 1 OR sha256_hex(v_list) <> p_list_sha256 THEN
		RETURN json_build_object('kept', false);
	END IF;
	INSERT INTO tenant_statement
	VALUES (p_tenant, p_number, p_at, s.head, v_list, p_key, p_statement, decode(p_signature, 'base64'));
	UPDATE sealing SET number = p_number, head = sha256_hex(p_statement),
		day = CASE WHEN EXISTS (SELECT FROM head_signature WHERE tenant_id = p_tenant AND batch IS NULL)
			THEN day ELSE (p_at AT TIME ZONE 'UTC')::date END
	WHERE tenant_id = p_tenant;
	RETURN json_build_object('kept', true);
END $$;
