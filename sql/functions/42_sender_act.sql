-- What the sender does to a document at once: withdraw, archive, remind, remove, and to single links.
SET search_path = portal;

-- Takes a document off the portal: erases the bytes that nothing else needs (by jobs, which look again
-- under the bytes' lock), keeps tombstone and history, frees the external id.
CREATE OR REPLACE FUNCTION document_remove(d document, p_at timestamptz, p_request text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE document SET removed_at = p_at, revision = revision + 1, updated_at = p_at
	WHERE tenant_id = d.tenant_id AND id = d.id;
	UPDATE job SET state = 'dead', finished_at = p_at, answer = 'the document was removed'
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind IN ('mail', 'receipt') AND state = 'waiting';
	WITH freed AS (
		DELETE FROM file_use WHERE tenant_id = d.tenant_id AND document_id = d.id RETURNING sha256)
	INSERT INTO job (tenant_id, kind, document_id, sha256, request_id)
	SELECT d.tenant_id, 'erase', d.id, sha256, p_request FROM freed;
	PERFORM event_append(d.tenant_id, d.id, 'document.removed', d.version, NULL, NULL, p_at, NULL, NULL, p_request);
END $$;

-- DELETE /api/v1/documents/{id}. Gives {"id": …}, or NULL where there is nothing to remove.
CREATE OR REPLACE FUNCTION sender_remove_document(p_tenant uuid, p_document uuid, p_revisions text, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
BEGIN
	d := document_locked(p_tenant, p_document);
	IF d.id IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM require_revision(d, p_revisions);
	PERFORM document_remove(d, portal_now(), p_request);
	RETURN json_build_object('id', p_document);
END $$;

-- Archives or takes out of the archive; tells of it.
CREATE OR REPLACE FUNCTION document_archive(d document, p_archived boolean, p_at timestamptz, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE document SET archived_at = CASE WHEN p_archived THEN p_at END, revision = revision + 1, updated_at = p_at,
		-- Who takes it out of the archive wants it out: it does not go back by itself, and reminders go on.
		remind_at = CASE WHEN NOT p_archived THEN next_reminder(d, settings, p_at) END,
		expiry_notice_at = CASE WHEN NOT p_archived THEN expiry_notice(settings, expires_at, p_at) END,
		settings = CASE WHEN p_archived THEN settings
			ELSE settings || jsonb_build_object('archive_after_days', NULL) END
	WHERE tenant_id = d.tenant_id AND id = d.id;
	PERFORM event_append(d.tenant_id, d.id, CASE WHEN p_archived THEN 'document.archived' ELSE 'document.unarchived' END,
		d.version, NULL, NULL, p_at, NULL, NULL, p_request);
END $$;

-- POST /api/v1/documents/{id}/withdraw, archive, unarchive, remind. Gives {result, document}; result is
-- `done` or `unchanged` (it was so already). NULL: no such document.
CREATE OR REPLACE FUNCTION sender_act(p_tenant uuid, p_document uuid, p_action text, p_revisions text, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
	v_at timestamptz;
	v_result text := 'done';
BEGIN
	d := document_locked(p_tenant, p_document);
	IF d.id IS NULL THEN
		RETURN NULL;
	END IF;
	v_at := portal_now();
	PERFORM require_revision(d, p_revisions);
	PERFORM require_transition(d, p_action, v_at, '{}');
	IF transition_answer(d, p_action, v_at) = 'repeat' THEN
		v_result := 'unchanged';
	ELSIF p_action = 'withdraw' THEN
		UPDATE document SET withdrawn_at = v_at, revision = revision + 1, updated_at = v_at
		WHERE tenant_id = p_tenant AND id = p_document;
		PERFORM event_append(p_tenant, p_document, 'document.withdrawn', d.version, NULL, NULL, v_at, NULL, NULL, p_request);
	ELSIF p_action = 'remind' THEN
		-- By hand a second reminder may follow the first; a double click must not be two.
		PERFORM FROM links_to_remind(d);
		IF NOT FOUND THEN
			PERFORM problem('conflict', 'there is nobody to remind: all have answered, or their mails fail');
		ELSIF reminders_enqueue(d, 'hand-' || to_char(v_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MI'), v_at, p_request) = 0 THEN
			v_result := 'unchanged';
		END IF;
	ELSE
		PERFORM document_archive(d, p_action = 'archive', v_at, p_request);
	END IF;
	RETURN json_build_object('result', v_result, 'document', document_json(p_tenant, p_document));
END $$;

-- POST /api/v1/documents/{id}/contacts/{contact_id}/revoke and rotate: effective at once, on every route.
-- A rotated link goes to the contact by one mail, whatever the document's state; one revoked before lives again. A
-- withdrawn document's is not rotated: it would show nothing but that. In place of a contact's id revoke takes that of a
-- link which a contact shared. NULL: no such contact or link here.
DROP FUNCTION IF EXISTS sender_link_act(uuid, uuid, uuid, text, text);
CREATE OR REPLACE FUNCTION sender_link_act(p_tenant uuid, p_document uuid, p_contact uuid, p_action text, p_revisions text,
	p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
	l link;
	v_at timestamptz;
BEGIN
	d := document_locked(p_tenant, p_document);
	SELECT * INTO l FROM link
	WHERE tenant_id = p_tenant AND document_id = d.id AND (contact_id = p_contact AND kind = 'personal'
		OR id = p_contact AND kind = 'shared' AND p_action = 'revoke');
	IF l.id IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM require_revision(d, p_revisions);
	v_at := portal_now();
	IF l.kind = 'shared' THEN
		IF l.revoked_at IS NULL THEN
			UPDATE document SET revision = revision + 1, updated_at = v_at WHERE tenant_id = p_tenant AND id = p_document;
			PERFORM share_end(d, l, 'sender', NULL, v_at, NULL, p_request);
		END IF;
		RETURN json_build_object('result', CASE WHEN l.revoked_at IS NULL THEN 'done' ELSE 'unchanged' END,
			'document', document_json(p_tenant, p_document));
	END IF;
	IF p_action = 'revoke' AND l.revoked_at IS NOT NULL AND l.revoked_by_hand THEN
		RETURN json_build_object('result', 'unchanged', 'document', document_json(p_tenant, p_document));
	END IF;
	IF p_action = 'rotate' THEN
		PERFORM require_transition(d, 'rotate', v_at, '{}');
	END IF;
	UPDATE link SET
		token_id = CASE p_action WHEN 'rotate' THEN gen_random_uuid() ELSE token_id END,
		disclosed_at = CASE p_action WHEN 'rotate' THEN NULL ELSE disclosed_at END,
		revoked_at = CASE p_action WHEN 'revoke' THEN coalesce(revoked_at, v_at) END,
		revoked_by_hand = p_action = 'revoke',
		delivery = CASE p_action WHEN 'rotate' THEN 'none' ELSE delivery END
	WHERE tenant_id = p_tenant AND id = l.id;
	UPDATE document SET revision = revision + 1, updated_at = v_at WHERE tenant_id = p_tenant AND id = p_document;
	PERFORM event_append(p_tenant, p_document, CASE p_action WHEN 'revoke' THEN 'link.revoked' ELSE 'link.rotated' END,
		d.version, l.id, l.contact_id, v_at, NULL, NULL, p_request);
	IF p_action = 'rotate' THEN
		-- To this contact alone, also to one who has access only as one of the customer's.
		INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
		SELECT p_tenant, 'mail', d.id, 'link:' || d.version || ':' || left(token_id::text, 8), id, d.version, p_request
		FROM link WHERE tenant_id = p_tenant AND id = l.id;
		UPDATE link SET delivery = 'queued' WHERE tenant_id = p_tenant AND id = l.id;
		NOTIFY portal_jobs;
	END IF;
	RETURN json_build_object('result', 'done', 'document', document_json(p_tenant, p_document));
END $$;
