/* status: the sender's reads. */
#include <json-c/json.h>
#include <string.h>

#include "bundle.h"
#include "json.h"
#include "receipt.h"
#include "sender.h"
#include "sender_paths.h"
#include "status.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MOST = 200 };

/* `limit` as text, and a UUID in the parameter CURSOR_NAME, or NULL. */
static const struct problem *
page_read(struct request *request, const char *cursor_name, const char **cursor, const char **limit)
{
	int64_t number = LIMIT_DEFAULT;

	TRY(form_int(request->arena, request->query, "limit", 1, LIMIT_MOST, &number));
	*limit = arena_printf(request->arena, "%d", (int)number);
	*cursor = form_get(request->query, cursor_name);
	return *cursor && !uuid_valid(*cursor) ? sender_parameter_refused(request, cursor_name, "is not one that we gave") : NULL;
}

/* GET /api/v1/documents/{id}: the document's status, with its ETag. */
static const struct problem *
show_document(struct request *request)
{
	struct json_object *document = NULL;
	const char *id;

	TRY(sender_id(request, "document", &id));
	TRY(sender_query_check(request, (const char *const[]){NULL}));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_document, &document, request->tenant_id, id));
	if (!document)
		return sender_not_found(request, "document");
	sender_reply_document(request, 200, NULL, document);
	return NULL;
}

static const struct problem *
choice_check(struct request *request, const char *name, const char *const *choices)
{
	const char *value = form_get(request->query, name);
	struct buf list = buf_new(request->arena, 0);

	for (size_t i = 0; value && choices[i]; i++) {
		if (!strcmp(choices[i], value))
			return NULL;
		buf_printf(&list, "%s%s", i ? ", " : "is none of ", choices[i]);
	}
	return value ? sender_parameter_refused(request, name, list.bytes) : NULL;
}

static const struct problem *
filter_read(struct request *request, const char **filter)
{
	static const char *const known[] = {"state", "external_id", "customer", "q", "not_opened_days", "undecided_days",
	    "expiring_days", "delivery", "archived", "unread", "cursor", "limit", NULL};
	static const char *const days[] = {"not_opened_days", "undecided_days", "expiring_days"};
	static const char *const deliveries[] = {"none", "queued", "sent", "failed", "bounced", NULL};
	static const char *const truths[] = {"true", "false", NULL};
	static const char *const states[] = {"sent", "opened", "accepted", "declined", "withdrawn", "expired", NULL};
	int64_t number = 0;

	TRY(sender_query_check(request, known));
	TRY(choice_check(request, "state", states));
	TRY(choice_check(request, "delivery", deliveries));
	TRY(choice_check(request, "archived", truths));
	TRY(choice_check(request, "unread", truths));
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		const char *text = form_get(request->query, days[i]);

		if (text && !*text)
			return sender_parameter_refused(request, days[i], "is no number");
		TRY(form_int(request->arena, request->query, days[i], 0, 3650, &number));
	}

	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < 10; i++) {
		const char *value = form_get(request->query, known[i]);

		if (value)
			json_object_object_add(object, known[i], json_object_new_string(value));
	}
	*filter = arena_strdup(request->arena, json_object_to_json_string(object));
	json_object_put(object);
	return NULL;
}

/* GET /api/v1/documents?state=&external_id=&customer=&q=&not_opened_days=&undecided_days=&expiring_days=&delivery=
 * &archived=&unread=&cursor=&limit=: newest first. */
static const struct problem *
list_documents(struct request *request)
{
	struct json_object *list = NULL, *data;
	const char *filter = NULL, *cursor, *limit;

	TRY(filter_read(request, &filter));
	TRY(page_read(request, "cursor", &cursor, &limit));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_documents, &list, request->tenant_id, filter, cursor, limit));
	data = json_member(list, "data");
	for (size_t i = 0; i < json_object_array_length(data); i++)
		sender_links(request, json_object_array_get_idx(data, i));
	reply_json(request, 200, list);
	return NULL;
}

/* GET /api/v1/documents/{id}/events?after=&limit=: the document's history, oldest first. */
static const struct problem *
list_document_events(struct request *request)
{
	static const char *const known[] = {"after", "limit", NULL};
	struct json_object *list = NULL;
	const char *id, *after, *limit;

	TRY(sender_id(request, "document", &id));
	TRY(sender_query_check(request, known));
	TRY(page_read(request, "after", &after, &limit));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_document_events, &list, request->tenant_id, id, after, limit));
	if (!list)
		return sender_not_found(request, after ? "document, or it has no such event" : "document");
	reply_json(request, 200, list);
	return NULL;
}

/* GET /api/v1/documents/{id}/messages?cursor=&limit=: the thread, oldest first. Marks nothing as read. */
static const struct problem *
list_messages(struct request *request)
{
	static const char *const known[] = {"cursor", "limit", NULL};
	struct json_object *list = NULL;
	const char *id, *cursor, *limit;

	TRY(sender_id(request, "document", &id));
	TRY(sender_query_check(request, known));
	TRY(page_read(request, "cursor", &cursor, &limit));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_messages, &list, request->tenant_id, id, cursor, limit));
	if (!list)
		return sender_not_found(request, cursor ? "document, or it has no such message" : "document");
	reply_json(request, 200, list);
	return NULL;
}

/* An event that the feed does not know, by an id such as ours: the portal has been restored from a backup made before it.
 * ANSWER says where to read on. */
static const struct problem *
event_lost(struct request *request, const char *id, struct json_object *answer)
{
	enum { VERSION_AT = 14 }; /* RFC 9562: the digit that tells the version */
	const char *resume = arena_strdup(request->arena, json_text(answer, "resume_after"));

	if (id[VERSION_AT] != '7')
		return sender_parameter_refused(request, "after", "names no event of the feed");

	struct problem *problem = problem_new(request->arena, PROBLEM_unknown_event,
	    "the feed holds no such event: the portal may have been restored from a backup. Read on %s%s",
	    resume ? "after " : "from the beginning", resume ? resume : "");

	problem->member = "resume_after";
	problem->value = resume;
	return problem;
}

/* GET /api/v1/events?after=&limit=: the tenant's feed. `after` is the last event's id. */
static const struct problem *
list_events(struct request *request)
{
	static const char *const known[] = {"after", "limit", NULL};
	struct json_object *list = NULL;
	const char *after, *limit;

	TRY(sender_query_check(request, known));
	TRY(page_read(request, "after", &after, &limit));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_events, &list, request->tenant_id, after, limit));
	if (!json_member(list, "data"))
		return event_lost(request, after, list);
	reply_json(request, 200, list);
	return NULL;
}

/* The document and the version (NULL: none said) that a request names. */
static const struct problem *
version_read(struct request *request, const char **id, const char **version)
{
	static const char *const known[] = {"version", NULL};
	int64_t number = 0;

	TRY(sender_id(request, "document", id));
	TRY(sender_query_check(request, known));
	TRY(form_int(request->arena, request->query, "version", 1, INT32_MAX, &number));
	*version = number ? arena_printf(request->arena, "%d", (int)number) : NULL;
	return NULL;
}

/* GET /api/v1/documents/{id}/file?version=: the PDF of a version, the current one by default. */
static const struct problem *
show_file(struct request *request)
{
	struct json_object *file = NULL;
	const char *id, *version;

	TRY(version_read(request, &id, &version));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_file, &file, request->tenant_id, id, version));
	if (!file)
		return sender_not_found(request, "document or version");
	reply_file(request, request->tenant_id, json_text(file, "sha256"), "application/pdf", json_text(file, "name"), false);
	return NULL;
}

/* GET /api/v1/documents/{id}/evidence?version=: the evidence bundle of a version, the current one by default, decided or
 * not. The zip is made in the store; nginx sends it. */
static const struct problem *
show_evidence(struct request *request)
{
	struct json_object *evidence = NULL, *document;
	struct bundle bundle;
	const char *id, *version, *number;

	TRY(version_read(request, &id, &version));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_evidence, &evidence, request->tenant_id, id, version));
	if (!evidence)
		return sender_not_found(request, "document or version");
	TRY(bundle_make(request->arena, request->config, request->tenant_id, evidence, &bundle));
	document = json_member(json_member(evidence, "manifest"), "document");
	number = json_text(document, "number");
	reply_stored(request, bundle.path, bundle.sha256, "application/zip",
	    arena_printf(request->arena, "evidence-%s.zip", number ? number : json_text(document, "external_id")), false);
	return NULL;
}

/* GET /api/v1/documents/{id}/receipt?version=: the receipt of an accepted version, of the last one by default; 503 with
 * Retry-After while it is being made. */
static const struct problem *
show_receipt(struct request *request)
{
	struct json_object *receipt = NULL;
	const char *id, *version;

	TRY(version_read(request, &id, &version));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_receipt, &receipt, request->tenant_id, id, version));
	if (receipt && json_boolean(receipt, "making", false))
		return problem_new(request->arena, PROBLEM_unavailable, "the receipt is being made");
	if (!json_text(receipt, "sha256"))
		return sender_not_found(request, "document, or it has no receipt");
	reply_file(request, request->tenant_id, json_text(receipt, "sha256"), "application/pdf",
	    receipt_file_name(request->arena, language_parse(json_text(receipt, "language"), LANGUAGE_DA),
	        json_text(receipt, "number"), json_text(receipt, "title")), false);
	return NULL;
}

/* GET /api/v1/webhooks: the tenant's webhooks, without their secrets. */
static const struct problem *
list_webhooks(struct request *request)
{
	struct json_object *list = NULL;

	TRY(sender_query_check(request, (const char *const[]){NULL}));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_webhooks, &list, request->tenant_id));
	reply_json(request, 200, list);
	return NULL;
}

/* GET /api/v1/documents/counts: how many documents are in each state. */
static const struct problem *
show_counts(struct request *request)
{
	struct json_object *counts = NULL;

	TRY(sender_query_check(request, (const char *const[]){NULL}));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_counts, &counts, request->tenant_id));
	reply_json(request, 200, counts);
	return NULL;
}

/* GET /api/v1/settings, with their ETag. */
static const struct problem *
show_settings(struct request *request)
{
	struct json_object *settings = NULL;

	TRY(sender_query_check(request, (const char *const[]){NULL}));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_settings, &settings, request->tenant_id));
	sender_reply_settings(request, 200, settings);
	return NULL;
}

/* GET /api/v1/webhooks/{id}/deliveries?state=&cursor=&limit=: newest first, with the receiver's last answer. */
static const struct problem *
list_deliveries(struct request *request)
{
	static const char *const known[] = {"state", "cursor", "limit", NULL};
	static const char *const states[] = {"waiting", "delivered", "failed", NULL};
	struct json_object *list = NULL;
	const char *id, *cursor, *limit;

	TRY(sender_id(request, "webhook", &id));
	TRY(sender_query_check(request, known));
	TRY(choice_check(request, "state", states));
	TRY(page_read(request, "cursor", &cursor, &limit));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_deliveries, &list, request->tenant_id, id,
	    form_get(request->query, "state"), cursor, limit));
	if (!list)
		return sender_not_found(request, "webhook");
	reply_json(request, 200, list);
	return NULL;
}

static const struct route routes[] = {
    {"GET", "/api/v1/documents/counts", AUTH_READ, 0, show_counts},
    {"GET", "/api/v1/settings", AUTH_READ, 0, show_settings},
    {"GET", "/api/v1/webhooks/{id}/deliveries", AUTH_READ, 0, list_deliveries},
    {"GET", "/api/v1/documents", AUTH_READ, 0, list_documents},
    {"GET", "/api/v1/documents/{id}", AUTH_READ, 0, show_document},
    {"GET", "/api/v1/documents/{id}/events", AUTH_READ, 0, list_document_events},
    {"GET", "/api/v1/documents/{id}/messages", AUTH_READ, 0, list_messages},
    {"GET", "/api/v1/documents/{id}/file", AUTH_READ, 0, show_file},
    {"GET", "/api/v1/documents/{id}/receipt", AUTH_READ, 0, show_receipt},
    {"GET", "/api/v1/documents/{id}/evidence", AUTH_READ, 0, show_evidence},
    {"GET", "/api/v1/events", AUTH_READ, 0, list_events},
    {"GET", "/api/v1/webhooks", AUTH_READ, 0, list_webhooks},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "status", .role = "portal_sender", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_BASE_URL | CONFIG_STORE, .shared = sender_paths, .measure = measure};

	return serve(&service, argc, argv);
}
