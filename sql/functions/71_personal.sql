-- Personal data: what is held about a person, and erasing it. For portalctl alone.
SET search_path = portal;

-- One row for each tenant that holds anything: of a contact, or of everybody with this address. TENANT NULL: all.
CREATE OR REPLACE FUNCTION person_find(p_tenant uuid, p_contact uuid, p_email text) RETURNS SETOF person
LANGUAGE plpgsql STABLE AS $$
DECLARE
	p person;
BEGIN
	FOR p.tenant_id IN SELECT id FROM tenant WHERE p_tenant IS NULL OR id = p_tenant ORDER BY id LOOP
		p.contacts := ARRAY(SELECT id FROM contact WHERE tenant_id = p.tenant_id
			AND CASE WHEN p_contact IS NULL THEN lower(email) = lower(p_email) ELSE id = p_contact END ORDER BY id);
		-- An address that several contacts share says nothing of one of them.
		p.addresses := CASE WHEN p_contact IS NULL THEN ARRAY[lower(p_email)] ELSE ARRAY(
			SELECT lower(c.email) FROM contact c
			WHERE c.tenant_id = p.tenant_id AND c.id = p_contact AND c.erased_at IS NULL AND NOT EXISTS (
				SELECT FROM contact o WHERE o.tenant_id = c.tenant_id AND o.id <> c.id AND lower(o.email) = lower(c.email))) END;
		p.links := ARRAY(SELECT id FROM link WHERE tenant_id = p.tenant_id
			AND (contact_id = ANY (p.contacts) OR kind = 'shared' AND lower(email) = ANY (p.addresses)) ORDER BY id);
		p.shares := ARRAY(SELECT s.id FROM link s JOIN link l ON l.tenant_id = s.tenant_id AND l.document_id = s.document_id
				AND l.id = s.shared_by
			WHERE l.tenant_id = p.tenant_id AND l.id = ANY (p.links) AND s.id <> ALL (p.links) ORDER BY s.id);
		p.documents := ARRAY(
			SELECT document_id FROM link WHERE tenant_id = p.tenant_id AND id = ANY (p.links)
			UNION SELECT document_id FROM decision WHERE tenant_id = p.tenant_id AND lower(email) = ANY (p.addresses)
			UNION SELECT document_id FROM identity_challenge WHERE tenant_id = p.tenant_id AND lower(email) = ANY (p.addresses)
			ORDER BY 1);
		p.words := p.addresses || person_names(p);
		IF cardinality(p.contacts) + cardinality(p.documents) > 0 THEN
			RETURN NEXT p;
		END IF;
	END LOOP;
END $$;

-- What the person is called, where it is no word of two letters that would be found everywhere.
CREATE OR REPLACE FUNCTION person_names(p person) RETURNS text[] LANGUAGE sql STABLE AS $$
	SELECT ARRAY(
		SELECT name FROM (
			SELECT name FROM contact WHERE tenant_id = p.tenant_id AND id = ANY (p.contacts) AND erased_at IS NULL
			UNION SELECT name FROM link WHERE tenant_id = p.tenant_id AND id = ANY (p.links)
			UNION SELECT name FROM decision WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents)
				AND decided_by(decision, p)) x
		WHERE length(name) > 2)
$$;

CREATE OR REPLACE FUNCTION decided_by(x decision, p person) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(x.contact_id = ANY (p.contacts) OR x.link_id = ANY (p.links || p.shares) OR lower(x.email) = ANY (p.addresses), false)
$$;

-- TEXT with every one of WORDS, as a word of its own and in any case of letters, replaced.
CREATE OR REPLACE FUNCTION words_redacted(p_text text, p_words text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	v_word text;
BEGIN
	FOREACH v_word IN ARRAY p_words LOOP
		p_text := regexp_replace(p_text, '(?<!\w)' || regexp_replace(v_word, '([^[:alnum:][:space:]])', '\\\1', 'g') || '(?!\w)',
			'[slettet]', 'gi');
	END LOOP;
	RETURN p_text;
END $$;

-- Until when the person's data belong to the books, and by which quote: accepted quotes are kept for `retention.accepted_years`
-- (five where it is not set) with the contacts who had them. NULL: by none.
CREATE OR REPLACE FUNCTION person_kept(p person, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('external_id', external_id, 'until', rfc3339(until)) FROM (
		SELECT d.external_id, x.at + make_interval(years => coalesce((s.retention ->> 'accepted_years')::integer, 5)) AS until
		FROM decision x
		JOIN document d ON d.tenant_id = x.tenant_id AND d.id = x.document_id
		JOIN setting s ON s.tenant_id = x.tenant_id
		WHERE x.tenant_id = p.tenant_id AND x.document_id = ANY (p.documents) AND x.type = 'accepted' AND x.erased_at IS NULL
			AND (decided_by(x, p) OR EXISTS (SELECT FROM link l WHERE l.tenant_id = x.tenant_id AND l.document_id = x.document_id
				AND l.contact_id = ANY (p.contacts) AND l.revoked_at IS NULL))) k
	WHERE until > p_at ORDER BY until DESC LIMIT 1
$$;

-- portalctl contact find: [{tenant_id, contacts [{id, name, customer}], documents, kept}].
CREATE OR REPLACE FUNCTION person_summary(p_tenant uuid, p_email text) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_agg(json_build_object('tenant_id', p.tenant_id, 'tenant', (SELECT name FROM tenant WHERE id = p.tenant_id),
		'contacts', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'external_id', c.external_id, 'name', c.name,
				'email', c.email, 'customer', k.name) ORDER BY c.id), '[]')
			FROM contact c JOIN customer k ON k.tenant_id = c.tenant_id AND k.id = c.customer_id
			WHERE c.tenant_id = p.tenant_id AND c.id = ANY (p.contacts)),
		'documents', cardinality(p.documents), 'kept', person_kept(p, portal_now())))
	FROM person_find(p_tenant, NULL, p_email) p
$$;
