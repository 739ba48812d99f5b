/* upload's handlers, by what they change: documents, settings, webhooks. */
#pragma once

#include "change.h"
#include "json.h"
#include "multipart.h"
#include "schema.h"
#include "schemas.h"
#include "sender.h"

enum { MB = 1024 * 1024 };

/* A file of a request, its bytes still in the request's body. */
struct upload_file {
	const struct part *part;
	const char *name, *type;
	char sha256[SHA256_HEX];
};

/* A problem that points at one part or member. */
const struct problem *upload_refused(struct request *request, const char *pointer, enum problem_code code, const char *detail);

/* In a change, in this order: the files' locks, which hold off erasing; then the rows, which may be refused; then the
 * bytes, on the disk before serve() commits the rows that name them. A refusal so leaves no bytes behind. */
const struct problem *upload_lock(struct request *request, const struct upload_file *const *files, size_t count);
const struct problem *upload_store(struct request *request, const struct upload_file *const *files, size_t count);

/* {name, type, size, sha256} */
struct json_object *upload_file_json(const struct upload_file *file);

handler put_document, patch_document, remove_document, withdraw_document, archive_document, unarchive_document,
    remind_document, revoke_link, rotate_link;
handler post_message;
handler report_bounce;
handler patch_settings, put_logo, delete_logo, add_attachment, delete_attachment;
handler add_webhook, delete_webhook, rotate_webhook, test_webhook, retry_delivery;
