-- Removing a document from the portal.
SET search_path = portal;

-- DELETE /api/v1/documents/{id}: erases the bytes that no other document needs (by jobs, which look
-- again under the bytes' lock), keeps tombstone and history, frees the external id. Gives {"id": …},
-- or NULL where there is nothing to remove.
CREATE OR REPLACE FUNCTION sender_remove_document(p_tenant uuid, p_document uuid, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
	v_at timestamptz;
BEGIN
	SELECT * INTO d FROM document
	WHERE tenant_id = p_tenant AND id = p_document AND removed_at IS NULL FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	v_at := portal_now();
	UPDATE document SET removed_at = v_at, revision = revision + 1, updated_at = v_at
	WHERE tenant_id = p_tenant AND id = p_document;
	UPDATE job SET state = 'dead', finished_at = v_at, answer = 'the document was removed'
	WHERE tenant_id = p_tenant AND document_id = p_document AND kind = 'mail' AND state = 'waiting';
	WITH freed AS (
		DELETE FROM file_use WHERE tenant_id = p_tenant AND document_id = p_document RETURNING sha256)
	INSERT INTO job (tenant_id, kind, document_id, sha256, request_id)
	SELECT p_tenant, 'erase', p_document, sha256, p_request FROM freed;
	PERFORM event_append(p_tenant, p_document, 'document.removed', d.version, NULL, NULL, v_at, NULL, NULL, p_request);
	RETURN json_build_object('id', p_document);
END $$;
