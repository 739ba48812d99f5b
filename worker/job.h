/* Carrying out one job. */
#pragma once

#include "outbox.h"

struct json_object;

struct job {
	struct arena *arena;  /* the job's own; frees the job */
	struct job *next;
	const char *id, *kind, *request_id;
	int attempt, room;
	const char *outcome;  /* NULL while under way, then done, retry, dead or dropped */
	long status;          /* of SMTP or HTTP */
	const char *answer;   /* the server's words */
};

/* Starts the job that ROW describes, or ends it at once. A problem ends it too: `invalid` for good, others
 * until the next attempt. */
const struct problem *job_carry_out(const struct outbox_setting *setting, struct job *job, struct json_object *row);

/* Notes how it ended. */
void job_end(struct job *job, const char *outcome, long status, const char *answer);

/* For transfers: the outcome of what was sent. CONTEXT is the job. */
void job_transferred(void *context, const struct transfer_result *result);

/* The kinds. */
const struct problem *job_mail(const struct outbox_setting *setting, struct job *job, struct json_object *mail);
const struct problem *job_webhook(const struct outbox_setting *setting, struct job *job, const char *tenant_id,
    struct json_object *delivery);
const struct problem *job_erase(const struct outbox_setting *setting, struct job *job, const char *tenant_id,
    const char *sha256);
