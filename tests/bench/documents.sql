-- What the measurements need in the instance's own database: the floor's tables, and documents by the thousand.
CREATE SCHEMA bench;

CREATE TABLE bench.document (token_id uuid PRIMARY KEY, name text NOT NULL, path text NOT NULL);
CREATE TABLE bench.event (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token_id uuid NOT NULL,
	type text NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	request_id text,
	personal text
);
CREATE TABLE bench.file (sha256 text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

-- The documents numbered P_FROM .. P_FROM + P_COUNT - 1, each sent, with one contact and the file P_SHA256.
-- Rows as sender_put_document() leaves them, but without mails, and with their place in the feed: the worker
-- has nothing left to do. Ten documents share a customer.
CREATE FUNCTION bench.fill(p_tenant uuid, p_from integer, p_count integer, p_sha256 text) RETURNS void
LANGUAGE plpgsql SET search_path = portal AS $$
DECLARE
	v_first integer := p_from / 10;
	v_last integer := (p_from + p_count - 1) / 10;
	v_feed bigint;
	f file;
	s setting;
BEGIN
	SELECT * INTO STRICT f FROM file WHERE tenant_id = p_tenant AND sha256 = decode(p_sha256, 'hex');
	SELECT * INTO STRICT s FROM setting WHERE tenant_id = p_tenant;
	SELECT last INTO STRICT v_feed FROM feed FOR UPDATE;
	INSERT INTO customer (tenant_id, external_id, name)
	SELECT p_tenant, 'bench-' || g, 'Jensen Byg ' || g || ' A/S' FROM generate_series(v_first, v_last) g
	ON CONFLICT DO NOTHING;
	INSERT INTO contact (tenant_id, customer_id, external_id, name, email, language)
	SELECT p_tenant, id, 'P-1', 'Mette Jensen', 'mette@example.dk', 'da' FROM customer
	WHERE tenant_id = p_tenant AND external_id LIKE 'bench-%'
	ON CONFLICT DO NOTHING;
	INSERT INTO document (tenant_id, external_id, customer_id, project, settings, version, revision)
	SELECT p_tenant, 'bench-' || g, c.id, 'Tagrenovering',
		default_settings(s) || '{"message": "Hej Mette, her er tilbuddet."}', 1, 1
	FROM generate_series(p_from, p_from + p_count - 1) g
	JOIN customer c ON c.tenant_id = p_tenant AND c.external_id = 'bench-' || g / 10;

	CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
	SELECT d.id, c.id AS contact_id, substr(d.external_id, 7)::integer AS n
	FROM document d JOIN contact c ON c.tenant_id = d.tenant_id AND c.customer_id = d.customer_id
	WHERE d.tenant_id = p_tenant AND d.external_id LIKE 'bench-%'
		AND substr(d.external_id, 7)::integer BETWEEN p_from AND p_from + p_count - 1;
	INSERT INTO version (tenant_id, document_id, version, kind, title, number, amount, currency, file_name, sha256,
		size, pages, created_at)
	SELECT p_tenant, id, 1, 'quote', 'Tilbud på nyt tag', '2026-' || n, 184500, 'DKK', 'tilbud.pdf', f.sha256, f.size,
		f.pages, now()
	FROM fresh;
	INSERT INTO file_use SELECT p_tenant, f.sha256, id FROM fresh;
	INSERT INTO link (tenant_id, document_id, kind, contact_id, rights, delivery)
	SELECT p_tenant, id, 'personal', contact_id, '{view,ask,accept}'::text[], 'sent' FROM fresh
	UNION ALL
	SELECT p_tenant, id, 'preview', NULL, '{view}', 'none' FROM fresh;
	WITH line AS (
		SELECT id, json_build_object('seq', 1, 'type', 'document.sent', 'document_id', id)::text AS line,
			v_feed + row_number() OVER () AS feed_no
		FROM fresh),
	event AS (
		INSERT INTO event (id, tenant_id, document_id, seq, type, version, at, line, hash, feed_no)
		SELECT new_id(), p_tenant, id, 1, 'document.sent', 1, now(), line,
			sha256_hex(repeat('0', 64) || E'\n' || line), feed_no
		FROM line RETURNING document_id, hash)
	INSERT INTO chain SELECT p_tenant, document_id, 1, hash FROM event;
	UPDATE feed SET last = v_feed + p_count;
END $$;

-- The links in the documents' order, and the same for the floor.
CREATE FUNCTION bench.links(p_tenant uuid, p_count integer) RETURNS SETOF uuid
LANGUAGE sql SET search_path = portal AS $$
	INSERT INTO bench.document
	SELECT l.token_id, v.file_name, p_tenant || '/' || left(encode(v.sha256, 'hex'), 2) || '/' || encode(v.sha256, 'hex')
	FROM link l JOIN version v ON v.tenant_id = l.tenant_id AND v.document_id = l.document_id
	WHERE l.tenant_id = p_tenant AND l.kind = 'personal'
	ON CONFLICT DO NOTHING;
	SELECT l.token_id FROM document d
	JOIN link l ON l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal'
	WHERE d.tenant_id = p_tenant AND d.external_id IN (SELECT 'bench-' || g FROM generate_series(0, p_count - 1) g)
	ORDER BY substr(d.external_id, 7)::integer
$$;

-- The reader has the page before them: what the page's script tells about documents P_FROM and following.
CREATE FUNCTION bench.open(p_tenant uuid, p_from integer, p_count integer) RETURNS bigint
LANGUAGE sql SET search_path = portal AS $$
	SELECT count(customer_opened(l.token_id, NULL, 1, '{"ip": "127.0.0.1", "user_agent": "bench"}', NULL))
	FROM document d
	JOIN link l ON l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal'
	WHERE d.tenant_id = p_tenant
		AND d.external_id IN (SELECT 'bench-' || g FROM generate_series(p_from, p_from + p_count - 1) g)
$$;

-- Documents P_FROM and following are read, downloaded and accepted. Statistics of tables that nobody has used yet
-- would make plans that scan them whole, and keep doing so while they fill.
CREATE FUNCTION bench.use(p_tenant uuid, p_from integer, p_count integer, p_sha256 text) RETURNS void
LANGUAGE sql SET search_path = portal AS $$
	SELECT count(customer_page(l.token_id, NULL, 'person', NULL, '{"da": "Ja"}', p.personal, NULL, NULL))
		+ count(customer_file(l.token_id, NULL, 'download', NULL, true, p.personal, NULL))
		+ count(customer_decide(l.token_id, NULL, jsonb_build_object('type', 'accepted', 'version', 1,
			'sha256', p_sha256, 'name', 'Mette Jensen'), '{"da": "Ja"}', p.personal, NULL, NULL))
	FROM document d
	JOIN link l ON l.tenant_id = d.tenant_id AND l.document_id = d.id AND l.kind = 'personal'
	CROSS JOIN (SELECT '{"ip": "127.0.0.1", "user_agent": "bench"}'::jsonb AS personal) p
	WHERE d.tenant_id = p_tenant
		AND d.external_id IN (SELECT 'bench-' || g FROM generate_series(p_from, p_from + p_count - 1) g);
	-- Nobody reads these mails and receipts.
	UPDATE job SET state = 'done', finished_at = now() WHERE state = 'waiting';
$$;
