-- The sender's reads, as the API shows them.
SET search_path = portal;

-- {tenant_id, key_id, scope} of a living key, or NULL.
CREATE OR REPLACE FUNCTION sender_authenticate(p_hash bytea) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('tenant_id', tenant_id, 'key_id', id, 'scope', scope)
	FROM api_key WHERE hash = p_hash AND revoked_at IS NULL
$$;

-- {"pages": n} of bytes that were already checked as a PDF for this tenant, or NULL.
CREATE OR REPLACE FUNCTION sender_known_pdf(p_tenant uuid, p_sha256 text) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('pages', pages) FROM file
	WHERE tenant_id = p_tenant AND sha256 = decode(p_sha256, 'hex') AND pages IS NOT NULL
$$;

-- Takes the locks of an upload's files until the transaction ends, in one order for all.
CREATE OR REPLACE FUNCTION sender_lock_files(p_tenant uuid, p_hashes text[]) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_hash text;
BEGIN
	FOR v_hash IN SELECT DISTINCT h FROM unnest(p_hashes) h ORDER BY h LOOP
		PERFORM pg_advisory_xact_lock_shared(file_lock_key(p_tenant, decode(v_hash, 'hex')));
	END LOOP;
	RETURN '{}';
END $$;

CREATE OR REPLACE FUNCTION decision_json(p_tenant uuid, p_document uuid, p_version integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('type', type, 'at', rfc3339(at),
		'by', jsonb_build_object('contact_id', contact_id, 'name', name, 'email', email),
		'identity', identity, 'signature', signature, 'version', version, 'sha256', encode(sha256, 'hex'),
		'reason', reason, 'purchase_order', purchase_order)
	FROM decision WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version
$$;

CREATE OR REPLACE FUNCTION version_json(v version) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('number', v.version, 'sha256', encode(v.sha256, 'hex'), 'size', v.size,
		'pages', v.pages, 'uploaded_at', rfc3339(v.created_at),
		'attachments', files_json(v.tenant_id, v.document_id, v.version))
$$;

CREATE OR REPLACE FUNCTION amount_json(v version) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('value', v.amount::text, 'currency', v.currency) WHERE v.amount IS NOT NULL
$$;

-- The contacts that have a link, and those whose link the sender revoked by hand: with `revoked_at`, until
-- they are dropped from the document, or rotated.
CREATE OR REPLACE FUNCTION contacts_json(d document) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object(
		'id', c.id, 'external_id', c.external_id, 'name', c.name, 'email', c.email,
		'language', coalesce(c.language, d.settings ->> 'language'), 'rights', l.rights,
		'delivery', l.delivery, 'delivered_at', rfc3339(l.delivered_at), 'delivery_answer', l.delivery_answer,
		'fetched_at', rfc3339(e.fetched_at), 'opened_at', rfc3339(e.opened_at),
		'downloaded_at', rfc3339(e.downloaded_at), 'reminders_sent', l.reminders_sent,
		'revoked_at', rfc3339(l.revoked_at))
		-- Its public half; the executable, which has the key, makes the link of it.
		|| CASE WHEN s.return_links AND l.revoked_at IS NULL THEN jsonb_build_object('link', l.token_id) ELSE '{}' END
		ORDER BY l.id), '[]')
	FROM link l
	JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
	JOIN setting s ON s.tenant_id = l.tenant_id
	LEFT JOIN engagement e ON e.tenant_id = l.tenant_id AND e.link_id = l.id AND e.version = d.version
	WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal' AND (l.revoked_at IS NULL
		OR l.revoked_by_hand AND (l.named OR d.settings ->> 'visibility' = 'customer'))
$$;

-- The status of one document, or NULL. `links` holds public halves of tokens; the executable, which
-- has the key, makes links of them. Where the contacts' links are shown too, that is noted: from then on
-- such a link alone does not prove who accepts.
CREATE OR REPLACE FUNCTION document_json(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE sql VOLATILE AS $$
	UPDATE link SET disclosed_at = portal_now()
	FROM setting s
	WHERE s.tenant_id = p_tenant AND s.return_links AND link.tenant_id = p_tenant AND link.document_id = p_document
		AND link.kind = 'personal' AND link.disclosed_at IS NULL AND link.revoked_at IS NULL;
	SELECT json_build_object(
		'id', d.id, 'external_id', d.external_id, 'kind', v.kind, 'title', v.title, 'number', v.number,
		'project', d.project, 'amount', amount_json(v), 'state', document_state(d, portal_now()),
		'version', version_json(v),
		'versions', (SELECT json_agg(version_json(o) || jsonb_build_object(
				'decision', decision_json(p_tenant, d.id, o.version)) ORDER BY o.version)
			FROM version o WHERE o.tenant_id = p_tenant AND o.document_id = d.id),
		'customer', json_build_object('id', c.id, 'external_id', c.external_id, 'name', c.name),
		'visibility', d.settings -> 'visibility', 'accept', d.settings -> 'accept',
		'message', d.settings -> 'message', 'language', d.settings -> 'language',
		'notify', d.settings -> 'notify',
		'expires_at', d.settings -> 'expires_at', 'remove_at', d.settings -> 'remove_at',
		'archive_after_days', d.settings -> 'archive_after_days',
		'created_at', rfc3339(d.created_at), 'updated_at', rfc3339(d.updated_at),
		'withdrawn_at', rfc3339(d.withdrawn_at), 'archived_at', rfc3339(d.archived_at),
		'removed_at', rfc3339(d.removed_at), 'opened_at', rfc3339(d.opened_at),
		'downloaded_at', rfc3339(d.downloaded_at),
		'unread_messages', unread_messages(d),
		'changes_requested_at', rfc3339(requested_at(d, 'changes')),
		'renewal_requested_at', rfc3339(requested_at(d, 'renewal')),
		'contacts', contacts_json(d),
		'shared', shares_json(d),
		'decision', decision_json(p_tenant, d.id, d.version),
		'links', (SELECT json_object_agg(kind, token_id) FROM link
			WHERE tenant_id = p_tenant AND document_id = d.id AND kind IN ('public', 'preview')
				AND revoked_at IS NULL),
		'revision', d.revision)
	FROM document d
	JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version
	JOIN customer c ON c.tenant_id = d.tenant_id AND c.id = d.customer_id
	WHERE d.tenant_id = p_tenant AND d.id = p_document AND d.removed_at IS NULL
$$;

CREATE OR REPLACE FUNCTION sender_document(p_tenant uuid, p_document uuid) RETURNS json
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT document_json(p_tenant, p_document)
$$;

-- Whether a document passes FILTER, whose members are the query parameters of the list, as text.
CREATE OR REPLACE FUNCTION document_passes(d document, p_filter jsonb, p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT (p_filter ->> 'state' IS NULL OR document_state(d, p_at) = p_filter ->> 'state')
		-- What is archived needs no following up, unless it is asked for.
		AND CASE WHEN p_filter ? 'archived' THEN (d.archived_at IS NOT NULL) = (p_filter ->> 'archived')::boolean
			WHEN p_filter ?| '{not_opened_days,undecided_days,expiring_days,delivery}' THEN d.archived_at IS NULL
			ELSE true END
		AND (p_filter ->> 'not_opened_days' IS NULL OR document_state(d, p_at) = 'sent' AND version_age(d, p_at)
			>= make_interval(days => (p_filter ->> 'not_opened_days')::integer))
		AND (p_filter ->> 'undecided_days' IS NULL OR document_state(d, p_at) = 'opened' AND version_age(d, p_at)
			>= make_interval(days => (p_filter ->> 'undecided_days')::integer))
		AND (p_filter ->> 'expiring_days' IS NULL OR document_state(d, p_at) IN ('sent', 'opened')
			AND d.expires_at <= p_at + make_interval(days => (p_filter ->> 'expiring_days')::integer))
		AND (p_filter ->> 'unread' IS NULL OR (p_filter ->> 'unread')::boolean = (unread_messages(d) > 0))
		AND (p_filter ->> 'delivery' IS NULL OR EXISTS (
			SELECT FROM link l WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind <> 'shared'
				AND l.revoked_at IS NULL AND (l.delivery = p_filter ->> 'delivery'
					OR p_filter ->> 'delivery' = 'failed' AND l.delivery = 'bounced')))
$$;

CREATE OR REPLACE FUNCTION version_age(d document, p_at timestamptz) RETURNS interval LANGUAGE sql STABLE AS $$
	SELECT p_at - created_at FROM version
	WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version
$$;

-- GET /api/v1/documents/counts: how many in each state; archived ones are counted apart.
CREATE OR REPLACE FUNCTION sender_counts(p_tenant uuid) RETURNS json
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('sent', count(*) FILTER (WHERE state = 'sent'),
		'opened', count(*) FILTER (WHERE state = 'opened'), 'accepted', count(*) FILTER (WHERE state = 'accepted'),
		'declined', count(*) FILTER (WHERE state = 'declined'),
		'withdrawn', count(*) FILTER (WHERE state = 'withdrawn'),
		'expired', count(*) FILTER (WHERE state = 'expired'), 'archived', count(*) FILTER (WHERE state = 'archived'))
	FROM (SELECT CASE WHEN archived_at IS NOT NULL THEN 'archived' ELSE document_state(d, t.at) END AS state
		FROM document d, (SELECT portal_now() AS at) t WHERE d.tenant_id = p_tenant AND d.removed_at IS NULL) x
$$;

-- GET /api/v1/documents: newest first. CURSOR is the id of the last row of the page before.
-- Gives {data, next}; FILTER members besides those above: external_id, customer (external id or name), q.
CREATE OR REPLACE FUNCTION sender_documents(p_tenant uuid, p_filter jsonb, p_cursor uuid, p_limit integer)
RETURNS json LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	WITH found AS (
		SELECT d.id, row_number() OVER (ORDER BY d.id DESC) AS n
		FROM document d
		JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version
		JOIN customer c ON c.tenant_id = d.tenant_id AND c.id = d.customer_id
		WHERE d.tenant_id = p_tenant AND d.removed_at IS NULL
			AND (p_cursor IS NULL OR d.id < p_cursor)
			AND document_passes(d, p_filter, portal_now())
			AND (p_filter ->> 'external_id' IS NULL OR d.external_id = p_filter ->> 'external_id')
			AND (p_filter ->> 'customer' IS NULL
				OR p_filter ->> 'customer' IN (c.external_id, c.name))
			AND (p_filter ->> 'q' IS NULL OR strpos(lower(concat_ws(E'\n', v.title, v.number, d.external_id,
				d.project, c.name)), lower(p_filter ->> 'q')) > 0)
		ORDER BY d.id DESC LIMIT p_limit + 1)
	SELECT json_build_object(
		'data', (SELECT coalesce(json_agg(document_json(p_tenant, id) ORDER BY n), '[]') FROM found WHERE n <= p_limit),
		'next', (SELECT id FROM found WHERE n = p_limit AND EXISTS (SELECT FROM found WHERE n > p_limit)))
$$;

-- A document's history, oldest first. NULL: no such document, or AFTER is none of its events.
CREATE OR REPLACE FUNCTION sender_document_events(p_tenant uuid, p_document uuid, p_after uuid, p_limit integer)
RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	WITH page AS (
		SELECT e, row_number() OVER (ORDER BY e.n) AS row FROM event e
		WHERE e.tenant_id = p_tenant AND e.document_id = p_document AND e.n > coalesce(
			(SELECT n FROM event WHERE tenant_id = p_tenant AND document_id = p_document AND id = p_after), 0)
		ORDER BY e.n LIMIT p_limit + 1)
	SELECT json_build_object(
		'data', (SELECT coalesce(json_agg(event_json(e) ORDER BY row), '[]') FROM page WHERE row <= p_limit),
		'next', (SELECT (e).id FROM page WHERE row = p_limit AND EXISTS (SELECT FROM page WHERE row > p_limit)))
	WHERE EXISTS (SELECT FROM document WHERE tenant_id = p_tenant AND id = p_document)
		AND (p_after IS NULL
			OR EXISTS (SELECT FROM event WHERE tenant_id = p_tenant AND document_id = p_document AND id = p_after))
$$;

-- Where to read on for who holds an event that the feed does not know, having been restored from a backup made
-- before it. What is after it came later, and ids grow with time (new_id()): NULL asks for the beginning.
CREATE OR REPLACE FUNCTION feed_resume(p_tenant uuid, p_lost uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
	SELECT id FROM event
	WHERE tenant_id = p_tenant AND feed_no < coalesce(
		(SELECT min(feed_no) FROM event WHERE tenant_id = p_tenant AND feed_no IS NOT NULL AND id > p_lost), 9223372036854775807)
	ORDER BY feed_no DESC LIMIT 1
$$;

-- The feed: every event of the tenant after the one named, in the order the worker numbered them. When AFTER names
-- no event of this tenant, {"resume_after"}.
CREATE OR REPLACE FUNCTION sender_events(p_tenant uuid, p_after uuid, p_limit integer) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	WITH start AS (
		SELECT 0::bigint AS no WHERE p_after IS NULL
		UNION ALL
		SELECT feed_no FROM event WHERE tenant_id = p_tenant AND id = p_after AND feed_no IS NOT NULL),
	page AS (
		SELECT e, row_number() OVER (ORDER BY e.feed_no) AS n FROM event e, start
		WHERE e.tenant_id = p_tenant AND e.feed_no > start.no
		ORDER BY e.feed_no LIMIT p_limit + 1)
	SELECT CASE WHEN EXISTS (SELECT FROM start) THEN json_build_object(
		'data', (SELECT coalesce(json_agg(event_json(e) ORDER BY n), '[]') FROM page WHERE n <= p_limit),
		'next', (SELECT (e).id FROM page WHERE n = p_limit AND EXISTS (SELECT FROM page WHERE n > p_limit)))
	ELSE json_build_object('resume_after', feed_resume(p_tenant, p_after)) END
$$;

-- {sha256, name, size} of a version's PDF (the current one when VERSION is NULL), or NULL.
CREATE OR REPLACE FUNCTION sender_file(p_tenant uuid, p_document uuid, p_version integer) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('sha256', encode(v.sha256, 'hex'), 'name', v.file_name, 'size', v.size)
	FROM document d
	JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id
		AND v.version = coalesce(p_version, d.version)
	WHERE d.tenant_id = p_tenant AND d.id = p_document AND d.removed_at IS NULL
$$;
