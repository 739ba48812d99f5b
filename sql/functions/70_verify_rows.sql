-- Rows against the history: each function gives sentences about a document's rows that are not what its lines told. In PL/pgSQL,
-- which keeps plans: all documents are gone through.
SET search_path = portal;

-- Versions with their attachments, against the event that sent them.
CREATE OR REPLACE FUNCTION verify_versions(p_tenant uuid, p_document uuid) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	WITH sent AS (
		SELECT DISTINCT ON (version) version, id, line_data(line) || jsonb_build_object('created_at', at) AS facts
		FROM event WHERE tenant_id = p_tenant AND document_id = p_document AND type = 'document.sent'
		ORDER BY version, seq),
	made AS (
		SELECT version, version_facts(v) || jsonb_build_object('created_at', created_at) AS facts
		FROM version v WHERE tenant_id = p_tenant AND document_id = p_document)
	SELECT CASE
		WHEN m.version IS NULL THEN format('version %s was sent but its row is gone', s.version)
		WHEN s.version IS NULL THEN format('version %s: no event tells of it', m.version)
		ELSE format('version %s: %s not what event %s says', m.version, facts_differ(m.facts, s.facts), s.id) END
	FROM made m FULL JOIN sent s ON s.version = m.version
	WHERE m.facts IS DISTINCT FROM s.facts;
END $$;

-- Decisions, against the event that each names: the line, and the personal data beside it as long as they are there.
CREATE OR REPLACE FUNCTION verify_decisions(p_tenant uuid, p_document uuid) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	WITH compared AS (
		SELECT x.version, x.event_id,
			jsonb_strip_nulls(jsonb_build_object('type', 'document.' || x.type, 'link_id', x.link_id, 'contact_id', x.contact_id,
				'at', x.at) || decision_facts(x) || CASE WHEN e.personal IS NULL THEN '{}' ELSE decision_personal(x) END) AS row,
			jsonb_strip_nulls(jsonb_build_object('type', e.type, 'version', e.version, 'link_id', e.link_id,
				'contact_id', e.contact_id, 'at', e.at) || coalesce(line_data(e.line), '{}')
				|| CASE WHEN e.personal IS NULL THEN '{}' ELSE e.personal::jsonb - 'ip' - 'user_agent' END) AS told
		FROM decision x LEFT JOIN event e ON e.id = x.event_id AND e.tenant_id = p_tenant AND e.document_id = p_document
		WHERE x.tenant_id = p_tenant AND x.document_id = p_document)
	SELECT format('the decision of version %s is not what event %s says: %s', version, event_id, facts_differ(row, told))
	FROM compared WHERE row <> told
	UNION ALL
	SELECT format('event %s tells of a decision whose row is gone', e.id)
	FROM event e
	WHERE e.tenant_id = p_tenant AND e.document_id = p_document
		AND e.type IN ('document.accepted', 'document.declined')
		AND NOT EXISTS (SELECT FROM decision x WHERE x.event_id = e.id AND x.tenant_id = e.tenant_id
			AND x.document_id = e.document_id AND x.version = e.version)
	UNION ALL
	SELECT format('the decision of version %s has a consent, and beside it the hash that stands in for an erased one', version)
	FROM decision
	WHERE tenant_id = p_tenant AND document_id = p_document AND num_nonnulls(consent, consent_sha256) = 2;
END $$;

-- Who decided was erased beside the chain and in the row together, or in neither: what nothing vouches for must not live on,
-- and nothing goes without saying so: erasing tells the history of it.
CREATE OR REPLACE FUNCTION verify_erasures(p_tenant uuid, p_document uuid) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	WITH decided AS (
		SELECT x.*, e.personal FROM decision x JOIN event e ON e.id = x.event_id
		WHERE x.tenant_id = p_tenant AND x.document_id = p_document),
	ended AS (
		SELECT link_id, at, data -> 'decisions' AS versions FROM event CROSS JOIN LATERAL line_data(line) AS data
		WHERE tenant_id = p_tenant AND document_id = p_document AND type = 'link.revoked' AND seq IS NOT NULL
			AND (data ->> 'erased')::boolean)
	SELECT format('the decision of version %s names a person, but event %s no longer does', version, event_id)
	FROM decided
	WHERE personal IS NULL AND num_nonnulls(name, email, reason, purchase_order, signature_image) > 0
	UNION ALL
	SELECT format('the decision of version %s does not say when the person was erased whom event %s no longer names', version, event_id)
	FROM decided WHERE personal IS NULL AND erased_at IS NULL
	UNION ALL
	SELECT format('the decision of version %s: its person was not erased, as it says, since event %s names one', version, event_id)
	FROM decided WHERE personal IS NOT NULL AND erased_at IS NOT NULL
	UNION ALL
	SELECT format('the decision of version %s: its person was not erased at %s, as it says', version, rfc3339(erased_at))
	FROM decided d
	WHERE personal IS NULL AND (erased_at < at OR EXISTS (SELECT FROM ended n WHERE n.link_id = d.link_id)
			AND erased_at <> ALL (SELECT n.at FROM ended n WHERE n.link_id = d.link_id))
	UNION ALL
	SELECT format('the decision of version %s: its person was erased, but no event tells of it', version)
	FROM decided d
	-- Before decisions were named, the link told of all that were made by it.
	WHERE personal IS NULL AND NOT EXISTS (SELECT FROM ended n WHERE n.link_id = d.link_id
		AND (n.versions IS NULL OR n.versions @> to_jsonb(d.version)));
END $$;

-- Up to which place of the feed the tenant's retention has taken personal data away.
CREATE OR REPLACE FUNCTION forgotten_until(p_tenant uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT feed_no FROM retention_mark WHERE tenant_id = p_tenant AND what = 'ip_days'), 0)
$$;

-- The thread, against the events that tell of its messages in their order. The words stand beside the chain; they may outlive
-- what vouches for them there where retention took it away, or where a name was taken out of them.
CREATE OR REPLACE FUNCTION verify_messages(p_tenant uuid, p_document uuid) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	WITH told AS (
		SELECT e.id, data ->> 'message_id' AS message_id, personal::jsonb AS personal, feed_no,
			data - 'message_id' || jsonb_build_object('n', row_number() OVER (ORDER BY seq), 'version', version,
				'link_id', link_id, 'at', at, 'asks', type) AS facts
		FROM event e CROSS JOIN LATERAL line_data(e.line) AS data
		WHERE tenant_id = p_tenant AND document_id = p_document
			AND type IN ('document.message', 'document.changes_requested', 'document.renewal_requested')),
	written AS (
		SELECT id, n, name, text, jsonb_build_object('n', n, 'version', version, 'link_id', link_id, 'at', at, 'author', author,
			'kind', kind, 'page', page, 'asks', 'document.' || CASE kind WHEN 'message' THEN kind ELSE kind || '_requested' END)
				AS facts
		FROM message WHERE tenant_id = p_tenant AND document_id = p_document)
	SELECT CASE
		WHEN w.id IS NULL THEN format('event %s tells of a message whose row is gone', t.id)
		WHEN t.id IS NULL THEN format('message %s: no event tells of it', w.n)
		WHEN w.facts <> t.facts
			THEN format('message %s: %s not what event %s says', w.n, facts_differ(w.facts, t.facts), t.id)
		WHEN t.personal IS NULL THEN format('message %s has words, but event %s no longer vouches for them', w.n, t.id)
		ELSE format('message %s: %s not what event %s says', w.n, concat_ws(', ',
			CASE WHEN w.name IS DISTINCT FROM t.personal ->> 'name' THEN 'name' END,
			CASE WHEN w.text IS DISTINCT FROM t.personal ->> 'text' THEN 'text' END), t.id) END
	FROM written w FULL JOIN told t ON t.message_id = w.id::text
	WHERE w.facts IS DISTINCT FROM t.facts
		OR CASE WHEN t.personal IS NOT NULL THEN (w.name, w.text) IS DISTINCT FROM (t.personal ->> 'name', t.personal ->> 'text')
			ELSE num_nonnulls(w.name, w.text) > 0 AND coalesce(t.feed_no, 9223372036854775807) > forgotten_until(p_tenant)
				AND strpos(concat(w.name, w.text), '[slettet]') = 0 END;
END $$;

-- What the document's own row says of its state.
CREATE OR REPLACE FUNCTION verify_state(p_tenant uuid, p_document uuid) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	WITH d AS (SELECT * FROM document WHERE tenant_id = p_tenant AND id = p_document),
	told AS (
		SELECT max(version) FILTER (WHERE type = 'document.sent') AS version,
			max(at) FILTER (WHERE type = 'document.withdrawn' AND version = (SELECT version FROM d)) AS withdrawn_at,
			max(at) FILTER (WHERE type = 'document.removed') AS removed_at,
			(array_agg(at ORDER BY seq) FILTER (WHERE type = 'document.opened' AND version = (SELECT version FROM d)))[1] AS opened_at,
			(array_agg(CASE type WHEN 'document.archived' THEN at END ORDER BY seq DESC)
				FILTER (WHERE type IN ('document.archived', 'document.unarchived')))[1] AS archived_at
		FROM event WHERE tenant_id = p_tenant AND document_id = p_document)
	SELECT 'the document''s state is not what its decision says'
	FROM d LEFT JOIN decision x ON x.tenant_id = d.tenant_id AND x.document_id = d.id AND x.version = d.version
	WHERE d.decided IS DISTINCT FROM x.type OR d.decided_at IS DISTINCT FROM x.at
	UNION ALL
	SELECT format('the document''s %s not what its history says', concat_ws(', ',
		CASE WHEN d.version IS DISTINCT FROM t.version THEN 'version' END,
		CASE WHEN d.withdrawn_at IS DISTINCT FROM t.withdrawn_at THEN 'withdrawn_at' END,
		CASE WHEN d.removed_at IS DISTINCT FROM t.removed_at THEN 'removed_at' END,
		CASE WHEN d.opened_at IS DISTINCT FROM t.opened_at THEN 'opened_at' END,
		CASE WHEN d.archived_at IS DISTINCT FROM t.archived_at THEN 'archived_at' END))
	FROM d, told t
	WHERE (d.version, d.withdrawn_at, d.removed_at, d.opened_at, d.archived_at)
		IS DISTINCT FROM (t.version, t.withdrawn_at, t.removed_at, t.opened_at, t.archived_at);
END $$;

-- Receipts, also those that an erasure took away, with what their statements must say and with what was signed; `age`: for how
-- many seconds a worker could have signed it; `lost`: its bytes are gone, so nobody can; `old`: it may be from before receipts
-- were signed.
CREATE OR REPLACE FUNCTION verify_receipts(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	-- A day, as a worker of the release before may have gone on meanwhile.
	v_signed timestamptz := (SELECT applied_at + interval '1 day' FROM public.migration WHERE name LIKE '%023_receipt_signature%');
BEGIN
	RETURN (
		SELECT coalesce(json_agg(json_build_object('version', r.version, 'former', r.former, 'kind', r.kind, 'size', r.size,
			'sha256', encode(r.sha256, 'hex'), 'made', rfc3339(r.created_at), 'event_id', x.event_id, 'accepted', x.type = 'accepted',
			'erased', x.erased_at IS NOT NULL, 'at', rfc3339(r.signed_at), 'key_id', r.key_id, 'statement', r.statement,
			'signature', base64(r.signature), 'age', seconds_between(greatest(x.at, v_signed - interval '1 day'), verify_clock()),
			'lost', r.former OR d.removed_at IS NOT NULL, 'old', x.at < v_signed) ORDER BY r.version, r.former, r.sha256), '[]')
		FROM (
			SELECT document_id, version, kind, size, sha256, created_at, signed_at, key_id, statement, signature, false AS former
			FROM receipt WHERE tenant_id = p_tenant AND document_id = p_document
			UNION ALL
			SELECT document_id, version, kind, size, sha256, created_at, signed_at, key_id, statement, signature, true
			FROM receipt_former WHERE tenant_id = p_tenant AND document_id = p_document) r
		JOIN document d ON d.tenant_id = p_tenant AND d.id = r.document_id
		LEFT JOIN decision x ON x.tenant_id = p_tenant AND x.document_id = r.document_id AND x.version = r.version);
END $$;

-- Acceptances that should have a receipt and have none: [{version, age, state, answer}], the last two of the job that makes it.
-- Of removed documents and erased persons only those whose receipt was made, or whose job is gone sooner than jobs go
-- (worker_forget_jobs()). `age` counts from what the chain tells, since the job's own times prove nothing.
CREATE OR REPLACE FUNCTION verify_without_receipt(p_tenant uuid, p_document uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_clock timestamptz := verify_clock();
	-- Erasing somebody has the receipts of the others made anew.
	v_erased timestamptz := (SELECT max(at) FROM event WHERE tenant_id = p_tenant AND document_id = p_document
		AND type = 'link.revoked' AND seq IS NOT NULL AND (line_data(line) ->> 'erased')::boolean);
	v_since timestamptz := greatest(v_erased, (SELECT applied_at FROM public.migration WHERE name LIKE '%011_receipt%'));
BEGIN
	RETURN (
		SELECT coalesce(json_agg(json_build_object('version', x.version, 'state', j.state, 'answer', j.answer,
			'age', seconds_between(greatest(x.at, v_since), v_clock)) ORDER BY x.version), '[]')
		FROM decision x
		JOIN document d ON d.tenant_id = x.tenant_id AND d.id = x.document_id
		LEFT JOIN job j ON j.tenant_id = x.tenant_id AND j.document_id = x.document_id AND j.version = x.version AND j.kind = 'receipt'
		WHERE x.tenant_id = p_tenant AND x.document_id = p_document AND x.type = 'accepted'
			AND (d.removed_at IS NULL AND x.erased_at IS NULL OR j.state = 'done' AND j.answer IN ('combined', 'certificate')
				OR j.id IS NULL AND x.at > v_clock - interval '89 days')
			AND NOT EXISTS (SELECT FROM receipt r
				WHERE r.tenant_id = x.tenant_id AND r.document_id = x.document_id AND r.version = x.version)
			AND (d.removed_at IS NULL AND x.erased_at IS NULL OR NOT EXISTS (SELECT FROM receipt_former r
				WHERE r.tenant_id = x.tenant_id AND r.document_id = x.document_id AND r.version = x.version)));
END $$;
