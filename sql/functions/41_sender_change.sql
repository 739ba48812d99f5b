-- What a change of a document has to pass, and what follows from it.
SET search_path = portal;

-- A document that the sender is about to change, its row locked; all NULL where there is none.
CREATE OR REPLACE FUNCTION document_locked(p_tenant uuid, p_document uuid) RETURNS document LANGUAGE sql VOLATILE AS $$
	SELECT d FROM document d
	WHERE tenant_id = p_tenant AND id = p_document AND removed_at IS NULL FOR NO KEY UPDATE
$$;

-- Refuses what the table of states does not allow.
CREATE OR REPLACE FUNCTION require_transition(d document, p_action text, p_at timestamptz, p_given jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_answer text := transition_answer(d, p_action, p_at);
BEGIN
	IF v_answer IN ('yes', 'repeat') OR v_answer = 'revision' AND p_given -> 'revision' = 'true'
		OR v_answer = 'dates'
	THEN
		RETURN;
	END IF;
	PERFORM problem(CASE WHEN v_answer IN ('revision', 'dates') THEN 'already_accepted' ELSE v_answer END,
		CASE v_answer
			WHEN 'revision' THEN 'the document is accepted; send "revision": true to replace it by a new version'
			WHEN 'archived' THEN 'the document is archived'
			ELSE format('the document is %s', document_state(d, p_at)) END);
END $$;

CREATE OR REPLACE FUNCTION require_revision(d document, p_revisions text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	-- If-Match's `*` is whatever it is, as long as it exists.
	IF p_revisions IS NOT NULL AND (d.version = 0 OR NOT revision_named(p_revisions, d.revision)) THEN
		PERFORM problem('precondition_failed', 'If-Match names another state of the document');
	END IF;
END $$;

-- A change of settings alone: after acceptance only the dates may move.
CREATE OR REPLACE FUNCTION settings_require(d document, p_settings jsonb, p_access_changed boolean,
	p_project text, p_at timestamptz, p_given jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_dates text[] := '{expires_at,remove_at,archive_after_days}';
BEGIN
	PERFORM require_transition(d, 'settings', p_at, p_given);
	IF transition_answer(d, 'settings', p_at) = 'dates' AND (p_access_changed
		OR p_project IS DISTINCT FROM d.project OR p_settings - v_dates <> d.settings - v_dates)
	THEN
		PERFORM problem('already_accepted', 'after acceptance only expires_at, remove_at and archive_after_days can change');
	END IF;
END $$;

-- Dates that are set lie in the future, and a document is not removed before it expires.
CREATE OR REPLACE FUNCTION dates_check(d document, s setting, p_given jsonb, p_settings jsonb, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_member text;
BEGIN
	FOREACH v_member IN ARRAY ARRAY['expires_at', 'remove_at'] LOOP
		IF p_given ->> v_member IS NOT NULL
			AND p_settings ->> v_member IS DISTINCT FROM d.settings ->> v_member
			AND moment(p_settings ->> v_member, s.time_zone) <= p_at
		THEN
			PERFORM problem('invalid', 'must lie in the future', '/' || v_member);
		END IF;
	END LOOP;
	IF moment(p_settings ->> 'remove_at', s.time_zone) < moment(p_settings ->> 'expires_at', s.time_zone) THEN
		IF p_given ->> 'remove_at' IS NOT NULL OR NOT p_given ? 'expires_at' THEN
			PERFORM problem('invalid', 'lies before expires_at', '/remove_at');
		END IF;
		PERFORM problem('invalid', 'lies after remove_at, which is ' || (p_settings ->> 'remove_at'), '/expires_at');
	END IF;
END $$;

-- Somebody must be able to come in, and to accept where that is wanted.
CREATE OR REPLACE FUNCTION access_check(d document, p_settings jsonb, p_code text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_visibility text := p_settings ->> 'visibility';
BEGIN
	IF v_visibility = 'link' AND p_code IS NULL AND d.access_code IS NULL THEN
		PERFORM problem('invalid', 'is needed with visibility `link`: at least 6 characters, or "generate"', '/access_code');
	ELSIF v_visibility <> 'link' AND p_code IS NOT NULL THEN
		PERFORM problem('invalid', 'goes with visibility `link` only', '/access_code');
	END IF;
	PERFORM FROM link WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind = 'personal' AND named
		AND (revoked_at IS NULL OR revoked_by_hand);
	IF NOT FOUND AND v_visibility <> 'link' THEN
		PERFORM problem('invalid', 'at least one contact is needed', '/contacts');
	END IF;
	-- Who was revoked by hand cannot accept. What is decided already needs nobody.
	PERFORM FROM link WHERE tenant_id = d.tenant_id AND document_id = d.id AND (kind = 'public' OR named AND kind = 'personal')
		AND revoked_at IS NULL AND 'accept' = ANY (rights);
	IF NOT FOUND AND (p_settings -> 'accept' ->> 'enabled')::boolean AND (
		SELECT v.kind FROM version v JOIN document x ON x.tenant_id = v.tenant_id AND x.id = v.document_id
		WHERE v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version AND x.decided IS NULL) = 'quote'
	THEN
		PERFORM problem('invalid', 'nobody could accept: give a contact the right `accept`, '
			|| CASE v_visibility WHEN 'link' THEN 'or accept.identity `email_code` for the public link, ' ELSE '' END
			|| 'or set this to false', '/accept/enabled');
	END IF;
END $$;

CREATE OR REPLACE FUNCTION document_store(d document, s setting, p_settings jsonb, p_project text, p_code text,
	p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_expires timestamptz := moment(p_settings ->> 'expires_at', s.time_zone);
BEGIN
	UPDATE document SET settings = p_settings, project = p_project, expires_at = v_expires,
		remove_at = moment(p_settings ->> 'remove_at', s.time_zone),
		expiry_told_at = CASE WHEN v_expires IS NOT DISTINCT FROM d.expires_at THEN expiry_told_at END,
		remind_at = next_reminder(d, p_settings, p_at), expiry_notice_at = expiry_notice(p_settings, v_expires, p_at),
		access_code = CASE WHEN p_settings ->> 'visibility' = 'link' THEN coalesce(p_code, access_code) END,
		code_generation = code_generation + CASE WHEN p_code IS NULL THEN 0 ELSE 1 END,
		revision = revision + 1, updated_at = p_at
	WHERE tenant_id = d.tenant_id AND id = d.id;
	IF p_code IS NOT NULL THEN
		-- A new code is a new start for who was locked out.
		DELETE FROM access_failure USING link l WHERE access_failure.tenant_id = d.tenant_id AND l.tenant_id = d.tenant_id
			AND l.id = access_failure.link_id AND l.document_id = d.id;
	END IF;
	INSERT INTO link (tenant_id, document_id, kind, rights) VALUES (d.tenant_id, d.id, 'preview', '{view}')
	ON CONFLICT DO NOTHING;
END $$;

-- One mail per living named link; CAUSE makes it distinct, and the token's start, since a new address or a
-- rotated link is to be told anew. ONLY_UNDELIVERED leaves out who has been told.
CREATE OR REPLACE FUNCTION mails_enqueue(d document, p_cause text, p_only_undelivered boolean, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	WITH told AS (
		INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
		SELECT d.tenant_id, 'mail', d.id, p_cause || ':' || d.version || ':' || left(l.token_id::text, 8), l.id,
			d.version, p_request
		FROM link l
		WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal' AND l.named
			AND l.revoked_at IS NULL AND (NOT p_only_undelivered OR l.delivery = 'none')
			AND (p_cause = 'upload' OR l.delivery <> 'none' AND NOT EXISTS (SELECT FROM job j WHERE j.tenant_id = d.tenant_id
				AND j.document_id = d.id AND j.link_id = l.id AND j.kind = 'mail' AND j.version = d.version
				AND j.cause LIKE 'upload:%'))
		ON CONFLICT DO NOTHING RETURNING link_id)
	UPDATE link SET delivery = 'queued', delivered_at = NULL, delivery_answer = NULL
	FROM told WHERE link.tenant_id = d.tenant_id AND link.id = told.link_id;
	NOTIFY portal_jobs;
END $$;

-- The events and mails of a change.
CREATE OR REPLACE FUNCTION change_tell(d document, p_settings jsonb, p_result text, p_links_changed boolean,
	p_at timestamptz, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_notify jsonb := p_settings -> 'notify';
BEGIN
	IF p_result = 'new_version' AND d.archived_at IS NOT NULL THEN
		PERFORM event_append(d.tenant_id, d.id, 'document.unarchived', d.version, NULL, NULL, p_at, NULL, NULL, p_request);
	END IF;
	IF p_result = 'updated' THEN
		PERFORM event_append(d.tenant_id, d.id, 'document.updated', d.version, NULL, NULL, p_at,
			jsonb_build_object('settings_sha256', sha256_hex(p_settings::text)), NULL, p_request);
	ELSE
		PERFORM event_append(d.tenant_id, d.id, 'document.sent', d.version, NULL, NULL, p_at,
			(SELECT version_facts(v) FROM version v
				WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version), NULL, p_request);
	END IF;
	IF p_result = 'new_version' AND (v_notify ->> 'on_change')::boolean THEN
		-- Who was never told of the document is not told of a change of it.
		IF (v_notify ->> 'on_upload')::boolean THEN
			PERFORM mails_enqueue(d, 'upload', true, p_request);
		END IF;
		PERFORM mails_enqueue(d, 'change', false, p_request);
	ELSIF (p_result = 'created' OR p_links_changed) AND (v_notify ->> 'on_upload')::boolean THEN
		PERFORM mails_enqueue(d, 'upload', true, p_request);
	END IF;
END $$;
