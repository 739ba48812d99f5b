-- Questions, requests and answers about a document: one thread over all its versions.
SET search_path = portal;

-- When the current version was asked to be changed (`changes`), or a new offer was asked for since it expired
-- (`renewal`); NULL: not.
CREATE OR REPLACE FUNCTION requested_at(d document, p_kind text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF d.messages = 0 THEN
		RETURN NULL;
	END IF;
	RETURN (
		SELECT max(at) FROM message
		WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind = p_kind AND version = d.version
			AND (kind <> 'renewal' OR at >= d.expires_at));
END $$;

-- Why a message of this kind cannot come by a link, or NULL. An archived document still takes questions: the
-- customer's do not end when the sender files the case away. DECIDE is transition_answer() to a decision.
CREATE OR REPLACE FUNCTION message_obstacle(d document, l link, p_document_kind text, p_kind text, p_decide text,
	p_at timestamptz)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN l.kind = 'preview' OR NOT l.rights && '{ask,accept}' THEN 'forbidden'
		WHEN p_kind = 'message' THEN CASE WHEN 'ask' <> ALL (l.rights) THEN 'forbidden' END
		WHEN p_document_kind <> 'quote' THEN 'closed'
		WHEN p_kind = 'changes' THEN nullif(p_decide, 'yes')
		WHEN document_state(d, p_at) <> 'expired' THEN 'closed' END
$$;
DROP FUNCTION IF EXISTS message_obstacle(document, link, text, text, timestamptz);

-- Writes a message down, with its event. GIVEN: {kind, text, version, page, name}; a sender's has no link.
CREATE OR REPLACE FUNCTION message_add(d document, l link, p_given jsonb, p_at timestamptz, p_personal jsonb, p_request text)
RETURNS message LANGUAGE plpgsql AS $$
DECLARE
	m message;
BEGIN
	UPDATE document SET messages = messages + 1 WHERE tenant_id = d.tenant_id AND id = d.id RETURNING messages INTO m.n;
	INSERT INTO message (tenant_id, document_id, n, version, author, link_id, kind, text, page, name, at)
	VALUES (d.tenant_id, d.id, m.n, (p_given ->> 'version')::integer,
		CASE WHEN l.id IS NULL THEN 'sender' ELSE 'contact' END, l.id, coalesce(p_given ->> 'kind', 'message'),
		p_given ->> 'text', (p_given ->> 'page')::integer, p_given ->> 'name', p_at)
	RETURNING * INTO m;
	-- The text stands beside the chain, so that it can be erased.
	PERFORM event_append(d.tenant_id, d.id,
		CASE m.kind WHEN 'changes' THEN 'document.changes_requested' WHEN 'renewal' THEN 'document.renewal_requested'
			ELSE 'document.message' END,
		m.version, l.id, l.contact_id, p_at,
		jsonb_build_object('message_id', m.id, 'author', m.author, 'kind', m.kind, 'page', m.page),
		coalesce(p_personal, '{}') || jsonb_strip_nulls(jsonb_build_object('name', m.name, 'text', m.text)), p_request);
	RETURN m;
END $$;

-- The thread has been read through this link up to its P_SEEN-th message. The caller has locked the document.
CREATE OR REPLACE FUNCTION messages_seen(d document, l link, p_seen integer, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF coalesce(p_seen, 0) <= l.messages_seen OR l.kind = 'preview' THEN
		RETURN;
	END IF;
	UPDATE link SET messages_seen = least(p_seen, d.messages) WHERE tenant_id = l.tenant_id AND id = l.id;
	UPDATE message SET read_at = p_at
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND author = 'sender' AND read_at IS NULL AND n <= p_seen;
END $$;

-- Why this message is taken as done already, or not now: `repeat` (sent twice by a second press; a second renewal),
-- `limit` (20 an hour and link), or NULL.
CREATE OR REPLACE FUNCTION message_restraint(d document, l link, p_given jsonb, p_at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_last message;
BEGIN
	IF p_given ->> 'kind' = 'renewal' AND requested_at(d, 'renewal') IS NOT NULL THEN
		RETURN 'repeat';
	END IF;
	SELECT * INTO v_last FROM message WHERE tenant_id = d.tenant_id AND document_id = d.id AND n = d.messages;
	IF v_last.link_id = l.id AND v_last.at > p_at - interval '10 minutes' AND v_last.kind = p_given ->> 'kind'
		AND (v_last.text, v_last.page, v_last.version) IS NOT DISTINCT FROM
			(p_given ->> 'text', (p_given ->> 'page')::integer, (p_given ->> 'version')::integer)
	THEN
		RETURN 'repeat';
	END IF;
	RETURN (SELECT 'limit' FROM message WHERE tenant_id = l.tenant_id AND link_id = l.id AND at > p_at - interval '1 hour'
		HAVING count(*) >= 20);
END $$;

-- POST /d/{token}/messages, /changes, /renew. GIVEN: {kind, text, version (as shown), page, name, seen}. Gives
-- {verdict, pages}: ok, repeat, limit, page (that version has but `pages`), version_changed, what
-- message_obstacle() says, or the gate's own.
CREATE OR REPLACE FUNCTION customer_message(p_token uuid, p_generation integer, p_given jsonb, p_personal jsonb,
	p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	l link := v_pass.link;
	v version;
	m message;
	v_verdict text;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	p_given := jsonb_build_object('version', d.version) || p_given;
	SELECT * INTO v FROM version
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = (p_given ->> 'version')::integer;
	v_verdict := CASE
		WHEN v.version IS NULL OR p_given ->> 'kind' = 'changes' AND v.version <> d.version THEN 'version_changed' END;
	v_verdict := coalesce(
		message_obstacle(d, l, (SELECT kind FROM version
			WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version), p_given ->> 'kind',
			transition_answer(d, 'decide', v_pass.at), v_pass.at),
		v_verdict, CASE WHEN (p_given ->> 'page')::integer > v.pages THEN 'page' END,
		message_restraint(d, l, p_given, v_pass.at));
	IF v_verdict IS NOT NULL THEN
		RETURN json_build_object('verdict', v_verdict, 'pages', v.pages);
	END IF;
	-- Who writes about a version has it before them, and what stood above the form.
	IF v.version = d.version THEN
		PERFORM opened(d, l, v_pass.at, p_personal, p_request);
	END IF;
	PERFORM messages_seen(d, l, (p_given ->> 'seen')::integer, v_pass.at);
	m := message_add(d, l, p_given || jsonb_build_object('name', coalesce(
		(SELECT name FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id), p_given ->> 'name', l.name)),
		v_pass.at, p_personal, p_request);
	INSERT INTO job (tenant_id, kind, document_id, cause, version, request_id)
	SELECT d.tenant_id, 'mail', d.id, 'message:' || m.id, d.version, p_request
	WHERE (v_pass.setting).reply_to IS NOT NULL;
	RETURN json_build_object('verdict', 'ok');
END $$;

-- The thread as a page shows it, the newest 200; NULL: there is none. `fresh`: an answer that this link has not seen.
CREATE OR REPLACE FUNCTION thread_page(d document, l link, p_zone text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF d.messages = 0 OR d.withdrawn_at IS NOT NULL THEN
		RETURN NULL;
	END IF;
	RETURN (
		SELECT jsonb_agg(jsonb_build_object('n', n, 'sender', author = 'sender', 'name', name, 'kind', kind, 'text', text,
			'at', local_time(at, p_zone), 'version', version, 'page', page,
			'mine', link_id = l.id AND l.kind <> 'public',
			'fresh', author = 'sender' AND n > l.messages_seen AND l.kind <> 'preview') ORDER BY n)
		FROM message WHERE tenant_id = d.tenant_id AND document_id = d.id AND n > d.messages - 200);
END $$;

-- What the customer's page needs of the conversation.
CREATE OR REPLACE FUNCTION conversation_page(d document, l link, v version, p_zone text, p_decide text, p_at timestamptz)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('thread', CASE WHEN d.messages > 0 THEN thread_page(d, l, p_zone) END,
		'asked', message_obstacle(d, l, v.kind, 'message', p_decide, p_at) IS NULL,
		'changes', message_obstacle(d, l, v.kind, 'changes', p_decide, p_at) IS NULL,
		'renewal', message_obstacle(d, l, v.kind, 'renewal', p_decide, p_at) IS NULL,
		'changes_at', CASE WHEN d.messages > 0 THEN local_time(requested_at(d, 'changes'), p_zone) END,
		'renewal_at', CASE WHEN d.messages > 0 THEN local_time(requested_at(d, 'renewal'), p_zone) END)
$$;
DROP FUNCTION IF EXISTS conversation_page(document, link, version, text, timestamptz);

-- Of a mail about a message: who wrote it, what, and about what. Nothing where the mail is about no message.
CREATE OR REPLACE FUNCTION message_mail(m message, s setting, v version) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN m.id IS NULL THEN '{}' ELSE jsonb_build_object('text', m.text, 'author', m.name,
		'happened_at', local_time(m.at, s.time_zone), 'page', m.page,
		'about_version', CASE WHEN m.version <> v.version THEN m.version END) END
$$;
