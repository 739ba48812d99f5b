/* Changes: transactions and kept answers. What was answered may hold a secret shown once, so it is sealed. */
#include "change.h"

#include <json-c/json.h>
#include <string.h>

#include "encode.h"
#include "json.h"
#include "schema.h"
#include "sender.h"
#include "utf8.h"

enum { KEY_MOST = 200 };

/* What an answer says besides its body. */
static const char *const kept_headers[] = {"ETag", "Location"};

static const char *
route_name(const struct request *request)
{
	return arena_printf(request->arena, "%s %s", request->method, request->path);
}

static const struct problem *
answer_again(struct request *request, struct json_object *row)
{
	const char *sealed = json_text(row, "answer");
	struct json_object *headers = json_member(row, "headers");
	int status = (int)json_integer(row, "status", 200);
	const unsigned char *answer = NULL;
	size_t size = 0;

	if (sealed) {
		size_t length = (strlen(sealed) - 2) / 2;
		unsigned char *bytes = arena_alloc(request->arena, length + 1);

		if (!hex_decode(sealed + 2, bytes, length))
			return problem_new(request->arena, PROBLEM_internal, "a kept answer is damaged");
		TRY(unseal(request->arena, request->secrets, request->tenant_id, bytes, length, &answer, &size));
	}
	if (answer)
		reply_text(request, status, status < 400 ? "application/json" : "application/problem+json",
		    arena_strndup(request->arena, (const char *)answer, size));
	else
		reply_empty(request, status);
	reply_header(request, "Idempotent-Replayed", "true");
	for (size_t i = 0; i < sizeof kept_headers / sizeof *kept_headers; i++)
		if (json_text(headers, kept_headers[i]))
			reply_header(request, kept_headers[i], json_text(headers, kept_headers[i]));
	return NULL;
}

static const struct problem *
key_begin(struct request *request, const char *key, const char *fingerprint)
{
	struct change *change = &request->change;
	struct json_object *row = NULL;
	const char *state;

	if (!*key || strlen(key) > KEY_MOST || !utf8_valid(key, strlen(key)) || !utf8_one_line(key))
		return problem_new(request->arena, PROBLEM_bad_request, "an Idempotency-Key has 1 to 200 characters");
	sha256_hex(fingerprint, strlen(fingerprint), change->fingerprint);
	change->key = key;
	TRY(db_json(request->db, request->arena, STATEMENT_sender_idempotency_begin, &row, request->tenant_id,
	    route_name(request), key, change->fingerprint));
	state = json_text(row, "state");
	if (!strcmp(state, "fresh"))
		return NULL;
	change->key = NULL; /* nothing new to keep */
	if (!strcmp(state, "other"))
		return problem_new(request->arena, PROBLEM_conflict, "this Idempotency-Key came with another request");
	if (!strcmp(state, "erased"))
		return problem_new(request->arena, PROBLEM_conflict,
		    "this request was carried out before; its answer was erased together with a contact's data");
	TRY(answer_again(request, row));
	return &problem_answered;
}

const struct problem *
change_begin(struct request *request, const char *fingerprint)
{
	const char *key = request_header(request, "Idempotency-Key");

	/* No change takes any. */
	TRY(sender_query_check(request, (const char *const[]){NULL}));
	TRY(db_begin(request->db, request->arena));
	request->change.open = true;
	return key ? key_begin(request, key, fingerprint) : NULL;
}

static const char *
headers_json(struct request *request)
{
	struct json_object *headers = json_object_new_object();

	for (size_t i = 0; i < sizeof kept_headers / sizeof *kept_headers; i++) {
		const char *value = reply_header_get(request, kept_headers[i]);

		if (value)
			json_object_object_add(headers, kept_headers[i], json_object_new_string(value));
	}

	const char *text = json_canonical(request->arena, headers);

	json_object_put(headers);
	return text;
}

static const struct problem *
answer_keep(struct request *request)
{
	const struct reply *reply = &request->reply;
	struct json_object *row = NULL;
	const char *sealed = NULL;

	if (reply->body.length)
		TRY(seal(request->arena, request->secrets, request->tenant_id, (const unsigned char *)reply->body.bytes,
		    reply->body.length, &sealed));
	return db_json(request->db, request->arena, STATEMENT_sender_idempotency_end, &row, request->tenant_id,
	    route_name(request), request->change.key, request->change.fingerprint,
	    arena_printf(request->arena, "%d", reply->status), sealed, headers_json(request));
}

const struct problem *
change_commit(struct request *request)
{
	if (!request->change.open)
		return NULL;
	if (request->change.key)
		TRY(answer_keep(request));
	return db_commit(request->db, request->arena);
}

void
change_keep_refusal(struct request *request)
{
	if (request->change.key && request->reply.status < 500)
		answer_keep(request); /* without it the request is judged anew: no harm */
}

const struct problem *
change_json(struct request *request, const struct schema *schema, bool partial, struct json_object **given,
    const char **fingerprint)
{
	TRY(json_parse(request->arena, request->body, request->body_size, JSON_DEPTH, given));
	TRY(schema_check(request->arena, schema, *given, partial));
	*fingerprint = json_canonical(request->arena, *given);
	return NULL;
}
