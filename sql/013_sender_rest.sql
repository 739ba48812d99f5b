-- What was missing on the sender's side: links rotated in any state but withdrawn, deliveries tried anew, attempts whose
-- end nobody saw.
SET search_path = portal;

INSERT INTO transition (action, state, answer)
SELECT 'rotate', state, 'yes' FROM unnest(ARRAY['sent', 'opened', 'accepted', 'declined', 'expired']) state
UNION ALL SELECT 'rotate', 'withdrawn', 'withdrawn';

ALTER TABLE job
	ADD COLUMN retried_at timestamptz,
	ADD COLUMN unseen boolean NOT NULL DEFAULT false;
CREATE INDEX customer_by_name ON customer (tenant_id, name);
COMMENT ON COLUMN job.retried_at IS 'when the sender last asked for a delivery to be tried anew: three days more from then';
COMMENT ON COLUMN job.unseen IS 'an attempt ended without our seeing how: what it sent may have arrived';
