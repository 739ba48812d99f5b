/* Verifying signatures: of heads, and the tenants' statements that list them. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "json.h"
#include "sign.h"
#include "statement.h"
#include "verification.h"

/* After this long (s of a worker's time) something unsigned is a finding: a decision is signed at once, all else daily. */
enum { DECISION_AGE = 3600, EVENT_AGE = 48 * 3600 };

bool
verification_signature(struct verification *v, struct arena *arena, struct json_object *row, const char *expected,
    const char *what)
{
	const char *statement = json_text(row, "statement");
	const char *fault = keyring_fault(v->scope->keys, arena, json_text(row, "key_id"), statement,
	    json_text(row, "signature"));

	v->result->signatures++;
	if (strcmp(statement, expected) != 0)
		verification_find(v, arena_printf(arena, "%s: its row is not what its statement says", what));
	if (fault)
		verification_find(v, arena_printf(arena, "%s: it %s", what, fault));
	return !fault && !strcmp(statement, expected);
}

/* Whether the history is still the one that was signed. */
static bool
head_stands(struct verification *v, struct arena *arena, struct json_object *signature, const struct history *history)
{
	int length = (int)json_integer(signature, "length", 0);
	const char *at = json_text(signature, "at");

	if (length > history->length)
		verification_find(v, arena_printf(arena, "events were cut off: %d were signed at %s, %d are there", length, at,
		    history->length));
	else if (strcmp(history->heads[length], json_text(signature, "head")) != 0)
		verification_find(v, arena_printf(arena,
		    "the first %d events are not those that were signed at %s", length, at));
	else
		return true;
	return false;
}

/* Decisions are signed at once, and all other events daily. */
static void
unsigned_find(struct verification *v, struct arena *arena, struct json_object *events, int covered)
{
	bool told = false, waits = false;
	int64_t oldest = 0;

	for (size_t i = 0; i < json_object_array_length(events); i++) {
		struct json_object *event = json_object_array_get_idx(events, i);
		const char *type = json_text(event, "type");
		bool decision = !strcmp(type, "document.accepted") || !strcmp(type, "document.declined");
		int64_t age = json_integer(event, "age", 0);

		if (json_integer(event, "seq", 0) <= covered)
			continue;
		if (decision && age >= DECISION_AGE) {
			verification_find(v, arena_printf(arena, "event %s: this decision has no signature", json_text(event, "id")));
		} else if (decision) {
			verification_wait(v, &v->result->decisions, age);
		} else if (age < EVENT_AGE) {
			oldest = waits && oldest > age ? oldest : age;
			waits = true;
		} else if (!told) {
			verification_find(v, arena_printf(arena, "event %s and what follows have no signature", json_text(event, "id")));
			told = true;
		}
	}
	if (waits)
		verification_wait(v, &v->result->histories, oldest);
}

void
verify_signatures(struct verification *v, struct arena *arena, struct json_object *document, struct json_object *row,
    const struct history *history)
{
	struct json_object *signatures = json_member(row, "signatures");
	int covered = 0;

	for (size_t i = 0; i < json_object_array_length(signatures); i++) {
		struct json_object *signature = json_object_array_get_idx(signatures, i);
		const struct head_statement head = {.tenant_id = json_text(document, "tenant_id"),
		    .document_id = json_text(document, "id"), .length = (int)json_integer(signature, "length", 0),
		    .head = json_text(signature, "head"), .at = json_text(signature, "at"),
		    .key_id = json_text(signature, "key_id")};
		bool fine = verification_signature(v, arena, signature, head_statement_text(arena, &head),
		    arena_printf(arena, "the signature at length %d", head.length));

		if (fine && head_stands(v, arena, signature, history) && head.length > covered)
			covered = head.length;
	}
	unsigned_find(v, arena, json_member(row, "events"), covered);
}

const struct problem *
verify_keys(struct verification *v, struct arena *arena)
{
	struct json_object *keys = NULL;

	v->subject = "keys";
	TRY(verification_ask(v, arena, "SELECT portal.public_keys_json()", &keys, NULL, 0));
	for (size_t i = 0; i < json_object_array_length(keys); i++) {
		struct json_object *entry = json_object_array_get_idx(keys, i);
		const char *id = json_text(entry, "id");
		const unsigned char *key = keyring_key(v->scope->keys, id);

		if (!key)
			verification_find(v, arena_printf(arena, "the database shows a key %s, which is not a trusted one", id));
		else if (strcmp(sign_pem(arena, key), json_text(entry, "public_key_pem")) != 0)
			verification_find(v, arena_printf(arena, "the database shows another key under the id %s", id));
	}
	return NULL;
}

/* One line of a list: `document length head`. */
struct entry {
	const char *document;
	int length;
	const char *line;
};

static size_t
list_read(struct arena *arena, const char *list, struct entry **entries)
{
	size_t count = 0;
	char *text = arena_strdup(arena, list), *rest = NULL;

	*entries = arena_alloc(arena, (strlen(list) / 38 + 1) * sizeof **entries);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *blank = strchr(line, ' ');

		if (!blank || strlen(line) < 38)
			continue;
		(*entries)[count++] = (struct entry){arena_strndup(arena, line, (size_t)(blank - line)), atoi(blank + 1), line};
	}
	return count;
}

static int
entry_compare(const struct entry *a, const struct entry *b)
{
	int order = strcmp(a->document, b->document);

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

static void
entry_find(struct verification *v, struct arena *arena, const struct entry *entry, const char *finding)
{
	const char *before = v->subject;

	v->subject = arena_printf(arena, "document %s", entry->document);
	verification_find(v, finding);
	v->subject = before;
}

/* Names what LIST and the signatures kept do not have in common; both are in the same order. */
static void
list_compare(struct verification *v, struct arena *arena, const char *list, const char *rows, int number)
{
	struct entry *listed, *kept;
	size_t listed_count = list_read(arena, list, &listed), kept_count = list_read(arena, rows, &kept);

	for (size_t i = 0, k = 0; i < listed_count || k < kept_count;) {
		int order = i == listed_count ? 1 : k == kept_count ? -1 : entry_compare(&listed[i], &kept[k]);

		if (order < 0)
			entry_find(v, arena, &listed[i], arena_printf(arena,
			    "the signature at length %d, which its tenant's statement %d lists, is gone", listed[i].length, number));
		else if (order > 0)
			entry_find(v, arena, &kept[k], arena_printf(arena,
			    "the signature at length %d is not one that its tenant's statement %d lists", kept[k].length, number));
		else if (strcmp(listed[i].line, kept[k].line) != 0)
			entry_find(v, arena, &kept[k], arena_printf(arena,
			    "the signature at length %d is of another head than its tenant's statement %d lists", kept[k].length, number));
		i += order <= 0;
		k += order >= 0;
	}
}

static int
lines_count(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void
statement_check(struct verification *v, struct arena *arena, const char *tenant_id, struct json_object *row)
{
	const char *list = json_text(row, "list"), *rows = json_text(row, "rows");
	int number = (int)json_integer(row, "number", 0);
	char list_sha256[SHA256_HEX];

	sha256_hex(list, strlen(list), list_sha256);

	const struct tenant_statement statement = {.tenant_id = tenant_id, .number = number,
	    .previous = json_text(row, "previous"), .signatures = lines_count(list), .list_sha256 = list_sha256,
	    .at = json_text(row, "at"), .key_id = json_text(row, "key_id")};

	verification_signature(v, arena, row, tenant_statement_text(arena, &statement), arena_printf(arena, "statement %d", number));
	if (strcmp(list, rows) != 0)
		list_compare(v, arena, list, rows, number);
}

/* The statement after NUMBER follows from it. */
static void
link_check(struct verification *v, struct arena *arena, struct json_object *row, int number, const char *head)
{
	int next = (int)json_integer(row, "number", 0);

	for (int missing = number + 1; missing < next; missing++)
		verification_find(v, arena_printf(arena, "statement %d is gone", missing));
	if (next == number + 1 && strcmp(json_text(row, "previous"), head) != 0)
		verification_find(v, arena_printf(arena, "statement %d does not follow from the one before it", next));
}

const struct problem *
verify_statements(struct verification *v, struct arena *arena, const char *tenant_id)
{
	char head[SHA256_HEX] = "0000000000000000000000000000000000000000000000000000000000000000";
	int number = 0;

	v->subject = arena_printf(arena, "tenant %s", tenant_id);
	for (;;) {
		struct arena *work = arena_new();
		const char *const place[] = {tenant_id, arena_printf(work, "%d", number)};
		struct json_object *row = NULL;
		const struct problem *problem =
		    verification_ask(v, work, "SELECT portal.verify_statement($1, $2)", &row, place, 2);

		if (problem) {
			problem = problem_new(arena, problem->code, "%s", problem->detail);
			arena_free(work);
			return problem;
		}

		bool end = !json_has(row, "statement");

		if (!end) {
			link_check(v, work, row, number, head);
			statement_check(v, work, tenant_id, row);
			number = (int)json_integer(row, "number", 0);
			sha256_hex(json_text(row, "statement"), strlen(json_text(row, "statement")), head);
		} else if (json_integer(row, "last", 0) != number || strcmp(json_text(row, "last_sha256"), head) != 0) {
			verification_find(v, arena_printf(work, "its statements do not end with number %d, which was made last",
			    (int)json_integer(row, "last", 0)));
		}
		arena_free(work);
		if (end)
			return NULL;
	}
}
