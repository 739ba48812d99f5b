/* What the metrics tell beyond requests: jobs, documents, the worker, the disk. */
#include <json-c/json.h>

#include "json.h"
#include "status.h"
#include "store.h"

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static double
number(struct json_object *object, const char *name)
{
	return json_object_get_double(json_member(object, name));
}

static void
jobs_print(struct json_object *jobs, struct buf *out)
{
	size_t count = json_object_array_length(jobs);

	head(out, "portal_jobs_waiting", "gauge", "Jobs in the outbox that are not done yet.");
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(jobs, i);

		buf_printf(out, "portal_jobs_waiting{kind=\"%s\"} %.0f\n", json_text(one, "kind"), number(one, "waiting"));
	}
	head(out, "portal_oldest_job_seconds", "gauge", "Age of the oldest of them.");
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(jobs, i);

		buf_printf(out, "portal_oldest_job_seconds{kind=\"%s\"} %.0f\n", json_text(one, "kind"), number(one, "oldest"));
	}
}

static void
ended_print(struct json_object *ended, struct buf *out)
{
	head(out, "portal_jobs_ended_total", "counter",
	    "Jobs by how they ended: done, dropped, dead; retry counts attempts that failed.");
	for (size_t i = 0; i < json_object_array_length(ended); i++) {
		struct json_object *one = json_object_array_get_idx(ended, i);

		buf_printf(out, "portal_jobs_ended_total{kind=\"%s\",outcome=\"%s\"} %.0f\n", json_text(one, "kind"),
		    json_text(one, "outcome"), number(one, "count"));
	}
}

const struct problem *
measure(struct request *request, struct buf *out)
{
	struct json_object *row = NULL;

	TRY(db_json_array(request->db, request->arena, STATEMENT_sender_measures, &row, NULL, 0));
	jobs_print(json_member(row, "jobs"), out);
	ended_print(json_member(row, "ended"), out);
	head(out, "portal_documents", "gauge", "Documents by state, counted every ten minutes.");
	json_object_object_foreach(json_member(row, "documents"), state, count)
		buf_printf(out, "portal_documents{state=\"%s\"} %.0f\n", state, json_object_get_double(count));
	head(out, "portal_events_unnumbered", "gauge", "Events that have no place in the feed yet.");
	buf_printf(out, "portal_events_unnumbered %.0f\n", number(row, "unnumbered"));
	head(out, "portal_worker_age_seconds", "gauge", "Time since the worker's last sign of life.");
	buf_printf(out, "portal_worker_age_seconds %.1f\n", number(row, "worker_age"));
	head(out, "portal_store_free_bytes", "gauge", "Room left on the disk of the store.");
	buf_printf(out, "portal_store_free_bytes %llu\n", store_free(request->config->store_dir));
	return NULL;
}
