-- What portalctl verify asks. The hashes themselves it computes on its own. What it compares of rows is in 70_verify_rows.sql.
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

-- Up to when a worker has been at work: what waits for it has waited until then, whatever the time is. After a restore that is
-- the time of the backup.
CREATE OR REPLACE FUNCTION verify_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
	SELECT least(portal_now(), at) FROM worker_beat
$$;

CREATE OR REPLACE FUNCTION seconds_between(p_from timestamptz, p_to timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT floor(extract(epoch FROM p_to - p_from))::bigint
$$;

-- A document's chained events in the order of the chain, and the unchained ones after them; `age`: for how many seconds a
-- worker could have signed it.
CREATE OR REPLACE FUNCTION verify_events(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT coalesce(json_agg(json_build_object('seq', seq, 'id', id, 'type', type, 'at', rfc3339(at),
			'tenant_id', tenant_id, 'document_id', document_id, 'version', version, 'link_id', link_id,
			'contact_id', contact_id, 'line', line, 'hash', hash, 'salt', salt, 'personal', personal,
			'age', seconds_between(at, clock.now)) ORDER BY seq NULLS LAST, n), '[]')
		FROM event, (SELECT verify_clock() AS now) clock
		WHERE tenant_id = p_tenant AND document_id = p_document);
END $$;

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
CREATE OR REPLACE FUNCTION verify_rows(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT coalesce(json_agg(finding), '[]') FROM (
			SELECT verify_versions(p_tenant, p_document) UNION ALL SELECT verify_decisions(p_tenant, p_document)
			UNION ALL SELECT verify_erasures(p_tenant, p_document) UNION ALL SELECT verify_messages(p_tenant, p_document)
			UNION ALL SELECT verify_state(p_tenant, p_document)) f (finding));
END $$;

-- All that verifying one document takes, in one statement and so of one moment, while others go on writing.
CREATE OR REPLACE FUNCTION verify_document(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT json_build_object('length', coalesce(max(c.length), 0), 'head', coalesce(max(c.head), repeat('0', 64)),
			'events', verify_events(p_tenant, p_document), 'findings', verify_rows(p_tenant, p_document),
			'signatures', signatures_json(p_tenant, p_document), 'receipts', verify_receipts(p_tenant, p_document),
			'without_receipt', verify_without_receipt(p_tenant, p_document),
			'idle', greatest(seconds_between(verify_clock(), portal_now()), 0))
		FROM chain c WHERE c.tenant_id = p_tenant AND c.document_id = p_document);
END $$;

-- What tells of documents that are gone, though documents stay, if removed, for good: [{subject, finding}]. Every table that
-- says something of a document, whatever constraints there are.
CREATE OR REPLACE FUNCTION verify_orphans(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_all jsonb := '[]';
	v_some jsonb;
	v_table text;
BEGIN
	FOREACH v_table IN ARRAY ARRAY['version', 'attachment', 'link', 'engagement', 'decision', 'message', 'chain', 'event',
		'head_signature', 'receipt', 'receipt_former', 'file_use', 'identity_challenge', 'job']
	LOOP
		EXECUTE format($f$
			SELECT jsonb_agg(jsonb_build_object('subject', 'document ' || document_id,
				'finding', format('it is gone, but %%s of its rows in %%s are there', rows, $3)))
			FROM (
				SELECT document_id, count(*) AS rows FROM %I x
				WHERE document_id IS NOT NULL AND ($1 IS NULL OR tenant_id = $1) AND ($2 IS NULL OR document_id = $2)
					AND NOT EXISTS (SELECT FROM document d WHERE d.tenant_id = x.tenant_id AND d.id = x.document_id)
				GROUP BY tenant_id, document_id) o $f$, v_table)
		INTO v_some USING p_tenant, p_document, v_table;
		v_all := v_all || coalesce(v_some, '[]');
	END LOOP;
	RETURN v_all;
END $$;

-- The document's files that the store must hold: [{name, sha256}].
CREATE OR REPLACE FUNCTION verify_files(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('name', f.name, 'sha256', encode(f.sha256, 'hex'))
		ORDER BY f.version, f.n), '[]')
	FROM (
		SELECT version, 0 AS n, sha256, format('version %s: its PDF', version) AS name
		FROM version WHERE tenant_id = p_tenant AND document_id = p_document
		UNION ALL
		SELECT version, n, sha256, format('version %s: its attachment %s', version, n)
		FROM attachment WHERE tenant_id = p_tenant AND document_id = p_document
		UNION ALL
		SELECT version, 2147483647, sha256, format('version %s: its receipt', version)
		FROM receipt WHERE tenant_id = p_tenant AND document_id = p_document) f
	JOIN document d ON d.tenant_id = p_tenant AND d.id = p_document AND d.removed_at IS NULL
$$;

-- [{id, gone}], of all tenants or of one; gone: other rows tell of it, its own is not there, though no tenant is ever removed.
CREATE OR REPLACE FUNCTION verify_tenants(p_tenant uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		WITH told AS (
			SELECT id FROM tenant UNION SELECT tenant_id FROM tenant_statement UNION SELECT tenant_id FROM sealing
			UNION SELECT tenant_id FROM setting UNION SELECT tenant_id FROM customer UNION SELECT tenant_id FROM contact
			UNION SELECT tenant_id FROM document UNION SELECT tenant_id FROM chain UNION SELECT tenant_id FROM head_signature
			UNION SELECT tenant_id FROM decision UNION SELECT tenant_id FROM file UNION SELECT tenant_id FROM retention_mark)
		SELECT coalesce(json_agg(json_build_object('id', t.id, 'gone', NOT EXISTS (SELECT FROM tenant o WHERE o.id = t.id)) ORDER BY t.id), '[]')
		FROM told t WHERE p_tenant IS NULL OR t.id = p_tenant);
END $$;

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
