-- Mails that came back later: what ops' mail system or the sender's own reports of them.
SET search_path = portal;

-- The mail server's words about a mail stand beside the chain: they quote the address.
CREATE OR REPLACE FUNCTION answer_personal(p_answer text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('answer', p_answer) WHERE p_answer <> ''
$$;

-- Whether the link has got another token since the mail J went out: what came back then is the old one's.
CREATE OR REPLACE FUNCTION mail_superseded(j job, l link) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT coalesce(min(k.n) > j.n, false) FROM job k
	WHERE k.tenant_id = l.tenant_id AND k.document_id = l.document_id AND k.link_id = l.id AND k.kind = 'mail'
		AND split_part(k.cause, ':', 3) = left(l.token_id::text, 8)
$$;

-- Marks the contact of a link, and tells of it. NULL: nothing to say, or said already.
CREATE OR REPLACE FUNCTION bounce_tell(p_link uuid, p_tenant uuid, p_document uuid, p_cause text, p_reason text, p_request text)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	d document;
	l link;
	v_at timestamptz;
BEGIN
	SELECT * INTO d FROM document
	WHERE tenant_id = p_tenant AND id = p_document AND removed_at IS NULL FOR NO KEY UPDATE;
	v_at := portal_now();
	UPDATE link SET delivery = 'bounced', delivered_at = NULL, delivery_answer = p_reason
	WHERE tenant_id = d.tenant_id AND id = p_link AND revoked_at IS NULL AND delivery <> 'bounced'
	RETURNING * INTO l;
	IF l.id IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM event_append(d.tenant_id, d.id, 'document.delivery_failed', d.version, l.id, l.contact_id, v_at,
		jsonb_build_object('cause', p_cause, 'bounced', true), answer_personal(p_reason), p_request);
	RETURN json_build_object('document_id', d.id, 'external_id', d.external_id, 'contact_id', l.contact_id,
		'email', coalesce((SELECT email FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id), l.email));
END $$;

-- One mail came back, known by its job. NULL: no such mail. Mails to the sender itself and to visitors of a public link
-- have nothing that could be marked.
CREATE OR REPLACE FUNCTION bounce_mail(p_tenant uuid, p_job uuid, p_reason text, p_request text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
	j job;
	l link;
BEGIN
	SELECT * INTO j FROM job WHERE id = p_job AND kind = 'mail' AND (p_tenant IS NULL OR tenant_id = p_tenant);
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	SELECT * INTO l FROM link WHERE tenant_id = j.tenant_id AND id = j.link_id AND kind IN ('personal', 'shared');
	RETURN json_build_object('bounced', (
		SELECT coalesce(json_agg(told), '[]')
		FROM (SELECT bounce_tell(l.id, l.tenant_id, l.document_id, split_part(j.cause, ':', 1), p_reason, p_request) AS told
			WHERE NOT mail_superseded(j, l)) x
		WHERE told IS NOT NULL));
END $$;

-- An address is dead: every document still open that was mailed to it. NULL: nobody has this address.
CREATE OR REPLACE FUNCTION bounce_address(p_tenant uuid, p_email text, p_reason text, p_request text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
	v_links link[] := ARRAY(SELECT l FROM address_links(p_email, portal_now()) l WHERE p_tenant IS NULL OR l.tenant_id = p_tenant);
BEGIN
	IF cardinality(v_links) = 0 THEN
		RETURN NULL;
	END IF;
	RETURN json_build_object('bounced', (
		SELECT coalesce(json_agg(told), '[]')
		FROM (SELECT bounce_tell(l.id, l.tenant_id, l.document_id, 'address', p_reason, p_request) AS told
			FROM unnest(v_links) l
			JOIN document d ON d.tenant_id = l.tenant_id AND d.id = l.document_id
			WHERE l.delivery = 'sent' AND d.archived_at IS NULL AND document_state(d, portal_now()) IN ('sent', 'opened')
			ORDER BY d.id, l.id) x
		WHERE told IS NOT NULL));
END $$;

-- portalctl bounce: of all tenants where TENANT is NULL. GIVEN: {job | email, reason}. Gives {bounced: [{document_id,
-- external_id, contact_id, email}]}, those marked now; NULL: no such mail, or nobody with this address.
CREATE OR REPLACE FUNCTION bounce_report(p_tenant uuid, p_given jsonb, p_request text) RETURNS json LANGUAGE sql AS $$
	SELECT CASE WHEN p_given ->> 'job' IS NOT NULL
		THEN bounce_mail(p_tenant, (p_given ->> 'job')::uuid, p_given ->> 'reason', p_request)
		ELSE bounce_address(p_tenant, p_given ->> 'email', p_given ->> 'reason', p_request) END
$$;

-- POST /api/v1/bounces: the same for one tenant.
CREATE OR REPLACE FUNCTION sender_bounce(p_tenant uuid, p_given jsonb, p_request text) RETURNS json
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT bounce_report(p_tenant, p_given, p_request) WHERE p_tenant IS NOT NULL
$$;
