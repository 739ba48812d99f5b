-- A page shows the last lines of its document's history. Of the events outside the chain (`fetched`) there may be
-- many, and the index is spared them.
SET search_path = portal;

CREATE INDEX event_chain ON event (tenant_id, document_id, seq) WHERE seq IS NOT NULL;
