-- Reminders and the notice before expiry: to whom, when, and once each.
SET search_path = portal;

-- The moment of the first reminder day after AT, counted from the current version's sending; NULL: none.
CREATE OR REPLACE FUNCTION next_reminder(d document, p_settings jsonb, p_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
	SELECT min(v.created_at + make_interval(days => day::integer))
	FROM version v, jsonb_array_elements_text(p_settings -> 'notify' -> 'reminder_days') day
	WHERE v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version
		AND v.created_at + make_interval(days => day::integer) > p_at
$$;

-- Where reminders are wanted, the last one goes out three days before the end.
CREATE OR REPLACE FUNCTION expiry_notice(p_settings jsonb, p_expires timestamptz, p_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
	SELECT p_expires - interval '3 days'
	WHERE p_expires - interval '3 days' > p_at AND jsonb_array_length(p_settings -> 'notify' -> 'reminder_days') > 0
$$;

-- The named contacts who are still to act: not those whose mails fail, nor who has opened where that is
-- all that is waited for, nor who could not decide anyway.
CREATE OR REPLACE FUNCTION links_to_remind(d document) RETURNS SETOF link LANGUAGE sql STABLE AS $$
	SELECT l FROM link l
	JOIN version v ON v.tenant_id = d.tenant_id AND v.document_id = d.id AND v.version = d.version
	LEFT JOIN engagement e ON e.tenant_id = l.tenant_id AND e.link_id = l.id AND e.version = d.version
	WHERE l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal' AND l.named
		AND l.revoked_at IS NULL AND l.delivery NOT IN ('failed', 'bounced')
		AND CASE WHEN d.settings -> 'notify' ->> 'remind_if' = 'not_opened' OR v.kind = 'document'
			THEN e.opened_at IS NULL
			ELSE 'accept' = ANY (l.rights) END
$$;

-- Queues one reminder for each of them; NTH makes the cause distinct. Gives how many. Counted and told they are when
-- they have gone out (delivery_tell()): what happens until then may make them unwanted.
CREATE OR REPLACE FUNCTION reminders_enqueue(d document, p_nth text, p_at timestamptz, p_request text,
	p_kind text DEFAULT 'reminder')
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	l link;
	v_count integer := 0;
BEGIN
	FOR l IN SELECT * FROM links_to_remind(d) LOOP
		INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
		VALUES (d.tenant_id, 'mail', d.id, p_kind || ':' || d.version || ':' || p_nth, l.id, d.version, p_request)
		ON CONFLICT DO NOTHING;
		v_count := v_count + CASE WHEN FOUND THEN 1 ELSE 0 END;
	END LOOP;
	RETURN v_count;
END $$;

-- The tenant's daytime: mails that nobody waits for go out between 8 and 18.
CREATE OR REPLACE FUNCTION is_daytime(s setting, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT extract(hour FROM p_at AT TIME ZONE s.time_zone) BETWEEN 8 AND 17
$$;

-- Reminds where it is time. Of several days that passed while nobody looked, only the last counts.
-- Gives {"done": n}.
CREATE OR REPLACE FUNCTION worker_remind(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	d document;
	v_at timestamptz := portal_now();
	v_count integer := 0;
BEGIN
	FOR d IN SELECT x.* FROM document x JOIN setting s ON s.tenant_id = x.tenant_id
		WHERE (x.remind_at <= v_at OR x.expiry_notice_at <= v_at) AND is_daytime(s, v_at)
		ORDER BY least(x.remind_at, x.expiry_notice_at) LIMIT p_limit FOR NO KEY UPDATE OF x SKIP LOCKED
	LOOP
		IF document_state(d, v_at) IN ('sent', 'opened') AND d.archived_at IS NULL AND d.removed_at IS NULL THEN
			IF d.expiry_notice_at <= v_at THEN
				PERFORM reminders_enqueue(d, d.expires_at::text, v_at, NULL, 'expiring');
			ELSE
				PERFORM reminders_enqueue(d, d.remind_at::text, v_at, NULL);
			END IF;
		END IF;
		UPDATE document SET remind_at = next_reminder(d, settings, v_at),
			expiry_notice_at = CASE WHEN expiry_notice_at > v_at THEN expiry_notice_at END
		WHERE tenant_id = d.tenant_id AND id = d.id;
		v_count := v_count + 1;
	END LOOP;
	RETURN json_build_object('done', v_count);
END $$;
