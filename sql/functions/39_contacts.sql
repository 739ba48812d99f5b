-- Customers, their contacts, and the links that let them in.
SET search_path = portal;

-- A customer known by its exact name alone, who now has an external id: it stays the same one. Gives false where
-- there is none, or somebody else took the external id this moment.
CREATE OR REPLACE FUNCTION adopt_customer(p_tenant uuid, p_external text, p_name text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM customer WHERE tenant_id = p_tenant AND external_id = p_external) THEN
		RETURN false;
	END IF;
	UPDATE customer SET external_id = p_external
	WHERE tenant_id = p_tenant AND name = p_name AND external_id IS NULL;
	RETURN FOUND;
EXCEPTION WHEN unique_violation THEN
	RETURN false;
END $$;

-- The customer of this exact name: one without external id, else the only one with it. NULL where there is none, or
-- where several share the name, since nobody can say then who is meant.
CREATE OR REPLACE FUNCTION customer_named(p_tenant uuid, p_name text) RETURNS uuid LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN bool_or(external_id IS NULL) THEN min(id::text) FILTER (WHERE external_id IS NULL)
		WHEN count(*) = 1 THEN min(id::text) END::uuid
	FROM customer WHERE tenant_id = p_tenant AND name = p_name
$$;

-- Finds or makes the customer that a document is for.
CREATE OR REPLACE FUNCTION upsert_customer(p_tenant uuid, p_given jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	v_id uuid;
	v_external text := p_given ->> 'external_id';
	v_name text := p_given ->> 'name';
BEGIN
	IF v_name IS NULL THEN
		SELECT id INTO v_id FROM customer WHERE tenant_id = p_tenant AND external_id = v_external;
	ELSIF v_external IS NOT NULL THEN
		IF NOT adopt_customer(p_tenant, v_external, v_name) THEN
			INSERT INTO customer (tenant_id, external_id, name) VALUES (p_tenant, v_external, v_name)
			ON CONFLICT (tenant_id, external_id) DO UPDATE SET name = EXCLUDED.name
			WHERE customer.name <> EXCLUDED.name;
		END IF;
		SELECT id INTO v_id FROM customer WHERE tenant_id = p_tenant AND external_id = v_external;
	ELSE
		v_id := customer_named(p_tenant, v_name);
		IF v_id IS NULL THEN
			INSERT INTO customer (tenant_id, name) VALUES (p_tenant, v_name)
			ON CONFLICT (tenant_id, name) WHERE external_id IS NULL DO NOTHING;
			v_id := customer_named(p_tenant, v_name);
		END IF;
	END IF;
	RETURN v_id;
END $$;

-- A document stays with its customer, who may be renamed.
CREATE OR REPLACE FUNCTION customer_keep(d document, p_given jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF jsonb_typeof(p_given) = 'object' AND coalesce(p_given ->> 'external_id', p_given ->> 'name') IS NULL THEN
		PERFORM problem('invalid', 'needs external_id or name', '/customer');
	END IF;
	-- Where several share the name, the document's own is meant.
	IF p_given ->> 'external_id' IS NULL AND EXISTS (SELECT FROM customer
		WHERE tenant_id = d.tenant_id AND id = d.customer_id AND name = p_given ->> 'name')
	THEN
		RETURN;
	END IF;
	IF jsonb_typeof(p_given) = 'object' AND upsert_customer(d.tenant_id, p_given) IS DISTINCT FROM d.customer_id THEN
		PERFORM problem('conflict', 'a document cannot move to another customer', '/customer');
	END IF;
END $$;

-- Finds or makes one contact, and gives the row as it was before (id NULL when new).
CREATE OR REPLACE FUNCTION find_contact(p_tenant uuid, p_customer uuid, p_given jsonb) RETURNS contact
LANGUAGE sql STABLE AS $$
	SELECT c FROM contact c
	WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer AND c.erased_at IS NULL AND CASE
		WHEN p_given ->> 'external_id' IS NOT NULL THEN c.external_id = p_given ->> 'external_id'
			OR c.external_id IS NULL AND lower(c.email) = lower(p_given ->> 'email')
		ELSE lower(c.email) = lower(p_given ->> 'email') END
	ORDER BY c.external_id = p_given ->> 'external_id' DESC NULLS LAST, c.created_at
	LIMIT 1
$$;

-- P_BUT is the document whose change this is: it tells its contacts itself.
CREATE OR REPLACE FUNCTION upsert_contact(p_tenant uuid, p_customer uuid, p_given jsonb, p_but uuid, p_request text)
RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
	v_old contact := find_contact(p_tenant, p_customer, p_given);
	v_id uuid := v_old.id;
BEGIN
	IF v_id IS NULL THEN
		INSERT INTO contact (tenant_id, customer_id, external_id, name, email, language)
		VALUES (p_tenant, p_customer, p_given ->> 'external_id', p_given ->> 'name', p_given ->> 'email',
			p_given ->> 'language')
		ON CONFLICT DO NOTHING RETURNING id INTO v_id;
		IF v_id IS NULL THEN -- somebody made it this moment
			v_old := find_contact(p_tenant, p_customer, p_given);
			v_id := v_old.id;
		END IF;
		PERFORM links_of_new_contact(p_tenant, p_customer, v_id);
		RETURN v_id;
	END IF;
	UPDATE contact SET
		external_id = coalesce(p_given ->> 'external_id', external_id),
		name = p_given ->> 'name', email = p_given ->> 'email',
		language = CASE WHEN p_given ? 'language' THEN p_given ->> 'language' ELSE language END
	WHERE tenant_id = p_tenant AND id = v_id AND erased_at IS NULL;
	IF NOT FOUND THEN -- erased this moment: what is written now is somebody new
		RETURN upsert_contact(p_tenant, p_customer, p_given, p_but, p_request);
	END IF;
	IF lower(v_old.email) <> lower(p_given ->> 'email') THEN
		-- What went to the old address must not open anything any more; what is open goes to the new one.
		UPDATE link SET token_id = gen_random_uuid(), disclosed_at = NULL, delivery = 'none', delivered_at = NULL,
			delivery_answer = NULL
		WHERE tenant_id = p_tenant AND contact_id = v_id AND revoked_at IS NULL;
		PERFORM mails_enqueue(d, 'upload', true, p_request)
		FROM document d
		WHERE d.tenant_id = p_tenant AND d.id <> p_but AND d.removed_at IS NULL AND d.archived_at IS NULL
			AND document_state(d, portal_now()) IN ('sent', 'opened')
			AND (d.settings -> 'notify' ->> 'on_upload')::boolean AND EXISTS (
				SELECT FROM link l WHERE l.tenant_id = p_tenant AND l.document_id = d.id
					AND l.contact_id = v_id AND l.named AND l.revoked_at IS NULL);
	END IF;
	RETURN v_id;
END $$;

-- A contact made later gets into what is open to all contacts of the customer.
CREATE OR REPLACE FUNCTION links_of_new_contact(p_tenant uuid, p_customer uuid, p_contact uuid) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO link (tenant_id, document_id, kind, contact_id, rights, named)
	SELECT p_tenant, d.id, 'personal', p_contact, '{view,ask}', false
	FROM document d
	WHERE d.tenant_id = p_tenant AND d.customer_id = p_customer AND d.removed_at IS NULL
		AND d.version > 0 AND d.settings ->> 'visibility' = 'customer'
	ON CONFLICT DO NOTHING
$$;

-- One contact's own link. Who was dropped and comes back gets a new one: the old one stays dead. Who was
-- revoked by hand does not come back this way.
CREATE OR REPLACE FUNCTION link_set(d document, p_contact uuid, p_rights text[], p_named boolean) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO link (tenant_id, document_id, kind, contact_id, rights, named)
	VALUES (d.tenant_id, d.id, 'personal', p_contact, p_rights, p_named)
	ON CONFLICT (tenant_id, document_id, contact_id) WHERE kind = 'personal' DO UPDATE SET
		rights = EXCLUDED.rights, named = EXCLUDED.named,
		token_id = CASE WHEN link.revoked_at IS NULL OR link.revoked_by_hand
			THEN link.token_id ELSE gen_random_uuid() END,
		disclosed_at = CASE WHEN link.revoked_at IS NULL OR link.revoked_by_hand THEN link.disclosed_at END,
		delivery = CASE WHEN link.revoked_at IS NULL OR link.revoked_by_hand THEN link.delivery ELSE 'none' END,
		revoked_at = CASE WHEN link.revoked_by_hand THEN link.revoked_at END
$$;

-- Brings a document's personal links in line with the contacts named.
CREATE OR REPLACE FUNCTION links_name(d document, p_contacts jsonb, p_request text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_given jsonb;
	v_contact uuid;
	v_named uuid[] := '{}';
BEGIN
	FOR v_given IN SELECT * FROM jsonb_array_elements(p_contacts) LOOP
		v_contact := upsert_contact(d.tenant_id, d.customer_id, v_given, d.id, p_request);
		IF v_contact = ANY (v_named) THEN
			-- By the address that one item names and by the external id of another.
			PERFORM problem('invalid', format('is the same contact as /contacts/%s', array_position(v_named, v_contact) - 1),
				'/contacts/' || cardinality(v_named));
		END IF;
		v_named := v_named || v_contact;
		PERFORM link_set(d, v_contact, ARRAY(SELECT jsonb_array_elements_text(
			coalesce(nullif(v_given -> 'rights', 'null'), '["view", "ask", "accept"]'))), true);
	END LOOP;
	UPDATE link SET named = false
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind = 'personal' AND contact_id <> ALL (v_named);
END $$;

-- What the public link carries: who comes by it can accept only where a code to their address proves who they are.
CREATE OR REPLACE FUNCTION public_rights(p_settings jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN (p_settings -> 'accept' ->> 'enabled')::boolean AND p_settings -> 'accept' ->> 'identity' = 'email_code'
		THEN '{view,ask,accept}'::text[] ELSE '{view,ask}'::text[] END
$$;

-- Brings the other links in line with the visibility: all contacts of the customer, or the public link.
CREATE OR REPLACE FUNCTION links_spread(d document, p_settings jsonb, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_visibility text := p_settings ->> 'visibility';
BEGIN
	IF v_visibility = 'customer' THEN
		PERFORM link_set(d, c.id, '{view,ask}', false)
		FROM contact c
		WHERE c.tenant_id = d.tenant_id AND c.customer_id = d.customer_id AND c.erased_at IS NULL AND NOT EXISTS (
			SELECT FROM link l WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id
				AND l.contact_id = c.id AND l.named);
	ELSE
		UPDATE link SET revoked_at = p_at
		WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind = 'personal' AND NOT named
			AND revoked_at IS NULL;
	END IF;
	IF v_visibility = 'link' THEN
		INSERT INTO link AS l (tenant_id, document_id, kind, rights)
		VALUES (d.tenant_id, d.id, 'public', public_rights(p_settings))
		ON CONFLICT (tenant_id, document_id, kind) WHERE kind IN ('public', 'preview') DO UPDATE SET
			token_id = CASE WHEN l.revoked_at IS NULL THEN l.token_id ELSE gen_random_uuid() END,
			rights = EXCLUDED.rights, revoked_at = NULL
		WHERE l.revoked_at IS NOT NULL OR l.rights <> EXCLUDED.rights;
	ELSE
		UPDATE link SET revoked_at = p_at
		WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind = 'public' AND revoked_at IS NULL;
	END IF;
END $$;

DROP FUNCTION IF EXISTS links_spread(document, text, timestamptz);

-- Everything about a document's customer, contacts and links that counts as a change: also of links that were
-- revoked by hand, since what is written of those contacts is kept for when they are rotated.
CREATE OR REPLACE FUNCTION links_fingerprint(d document) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT (SELECT name FROM customer k WHERE k.tenant_id = d.tenant_id AND k.id = d.customer_id)
		|| E'\x1d' || coalesce(string_agg(concat_ws(E'\x1f', l.token_id, l.rights, l.named, l.revoked_at IS NULL, c.external_id, c.name, c.email, c.language),
		E'\x1e' ORDER BY l.id), '')
	FROM link l LEFT JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
	WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id
		AND (l.revoked_at IS NULL OR l.revoked_by_hand AND l.named)
$$;

