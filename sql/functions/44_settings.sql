-- The tenant's settings, its logo and standard attachments.
SET search_path = portal;

CREATE OR REPLACE FUNCTION setting_files_json(p_tenant uuid, p_kind text) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'type', type, 'size', size,
		'sha256', encode(sha256, 'hex')) ORDER BY id), '[]')
	FROM setting_file WHERE tenant_id = p_tenant AND kind = p_kind
$$;

-- The members of `defaults` that are not a document's own settings.
CREATE OR REPLACE FUNCTION defaults_json(s setting) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT (default_settings(s) - '{message,language,expires_at,remove_at}'::text[])
		|| jsonb_build_object('expires_after', s.defaults -> 'expires_after',
			'archive_on_decision', coalesce((s.defaults ->> 'archive_on_decision')::boolean, false))
$$;

CREATE OR REPLACE FUNCTION settings_json(s setting) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('sender_name', s.sender_name, 'reply_to', s.reply_to, 'color', s.color,
		'language', s.language, 'time_zone', s.time_zone,
		'logo', setting_files_json(s.tenant_id, 'logo') -> 0,
		'attachments', setting_files_json(s.tenant_id, 'attachment'),
		'texts', jsonb_build_object('da', '{}'::jsonb, 'en', '{}'::jsonb) || s.texts, 'defaults', defaults_json(s),
		'return_links', s.return_links, 'verify_shows_name', s.verify_shows_name,
		'retention', s.retention, 'revision', s.revision)
$$;

CREATE OR REPLACE FUNCTION sender_settings(p_tenant uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT settings_json(s) FROM setting s WHERE tenant_id = p_tenant
$$;

-- The settings' row, locked, at the revision asked for.
CREATE OR REPLACE FUNCTION setting_lock(p_tenant uuid, p_revisions text) RETURNS setting LANGUAGE plpgsql AS $$
DECLARE
	s setting;
BEGIN
	SELECT * INTO STRICT s FROM setting WHERE tenant_id = p_tenant FOR UPDATE;
	IF NOT revision_named(p_revisions, s.revision) THEN
		PERFORM problem('precondition_failed', 'If-Match names another state of the settings');
	END IF;
	RETURN s;
END $$;

-- JSON merge patch (RFC 7396): null takes a member away, so that the portal's own counts again.
CREATE OR REPLACE FUNCTION json_merge(target jsonb, patch jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN jsonb_typeof(patch) <> 'object' THEN patch ELSE (
		SELECT coalesce(jsonb_object_agg(key, CASE WHEN patch ? key
				THEN json_merge(coalesce(target -> key, 'null'), patch -> key) ELSE target -> key END), '{}')
		FROM (SELECT jsonb_object_keys(CASE jsonb_typeof(target) WHEN 'object' THEN target ELSE '{}' END) AS key
			UNION SELECT jsonb_object_keys(patch)) keys
		WHERE patch -> key IS DISTINCT FROM 'null') END
$$;

-- PATCH /api/v1/settings. GIVEN has passed lib/schemas.c.
CREATE OR REPLACE FUNCTION sender_patch_settings(p_tenant uuid, p_given jsonb, p_revisions text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s setting := setting_lock(p_tenant, p_revisions);
BEGIN
	-- Of all that PostgreSQL knows: places, and UTC. Not `posixrules`, `right/…`, `Etc/GMT+5` and the like.
	PERFORM FROM pg_timezone_names WHERE name = p_given ->> 'time_zone' AND (name = 'UTC' OR split_part(name, '/', 1)
		= ANY ('{Africa,America,Antarctica,Arctic,Asia,Atlantic,Australia,Europe,Indian,Pacific}') AND name LIKE '%/%');
	IF NOT FOUND AND p_given ->> 'time_zone' IS NOT NULL THEN
		PERFORM problem('invalid', 'is no time zone; one is Europe/Copenhagen', '/time_zone');
	END IF;
	UPDATE setting SET
		sender_name = coalesce(p_given ->> 'sender_name', CASE WHEN p_given ? 'sender_name'
			THEN (SELECT name FROM tenant WHERE id = p_tenant) ELSE sender_name END),
		reply_to = CASE WHEN p_given ? 'reply_to' THEN p_given ->> 'reply_to' ELSE reply_to END,
		color = CASE WHEN p_given ? 'color' THEN lower(p_given ->> 'color') ELSE color END,
		language = coalesce(p_given ->> 'language', CASE WHEN p_given ? 'language' THEN 'da' ELSE language END),
		time_zone = coalesce(p_given ->> 'time_zone',
			CASE WHEN p_given ? 'time_zone' THEN 'Europe/Copenhagen' ELSE time_zone END),
		texts = CASE WHEN p_given ? 'texts' THEN coalesce(nullif(json_merge(texts, p_given -> 'texts'), 'null'), '{}')
			ELSE texts END,
		-- A validity is one thing: "months" takes the place of "days".
		defaults = CASE WHEN p_given ? 'defaults' THEN coalesce(nullif(json_merge(
				CASE WHEN p_given -> 'defaults' ? 'expires_after' THEN defaults - 'expires_after' ELSE defaults END,
				p_given -> 'defaults'), 'null'), '{}') ELSE defaults END,
		return_links = coalesce((p_given ->> 'return_links')::boolean, return_links AND NOT p_given ? 'return_links'),
		verify_shows_name = coalesce((p_given ->> 'verify_shows_name')::boolean,
			verify_shows_name AND NOT p_given ? 'verify_shows_name'),
		retention = CASE WHEN p_given ? 'retention'
			THEN coalesce(nullif(json_merge(retention, p_given -> 'retention'), 'null'), '{}') ELSE retention END,
		revision = revision + 1
	WHERE tenant_id = p_tenant RETURNING * INTO s;
	RETURN settings_json(s);
END $$;

-- Whether a standard attachment is there already; refuses the same bytes under another name.
CREATE OR REPLACE FUNCTION standard_attachment_known(p_tenant uuid, p_file jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	v_name text := (SELECT name FROM setting_file WHERE tenant_id = p_tenant AND kind = 'attachment'
		AND sha256 = decode(p_file ->> 'sha256', 'hex') LIMIT 1);
BEGIN
	IF v_name <> p_file ->> 'name' THEN
		PERFORM problem('conflict', format('the same file is there already, as "%s"', v_name));
	END IF;
	RETURN v_name IS NOT NULL;
END $$;

-- PUT /api/v1/settings/logo, POST /api/v1/settings/attachments: FILE is {name, type, size, sha256}, its
-- bytes in the store, under their lock. At most 10 standard attachments, none twice: one that is there already, by
-- bytes and name, is `unchanged`, which is a member of the answer besides the settings.
CREATE OR REPLACE FUNCTION sender_add_setting_file(p_tenant uuid, p_kind text, p_file jsonb, p_revisions text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s setting := setting_lock(p_tenant, p_revisions);
BEGIN
	IF p_kind = 'logo' THEN
		PERFORM setting_files_free(p_tenant, 'logo', NULL);
	ELSIF standard_attachment_known(p_tenant, p_file) THEN
		RETURN settings_json(s)::jsonb || '{"unchanged": true}';
	ELSIF (SELECT count(*) FROM setting_file WHERE tenant_id = p_tenant AND kind = p_kind) >= 10 THEN
		PERFORM problem('conflict', 'there are ten standard attachments already');
	END IF;
	INSERT INTO file (tenant_id, sha256, size)
	VALUES (p_tenant, decode(p_file ->> 'sha256', 'hex'), (p_file ->> 'size')::bigint)
	ON CONFLICT DO NOTHING;
	INSERT INTO setting_file (tenant_id, kind, name, type, size, sha256)
	VALUES (p_tenant, p_kind, p_file ->> 'name', p_file ->> 'type', (p_file ->> 'size')::bigint,
		decode(p_file ->> 'sha256', 'hex'));
	UPDATE setting SET revision = revision + 1 WHERE tenant_id = p_tenant RETURNING * INTO s;
	RETURN settings_json(s);
END $$;

-- Takes away files of the settings (ID NULL: all of the kind); versions that have them keep them.
CREATE OR REPLACE FUNCTION setting_files_free(p_tenant uuid, p_kind text, p_id uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	WITH freed AS (
		DELETE FROM setting_file WHERE tenant_id = p_tenant AND kind = p_kind AND (p_id IS NULL OR id = p_id)
		RETURNING sha256)
	INSERT INTO job (tenant_id, kind, sha256) SELECT p_tenant, 'erase', sha256 FROM freed;
	RETURN FOUND;
END $$;

-- DELETE of the logo (ID NULL) or of one standard attachment. NULL: there is none.
CREATE OR REPLACE FUNCTION sender_delete_setting_file(p_tenant uuid, p_kind text, p_id uuid, p_revisions text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	s setting := setting_lock(p_tenant, p_revisions);
BEGIN
	IF NOT setting_files_free(p_tenant, p_kind, p_id) THEN
		RETURN NULL;
	END IF;
	UPDATE setting SET revision = revision + 1 WHERE tenant_id = p_tenant RETURNING * INTO s;
	RETURN settings_json(s);
END $$;
