-- The evidence bundle: all that shows what became of one version, for somebody who has no portal.
SET search_path = portal;

-- The events of the chain, each with what its line covers beside it; salt and personal are null once erased.
CREATE OR REPLACE FUNCTION bundle_events(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('seq', seq, 'line', line, 'hash', hash, 'salt', salt,
		'personal', personal) ORDER BY seq), '[]')
	FROM event WHERE tenant_id = p_tenant AND document_id = p_document AND seq IS NOT NULL
$$;

-- Which event's line names the version's files: its decision's, else that of the sending.
CREATE OR REPLACE FUNCTION bundle_line(p_tenant uuid, p_document uuid, p_version integer) RETURNS integer
LANGUAGE sql STABLE AS $$
	SELECT max(seq) FROM event
	WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version
		AND type = coalesce((SELECT 'document.' || type FROM decision WHERE tenant_id = p_tenant
			AND document_id = p_document AND version = p_version), 'document.sent')
$$;

-- The keys of some signatures, by id.
CREATE OR REPLACE FUNCTION bundle_keys(p_signatures jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('id', k -> 'id', 'public_key_pem', k -> 'public_key_pem')
		ORDER BY k ->> 'id'), '[]')
	FROM jsonb_array_elements(public_keys_json()) k
	WHERE EXISTS (SELECT FROM jsonb_array_elements(p_signatures) s WHERE s ->> 'key_id' = k ->> 'id')
$$;

-- A version's receipt with the statement that signs it, as bundles carry it: {kind, size, sha256, event_id, made_at, signed_at,
-- key_id, statement, signature}. NULL where there is none, or none that is signed.
CREATE OR REPLACE FUNCTION receipt_evidence(p_tenant uuid, p_document uuid, p_version integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('kind', r.kind, 'size', r.size, 'sha256', encode(r.sha256, 'hex'), 'event_id', x.event_id,
		'made_at', rfc3339(r.created_at), 'signed_at', rfc3339(r.signed_at), 'key_id', r.key_id, 'statement', r.statement,
		'signature', base64(r.signature))
	FROM receipt r
	JOIN decision x ON x.tenant_id = r.tenant_id AND x.document_id = r.document_id AND x.version = r.version
	WHERE r.tenant_id = p_tenant AND r.document_id = p_document AND r.version = p_version AND r.signature IS NOT NULL
$$;

-- GET /api/v1/documents/{id}/evidence. P_VERSION NULL: the current one. {manifest, time, line, file, attachments,
-- receipt, chain, events, signatures, keys}; `manifest` is what of it stands in manifest.json, `time` (seconds) is given to
-- every member of the zip, so that the same evidence makes the same bytes. NULL where there is no such version.
CREATE OR REPLACE FUNCTION sender_evidence(p_tenant uuid, p_document uuid, p_version integer) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
	v version;
	c chain;
	v_decision jsonb;
	v_signatures jsonb;
	v_receipt jsonb;
BEGIN
	-- Against a change in the middle: the parts are read by one statement after the other.
	SELECT * INTO d FROM document WHERE tenant_id = p_tenant AND id = p_document AND removed_at IS NULL FOR KEY SHARE;
	SELECT * INTO v FROM version
	WHERE tenant_id = p_tenant AND document_id = d.id AND version = coalesce(p_version, d.version);
	IF v.version IS NULL THEN
		RETURN NULL;
	END IF;
	SELECT * INTO c FROM chain WHERE tenant_id = p_tenant AND document_id = d.id FOR UPDATE;
	v_decision := decision_evidence(p_tenant, d.id, v.version);
	v_signatures := signatures_json(p_tenant, d.id);
	v_receipt := receipt_evidence(p_tenant, d.id, v.version);
	RETURN json_build_object(
		'manifest', json_build_object('format', 'dokumentportal-evidence-1',
			'tenant', (SELECT json_build_object('id', id, 'name', name) FROM tenant WHERE id = p_tenant),
			'document', (SELECT json_build_object('id', d.id, 'external_id', d.external_id, 'kind', v.kind, 'title', v.title,
				'number', v.number, 'project', d.project, 'amount', amount_json(v),
				'customer', json_build_object('id', k.id, 'external_id', k.external_id, 'name', k.name))
				FROM customer k WHERE k.tenant_id = p_tenant AND k.id = d.customer_id),
			'version', version_json(v), 'decision', v_decision, 'receipt', v_receipt - 'statement' - 'signature',
			'chain', json_build_object('length', c.length, 'head', c.head)),
		'time', floor(extract(epoch FROM coalesce((v_decision ->> 'at')::timestamptz, v.created_at)))::bigint,
		'line', bundle_line(p_tenant, d.id, v.version),
		'file', json_build_object('name', v.file_name, 'size', v.size, 'sha256', encode(v.sha256, 'hex')),
		'attachments', files_json(p_tenant, d.id, v.version),
		'receipt', v_receipt || jsonb_build_object('name', 'receipt.pdf'),
		'events', bundle_events(p_tenant, d.id), 'signatures', v_signatures,
		'keys', bundle_keys(v_signatures || coalesce(v_receipt, '[]')));
END $$;
