-- The sender's side of the thread.
SET search_path = portal;

CREATE OR REPLACE FUNCTION message_json(m message) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', m.id, 'author', m.author, 'kind', m.kind, 'name', m.name,
		'contact_id', (SELECT contact_id FROM link WHERE tenant_id = m.tenant_id AND id = m.link_id),
		'text', m.text, 'version', m.version, 'page', m.page, 'at', rfc3339(m.at), 'read_at', rfc3339(m.read_at))
$$;

CREATE OR REPLACE FUNCTION unread_messages(d document) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(*) FROM message m
	WHERE m.tenant_id = d.tenant_id AND m.document_id = d.id AND m.author = 'contact' AND m.read_at IS NULL
$$;

-- GET /api/v1/documents/{id}/messages: oldest first; changes nothing. NULL: no such document, or CURSOR is none of
-- its messages.
CREATE OR REPLACE FUNCTION sender_messages(p_tenant uuid, p_document uuid, p_cursor uuid, p_limit integer)
RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	WITH page AS (
		SELECT m, row_number() OVER (ORDER BY m.n) AS row FROM message m
		WHERE m.tenant_id = p_tenant AND m.document_id = p_document AND m.n > coalesce(
			(SELECT n FROM message WHERE tenant_id = p_tenant AND document_id = p_document AND id = p_cursor), 0)
		ORDER BY m.n LIMIT p_limit + 1)
	SELECT json_build_object(
		'data', (SELECT coalesce(json_agg(message_json(m) ORDER BY row), '[]') FROM page WHERE row <= p_limit),
		'next', (SELECT (m).id FROM page WHERE row = p_limit AND EXISTS (SELECT FROM page WHERE row > p_limit)))
	WHERE EXISTS (SELECT FROM document WHERE tenant_id = p_tenant AND id = p_document AND removed_at IS NULL)
		AND (p_cursor IS NULL OR EXISTS (SELECT FROM message
			WHERE tenant_id = p_tenant AND document_id = p_document AND id = p_cursor))
$$;

-- Who is told of the sender's answer: the named contacts who may ask, and whoever has written in the thread.
CREATE OR REPLACE FUNCTION message_tell(d document, m message, p_request text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
	SELECT d.tenant_id, 'mail', d.id, 'message:' || m.id, l.id, d.version, p_request
	FROM link l
	WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind IN ('personal', 'shared') AND l.revoked_at IS NULL
		AND 'ask' = ANY (l.rights) AND (l.kind = 'personal' AND l.named OR EXISTS (
			SELECT FROM message x WHERE x.tenant_id = l.tenant_id AND x.link_id = l.id));
END $$;

-- POST /api/v1/documents/{id}/messages. GIVEN: {text, version, page, read}. Gives {message, read}: the answer that was
-- written, or null, and how many of the contacts' messages were marked as read. NULL: no such document.
CREATE OR REPLACE FUNCTION sender_post_message(p_tenant uuid, p_document uuid, p_given jsonb, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
	v version;
	m message;
	v_at timestamptz;
	v_read integer := 0;
BEGIN
	d := document_locked(p_tenant, p_document);
	IF d.id IS NULL THEN
		RETURN NULL;
	END IF;
	v_at := portal_now();
	IF (p_given ->> 'read')::boolean IS NOT false THEN
		UPDATE message SET read_at = v_at
		WHERE tenant_id = p_tenant AND document_id = p_document AND author = 'contact' AND read_at IS NULL;
		GET DIAGNOSTICS v_read = ROW_COUNT;
	END IF;
	IF p_given ->> 'text' IS NULL THEN
		RETURN json_build_object('message', NULL, 'read', v_read);
	ELSIF d.withdrawn_at IS NOT NULL THEN
		PERFORM problem('withdrawn', 'the customer can no longer read this document and its messages');
	END IF;
	SELECT * INTO v FROM version WHERE tenant_id = p_tenant AND document_id = p_document
		AND version = coalesce((p_given ->> 'version')::integer, d.version);
	IF v.version IS NULL THEN
		PERFORM problem('invalid', format('the document has %s versions', d.version), '/version');
	ELSIF (p_given ->> 'page')::integer > v.pages THEN
		PERFORM problem('invalid', format('version %s has %s pages', v.version, v.pages), '/page');
	END IF;
	m := message_add(d, NULL, p_given || jsonb_build_object('version', v.version), v_at, NULL, p_request);
	PERFORM message_tell(d, m, p_request);
	RETURN json_build_object('message', message_json(m), 'read', v_read);
END $$;
