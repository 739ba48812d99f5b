/* The worker's key at work. */
#include "signing.h"

#include <json-c/json.h>
#include <string.h>

#include "encode.h"
#include "json.h"
#include "log.h"
#include "sign.h"
#include "statement.h"

enum {
	EVENTS = 1000, /* of the feed, looked at in one go */
	RECEIPTS = 2, /* made anew at each look, so that new ones do not wait */
};

/* What signs now: the newest generation. */
struct signer {
	const unsigned char *seed;
	const char *key_id;
};

static void
array_release(void *array)
{
	json_object_put(array);
}

static struct json_object *
array_new(struct arena *arena)
{
	struct json_object *array = json_object_new_array();

	arena_defer(arena, array_release, array);
	return array;
}

static void
text_add(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static const struct problem *
signer_load(const struct outbox_setting *setting, struct arena *arena, struct signer *signer)
{
	unsigned char public_key[SIGN_PUBLIC];
	int generation;

	signer->seed = secret_key(setting->secrets, SECRET_sign, 0, &generation);
	if (!signer->seed)
		return problem_new(arena, PROBLEM_internal, "%s holds no key to sign with", setting->config->secret_file);
	sign_public_key(signer->seed, public_key);
	signer->key_id = sign_key_id(arena, generation, public_key);
	return NULL;
}

static const char *
signature_of(struct arena *arena, const struct signer *signer, const char *statement)
{
	unsigned char signature[SIGN_BYTES];

	sign(signer->seed, statement, strlen(statement), signature);
	return base64_encode(arena, signature, sizeof signature);
}

const struct problem *
signing_heads(const struct outbox_setting *setting, struct arena *arena, const char *tenant_id, const char *at,
    struct json_object *const *heads, size_t count, const char **signatures)
{
	struct json_object *array = array_new(arena);
	struct signer signer;

	TRY(signer_load(setting, arena, &signer));
	for (size_t i = 0; i < count; i++) {
		const struct head_statement statement = {.tenant_id = tenant_id,
		    .document_id = json_text(heads[i], "document_id"), .length = (int)json_integer(heads[i], "length", 0),
		    .head = json_text(heads[i], "head"), .at = at, .key_id = signer.key_id};
		const char *text = head_statement_text(arena, &statement);
		struct json_object *row = json_object_new_object();

		text_add(row, "document_id", statement.document_id);
		json_object_object_add(row, "length", json_object_new_int(statement.length));
		text_add(row, "head", statement.head);
		text_add(row, "at", at);
		text_add(row, "key_id", statement.key_id);
		text_add(row, "statement", text);
		text_add(row, "signature", signature_of(arena, &signer, text));
		json_object_array_add(array, row);
	}
	*signatures = json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN);
	return NULL;
}

/* Every generation held: what older ones signed can still be checked. */
static const struct problem *
keys_tell(const struct outbox_setting *setting, struct arena *arena)
{
	struct json_object *array = array_new(arena), *answer = NULL;
	int newest;

	secret_key(setting->secrets, SECRET_sign, 0, &newest);
	for (int generation = 1; generation <= newest; generation++) {
		const unsigned char *seed = secret_key(setting->secrets, SECRET_sign, generation, NULL);
		unsigned char public_key[SIGN_PUBLIC];
		struct json_object *row;

		if (!seed)
			continue;
		sign_public_key(seed, public_key);
		row = json_object_new_object();
		text_add(row, "key_id", sign_key_id(arena, generation, public_key));
		json_object_object_add(row, "generation", json_object_new_int(generation));
		text_add(row, "public_key", base64_encode(arena, public_key, sizeof public_key));
		json_object_array_add(array, row);
	}
	return db_json(setting->db, arena, STATEMENT_worker_keys, &answer,
	    json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN));
}

static const struct problem *
heads_seal(const struct outbox_setting *setting, struct arena *arena, struct json_object *next)
{
	struct json_object *array = json_member(next, "heads"), *answer = NULL;
	size_t count = json_object_array_length(array);
	struct json_object **heads = arena_alloc(arena, (count + 1) * sizeof *heads);
	const char *tenant_id = json_text(next, "tenant_id"), *signatures;

	for (size_t i = 0; i < count; i++)
		heads[i] = json_object_array_get_idx(array, i);
	TRY(signing_heads(setting, arena, tenant_id, json_text(next, "at"), heads, count, &signatures));
	return db_json(setting->db, arena, STATEMENT_worker_seal_heads, &answer, tenant_id,
	    arena_printf(arena, "%lld", (long long)json_integer(next, "feed_no", 0)), signatures);
}

static const struct problem *
tenant_seal(const struct outbox_setting *setting, struct arena *arena, struct json_object *next)
{
	struct json_object *answer = NULL;
	struct signer signer;

	TRY(signer_load(setting, arena, &signer));

	const struct tenant_statement statement = {.tenant_id = json_text(next, "tenant_id"),
	    .number = (int)json_integer(next, "number", 0), .previous = json_text(next, "previous"),
	    .signatures = (int)json_integer(next, "signatures", 0), .list_sha256 = json_text(next, "list_sha256"),
	    .at = json_text(next, "at"), .key_id = signer.key_id};
	const char *text = tenant_statement_text(arena, &statement);

	return db_json(setting->db, arena, STATEMENT_worker_seal, &answer, statement.tenant_id,
	    arena_printf(arena, "%d", statement.number), statement.at, statement.list_sha256, signer.key_id, text,
	    signature_of(arena, &signer, text));
}

bool
signing_daily(const struct outbox_setting *setting)
{
	struct arena *arena = arena_new();
	struct json_object *next = NULL;
	const struct problem *problem = keys_tell(setting, arena);

	if (!problem)
		problem = db_json(setting->db, arena, STATEMENT_worker_seal_next, &next, arena_printf(arena, "%d", EVENTS));
	if (!problem && next)
		problem = json_has(next, "heads") ? heads_seal(setting, arena, next) : tenant_seal(setting, arena, next);
	if (problem && problem->code != PROBLEM_unavailable)
		log_line(LOG_error, "cannot sign", "reason", problem->detail, NULL);

	bool more = !problem && next;

	arena_free(arena);
	return more;
}

const struct problem *
signing_receipt(const struct outbox_setting *setting, struct arena *arena, struct json_object *receipt)
{
	struct json_object *answer = NULL;
	struct signer signer;

	TRY(signer_load(setting, arena, &signer));

	const struct receipt_statement statement = {.tenant_id = json_text(receipt, "tenant_id"),
	    .document_id = json_text(receipt, "document_id"), .version = (int)json_integer(receipt, "version", 0),
	    .event_id = json_text(receipt, "event_id"), .kind = json_text(receipt, "kind"),
	    .size = json_integer(receipt, "size", 0), .sha256 = json_text(receipt, "sha256"), .made = json_text(receipt, "made"),
	    .at = json_text(receipt, "at"), .key_id = signer.key_id};
	const char *text = receipt_statement_text(arena, &statement);

	return db_json(setting->db, arena, STATEMENT_worker_sign_receipt, &answer, statement.tenant_id, statement.document_id,
	    arena_printf(arena, "%d", statement.version), statement.sha256, statement.at, signer.key_id, text,
	    signature_of(arena, &signer, text));
}

void
signing_receipts(const struct outbox_setting *setting)
{
	struct arena *arena = arena_new();
	struct json_object *answer = NULL;
	const struct problem *problem =
	    db_json(setting->db, arena, STATEMENT_worker_unsigned_receipts, &answer, arena_printf(arena, "%d", RECEIPTS));

	if (problem && problem->code != PROBLEM_unavailable)
		log_line(LOG_error, "cannot have unsigned receipts made anew", "reason", problem->detail, NULL);
	arena_free(arena);
}
