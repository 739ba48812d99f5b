-- The history: the only function that writes events.
SET search_path = portal;

-- Appends one event to a document's history and gives its id. The caller has locked the document's
-- row, so the chain has one writer at a time. DATA stands inside the hashed line; PERSONAL (names,
-- addresses, IP addresses, user agents) beside it, the line holding its salted hash, so that it can
-- be erased without breaking the chain. CHAINED false is for `fetched` alone.
CREATE OR REPLACE FUNCTION event_append(
	p_tenant uuid, p_document uuid, p_type text, p_version integer, p_link uuid, p_contact uuid,
	p_at timestamptz, p_data jsonb, p_personal jsonb, p_request text, p_chained boolean DEFAULT true)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_id uuid := new_id();
	v_chain chain;
	v_seq integer;
	v_personal text := p_personal::text;
	v_salt text;
	v_line text;
	v_hash text;
BEGIN
	IF p_personal IS NOT NULL THEN
		v_salt := encode(uuid_send(gen_random_uuid()), 'hex');
	END IF;
	IF p_chained THEN
		SELECT * INTO v_chain FROM chain
		WHERE tenant_id = p_tenant AND document_id = p_document FOR UPDATE;
		v_seq := coalesce(v_chain.length, 0) + 1;
	END IF;
	v_line := json_build_object(
		'seq', v_seq, 'id', v_id, 'type', p_type, 'at', rfc3339(p_at),
		'tenant_id', p_tenant, 'document_id', p_document, 'version', p_version,
		'link_id', p_link, 'contact_id', p_contact, 'data', coalesce(p_data, '{}'),
		'personal_sha256', sha256_hex(v_salt || E'\n' || v_personal))::text;
	IF p_chained THEN
		v_hash := sha256_hex(coalesce(v_chain.head, repeat('0', 64)) || E'\n' || v_line);
		IF v_seq = 1 THEN
			INSERT INTO chain VALUES (p_tenant, p_document, v_seq, v_hash);
		ELSE
			UPDATE chain SET length = v_seq, head = v_hash
			WHERE tenant_id = p_tenant AND document_id = p_document;
		END IF;
	END IF;
	INSERT INTO event (id, tenant_id, document_id, seq, type, version, contact_id, link_id, at, line, hash,
		salt, personal, request_id)
	VALUES (v_id, p_tenant, p_document, v_seq, p_type, p_version, p_contact, p_link, p_at, v_line, v_hash,
		v_salt, v_personal, p_request);
	RETURN v_id;
END $$;

-- An event as the API and the webhooks show it.
CREATE OR REPLACE FUNCTION event_json(e event) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'id', e.id, 'type', e.type, 'timestamp', rfc3339(e.at), 'document_id', e.document_id,
		'external_id', d.external_id, 'version', e.version, 'contact_id', e.contact_id,
		'data', e.line::jsonb -> 'data' || CASE WHEN e.type IN ('document.delivered', 'document.delivery_failed')
			-- Before it stood beside the chain it stood in the line.
			THEN jsonb_build_object('answer', coalesce(e.personal::jsonb -> 'answer', e.line::jsonb #> '{data,answer}'))
			ELSE '{}' END)
	FROM document d WHERE d.tenant_id = e.tenant_id AND d.id = e.document_id
$$;
