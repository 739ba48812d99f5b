-- What portalctl verify asks. The hashes themselves it computes on its own.
SET search_path = portal;

-- Up to LIMIT documents after the id given: [{tenant_id, id}].
CREATE OR REPLACE FUNCTION verify_documents(p_tenant uuid, p_document uuid, p_after uuid, p_limit integer)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
		SELECT d.tenant_id, d.id FROM document d
		WHERE (p_tenant IS NULL OR d.tenant_id = p_tenant) AND (p_document IS NULL OR d.id = p_document)
			AND (p_after IS NULL OR d.id > p_after)
		ORDER BY d.id LIMIT p_limit) x
$$;

-- A document's chained events in the order of the chain, and the unchained ones after them.
CREATE OR REPLACE FUNCTION verify_events(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('seq', seq, 'id', id, 'type', type, 'at', rfc3339(at),
		'tenant_id', tenant_id, 'document_id', document_id, 'version', version, 'link_id', link_id,
		'contact_id', contact_id, 'line', line, 'hash', hash, 'salt', salt, 'personal', personal,
		'hours', floor(extract(epoch FROM portal_now() - at) / 3600))
		ORDER BY seq NULLS LAST, n), '[]')
	FROM event WHERE tenant_id = p_tenant AND document_id = p_document
$$;

-- The data of an event's line; NULL when the line is no JSON any more.
CREATE OR REPLACE FUNCTION line_data(line text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN line::jsonb -> 'data';
EXCEPTION WHEN others THEN
	RETURN NULL;
END $$;

-- The names of the members in which two objects differ.
CREATE OR REPLACE FUNCTION facts_differ(a jsonb, b jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(name, ', ' ORDER BY name)
	FROM (SELECT jsonb_object_keys(coalesce(a, '{}')) UNION SELECT jsonb_object_keys(coalesce(b, '{}'))) k (name)
	WHERE a -> name IS DISTINCT FROM b -> name
$$;

-- Where a document's rows disagree with what its history told of them: an array of sentences.
CREATE OR REPLACE FUNCTION verify_rows(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(finding), '[]') FROM (
		SELECT format('version %s: %s not what event %s says', v.version, facts_differ(version_facts(v), e.data), e.id) AS finding
		FROM version v LEFT JOIN LATERAL (
			SELECT id, line_data(line) AS data FROM event
			WHERE tenant_id = p_tenant AND document_id = p_document AND type = 'document.sent' AND version = v.version
			ORDER BY seq LIMIT 1) e ON true
		WHERE v.tenant_id = p_tenant AND v.document_id = p_document AND version_facts(v) IS DISTINCT FROM e.data
		UNION ALL
		SELECT format('version %s was sent but its row is gone', e.version)
		FROM event e
		WHERE e.tenant_id = p_tenant AND e.document_id = p_document AND e.type = 'document.sent'
			AND NOT EXISTS (SELECT FROM version v WHERE v.tenant_id = p_tenant
				AND v.document_id = p_document AND v.version = e.version)
		UNION ALL
		SELECT format('the decision of version %s is not what event %s says', x.version, x.event_id)
		FROM decision x LEFT JOIN event e ON e.id = x.event_id
		WHERE x.tenant_id = p_tenant AND x.document_id = p_document AND NOT coalesce(
			e.document_id = x.document_id AND e.type = 'document.' || x.type AND e.version = x.version
			AND e.link_id = x.link_id AND e.contact_id IS NOT DISTINCT FROM x.contact_id AND e.at = x.at
			AND jsonb_strip_nulls(line_data(e.line)) = jsonb_strip_nulls(decision_facts(x))
			AND (e.personal IS NULL
				OR e.personal::jsonb - 'ip' - 'user_agent' = decision_personal(x)), false)
		UNION ALL
		-- What was erased beside the chain must not live on where nothing vouches for it.
		SELECT format('the decision of version %s names a person, but event %s no longer does', x.version, e.id)
		FROM decision x JOIN event e ON e.id = x.event_id
		WHERE x.tenant_id = p_tenant AND x.document_id = p_document AND e.personal IS NULL
			AND num_nonnulls(x.name, x.email, x.reason, x.purchase_order, x.signature_image) > 0
		UNION ALL
		SELECT format('event %s tells of a decision whose row is gone', e.id)
		FROM event e
		WHERE e.tenant_id = p_tenant AND e.document_id = p_document
			AND e.type IN ('document.accepted', 'document.declined')
			AND NOT EXISTS (SELECT FROM decision x WHERE x.event_id = e.id)
		UNION ALL
		SELECT 'the document''s state is not what its decision says'
		FROM document d LEFT JOIN decision x ON x.tenant_id = d.tenant_id AND x.document_id = d.id AND x.version = d.version
		WHERE d.tenant_id = p_tenant AND d.id = p_document AND d.decided IS DISTINCT FROM x.type) f
$$;

-- All that verifying one document takes, in one statement and so of one moment, while others go on writing.
CREATE OR REPLACE FUNCTION verify_document(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('length', coalesce(max(c.length), 0), 'head', coalesce(max(c.head), repeat('0', 64)),
		'events', verify_events(p_tenant, p_document), 'findings', verify_rows(p_tenant, p_document),
		'signatures', signatures_json(p_tenant, p_document))
	FROM chain c WHERE c.tenant_id = p_tenant AND c.document_id = p_document
$$;

-- The document's files that the store must hold: [{name, sha256}].
CREATE OR REPLACE FUNCTION verify_files(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('name', f.name, 'sha256', encode(f.sha256, 'hex'))
		ORDER BY f.version, f.n), '[]')
	FROM (
		SELECT version, 0 AS n, sha256, format('version %s: its PDF', version) AS name
		FROM version WHERE tenant_id = p_tenant AND document_id = p_document
		UNION ALL
		SELECT version, n, sha256, format('version %s: its attachment %s', version, n)
		FROM attachment WHERE tenant_id = p_tenant AND document_id = p_document) f
	JOIN document d ON d.tenant_id = p_tenant AND d.id = p_document AND d.removed_at IS NULL
$$;

-- [id], of all tenants or of one.
CREATE OR REPLACE FUNCTION verify_tenants(p_tenant uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM tenant WHERE p_tenant IS NULL OR id = p_tenant
$$;

-- A tenant's statement after NUMBER, and as `rows` the signatures kept of what it lists; at the end, as far as
-- the daily signing remembers, the last one made: {last, last_sha256}.
CREATE OR REPLACE FUNCTION verify_statement(p_tenant uuid, p_number integer) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(
		(SELECT json_build_object('number', number, 'at', rfc3339(at), 'previous', previous, 'list', list,
				'rows', statement_list(p_tenant, number), 'key_id', key_id, 'statement', statement,
				'signature', base64(signature))
			FROM tenant_statement WHERE tenant_id = p_tenant AND number > p_number ORDER BY number LIMIT 1),
		(SELECT json_build_object('last', number, 'last_sha256', head) FROM sealing WHERE tenant_id = p_tenant),
		json_build_object('last', 0, 'last_sha256', repeat('0', 64)))
$$;
