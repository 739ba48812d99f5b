/* The tables of the JSON documents that senders post. What a later release brings stands under `later` or `not_yet`:
 * there it is refused by name, and moving the word is all that its release does here. */
#include "schemas.h"

#include <string.h>

#include "json.h"

typedef const char *const words[];

const char *const event_types[] = {
    "document.sent", "document.updated", "document.delivered", "document.delivery_failed", "document.fetched",
    "document.opened", "document.downloaded", "document.attachment_downloaded", "document.accepted",
    "document.declined", "document.message", "document.changes_requested", "document.renewal_requested",
    "document.reminded", "document.expired", "document.withdrawn", "document.archived", "document.unarchived",
    "document.removed", "link.locked", "link.shared", "link.revoked", "link.rotated", NULL,
};

static words languages = {"da", "en", NULL};

static const struct schema_member amount[] = {
    {.name = "value", .type = SCHEMA_amount, .required = true},
    {.name = "currency", .type = SCHEMA_currency, .required = true},
    {.name = NULL},
};

static const struct schema_member customer[] = {
    {.name = "external_id", .type = SCHEMA_text, .nullable = true, .min = 1, .max = 200},
    {.name = "name", .type = SCHEMA_text, .required = true, .min = 1, .max = 200},
    {.name = NULL},
};

static const struct schema_member right = {
    .type = SCHEMA_choice, .choices = (words){"view", "ask", "accept", NULL},
};

static const struct schema_member contact_members[] = {
    {.name = "external_id", .type = SCHEMA_text, .nullable = true, .min = 1, .max = 200},
    {.name = "name", .type = SCHEMA_text, .required = true, .min = 1, .max = 200},
    {.name = "email", .type = SCHEMA_email, .required = true},
    {.name = "language", .type = SCHEMA_choice, .nullable = true, .choices = languages},
    {.name = "rights", .type = SCHEMA_array, .nullable = true, .max = 3, .items = &right, .unique = true,
     .must_hold = "view"},
    {.name = NULL},
};

static const struct schema_member contact = {.type = SCHEMA_object, .members = contact_members};

static const struct schema_member accept[] = {
    {.name = "enabled", .type = SCHEMA_boolean, .nullable = true},
    {.name = "identity", .type = SCHEMA_choice, .nullable = true,
     .choices = (words){"link", "email_code", NULL}},
    {.name = "signature", .type = SCHEMA_choice, .nullable = true,
     .choices = (words){"none", "typed", "drawn", NULL}},
    {.name = "reason_required", .type = SCHEMA_boolean, .nullable = true},
    {.name = NULL},
};

static const struct schema_member reminder_day = {.type = SCHEMA_integer, .min = 1, .max = 365};

static const struct schema_member notify[] = {
    {.name = "on_upload", .type = SCHEMA_boolean, .nullable = true},
    {.name = "on_change", .type = SCHEMA_boolean, .nullable = true},
    {.name = "reminder_days", .type = SCHEMA_array, .nullable = true, .max = 10, .items = &reminder_day,
     .ascending = true},
    {.name = "remind_if", .type = SCHEMA_choice, .nullable = true,
     .choices = (words){"not_opened", "not_decided", NULL}},
    {.name = NULL},
};

/* What may be said of a document besides what a version consists of: at sending and later. */
#define SETTINGS_OF_A_DOCUMENT(contacts_required) \
	{.name = "contacts", .type = SCHEMA_array, .required = contacts_required, .max = 100, .items = &contact, .distinct = (words){"email", "external_id", NULL}}, \
	{.name = "project", .type = SCHEMA_text, .nullable = true, .max = 200}, \
	VISIBILITY, \
	{.name = "access_code", .type = SCHEMA_text, .nullable = true, .min = 6, .max = 100}, \
	ACCEPT, \
	{.name = "message", .type = SCHEMA_lines, .nullable = true, .max = 5000}, \
	{.name = "language", .type = SCHEMA_choice, .nullable = true, .choices = languages}, \
	NOTIFY, \
	{.name = "expires_at", .type = SCHEMA_time, .nullable = true}, \
	{.name = "remove_at", .type = SCHEMA_time, .nullable = true}, \
	ARCHIVE_AFTER_DAYS

/* What a tenant may set as defaults of these. */
#define VISIBILITY \
	{.name = "visibility", .type = SCHEMA_choice, .nullable = true, .choices = (words){"contact", "customer", "link", NULL}}
#define ACCEPT {.name = "accept", .type = SCHEMA_object, .nullable = true, .members = accept}
#define NOTIFY {.name = "notify", .type = SCHEMA_object, .nullable = true, .members = notify}
#define ARCHIVE_AFTER_DAYS \
	{.name = "archive_after_days", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = 3650}

#define METADATA(contacts_required) { \
	{.name = "external_id", .type = SCHEMA_text, .key = true, .min = 1, .max = 200}, \
	{.name = "kind", .type = SCHEMA_choice, .nullable = true, .choices = (words){"quote", "document", NULL}}, \
	{.name = "title", .type = SCHEMA_text, .required = true, .min = 1, .max = 200}, \
	{.name = "number", .type = SCHEMA_text, .nullable = true, .max = 60}, \
	{.name = "amount", .type = SCHEMA_object, .nullable = true, .members = amount, .whole = true}, \
	{.name = "customer", .type = SCHEMA_object, .required = true, .members = customer}, \
	SETTINGS_OF_A_DOCUMENT(contacts_required), \
	{.name = "revision", .type = SCHEMA_boolean}, \
	{.name = NULL}, \
}

static const struct schema_member metadata[] = METADATA(true);
static const struct schema_member metadata_of_public[] = METADATA(false);

const struct schema schema_metadata = {metadata};
static const struct schema schema_metadata_of_public = {metadata_of_public};

static const struct schema_member patch[] = {SETTINGS_OF_A_DOCUMENT(false), {.name = NULL}};

const struct schema schema_patch = {patch};

static const struct schema_member expires_after[] = {
    {.name = "days", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = 3650},
    {.name = "weeks", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = 520},
    {.name = "months", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = 120},
    {.name = NULL},
};

static const struct schema_member defaults[] = {
    VISIBILITY, ACCEPT, NOTIFY, ARCHIVE_AFTER_DAYS,
    {.name = "expires_after", .type = SCHEMA_object, .nullable = true, .members = expires_after, .whole = true},
    {.name = "archive_on_decision", .type = SCHEMA_boolean, .nullable = true},
    {.name = NULL},
};

static const struct schema_member texts_of_a_language[] = {
    {.name = "mail_subject", .type = SCHEMA_text, .nullable = true, .max = 200},
    {.name = "mail_body", .type = SCHEMA_lines, .nullable = true, .max = 5000},
    {.name = "welcome", .type = SCHEMA_lines, .nullable = true, .max = 2000},
    {.name = "thanks", .type = SCHEMA_lines, .nullable = true, .max = 2000},
    {.name = "consent", .type = SCHEMA_lines, .nullable = true, .max = 2000},
    {.name = "access", .type = SCHEMA_lines, .nullable = true, .max = 2000},
    {.name = NULL},
};

static const struct schema_member texts[] = {
    {.name = "da", .type = SCHEMA_object, .nullable = true, .members = texts_of_a_language},
    {.name = "en", .type = SCHEMA_object, .nullable = true, .members = texts_of_a_language},
    {.name = NULL},
};

static const struct schema_member retention[] = {
    {.name = "ip_days", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = 3650},
    {.name = "event_days", .type = SCHEMA_integer, .nullable = true, .min = 30, .max = 3650},
    {.name = "accepted_years", .type = SCHEMA_integer, .nullable = true, .min = 0, .max = 50},
    {.name = NULL},
};

static const struct schema_member settings[] = {
    {.name = "sender_name", .type = SCHEMA_text, .nullable = true, .min = 1, .max = 200},
    {.name = "reply_to", .type = SCHEMA_email, .nullable = true},
    {.name = "color", .type = SCHEMA_color, .nullable = true},
    {.name = "language", .type = SCHEMA_choice, .nullable = true, .choices = languages},
    {.name = "time_zone", .type = SCHEMA_text, .nullable = true, .min = 1, .max = 100},
    {.name = "texts", .type = SCHEMA_object, .nullable = true, .members = texts},
    {.name = "defaults", .type = SCHEMA_object, .nullable = true, .members = defaults},
    {.name = "return_links", .type = SCHEMA_boolean, .nullable = true},
    {.name = "verify_shows_name", .type = SCHEMA_boolean, .nullable = true},
    {.name = "retention", .type = SCHEMA_object, .nullable = true, .members = retention},
    {.name = NULL},
};

const struct schema schema_settings = {settings};

static const struct schema_member message[] = {
    {.name = "text", .type = SCHEMA_lines, .min = 1, .max = 4000},
    {.name = "version", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = INT32_MAX},
    {.name = "page", .type = SCHEMA_integer, .nullable = true, .min = 1, .max = INT32_MAX},
    {.name = "read", .type = SCHEMA_boolean},
    {.name = NULL},
};

const struct schema schema_message = {message};

static const struct schema_member bounce[] = {
    {.name = "message_id", .type = SCHEMA_text, .min = 1, .max = 300},
    {.name = "email", .type = SCHEMA_email},
    {.name = "reason", .type = SCHEMA_lines, .nullable = true, .max = 1000},
    {.name = NULL},
};

const struct schema schema_bounce = {bounce};

static const struct schema_member event_type = {.type = SCHEMA_choice, .choices = event_types};

static const struct schema_member webhook[] = {
    {.name = "url", .type = SCHEMA_text, .required = true, .min = 1, .max = 2048},
    {.name = "types", .type = SCHEMA_array, .nullable = true, .min = 1, .max = 50, .items = &event_type, .unique = true},
    {.name = "description", .type = SCHEMA_text, .nullable = true, .max = 200},
    {.name = NULL},
};

const struct schema schema_webhook = {webhook};

const struct problem *
metadata_parse(struct arena *arena, const void *bytes, size_t size, struct json_object **value)
{
	TRY(json_parse(arena, bytes, size, JSON_DEPTH, value));
	return schema_check(arena, &schema_metadata, *value, true);
}

const struct problem *
metadata_check_creation(struct arena *arena, struct json_object *object)
{
	const char *visibility = json_text(object, "visibility");

	/* A public link needs no contacts. */
	return schema_check(arena, visibility && !strcmp(visibility, "link") ? &schema_metadata_of_public : &schema_metadata,
	    object, false);
}
