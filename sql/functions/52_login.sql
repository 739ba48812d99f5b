-- Signing in by a mailed code, and what a signed-in reader sees: the documents of an address, over all tenants.
SET search_path = portal;

CREATE OR REPLACE FUNCTION address_hash(p_address text) RETURNS bytea LANGUAGE sql STABLE AS $$
	SELECT sha256(convert_to(lower(p_address), 'UTF8'))
$$;

-- Whom a limit counts as one: an IPv4 address, or the 64 bits of IPv6 that one household has.
CREATE OR REPLACE FUNCTION network_of(p_remote text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE family(p_remote::inet)
		WHEN 6 THEN network(set_masklen(p_remote::inet, 64))::text ELSE host(p_remote::inet) END
$$;

-- The living links of an address, its own and those passed on to it. What a sign-in shows, and who is mailed a code.
CREATE OR REPLACE FUNCTION address_links(p_address text, p_at timestamptz) RETURNS SETOF link LANGUAGE sql STABLE AS $$
	SELECT l.* FROM (
		SELECT y.* FROM contact c JOIN link y ON y.tenant_id = c.tenant_id AND y.contact_id = c.id
		WHERE lower(c.email) = lower(p_address) AND y.kind = 'personal'
		UNION ALL
		SELECT y.* FROM link y WHERE y.kind = 'shared' AND lower(y.email) = lower(p_address)) l
	JOIN document d ON d.tenant_id = l.tenant_id AND d.id = l.document_id
		AND d.removed_at IS NULL AND (d.remove_at IS NULL OR d.remove_at > p_at)
	WHERE l.revoked_at IS NULL
$$;

-- One more within the window; true when there have been more than MOST.
CREATE OR REPLACE FUNCTION login_count(p_what text, p_whom text, p_window interval, p_most integer, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	v_count integer;
BEGIN
	INSERT INTO login_rate AS r (what, whom, count, until) VALUES (p_what, p_whom, 1, p_at + p_window)
	ON CONFLICT (what, whom) DO UPDATE SET
		count = CASE WHEN r.until <= p_at THEN 1 ELSE r.count + 1 END,
		until = CASE WHEN r.until <= p_at THEN p_at + p_window ELSE r.until END
	RETURNING count INTO v_count;
	RETURN v_count > p_most;
END $$;

-- POST /login. The same work for every address: the worker alone finds out whether anybody is to be mailed.
-- BROWSER is the SHA-256 of the browser's cookie. Verdicts: ok, too_many.
CREATE OR REPLACE FUNCTION customer_login_ask(p_browser text, p_address text, p_language text, p_remote text,
	p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	v_hash bytea := address_hash(p_address);
	v_whom text := encode(v_hash, 'hex');
	v_id uuid;
BEGIN
	-- Who is locked out alone does not use up what others may ask for an address.
	IF login_count('network, hour', network_of(p_remote), interval '1 hour', 30, v_at) THEN
		RETURN json_build_object('verdict', 'too_many');
	ELSIF login_count('address, hour', v_whom, interval '1 hour', 5, v_at) THEN
		RETURN json_build_object('verdict', 'too_many');
	ELSIF login_count('address, day', v_whom, interval '1 day', 15, v_at) THEN
		RETURN json_build_object('verdict', 'too_many');
	END IF;
	INSERT INTO login_challenge AS c (address_hash, browser, address, language, expires_at)
	VALUES (v_hash, decode(p_browser, 'hex'), p_address, p_language, v_at + interval '10 minutes')
	ON CONFLICT (address_hash) DO UPDATE SET id = EXCLUDED.id, browser = EXCLUDED.browser, address = EXCLUDED.address,
		language = EXCLUDED.language, tries = 0, expires_at = EXCLUDED.expires_at
	RETURNING id INTO v_id;
	INSERT INTO job (kind, cause, request_id) VALUES ('login', v_id, p_request);
	NOTIFY portal_jobs;
	RETURN json_build_object('verdict', 'ok');
END $$;

-- POST /login/code, first half: a try is counted before it is judged. {verdict, id, left}; verdict `gone`: there is no
-- such challenge, or no longer; `spent`: five tries were made.
CREATE OR REPLACE FUNCTION customer_login_try(p_browser text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	c login_challenge;
BEGIN
	UPDATE login_challenge SET tries = tries + 1
	WHERE browser = decode(p_browser, 'hex') AND expires_at > portal_now()
	RETURNING * INTO c;
	IF NOT FOUND THEN
		RETURN json_build_object('verdict', 'gone');
	ELSIF c.tries > 5 THEN
		RETURN json_build_object('verdict', 'spent');
	END IF;
	RETURN json_build_object('verdict', 'try', 'id', c.id, 'left', 5 - c.tries);
END $$;

-- Second half, after the right code: it is used up, and the browser is signed in. ADDRESS is what the browser kept;
-- SESSION the SHA-256 of its new cookie. Verdicts: ok, gone.
CREATE OR REPLACE FUNCTION customer_login_right(p_browser text, p_challenge uuid, p_address text, p_session text,
	p_language text, p_client text, p_system text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
BEGIN
	PERFORM FROM login_session WHERE hash = decode(p_session, 'hex');
	IF FOUND THEN -- asked again, after an answer that was lost
		RETURN json_build_object('verdict', 'ok');
	END IF;
	DELETE FROM login_challenge
	WHERE id = p_challenge AND browser = decode(p_browser, 'hex') AND address_hash = address_hash(p_address)
		AND expires_at > v_at;
	-- Nobody was mailed the code of an unknown address: whoever has it has guessed.
	IF NOT FOUND OR NOT EXISTS (SELECT FROM address_links(p_address, v_at)) THEN
		RETURN json_build_object('verdict', 'gone');
	END IF;
	INSERT INTO login_session (hash, address, language, browser, system, created_at, seen_at, ends_at)
	VALUES (decode(p_session, 'hex'), lower(p_address), p_language, p_client, p_system, v_at, v_at,
		v_at + interval '7 days');
	RETURN json_build_object('verdict', 'ok');
END $$;

-- The session of a cookie, or NULL. Being used keeps it, and LANGUAGE, when one was asked for, becomes its own.
CREATE OR REPLACE FUNCTION session_use(p_session text, p_language text, p_at timestamptz) RETURNS login_session
LANGUAGE plpgsql AS $$
DECLARE
	s login_session;
BEGIN
	SELECT * INTO s FROM login_session WHERE hash = decode(p_session, 'hex') AND ends_at > p_at;
	IF s.seen_at < p_at - interval '10 minutes' OR s.language <> p_language THEN
		UPDATE login_session SET seen_at = p_at, language = coalesce(p_language, language),
			ends_at = least(created_at + interval '30 days', p_at + interval '7 days')
		WHERE id = s.id RETURNING * INTO s;
		SET LOCAL synchronous_commit = off;
	END IF;
	RETURN s;
END $$;

-- GET /login: whether the browser is signed in already.
CREATE OR REPLACE FUNCTION customer_session(p_session text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
BEGIN
	RETURN json_build_object('signed_in', (session_use(p_session, NULL, portal_now())).id IS NOT NULL);
END $$;

-- POST /logout: WHICH is `this`, `all`, or the id of one of the same address. Gives {here}: whether the asking browser
-- is signed out now.
CREATE OR REPLACE FUNCTION customer_logout(p_session text, p_which text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s login_session := session_use(p_session, NULL, portal_now());
BEGIN
	DELETE FROM login_session
	WHERE address = s.address AND CASE p_which WHEN 'all' THEN true WHEN 'this' THEN id = s.id ELSE id::text = p_which END;
	PERFORM FROM login_session WHERE id = s.id;
	RETURN json_build_object('here', NOT FOUND);
END $$;

-- Where an address is signed in, the browser that asks first.
CREATE OR REPLACE FUNCTION sessions_json(s login_session, p_zone text) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_agg(json_build_object('id', x.id, 'browser', x.browser, 'system', x.system, 'mine', x.id = s.id,
		'created_at', local_time(x.created_at, p_zone), 'seen_at', local_time(x.seen_at, p_zone))
		ORDER BY x.id = s.id DESC, x.seen_at DESC)
	FROM login_session x WHERE x.address = s.address AND x.ends_at > portal_now()
$$;

-- Every document shared with an address. `part` is 1 for what is open, 2 for what has ended, 3 for what is archived;
-- within a part the newest stand first, by `late`.
CREATE OR REPLACE FUNCTION shared_documents(p_address text, p_at timestamptz) RETURNS TABLE (
	tenant_id uuid, id uuid, link_id uuid, part integer, late bigint, sender_name text, words text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	-- Two contacts may have one address: the link that can do most counts.
	WITH mine AS (
		SELECT DISTINCT ON (l.tenant_id, l.document_id) l.tenant_id, l.document_id, l.id
		FROM address_links(p_address, p_at) l
		ORDER BY l.tenant_id, l.document_id, cardinality(l.rights) DESC, l.created_at)
	SELECT d.tenant_id, d.id, m.id,
		CASE WHEN d.archived_at IS NOT NULL THEN 3
			WHEN document_state(d, p_at) IN ('sent', 'opened') THEN 1 ELSE 2 END,
		-(extract(epoch FROM v.created_at) * 1000000)::bigint,
		s.sender_name, lower(concat_ws(' ', v.title, v.number, s.sender_name, d.project))
	FROM mine m
	JOIN document d ON d.tenant_id = m.tenant_id AND d.id = m.document_id
	JOIN setting s ON s.tenant_id = d.tenant_id
	JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version;
END $$;

-- One of them, as the list shows it.
CREATE OR REPLACE FUNCTION reader_document(p_tenant uuid, p_document uuid, p_link uuid, p_at timestamptz) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT json_build_object('token_id', l.token_id, 'sender_name', s.sender_name, 'color', s.color,
			'kind', v.kind, 'title', v.title, 'number', v.number, 'project', d.project,
			'amount', v.amount::text, 'currency', v.currency, 'version', v.version, 'state', document_state(d, p_at),
			'sent_at', local_time(v.created_at, s.time_zone), 'decided_at', local_time(d.decided_at, s.time_zone),
			'expires', expires_local(d, s), 'days_left', days_left(d, s, p_at),
			'opened', EXISTS (SELECT FROM engagement e WHERE e.tenant_id = l.tenant_id AND e.link_id = l.id
				AND e.version = d.version AND e.opened_at IS NOT NULL),
			'can_accept', v.kind = 'quote' AND (d.settings -> 'accept' ->> 'enabled')::boolean
				AND 'accept' = ANY (l.rights) AND transition_answer(d, 'decide', p_at) = 'yes',
			'unread', CASE WHEN d.messages > l.messages_seen THEN (SELECT count(*) FROM message m
				WHERE m.tenant_id = d.tenant_id AND m.document_id = d.id AND m.author = 'sender'
					AND m.n > l.messages_seen) ELSE 0 END)
		FROM document d
		JOIN link l ON l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.id = p_link
		JOIN setting s ON s.tenant_id = d.tenant_id
		JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version
		WHERE d.tenant_id = p_tenant AND d.id = p_document);
END $$;

-- GET /documents. SEARCH: words that must all be found in title, number, sender or project; SENDER a tenant; AFTER the
-- `next` of the page before. Verdicts: ok, signed_out.
CREATE OR REPLACE FUNCTION customer_documents(p_session text, p_language text, p_search text, p_sender uuid,
	p_after text, p_limit integer)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	s login_session := session_use(p_session, p_language, v_at);
	v_words text[] := regexp_split_to_array(lower(btrim(coalesce(p_search, ''))), '\s+');
	v_answer json;
BEGIN
	IF s.id IS NULL THEN
		RETURN json_build_object('verdict', 'signed_out');
	END IF;
	IF p_after !~ '^[123]\.\d{1,17}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
		PERFORM problem('bad_request', '`after` is not what this page gave');
	END IF;
	WITH listed AS MATERIALIZED (
		SELECT * FROM shared_documents(s.address, v_at)),
	found AS MATERIALIZED (
		SELECT * FROM listed l
		WHERE (p_sender IS NULL OR l.tenant_id = p_sender)
			AND NOT EXISTS (SELECT FROM unnest(v_words) w WHERE position(w IN l.words) = 0)),
	shown AS (
		SELECT f.*, row_number() OVER (ORDER BY part, late, id) AS n FROM found f
		WHERE p_after IS NULL OR (part, late, id) > (split_part(p_after, '.', 1)::integer,
			-split_part(p_after, '.', 2)::bigint, split_part(p_after, '.', 3)::uuid)
		ORDER BY part, late, id LIMIT p_limit + 1)
	SELECT json_build_object('verdict', 'ok', 'address', s.address, 'language', s.language,
		'sessions', sessions_json(s, 'Europe/Copenhagen'),
		'senders', (SELECT json_agg(json_build_object('id', x.tenant_id, 'name', x.sender_name, 'count', x.count)
				ORDER BY lower(x.sender_name), x.tenant_id)
			FROM (SELECT tenant_id, sender_name, count(*) FROM listed GROUP BY 1, 2) x),
		'total', (SELECT count(*) FROM listed),
		'found', (SELECT json_build_array(count(*) FILTER (WHERE part = 1), count(*) FILTER (WHERE part = 2),
			count(*) FILTER (WHERE part = 3)) FROM found),
		'documents', (SELECT json_agg(json_build_object('part', part,
				'about', reader_document(tenant_id, id, link_id, v_at)) ORDER BY n)
			FROM shown WHERE n <= p_limit),
		'next', (SELECT part || '.' || -late || '.' || id FROM shown WHERE n = p_limit
			AND EXISTS (SELECT FROM shown WHERE n > p_limit)))
	INTO v_answer;
	RETURN v_answer;
END $$;

-- The mail with a code. NULL when nobody is to have it: the address is unknown, or the code has had its time.
CREATE OR REPLACE FUNCTION login_json(j job) RETURNS json LANGUAGE sql VOLATILE AS $$
	SELECT json_build_object('challenge', c.id, 'address', c.address, 'language', c.language)
	FROM login_challenge c, portal_now() AS clock (at)
	WHERE c.id = j.cause::uuid AND c.expires_at > clock.at AND EXISTS (SELECT FROM address_links(c.address, clock.at))
$$;

-- Once the mail is sent, or is not to be, the address has no more use.
CREATE OR REPLACE FUNCTION login_told(j job) RETURNS void LANGUAGE sql AS $$
	UPDATE login_challenge SET address = NULL WHERE id = j.cause::uuid
$$;

-- Challenges and sessions that have ended, counts of the past, and the jobs of old codes; so many of each. Gives
-- {"done": n}.
CREATE OR REPLACE FUNCTION worker_forget_logins(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	v_done bigint;
BEGIN
	WITH challenges AS (
		DELETE FROM login_challenge WHERE ctid IN (
			SELECT ctid FROM login_challenge WHERE expires_at <= v_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
		RETURNING 1),
	sessions AS (
		DELETE FROM login_session WHERE ctid IN (
			SELECT ctid FROM login_session WHERE ends_at <= v_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
		RETURNING 1),
	rates AS (
		DELETE FROM login_rate WHERE ctid IN (
			SELECT ctid FROM login_rate WHERE until <= v_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
		RETURNING 1),
	jobs AS (
		DELETE FROM job WHERE ctid IN (
			SELECT ctid FROM job WHERE kind = 'login' AND finished_at <= v_at - interval '1 day' LIMIT p_limit
			FOR UPDATE SKIP LOCKED)
		RETURNING 1)
	SELECT count(*) INTO v_done FROM (
		SELECT FROM challenges UNION ALL SELECT FROM sessions UNION ALL SELECT FROM rates UNION ALL SELECT FROM jobs) x;
	RETURN json_build_object('done', v_done);
END $$;
