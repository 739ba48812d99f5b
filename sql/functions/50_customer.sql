-- The customers' side: each function is one route's whole work, in one round trip.
-- PERSONAL is {ip, user_agent}; REQUEST the request id. All answers carry the gate's `verdict`.
SET search_path = portal;

-- A page was asked for: at most one event per link, version and hour, not chained and with a relaxed
-- commit, because a bare GET may be a mail scanner and a lost one harms nobody.
CREATE OR REPLACE FUNCTION fetched(d document, l link, p_at timestamptz, p_scanner boolean,
	p_personal jsonb, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	-- The usual page view ends here, without a lock and so without a commit to wait for.
	PERFORM FROM engagement WHERE tenant_id = l.tenant_id AND link_id = l.id AND version = d.version
		AND fetched_at > p_at - interval '1 hour';
	IF FOUND THEN
		RETURN;
	END IF;
	INSERT INTO engagement AS e (tenant_id, document_id, link_id, version, fetched_at)
	VALUES (d.tenant_id, d.id, l.id, d.version, p_at)
	ON CONFLICT (tenant_id, link_id, version) DO UPDATE SET fetched_at = p_at
	WHERE e.fetched_at IS NULL OR e.fetched_at <= p_at - interval '1 hour';
	IF FOUND THEN
		PERFORM event_append(d.tenant_id, d.id, 'document.fetched', d.version, l.id, l.contact_id, p_at,
			jsonb_build_object('likely_scanner', p_scanner), p_personal, p_request, false);
		SET LOCAL synchronous_commit = off;
	END IF;
END $$;

-- A person has the version before them: told once per link and version. The caller has locked the document and read it
-- since; `fetched` alone writes engagements without that lock, and it writes nothing that is read here.
CREATE OR REPLACE FUNCTION opened(d document, l link, p_at timestamptz, p_personal jsonb, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM engagement
	WHERE tenant_id = l.tenant_id AND link_id = l.id AND version = d.version AND opened_at IS NOT NULL;
	IF FOUND THEN
		RETURN;
	END IF;
	INSERT INTO engagement (tenant_id, document_id, link_id, version, opened_at)
	VALUES (d.tenant_id, d.id, l.id, d.version, p_at)
	ON CONFLICT (tenant_id, link_id, version) DO UPDATE SET opened_at = p_at;
	IF d.opened_at IS NULL THEN
		UPDATE document SET opened_at = p_at WHERE tenant_id = d.tenant_id AND id = d.id;
	END IF;
	PERFORM event_append(d.tenant_id, d.id, 'document.opened', d.version, l.id, l.contact_id, p_at, NULL,
		p_personal, p_request);
END $$;

-- The language of a page: the one asked for, else the contact's, else the link's, else the document's.
CREATE OR REPLACE FUNCTION reader_language(d document, l link, c contact, p_asked text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(p_asked, c.language, l.language, d.settings ->> 'language')
$$;

CREATE OR REPLACE FUNCTION page_language(d document, l link, p_asked text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	c contact;
BEGIN
	SELECT * INTO c FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	RETURN reader_language(d, l, c, p_asked);
END $$;

-- The decision of the current version as the page shows it. An address is shown only to who gave it.
CREATE OR REPLACE FUNCTION page_decision(d document, l link, p_zone text, p_challenge uuid) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT json_build_object('type', type, 'mine', mine, 'erased', erased_at IS NOT NULL, 'at', local_time(at, p_zone), 'name', name,
			'email', CASE WHEN mine THEN email END, 'reason', CASE WHEN mine THEN reason END,
			'purchase_order', CASE WHEN mine THEN purchase_order END,
			'version', version, 'sha256', encode(sha256, 'hex'),
			'receipt', receipt <> 'failed', 'receipt_failed', receipt = 'failed')
		FROM decision x, LATERAL (SELECT decided_here(x, l, p_challenge) AND x.erased_at IS NULL AS mine,
			CASE WHEN x.type = 'accepted' AND x.erased_at IS NULL AND receipt_open_to(l, x.link_id)
				THEN receipt_state(x.tenant_id, x.document_id, x.version) END AS receipt) y
		WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version);
END $$;
DROP FUNCTION IF EXISTS page_decision(document, link, text);

-- The last 30 lines of the history that this visitor may know: what the sender did, how it ended, and what was done
-- through this very link, if it is a person's. Of other people's reading and writing it tells nothing.
CREATE OR REPLACE FUNCTION page_history(d document, l link, p_zone text) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT json_agg(json_build_object('what', split_part(e.type, '.', 2), 'at', local_time(e.at, p_zone),
			'version', e.version, 'mine', e.link_id = l.id AND l.contact_id IS NOT NULL,
			'file_name', CASE e.type WHEN 'document.attachment_downloaded' THEN
				(SELECT a.name FROM attachment a
				WHERE a.tenant_id = e.tenant_id AND a.document_id = e.document_id AND a.version = e.version
					AND a.n = (e.line::jsonb -> 'data' ->> 'n')::integer) END))
		FROM (SELECT * FROM event
			WHERE tenant_id = d.tenant_id AND document_id = d.id AND seq IS NOT NULL
				AND (type IN ('document.sent', 'document.accepted', 'document.declined', 'document.expired',
						'document.withdrawn')
					OR type = 'document.message' AND link_id IS NULL
					OR link_id = l.id AND l.contact_id IS NOT NULL AND type IN ('document.opened',
						'document.downloaded', 'document.attachment_downloaded', 'document.reminded', 'document.message',
						'document.changes_requested', 'document.renewal_requested', 'link.shared'))
			ORDER BY seq DESC LIMIT 30) e);
END $$;

-- GET /d/{token}. FETCH: person | scanner | none (HEAD: records nothing). CONSENTS are the portal's
-- own texts by language, CHALLENGE what the visitor's cookie names (challenge_of()).
CREATE OR REPLACE FUNCTION customer_page(p_token uuid, p_generation integer, p_fetch text, p_language text,
	p_consents jsonb, p_personal jsonb, p_request text, p_challenge uuid)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'page', p_generation);
	d document := v_pass.document;
	l link := v_pass.link;
	s setting := v_pass.setting;
	v version;
	k customer;
	c contact;
	v_language text;
	v_consent text;
	v_values jsonb;
	v_decide text;
	v_logo boolean;
BEGIN
	IF l.contact_id IS NOT NULL THEN
		SELECT * INTO c FROM contact WHERE tenant_id = l.tenant_id AND id = l.contact_id;
	END IF;
	v_language := reader_language(d, l, c, p_language);
	IF v_pass.verdict = 'code_required' THEN
		-- Before the code is right nothing is told but whose page it is.
		RETURN json_build_object('verdict', v_pass.verdict, 'language', v_language, 'sender_name', s.sender_name,
			'color', s.color, 'access', text_fill(s.texts -> v_language ->> 'access',
				jsonb_build_object('virksomhed', s.sender_name)));
	END IF;
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	SELECT * INTO v FROM version WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version;
	SELECT * INTO k FROM customer WHERE tenant_id = d.tenant_id AND id = d.customer_id;
	v_values := text_values(s, d, v, k, c, v_language);
	v_consent := consent_text(s, k, c, v_language, p_consents, v_values);
	v_decide := transition_answer(d, 'decide', v_pass.at);
	v_logo := EXISTS (SELECT FROM setting_file WHERE tenant_id = d.tenant_id AND kind = 'logo');
	IF p_fetch <> 'none' AND l.kind <> 'preview' AND d.withdrawn_at IS NULL THEN
		PERFORM fetched(d, l, v_pass.at, p_fetch = 'scanner', p_personal, p_request);
	END IF;
	-- Without a query within, the expression needs no executor.
	RETURN json_build_object('verdict', 'ok', 'language', v_language,
		'sender_name', s.sender_name, 'color', s.color,
		'state', document_state(d, v_pass.at),
		'kind', v.kind, 'title', v.title, 'number', v.number, 'project', d.project,
		'amount', v.amount::text, 'currency', v.currency, 'message', d.settings ->> 'message',
		'customer_name', k.name, 'contact_name', c.name,
		'sent_at', local_time(v.created_at, s.time_zone),
		'expires', expires_local(d, s),
		'days_left', days_left(d, s, v_pass.at),
		'version', v.version, 'sha256', encode(v.sha256, 'hex'), 'size', v.size, 'pages', v.pages,
		'attachments', files_json(d.tenant_id, d.id, v.version),
		'can_accept', v.kind = 'quote' AND (d.settings -> 'accept' ->> 'enabled')::boolean
			AND 'accept' = ANY (l.rights) AND v_decide = 'yes',
		'signature', d.settings -> 'accept' ->> 'signature',
		'identity', CASE WHEN effective_identity(d, l) <> 'link' THEN page_identity(d, l, p_challenge, v_pass.at) END,
		'reason_required', (d.settings -> 'accept' ->> 'reason_required')::boolean,
		'consent', v_consent, 'consent_sha256', sha256_hex(v_consent),
		'welcome', text_fill(s.texts -> v_language ->> 'welcome', v_values),
		'thanks', text_fill(s.texts -> v_language ->> 'thanks', v_values),
		'logo', v_logo,
		'decision', CASE WHEN d.decided IS NOT NULL THEN page_decision(d, l, s.time_zone, p_challenge) END,
		'history', page_history(d, l, s.time_zone),
		'conversation', conversation_page(d, l, v, s.time_zone, v_decide, v_pass.at),
		'sharing', sharing_page(d, l, s.time_zone));
END $$;
DROP FUNCTION IF EXISTS customer_page(uuid, integer, text, text, jsonb, jsonb, text);

-- POST /d/{token}/opened: the beacon. SEEN: the number of the last message that the page showed, or NULL.
CREATE OR REPLACE FUNCTION customer_opened(p_token uuid, p_generation integer, p_version integer,
	p_personal jsonb, p_request text, p_seen integer)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, 'view', p_generation, true);
	d document := v_pass.document;
	l link := v_pass.link;
BEGIN
	IF v_pass.verdict = 'ok' AND l.kind <> 'preview' AND d.version = p_version THEN
		PERFORM opened(d, l, v_pass.at, p_personal, p_request);
	END IF;
	IF v_pass.verdict = 'ok' THEN
		PERFORM messages_seen(d, l, p_seen, v_pass.at);
	END IF;
	RETURN json_build_object('verdict', v_pass.verdict);
END $$;

-- As executables of the release before call it.
CREATE OR REPLACE FUNCTION customer_opened(p_token uuid, p_generation integer, p_version integer,
	p_personal jsonb, p_request text)
RETURNS json LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT customer_opened(p_token, p_generation, p_version, p_personal, p_request, NULL)
$$;

-- The bytes behind a link. WHAT: file (the viewer), download, attachment (number N), logo. RECORD: this is
-- the start of a download by what is no scanner. Gives {verdict, tenant_id, sha256, name, type};
-- verdict `unknown` also where there is no such attachment.
CREATE OR REPLACE FUNCTION customer_file(p_token uuid, p_generation integer, p_what text, p_n integer,
	p_record boolean, p_personal jsonb, p_request text)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
	v_pass gate_pass := gate(p_token, CASE p_what WHEN 'logo' THEN 'page' ELSE 'view' END, p_generation);
	d document := v_pass.document;
	l link := v_pass.link;
	v_answer json;
BEGIN
	IF v_pass.verdict <> 'ok' THEN
		RETURN json_build_object('verdict', v_pass.verdict);
	END IF;
	IF p_what = 'logo' THEN
		RETURN coalesce((SELECT json_build_object('verdict', 'ok', 'tenant_id', tenant_id, 'name', name,
			'type', type, 'sha256', encode(sha256, 'hex'))
			FROM setting_file WHERE tenant_id = d.tenant_id AND kind = 'logo'),
			json_build_object('verdict', 'unknown'));
	ELSIF p_what = 'attachment' THEN
		SELECT json_build_object('verdict', 'ok', 'tenant_id', d.tenant_id, 'name', name, 'type', type,
			'sha256', encode(sha256, 'hex')) INTO v_answer
		FROM attachment
		WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version AND n = p_n;
	ELSE
		SELECT json_build_object('verdict', 'ok', 'tenant_id', d.tenant_id, 'name', file_name,
			'type', 'application/pdf', 'sha256', encode(sha256, 'hex')) INTO v_answer
		FROM version WHERE tenant_id = d.tenant_id AND document_id = d.id AND version = d.version;
	END IF;
	IF v_answer IS NOT NULL AND p_record AND p_what <> 'file' AND l.kind <> 'preview' THEN
		PERFORM downloaded(l, p_generation, d.version, CASE p_what WHEN 'attachment' THEN p_n END, p_personal, p_request);
	END IF;
	RETURN coalesce(v_answer, json_build_object('verdict', 'unknown'));
END $$;

-- Records a download once per link and version (an attachment once per number); implies opened.
CREATE OR REPLACE FUNCTION downloaded(l link, p_generation integer, p_version integer, p_n integer,
	p_personal jsonb, p_request text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v_pass gate_pass;
	d document;
BEGIN
	-- The usual repeat needs no lock.
	PERFORM FROM engagement WHERE tenant_id = l.tenant_id AND link_id = l.id AND version = p_version
		AND CASE WHEN p_n IS NULL THEN downloaded_at IS NOT NULL ELSE p_n = ANY (attachments) END;
	IF FOUND THEN
		RETURN;
	END IF;
	v_pass := gate(l.token_id, 'view', p_generation, true);
	d := v_pass.document;
	IF v_pass.verdict <> 'ok' OR d.version <> p_version THEN
		RETURN;
	END IF;
	PERFORM opened(d, l, v_pass.at, p_personal, p_request);
	UPDATE engagement SET downloaded_at = CASE WHEN p_n IS NULL THEN v_pass.at ELSE downloaded_at END,
		attachments = CASE WHEN p_n IS NULL THEN attachments ELSE attachments || p_n END
	WHERE tenant_id = d.tenant_id AND link_id = l.id AND version = d.version
		AND CASE WHEN p_n IS NULL THEN downloaded_at IS NULL ELSE p_n <> ALL (attachments) END;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF p_n IS NULL AND d.downloaded_at IS NULL THEN
		UPDATE document SET downloaded_at = v_pass.at WHERE tenant_id = d.tenant_id AND id = d.id;
	END IF;
	PERFORM event_append(d.tenant_id, d.id,
		CASE WHEN p_n IS NULL THEN 'document.downloaded' ELSE 'document.attachment_downloaded' END,
		d.version, l.id, l.contact_id, v_pass.at, CASE WHEN p_n IS NOT NULL THEN jsonb_build_object('n', p_n) END,
		p_personal, p_request);
END $$;
DROP FUNCTION IF EXISTS downloaded(uuid, integer, integer, integer, jsonb, text), engagement_lock(document, link);

-- GET /readyz: whether this role can work at all, and the seconds since the worker's last sign of life.
CREATE OR REPLACE FUNCTION customer_ready() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = portal, pg_temp AS $$
	SELECT json_build_object('worker_age',
		(SELECT floor(extract(epoch FROM clock_timestamp() - at))::bigint FROM worker_beat))
$$;
