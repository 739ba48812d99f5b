/* Verifying histories. */
#include "chain.h"

#include <json-c/json.h>
#include <string.h>

#include "buf.h"
#include "encode.h"
#include "json.h"

enum { PAGE = 200 };

struct verification {
	struct db *db;
	chain_finding *tell;
	void *context;
	struct chain_result *result;
	const char *document_id;
};

void
chain_hash(struct arena *arena, const char *previous, const char *line, char hash[65])
{
	const char *text = arena_printf(arena, "%s\n%s", previous, line);

	sha256_hex(text, strlen(text), hash);
}

static void
find(struct verification *v, const char *finding)
{
	v->result->findings++;
	v->tell(v->context, v->document_id, finding);
}

/* Calls one of the verify_… functions, which portalctl's role owns. */
static const struct problem *
ask(struct verification *v, struct arena *arena, const char *sql, struct json_object **answer,
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
			find(v, arena_printf(arena, "event %s: its column %s is not what its line says",
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
		find(v, arena_printf(arena, "event %s: its personal data were altered", json_text(event, "id")));
}

static void
event_check(struct verification *v, struct arena *arena, struct json_object *event, const char **head, int *seq)
{
	const char *text = json_text(event, "line"), *id = json_text(event, "id");
	char hash[SHA256_HEX];
	struct json_object *line = NULL;

	v->result->events++;
	if (json_member(event, "seq")) {
		if (json_integer(event, "seq", 0) != ++*seq)
			find(v, arena_printf(arena, "event %s: number %d is missing before it", id, *seq));
		*seq = (int)json_integer(event, "seq", *seq);
		chain_hash(arena, *head, text, hash);
		if (strcmp(hash, json_text(event, "hash")) != 0)
			find(v, arena_printf(arena, "event %s: its hash does not follow from the event before it and its line", id));
		*head = json_text(event, "hash");
	}
	if (json_parse(arena, text, strlen(text), JSON_DEPTH, &line) || !line) {
		find(v, arena_printf(arena, "event %s: its line is no JSON any more", id));
		return;
	}
	columns_check(v, arena, event, line);
	personal_check(v, arena, event, line);
}

static const struct problem *
document_check(struct verification *v, struct arena *arena, struct json_object *document)
{
	const char *const key[] = {json_text(document, "tenant_id"), json_text(document, "id")};
	struct json_object *row = NULL, *events, *findings;
	const char *head = "0000000000000000000000000000000000000000000000000000000000000000";
	int seq = 0;

	v->document_id = key[1];
	v->result->documents++;
	TRY(ask(v, arena, "SELECT portal.verify_document($1, $2)", &row, key, 2));
	events = json_member(row, "events");
	findings = json_member(row, "findings");
	for (size_t i = 0; i < json_object_array_length(events); i++)
		event_check(v, arena, json_object_array_get_idx(events, i), &head, &seq);
	if (seq != json_integer(row, "length", 0) || strcmp(head, json_text(row, "head")) != 0)
		find(v, "the history does not end where its head says");
	for (size_t i = 0; i < json_object_array_length(findings); i++)
		find(v, json_object_get_string(json_object_array_get_idx(findings, i)));
	return NULL;
}

const struct problem *
chain_verify(struct db *db, struct arena *arena, const char *tenant_id, const char *document_id,
    chain_finding *tell, void *context, struct chain_result *result)
{
	struct verification v = {.db = db, .tell = tell, .context = context, .result = result};
	const char *after = NULL;

	memset(result, 0, sizeof *result);
	for (size_t count = PAGE; count == PAGE;) {
		struct json_object *page = NULL;
		const char *const range[] = {tenant_id, document_id, after, "200"};

		TRY(ask(&v, arena, "SELECT portal.verify_documents($1, $2, $3, $4)", &page, range, 4));
		count = json_object_array_length(page);
		for (size_t i = 0; i < count; i++) {
			struct arena *work = arena_new();
			const struct problem *problem = document_check(&v, work, json_object_array_get_idx(page, i));

			if (problem)
				problem = problem_new(arena, problem->code, "%s", problem->detail);
			arena_free(work);
			TRY(problem);
			after = json_text(json_object_array_get_idx(page, i), "id");
		}
	}
	return NULL;
}
