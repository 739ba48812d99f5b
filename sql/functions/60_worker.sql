-- The worker: the feed's order, the outbox, expiry.
SET search_path = portal;

-- Gives committed events their place in the feed and fans them out to webhooks, in one transaction:
-- what is numbered is also queued, and nothing is numbered twice. One worker at a time.
-- Gives {"numbered": n}.
CREATE OR REPLACE FUNCTION worker_number_events(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_last bigint;
	v_count integer;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('portal feed')) THEN
		RETURN json_build_object('numbered', 0);
	END IF;
	PERFORM FROM event WHERE feed_no IS NULL LIMIT 1;
	IF NOT FOUND THEN
		RETURN json_build_object('numbered', 0);
	END IF;
	SELECT last INTO STRICT v_last FROM feed FOR UPDATE;
	WITH fresh AS (
		SELECT id, v_last + row_number() OVER (ORDER BY n) AS no
		FROM (SELECT id, n FROM event WHERE feed_no IS NULL ORDER BY n LIMIT p_limit) u),
	numbered AS (
		UPDATE event e SET feed_no = fresh.no FROM fresh WHERE e.id = fresh.id
		RETURNING e.id, e.tenant_id, e.document_id, e.type, e.feed_no, e.request_id),
	queued AS (
		INSERT INTO job (tenant_id, kind, document_id, webhook_id, event_id, feed_no, request_id)
		SELECT x.tenant_id, 'webhook', x.document_id, w.id, x.id, x.feed_no, x.request_id
		FROM numbered x JOIN webhook w ON w.tenant_id = x.tenant_id AND w.deleted_at IS NULL
			AND (w.types IS NULL OR x.type = ANY (w.types))
		ORDER BY x.feed_no)
	SELECT count(*) INTO v_count FROM numbered;
	UPDATE feed SET last = v_last + v_count;
	RETURN json_build_object('numbered', v_count);
END $$;

-- This database session, distinct also over restarts.
CREATE OR REPLACE FUNCTION session_name() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT pid || ' ' || backend_start FROM pg_stat_get_activity(pg_backend_pid())
$$;

-- Frees the claims of workers that are gone, so that nothing waits for a lease to lapse.
-- Gives {"released": n}.
CREATE OR REPLACE FUNCTION worker_release() RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_count integer;
BEGIN
	-- A session whose start we may not see counts as the one with this number.
	UPDATE job SET run_at = portal_now()
	WHERE state = 'running' AND run_at > portal_now() AND NOT EXISTS (
		SELECT FROM pg_stat_get_activity(NULL) a
		WHERE a.pid = split_part(job.claimed_by, ' ', 1)::integer
			AND (a.backend_start IS NULL OR job.claimed_by = a.pid || ' ' || a.backend_start));
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN json_build_object('released', v_count);
END $$;

-- The deliveries of a webhook that may be claimed now. At most five of one go out at once, so that a
-- receiver that does not answer leaves room for the others'. Those of one document go one after the
-- other; the order yields once the earlier one has been failing for an hour.
CREATE OR REPLACE FUNCTION webhook_share(p_webhook uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
	SELECT j.id FROM job j
	WHERE j.webhook_id = p_webhook AND j.state IN ('waiting', 'running') AND j.run_at <= portal_now()
		AND NOT EXISTS (SELECT FROM job earlier
			WHERE earlier.webhook_id = j.webhook_id AND earlier.document_id = j.document_id
				AND earlier.feed_no < j.feed_no AND earlier.state IN ('waiting', 'running')
				AND earlier.created_at > portal_now() - interval '1 hour')
	ORDER BY j.run_at, j.n
	LIMIT greatest(0, 5 - (SELECT count(*) FROM job
		WHERE webhook_id = p_webhook AND state = 'running' AND run_at > portal_now()))
$$;

-- Whether a job waits for another one of the same version: the receipt for the signature that it shows, the mails of an
-- acceptance for the receipt that they bring. Not for ever: what is late by then comes without.
CREATE OR REPLACE FUNCTION job_waits(j job) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
	v_for text := CASE WHEN j.kind = 'receipt' THEN 'sign'
		WHEN j.kind = 'mail' AND j.cause LIKE 'accepted:%' THEN 'receipt' END;
BEGIN
	RETURN v_for IS NOT NULL AND EXISTS (SELECT FROM job
		WHERE tenant_id = j.tenant_id AND document_id = j.document_id AND version = j.version
			AND kind IN ('sign', 'receipt') AND kind = v_for AND state IN ('waiting', 'running')
			AND created_at > portal_now() - interval '15 minutes');
END $$;

-- Claims due jobs of some kinds: marks them running until LEASE is over or the worker is gone, after
-- which another worker may have them. Gives an array of job_json().
CREATE OR REPLACE FUNCTION worker_claim(p_kinds text[], p_limit integer, p_lease interval) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_jobs json;
BEGIN
	WITH candidate AS (
		SELECT id FROM job
		WHERE state IN ('waiting', 'running') AND run_at <= portal_now() AND kind = ANY (p_kinds)
			AND kind <> 'webhook' AND NOT job_waits(job)
		UNION ALL
		SELECT share.id FROM (
			SELECT DISTINCT webhook_id FROM job
			WHERE state IN ('waiting', 'running') AND run_at <= portal_now() AND kind = ANY (p_kinds)
				AND kind = 'webhook') w,
			LATERAL webhook_share(w.webhook_id) AS share (id)),
	due AS (
		SELECT j.id FROM job j
		WHERE j.id IN (SELECT id FROM candidate) AND j.state IN ('waiting', 'running') AND j.run_at <= portal_now()
		ORDER BY j.run_at LIMIT p_limit FOR UPDATE SKIP LOCKED),
	claimed AS (
		-- Who is running still was claimed by a worker that is gone.
		UPDATE job j SET state = 'running', unseen = unseen OR state = 'running', attempts = attempts + 1, run_at = portal_now() + p_lease,
			claimed_by = session_name()
		FROM due WHERE j.id = due.id
		RETURNING j.*)
	SELECT json_agg(job_json(c)) INTO v_jobs FROM claimed c;
	RETURN coalesce(v_jobs, '[]');
END $$;

-- Everything that carrying out a job takes.
CREATE OR REPLACE FUNCTION job_json(j job) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', j.id, 'kind', j.kind, 'tenant_id', j.tenant_id, 'attempts', j.attempts,
		'request_id', j.request_id, 'sha256', encode(j.sha256, 'hex'),
		'mail', CASE j.kind WHEN 'mail' THEN mail_json(j) END,
		'login', CASE j.kind WHEN 'login' THEN login_json(j) END,
		'webhook', CASE j.kind WHEN 'webhook' THEN delivery_json(j) END,
		'sign', CASE j.kind WHEN 'sign' THEN sign_json(j) END,
		'receipt', CASE j.kind WHEN 'receipt' THEN receipt_json(j) END)
$$;

-- What a version changed that a mail tells of: the members of the one before that differ, else null.
CREATE OR REPLACE FUNCTION previous_json(v version) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'previous_title', CASE WHEN o.title <> v.title THEN o.title END,
		'previous_amount', CASE WHEN (o.amount, o.currency) IS DISTINCT FROM (v.amount, v.currency) THEN o.amount::text END,
		'previous_currency', CASE WHEN (o.amount, o.currency) IS DISTINCT FROM (v.amount, v.currency) THEN o.currency END)
	FROM version o
	WHERE o.tenant_id = v.tenant_id AND o.document_id = v.document_id AND o.version = v.version - 1
$$;

-- Whether a later mail of the same kind goes to the same link: an address corrected twice while the mail server is away
-- is one invitation, to the last address. Mails say what holds when they are sent.
CREATE OR REPLACE FUNCTION mail_superseded(j job) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT split_part(j.cause, ':', 1) IN ('upload', 'change', 'link') AND EXISTS (SELECT FROM job o
		WHERE o.tenant_id = j.tenant_id AND o.document_id = j.document_id AND o.link_id = j.link_id AND o.kind = 'mail'
			AND o.n > j.n AND split_part(o.cause, ':', 1) = split_part(j.cause, ':', 1))
$$;

-- What a mail says. `link` is a token's public half; the sender's own mails carry the preview link.
-- `texts` are the tenant's own of the mail's language, their variables still open. NULL when the mail is no
-- longer wanted: the link is revoked, or what it invites to has ended.
CREATE OR REPLACE FUNCTION mail_json(j job) RETURNS json LANGUAGE sql VOLATILE AS $$
	SELECT (jsonb_build_object('cause', x.cause, 'to_sender', j.link_id IS NULL,
		'to_name', CASE WHEN j.link_id IS NULL THEN s.sender_name
			ELSE coalesce(c.name, l.name, CASE WHEN i.id IS NULL THEN y.name END) END,
		'public', l.kind = 'public', 'nonce', i.nonce,
		'to_address', CASE WHEN j.link_id IS NULL THEN s.reply_to ELSE coalesce(i.email, c.email, l.email, y.email) END,
		'language', x.language, 'texts', CASE WHEN x.invites THEN s.texts -> x.language END,
		'link', l.token_id, 'sender_name', s.sender_name, 'color', s.color, 'reply_to', s.reply_to,
		'kind', v.kind, 'title', v.title, 'number', v.number, 'project', d.project, 'version', v.version,
		'amount', v.amount::text, 'currency', v.currency, 'message', d.settings ->> 'message',
		'customer_name', k.name, 'contact_name', coalesce(c.name, l.name),
		'sent_at', local_time(v.created_at, s.time_zone), 'expires', expires_local(d, s),
		'happened_at', CASE x.cause WHEN 'locked' THEN local_time(j.created_at, s.time_zone) END,
		'locked_scope', CASE x.cause WHEN 'locked' THEN split_part(j.cause, ':', 4) END,
		'opened', EXISTS (SELECT FROM engagement e WHERE e.tenant_id = l.tenant_id AND e.link_id = l.id
			AND e.version = v.version AND e.opened_at IS NOT NULL),
		'can_accept', v.kind = 'quote' AND (d.settings -> 'accept' ->> 'enabled')::boolean AND 'accept' = ANY (l.rights),
		'decision', CASE WHEN y.version IS NOT NULL THEN json_build_object('type', y.type, 'name', y.name,
			'at', local_time(y.at, s.time_zone), 'sha256', encode(y.sha256, 'hex'),
			'reason', y.reason, 'purchase_order', y.purchase_order) END,
		'receipt', CASE x.cause WHEN 'accepted' THEN (
			SELECT json_build_object('tenant_id', r.tenant_id, 'sha256', encode(r.sha256, 'hex'), 'size', r.size,
				'language', y.language)
			FROM receipt r
			WHERE r.tenant_id = j.tenant_id AND r.document_id = j.document_id AND r.version = j.version) END,
		'receipt_state', CASE x.cause WHEN 'accepted' THEN receipt_state(j.tenant_id, j.document_id, j.version) END)
		|| message_mail(m, s, v) || share_said(l, x.cause)
		|| CASE x.cause WHEN 'change' THEN coalesce(previous_json(v), '{}') ELSE '{}' END)::json
	FROM document d
	JOIN setting s ON s.tenant_id = d.tenant_id
	CROSS JOIN LATERAL (SELECT split_part(j.cause, ':', 1) AS cause) reason
	-- A new link opens what is current by the time it is mailed.
	JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id
		AND v.version = CASE WHEN reason.cause IN ('link', 'shared') THEN d.version ELSE j.version END
	JOIN customer k ON k.tenant_id = d.tenant_id AND k.id = d.customer_id
	JOIN link l ON l.tenant_id = d.tenant_id AND l.document_id = d.id
		AND CASE WHEN j.link_id IS NULL THEN l.kind = 'preview' ELSE l.id = j.link_id END
	LEFT JOIN contact c ON c.tenant_id = l.tenant_id AND c.id = l.contact_id
	LEFT JOIN decision y ON y.tenant_id = j.tenant_id AND y.document_id = j.document_id AND y.version = j.version
	LEFT JOIN identity_challenge i ON i.tenant_id = j.tenant_id
		AND i.id = CASE WHEN j.cause LIKE 'code:%' THEN split_part(j.cause, ':', 2)::uuid END
	LEFT JOIN message m ON m.tenant_id = j.tenant_id
		AND m.id = CASE WHEN j.cause LIKE 'message:%' THEN split_part(j.cause, ':', 2)::uuid END
	CROSS JOIN LATERAL (SELECT coalesce(nullif(m.kind, 'message'), reason.cause) AS cause,
		reason.cause IN ('upload', 'change', 'reminder', 'expiring') AS invites,
		CASE WHEN j.link_id IS NULL THEN s.language
			ELSE coalesce(c.language, l.language, d.settings ->> 'language') END AS language) x
	WHERE d.tenant_id = j.tenant_id AND d.id = j.document_id AND d.removed_at IS NULL AND l.revoked_at IS NULL
		AND (NOT x.invites OR d.version = j.version AND document_state(d, portal_now()) IN ('sent', 'opened'))
		AND (x.cause NOT IN ('link', 'shared') OR d.withdrawn_at IS NULL)
		AND (x.cause NOT IN ('reminder', 'expiring') OR d.archived_at IS NULL)
		AND (x.cause <> 'expiring' OR d.expires_at IS NOT NULL)
		AND NOT mail_superseded(j)
		-- A code that is void or too old by now would only mislead.
		AND (x.cause <> 'code' OR i.voided_at IS NULL AND challenge_ended(i, portal_now()) IS NULL)
$$;

CREATE OR REPLACE FUNCTION delivery_json(j job) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('url', w.url, 'secret', encode(w.secret, 'base64'),
		'old_secret', CASE WHEN w.old_secret_until > portal_now() THEN encode(w.old_secret, 'base64') END,
		'event', CASE WHEN e.id IS NULL THEN jsonb_build_object('id', j.id, 'type', 'webhook.test',
			'timestamp', rfc3339(j.created_at), 'document_id', NULL, 'external_id', NULL, 'version', NULL,
			'contact_id', NULL, 'data', '{}'::jsonb) ELSE event_json(e) END)
	FROM webhook w LEFT JOIN event e ON e.id = j.event_id
	WHERE w.tenant_id = j.tenant_id AND w.id = j.webhook_id AND w.deleted_at IS NULL
		AND (e.id IS NOT NULL OR j.cause = 'test')
$$;

-- How long to wait before attempt N + 1: doubling from 5 seconds to 6 hours, with a third of jitter.
CREATE OR REPLACE FUNCTION retry_delay(p_attempts integer) RETURNS interval LANGUAGE sql VOLATILE AS $$
	SELECT least(interval '5 seconds' * 2 ^ least(p_attempts - 1, 20), interval '6 hours')
		* (1 + random() / 3)
$$;

-- Tells how a job ended. OUTCOME: done | retry | dead (no use in trying again) | dropped (no longer
-- wanted). A retry turns dead after three days. Only the claim's own attempt may finish a job.
CREATE OR REPLACE FUNCTION worker_finish(p_job uuid, p_attempt integer, p_outcome text, p_status integer,
	p_answer text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	j job;
BEGIN
	UPDATE job SET status = p_status, answer = left(p_answer, 1000),
		state = CASE
			WHEN p_outcome IN ('done', 'dropped') THEN 'done'
			WHEN p_outcome = 'dead' OR coalesce(retried_at, created_at) < v_at - interval '3 days' THEN 'dead'
			ELSE 'waiting' END,
		run_at = v_at + retry_delay(attempts),
		finished_at = CASE WHEN p_outcome <> 'retry' OR coalesce(retried_at, created_at) < v_at - interval '3 days' THEN v_at END
	WHERE id = p_job AND state = 'running' AND attempts = p_attempt
	RETURNING * INTO j;
	IF j.kind = 'login' AND j.finished_at IS NOT NULL THEN
		PERFORM login_told(j);
	END IF;
	PERFORM job_count(j.kind, CASE WHEN j.state = 'dead' THEN 'dead' ELSE p_outcome END)
	WHERE j.id IS NOT NULL;
	IF j.kind = 'mail' AND j.link_id IS NOT NULL AND j.finished_at IS NOT NULL
		AND (split_part(j.cause, ':', 1) IN ('upload', 'change', 'reminder', 'expiring', 'link', 'shared')
			-- An answer that does not arrive is told; one that does says nothing of the invitation.
			OR j.state = 'dead' AND j.cause LIKE 'message:%')
	THEN
		IF p_outcome <> 'dropped' OR mail_arrived(j) THEN
			PERFORM delivery_tell(j, v_at);
		ELSIF NOT mail_superseded(j) THEN -- else the later one's delivery is what counts
			UPDATE link SET delivery = 'none'
			WHERE tenant_id = j.tenant_id AND id = j.link_id AND delivery = 'queued';
		END IF;
	ELSIF j.cause LIKE 'code:%' AND p_outcome = 'done' THEN
		PERFORM code_mailed(j, v_at);
	END IF;
	RETURN json_build_object('state', j.state);
END $$;

-- Whether a mail that is no longer wanted may have gone out before: an attempt of it ended without our seeing how, and
-- the contact's delivery waits for it. That nothing was sent is said only of what was never tried.
CREATE OR REPLACE FUNCTION mail_arrived(j job) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT j.unseen AND NOT mail_superseded(j) AND EXISTS (SELECT FROM link l WHERE l.tenant_id = j.tenant_id AND l.id = j.link_id
		AND l.delivery = 'queued' AND l.revoked_at IS NULL)
$$;

-- The mail server took or refused an invitation: the contact's delivery, and an event. A reminder counts now.
CREATE OR REPLACE FUNCTION delivery_tell(j job, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	l link;
	v_cause text := split_part(j.cause, ':', 1);
	v_reminded boolean := j.state = 'done' AND v_cause IN ('reminder', 'expiring');
BEGIN
	PERFORM FROM document WHERE tenant_id = j.tenant_id AND id = j.document_id FOR NO KEY UPDATE;
	UPDATE link SET delivery = CASE j.state WHEN 'done' THEN 'sent' ELSE 'failed' END,
		reminders_sent = reminders_sent + v_reminded::integer, delivered_at = CASE j.state WHEN 'done' THEN p_at END,
		delivery_answer = CASE j.state WHEN 'done' THEN NULL ELSE j.answer END
	WHERE tenant_id = j.tenant_id AND id = j.link_id
	RETURNING * INTO l;
	PERFORM event_append(j.tenant_id, j.document_id,
		CASE j.state WHEN 'done' THEN 'document.delivered' ELSE 'document.delivery_failed' END,
		j.version, l.id, l.contact_id, p_at,
		jsonb_build_object('cause', v_cause), answer_personal(j.answer), j.request_id);
	IF v_reminded THEN
		PERFORM event_append(j.tenant_id, j.document_id, 'document.reminded', j.version, l.id, l.contact_id, p_at,
			jsonb_build_object('cause', v_cause), NULL, j.request_id);
	END IF;
END $$;

-- Jobs that ended long ago: deliveries can be looked up for 90 days, what failed for good for a year. Gives {"done": n}.
CREATE OR REPLACE FUNCTION worker_forget_jobs(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_count integer;
BEGIN
	DELETE FROM job WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM job
		WHERE finished_at IS NOT NULL AND (state = 'done' AND finished_at < portal_now() - interval '90 days'
			OR state = 'dead' AND finished_at < portal_now() - interval '1 year')
		LIMIT p_limit FOR UPDATE SKIP LOCKED));
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN json_build_object('done', v_count);
END $$;

-- Tells of documents whose expiry has passed, once each. Gives {"expired": n}.
CREATE OR REPLACE FUNCTION worker_expire(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	v_count bigint;
BEGIN
	WITH due AS (
		SELECT tenant_id, id FROM document
		WHERE expires_at <= v_at AND expiry_told_at IS NULL AND decided IS NULL AND withdrawn_at IS NULL
			AND removed_at IS NULL
		LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
	), told AS (
		UPDATE document d SET expiry_told_at = v_at FROM due
		WHERE d.tenant_id = due.tenant_id AND d.id = due.id RETURNING d.*
	)
	SELECT count(event_append(tenant_id, id, 'document.expired', version, NULL, NULL, v_at, NULL, NULL, NULL))
	INTO v_count FROM told;
	RETURN json_build_object('expired', v_count);
END $$;

-- Archives and removes what is due. Gives {"done": n}.
CREATE OR REPLACE FUNCTION worker_archive(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_at timestamptz := portal_now();
	v_archived bigint := (SELECT count(document_archive(due.d, true, v_at, NULL)) FROM (
		SELECT d FROM document d WHERE d.archive_at <= v_at AND d.archived_at IS NULL AND d.removed_at IS NULL
		LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) due);
	v_removed bigint := (SELECT count(document_remove(due.d, v_at, NULL)) FROM (
		SELECT d FROM document d WHERE d.remove_at <= v_at AND d.removed_at IS NULL
		LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) due);
BEGIN
	RETURN json_build_object('done', v_archived + v_removed);
END $$;

-- First half of erasing bytes, inside the caller's transaction: takes the bytes' lock exclusively and
-- looks again. {"erase": true} when no document needs them; the caller then takes the file out of the
-- store and commits.
CREATE OR REPLACE FUNCTION worker_erase(p_tenant uuid, p_sha256 text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_sha256 bytea := decode(p_sha256, 'hex');
BEGIN
	-- A backup has copied the row, and is to find the bytes (ctl/backup.c).
	IF NOT pg_try_advisory_xact_lock_shared(hashtext('portal erase')) THEN
		PERFORM problem('unavailable', 'a backup is under way');
	END IF;
	PERFORM pg_advisory_xact_lock(file_lock_key(p_tenant, v_sha256));
	PERFORM FROM file_use WHERE tenant_id = p_tenant AND sha256 = v_sha256
	UNION ALL SELECT FROM setting_file WHERE tenant_id = p_tenant AND sha256 = v_sha256;
	IF FOUND THEN
		RETURN json_build_object('erase', false);
	END IF;
	DELETE FROM file WHERE tenant_id = p_tenant AND sha256 = v_sha256;
	RETURN json_build_object('erase', true);
END $$;

-- After a restore: numbers that the feed gave after the backup are not given again. A number a microsecond is more
-- than any portal gives.
CREATE OR REPLACE FUNCTION feed_skip() RETURNS void LANGUAGE sql AS $$
	UPDATE feed SET last = greatest(last, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
$$;
