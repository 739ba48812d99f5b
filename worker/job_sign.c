/* Signing the head that a decision made. */
#include <json-c/json.h>

#include "job.h"
#include "json.h"
#include "signing.h"

const struct problem *
job_sign(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	const char *tenant_id = json_text(row, "tenant_id"), *signatures;
	struct json_object *head = job_wanted(job, row), *answer = NULL;

	if (!head)
		return NULL;
	TRY(signing_heads(setting, job->arena, tenant_id, json_text(head, "at"), &head, 1, &signatures));
	TRY(db_json(setting->db, job->arena, STATEMENT_worker_sign, &answer, tenant_id, signatures));
	job_end(job, "done", 0, NULL);
	return NULL;
}
