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

/* Kinds have room of their own, so that hanging receivers and slow receipts do not hold up mails, nor a thousand mails a
 * code that somebody waits for. */
enum { KINDS = 5 };
static const struct {
	const char *kinds; /* as PostgreSQL takes an array */
	int room;
} rooms[KINDS] = {{"{mail,erase}", 30}, {"{webhook}", 60}, {"{sign}", 30}, {"{receipt}", 2}, {"{login}", 10}};
static const char LEASE[] = "3 minutes";

struct outbox {
	struct outbox_setting setting;
	struct job *jobs; /* under way, or ended and not yet told */
	int counts[KINDS];
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
job_start(struct outbox *outbox, int room, struct json_object *row)
{
	struct arena *arena = arena_new();
	struct job *job = arena_alloc(arena, sizeof *job);

	job->arena = arena;
	job->id = arena_strdup(arena, json_text(row, "id"));
	job->attempt = (int)json_integer(row, "attempts", 0);
	job->request_id = arena_strdup(arena, json_text(row, "request_id"));
	job->kind = arena_strdup(arena, json_text(row, "kind"));
	job->room = room;
	job->next = outbox->jobs;
	outbox->jobs = job;
	outbox->counts[room]++;

	log_request(job->request_id);

	const struct problem *problem = job_carry_out(&outbox->setting, job, row);

	log_request(NULL);
	if (problem)
		job_end(job, problem->code == PROBLEM_invalid ? "dead" : "retry", 0, problem->detail);
}

static bool
claim(struct outbox *outbox, int room)
{
	struct arena *arena = arena_new();
	struct json_object *rows = NULL;
	int free = rooms[room].room - outbox->counts[room];
	size_t count = 0;

	if (free > 0 && !db_json(outbox->setting.db, arena, STATEMENT_worker_claim, &rows, rooms[room].kinds,
	    arena_printf(arena, "%d", free), LEASE))
		count = json_object_array_length(rows);
	for (size_t i = 0; i < count; i++)
		job_start(outbox, room, json_object_array_get_idx(rows, i));
	arena_free(arena);
	return free > 0 && count == (size_t)free;
}

bool
outbox_claim(struct outbox *outbox)
{
	bool more = false;

	for (int room = 0; room < KINDS; room++)
		more = claim(outbox, room) || more;
	return more;
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
		log_line(!strcmp(job->outcome, "dead") ? LOG_warning : LOG_info, "job", "job", job->id, "kind", job->kind, "outcome", job->outcome, "request_id",
		    job->request_id, "status", status, "answer", job->answer, NULL);

	bool told = !problem || problem->code != PROBLEM_unavailable;

	arena_free(arena);
	return told;
}

bool
outbox_report(struct outbox *outbox)
{
	struct job **place = &outbox->jobs;
	bool any = false;

	while (*place) {
		struct job *job = *place;

		log_request(job->request_id);
		if (!job->outcome && job->look)
			job->look(job);

		bool told = job->outcome && report(outbox, job);

		log_request(NULL);
		if (!told) {
			place = &job->next;
			continue;
		}
		*place = job->next;
		outbox->counts[job->room]--;
		arena_free(job->arena);
		any = true;
	}
	return any;
}
