-- Tenants, their keys and settings, and the people they send to.
SET search_path = portal;

-- Ids grow with time (UUID version 7, RFC 9562 section 5.7), so that indexes stay compact.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
	SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
		FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

CREATE TABLE tenant (
	id uuid PRIMARY KEY DEFAULT new_id(),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
	created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenant IS 'The sending company. Every other row belongs to one.';

CREATE TABLE setting (
	tenant_id uuid PRIMARY KEY REFERENCES tenant,
	sender_name text NOT NULL,
	reply_to text,
	color text CHECK (color ~ '^#[0-9a-f]{6}$'),
	language text NOT NULL DEFAULT 'da' CHECK (language IN ('da', 'en')),
	time_zone text NOT NULL DEFAULT 'Europe/Copenhagen',
	texts jsonb NOT NULL DEFAULT '{}',
	defaults jsonb NOT NULL DEFAULT '{}',
	return_links boolean NOT NULL DEFAULT false,
	verify_shows_name boolean NOT NULL DEFAULT false,
	retention jsonb NOT NULL DEFAULT '{}',
	revision integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE setting IS 'What a tenant set for all its documents; one row a tenant. `defaults` holds members of a document''s metadata.';

CREATE TABLE api_key (
	tenant_id uuid NOT NULL REFERENCES tenant,
	id uuid NOT NULL DEFAULT new_id(),
	hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
	scope text NOT NULL CHECK (scope IN ('read', 'write')),
	created_at timestamptz NOT NULL DEFAULT now(),
	revoked_at timestamptz,
	PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE api_key IS 'Keys of quoting systems. Only the SHA-256 of a key is kept.';

CREATE TABLE customer (
	tenant_id uuid NOT NULL REFERENCES tenant,
	id uuid NOT NULL DEFAULT new_id(),
	external_id text,
	name text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX customer_external_id ON customer (tenant_id, external_id);
CREATE UNIQUE INDEX customer_name ON customer (tenant_id, name) WHERE external_id IS NULL;
COMMENT ON TABLE customer IS 'The receiving company, known by the tenant''s own id, else by its exact name.';

CREATE TABLE contact (
	tenant_id uuid NOT NULL,
	id uuid NOT NULL DEFAULT new_id(),
	customer_id uuid NOT NULL,
	external_id text,
	name text NOT NULL,
	email text NOT NULL,
	language text CHECK (language IN ('da', 'en')),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, id),
	UNIQUE (tenant_id, customer_id, id),
	FOREIGN KEY (tenant_id, customer_id) REFERENCES customer
);
CREATE UNIQUE INDEX contact_external_id ON contact (tenant_id, customer_id, external_id);
CREATE UNIQUE INDEX contact_email ON contact (tenant_id, customer_id, lower(email)) WHERE external_id IS NULL;
COMMENT ON TABLE contact IS 'A person at a customer, known by the tenant''s own id, else by lower-case address.';
