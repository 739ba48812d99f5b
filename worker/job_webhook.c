/* Webhook deliveries: signed afresh at each attempt, with the event's id as webhook-id. */
#include <json-c/json.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "job.h"
#include "json.h"
#include "webhook.h"

static const struct problem *
secret_open(const struct outbox_setting *setting, struct job *job, const char *tenant_id, const char *base64,
    struct webhook_secret *secret)
{
	struct arena *arena = job->arena;
	const unsigned char *plain;
	size_t length = strlen(base64), size;
	unsigned char *sealed = arena_alloc(arena, length + 1);
	char *one_line = arena_alloc(arena, length + 1);

	/* PostgreSQL breaks base64 into lines. */
	for (size_t i = 0, end = 0; i < length; i++)
		if (base64[i] != '\n')
			one_line[end++] = base64[i];
	length = strlen(one_line);

	int decoded = EVP_DecodeBlock(sealed, (const unsigned char *)one_line, (int)length);

	if (decoded <= 0)
		return problem_new(arena, PROBLEM_internal, "a webhook's secret is damaged");
	for (; length && one_line[length - 1] == '='; length--)
		decoded--;
	TRY(unseal(arena, setting->secrets, tenant_id, sealed, (size_t)decoded, &plain, &size));
	if (!webhook_secret_decode(arena_strndup(arena, (const char *)plain, size), secret))
		return problem_new(arena, PROBLEM_internal, "a webhook's secret is damaged");
	return NULL;
}

/* {type, timestamp, data}, data being the event. */
static const char *
body_make(struct arena *arena, struct json_object *event)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "type", json_object_get(json_member(event, "type")));
	json_object_object_add(body, "timestamp", json_object_get(json_member(event, "timestamp")));
	json_object_object_add(body, "data", json_object_get(event));

	const char *text = arena_strdup(arena,
	    json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

	json_object_put(body);
	return text;
}

const struct problem *
job_webhook(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	struct arena *arena = job->arena;
	struct json_object *delivery = job_wanted(job, row);
	const char *tenant_id = json_text(row, "tenant_id");
	struct webhook_request *request = arena_alloc(arena, sizeof *request);
	struct webhook_secret secrets[2];
	size_t count = 1;
	struct json_object *event = json_member(delivery, "event");

	if (!delivery)
		return NULL;
	TRY(secret_open(setting, job, tenant_id, json_text(delivery, "secret"), &secrets[0]));
	if (json_text(delivery, "old_secret"))
		TRY(secret_open(setting, job, tenant_id, json_text(delivery, "old_secret"), &secrets[count++]));
	request->url = arena_strdup(arena, json_text(delivery, "url"));
	request->id = arena_strdup(arena, json_text(event, "id"));
	request->timestamp = time(NULL);
	request->body = body_make(arena, event);
	request->size = strlen(request->body);
	request->signature = webhook_signature(arena, secrets, count, request->id, request->timestamp, request->body, request->size);
	request->user_agent = "Dokumentportal";
	transfers_webhook(setting->transfers, request, job_transferred, job);
	return NULL;
}
