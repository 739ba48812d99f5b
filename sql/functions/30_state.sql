-- States, what they allow, and the one gate for customers.
SET search_path = portal;

-- The state of a document at a moment: the first that holds. Expired is computed, never stored. What was declined and
-- then withdrawn is withdrawn.
CREATE OR REPLACE FUNCTION document_state(d document, at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
		WHEN d.decided = 'accepted' THEN d.decided
		WHEN d.withdrawn_at IS NOT NULL THEN 'withdrawn'
		WHEN d.decided IS NOT NULL THEN d.decided
		WHEN d.expires_at <= at THEN 'expired'
		WHEN d.opened_at IS NOT NULL THEN 'opened'
		ELSE 'sent' END
$$;

DROP FUNCTION IF EXISTS reader_state(document, timestamptz);

-- What the table of states answers to ACTION; `archived` stands before the document's own state.
CREATE OR REPLACE FUNCTION transition_answer(d document, p_action text, at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT coalesce(
			(SELECT answer FROM transition WHERE action = p_action AND state = 'archived' AND d.archived_at IS NOT NULL),
			(SELECT answer FROM transition WHERE action = p_action AND state = document_state(d, at))));
END $$;

-- The one gate: every customer route passes it. TOKEN is the link's public half, whose HMAC the
-- executable has checked; NEED is the right `view`, `ask` or `accept`, or `page` for the page itself,
-- which withdrawn documents still have; GENERATION is that of a valid access-code cookie, or NULL.
-- LOCK takes the document's row for a change; NO KEY, so that others' new rows may still refer to it. Verdicts: ok, unknown (also revoked and removed: they
-- look the same from outside), code_required, forbidden, withdrawn.
CREATE OR REPLACE FUNCTION gate(p_token uuid, p_need text, p_generation integer, p_lock boolean DEFAULT false)
RETURNS gate_pass LANGUAGE plpgsql AS $$
DECLARE
	v_at timestamptz;
	v_link link;
	v_document document;
	v_setting setting;
	v_verdict text;
BEGIN
	SELECT * INTO v_link FROM link WHERE token_id = p_token;
	IF p_lock THEN
		PERFORM FROM document WHERE tenant_id = v_link.tenant_id AND id = v_link.document_id FOR NO KEY UPDATE;
		-- The link may have been revoked while we waited for the document.
		SELECT * INTO v_link FROM link WHERE token_id = p_token;
	END IF;
	SELECT * INTO v_document FROM document WHERE tenant_id = v_link.tenant_id AND id = v_link.document_id;
	v_at := portal_now();
	IF v_document.id IS NULL OR v_link.revoked_at IS NOT NULL OR v_document.removed_at IS NOT NULL
		OR v_document.remove_at <= v_at
	THEN
		RETURN ROW('unknown', v_at, NULL, NULL, NULL)::gate_pass;
	END IF;
	SELECT * INTO v_setting FROM setting WHERE tenant_id = v_link.tenant_id;
	v_verdict := CASE
		WHEN v_link.kind = 'public' AND p_generation IS DISTINCT FROM v_document.code_generation
			THEN 'code_required'
		WHEN p_need <> 'page' AND p_need <> ALL (v_link.rights) THEN 'forbidden'
		WHEN p_need <> 'page' AND v_document.withdrawn_at IS NOT NULL THEN 'withdrawn'
		ELSE 'ok' END;
	RETURN ROW(v_verdict, v_at, v_link, v_document, v_setting)::gate_pass;
END $$;
