-- The sender's writes: documents and their versions.
SET search_path = portal;

-- The portal's own defaults for a document's settings; a tenant's `defaults` stand above them.
CREATE OR REPLACE FUNCTION default_settings(s setting) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT settings_merge('{}', jsonb_build_object(
		'visibility', 'contact',
		'accept', jsonb_build_object('enabled', true, 'identity', 'link', 'signature', 'typed',
			'reason_required', false),
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

-- Empty text says what null says.
CREATE OR REPLACE FUNCTION empty_as_null(p_given jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT p_given || coalesce((SELECT jsonb_object_agg(key, NULL) FROM jsonb_each_text(p_given)
		WHERE key IN ('number', 'project', 'message') AND btrim(value) = ''), '{}')
$$;

-- The files of one version as events and comparisons name them.
CREATE OR REPLACE FUNCTION files_json(p_tenant uuid, p_document uuid, p_version integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT coalesce(jsonb_agg(jsonb_build_object('n', n, 'name', name, 'type', type, 'size', size,
			'sha256', encode(sha256, 'hex')) ORDER BY n), '[]')
		FROM attachment WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version);
END $$;

-- Everything a version consists of, in one form for the chain and for telling whether anything changed.
CREATE OR REPLACE FUNCTION version_facts(v version) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('kind', v.kind, 'title', v.title, 'number', v.number,
		'amount', v.amount::text, 'currency', v.currency,
		'sha256', encode(v.sha256, 'hex'), 'size', v.size,
		'attachments', files_json(v.tenant_id, v.document_id, v.version))
$$;

-- The facts without the tenant's standard attachments: what the sender itself sent.
CREATE OR REPLACE FUNCTION own_facts(v version) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT version_facts(v) || jsonb_build_object('number', nullif(v.number, ''), 'attachments', (
		SELECT coalesce(jsonb_agg(f ORDER BY (f ->> 'n')::integer), '[]')
		FROM jsonb_array_elements(files_json(v.tenant_id, v.document_id, v.version)) f
		WHERE EXISTS (SELECT FROM attachment a WHERE a.tenant_id = v.tenant_id
			AND a.document_id = v.document_id AND a.version = v.version
			AND a.n = (f ->> 'n')::integer AND NOT a.standard)))
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

-- The sender's own attachments, followed by the tenant's standard ones that are not among them, numbered through.
CREATE OR REPLACE FUNCTION with_standard_attachments(p_tenant uuid, p_own jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT p_own || coalesce(jsonb_agg(jsonb_build_object('n', jsonb_array_length(p_own) + n, 'name', name,
		'type', type, 'size', size, 'sha256', encode(sha256, 'hex')) ORDER BY n), '[]')
	FROM (SELECT f.*, row_number() OVER (ORDER BY id) AS n FROM setting_file f
		WHERE tenant_id = p_tenant AND kind = 'attachment' AND NOT EXISTS (SELECT FROM jsonb_array_elements(p_own) o
			WHERE o ->> 'name' = f.name AND o ->> 'sha256' = encode(f.sha256, 'hex'))) f
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

CREATE OR REPLACE FUNCTION version_add(d document, p_facts jsonb, p_file jsonb, p_own integer,
	p_at timestamptz)
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
	INSERT INTO attachment (tenant_id, document_id, version, n, name, type, size, sha256, standard)
	SELECT d.tenant_id, d.id, v_version, (a ->> 'n')::integer, a ->> 'name', a ->> 'type',
		(a ->> 'size')::bigint, decode(a ->> 'sha256', 'hex'), (a ->> 'n')::integer > p_own
	FROM jsonb_array_elements(p_facts -> 'attachments') a;
	UPDATE document SET version = v_version, decided = NULL, decided_at = NULL, opened_at = NULL,
		downloaded_at = NULL, expiry_told_at = NULL, archived_at = NULL, withdrawn_at = NULL
	WHERE tenant_id = d.tenant_id AND id = d.id;
	RETURN v_version;
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
		WHERE tenant_id = p_tenant AND external_id = v_external AND removed_at IS NULL FOR NO KEY UPDATE;
		EXIT WHEN FOUND;
		IF p_given -> 'customer' ->> 'name' IS NULL THEN
			PERFORM problem('invalid', 'a new document needs one', '/customer');
		ELSIF p_given ->> 'title' IS NULL THEN
			PERFORM problem('invalid', 'a new document needs one', '/title');
		END IF;
		v_customer := upsert_customer(p_tenant, p_given -> 'customer');
		INSERT INTO document (tenant_id, external_id, customer_id, settings)
		VALUES (p_tenant, v_external, v_customer, default_settings(s))
		ON CONFLICT DO NOTHING RETURNING * INTO d;
		EXIT WHEN FOUND;
	END LOOP;
	RETURN d;
END $$;

-- Where the tenant has a default validity, a new document gets it: {"days": n}, weeks or months.
CREATE OR REPLACE FUNCTION default_expiry(s setting, p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT ((p_at AT TIME ZONE s.time_zone)::date + make_interval(
		days => coalesce((s.defaults -> 'expires_after' ->> 'days')::integer, 0),
		weeks => coalesce((s.defaults -> 'expires_after' ->> 'weeks')::integer, 0),
		months => coalesce((s.defaults -> 'expires_after' ->> 'months')::integer, 0)))::date::text
	WHERE jsonb_typeof(s.defaults -> 'expires_after') = 'object'
$$;

-- POST /api/v1/documents: upsert by external id. GIVEN has passed lib/schemas.c; FILE is {name, sha256,
-- size, pages}, ATTACHMENTS an array of {n, name, type, size, sha256}; their bytes are in the store, under
-- their locks. CODE is the scrypt of a new access code, or NULL. Gives {result, document}.
CREATE OR REPLACE FUNCTION sender_put_document(p_tenant uuid, p_given jsonb, p_file jsonb, p_attachments jsonb,
	p_code text, p_revisions text, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s setting;
	d document;
	v_old version;
	v_facts jsonb;
	v_at timestamptz;
	v_result text;
BEGIN
	SELECT * INTO STRICT s FROM setting WHERE tenant_id = p_tenant;
	p_given := empty_as_null(p_given);
	d := document_lock(p_tenant, s, p_given);
	v_at := portal_now();
	PERFORM require_revision(d, p_revisions);
	SELECT * INTO v_old FROM version WHERE tenant_id = p_tenant AND document_id = d.id AND version = d.version;
	-- Standard attachments join a version when it is made; a change of them alone makes none.
	v_facts := uploaded_facts(v_old, p_given, p_file, p_attachments);
	IF d.version > 0 AND v_facts = own_facts(v_old) THEN
		v_result := 'unchanged';
	ELSE
		PERFORM require_transition(d, 'version', v_at, p_given);
		v_result := CASE d.version WHEN 0 THEN 'created' ELSE 'new_version' END;
		v_facts := v_facts || jsonb_build_object('attachments', with_standard_attachments(p_tenant, p_attachments));
		d.version := version_add(d, v_facts, p_file, jsonb_array_length(p_attachments), v_at);
	END IF;
	v_result := document_change(d, s, p_given, p_code, v_result, v_at, p_request);
	RETURN json_build_object('result', v_result, 'document', document_json(p_tenant, d.id));
END $$;

-- PATCH /api/v1/documents/{id}: settings, dates and contacts of the current version. NULL: no such document.
CREATE OR REPLACE FUNCTION sender_patch_document(p_tenant uuid, p_document uuid, p_given jsonb, p_code text,
	p_revisions text, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s setting;
	d document;
	v_result text;
BEGIN
	SELECT * INTO STRICT s FROM setting WHERE tenant_id = p_tenant;
	d := document_locked(p_tenant, p_document);
	IF d.id IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM require_revision(d, p_revisions);
	v_result := document_change(d, s, empty_as_null(p_given), p_code, 'unchanged', portal_now(), p_request);
	RETURN json_build_object('result', v_result, 'document', document_json(p_tenant, d.id));
END $$;

-- Everything but bytes and facts: settings, links, access code, dates; then what is to be told. RESULT is
-- what became of the version; gives what became of the whole.
CREATE OR REPLACE FUNCTION document_change(d document, s setting, p_given jsonb, p_code text, p_result text,
	p_at timestamptz, p_request text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v_settings jsonb;
	v_project text := CASE WHEN p_given ? 'project' THEN p_given ->> 'project' ELSE d.project END;
	v_links text := links_fingerprint(d);
	v_links_changed boolean;
BEGIN
	-- The tenant's default validity counts from now: for a new document, and where null asks for it.
	IF (p_result = 'created' OR p_given ? 'expires_at') AND p_given ->> 'expires_at' IS NULL
		AND default_expiry(s, p_at) IS NOT NULL
	THEN
		p_given := p_given || jsonb_build_object('expires_at', default_expiry(s, p_at));
	END IF;
	v_settings := settings_merge(d.settings, default_settings(s), p_given);
	PERFORM dates_check(d, s, p_given, v_settings, p_at);
	PERFORM customer_keep(d, p_given -> 'customer');
	IF p_given ? 'contacts' THEN
		PERFORM links_name(d, p_given -> 'contacts', p_request);
	END IF;
	IF p_given ? 'contacts' OR v_settings -> 'visibility' IS DISTINCT FROM d.settings -> 'visibility'
		OR v_settings -> 'accept' IS DISTINCT FROM d.settings -> 'accept' OR p_result = 'created'
	THEN
		PERFORM links_spread(d, v_settings, p_at);
	END IF;
	v_links_changed := v_links IS DISTINCT FROM links_fingerprint(d);
	IF p_result = 'unchanged' AND (v_links_changed OR p_code IS NOT NULL OR v_settings <> d.settings
		OR v_project IS DISTINCT FROM d.project)
	THEN
		PERFORM settings_require(d, v_settings, v_links_changed OR p_code IS NOT NULL, v_project, p_at, p_given);
		p_result := 'updated';
	END IF;
	IF p_result <> 'unchanged' THEN
		PERFORM access_check(d, v_settings, p_code);
		PERFORM document_store(d, s, v_settings, v_project, p_code, p_at);
		PERFORM change_tell(d, v_settings, p_result, v_links_changed, p_at, p_request);
	END IF;
	RETURN p_result;
END $$;
