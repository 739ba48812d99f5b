/* Deciding through a link. */
#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "link.h"

static void
text_add(struct json_object *object, const char *name, const char *value)
{
	if (value)
		json_object_object_add(object, name, json_object_new_string(value));
}

static const char *
decision_json(struct arena *arena, const struct link_decision *decision)
{
	struct json_object *given = json_object_new_object();

	text_add(given, "type", decision->type);
	json_object_object_add(given, "version", json_object_new_int(decision->version));
	text_add(given, "sha256", decision->sha256);
	text_add(given, "consent_sha256", decision->consent_sha256);
	text_add(given, "language", decision->language);
	text_add(given, "name", decision->name);
	text_add(given, "reason", decision->reason);
	text_add(given, "purchase_order", decision->purchase_order);
	text_add(given, "signature", decision->signature);
	if (decision->proof) {
		struct json_object *proof = json_object_new_object();

		text_add(proof, "method", decision->identity);
		text_add(proof, "token", decision->proof);
		json_object_object_add(given, "proof", proof);
	}

	const char *text = arena_strdup(arena, json_object_to_json_string_ext(given, JSON_C_TO_STRING_PLAIN));

	json_object_put(given);
	return text;
}

static enum decided
decided_named(const char *verdict)
{
	static const struct {
		const char *verdict;
		enum decided decided;
	} table[] = {
	    {"ok", DECIDED}, {"repeat", DECIDED_BEFORE}, {"rival", DECIDED_BY_OTHER}, {"version_changed", DECIDED_CHANGED},
	    {"consent_changed", DECIDED_CONSENT}, {"reason_required", DECIDED_REASON}, {"prove", DECIDED_UNPROVED},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].verdict, verdict))
			return table[i].decided;
	return DECIDED_CLOSED;
}

const struct problem *
link_decide(struct request *request, const struct link_decision *decision, enum decided *decided,
    const char **identity)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_decide, &row, request->token_id,
	    request->generation,
	    decision_json(request->arena, decision), link_consents(), request->personal, request->id,
	    link_visitor(request)));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	*decided = decided_named(json_text(row, "verdict"));
	*identity = json_text(row, "identity");
	return NULL;
}
