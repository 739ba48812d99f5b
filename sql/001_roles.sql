-- Roles and the schema. Executables hold no right on any table: each role may call the functions
-- made for it (sql/functions), and nothing else. Whoever takes over an executable can therefore do
-- no more than that executable's own routes do.
DO $$
DECLARE
	login text;
BEGIN
	FOREACH login IN ARRAY ARRAY['portal_sender', 'portal_customer', 'portal_worker'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', login);
		END IF;
	END LOOP;
	-- Owns the history: the only role that can write events and chain heads, and nobody logs in as it.
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_history') THEN
		CREATE ROLE portal_history NOLOGIN;
	END IF;
	EXECUTE format('ALTER DATABASE %I SET search_path = portal', current_database());
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO portal_sender, portal_customer, portal_worker',
		current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA portal;
GRANT USAGE ON SCHEMA portal TO portal_sender, portal_customer, portal_worker, portal_history;
SET search_path = portal;

-- A function is callable by the roles that sql/functions/90_grants.sql names, never by everyone.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA portal REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
