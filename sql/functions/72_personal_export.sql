-- What is held about a person, as the person may ask for it.
SET search_path = portal;

CREATE OR REPLACE FUNCTION person_contacts(p person) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', c.id, 'external_id', c.external_id, 'name', c.name, 'email', c.email,
		'language', c.language, 'created_at', rfc3339(c.created_at),
		'customer', json_build_object('id', k.id, 'external_id', k.external_id, 'name', k.name)) ORDER BY c.id), '[]')
	FROM contact c JOIN customer k ON k.tenant_id = c.tenant_id AND k.id = c.customer_id
	WHERE c.tenant_id = p.tenant_id AND c.id = ANY (p.contacts)
$$;

-- Ways in, and what came of each: to the person's own documents (LINKS), or to those whom the person passed them on to.
CREATE OR REPLACE FUNCTION person_links(p person, p_links uuid[]) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', l.id, 'kind', l.kind, 'document_id', l.document_id,
		'external_id', d.external_id, 'title', v.title, 'rights', l.rights, 'name', l.name, 'email', l.email, 'note', l.note,
		'delivery', l.delivery, 'delivered_at', rfc3339(l.delivered_at), 'delivery_answer', l.delivery_answer,
		'reminders_sent', l.reminders_sent, 'created_at', rfc3339(l.created_at), 'revoked_at', rfc3339(l.revoked_at),
		'read', (SELECT coalesce(json_agg(json_build_object('version', e.version, 'fetched_at', rfc3339(e.fetched_at),
				'opened_at', rfc3339(e.opened_at), 'downloaded_at', rfc3339(e.downloaded_at), 'attachments', e.attachments)
				ORDER BY e.version), '[]')
			FROM engagement e WHERE e.tenant_id = l.tenant_id AND e.link_id = l.id)) ORDER BY l.id), '[]')
	FROM link l
	JOIN document d ON d.tenant_id = l.tenant_id AND d.id = l.document_id
	JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version
	WHERE l.tenant_id = p.tenant_id AND l.id = ANY (p_links)
$$;

CREATE OR REPLACE FUNCTION person_events(p person) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', id, 'type', type, 'timestamp', rfc3339(at), 'document_id', document_id,
		'version', version, 'data', line_data(line), 'personal', personal::jsonb) ORDER BY at, n), '[]')
	FROM event
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents)
		AND (link_id = ANY (p.links) OR contact_id = ANY (p.contacts)
			OR id IN (SELECT event_id FROM decision x WHERE x.tenant_id = p.tenant_id AND x.document_id = ANY (p.documents)
				AND decided_by(x, p)))
$$;

CREATE OR REPLACE FUNCTION person_decisions(p person) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(decision_evidence(tenant_id, document_id, version) - 'chain'
		|| jsonb_build_object('document_id', document_id) ORDER BY at), '[]')
	FROM decision x WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND decided_by(x, p)
$$;

CREATE OR REPLACE FUNCTION person_messages(p person) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(message_json(m) || jsonb_build_object('document_id', document_id) ORDER BY at, n), '[]')
	FROM message m WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND link_id = ANY (p.links)
$$;

CREATE OR REPLACE FUNCTION person_mails(p person) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', id, 'document_id', document_id, 'cause', split_part(cause, ':', 1),
		'version', version, 'state', state, 'created_at', rfc3339(created_at), 'finished_at', rfc3339(finished_at),
		'answer', answer) ORDER BY n), '[]')
	FROM job WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND kind = 'mail' AND link_id = ANY (p.links)
$$;

-- Codes asked for and browsers signed in.
CREATE OR REPLACE FUNCTION person_sessions(p person) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'identity_codes', (SELECT coalesce(json_agg(json_build_object('document_id', document_id, 'version', version,
				'email', email, 'created_at', rfc3339(created_at), 'mailed_at', rfc3339(mailed_at), 'used_at', rfc3339(used_at))
				ORDER BY created_at), '[]')
			FROM identity_challenge WHERE tenant_id = p.tenant_id
				AND (link_id = ANY (p.links) OR lower(email) = ANY (p.addresses))),
		'login_codes', (SELECT coalesce(json_agg(json_build_object('address', address, 'language', language,
				'expires_at', rfc3339(expires_at))), '[]')
			FROM login_challenge WHERE address_hash IN (SELECT address_hash(a) FROM unnest(p.addresses) a)),
		'sessions', (SELECT coalesce(json_agg(json_build_object('address', address, 'language', language, 'browser', browser,
				'system', system, 'created_at', rfc3339(created_at), 'seen_at', rfc3339(seen_at)) ORDER BY created_at), '[]')
			FROM login_session WHERE address = ANY (p.addresses)))
$$;

-- portalctl contact export: an array with one object a tenant; NULL: nothing is held.
CREATE OR REPLACE FUNCTION person_export(p_tenant uuid, p_contact uuid, p_email text) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_agg(jsonb_build_object('tenant', jsonb_build_object('id', p.tenant_id,
			'name', (SELECT name FROM tenant WHERE id = p.tenant_id)),
		'contacts', person_contacts(p), 'links', person_links(p, p.links), 'passed_on', person_links(p, p.shares),
		'events', person_events(p), 'decisions', person_decisions(p), 'messages', person_messages(p), 'mails', person_mails(p))
		|| person_sessions(p))
	FROM person_find(p_tenant, p_contact, p_email) p
	WHERE cardinality(p.words) > 0
$$;
