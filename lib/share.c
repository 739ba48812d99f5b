/* Passing a document on to colleagues. */
#include "share.h"

#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "link.h"

void
sharing_read(struct arena *arena, struct json_object *row, struct page_sharing *sharing)
{
	struct json_object *list = json_member(row, "list");
	size_t count = list ? json_object_array_length(list) : 0;
	struct page_share *shares = arena_alloc(arena, (count + 1) * sizeof *shares);

	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		shares[i].id = json_text(one, "id");
		shares[i].email = json_text(one, "email");
		shares[i].name = json_text(one, "name");
		shares[i].at = json_text(one, "at");
		shares[i].failed = json_boolean(one, "failed", false);
	}
	sharing->allowed = json_boolean(row, "allowed", false);
	sharing->list = shares;
	sharing->count = count;
	sharing->by = json_text(row, "by");
	sharing->by_decides = json_boolean(row, "by_decides", false);
	sharing->name = json_text(row, "name");
}

static enum share_outcome
outcome_named(const char *verdict)
{
	static const struct {
		const char *verdict;
		enum share_outcome outcome;
	} table[] = {
	    {"ok", SHARE_SENT}, {"before", SHARE_BEFORE}, {"own", SHARE_OWN}, {"full", SHARE_FULL}, {"limit", SHARE_LIMIT},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].verdict, verdict))
			return table[i].outcome;
	return SHARE_CLOSED;
}

const struct problem *
link_share(struct request *request, const char *email, const char *name, const char *text, int version,
    enum share_outcome *outcome)
{
	struct json_object *given = json_object_new_object(), *row = NULL;
	const char *const names[] = {"email", "name", "text"}, *const values[] = {email, name, text};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (values[i])
			json_object_object_add(given, names[i], json_object_new_string(values[i]));
	json_object_object_add(given, "version", json_object_new_int(version));

	const char *canonical = json_canonical(request->arena, given);

	json_object_put(given);
	TRY(db_json(request->db, request->arena, STATEMENT_customer_share, &row, request->token_id, request->generation,
	    canonical, request->personal, request->id));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	*outcome = outcome_named(json_text(row, "verdict"));
	return NULL;
}

const struct problem *
link_unshare(struct request *request, const char *id, bool *closed)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_unshare, &row, request->token_id, request->generation, id,
	    request->personal, request->id));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	*closed = strcmp(json_text(row, "verdict"), "ok") != 0;
	return NULL;
}
