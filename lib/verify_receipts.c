/* Verifying receipts: is there one for each acceptance, and is it the one that the worker made and signed? */
#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "statement.h"
#include "verification.h"

/* After this long (s of a worker's time) a receipt that is not made, or not signed, is a finding. */
enum { RECEIPT_AGE = 48 * 3600 };

/* An acceptance without a receipt: one that is being made is waited for. */
static void
missing_check(struct verification *v, struct arena *arena, struct json_object *missing)
{
	const char *state = json_text(missing, "state"), *answer = json_text(missing, "answer");
	int version = (int)json_integer(missing, "version", 0);
	int64_t age = json_integer(missing, "age", 0);

	if (!state || !strcmp(state, "done"))
		verification_find(v, arena_printf(arena, "version %d was accepted, but its receipt is gone", version));
	else if (!strcmp(state, "dead"))
		verification_find(v, arena_printf(arena, "version %d was accepted, but its receipt could not be made: %s", version,
		    answer ? answer : "nobody knows why"));
	else if (age >= RECEIPT_AGE)
		verification_find(v, arena_printf(arena, "version %d was accepted, but its receipt has not been made yet", version));
	else
		verification_wait(v, &v->result->unmade, age);
}

/* One without a signature has nothing that vouches for it, and may be from before there were signatures, else it is a finding. */
static void
unsigned_check(struct verification *v, struct arena *arena, struct json_object *row, const char *what)
{
	int64_t age = json_integer(row, "age", 0);

	if (!json_boolean(row, "old", false) || (!json_boolean(row, "lost", false) && age >= RECEIPT_AGE))
		verification_find(v, arena_printf(arena, "%s has no signature", what));
	else if (json_boolean(row, "lost", false))
		v->result->unsignable++;
	else
		verification_wait(v, &v->result->receipts, age);
}

static const char *
text_or(struct json_object *row, const char *name)
{
	const char *text = json_text(row, name);

	return text ? text : "";
}

static void
receipt_check(struct verification *v, struct arena *arena, struct json_object *document, struct json_object *row)
{
	int version = (int)json_integer(row, "version", 0);
	bool former = json_boolean(row, "former", false);
	const char *what = arena_printf(arena, "version %d: its %sreceipt", version, former ? "former " : "");

	if (!json_boolean(row, "accepted", false))
		verification_find(v, arena_printf(arena, "%s is of no acceptance", what));
	else if (!former && json_boolean(row, "erased", false))
		verification_find(v, arena_printf(arena, "%s names a person who was erased", what));
	if (!json_text(row, "statement") || !json_text(row, "signature") || !json_text(row, "key_id")) {
		unsigned_check(v, arena, row, what);
		return;
	}

	const struct receipt_statement statement = {.tenant_id = json_text(document, "tenant_id"),
	    .document_id = json_text(document, "id"), .version = version, .event_id = text_or(row, "event_id"),
	    .kind = text_or(row, "kind"), .size = json_integer(row, "size", 0), .sha256 = text_or(row, "sha256"),
	    .made = text_or(row, "made"), .at = text_or(row, "at"), .key_id = json_text(row, "key_id")};

	verification_signature(v, arena, row, receipt_statement_text(arena, &statement),
	    arena_printf(arena, "%s's signature", what));
}

void
verify_receipts(struct verification *v, struct arena *arena, struct json_object *document, struct json_object *row)
{
	struct json_object *receipts = json_member(row, "receipts"), *missing = json_member(row, "without_receipt");

	for (size_t i = 0; i < json_object_array_length(receipts); i++)
		receipt_check(v, arena, document, json_object_array_get_idx(receipts, i));
	for (size_t i = 0; i < json_object_array_length(missing); i++)
		missing_check(v, arena, json_object_array_get_idx(missing, i));
}
