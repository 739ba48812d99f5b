-- Who decides, and what proves it: the methods of lib/identity.h, as far as the database takes part.
SET search_path = portal;

-- What deciding through this link takes. A public link is nobody's, and a link that the sender was shown
-- proves nothing against the sender: both need the code.
CREATE OR REPLACE FUNCTION effective_identity(d document, l link) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN l.kind = 'public' OR l.disclosed_at IS NOT NULL THEN 'email_code'
		ELSE d.settings -> 'accept' ->> 'identity' END
$$;

-- The same for one decision: to decline through a personal link, holding it is enough, unless the sender was shown it too, who
-- could decline in the customer's name.
CREATE OR REPLACE FUNCTION decision_identity(d document, l link, p_type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_type = 'declined' AND l.kind <> 'public' AND l.disclosed_at IS NULL THEN 'link'
		ELSE effective_identity(d, l) END
$$;

-- The last code mailed for this link and version: to the contact's own address; on the public link to the
-- address given, else the one that the visitor's cookie names.
CREATE OR REPLACE FUNCTION challenge_of(d document, l link, p_email text, p_challenge uuid) RETURNS identity_challenge
LANGUAGE plpgsql STABLE AS $$
DECLARE
	c identity_challenge;
BEGIN
	IF l.kind = 'public' AND p_email IS NULL THEN
		SELECT * INTO c FROM identity_challenge
		WHERE tenant_id = l.tenant_id AND id = p_challenge AND link_id = l.id AND version = d.version
			AND voided_at IS NULL;
		RETURN c;
	END IF;
	IF l.kind <> 'public' THEN
		SELECT email INTO p_email FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	END IF;
	SELECT * INTO c FROM identity_challenge
	WHERE tenant_id = l.tenant_id AND link_id = l.id AND version = d.version AND lower(email) = lower(p_email)
		AND voided_at IS NULL;
	RETURN c;
END $$;

-- Why a code cannot be tried any more: used, spent (five tries), expired; NULL while it can.
CREATE OR REPLACE FUNCTION challenge_ended(c identity_challenge, p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN c.used_at IS NOT NULL THEN 'used' WHEN c.tries >= 5 THEN 'spent'
		WHEN c.expires_at <= p_at THEN 'expired' END
$$;

-- m***@example.dk: enough to know it again.
CREATE OR REPLACE FUNCTION email_masked(p_email text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT left(p_email, 1) || '***' || substring(p_email FROM '@.*$')
$$;

-- How far the visitor has come in proving who they are, as the page shows it; NULL where nothing is to be proved.
CREATE OR REPLACE FUNCTION page_identity(d document, l link, p_challenge uuid, p_at timestamptz) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
	c identity_challenge;
	v_method text := effective_identity(d, l);
BEGIN
	IF v_method = 'link' THEN
		RETURN NULL;
	END IF;
	c := challenge_of(d, l, NULL, p_challenge);
	RETURN json_build_object('method', v_method, 'public', l.kind = 'public',
		'declining', decision_identity(d, l, 'declined') <> 'link',
		'sent', c.id IS NOT NULL, 'ended', challenge_ended(c, p_at), 'tries_left', 5 - c.tries,
		'email', CASE WHEN l.kind = 'public' THEN c.email END,
		'to', CASE WHEN l.kind = 'public' THEN c.email
			ELSE (SELECT email_masked(email) FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id) END);
END $$;

-- How many seconds until another code may be asked for, 0: now. At least 30 seconds apart; five an hour for a
-- personal link; for a public one, which many share, five an hour to one address and twenty in all.
CREATE OR REPLACE FUNCTION challenge_wait(l link, p_email text, p_at timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
	WITH recent AS (
		SELECT created_at, row_number() OVER (ORDER BY created_at DESC) AS n,
			row_number() OVER (PARTITION BY lower(email) = lower(p_email) ORDER BY created_at DESC) AS nth,
			lower(email) = lower(p_email) AS same
		FROM identity_challenge
		WHERE tenant_id = l.tenant_id AND created_at > p_at - interval '1 hour'
			AND (link_id = l.id OR l.kind = 'public' AND lower(email) = lower(p_email)))
	SELECT coalesce(ceil(extract(epoch FROM max(CASE
			WHEN n = CASE l.kind WHEN 'public' THEN 20 ELSE 5 END OR same AND nth = 5
				THEN created_at + interval '1 hour'
			WHEN same AND nth = 1 THEN created_at + interval '30 seconds' END) - p_at)), 0)::integer
	FROM recent
$$;

-- POST /d/{token}/identity by e-mail code: a new code, which voids the one before. EMAIL is the visitor's on a
-- public link, and not looked at on others. Gives {verdict, challenge, wait}; verdict `wait`: too soon, in how many
-- seconds; `email`: none was given; `not_needed`; or why nothing can be decided.
CREATE OR REPLACE FUNCTION customer_identity_begin(p_token uuid, p_generation integer, p_email text, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	l link := v_pass.link;
	v_obstacle text;
	v_wait integer;
	c identity_challenge;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	v_obstacle := decision_obstacle(d, l, v_pass.at);
	IF v_obstacle IS NOT NULL OR effective_identity(d, l) <> 'email_code' THEN
		RETURN json_build_object('verdict', coalesce(v_obstacle, 'not_needed'));
	END IF;
	IF l.kind <> 'public' THEN
		SELECT email INTO p_email FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	ELSIF p_email IS NULL THEN
		RETURN json_build_object('verdict', 'email');
	END IF;
	v_wait := challenge_wait(l, p_email, v_pass.at);
	IF v_wait > 0 THEN
		RETURN json_build_object('verdict', 'wait', 'wait', v_wait);
	END IF;
	UPDATE identity_challenge SET voided_at = v_pass.at
	WHERE tenant_id = l.tenant_id AND link_id = l.id AND version = d.version AND lower(email) = lower(p_email)
		AND voided_at IS NULL;
	INSERT INTO identity_challenge (tenant_id, document_id, link_id, version, email, sent, created_at, expires_at)
	SELECT l.tenant_id, d.id, l.id, d.version, p_email, count(*) + 1, v_pass.at, v_pass.at + interval '10 minutes'
	FROM identity_challenge
	WHERE tenant_id = l.tenant_id AND link_id = l.id AND version = d.version AND lower(email) = lower(p_email)
	RETURNING * INTO c;
	INSERT INTO job (tenant_id, kind, document_id, cause, link_id, version, request_id)
	VALUES (l.tenant_id, 'mail', d.id, 'code:' || c.id, l.id, d.version, p_request);
	NOTIFY portal_jobs; -- somebody waits for it
	RETURN json_build_object('verdict', 'ok', 'challenge', c.id);
END $$;

-- A try of the code, counted before it is judged, so that tries at once gain nothing. Gives {verdict, challenge,
-- nonce, tries_left}; verdicts besides `try`: none (never asked for one), used, spent, expired, and the gate's.
CREATE OR REPLACE FUNCTION customer_identity_try(p_token uuid, p_generation integer, p_email text, p_challenge uuid)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	c identity_challenge;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	c := challenge_of(v_pass.document, v_pass.link, p_email, p_challenge);
	IF c.id IS NULL OR challenge_ended(c, v_pass.at) IS NOT NULL THEN
		RETURN json_build_object('verdict', coalesce(challenge_ended(c, v_pass.at), 'none'));
	END IF;
	UPDATE identity_challenge SET tries = tries + 1 WHERE tenant_id = c.tenant_id AND id = c.id RETURNING * INTO c;
	RETURN json_build_object('verdict', 'try', 'challenge', c.id, 'nonce', c.nonce, 'tries_left', 5 - c.tries);
END $$;

-- A try of the code that the current version was decided with through a public link, by who gives that address: whoever has
-- it is the one who decided. Counted as any other. Gives {challenge, nonce}, both null where there is no such decision.
CREATE OR REPLACE FUNCTION customer_identity_recognise(p_token uuid, p_generation integer, p_email text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	c identity_challenge;
BEGIN
	IF v_pass.verdict = 'ok' AND (v_pass.link).kind = 'public' THEN
		UPDATE identity_challenge i SET tries = i.tries + 1
		FROM decision x
		WHERE x.tenant_id = d.tenant_id AND x.document_id = d.id AND x.version = d.version AND x.link_id = (v_pass.link).id
			AND lower(x.email) = lower(p_email)
			AND i.tenant_id = x.tenant_id AND i.id = (x.proof ->> 'challenge_id')::uuid AND i.tries < 5
		RETURNING i.* INTO c;
	END IF;
	RETURN json_build_object('challenge', c.id, 'nonce', c.nonce);
END $$;

-- Within the deciding transaction: takes what lib/identity.h has judged, or gives NULL where it does not hold (any
-- more). PROOF is {method, token}; the result {email, proof}, the proof without personal data, its tries those of all codes.
-- One branch a method.
CREATE OR REPLACE FUNCTION identity_settle(d document, l link, p_method text, p_proof jsonb, p_at timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	c identity_challenge;
BEGIN
	IF p_proof ->> 'method' IS DISTINCT FROM p_method THEN
		RETURN NULL;
	END IF;
	IF p_method = 'email_code' THEN
		UPDATE identity_challenge SET used_at = p_at
		WHERE tenant_id = l.tenant_id AND id = (p_proof ->> 'token')::uuid AND link_id = l.id
			AND version = d.version AND used_at IS NULL AND voided_at IS NULL AND expires_at > p_at
			AND (l.kind = 'public' OR lower(email) = (
				SELECT lower(k.email) FROM contact k WHERE k.tenant_id = l.tenant_id AND k.id = l.contact_id))
		RETURNING * INTO c;
		IF c.id IS NOT NULL THEN
			RETURN jsonb_build_object('email', c.email, 'proof', jsonb_build_object('challenge_id', c.id,
				'requested_at', rfc3339(c.created_at), 'mailed_at', rfc3339(c.mailed_at),
				'confirmed_at', rfc3339(p_at), 'codes', c.sent, 'tries', (
					SELECT sum(tries) FROM identity_challenge
					WHERE tenant_id = c.tenant_id AND link_id = c.link_id AND version = c.version AND lower(email) = lower(c.email))));
		END IF;
	END IF;
	RETURN NULL;
END $$;

-- The mail server has taken the mail with the code.
CREATE OR REPLACE FUNCTION code_mailed(j job, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
	UPDATE identity_challenge SET mailed_at = p_at
	WHERE tenant_id = j.tenant_id AND id = split_part(j.cause, ':', 2)::uuid
$$;
