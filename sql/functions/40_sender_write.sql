-- The sender's writes: documents with their customers, contacts, versions and links.
SET search_path = portal;

-- The portal's own defaults for a document's settings; a tenant's `defaults` stand above them.
CREATE OR REPLACE FUNCTION default_settings(s setting) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT settings_merge('{}', jsonb_build_object(
		'visibility', 'contact',
		'accept', jsonb_build_object('enabled', true, 'identity', 'link', 'signature', 'typed'),
		'message', NULL,
		'language', s.language,
		'notify', jsonb_build_object('on_upload', true, 'on_change', true,
			'reminder_days', jsonb_build_array(), 'remind_if', 'not_decided'),
		'expires_at', NULL, 'remove_at', NULL, 'archive_after_days', NULL), s.defaults)
$$;

-- EXISTING with the members of GIVEN set, member by member also inside objects; null goes back to
-- the default. Members that DEFAULTS does not know are left aside.
CREATE OR REPLACE FUNCTION settings_merge(existing jsonb, defaults jsonb, given jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_object_agg(key, CASE
		WHEN jsonb_typeof(value) = 'object' THEN settings_merge(
			CASE WHEN given -> key = 'null' THEN '{}' ELSE coalesce(existing -> key, '{}') END, value,
			CASE WHEN jsonb_typeof(given -> key) = 'object' THEN given -> key ELSE '{}' END)
		WHEN given ? key AND given -> key <> 'null' THEN given -> key
		WHEN given ? key OR NOT existing ? key THEN value
		ELSE existing -> key END)
	FROM jsonb_each(defaults)
$$;

-- Finds or makes the customer that a document is for.
CREATE OR REPLACE FUNCTION upsert_customer(p_tenant uuid, p_given jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	v_id uuid;
	v_external text := p_given ->> 'external_id';
	v_name text := p_given ->> 'name';
BEGIN
	IF v_external IS NOT NULL THEN
		INSERT INTO customer (tenant_id, external_id, name) VALUES (p_tenant, v_external, v_name)
		ON CONFLICT (tenant_id, external_id) DO UPDATE SET name = EXCLUDED.name
		WHERE customer.name <> EXCLUDED.name;
		SELECT id INTO v_id FROM customer WHERE tenant_id = p_tenant AND external_id = v_external;
	ELSE
		INSERT INTO customer (tenant_id, name) VALUES (p_tenant, v_name)
		ON CONFLICT (tenant_id, name) WHERE external_id IS NULL DO NOTHING;
		SELECT id INTO v_id FROM customer
		WHERE tenant_id = p_tenant AND name = v_name AND external_id IS NULL;
	END IF;
	RETURN v_id;
END $$;

-- Finds or makes one contact, and gives the row as it was before (id NULL when new).
CREATE OR REPLACE FUNCTION find_contact(p_tenant uuid, p_customer uuid, p_given jsonb) RETURNS contact
LANGUAGE sql STABLE AS $$
	SELECT c FROM contact c
	WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer AND CASE
		WHEN p_given ->> 'external_id' IS NOT NULL THEN c.external_id = p_given ->> 'external_id'
			OR c.external_id IS NULL AND lower(c.email) = lower(p_given ->> 'email')
		ELSE lower(c.email) = lower(p_given ->> 'email') END
	ORDER BY c.external_id = p_given ->> 'external_id' DESC NULLS LAST, c.created_at
	LIMIT 1
$$;

CREATE OR REPLACE FUNCTION upsert_contact(p_tenant uuid, p_customer uuid, p_given jsonb) RETURNS uuid
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
		RETURN v_id;
	END IF;
	UPDATE contact SET
		external_id = coalesce(p_given ->> 'external_id', external_id),
		name = p_given ->> 'name', email = p_given ->> 'email',
		language = CASE WHEN p_given ? 'language' THEN p_given ->> 'language' ELSE language END
	WHERE tenant_id = p_tenant AND id = v_id;
	IF lower(v_old.email) <> lower(p_given ->> 'email') THEN
		-- What went to the old address must not open anything any more.
		UPDATE link SET token_id = gen_random_uuid(), delivery = 'none', delivered_at = NULL,
			delivery_answer = NULL
		WHERE tenant_id = p_tenant AND contact_id = v_id AND revoked_at IS NULL;
	END IF;
	RETURN v_id;
END $$;

-- Brings a document's personal links in line with the contacts named; gives whether anything changed.
CREATE OR REPLACE FUNCTION links_set(d document, p_contacts jsonb, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	v_given jsonb;
	v_contact uuid;
	v_named uuid[] := '{}';
	v_rights text[];
	v_before text := links_fingerprint(d);
BEGIN
	FOR v_given IN SELECT * FROM jsonb_array_elements(p_contacts) LOOP
		v_contact := upsert_contact(d.tenant_id, d.customer_id, v_given);
		v_named := v_named || v_contact;
		v_rights := ARRAY(SELECT jsonb_array_elements_text(
			coalesce(nullif(v_given -> 'rights', 'null'), '["view", "ask", "accept"]')));
		INSERT INTO link (tenant_id, document_id, kind, contact_id, rights)
		VALUES (d.tenant_id, d.id, 'personal', v_contact, v_rights)
		ON CONFLICT (tenant_id, document_id, contact_id) WHERE kind = 'personal' DO UPDATE SET
			rights = EXCLUDED.rights,
			-- A contact who comes back gets a new link: the old one stays dead.
			token_id = CASE WHEN link.revoked_at IS NULL THEN link.token_id ELSE gen_random_uuid() END,
			delivery = CASE WHEN link.revoked_at IS NULL THEN link.delivery ELSE 'none' END,
			revoked_at = NULL;
	END LOOP;
	UPDATE link SET revoked_at = p_at
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND kind = 'personal' AND revoked_at IS NULL
		AND contact_id <> ALL (v_named);
	RETURN v_before IS DISTINCT FROM links_fingerprint(d);
END $$;

-- Everything about the living links of a document that counts as a change.
CREATE OR REPLACE FUNCTION links_fingerprint(d document) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(concat_ws(E'\x1f', l.token_id, l.rights, c.external_id, c.name, c.email, c.language),
		E'\x1e' ORDER BY l.id)
	FROM link l JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
	WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.revoked_at IS NULL
$$;

-- The files of one version as events and comparisons name them.
CREATE OR REPLACE FUNCTION files_json(p_tenant uuid, p_document uuid, p_version integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('n', n, 'name', name, 'type', type, 'size', size,
		'sha256', encode(sha256, 'hex')) ORDER BY n), '[]')
	FROM attachment WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version
$$;

-- Everything a version consists of, in one form for the chain and for telling whether anything changed.
CREATE OR REPLACE FUNCTION version_facts(v version) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('kind', v.kind, 'title', v.title, 'number', v.number,
		'amount', v.amount::text, 'currency', v.currency,
		'sha256', encode(v.sha256, 'hex'), 'size', v.size,
		'attachments', files_json(v.tenant_id, v.document_id, v.version))
$$;

-- The facts that an upload describes: members left out keep what the version OLD says.
CREATE OR REPLACE FUNCTION uploaded_facts(old version, p_given jsonb, p_file jsonb, p_attachments jsonb)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'kind', coalesce(p_given ->> 'kind', CASE WHEN p_given ? 'kind' THEN NULL ELSE old.kind END, 'quote'),
		'title', coalesce(p_given ->> 'title', old.title),
		'number', CASE WHEN p_given ? 'number' THEN p_given ->> 'number' ELSE old.number END,
		'amount', (CASE WHEN p_given ? 'amount' THEN (p_given -> 'amount' ->> 'value')::numeric(14, 2)
			ELSE old.amount END)::text,
		'currency', CASE WHEN p_given ? 'amount' THEN p_given -> 'amount' ->> 'currency' ELSE old.currency END,
		'sha256', p_file ->> 'sha256', 'size', (p_file ->> 'size')::bigint,
		'attachments', p_attachments)
$$;

-- Makes the files' rows, whose bytes the caller has put into the store under their locks.
CREATE OR REPLACE FUNCTION files_use(p_tenant uuid, p_document uuid, p_files jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO file (tenant_id, sha256, size, pages)
	SELECT DISTINCT ON (f ->> 'sha256') p_tenant, decode(f ->> 'sha256', 'hex'), (f ->> 'size')::bigint,
		(f ->> 'pages')::integer
	FROM jsonb_array_elements(p_files) f ORDER BY f ->> 'sha256', f ->> 'pages' NULLS LAST
	ON CONFLICT (tenant_id, sha256) DO UPDATE SET pages = EXCLUDED.pages
	WHERE file.pages IS NULL AND EXCLUDED.pages IS NOT NULL;
	INSERT INTO file_use (tenant_id, sha256, document_id)
	SELECT DISTINCT p_tenant, decode(f ->> 'sha256', 'hex'), p_document FROM jsonb_array_elements(p_files) f
	ON CONFLICT DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION version_add(d document, p_facts jsonb, p_file jsonb, p_at timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_version integer := d.version + 1;
BEGIN
	PERFORM files_use(d.tenant_id, d.id, p_facts -> 'attachments'
		|| jsonb_build_object('sha256', p_facts -> 'sha256', 'size', p_facts -> 'size', 'pages', p_file -> 'pages'));
	INSERT INTO version (tenant_id, document_id, version, kind, title, number, amount, currency, file_name,
		sha256, size, pages, created_at)
	VALUES (d.tenant_id, d.id, v_version, p_facts ->> 'kind', p_facts ->> 'title', p_facts ->> 'number',
		(p_facts ->> 'amount')::numeric, p_facts ->> 'currency', p_file ->> 'name',
		decode(p_facts ->> 'sha256', 'hex'), (p_facts ->> 'size')::bigint,
		(p_file ->> 'pages')::integer, p_at);
	INSERT INTO attachment (tenant_id, document_id, version, n, name, type, size, sha256)
	SELECT d.tenant_id, d.id, v_version, (a ->> 'n')::integer, a ->> 'name', a ->> 'type',
		(a ->> 'size')::bigint, decode(a ->> 'sha256', 'hex')
	FROM jsonb_array_elements(p_facts -> 'attachments') a;
	UPDATE document SET version = v_version, decided = NULL, opened_at = NULL, downloaded_at = NULL,
		expiry_told_at = NULL, archived_at = NULL
	WHERE tenant_id = d.tenant_id AND id = d.id;
	RETURN v_version;
END $$;

-- One mail per living personal link; CAUSE makes it distinct, ONLY_NEW leaves out who has one already.
CREATE OR REPLACE FUNCTION mails_enqueue(d document, p_cause text, p_only_undelivered boolean, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	WITH told AS (
		INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
		SELECT d.tenant_id, 'mail', d.id, p_cause || ':' || d.version || ':' || left(l.token_id::text, 8), l.id,
			d.version, p_request
		FROM link l
		WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal'
			AND l.revoked_at IS NULL AND (NOT p_only_undelivered OR l.delivery = 'none')
		ON CONFLICT DO NOTHING RETURNING link_id)
	UPDATE link SET delivery = 'queued', delivered_at = NULL, delivery_answer = NULL
	FROM told WHERE link.tenant_id = d.tenant_id AND link.id = told.link_id;
	NOTIFY portal_jobs;
END $$;

-- Checks what only the database knows about an upload's metadata.
CREATE OR REPLACE FUNCTION upload_check(d document, s setting, p_given jsonb, p_settings jsonb, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_member text;
BEGIN
	FOREACH v_member IN ARRAY ARRAY['expires_at', 'remove_at'] LOOP
		IF p_given ->> v_member IS NOT NULL
			AND p_settings ->> v_member IS DISTINCT FROM d.settings ->> v_member
			AND moment(p_settings ->> v_member, s.time_zone) <= p_at
		THEN
			PERFORM problem('invalid', 'must lie in the future', '/' || v_member);
		END IF;
	END LOOP;
	IF NOT p_given ? 'contacts' AND d.version = 0 THEN
		PERFORM problem('invalid', 'at least one contact is needed', '/contacts');
	END IF;
END $$;

-- Refuses what the table of states does not allow.
CREATE OR REPLACE FUNCTION require_transition(d document, p_action text, p_at timestamptz, p_given jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_answer text := transition_answer(d, p_action, p_at);
BEGIN
	IF v_answer IN ('yes', 'repeat') OR v_answer = 'revision' AND p_given -> 'revision' = 'true'
		OR v_answer = 'dates'
	THEN
		RETURN;
	END IF;
	PERFORM problem(CASE WHEN v_answer IN ('revision', 'dates') THEN 'already_accepted' ELSE v_answer END,
		CASE v_answer
			WHEN 'revision' THEN 'the document is accepted; send "revision": true to replace it by a new version'
			ELSE format('the document is %s', document_state(d, p_at)) END);
END $$;

-- The document with this external id, locked; made with version 0 when there is none.
CREATE OR REPLACE FUNCTION document_lock(p_tenant uuid, s setting, p_given jsonb) RETURNS document
LANGUAGE plpgsql AS $$
DECLARE
	d document;
	v_customer uuid;
	v_external text := p_given ->> 'external_id';
BEGIN
	LOOP
		SELECT * INTO d FROM document
		WHERE tenant_id = p_tenant AND external_id = v_external AND removed_at IS NULL FOR UPDATE;
		EXIT WHEN FOUND;
		IF p_given -> 'customer' ->> 'name' IS NULL THEN
			PERFORM problem('invalid', 'is needed for a new document', '/customer');
		ELSIF p_given ->> 'title' IS NULL THEN
			PERFORM problem('invalid', 'is needed for a new document', '/title');
		END IF;
		v_customer := upsert_customer(p_tenant, p_given -> 'customer');
		INSERT INTO document (tenant_id, external_id, customer_id, settings)
		VALUES (p_tenant, v_external, v_customer, default_settings(s))
		ON CONFLICT DO NOTHING RETURNING * INTO d;
		EXIT WHEN FOUND;
	END LOOP;
	IF d.version > 0 AND p_given -> 'customer' ->> 'name' IS NOT NULL
		AND upsert_customer(p_tenant, p_given -> 'customer') <> d.customer_id
	THEN
		PERFORM problem('conflict', 'a document cannot move to another customer', '/customer');
	END IF;
	RETURN d;
END $$;

-- Where the tenant has a default validity, a new document gets it: {"days": n}, weeks or months.
CREATE OR REPLACE FUNCTION default_expiry(s setting, p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT ((p_at AT TIME ZONE s.time_zone)::date + make_interval(
		days => (s.defaults -> 'expires_after' ->> 'days')::integer,
		weeks => (s.defaults -> 'expires_after' ->> 'weeks')::integer,
		months => (s.defaults -> 'expires_after' ->> 'months')::integer))::date::text
	WHERE jsonb_typeof(s.defaults -> 'expires_after') = 'object'
$$;

-- POST /api/v1/documents: upsert by external id. METADATA has passed lib/schemas.c; FILE is {name,
-- sha256, size, pages}, ATTACHMENTS an array of {n, name, type, size, sha256}; their bytes are in the
-- store, under their locks. Gives {result, document}.
CREATE OR REPLACE FUNCTION sender_put_document(
	p_tenant uuid, p_given jsonb, p_file jsonb, p_attachments jsonb, p_revision integer, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s setting;
	d document;
	v_old version;
	v_facts jsonb;
	v_settings jsonb;
	v_at timestamptz;
	v_result text;
	v_project text;
	v_links_changed boolean := false;
BEGIN
	SELECT * INTO STRICT s FROM setting WHERE tenant_id = p_tenant;
	d := document_lock(p_tenant, s, p_given);
	v_at := portal_now();
	IF p_revision IS NOT NULL AND (d.version = 0 OR d.revision <> p_revision) THEN
		PERFORM problem('precondition_failed', 'If-Match names another state of the document');
	END IF;
	SELECT * INTO v_old FROM version WHERE tenant_id = p_tenant AND document_id = d.id AND version = d.version;
	v_facts := uploaded_facts(v_old, p_given, p_file, p_attachments);
	IF d.version = 0 AND NOT p_given ? 'expires_at' AND default_expiry(s, v_at) IS NOT NULL THEN
		p_given := p_given || jsonb_build_object('expires_at', default_expiry(s, v_at));
	END IF;
	v_settings := settings_merge(d.settings, default_settings(s), p_given);
	v_project := CASE WHEN p_given ? 'project' THEN p_given ->> 'project' ELSE d.project END;
	PERFORM upload_check(d, s, p_given, v_settings, v_at);
	IF d.version > 0 AND v_facts = version_facts(v_old) THEN
		v_result := 'unchanged';
	ELSE
		PERFORM require_transition(d, 'version', v_at, p_given);
		v_result := CASE d.version WHEN 0 THEN 'created' ELSE 'new_version' END;
		d.version := version_add(d, v_facts, p_file, v_at);
	END IF;
	IF p_given ? 'contacts' THEN
		v_links_changed := links_set(d, p_given -> 'contacts', v_at);
	END IF;
	IF v_result = 'unchanged'
		AND (v_links_changed OR v_settings <> d.settings OR v_project IS DISTINCT FROM d.project)
	THEN
		PERFORM settings_require(d, v_settings, v_links_changed, v_project, v_at, p_given);
		v_result := 'updated';
	END IF;
	IF v_result <> 'unchanged' THEN
		PERFORM document_store(d, s, v_settings, v_project, v_at);
		PERFORM upload_tell(d, v_settings, v_result, v_facts, v_links_changed, v_at, p_request);
	END IF;
	RETURN json_build_object('result', v_result, 'document', document_json(p_tenant, d.id));
END $$;

-- A change of settings alone: after acceptance only the dates may move.
CREATE OR REPLACE FUNCTION settings_require(d document, p_settings jsonb, p_links_changed boolean,
	p_project text, p_at timestamptz, p_given jsonb)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM require_transition(d, 'settings', p_at, p_given);
	IF transition_answer(d, 'settings', p_at) = 'dates' AND (p_links_changed
		OR p_project IS DISTINCT FROM d.project
		OR p_settings - '{expires_at,remove_at,archive_after_days}'::text[]
			<> d.settings - '{expires_at,remove_at,archive_after_days}'::text[])
	THEN
		PERFORM problem('already_accepted', 'after acceptance only expires_at, remove_at and archive_after_days can change');
	END IF;
END $$;

CREATE OR REPLACE FUNCTION document_store(d document, s setting, p_settings jsonb, p_project text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE document SET settings = p_settings, project = p_project,
		expires_at = moment(p_settings ->> 'expires_at', s.time_zone),
		remove_at = moment(p_settings ->> 'remove_at', s.time_zone),
		expiry_told_at = CASE WHEN p_settings -> 'expires_at' IS DISTINCT FROM d.settings -> 'expires_at'
			THEN NULL ELSE expiry_told_at END,
		revision = revision + 1, updated_at = p_at
	WHERE tenant_id = d.tenant_id AND id = d.id;
	INSERT INTO link (tenant_id, document_id, kind, rights) VALUES (d.tenant_id, d.id, 'preview', '{view}')
	ON CONFLICT DO NOTHING;
END $$;

-- The events and mails of an upload.
CREATE OR REPLACE FUNCTION upload_tell(d document, p_settings jsonb, p_result text, p_facts jsonb,
	p_links_changed boolean, p_at timestamptz, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_notify jsonb := p_settings -> 'notify';
BEGIN
	IF p_result = 'updated' THEN
		PERFORM event_append(d.tenant_id, d.id, 'document.updated', d.version, NULL, NULL, p_at,
			jsonb_build_object('settings_sha256', sha256_hex(p_settings::text)), NULL, p_request);
	ELSE
		PERFORM event_append(d.tenant_id, d.id, 'document.sent', d.version, NULL, NULL, p_at, p_facts, NULL, p_request);
	END IF;
	IF p_result = 'new_version' AND (v_notify ->> 'on_change')::boolean THEN
		PERFORM mails_enqueue(d, 'change', false, p_request);
	ELSIF (p_result = 'created' OR p_links_changed) AND (v_notify ->> 'on_upload')::boolean THEN
		PERFORM mails_enqueue(d, 'upload', true, p_request);
	END IF;
END $$;
