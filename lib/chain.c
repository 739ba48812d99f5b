/* Verifying histories. */
#include "verification.h"

#include <json-c/json.h>
#include <string.h>

#include "buf.h"
#include "encode.h"
#include "json.h"

enum { PAGE = 200 };

void
chain_hash(struct arena *arena, const char *previous, const char *line, char hash[65])
{
	const char *text = arena_printf(arena, "%s\n%s", previous, line);

	sha256_hex(text, strlen(text), hash);
}

void
verification_find(struct verification *v, const char *finding)
{
	v->result->findings++;
	v->tell(v->context, v->subject, finding);
}

void
verification_wait(struct verification *v, struct chain_waiting *waiting, int64_t age)
{
	int64_t waited = age + v->result->idle;

	waiting->count++;
	if (waited > waiting->oldest)
		waiting->oldest = waited;
}

const struct problem *
verification_ask(struct verification *v, struct arena *arena, const char *sql, struct json_object **answer,
    const char *const *parameters, size_t count)
{
	struct json_object *rows = NULL;

	TRY(db_rows(v->db, arena, sql, &rows, parameters, count));

	const char *text = json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, 0), 0));

	return json_parse(arena, text, strlen(text), JSON_DEPTH, answer);
}

static bool
same(struct json_object *event, struct json_object *line, const char *name)
{
	struct json_object *a = json_member(event, name), *b = json_member(line, name);

	return (!a && !b) || (a && b && json_object_equal(a, b));
}

/* The columns stand beside the line for queries; the line is what was hashed. */
static void
columns_check(struct verification *v, struct arena *arena, struct json_object *event, struct json_object *line)
{
	static const char *const names[] = {
	    "seq", "id", "type", "at", "tenant_id", "document_id", "version", "link_id", "contact_id"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!same(event, line, names[i]))
			verification_find(v, arena_printf(arena, "event %s: its column %s is not what its line says",
			    json_text(event, "id"), names[i]));
}

/* Personal data may be erased, but not altered. */
static void
personal_check(struct verification *v, struct arena *arena, struct json_object *event, struct json_object *line)
{
	const char *personal = json_text(event, "personal"), *salt = json_text(event, "salt");
	const char *expected = json_text(line, "personal_sha256");
	char hash[SHA256_HEX];

	if (!personal)
		return;
	const char *text = arena_printf(arena, "%s\n%s", salt ? salt : "", personal);

	sha256_hex(text, strlen(text), hash);
	if (!expected || strcmp(hash, expected) != 0)
		verification_find(v, arena_printf(arena, "event %s: its personal data were altered", json_text(event, "id")));
}

/* What an event's place in the chain says. HISTORY grows by it. */
static void
place_check(struct verification *v, struct arena *arena, struct json_object *event, const char **head, int *seq,
    struct history *history)
{
	const char *text = json_text(event, "line"), *id = json_text(event, "id");
	char hash[SHA256_HEX];

	if (json_integer(event, "seq", 0) != ++*seq)
		verification_find(v, arena_printf(arena, "event %s: number %d is missing before it", id, *seq));
	*seq = (int)json_integer(event, "seq", *seq);
	chain_hash(arena, *head, text, hash);
	if (strcmp(hash, json_text(event, "hash")) != 0)
		verification_find(v, arena_printf(arena,
		    "event %s: its hash does not follow from the event before it and its line", id));
	*head = json_text(event, "hash");
	chain_hash(arena, history->heads[history->length], text, history->heads[history->length + 1]);
	history->length++;
}

static void
event_check(struct verification *v, struct arena *arena, struct json_object *event)
{
	const char *text = json_text(event, "line"), *id = json_text(event, "id");
	struct json_object *line = NULL;

	v->result->events++;
	if (!json_member(event, "seq") && strcmp(json_text(event, "type"), "document.fetched") != 0)
		verification_find(v, arena_printf(arena, "event %s: it stands outside the chain", id));
	if (json_parse(arena, text, strlen(text), JSON_DEPTH, &line) || !line) {
		verification_find(v, arena_printf(arena, "event %s: its line is no JSON any more", id));
		return;
	}
	columns_check(v, arena, event, line);
	personal_check(v, arena, event, line);
}

static void
history_check(struct verification *v, struct arena *arena, struct json_object *row, struct history *history)
{
	struct json_object *events = json_member(row, "events");
	size_t count = json_object_array_length(events);
	const char *head;
	int seq = 0;

	history->heads = arena_alloc(arena, (count + 1) * sizeof *history->heads);
	memset(history->heads[0], '0', SHA256_HEX - 1);
	head = history->heads[0];
	for (size_t i = 0; i < count; i++) {
		struct json_object *event = json_object_array_get_idx(events, i);

		if (json_member(event, "seq"))
			place_check(v, arena, event, &head, &seq, history);
		event_check(v, arena, event);
	}
	if (seq != json_integer(row, "length", 0) || strcmp(head, json_text(row, "head")) != 0)
		verification_find(v, "the history does not end where its head says");
}

static const struct problem *
document_check(struct verification *v, struct arena *arena, struct json_object *document)
{
	const char *const key[] = {json_text(document, "tenant_id"), json_text(document, "id")};
	struct json_object *row = NULL, *findings;
	struct history history = {0};

	v->subject = arena_printf(arena, "document %s", key[1]);
	v->result->documents++;
	TRY(verification_ask(v, arena, "SELECT portal.verify_document($1, $2)", &row, key, 2));
	findings = json_member(row, "findings");
	v->result->idle = json_integer(row, "idle", 0);
	history_check(v, arena, row, &history);
	for (size_t i = 0; i < json_object_array_length(findings); i++)
		verification_find(v, json_object_get_string(json_object_array_get_idx(findings, i)));
	verify_signatures(v, arena, document, row, &history);
	verify_receipts(v, arena, document, row);
	return v->scope->store_dir ? verify_files(v, arena, document) : NULL;
}

/* What is left of documents that are not there themselves. */
static const struct problem *
orphans_check(struct verification *v, struct arena *arena)
{
	const char *const scope[] = {v->scope->tenant_id, v->scope->document_id};
	struct json_object *orphans = NULL;

	TRY(verification_ask(v, arena, "SELECT portal.verify_orphans($1, $2)", &orphans, scope, 2));
	for (size_t i = 0; i < json_object_array_length(orphans); i++) {
		struct json_object *orphan = json_object_array_get_idx(orphans, i);

		v->subject = json_text(orphan, "subject");
		verification_find(v, json_text(orphan, "finding"));
	}
	return NULL;
}

static const struct problem *
documents_check(struct verification *v, struct arena *arena)
{
	const char *after = NULL;

	for (size_t count = PAGE; count == PAGE;) {
		struct json_object *page = NULL;
		const char *const range[] = {v->scope->tenant_id, v->scope->document_id, after, "200"};

		TRY(verification_ask(v, arena, "SELECT portal.verify_documents($1, $2, $3, $4)", &page, range, 4));
		count = json_object_array_length(page);
		for (size_t i = 0; i < count; i++) {
			struct arena *work = arena_new();
			const struct problem *problem = document_check(v, work, json_object_array_get_idx(page, i));

			if (problem)
				problem = problem_new(arena, problem->code, "%s", problem->detail);
			arena_free(work);
			TRY(problem);
			after = json_text(json_object_array_get_idx(page, i), "id");
		}
	}
	TRY(orphans_check(v, arena));
	if (v->scope->document_id && !v->result->documents && !v->result->findings)
		return problem_new(arena, PROBLEM_not_found, "there is no document %s%s", v->scope->document_id,
		    v->scope->tenant_id ? " of this tenant" : "");
	return NULL;
}

static const struct problem *
tenants_check(struct verification *v, struct arena *arena)
{
	const char *const tenant[] = {v->scope->tenant_id};
	struct json_object *tenants = NULL;

	TRY(verification_ask(v, arena, "SELECT portal.verify_tenants($1)", &tenants, tenant, 1));
	if (v->scope->tenant_id && !json_object_array_length(tenants))
		return problem_new(arena, PROBLEM_not_found, "there is no tenant %s", v->scope->tenant_id);
	for (size_t i = 0; i < json_object_array_length(tenants); i++) {
		struct json_object *found = json_object_array_get_idx(tenants, i);

		TRY(verify_statements(v, arena, json_text(found, "id")));
		if (json_boolean(found, "gone", false))
			verification_find(v, "it is gone, but other rows tell of it");
	}
	return NULL;
}

const struct problem *
chain_verify(struct db *db, struct arena *arena, const struct chain_scope *scope, chain_finding *tell, void *context,
    struct chain_result *result)
{
	struct verification v = {.db = db, .scope = scope, .tell = tell, .context = context, .result = result};

	memset(result, 0, sizeof *result);
	TRY(documents_check(&v, arena));
	if (scope->document_id)
		return NULL;
	TRY(verify_keys(&v, arena));
	return tenants_check(&v, arena);
}
