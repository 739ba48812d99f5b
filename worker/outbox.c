/* The outbox. A job is claimed and committed before it is carried out; a process killed in between leaves
 * a claim that lapses, and the job is carried out again with the same message or webhook id. */
#include "outbox.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "json.h"
#include "log.h"

enum { ROOM = 50 };
static const char LEASE[] = "3 minutes";

struct outbox {
	struct outbox_setting setting;
	struct job *jobs; /* under way, or ended and not yet told */
	int count;
};

struct outbox *
outbox_new(const struct outbox_setting *setting)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (!outbox)
		abort();
	outbox->setting = *setting;
	return outbox;
}

void
outbox_free(struct outbox *outbox)
{
	while (outbox && outbox->jobs) {
		struct job *job = outbox->jobs;

		outbox->jobs = job->next;
		arena_free(job->arena);
	}
	free(outbox);
}

/* Each job has an arena of its own: it lives from the claim until the database knows how it ended. */
static void
job_start(struct outbox *outbox, struct json_object *row)
{
	struct arena *arena = arena_new();
	struct job *job = arena_alloc(arena, sizeof *job);

	job->arena = arena;
	job->id = arena_strdup(arena, json_text(row, "id"));
	job->attempt = (int)json_integer(row, "attempts", 0);
	job->request_id = arena_strdup(arena, json_text(row, "request_id"));
	job->kind = arena_strdup(arena, json_text(row, "kind"));
	job->next = outbox->jobs;
	outbox->jobs = job;
	outbox->count++;

	const struct problem *problem = job_carry_out(&outbox->setting, job, row);

	if (problem)
		job_end(job, problem->code == PROBLEM_invalid ? "dead" : "retry", 0, problem->detail);
}

bool
outbox_claim(struct outbox *outbox)
{
	struct arena *arena = arena_new();
	struct json_object *rows = NULL;
	int room = ROOM - outbox->count;
	size_t count = 0;

	if (room > 0 && !db_json(outbox->setting.db, arena, STATEMENT_worker_claim, &rows,
	    arena_printf(arena, "%d", room), LEASE))
		count = json_object_array_length(rows);
	for (size_t i = 0; i < count; i++)
		job_start(outbox, json_object_array_get_idx(rows, i));
	arena_free(arena);
	return room > 0 && count == (size_t)room;
}

static bool
report(struct outbox *outbox, const struct job *job)
{
	struct arena *arena = arena_new();
	struct json_object *answer = NULL;
	const char *status = job->status ? arena_printf(arena, "%ld", job->status) : NULL;
	const struct problem *problem = db_json(outbox->setting.db, arena, STATEMENT_worker_finish, &answer, job->id,
	    arena_printf(arena, "%d", job->attempt), job->outcome, status, job->answer);

	if (!problem)
		log_line(LOG_info, "job", "job", job->id, "kind", job->kind, "outcome", job->outcome, "request_id",
		    job->request_id, "status", status, "answer", job->answer, NULL);

	bool told = !problem || problem->code != PROBLEM_unavailable;

	arena_free(arena);
	return told;
}

void
outbox_report(struct outbox *outbox)
{
	struct job **place = &outbox->jobs;

	while (*place) {
		struct job *job = *place;

		if (!job->outcome || !report(outbox, job)) {
			place = &job->next;
			continue;
		}
		*place = job->next;
		outbox->count--;
		arena_free(job->arena);
	}
}
