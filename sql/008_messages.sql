-- Messages in their order, what they ask for, who has seen them; links that contacts pass on to colleagues.
SET search_path = portal;

ALTER TABLE document ADD COLUMN messages integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN document.messages IS 'how many messages it has had: numbers the next one, and spares the page of a document without any the look';

ALTER TABLE message
	ADD COLUMN n integer,
	ADD COLUMN kind text NOT NULL DEFAULT 'message' CHECK (kind IN ('message', 'changes', 'renewal')),
	ADD COLUMN page integer CHECK (page > 0),
	ADD COLUMN name text,
	ALTER text DROP NOT NULL,
	ADD CONSTRAINT message_author CHECK ((author = 'contact') = (link_id IS NOT NULL)),
	ADD CONSTRAINT message_request CHECK (kind = 'message' OR author = 'contact');
UPDATE message m SET n = o.n
FROM (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id, document_id ORDER BY id) AS n FROM message) o
WHERE o.tenant_id = m.tenant_id AND o.id = m.id;
UPDATE document d SET messages = c.n
FROM (SELECT tenant_id, document_id, count(*) AS n FROM message GROUP BY 1, 2) c
WHERE c.tenant_id = d.tenant_id AND c.document_id = d.id;
ALTER TABLE message ALTER n SET NOT NULL, ADD CONSTRAINT message_order UNIQUE (tenant_id, document_id, n);
DROP INDEX message_document;
CREATE INDEX message_link ON message (tenant_id, link_id, at) WHERE link_id IS NOT NULL;
CREATE INDEX message_unread ON message (tenant_id, document_id) WHERE author = 'contact' AND read_at IS NULL;
COMMENT ON COLUMN message.n IS 'its place in the document''s thread, from 1';
COMMENT ON COLUMN message.kind IS 'message | changes (asks for changes of the quote) | renewal (asks for a new offer in place of an expired one)';
COMMENT ON COLUMN message.version IS 'the version it is about, which need not be the newest';
COMMENT ON COLUMN message.page IS 'the page of the PDF it is about, where one was named';
COMMENT ON COLUMN message.name IS 'of a contact''s message: the name at the time; NULL where the visitor gave none';
COMMENT ON COLUMN message.text IS 'NULL for a renewal without a word, and once erased';
COMMENT ON COLUMN message.read_at IS 'when the other side had read it: the sender said so or answered; a link''s page was used';

ALTER TABLE link
	ADD COLUMN messages_seen integer NOT NULL DEFAULT 0,
	ADD COLUMN shared_by uuid,
	ADD COLUMN email text,
	ADD COLUMN name text,
	ADD COLUMN language text CHECK (language IN ('da', 'en')),
	ADD COLUMN note text,
	ADD COLUMN shared_at timestamptz,
	ADD CONSTRAINT link_shared_by FOREIGN KEY (tenant_id, document_id, shared_by) REFERENCES link (tenant_id, document_id, id),
	ADD CONSTRAINT link_shared CHECK ((kind = 'shared') = (shared_by IS NOT NULL)),
	ADD CONSTRAINT link_shared_rights CHECK (kind <> 'shared' OR 'accept' <> ALL (rights));
CREATE UNIQUE INDEX link_shared_once ON link (tenant_id, shared_by, lower(email)) WHERE kind = 'shared' AND revoked_at IS NULL;
COMMENT ON COLUMN link.messages_seen IS 'up to which of the thread''s messages it has been read through this link';
COMMENT ON COLUMN link.shared_by IS 'of a shared link: the personal link of the contact who passed it on';
COMMENT ON COLUMN link.email IS 'of a shared link: the colleague''s address, as the contact gave it; name and note likewise';
COMMENT ON COLUMN link.shared_at IS 'of a shared link: when it was mailed last';

-- What a contact passed on holds no longer and reaches no further than the contact's own link, whatever ends that.
CREATE FUNCTION shares_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE link SET revoked_at = coalesce(revoked_at, NEW.revoked_at),
		rights = CASE WHEN 'ask' = ANY (NEW.rights) THEN '{view,ask}'::text[] ELSE '{view}' END
	WHERE tenant_id = NEW.tenant_id AND document_id = NEW.document_id AND shared_by = NEW.id AND revoked_at IS NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER shares_follow AFTER UPDATE OF rights, revoked_at ON link FOR EACH ROW
	WHEN (NEW.kind = 'personal' AND (NEW.rights <> OLD.rights OR NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL))
	EXECUTE FUNCTION shares_follow();
