-- Links that contacts pass on to colleagues: to read, to ask where the contact may ask, never to accept.
SET search_path = portal;

-- Mails the colleague's link: once for each time that it was shared.
CREATE OR REPLACE FUNCTION share_mail(d document, l link, p_share link, p_resent boolean, p_at timestamptz, p_personal jsonb,
	p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
	VALUES (d.tenant_id, 'mail', d.id, 'shared:' || extract(epoch FROM p_at), p_share.id, d.version, p_request);
	UPDATE link SET delivery = 'queued', delivered_at = NULL, delivery_answer = NULL
	WHERE tenant_id = d.tenant_id AND id = p_share.id;
	PERFORM event_append(d.tenant_id, d.id, 'link.shared', d.version, l.id, l.contact_id, p_at,
		jsonb_build_object('link_id', p_share.id, 'rights', p_share.rights, 'resent', p_resent),
		coalesce(p_personal, '{}') || jsonb_strip_nulls(jsonb_build_object(
			'name', p_share.name, 'email', p_share.email, 'text', p_share.note)), p_request);
	NOTIFY portal_jobs;
END $$;

-- Why a contact cannot share with one more, or NULL: ten links live at once; twenty are made in a day, since each is a
-- mail to an address that nobody has checked.
CREATE OR REPLACE FUNCTION share_restraint(l link, p_at timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT CASE WHEN count(*) FILTER (WHERE revoked_at IS NULL) >= 10 THEN 'full'
			WHEN count(*) FILTER (WHERE created_at > p_at - interval '1 day') >= 20 THEN 'limit' END
		FROM link WHERE tenant_id = l.tenant_id AND document_id = l.document_id AND shared_by = l.id);
END $$;

-- POST /d/{token}/share. GIVEN: {email, name, text, version (as shown)}. Gives {verdict}: ok, before (mailed within the
-- hour), own (the contact's own address), full, limit, or the gate's own.
CREATE OR REPLACE FUNCTION customer_share(p_token uuid, p_generation integer, p_given jsonb, p_personal jsonb, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	l link := v_pass.link;
	v_share link;
	v_contact contact;
	v_obstacle text;
BEGIN
	IF v_pass.verdict = 'ok' AND l.kind <> 'personal' THEN
		RETURN json_build_object('verdict', 'forbidden');
	ELSIF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	SELECT * INTO v_contact FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	SELECT * INTO v_share FROM link WHERE tenant_id = l.tenant_id AND shared_by = l.id AND kind = 'shared'
		AND lower(email) = lower(p_given ->> 'email') AND revoked_at IS NULL;
	v_obstacle := CASE WHEN lower(v_contact.email) = lower(p_given ->> 'email') THEN 'own'
		WHEN v_share.id IS NULL THEN share_restraint(l, v_pass.at)
		WHEN v_share.shared_at > v_pass.at - interval '1 hour' THEN 'before' END;
	IF v_obstacle IS NOT NULL THEN
		RETURN json_build_object('verdict', v_obstacle);
	END IF;
	IF d.version = (p_given ->> 'version')::integer THEN
		PERFORM opened(d, l, v_pass.at, p_personal, p_request);
	END IF;
	IF v_share.id IS NOT NULL THEN
		UPDATE link SET shared_at = v_pass.at, email = p_given ->> 'email', name = coalesce(p_given ->> 'name', name),
			note = p_given ->> 'text'
		WHERE tenant_id = l.tenant_id AND id = v_share.id RETURNING * INTO v_share;
		PERFORM share_mail(d, l, v_share, true, v_pass.at, p_personal, p_request);
	ELSE
		INSERT INTO link (tenant_id, document_id, kind, rights, shared_by, email, name, note, language, shared_at, created_at)
		VALUES (l.tenant_id, l.document_id, 'shared', CASE WHEN 'ask' = ANY (l.rights) THEN '{view,ask}'::text[] ELSE '{view}' END,
			l.id, p_given ->> 'email', p_given ->> 'name', p_given ->> 'text', page_language(d, l, NULL), v_pass.at, v_pass.at)
		RETURNING * INTO v_share;
		PERFORM share_mail(d, l, v_share, false, v_pass.at, p_personal, p_request);
	END IF;
	RETURN json_build_object('verdict', 'ok');
END $$;

-- Ends a shared link: effective at once, on every route. BY: contact | sender.
CREATE OR REPLACE FUNCTION share_end(d document, p_share link, p_by text, p_contact uuid, p_at timestamptz, p_personal jsonb,
	p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE link SET revoked_at = p_at, revoked_by_hand = true WHERE tenant_id = p_share.tenant_id AND id = p_share.id;
	PERFORM event_append(d.tenant_id, d.id, 'link.revoked', d.version, p_share.id, p_contact, p_at,
		jsonb_build_object('link_id', p_share.id, 'by', p_by), p_personal, p_request);
END $$;

-- POST /d/{token}/share/revoke: a contact ends a link that they shared. Gives {verdict}: ok, unknown (no such link of
-- theirs), or the gate's own.
CREATE OR REPLACE FUNCTION customer_unshare(p_token uuid, p_generation integer, p_share uuid, p_personal jsonb, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	l link := v_pass.link;
	v_share link;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	ELSIF l.kind <> 'personal' THEN
		RETURN json_build_object('verdict', 'forbidden');
	END IF;
	SELECT * INTO v_share FROM link
	WHERE tenant_id = l.tenant_id AND document_id = l.document_id AND id = p_share AND shared_by = l.id;
	IF v_share.id IS NULL THEN
		RETURN json_build_object('verdict', 'unknown');
	ELSIF v_share.revoked_at IS NULL THEN
		PERFORM share_end(v_pass.document, v_share, 'contact', l.contact_id, v_pass.at, p_personal, p_request);
	END IF;
	RETURN json_build_object('verdict', 'ok');
END $$;

-- What the customer's page needs of sharing. `by`: to whom a shared link's holder owes it. Addresses are shown only to
-- who gave them.
CREATE OR REPLACE FUNCTION sharing_page(d document, l link, p_zone text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF d.withdrawn_at IS NOT NULL OR l.kind NOT IN ('personal', 'shared') THEN
		RETURN NULL;
	ELSIF l.kind = 'shared' THEN
		RETURN (
			SELECT jsonb_build_object('by', c.name, 'name', l.name,
				'by_decides', 'accept' = ANY (o.rights) AND (d.settings -> 'accept' ->> 'enabled')::boolean)
			FROM link o JOIN contact c ON c.tenant_id = o.tenant_id AND c.id = o.contact_id
			WHERE o.tenant_id = l.tenant_id AND o.id = l.shared_by);
	END IF;
	RETURN jsonb_build_object('allowed', true, 'list', (
		SELECT jsonb_agg(jsonb_build_object('id', id, 'email', email, 'name', name,
			'at', local_time(shared_at, p_zone), 'failed', delivery IN ('failed', 'bounced')) ORDER BY id)
		FROM link WHERE tenant_id = l.tenant_id AND document_id = l.document_id AND shared_by = l.id AND revoked_at IS NULL));
END $$;

-- The status's `shared`: every link that a contact passed on, also those that have ended.
CREATE OR REPLACE FUNCTION shares_json(d document) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'email', l.email, 'name', l.name,
		'by', jsonb_build_object('contact_id', c.id, 'name', c.name), 'rights', l.rights,
		'delivery', l.delivery, 'delivered_at', rfc3339(l.delivered_at), 'delivery_answer', l.delivery_answer,
		'shared_at', rfc3339(l.shared_at), 'opened_at', rfc3339(e.opened_at), 'revoked_at', rfc3339(l.revoked_at))
		ORDER BY l.id), '[]')
	FROM link l
	JOIN link o ON o.tenant_id = l.tenant_id AND o.id = l.shared_by
	JOIN contact c ON c.tenant_id = o.tenant_id AND c.id = o.contact_id
	LEFT JOIN engagement e ON e.tenant_id = l.tenant_id AND e.link_id = l.id AND e.version = d.version
	-- Not those whose address was erased.
	WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'shared' AND l.email IS NOT NULL
$$;

-- Of a mail to who holds a shared link: who passed it on, and in the mail that brings it, their words.
CREATE OR REPLACE FUNCTION share_said(l link, p_cause text) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN l.kind <> 'shared' THEN '{}' ELSE jsonb_build_object('shared_by', (
			SELECT c.name FROM link o JOIN contact c ON c.tenant_id = o.tenant_id AND c.id = o.contact_id
			WHERE o.tenant_id = l.tenant_id AND o.id = l.shared_by))
		|| CASE p_cause WHEN 'shared' THEN jsonb_build_object('text', l.note) ELSE '{}' END END
$$;
