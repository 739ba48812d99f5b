-- What the outbox may hold besides mails, webhooks and bytes to erase: signatures of the history, receipts,
-- and codes for signing in, which belong to no tenant.
SET search_path = portal;

ALTER TABLE job DROP CONSTRAINT job_kind_check,
	ADD CONSTRAINT job_kind_check CHECK (kind IN ('mail', 'webhook', 'erase', 'sign', 'receipt', 'login')),
	ALTER tenant_id DROP NOT NULL,
	ADD CONSTRAINT job_tenant CHECK (tenant_id IS NOT NULL OR kind = 'login');
