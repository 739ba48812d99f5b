-- Forgetting what a tenant's `retention` no longer keeps. The history stays whole: a line holds the salted hash of
-- the personal data beside it, and without data and salt nothing can be guessed from it.
SET search_path = portal;

-- One batch of one tenant, in the order of the feed. ip_days: IP addresses and user agents beside events, except
-- those of decisions, which are the evidence of a contract and go with the rest of it. event_days: the unchained
-- events, which say no more than that a page was fetched. Gives how many events were looked at.
CREATE OR REPLACE FUNCTION retention_step(p_tenant uuid, p_what text, p_days integer, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
	v_before timestamptz := portal_now() - make_interval(days => p_days);
	v_from bigint := coalesce((SELECT feed_no FROM retention_mark WHERE tenant_id = p_tenant AND what = p_what), 0);
	v_to bigint;
	v_ids uuid[];
BEGIN
	WITH following AS (
		SELECT id, feed_no, at FROM event WHERE tenant_id = p_tenant AND feed_no > v_from ORDER BY feed_no LIMIT p_limit)
	SELECT array_agg(id), max(feed_no) INTO v_ids, v_to FROM following
	WHERE feed_no < coalesce((SELECT min(feed_no) FROM following WHERE at >= v_before), 9223372036854775807);
	IF v_to IS NULL THEN
		RETURN 0;
	END IF;
	IF p_what = 'ip_days' THEN
		UPDATE event SET personal = NULL, salt = NULL
		WHERE id = ANY (v_ids) AND personal IS NOT NULL AND type NOT IN ('document.accepted', 'document.declined');
	ELSE
		DELETE FROM event WHERE id = ANY (v_ids) AND seq IS NULL;
	END IF;
	INSERT INTO retention_mark VALUES (p_tenant, p_what, v_to)
	ON CONFLICT (tenant_id, what) DO UPDATE SET feed_no = EXCLUDED.feed_no;
	RETURN cardinality(v_ids);
END $$;

-- One batch, for all tenants. Gives {"done": n}.
CREATE OR REPLACE FUNCTION worker_forget_personal(p_limit integer) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	r record;
	v_done integer := 0;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('portal retention')) THEN
		RETURN json_build_object('done', 0);
	END IF;
	FOR r IN SELECT s.tenant_id, w.what, (s.retention ->> w.what)::integer AS days
		FROM setting s CROSS JOIN unnest(ARRAY['ip_days', 'event_days']) AS w (what)
		WHERE s.retention ->> w.what IS NOT NULL
	LOOP
		EXIT WHEN v_done >= p_limit;
		v_done := v_done + retention_step(r.tenant_id, r.what, r.days, p_limit - v_done);
	END LOOP;
	RETURN json_build_object('done', v_done);
END $$;
