-- Whom links were passed on to: they find the document when they sign in.
SET search_path = portal;

CREATE INDEX link_address ON link (lower(email)) WHERE kind = 'shared';
