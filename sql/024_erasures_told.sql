-- Whoever decided is erased with an event that says so. Erasures from before told of it only where they ended the person's link:
-- those that did not are told of now, at the time that they happened.
SET search_path = portal;

DO $$
BEGIN
	-- A database that is just being made has no functions yet.
	IF EXISTS (SELECT FROM decision WHERE erased_at IS NOT NULL) THEN
		PERFORM FROM document WHERE (tenant_id, id) IN (SELECT tenant_id, document_id FROM decision WHERE erased_at IS NOT NULL)
		ORDER BY id FOR NO KEY UPDATE;
		PERFORM event_append(x.tenant_id, x.document_id, 'link.revoked', d.version, x.link_id, x.contact_id, x.erased_at,
			jsonb_build_object('erased', true, 'decisions', jsonb_build_array(x.version)), NULL, NULL)
		FROM decision x JOIN document d ON d.tenant_id = x.tenant_id AND d.id = x.document_id
		WHERE x.erased_at IS NOT NULL AND NOT EXISTS (SELECT FROM event e
			WHERE e.tenant_id = x.tenant_id AND e.document_id = x.document_id AND e.type = 'link.revoked' AND e.link_id = x.link_id
				AND e.at = x.erased_at AND (e.line::jsonb #>> '{data,erased}')::boolean);
	END IF;
END $$;
