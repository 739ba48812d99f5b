-- Receipts: what they say, who may have them, and how the worker keeps them.
SET search_path = portal;

-- Who did what, in the history's own order up to the event P_LAST, at most the last MOST: [{type, at, version, who,
-- link, n}]. Of a decision's event the name is what the decision says.
CREATE OR REPLACE FUNCTION receipt_history(p_tenant uuid, p_document uuid, p_last integer, p_evidence jsonb, p_most integer)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('type', e.type,
		'at', local_time(e.at, p_evidence ->> 'time_zone'), 'version', e.version,
		'who', CASE WHEN e.id = (p_evidence ->> 'event_id')::uuid THEN p_evidence ->> 'name' ELSE c.name END,
		'link', l.kind, 'n', e.line::jsonb -> 'data' -> 'n') ORDER BY e.seq), '[]')
	FROM event e
	LEFT JOIN link l ON l.tenant_id = e.tenant_id AND l.id = e.link_id
	LEFT JOIN contact c ON c.tenant_id = e.tenant_id AND c.id = e.contact_id
	WHERE e.tenant_id = p_tenant AND e.document_id = p_document AND e.seq BETWEEN p_last - p_most + 1 AND p_last
$$;

-- The first signature of the history that covers the decision, or NULL.
CREATE OR REPLACE FUNCTION receipt_signature(p_tenant uuid, p_document uuid, p_evidence jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT s || jsonb_build_object('at_local', local_time((s ->> 'at')::timestamptz, p_evidence ->> 'time_zone'))
	FROM jsonb_array_elements(signatures_json(p_tenant, p_document)) s
	WHERE (s ->> 'length')::integer >= (p_evidence #>> '{chain,after,length}')::integer
	ORDER BY (s ->> 'length')::integer LIMIT 1
$$;

-- Everything that a receipt says. It tells of nothing later than the decision, so that making it again gives the same.
-- NULL when it is made and signed already, or no longer wanted.
CREATE OR REPLACE FUNCTION receipt_json(j job) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	v_most CONSTANT integer := 60;
	v_evidence jsonb := decision_evidence(j.tenant_id, j.document_id, j.version);
	v_zone text := v_evidence ->> 'time_zone';
	v_last integer := (v_evidence #>> '{chain,after,length}')::integer;
BEGIN
	v_evidence := v_evidence
		|| jsonb_build_object('disclosed_at_local', local_time((v_evidence ->> 'disclosed_at')::timestamptz, v_zone));
	IF v_evidence ->> 'proof' IS NOT NULL THEN
		v_evidence := jsonb_set(v_evidence, '{proof,sent_at_local}', coalesce(to_jsonb(local_time(
			coalesce(v_evidence #>> '{proof,mailed_at}', v_evidence #>> '{proof,requested_at}')::timestamptz, v_zone)), 'null'));
	END IF;
	RETURN (
		SELECT json_build_object('document_id', d.id, 'version', v.version, 'sha256', encode(v.sha256, 'hex'),
			'language', v_evidence ->> 'language', 'customer', k.name,
			'sender', json_build_object('name', s.sender_name, 'color', s.color, 'reply_to', s.reply_to),
			'document', json_build_object('id', d.id, 'title', v.title, 'number', v.number, 'project', d.project,
				'amount', v.amount::text, 'currency', v.currency, 'version', v.version, 'file_name', v.file_name,
				'size', v.size),
			'evidence', v_evidence,
			'signature', receipt_signature(d.tenant_id, d.id, v_evidence),
			'history', receipt_history(d.tenant_id, d.id, v_last, v_evidence, v_most),
			'omitted', greatest(v_last - v_most, 0))
		FROM document d
		JOIN setting s ON s.tenant_id = d.tenant_id
		JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = j.version
		JOIN customer k ON k.tenant_id = d.tenant_id AND k.id = d.customer_id
		WHERE d.tenant_id = j.tenant_id AND d.id = j.document_id AND d.removed_at IS NULL
			AND v_evidence ->> 'type' = 'accepted' AND (v_evidence ->> 'erased_at') IS NULL
			AND NOT EXISTS (SELECT FROM receipt r WHERE r.tenant_id = d.tenant_id AND r.document_id = d.id
				AND r.version = v.version AND r.signature IS NOT NULL));
END $$;

-- What the statement that signs a receipt says; `at` is now.
CREATE OR REPLACE FUNCTION receipt_facts(r receipt) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
	SELECT jsonb_build_object('tenant_id', r.tenant_id, 'document_id', r.document_id, 'version', r.version,
		'event_id', (SELECT event_id FROM decision WHERE tenant_id = r.tenant_id AND document_id = r.document_id
			AND version = r.version),
		'kind', r.kind, 'size', r.size, 'sha256', encode(r.sha256, 'hex'), 'made', rfc3339(r.created_at),
		'at', rfc3339(portal_now()))
$$;

-- Takes away a receipt that has no signature, since nothing vouches for it, so that the one just made (P_SHA256) takes its place.
-- Where that is another one, whoever was given the old one can still have it checked.
CREATE OR REPLACE FUNCTION receipt_replace(p_tenant uuid, p_document uuid, p_version integer, p_sha256 bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	r receipt;
BEGIN
	DELETE FROM receipt WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version AND signature IS NULL
	RETURNING * INTO r;
	IF r.sha256 <> p_sha256 THEN
		INSERT INTO receipt_former (tenant_id, document_id, version, sha256, kind, size, created_at)
		VALUES (r.tenant_id, r.document_id, r.version, r.sha256, r.kind, r.size, r.created_at) ON CONFLICT DO NOTHING;
		DELETE FROM file_use WHERE tenant_id = r.tenant_id AND document_id = r.document_id AND sha256 = r.sha256
			AND NOT EXISTS (SELECT FROM receipt o WHERE o.tenant_id = r.tenant_id AND o.document_id = r.document_id AND o.sha256 = r.sha256)
			AND NOT EXISTS (SELECT FROM version v WHERE v.tenant_id = r.tenant_id AND v.document_id = r.document_id AND v.sha256 = r.sha256)
			AND NOT EXISTS (SELECT FROM attachment a WHERE a.tenant_id = r.tenant_id AND a.document_id = r.document_id AND a.sha256 = r.sha256);
		INSERT INTO job (tenant_id, kind, document_id, sha256) VALUES (r.tenant_id, 'erase', r.document_id, r.sha256);
	END IF;
END $$;

-- Keeps a receipt whose bytes the caller then puts into the store, and which it signs, before it commits: {kept, receipt}, the
-- latter receipt_facts(). {"kept": false} where there is a signed one already, or the document was removed or somebody erased
-- meanwhile.
CREATE OR REPLACE FUNCTION worker_keep_receipt(p_tenant uuid, p_document uuid, p_version integer, p_kind text,
	p_sha256 text, p_size bigint)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	r receipt;
BEGIN
	PERFORM pg_advisory_xact_lock_shared(file_lock_key(p_tenant, decode(p_sha256, 'hex')));
	PERFORM FROM document WHERE tenant_id = p_tenant AND id = p_document AND removed_at IS NULL FOR NO KEY UPDATE;
	-- Where somebody was erased meanwhile the job no longer runs: this receipt would name them.
	IF NOT FOUND OR NOT EXISTS (SELECT FROM job WHERE tenant_id = p_tenant AND document_id = p_document
		AND version = p_version AND kind = 'receipt' AND state = 'running')
	THEN
		RETURN json_build_object('kept', false);
	END IF;
	PERFORM receipt_replace(p_tenant, p_document, p_version, decode(p_sha256, 'hex'));
	INSERT INTO receipt (tenant_id, document_id, version, kind, sha256, size, created_at)
	VALUES (p_tenant, p_document, p_version, p_kind, decode(p_sha256, 'hex'), p_size, portal_now())
	ON CONFLICT DO NOTHING RETURNING * INTO r;
	IF NOT FOUND THEN
		RETURN json_build_object('kept', false);
	END IF;
	PERFORM files_use(p_tenant, p_document, jsonb_build_array(jsonb_build_object('sha256', p_sha256, 'size', p_size)));
	RETURN json_build_object('kept', true, 'receipt', receipt_facts(r));
END $$;

-- Keeps the signature of a receipt, unless it has one or is another by now. Gives {"signed": how many}.
CREATE OR REPLACE FUNCTION worker_sign_receipt(p_tenant uuid, p_document uuid, p_version integer, p_sha256 text,
	p_at timestamptz, p_key text, p_statement text, p_signature text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_count integer;
BEGIN
	UPDATE receipt SET signed_at = p_at, key_id = p_key, statement = p_statement, signature = decode(p_signature, 'base64')
	WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version AND sha256 = decode(p_sha256, 'hex')
		AND signature IS NULL;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN json_build_object('signed', v_count);
END $$;

-- Has some receipts that have no signature made anew: those from before there were any. Nothing vouches for their bytes, so
-- only what is made now is signed. Each once a day, so that one that cannot be made does not hold up the others. {"queued": n}.
CREATE OR REPLACE FUNCTION worker_unsigned_receipts(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	v_count integer;
BEGIN
	WITH due AS (
		SELECT r.tenant_id, r.document_id, r.version FROM receipt r
		JOIN document d ON d.tenant_id = r.tenant_id AND d.id = r.document_id AND d.removed_at IS NULL
		WHERE r.signature IS NULL AND (r.tried_at IS NULL OR r.tried_at < v_at - interval '1 day')
		ORDER BY r.tried_at NULLS FIRST LIMIT p_limit FOR UPDATE OF r SKIP LOCKED),
	taken AS (
		UPDATE receipt r SET tried_at = v_at FROM due
		WHERE r.tenant_id = due.tenant_id AND r.document_id = due.document_id AND r.version = due.version
		RETURNING r.tenant_id, r.document_id, r.version)
	INSERT INTO job (tenant_id, kind, document_id, version)
	SELECT tenant_id, 'receipt', document_id, version FROM taken
	ON CONFLICT (tenant_id, document_id, version) WHERE kind = 'receipt' DO UPDATE SET state = 'waiting', run_at = v_at,
		retried_at = v_at, attempts = 0, finished_at = NULL, status = NULL, answer = NULL WHERE job.state NOT IN ('waiting', 'running');
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN json_build_object('queued', v_count);
END $$;

-- How far the receipt of an accepted version is: ready, making, or failed: nobody makes it any more, unless ops have it tried again
-- (failed_jobs_retry()).
CREATE OR REPLACE FUNCTION receipt_state(p_tenant uuid, p_document uuid, p_version integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM FROM receipt WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version;
	IF FOUND THEN
		RETURN 'ready';
	END IF;
	PERFORM FROM job WHERE tenant_id = p_tenant AND document_id = p_document AND version = p_version AND kind = 'receipt'
		AND state IN ('waiting', 'running');
	RETURN CASE WHEN FOUND THEN 'making' ELSE 'failed' END;
END $$;

-- The receipt of an accepted version, of the last accepted one for NULL: {language, number, title, sha256, making}. Without
-- `sha256` it is not there: `making` says whether it is to come. NULL when nothing such was accepted.
CREATE OR REPLACE FUNCTION receipt_find(p_tenant uuid, p_document uuid, p_version integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT jsonb_build_object('language', x.language, 'number', v.number, 'title', v.title,
			'sha256', encode(r.sha256, 'hex'), 'link_id', x.link_id,
			'making', receipt_state(p_tenant, p_document, x.version) = 'making')
		FROM decision x
		JOIN version v ON v.tenant_id = x.tenant_id AND v.document_id = x.document_id AND v.version = x.version
		LEFT JOIN receipt r ON r.tenant_id = x.tenant_id AND r.document_id = x.document_id AND r.version = x.version
		WHERE x.tenant_id = p_tenant AND x.document_id = p_document AND x.type = 'accepted'
			AND (p_version IS NULL OR x.version = p_version)
		ORDER BY x.version DESC LIMIT 1);
END $$;

-- Whether a link may have the receipt, which holds the address of who accepted: the sender's own, the one that
-- accepted, and those of others who could have. Never one that several people hold.
CREATE OR REPLACE FUNCTION receipt_open_to(l link, p_decided uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT l.kind = 'preview' OR l.kind = 'personal' AND (l.id = p_decided OR 'accept' = ANY (l.rights))
$$;

-- GET /d/{token}/receipt: {verdict, tenant_id} and what receipt_find() gives.
CREATE OR REPLACE FUNCTION customer_receipt(p_token uuid, p_generation integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation);
	d document := v_pass.document;
	l link := v_pass.link;
	v_receipt jsonb;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	v_receipt := receipt_find(d.tenant_id, d.id, NULL);
	IF v_receipt IS NULL OR NOT receipt_open_to(l, (v_receipt ->> 'link_id')::uuid) THEN
		RETURN json_build_object('verdict', 'unknown');
	END IF;
	RETURN v_receipt || jsonb_build_object('verdict', 'ok', 'tenant_id', d.tenant_id);
END $$;

-- GET /api/v1/documents/{id}/receipt: what receipt_find() gives; NULL: no such document or acceptance.
CREATE OR REPLACE FUNCTION sender_receipt(p_tenant uuid, p_document uuid, p_version integer) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT receipt_find(p_tenant, d.id, p_version) FROM document d
	WHERE d.tenant_id = p_tenant AND d.id = p_document AND d.removed_at IS NULL
$$;
