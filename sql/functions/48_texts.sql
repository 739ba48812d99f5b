-- The tenant's own texts: filling in their variables, for what pages show and what a decision records.
-- Mails are filled in by the worker (lib/texts.h), since only it can make the link.
SET search_path = portal;

-- TEXT with its variables filled in, once: what a value holds is never filled in itself. A null value
-- fills in nothing, a word that is no variable stays as it is written. NULL where only blanks are left.
CREATE OR REPLACE FUNCTION text_fill(p_text text, p_values jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
	IF strpos(p_text, '{') > 0 THEN
		p_text := (SELECT string_agg(
				CASE WHEN p_values ? part[2] THEN coalesce(p_values ->> part[2], '') ELSE part[1] END, '' ORDER BY n)
			FROM regexp_matches(p_text, '(\{([^{}]*)\}|[^{]+|\{)', 'g') WITH ORDINALITY AS m (part, n));
	END IF;
	RETURN CASE WHEN p_text !~ '^\s*$' THEN p_text END;
END $$;

-- "31. december 2026 kl. 14.05", as lib/locale.h writes it; WRITTEN is "2026-12-31" or "2026-12-31T14:05".
CREATE OR REPLACE FUNCTION date_written(written text, p_language text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (
		SELECT CASE p_language WHEN 'da' THEN
			to_char(day, 'FMDD. ') || ('{januar,februar,marts,april,maj,juni,juli,august,september,oktober,november,december}'
				::text[])[extract(month FROM day)] || to_char(day, ' YYYY')
				|| CASE WHEN length(written) > 10 THEN to_char(day, '" kl. "HH24.MI') ELSE '' END
		ELSE to_char(day, 'FMDD FMMonth YYYY')
				|| CASE WHEN length(written) > 10 THEN to_char(day, '" at "HH24:MI') ELSE '' END END
		FROM CAST(written AS timestamp) AS t (day));
END $$;

-- Until when a document can be accepted, as it was set: a day, or local time. NULL: without end.
CREATE OR REPLACE FUNCTION expires_local(d document, s setting) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN length(d.settings ->> 'expires_at') = 10 THEN d.settings ->> 'expires_at'
		ELSE local_time(d.expires_at, s.time_zone) END
$$;

-- Whole days of the tenant's calendar until then; 0: today.
CREATE OR REPLACE FUNCTION days_left(d document, s setting, p_at timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN length(d.settings ->> 'expires_at') = 10 THEN (d.settings ->> 'expires_at')::date
		ELSE (d.expires_at AT TIME ZONE s.time_zone)::date END - (p_at AT TIME ZONE s.time_zone)::date
$$;

-- What the variables stand for to the contact C of the customer K; NULL for a tenant without texts of its own.
CREATE OR REPLACE FUNCTION text_values(s setting, d document, v version, k customer, c contact, p_language text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN s.texts <> '{}' THEN
		jsonb_build_object('kunde', k.name, 'customer', k.name, 'kontakt', coalesce(c.name, k.name),
			'virksomhed', s.sender_name, 'projekt', d.project, 'titel', v.title, 'nummer', v.number,
			'udløb', date_written(expires_local(d, s), p_language), 'besked', d.settings ->> 'message') END
$$;
DROP FUNCTION IF EXISTS text_values(setting, document, link, version, text);

-- What the visitor agrees to: the tenant's own text in this language, else the portal's. Of that there are two: on behalf
-- of the customer K, its one variable, and for whom the contact C is the customer. VALUES as above.
CREATE OR REPLACE FUNCTION consent_text(s setting, k customer, c contact, p_language text, p_consents jsonb, p_values jsonb)
RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(text_fill(s.texts -> p_language ->> 'consent', p_values),
		CASE WHEN lower(c.name) = lower(k.name) THEN p_consents ->> (p_language || '.own') END,
		replace(p_consents ->> p_language, '{customer}', k.name))
$$;
DROP FUNCTION IF EXISTS consent_text(setting, text, jsonb, jsonb);
DROP FUNCTION IF EXISTS consent_text(setting, customer, text, jsonb, jsonb);
