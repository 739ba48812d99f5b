-- Jobs that have ended are kept for a while and then forgotten (worker_forget_jobs()).
SET search_path = portal;

CREATE INDEX job_ended ON job (state, finished_at) WHERE finished_at IS NOT NULL;
