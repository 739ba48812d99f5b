/* upload: the sender's writes. */
#include <json-c/json.h>
#include <string.h>

#include "content_type.h"
#include "json.h"
#include "multipart.h"
#include "pdf.h"
#include "schemas.h"
#include "sender.h"
#include "serve.h"
#include "store.h"
#include "webhook.h"

enum {
	MB = 1024 * 1024,
	ATTACHMENTS_MOST = 20,
	PARTS_MOST = 100,
	METADATA_MOST = 256 * 1024,
	PDF_MOST = 50 * MB,
	ATTACHMENT_MOST = 25 * MB,
	ATTACHMENTS_MOST_BYTES = 100 * MB,
	UPLOAD_MOST = 160 * MB,
};

/* A file of the upload, its bytes still in the request's body. */
struct upload_file {
	const struct part *part;
	const char *name, *type;
	char sha256[SHA256_HEX];
};

struct upload {
	const struct part *metadata_part;
	struct json_object *metadata;
	struct upload_file pdf;
	int pages;
	struct upload_file attachments[ATTACHMENTS_MOST];
	size_t attachment_count;
};

static const struct problem *
part_refused(struct request *request, const char *pointer, enum problem_code code, const char *detail)
{
	struct problem *problem = problem_new(request->arena, code, "%s: %s", pointer, detail);

	problem_add(request->arena, &problem, pointer, "%s", detail);
	return problem;
}

static const struct problem *
part_sort(struct request *request, const struct part *part, struct upload *upload)
{
	if (!strcmp(part->name, "attachment")) {
		if (upload->attachment_count == ATTACHMENTS_MOST)
			return part_refused(request, "/attachment", PROBLEM_invalid, "at most 20 attachments are taken");
		upload->attachments[upload->attachment_count++].part = part;
		return NULL;
	}

	bool metadata = !strcmp(part->name, "metadata");
	const struct part **place = metadata ? &upload->metadata_part : &upload->pdf.part;

	if (!metadata && strcmp(part->name, "file") != 0)
		return part_refused(request, arena_printf(request->arena, "/%s", part->name), PROBLEM_invalid,
		    "is not a known part; known are metadata, file, attachment");
	if (*place)
		return part_refused(request, metadata ? "/metadata" : "/file", PROBLEM_invalid, "is there twice");
	*place = part;
	return NULL;
}

static const struct problem *
sizes_check(struct request *request, const struct upload *upload)
{
	size_t total = 0;

	if (!upload->metadata_part)
		return part_refused(request, "/metadata", PROBLEM_invalid, "a part `metadata` with JSON is needed");
	if (upload->metadata_part->size > METADATA_MOST)
		return part_refused(request, "/metadata", PROBLEM_too_large, "metadata has at most 256 KB");
	if (!upload->pdf.part || !upload->pdf.part->size)
		return part_refused(request, "/file", PROBLEM_invalid, "a part `file` with a PDF is needed");
	if (upload->pdf.part->size > PDF_MOST)
		return part_refused(request, "/file", PROBLEM_too_large, "a PDF has at most 50 MB");
	for (size_t i = 0; i < upload->attachment_count; i++) {
		total += upload->attachments[i].part->size;
		if (upload->attachments[i].part->size > ATTACHMENT_MOST || total > ATTACHMENTS_MOST_BYTES)
			return part_refused(request, arena_printf(request->arena, "/attachment/%zu", i), PROBLEM_too_large,
			    "an attachment has at most 25 MB, all together 100 MB");
	}
	return NULL;
}

static const struct problem *
parts_read(struct request *request, struct upload *upload)
{
	struct part *parts;
	size_t count;

	TRY(multipart_parse(request->arena, request_header(request, "Content-Type"), request->body, request->body_size,
	    PARTS_MOST, &parts, &count));
	for (size_t i = 0; i < count; i++)
		TRY(part_sort(request, &parts[i], upload));
	TRY(sizes_check(request, upload));
	return metadata_parse(request->arena, upload->metadata_part->bytes, upload->metadata_part->size, &upload->metadata);
}

/* A PDF that this tenant sent before needs no second check. */
static const struct problem *
pdf_read(struct request *request, struct upload *upload)
{
	struct upload_file *pdf = &upload->pdf;
	struct json_object *known = NULL;
	struct pdf_facts facts;

	pdf->name = pdf->part->filename && *pdf->part->filename ? pdf->part->filename : "dokument.pdf";
	pdf->type = "application/pdf";
	sha256_hex(pdf->part->bytes, pdf->part->size, pdf->sha256);
	TRY(db_json(request->db, request->arena, STATEMENT_sender_known_pdf, &known, request->tenant_id, pdf->sha256));
	if (known) {
		upload->pages = (int)json_integer(known, "pages", 1);
		return NULL;
	}
	TRY(pdf_check(request->arena, request->body_fd, pdf->part->bytes - request->body, pdf->part->size, &facts));
	upload->pages = facts.pages;
	return NULL;
}

static const struct problem *
attachments_read(struct request *request, struct upload *upload)
{
	for (size_t i = 0; i < upload->attachment_count; i++) {
		struct upload_file *file = &upload->attachments[i];

		const char *pointer = arena_printf(request->arena, "/attachment/%zu", i);

		file->name = file->part->filename;
		if (!file->name || !*file->name)
			return part_refused(request, pointer, PROBLEM_invalid, "needs a file name");
		TRY(content_type_check(request->arena, pointer, file->name, file->part->bytes, file->part->size, &file->type));
		sha256_hex(file->part->bytes, file->part->size, file->sha256);
	}
	return NULL;
}

/* Bytes first: under their locks, on the disk before the rows that name them. */
static const struct problem *
bytes_store(struct request *request, const struct upload *upload)
{
	struct buf hashes = buf_new(request->arena, 0);
	struct json_object *locked = NULL;

	buf_printf(&hashes, "{%s", upload->pdf.sha256);
	for (size_t i = 0; i < upload->attachment_count; i++)
		buf_printf(&hashes, ",%s", upload->attachments[i].sha256);
	buf_char(&hashes, '}');
	TRY(db_json(request->db, request->arena, STATEMENT_sender_lock_files, &locked, request->tenant_id, hashes.bytes));
	TRY(store_put(request->arena, request->config->store_dir, request->tenant_id, upload->pdf.sha256,
	    upload->pdf.part->bytes, upload->pdf.part->size));
	for (size_t i = 0; i < upload->attachment_count; i++)
		TRY(store_put(request->arena, request->config->store_dir, request->tenant_id,
		    upload->attachments[i].sha256, upload->attachments[i].part->bytes, upload->attachments[i].part->size));
	return NULL;
}

static struct json_object *
file_json(const struct upload_file *file)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(file->name));
	json_object_object_add(object, "type", json_object_new_string(file->type));
	json_object_object_add(object, "size", json_object_new_int64((int64_t)file->part->size));
	json_object_object_add(object, "sha256", json_object_new_string(file->sha256));
	return object;
}

static void
files_json(struct arena *arena, const struct upload *upload, const char **pdf, const char **attachments)
{
	struct json_object *object = file_json(&upload->pdf), *array = json_object_new_array();

	json_object_object_add(object, "pages", json_object_new_int(upload->pages));
	for (size_t i = 0; i < upload->attachment_count; i++) {
		struct json_object *one = file_json(&upload->attachments[i]);

		json_object_object_add(one, "n", json_object_new_int((int)i + 1));
		json_object_array_add(array, one);
	}
	*pdf = arena_strdup(arena, json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	*attachments = arena_strdup(arena, json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	json_object_put(array);
}

/* One transaction around locks, bytes and rows; serve() undoes it when anything fails. */
static const struct problem *
document_put(struct request *request, const struct upload *upload, const char *revision, struct json_object **answer)
{
	const char *metadata = json_object_to_json_string_ext(upload->metadata, JSON_C_TO_STRING_PLAIN);
	const char *pdf, *attachments;

	files_json(request->arena, upload, &pdf, &attachments);
	TRY(db_begin(request->db, request->arena));
	TRY(bytes_store(request, upload));

	const struct problem *problem = db_json(request->db, request->arena, STATEMENT_sender_put_document, answer,
	    request->tenant_id, metadata, pdf, attachments, NULL, revision, request->id);

	/* Whether the document is new only the database knows; then all that is missing is named at once. */
	if (problem && problem->code == PROBLEM_invalid)
		TRY(metadata_check_creation(request->arena, upload->metadata));
	TRY(problem);
	return db_commit(request->db, request->arena);
}

/* POST /api/v1/documents: multipart `metadata`, `file`, `attachment`. 201 created, 200 new_version,
 * updated or unchanged. */
static const struct problem *
put_document(struct request *request)
{
	struct upload *upload = arena_alloc(request->arena, sizeof *upload);
	struct json_object *answer = NULL;
	const char *revision, *result;

	if (request->body_fd < 0)
		return problem_new(request->arena, PROBLEM_bad_request, "a multipart/form-data body is needed");
	TRY(sender_if_match(request, &revision));
	TRY(parts_read(request, upload));
	TRY(attachments_read(request, upload));
	TRY(pdf_read(request, upload));
	TRY(document_put(request, upload, revision, &answer));
	result = json_text(answer, "result");
	sender_reply_document(request, !strcmp(result, "created") ? 201 : 200, result, json_member(answer, "document"));
	if (!strcmp(result, "created"))
		reply_header(request, "Location", arena_printf(request->arena, "/api/v1/documents/%s",
		    json_text(json_member(answer, "document"), "id")));
	return NULL;
}

/* DELETE /api/v1/documents/{id}: off the portal, its bytes erased, its history kept. 204. */
static const struct problem *
remove_document(struct request *request)
{
	struct json_object *removed = NULL;
	const char *id, *revision;

	TRY(sender_id(request, "document", &id));
	TRY(sender_if_match(request, &revision));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_remove_document, &removed, request->tenant_id, id, revision,
	    request->id));
	if (!removed)
		return sender_not_found(request, "document");
	reply_empty(request, 204);
	return NULL;
}

/* POST /api/v1/webhooks: {url, types, description}. 201 with the secret, which is shown this once. */
static const struct problem *
add_webhook(struct request *request)
{
	struct json_object *given = NULL, *webhook = NULL;
	struct network_rules rules;
	const char *secret = webhook_secret_new(request->arena), *sealed;

	TRY(json_parse(request->arena, request->body, request->body_size, JSON_DEPTH, &given));
	TRY(schema_check(request->arena, &schema_webhook, given, false));
	TRY(network_rules_parse(request->arena, request->config->webhook_allow, &rules));
	TRY(webhook_url_check(request->arena, &rules, json_text(given, "url")));
	TRY(seal(request->arena, request->secrets, request->tenant_id, (const unsigned char *)secret, strlen(secret), &sealed));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_add_webhook, &webhook, request->tenant_id,
	    json_object_to_json_string(given), sealed));
	json_object_object_add(webhook, "secret", json_object_new_string(secret));
	reply_json(request, 201, webhook);
	return NULL;
}

/* DELETE /api/v1/webhooks/{id}: nothing more is posted there. 204. */
static const struct problem *
delete_webhook(struct request *request)
{
	struct json_object *deleted = NULL;
	const char *id;

	TRY(sender_id(request, "webhook", &id));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_delete_webhook, &deleted, request->tenant_id, id));
	if (!deleted)
		return sender_not_found(request, "webhook");
	reply_empty(request, 204);
	return NULL;
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
    {"DELETE", "/api/v1/documents/{id}", AUTH_WRITE, 0, remove_document},
    {"POST", "/api/v1/webhooks", AUTH_WRITE, 64 * 1024, add_webhook},
    {"DELETE", "/api/v1/webhooks/{id}", AUTH_WRITE, 0, delete_webhook},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    "upload", "portal_sender", routes, CONFIG_SECRETS | CONFIG_STORE | CONFIG_BASE_URL};

	return serve(&service, argc, argv);
}
