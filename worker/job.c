/* What all jobs have in common, and the smallest kind. */
#include "job.h"

#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "mail.h"
#include "store.h"

void
job_end(struct job *job, const char *outcome, long status, const char *answer)
{
	job->outcome = outcome;
	job->status = status;
	job->answer = arena_strdup(job->arena, answer);
}

void
job_transferred(void *context, const struct transfer_result *result)
{
	job_end(context, result->ok ? "done" : result->permanent ? "dead" : "retry", result->status, result->answer);
}

/* The same at every attempt (RFC 5322, section 3.6.4). */
static const char *
message_id(const struct outbox_setting *setting, const struct job *job)
{
	const char *host = strstr(setting->config->base_url, "://") + 3;

	return arena_printf(job->arena, "%s@%.*s", job->id, (int)strcspn(host, ":/"), host);
}

const struct problem *
job_send(const struct outbox_setting *setting, struct job *job, struct mail *mail)
{
	const char *bytes;
	size_t size;

	mail->message_id = message_id(setting, job);
	mail->from_address = setting->config->mail_from;
	mail->date = time(NULL);
	TRY(mail_compose(job->arena, mail, &bytes, &size));
	transfers_mail(setting->transfers, mail->from_address, mail->to_address, mail->message_id, bytes, size,
	    job_transferred, job);
	return NULL;
}

const struct problem *
erase_bytes(const struct outbox_setting *setting, struct job *job, const char *tenant_id, const char *sha256)
{
	const char *dir = setting->config->store_dir;
	struct json_object *answer = NULL;

	TRY(db_begin(setting->db, job->arena));

	const struct problem *problem =
	    db_json(setting->db, job->arena, STATEMENT_worker_erase, &answer, tenant_id, sha256);
	bool erase = !problem && json_boolean(answer, "erase", false);

	if (erase)
		problem = store_set_aside(job->arena, dir, tenant_id, sha256);
	if (problem) {
		db_rollback(setting->db);
		return problem;
	}
	problem = db_commit(setting->db, job->arena);
	if (!erase)
		job_end(job, "dropped", 0, "another document needs these bytes");
	else if (!problem)
		store_drop_aside(job->arena, dir, tenant_id, sha256);
	else
		store_take_back(job->arena, dir, tenant_id, sha256);
	if (!problem && erase)
		job_end(job, "done", 0, NULL);
	return problem;
}

const struct problem *
job_erase(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	return erase_bytes(setting, job, json_text(row, "tenant_id"), json_text(row, "sha256"));
}

static const struct {
	const char *kind;
	job_kind *carry_out;
} kinds[] = {{"mail", job_mail}, {"webhook", job_webhook}, {"erase", job_erase}, {"sign", job_sign},
    {"receipt", job_receipt}, {"login", job_login}};

const struct problem *
job_carry_out(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(job->kind, kinds[i].kind))
			return kinds[i].carry_out(setting, job, row);
	return problem_new(job->arena, PROBLEM_internal, "this worker does not know such jobs");
}

struct json_object *
job_wanted(struct job *job, struct json_object *row)
{
	struct json_object *what = json_member(row, job->kind);

	if (!what)
		job_end(job, "dropped", 0, "no longer wanted");
	return what;
}
