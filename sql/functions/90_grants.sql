-- Who may call what. Everything else is closed: no role holds a right on a table.
SET search_path = portal;

DO $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT p.oid::regprocedure AS name, p.proname FROM pg_proc p
		WHERE p.pronamespace = 'portal'::regnamespace
	LOOP
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
		IF split_part(f.proname, '_', 1) IN ('sender', 'customer', 'worker')
		THEN
			EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO portal_%s', f.name, split_part(f.proname, '_', 1));
		END IF;
	END LOOP;
END $$;

-- The history has a writer of its own: whoever owns the other functions still cannot write events
-- past event_append().
GRANT SELECT, INSERT, UPDATE ON chain TO portal_history;
GRANT SELECT, INSERT ON event TO portal_history;
GRANT EXECUTE ON FUNCTION new_id(), rfc3339(timestamptz), sha256_hex(text) TO portal_history;
ALTER FUNCTION event_append(uuid, uuid, text, integer, uuid, uuid, timestamptz, jsonb, jsonb, text, boolean)
	OWNER TO portal_history;

-- So have the signatures of the history.
GRANT SELECT, INSERT, UPDATE ON signing_key, head_signature, sealing TO portal_history;
GRANT SELECT, INSERT ON tenant_statement TO portal_history;
GRANT SELECT ON tenant TO portal_history;
GRANT EXECUTE ON FUNCTION portal_now(), base64(bytea), unsigned_heads(uuid, bigint, integer), statement_list(uuid, integer),
	seal_open(uuid, timestamptz), worker_sign(uuid, jsonb) TO portal_history;
ALTER FUNCTION worker_keys(jsonb) OWNER TO portal_history;
ALTER FUNCTION worker_sign(uuid, jsonb) OWNER TO portal_history;
ALTER FUNCTION worker_seal_next(integer) OWNER TO portal_history;
ALTER FUNCTION worker_seal_heads(uuid, bigint, jsonb) OWNER TO portal_history;
ALTER FUNCTION worker_seal(uuid, integer, timestamptz, text, text, text, text) OWNER TO portal_history;
