-- Accepting and declining: one transaction, one winner.
SET search_path = portal;

-- Why nobody could decide through this link now, or NULL. The caller has locked the document.
CREATE OR REPLACE FUNCTION decision_obstacle(d document, l link, p_at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT CASE
			WHEN v.kind <> 'quote' OR NOT (d.settings -> 'accept' ->> 'enabled')::boolean
				OR 'accept' <> ALL (l.rights) THEN 'forbidden'
			ELSE nullif(transition_answer(d, 'decide', p_at), 'yes') END
		FROM version v WHERE v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version);
END $$;
DROP FUNCTION IF EXISTS decision_obstacle(document, link, version, jsonb, timestamptz);

-- Whether who asks is the one who decided: through this link, and on a public one, which many share, with the code
-- that this browser asked for.
CREATE OR REPLACE FUNCTION decided_here(x decision, l link, p_challenge uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT x.link_id = l.id AND (l.kind <> 'public' OR coalesce(x.proof ->> 'challenge_id' = p_challenge::text, false))
$$;

-- What was shown is what is decided on: version, hash, and the consent where the form names its hash. Gives what
-- stands against it, or NULL.
CREATE OR REPLACE FUNCTION shown_obstacle(d document, v version, p_given jsonb, p_consent text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN (p_given ->> 'version')::integer <> d.version OR p_given ->> 'sha256' <> encode(v.sha256, 'hex')
			THEN 'version_changed'
		WHEN p_given ->> 'consent_sha256' <> sha256_hex(p_consent) THEN 'consent_changed' END
$$;

-- The verdict on a version that is decided: repeat (the same by the same), rival, or version_changed.
CREATE OR REPLACE FUNCTION decided_verdict(d document, l link, v version, x decision, p_given jsonb, p_challenge uuid)
RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(shown_obstacle(d, v, p_given - 'consent_sha256', NULL),
		CASE WHEN decided_here(x, l, p_challenge) AND x.type = p_given ->> 'type' THEN 'repeat' ELSE 'rival' END)
$$;

-- POST /d/{token}/accept and /decline. GIVEN: {type, version, sha256, consent_sha256, language, name, reason,
-- purchase_order, signature (PNG in base64), proof {method, token}}; CHALLENGE is named by the visitor's cookie. Gives
-- {verdict, identity}: ok, repeat (the same contact again), rival (another contact decided first), version_changed,
-- consent_changed, reason_required, prove (by `identity`, the method's name), expired, withdrawn, archived, or the
-- gate's own. With a `rival` through the same public link `identity` is the method that may know the visitor again. Only `ok`
-- changes anything.
CREATE OR REPLACE FUNCTION customer_decide(p_token uuid, p_generation integer, p_given jsonb,
	p_consents jsonb, p_personal jsonb, p_request text, p_challenge uuid)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	l link := v_pass.link;
	v version;
	v_before decision;
	k customer;
	c contact;
	v_language text;
	v_consent text;
	v_obstacle text;
	v_method text;
	v_proof jsonb;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	SELECT * INTO v FROM version WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version;
	SELECT * INTO v_before FROM decision
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version;
	IF v_before.link_id IS NOT NULL THEN
		v_obstacle := decided_verdict(d, l, v, v_before, p_given, p_challenge);
		RETURN json_build_object('verdict', v_obstacle, 'identity',
			CASE WHEN v_obstacle = 'rival' AND l.kind = 'public' AND v_before.link_id = l.id THEN v_before.identity END);
	END IF;
	IF p_given ->> 'type' = 'accepted' THEN
		SELECT * INTO k FROM customer WHERE tenant_id = d.tenant_id AND id = d.customer_id;
		SELECT * INTO c FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
		v_language := reader_language(d, l, c, p_given ->> 'language');
		v_consent := consent_text(v_pass.setting, k, c, v_language, p_consents,
			text_values(v_pass.setting, d, v, k, c, v_language));
	ELSIF p_given ->> 'reason' IS NULL AND (d.settings -> 'accept' ->> 'reason_required')::boolean THEN
		v_obstacle := 'reason_required';
	END IF;
	v_obstacle := coalesce(
		nullif(shown_obstacle(d, v, p_given, v_consent), 'consent_changed'),
		decision_obstacle(d, l, v_pass.at), shown_obstacle(d, v, p_given, v_consent), v_obstacle);
	IF v_obstacle IS NOT NULL THEN
		RETURN json_build_object('verdict', v_obstacle);
	END IF;
	v_method := decision_identity(d, l, p_given ->> 'type');
	IF v_method <> 'link' THEN
		v_proof := identity_settle(d, l, v_method, p_given -> 'proof', v_pass.at);
		IF v_proof IS NULL THEN
			RETURN json_build_object('verdict', 'prove', 'identity', v_method);
		END IF;
	END IF;
	PERFORM opened(d, l, v_pass.at, p_personal, p_request);
	PERFORM decision_record(v_pass, v, p_given || jsonb_build_object('identity', v_method, 'consent', v_consent)
		|| coalesce(v_proof, '{}'), p_personal, p_request);
	RETURN json_build_object('verdict', 'ok');
END $$;
DROP FUNCTION IF EXISTS customer_decide(uuid, integer, jsonb, jsonb, jsonb, text);

-- How a decision is signed: drawn where a drawing is asked for and came, else the name that was typed.
CREATE OR REPLACE FUNCTION decision_signature(d document, p_given jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_given ->> 'type' = 'declined' THEN 'none'
		WHEN d.settings -> 'accept' ->> 'signature' <> 'drawn' THEN d.settings -> 'accept' ->> 'signature'
		WHEN p_given ->> 'signature' IS NOT NULL THEN 'drawn' ELSE 'typed' END
$$;

-- Decision, evidence, event and jobs together. GIVEN has become what is recorded: besides the form's members
-- {identity, consent}, and of a proved identity {email, proof}.
CREATE OR REPLACE FUNCTION decision_record(p_pass gate_pass, v version, p_given jsonb, p_personal jsonb, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	d document := p_pass.document;
	l link := p_pass.link;
	x decision;
BEGIN
	x.tenant_id := d.tenant_id;
	x.document_id := d.id;
	x.version := d.version;
	x.type := p_given ->> 'type';
	x.at := p_pass.at;
	x.link_id := l.id;
	x.contact_id := l.contact_id;
	SELECT name, email INTO x.name, x.email FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	x.name := coalesce(p_given ->> 'name', x.name);
	x.email := coalesce(p_given ->> 'email', x.email);
	x.identity := p_given ->> 'identity';
	x.proof := p_given -> 'proof';
	x.signature := decision_signature(d, p_given);
	x.signature_image := CASE x.signature WHEN 'drawn' THEN decode(p_given ->> 'signature', 'base64') END;
	x.language := page_language(d, l, p_given ->> 'language');
	x.consent := p_given ->> 'consent';
	x.sha256 := v.sha256;
	x.reason := p_given ->> 'reason';
	x.purchase_order := p_given ->> 'purchase_order';
	x.disclosed_at := l.disclosed_at;
	x.event_id := event_append(d.tenant_id, d.id, 'document.' || x.type, d.version, l.id, l.contact_id, x.at,
		decision_facts(x), coalesce(p_personal, '{}') || decision_personal(x), p_request);
	INSERT INTO decision VALUES (x.*);
	UPDATE document SET decided = x.type, decided_at = x.at, revision = revision + 1, updated_at = x.at
	WHERE tenant_id = d.tenant_id AND id = d.id;
	IF ((p_pass.setting).defaults ->> 'archive_on_decision')::boolean THEN
		PERFORM document_archive(d, true, x.at, p_request);
	END IF;
	PERFORM decision_jobs(x, (p_pass.setting).reply_to IS NOT NULL, p_request);
END $$;
DROP FUNCTION IF EXISTS decision_record(document, link, setting, version, jsonb, jsonb, timestamptz, jsonb, text);

-- What the event's line says of a decision, and what stands beside it. `portalctl verify` compares both with the row.
CREATE OR REPLACE FUNCTION decision_facts(x decision) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('version', x.version, 'sha256', encode(x.sha256, 'hex'),
		'attachments', files_json(x.tenant_id, x.document_id, x.version),
		'identity', x.identity, 'proof', x.proof, 'signature', x.signature,
		'language', x.language, 'consent_sha256', coalesce(sha256_hex(x.consent), x.consent_sha256), 'link_disclosed_at', rfc3339(x.disclosed_at))
$$;

CREATE OR REPLACE FUNCTION decision_personal(x decision) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('name', x.name, 'email', x.email, 'reason', x.reason,
		'purchase_order', x.purchase_order, 'signature_sha256', encode(sha256(x.signature_image), 'hex')))
$$;

-- What follows from a decision: the signature of the history, the receipt, a mail to who decided, and one to the sender.
CREATE OR REPLACE FUNCTION decision_jobs(x decision, p_tell_sender boolean, p_request text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
	SELECT x.tenant_id, j.kind, x.document_id, CASE j.kind WHEN 'mail' THEN x.type || ':' || x.version END, j.link_id,
		x.version, p_request
	FROM (VALUES ('sign', NULL::uuid, true), ('receipt', NULL, x.type = 'accepted'),
		('mail', x.link_id, x.email IS NOT NULL), ('mail', NULL, p_tell_sender)) j (kind, link_id, wanted)
	WHERE j.wanted;
END $$;
