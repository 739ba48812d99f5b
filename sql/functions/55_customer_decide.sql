-- Accepting and declining: one transaction, one winner.
SET search_path = portal;

-- Why a decision cannot be taken, or NULL. The caller has locked the document.
CREATE OR REPLACE FUNCTION decision_obstacle(d document, l link, v version, p_given jsonb, p_at timestamptz)
RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT CASE
			WHEN (p_given ->> 'version')::integer <> d.version
				OR p_given ->> 'sha256' <> encode(v.sha256, 'hex') THEN 'version_changed'
			WHEN v.kind <> 'quote' OR NOT (d.settings -> 'accept' ->> 'enabled')::boolean
				OR 'accept' <> ALL (l.rights) THEN 'forbidden'
			ELSE nullif(transition_answer(d, 'decide', p_at), 'yes') END);
END $$;

-- POST /d/{token}/accept and /decline. GIVEN: {type, version, sha256, language, name, reason,
-- purchase_order}. Gives {verdict, decision}: ok, repeat (the same contact again), rival (another
-- contact decided first), version_changed, expired, withdrawn, archived, or the gate's own.
CREATE OR REPLACE FUNCTION customer_decide(p_token uuid, p_generation integer, p_given jsonb,
	p_consents jsonb, p_personal jsonb, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	l link := v_pass.link;
	s setting := v_pass.setting;
	v version;
	v_before decision;
	v_obstacle text;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	SELECT * INTO v FROM version WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version;
	SELECT * INTO v_before FROM decision
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version;
	IF v_before.link_id = l.id AND v_before.type = p_given ->> 'type'
		AND (p_given ->> 'version')::integer = d.version
	THEN
		RETURN json_build_object('verdict', 'repeat', 'decision', page_decision(d, l, s.time_zone));
	ELSIF v_before.link_id IS NOT NULL AND (p_given ->> 'version')::integer = d.version THEN
		RETURN json_build_object('verdict', 'rival', 'decision', page_decision(d, l, s.time_zone));
	END IF;
	v_obstacle := decision_obstacle(d, l, v, p_given, v_pass.at);
	IF v_obstacle IS NOT NULL THEN
		RETURN json_build_object('verdict', v_obstacle);
	END IF;
	PERFORM opened(d, l, v_pass.at, p_personal, p_request);
	PERFORM decision_record(d, l, s, v, p_given, p_consents, v_pass.at, p_personal, p_request);
	RETURN json_build_object('verdict', 'ok', 'decision', page_decision(d, l, s.time_zone));
END $$;

-- Decision, evidence, event, signature to be made and mails together.
CREATE OR REPLACE FUNCTION decision_record(d document, l link, s setting, v version, p_given jsonb,
	p_consents jsonb, p_at timestamptz, p_personal jsonb, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_type text := p_given ->> 'type';
	v_contact contact;
	v_language text := page_language(d, l, p_given ->> 'language');
	v_consent text := CASE v_type WHEN 'accepted' THEN
		consent_text(s, v_language, p_consents, text_values(s, d, l, v, v_language)) END;
	v_event uuid;
BEGIN
	SELECT * INTO v_contact FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	v_event := event_append(d.tenant_id, d.id, 'document.' || v_type, d.version, l.id, l.contact_id, p_at,
		jsonb_build_object('version', d.version, 'sha256', encode(v.sha256, 'hex'),
			'attachments', files_json(d.tenant_id, d.id, d.version),
			'identity', d.settings -> 'accept' ->> 'identity',
			'signature', d.settings -> 'accept' ->> 'signature',
			'language', v_language, 'consent_sha256', sha256_hex(v_consent)),
		coalesce(p_personal, '{}') || jsonb_strip_nulls(jsonb_build_object(
			'name', coalesce(p_given ->> 'name', v_contact.name), 'email', v_contact.email,
			'reason', p_given ->> 'reason', 'purchase_order', p_given ->> 'purchase_order')),
		p_request);
	INSERT INTO decision (tenant_id, document_id, version, type, at, link_id, contact_id, name, email, identity,
		signature, language, consent, sha256, reason, purchase_order, event_id, disclosed_at)
	VALUES (d.tenant_id, d.id, d.version, v_type, p_at, l.id, l.contact_id,
		coalesce(p_given ->> 'name', v_contact.name), v_contact.email, d.settings -> 'accept' ->> 'identity',
		d.settings -> 'accept' ->> 'signature', v_language, v_consent, v.sha256, p_given ->> 'reason',
		p_given ->> 'purchase_order', v_event, l.disclosed_at);
	UPDATE document SET decided = v_type, decided_at = p_at, revision = revision + 1, updated_at = p_at
	WHERE tenant_id = d.tenant_id AND id = d.id;
	IF (s.defaults ->> 'archive_on_decision')::boolean THEN
		PERFORM document_archive(d, true, p_at, p_request);
	END IF;
	INSERT INTO job (tenant_id, kind, document_id, version, request_id)
	VALUES (d.tenant_id, 'sign', d.id, d.version, p_request);
	INSERT INTO job (tenant_id, kind, document_id, version, request_id)
	SELECT d.tenant_id, 'receipt', d.id, d.version, p_request WHERE v_type = 'accepted';
	-- A receipt to who decided, and a note to the sender.
	INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
	SELECT d.tenant_id, 'mail', d.id, v_type || ':' || d.version, l.id, d.version, p_request
	WHERE l.contact_id IS NOT NULL
	UNION ALL
	SELECT d.tenant_id, 'mail', d.id, v_type || ':' || d.version, NULL, d.version, p_request
	WHERE s.reply_to IS NOT NULL;
END $$;
