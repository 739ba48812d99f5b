/* Carrying out one job. */
#pragma once

#include "outbox.h"

struct json_object;
struct mail;

struct job {
	struct arena *arena;  /* the job's own; frees the job */
	struct job *next;
	const char *id, *kind, *request_id;
	int attempt, room;
	void (*look)(struct job *job); /* for what a program does: called at every turn until there is an outcome; or NULL */
	void *work;           /* what the kind keeps for it */
	const char *outcome;  /* NULL while under way, then done, retry, dead or dropped */
	long status;          /* of SMTP or HTTP */
	const char *answer;   /* the server's words */
};

/* Starts the job that ROW describes, or ends it at once. A problem ends it too: `invalid` for good, others
 * until the next attempt. */
const struct problem *job_carry_out(const struct outbox_setting *setting, struct job *job, struct json_object *row);

/* Composes MAIL, whose `message_id`, `from_address` and `date` are set here, and starts sending it. */
const struct problem *job_send(const struct outbox_setting *setting, struct job *job, struct mail *mail);

/* Notes how it ended. */
void job_end(struct job *job, const char *outcome, long status, const char *answer);

/* For transfers: the outcome of what was sent. CONTEXT is the job. */
void job_transferred(void *context, const struct transfer_result *result);

/* Takes the bytes out of the store unless somebody needs them, and ends the job. */
const struct problem *erase_bytes(const struct outbox_setting *setting, struct job *job, const char *tenant_id,
    const char *sha256);

/* What the job of ROW is about, its member named as its kind; NULL, and the job ended, where that is no longer wanted. */
struct json_object *job_wanted(struct job *job, struct json_object *row);

/* The kinds: each takes what job_json() in SQL gives. */
typedef const struct problem *job_kind(const struct outbox_setting *setting, struct job *job, struct json_object *row);
job_kind job_mail, job_webhook, job_erase, job_sign, job_receipt, job_login;
