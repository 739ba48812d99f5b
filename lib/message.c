/* A document's thread, as its page shows it and as its forms add to it. */
#include "message.h"

#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "link.h"

static void
message_read(struct json_object *row, struct page_message *message)
{
	message->n = (int)json_integer(row, "n", 0);
	message->sender = json_boolean(row, "sender", false);
	message->mine = json_boolean(row, "mine", false);
	message->fresh = json_boolean(row, "fresh", false);
	message->kind = json_text(row, "kind");
	message->name = json_text(row, "name");
	message->text = json_text(row, "text");
	message->at = json_text(row, "at");
	message->version = (int)json_integer(row, "version", 0);
	message->page = (int)json_integer(row, "page", 0);
}

void
conversation_read(struct request *request, struct json_object *row, struct page_conversation *conversation)
{
	struct json_object *thread = json_member(row, "thread");
	size_t count = thread ? json_object_array_length(thread) : 0;
	struct page_message *messages = arena_alloc(request->arena, (count + 1) * sizeof *messages);

	for (size_t i = 0; i < count; i++) {
		message_read(json_object_array_get_idx(thread, i), &messages[i]);
		conversation->last = messages[i].n;
		conversation->fresh = conversation->fresh || messages[i].fresh;
	}
	conversation->thread = messages;
	conversation->count = count;
	conversation->can_ask = json_boolean(row, "asked", false);
	conversation->can_request_changes = json_boolean(row, "changes", false);
	conversation->can_renew = json_boolean(row, "renewal", false);
	conversation->changes_at = json_text(row, "changes_at");
	conversation->renewal_at = json_text(row, "renewal_at");
	conversation->sent = form_get(request->query, "sent");
}

static void
text_add(struct json_object *object, const char *name, const char *value)
{
	if (value)
		json_object_object_add(object, name, json_object_new_string(value));
}

static void
number_add(struct json_object *object, const char *name, int value)
{
	if (value)
		json_object_object_add(object, name, json_object_new_int(value));
}

static const char *
message_json(struct arena *arena, const struct link_message *message)
{
	struct json_object *given = json_object_new_object();

	text_add(given, "kind", message->kind);
	text_add(given, "text", message->text);
	text_add(given, "name", message->name);
	number_add(given, "version", message->version);
	number_add(given, "page", message->page);
	number_add(given, "seen", message->seen);

	const char *text = json_canonical(arena, given);

	json_object_put(given);
	return text;
}

static enum message_outcome
outcome_named(const char *verdict)
{
	static const struct {
		const char *verdict;
		enum message_outcome outcome;
	} table[] = {
	    {"ok", MESSAGE_TAKEN}, {"repeat", MESSAGE_TAKEN}, {"limit", MESSAGE_LIMIT}, {"page", MESSAGE_NO_PAGE},
	    {"version_changed", MESSAGE_CHANGED},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].verdict, verdict))
			return table[i].outcome;
	return MESSAGE_CLOSED;
}

const struct problem *
link_message(struct request *request, const struct link_message *message, enum message_outcome *outcome, int *pages)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_message, &row, request->token_id, request->generation,
	    message_json(request->arena, message), request->personal, request->id));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	*outcome = outcome_named(json_text(row, "verdict"));
	*pages = (int)json_integer(row, "pages", 0);
	return NULL;
}
