-- Erasing a person, in one transaction: rows and events together, since `portalctl verify` compares them. The chain stays
-- whole, its lines holding no more than salted hashes of what goes. Doing it again finishes what came in between.
SET search_path = portal;

-- Decisions: everything about who. A consent that names the person goes too; its hash stands in the line.
CREATE OR REPLACE FUNCTION erase_decisions(p person, p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_events uuid[];
BEGIN
	UPDATE decision SET consent_sha256 = sha256_hex(consent), consent = NULL
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND words_redacted(consent, p.words) <> consent;
	WITH gone AS (
		UPDATE decision x SET name = NULL, email = NULL, reason = NULL, purchase_order = NULL, signature_image = NULL, erased_at = p_at
		WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND erased_at IS NULL AND decided_by(x, p)
		RETURNING event_id)
	SELECT array_agg(event_id) INTO v_events FROM gone;
	-- Of whom a public link let in the other events are known by the place they came from.
	UPDATE event e SET personal = NULL, salt = NULL
	FROM event x
	WHERE x.id = ANY (v_events) AND e.tenant_id = x.tenant_id AND e.document_id = x.document_id AND e.link_id = x.link_id
		AND e.personal::jsonb ->> 'ip' = x.personal::jsonb ->> 'ip'
		AND e.type NOT IN ('document.accepted', 'document.declined');
	UPDATE event SET personal = NULL, salt = NULL WHERE id = ANY (v_events);
	RETURN coalesce(cardinality(v_events), 0);
END $$;

-- Receipts name who decided, and everybody who did anything before. Those of others' decisions are made anew.
CREATE OR REPLACE FUNCTION erase_receipts(p person, p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_count integer;
BEGIN
	WITH gone AS (
		DELETE FROM receipt WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) RETURNING *),
	former AS (
		INSERT INTO receipt_former (tenant_id, document_id, version, sha256, kind, size, created_at, signed_at, key_id, statement,
			signature)
		SELECT tenant_id, document_id, version, sha256, kind, size, created_at, signed_at, key_id, statement, signature FROM gone
		ON CONFLICT DO NOTHING),
	freed AS (
		DELETE FROM file_use u USING gone g
		WHERE u.tenant_id = g.tenant_id AND u.document_id = g.document_id AND u.sha256 = g.sha256),
	erasing AS (
		INSERT INTO job (tenant_id, kind, document_id, sha256, run_at)
		SELECT tenant_id, 'erase', document_id, sha256, p_at FROM gone)
	SELECT count(*) INTO v_count FROM gone;
	-- One that is being made says what is no longer there: worker_keep_receipt() asks for a running job.
	UPDATE job SET state = 'dead', finished_at = p_at, answer = 'a contact was erased'
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND kind = 'receipt' AND state IN ('waiting', 'running');
	INSERT INTO job (tenant_id, kind, document_id, version)
	SELECT x.tenant_id, 'receipt', x.document_id, x.version
	FROM decision x JOIN document d ON d.tenant_id = x.tenant_id AND d.id = x.document_id AND d.removed_at IS NULL
	WHERE x.tenant_id = p.tenant_id AND x.document_id = ANY (p.documents) AND x.type = 'accepted' AND x.erased_at IS NULL
	ON CONFLICT (tenant_id, document_id, version) WHERE kind = 'receipt' DO UPDATE SET state = 'waiting', run_at = p_at,
		retried_at = p_at, finished_at = NULL, status = NULL, answer = NULL;
	RETURN v_count;
END $$;

-- Whether an event's personal data hold one of WORDS. Looked at value by value: in JSON text a word after a line feed follows
-- the letter n.
CREATE OR REPLACE FUNCTION personal_names(p_personal text, p_words text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT EXISTS (SELECT FROM jsonb_each_text(p_personal::jsonb - 'ip' - 'user_agent')
		WHERE words_redacted(value, p_words) <> value)
$$;

-- Messages, and what the sender wrote beside the documents; others' words lose the name alone.
CREATE OR REPLACE FUNCTION erase_words(p person, p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_count integer;
BEGIN
	UPDATE message SET text = NULL, name = NULL
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND link_id = ANY (p.links || p.shares)
		AND num_nonnulls(text, name) > 0;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	UPDATE message SET text = words_redacted(text, p.words), name = words_redacted(name, p.words)
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents)
		AND (words_redacted(text, p.words), words_redacted(name, p.words)) IS DISTINCT FROM (text, name);
	UPDATE document SET project = words_redacted(project, p.words),
		settings = settings || jsonb_build_object('message', words_redacted(settings ->> 'message', p.words))
	WHERE tenant_id = p.tenant_id AND id = ANY (p.documents)
		AND (words_redacted(project, p.words), words_redacted(settings ->> 'message', p.words))
			IS DISTINCT FROM (project, settings ->> 'message');
	UPDATE version SET file_name = words_redacted(file_name, p.words)
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND words_redacted(file_name, p.words) <> file_name;
	UPDATE link SET note = words_redacted(note, p.words)
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND words_redacted(note, p.words) <> note;
	UPDATE event SET personal = NULL, salt = NULL
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND personal IS NOT NULL
		AND (link_id = ANY (p.links || p.shares) OR contact_id = ANY (p.contacts)
			-- Another's decision stands as that person made it.
			OR type NOT IN ('document.accepted', 'document.declined') AND personal_names(personal, p.words));
	RETURN v_count;
END $$;

-- Links end, and with them those passed on; the history tells that they did. It also names the decisions whose person goes,
-- whatever link they were made by: a public one stays open, one that ended before ends no more.
CREATE OR REPLACE FUNCTION erase_links(p person, p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_ids uuid[] := p.links || p.shares;
	v_count integer;
BEGIN
	PERFORM event_append(l.tenant_id, l.document_id, 'link.revoked', d.version, l.id, l.contact_id, p_at,
		jsonb_strip_nulls(jsonb_build_object('erased', true, 'decisions', x.versions)), NULL, NULL)
	FROM link l JOIN document d ON d.tenant_id = l.tenant_id AND d.id = l.document_id
	CROSS JOIN LATERAL (SELECT jsonb_agg(version ORDER BY version) AS versions FROM decision
		WHERE tenant_id = l.tenant_id AND document_id = l.document_id AND link_id = l.id AND erased_at = p_at) x
	WHERE l.tenant_id = p.tenant_id AND l.document_id = ANY (p.documents)
		AND (l.id = ANY (v_ids) AND l.revoked_at IS NULL AND d.removed_at IS NULL OR x.versions IS NOT NULL);
	UPDATE link SET revoked_at = coalesce(revoked_at, p_at), revoked_by_hand = false, named = false, email = NULL, name = NULL,
		language = NULL, note = NULL, delivery_answer = NULL, delivery = CASE delivery WHEN 'queued' THEN 'none' ELSE delivery END
	WHERE tenant_id = p.tenant_id AND id = ANY (v_ids);
	GET DIAGNOSTICS v_count = ROW_COUNT;
	UPDATE document SET revision = revision + 1, updated_at = p_at
	WHERE tenant_id = p.tenant_id AND id = ANY (p.documents) AND removed_at IS NULL AND cardinality(p.words) > 0;
	RETURN v_count;
END $$;

-- Mails that were to go out do not, nor those about what the person wrote; what servers answered goes, and kept answers.
-- One that is being sent this moment arrives, and is not written down (worker_finish() asks for a running job).
CREATE OR REPLACE FUNCTION erase_outbox(p person, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE job j SET state = 'dead', finished_at = p_at, answer = 'a contact was erased'
	WHERE tenant_id = p.tenant_id AND document_id = ANY (p.documents) AND kind = 'mail' AND state IN ('waiting', 'running')
		AND (link_id = ANY (p.links || p.shares)
			OR EXISTS (SELECT FROM decision x WHERE x.tenant_id = j.tenant_id AND x.document_id = j.document_id
				AND x.erased_at IS NOT NULL AND j.cause = x.type || ':' || x.version)
			OR EXISTS (SELECT FROM message m WHERE m.tenant_id = j.tenant_id AND m.document_id = j.document_id
				AND m.link_id = ANY (p.links || p.shares) AND j.cause = 'message:' || m.id)
			OR EXISTS (SELECT FROM identity_challenge c WHERE c.tenant_id = j.tenant_id AND lower(c.email) = ANY (p.addresses)
				AND j.cause = 'code:' || c.id));
	UPDATE job SET answer = CASE WHEN link_id = ANY (p.links || p.shares) THEN NULL ELSE words_redacted(answer, p.words) END
	WHERE answer <> 'a contact was erased' AND (tenant_id = p.tenant_id AND document_id = ANY (p.documents) OR kind = 'login');
	UPDATE idempotency SET answer = NULL, headers = NULL, erased_at = p_at
	WHERE tenant_id = p.tenant_id AND status IS NOT NULL AND erased_at IS NULL
		AND (route ~ '/(documents|bounces)$' OR EXISTS (SELECT FROM unnest(p.documents) d WHERE strpos(route, d::text) > 0));
END $$;

CREATE OR REPLACE FUNCTION erase_sessions(p person) RETURNS void LANGUAGE sql AS $$
	DELETE FROM identity_challenge
	WHERE tenant_id = p.tenant_id AND (link_id = ANY (p.links || p.shares) OR lower(email) = ANY (p.addresses));
	DELETE FROM login_session WHERE address = ANY (p.addresses);
	DELETE FROM login_challenge WHERE address_hash IN (SELECT address_hash(a) FROM unnest(p.addresses) a);
	DELETE FROM login_rate WHERE whom IN (SELECT encode(address_hash(a), 'hex') FROM unnest(p.addresses) a);
$$;

-- The rows themselves, and a customer who is the person.
CREATE OR REPLACE FUNCTION erase_contacts(p person, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
	UPDATE customer k SET name = 'Slettet kunde ' || right(k.id::text, 12)
	FROM contact c
	WHERE c.tenant_id = p.tenant_id AND c.id = ANY (p.contacts) AND c.erased_at IS NULL
		AND k.tenant_id = c.tenant_id AND k.id = c.customer_id AND lower(k.name) = lower(c.name);
	UPDATE contact SET name = 'Slettet', email = 'slettet-' || id, external_id = NULL, language = NULL, erased_at = p_at
	WHERE tenant_id = p.tenant_id AND id = ANY (p.contacts) AND erased_at IS NULL;
$$;

CREATE OR REPLACE FUNCTION person_lock(p person) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM document WHERE tenant_id = p.tenant_id AND id = ANY (p.documents) ORDER BY id FOR NO KEY UPDATE;
	-- No new links to them from here on.
	PERFORM FROM contact WHERE tenant_id = p.tenant_id AND id = ANY (p.contacts) ORDER BY id FOR UPDATE;
END $$;

-- portalctl contact erase: [{tenant_id, contacts, documents, links, decisions, messages, receipts}]. Refused (`conflict`) while
-- an accepted quote is kept, unless FORCE. NULL: nothing is held.
CREATE OR REPLACE FUNCTION person_erase(p_tenant uuid, p_contact uuid, p_email text, p_force boolean) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
	p person;
	v_at timestamptz;
	v_kept jsonb;
	v_decisions integer;
	v_result jsonb;
BEGIN
	PERFORM person_lock(f) FROM person_find(p_tenant, p_contact, p_email) f;
	FOR p IN SELECT (f).* FROM person_find(p_tenant, p_contact, p_email) f LOOP
		PERFORM person_lock(p); -- what came while we waited
		v_at := portal_now(); -- not before it
		v_kept := person_kept(p, v_at);
		IF v_kept IS NOT NULL AND NOT p_force THEN
			PERFORM problem('conflict', format('quote %s was accepted, and its contacts are kept until %s (retention.accepted_years of tenant %s); '
				'nothing was erased. --force erases all the same', v_kept ->> 'external_id', left(v_kept ->> 'until', 10), p.tenant_id));
		END IF;
		v_decisions := erase_decisions(p, v_at);
		v_result := coalesce(v_result, '[]') || jsonb_build_object('tenant_id', p.tenant_id, 'contacts', p.contacts,
			'documents', cardinality(p.documents), 'decisions', v_decisions,
			-- Once is enough: what is made anew names nobody.
			'receipts', CASE WHEN cardinality(p.words) > 0 THEN erase_receipts(p, v_at) ELSE 0 END,
			'messages', erase_words(p, v_at));
		PERFORM erase_outbox(p, v_at);
		PERFORM erase_sessions(p);
		v_result := jsonb_set(v_result, '{-1,links}', to_jsonb(erase_links(p, v_at)));
		PERFORM erase_contacts(p, v_at);
	END LOOP;
	NOTIFY portal_jobs;
	RETURN v_result;
END $$;
