/* upload: the sender's writes. The handlers are in upload_documents.c, upload_messages.c, upload_settings.c, upload_webhooks.c and
 * upload_bounces.c. */
#include "upload.h"

#include <json-c/json.h>
#include <string.h>

#include "sender_paths.h"
#include "store.h"

enum { UPLOAD_MOST = 160 * MB, LOGO_MOST = 2 * MB, ATTACHMENT_MOST = 26 * MB, JSON_MOST = 256 * 1024 };

const struct problem *
upload_refused(struct request *request, const char *pointer, enum problem_code code, const char *detail)
{
	struct problem *problem = problem_new(request->arena, code, "%s: %s", pointer, detail);

	problem_add(request->arena, &problem, pointer, "%s", detail);
	return problem;
}

const struct problem *
upload_lock(struct request *request, const struct upload_file *const *files, size_t count)
{
	struct buf hashes = buf_new(request->arena, 0);
	struct json_object *locked = NULL;

	for (size_t i = 0; i < count; i++)
		buf_printf(&hashes, "%c%s", i ? ',' : '{', files[i]->sha256);
	buf_char(&hashes, '}');
	return db_json(request->db, request->arena, STATEMENT_sender_lock_files, &locked, request->tenant_id, hashes.bytes);
}

const struct problem *
upload_store(struct request *request, const struct upload_file *const *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(store_put(request->arena, request->config->store_dir, request->tenant_id, files[i]->sha256,
		    files[i]->part->bytes, files[i]->part->size));
	return NULL;
}

struct json_object *
upload_file_json(const struct upload_file *file)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(file->name));
	json_object_object_add(object, "type", json_object_new_string(file->type));
	json_object_object_add(object, "size", json_object_new_int64((int64_t)file->part->size));
	json_object_object_add(object, "sha256", json_object_new_string(file->sha256));
	return object;
}

/* nginx asks this before it reads a body. 204: go on. */
static const struct problem *
key_is_good(struct request *request)
{
	reply_empty(request, 204);
	return NULL;
}

static const struct route routes[] = {
    {"GET", "/internal/auth", AUTH_WRITE, 0, key_is_good},
    {"POST", "/api/v1/documents", AUTH_WRITE, UPLOAD_MOST, put_document},
    {"PATCH", "/api/v1/documents/{id}", AUTH_WRITE, JSON_MOST, patch_document},
    {"DELETE", "/api/v1/documents/{id}", AUTH_WRITE, 0, remove_document},
    {"POST", "/api/v1/documents/{id}/withdraw", AUTH_WRITE, JSON_MOST, withdraw_document},
    {"POST", "/api/v1/documents/{id}/archive", AUTH_WRITE, JSON_MOST, archive_document},
    {"POST", "/api/v1/documents/{id}/unarchive", AUTH_WRITE, JSON_MOST, unarchive_document},
    {"POST", "/api/v1/documents/{id}/remind", AUTH_WRITE, JSON_MOST, remind_document},
    {"POST", "/api/v1/documents/{id}/contacts/{contact_id}/revoke", AUTH_WRITE, JSON_MOST, revoke_link},
    {"POST", "/api/v1/documents/{id}/contacts/{contact_id}/rotate", AUTH_WRITE, JSON_MOST, rotate_link},
    {"POST", "/api/v1/documents/{id}/messages", AUTH_WRITE, JSON_MOST, post_message},
    {"POST", "/api/v1/bounces", AUTH_WRITE, JSON_MOST, report_bounce},
    {"PATCH", "/api/v1/settings", AUTH_WRITE, JSON_MOST, patch_settings},
    {"PUT", "/api/v1/settings/logo", AUTH_WRITE, LOGO_MOST, put_logo},
    {"DELETE", "/api/v1/settings/logo", AUTH_WRITE, 0, delete_logo},
    {"POST", "/api/v1/settings/attachments", AUTH_WRITE, ATTACHMENT_MOST, add_attachment},
    {"DELETE", "/api/v1/settings/attachments/{id}", AUTH_WRITE, 0, delete_attachment},
    {"POST", "/api/v1/webhooks", AUTH_WRITE, JSON_MOST, add_webhook},
    {"DELETE", "/api/v1/webhooks/{id}", AUTH_WRITE, 0, delete_webhook},
    {"POST", "/api/v1/webhooks/{id}/rotate", AUTH_WRITE, JSON_MOST, rotate_webhook},
    {"POST", "/api/v1/webhooks/{id}/test", AUTH_WRITE, JSON_MOST, test_webhook},
    {"POST", "/api/v1/webhooks/{id}/deliveries/{delivery_id}/retry", AUTH_WRITE, JSON_MOST, retry_delivery},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "upload", .role = "portal_sender", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_STORE | CONFIG_BASE_URL, .shared = sender_paths};

	return serve(&service, argc, argv);
}
