-- Small functions that the others stand on. Files in this folder are applied again whenever one of
-- them changed; a change of a signature keeps the old function for one release.
--
-- Functions that every page calls are written in PL/pgSQL also where they are one query: it keeps the
-- query's plan, while a function in SQL that PostgreSQL cannot inline is planned at every call.
SET search_path = portal;

-- The clock of the contract. A test that travels in time replaces it; nobody else can.
CREATE OR REPLACE FUNCTION portal_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
	SELECT clock_timestamp()
$$;

-- A UUID of version 7 (RFC 9562, section 5.7) whose 12 bits after the milliseconds go on counting time (section 6.2,
-- method 3): rows that one statement writes one after the other sort as they were written.
CREATE OR REPLACE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
	SELECT (overlay(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 4096000)::bigint), 15, '0') PLACING '7' FROM 13 FOR 0)
		|| substr(gen_random_uuid()::text, 20))::uuid
$$;

-- RFC 3339 in UTC, milliseconds.
CREATE OR REPLACE FUNCTION rfc3339(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- The tenant's local time, as the pages format it.
CREATE OR REPLACE FUNCTION local_time(at timestamptz, zone text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT to_char(at AT TIME ZONE zone, 'YYYY-MM-DD"T"HH24:MI')
$$;

-- STABLE, as convert_to() is: else it could not be inlined.
CREATE OR REPLACE FUNCTION sha256_hex(data text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT encode(sha256(convert_to(data, 'UTF8')), 'hex')
$$;

-- Ends the statement with a problem of lib/problem.h: the data layer hands it to the caller.
CREATE OR REPLACE FUNCTION problem(code text, detail text, pointer text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'DP001', MESSAGE = code, DETAIL = detail, HINT = coalesce(pointer, '');
END $$;

-- Whether If-Match names a revision: `*`, or a list as in 3,4. NULL names none, and asks for none.
CREATE OR REPLACE FUNCTION revision_named(written text, revision integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT written = '*' OR revision::text = ANY (string_to_array(written, ','))
$$;

-- What a date or time of the API means as a moment; a plain date means the end of that day in ZONE.
CREATE OR REPLACE FUNCTION moment(written text, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN length(written) = 10
		THEN (written::date + 1)::timestamp AT TIME ZONE zone
		ELSE written::timestamptz END
$$;

-- The lock key of some bytes: uploads hold it shared from the existence check to the commit,
-- removal takes it exclusively.
CREATE OR REPLACE FUNCTION file_lock_key(tenant uuid, sha256 bytea) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT hashtextextended(tenant::text || encode(sha256, 'hex'), 0)
$$;
