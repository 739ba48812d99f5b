/* upload: webhooks, their secrets and deliveries. */
#include "upload.h"

#include <json-c/json.h>
#include <string.h>

#include "webhook.h"

/* A new secret: as text, shown this once, and sealed for the database. */
static const struct problem *
secret_make(struct request *request, const char **secret, const char **sealed)
{
	*secret = webhook_secret_new(request->arena);
	return seal(request->arena, request->secrets, request->tenant_id, (const unsigned char *)*secret, strlen(*secret), sealed);
}

static const struct problem *
webhook_give(struct request *request, int status, struct json_object *webhook, const char *secret)
{
	if (!webhook)
		return sender_not_found(request, "webhook or delivery");
	if (secret)
		json_object_object_add(webhook, "secret", json_object_new_string(secret));
	reply_json(request, status, webhook);
	return NULL;
}

/* POST /api/v1/webhooks: {url, types, description}. 201 with the secret, which is shown this once. */
const struct problem *
add_webhook(struct request *request)
{
	struct json_object *given = NULL, *webhook = NULL;
	const char *secret, *sealed, *fingerprint;

	TRY(change_json(request, &schema_webhook, false, &given, &fingerprint));
	TRY(webhook_url_check(request->arena, request->config->webhook_rules, json_text(given, "url")));
	TRY(secret_make(request, &secret, &sealed));
	TRY(change_begin(request, fingerprint));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_add_webhook, &webhook, request->tenant_id, fingerprint, sealed));
	return webhook_give(request, 201, webhook, secret);
}

/* DELETE /api/v1/webhooks/{id}: nothing more is posted there. 204. */
const struct problem *
delete_webhook(struct request *request)
{
	struct json_object *deleted = NULL;
	const char *id;

	TRY(sender_id(request, "webhook", &id));
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_delete_webhook, &deleted, request->tenant_id, id));
	if (!deleted)
		return sender_not_found(request, "webhook");
	reply_empty(request, 204);
	return NULL;
}

/* POST /api/v1/webhooks/{id}/rotate: a new secret, shown this once; for a day the old one signs too. */
const struct problem *
rotate_webhook(struct request *request)
{
	struct json_object *webhook = NULL;
	const char *id, *secret, *sealed;

	TRY(sender_id(request, "webhook", &id));
	TRY(secret_make(request, &secret, &sealed));
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_rotate_webhook, &webhook, request->tenant_id, id, sealed));
	return webhook_give(request, 200, webhook, secret);
}

/* POST /api/v1/webhooks/{id}/test: posts an event of type `webhook.test`. 202 with the delivery's id. */
const struct problem *
test_webhook(struct request *request)
{
	struct json_object *delivery = NULL;
	const char *id;

	TRY(sender_id(request, "webhook", &id));
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_test_webhook, &delivery, request->tenant_id, id, request->id));
	return webhook_give(request, 202, delivery, NULL);
}

/* POST /api/v1/webhooks/{id}/deliveries/{delivery_id}/retry: at once, and for three days more. */
const struct problem *
retry_delivery(struct request *request)
{
	struct json_object *delivery = NULL;
	const char *id, *delivery_id = request->arguments[1];

	TRY(sender_id(request, "webhook", &id));
	if (!uuid_valid(delivery_id))
		return sender_not_found(request, "delivery");
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_retry_delivery, &delivery, request->tenant_id, id, delivery_id));
	return webhook_give(request, 200, delivery, NULL);
}
