-- What can be shown of a decision: who, how it was proved, what was agreed to, and where it stands in the history.
SET search_path = portal;

-- The head of a document's chain when its N-th event was the last.
CREATE OR REPLACE FUNCTION chain_head_at(p_tenant uuid, p_document uuid, p_seq integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('length', p_seq, 'head', coalesce((
		SELECT hash FROM event WHERE tenant_id = p_tenant AND document_id = p_document AND seq = p_seq),
		repeat('0', 64)))
$$;

-- All evidence of one version's decision, or NULL where there is none. Members about a person (name, email,
-- reason, purchase_order, signature_image, ip, user_agent) are null once erased, and so is a consent that named the person.
CREATE OR REPLACE FUNCTION decision_evidence(p_tenant uuid, p_document uuid, p_version integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'type', x.type, 'at', rfc3339(x.at),
		'at_local', to_char(x.at AT TIME ZONE s.time_zone, 'YYYY-MM-DD"T"HH24:MI:SS'), 'time_zone', s.time_zone,
		'contact_id', x.contact_id, 'link_id', x.link_id, 'link_kind', l.kind, 'name', x.name, 'email', x.email,
		'identity', x.identity, 'proof', x.proof, 'signature', x.signature,
		-- PostgreSQL breaks base64 into lines.
		'signature_image', translate(encode(x.signature_image, 'base64'), E'\n', ''),
		'language', x.language, 'consent', x.consent, 'consent_sha256', coalesce(sha256_hex(x.consent), x.consent_sha256),
		'version', x.version, 'sha256', encode(x.sha256, 'hex'),
		'attachments', files_json(p_tenant, p_document, x.version),
		'purchase_order', x.purchase_order, 'reason', x.reason,
		'ip', e.personal::jsonb -> 'ip', 'user_agent', e.personal::jsonb -> 'user_agent',
		'disclosed_at', rfc3339(x.disclosed_at), 'erased_at', rfc3339(x.erased_at), 'event_id', x.event_id,
		'chain', jsonb_build_object('before', chain_head_at(p_tenant, p_document, e.seq - 1),
			'after', chain_head_at(p_tenant, p_document, e.seq)))
	FROM decision x
	JOIN setting s ON s.tenant_id = x.tenant_id
	JOIN link l ON l.tenant_id = x.tenant_id AND l.id = x.link_id
	LEFT JOIN event e ON e.id = x.event_id
	WHERE x.tenant_id = p_tenant AND x.document_id = p_document AND x.version = p_version
$$;
