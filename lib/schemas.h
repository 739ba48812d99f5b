/* What the API takes: the tables of the JSON documents that senders post. */
#pragma once

#include <stddef.h>

#include "arena.h"
#include "problem.h"
#include "schema.h"

struct json_object;

/* A document's metadata: the part `metadata` of POST /api/v1/documents. */
extern const struct schema schema_metadata;

/* PATCH /api/v1/documents/{id}, a merge patch. */
extern const struct schema schema_patch;

/* PATCH /api/v1/settings, a merge patch. Contrast, variables and the time zone are checked elsewhere. */
extern const struct schema schema_settings;

/* POST /api/v1/documents/{id}/messages; that it holds `text` or `read` is checked elsewhere. */
extern const struct schema schema_message;

/* POST /api/v1/bounces; that it holds one of `message_id` and `email` is checked elsewhere. */
extern const struct schema schema_bounce;

/* POST /api/v1/webhooks; the address itself is checked by whoever connects to it. */
extern const struct schema schema_webhook;

/* Every event of a document's history, which are the types a webhook may ask for; ends with NULL. */
extern const char *const event_types[];

/* Parses and checks metadata that creates a document or updates one: `external_id` must be there, the other members are
 * checked where given. *VALUE is released with the arena.
 * Problems: bad_request (broken JSON), invalid (items point at the members). */
const struct problem *metadata_parse(struct arena *arena, const void *bytes, size_t size, struct json_object **value);

/* Tells what else OBJECT, of metadata_parse(), needs when no document has its `external_id` yet. Problem: invalid. */
const struct problem *metadata_check_creation(struct arena *arena, struct json_object *object);
