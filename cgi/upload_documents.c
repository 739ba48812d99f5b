/* upload: documents, their versions, settings and links. */
#include "upload.h"

#include <json-c/json.h>
#include <string.h>

#include "access.h"
#include "content_type.h"
#include "pdf.h"

enum {
	ATTACHMENTS_MOST = 20,
	PARTS_MOST = 100,
	METADATA_MOST = 256 * 1024,
	PDF_MOST = 50 * MB,
	ATTACHMENT_MOST = 25 * MB,
	ATTACHMENTS_MOST_BYTES = 100 * MB,
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
part_sort(struct request *request, const struct part *part, struct upload *upload)
{
	if (!strcmp(part->name, "attachment")) {
		if (upload->attachment_count == ATTACHMENTS_MOST)
			return upload_refused(request, "/attachment", PROBLEM_invalid, "at most 20 attachments are taken");
		upload->attachments[upload->attachment_count++].part = part;
		return NULL;
	}

	bool metadata = !strcmp(part->name, "metadata");
	const struct part **place = metadata ? &upload->metadata_part : &upload->pdf.part;

	if (!metadata && strcmp(part->name, "file") != 0)
		return upload_refused(request, arena_printf(request->arena, "/%s", part->name), PROBLEM_invalid,
		    "is not a known part; known are metadata, file, attachment");
	if (*place)
		return upload_refused(request, metadata ? "/metadata" : "/file", PROBLEM_invalid, "is there twice");
	*place = part;
	return NULL;
}

static const struct problem *
sizes_check(struct request *request, const struct upload *upload)
{
	size_t total = 0;

	if (!upload->metadata_part)
		return upload_refused(request, "/metadata", PROBLEM_invalid, "a part `metadata` with JSON is needed");
	if (upload->metadata_part->size > METADATA_MOST)
		return upload_refused(request, "/metadata", PROBLEM_too_large, "metadata has at most 256 KB");
	if (!upload->pdf.part || !upload->pdf.part->size)
		return upload_refused(request, "/file", PROBLEM_invalid, "a part `file` with a PDF is needed");
	if (upload->pdf.part->size > PDF_MOST)
		return upload_refused(request, "/file", PROBLEM_too_large, "a PDF has at most 50 MB");
	for (size_t i = 0; i < upload->attachment_count; i++) {
		total += upload->attachments[i].part->size;
		if (upload->attachments[i].part->size > ATTACHMENT_MOST || total > ATTACHMENTS_MOST_BYTES)
			return upload_refused(request, arena_printf(request->arena, "/attachment/%zu", i), PROBLEM_too_large,
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
			return upload_refused(request, pointer, PROBLEM_invalid, "needs a file name");
		TRY(content_type_check(request->arena, pointer, file->name, file->part->bytes, file->part->size, &file->type));
		sha256_hex(file->part->bytes, file->part->size, file->sha256);
	}
	return NULL;
}

static void
files_json(struct arena *arena, const struct upload *upload, const char **pdf, const char **attachments)
{
	struct json_object *object = upload_file_json(&upload->pdf), *array = json_object_new_array();

	json_object_object_add(object, "pages", json_object_new_int(upload->pages));
	for (size_t i = 0; i < upload->attachment_count; i++) {
		struct json_object *one = upload_file_json(&upload->attachments[i]);

		json_object_object_add(one, "n", json_object_new_int((int)i + 1));
		json_object_array_add(array, one);
	}
	*pdf = json_canonical(arena, object);
	*attachments = json_canonical(arena, array);
	json_object_put(object);
	json_object_put(array);
}

/* All files of the upload; gives how many. */
static size_t
files_list(const struct upload *upload, const struct upload_file *files[ATTACHMENTS_MOST + 1])
{
	files[0] = &upload->pdf;
	for (size_t i = 0; i < upload->attachment_count; i++)
		files[i + 1] = &upload->attachments[i];
	return upload->attachment_count + 1;
}

/* An access code of the request: hashed for the database, and shown in the answer when we made it. */
struct new_code {
	const char *hash, *shown;
};

/* Takes `access_code` out of GIVEN: the database gets only its hash. A code that is the document's already is no
 * change; KEEP says that "generate" is one neither when there is a code. */
static const struct problem *
code_take(struct request *request, struct json_object *given, const char *external_id, const char *id, bool keep,
    struct new_code *code)
{
	const char *text = arena_strdup(request->arena, json_text(given, "access_code"));
	bool generate = text && !strcmp(text, "generate");
	struct json_object *row = NULL;

	code->hash = code->shown = NULL;
	json_object_object_del(given, "access_code");
	if (!text)
		return NULL;
	if (access_code_length(request->arena, text) < ACCESS_CODE_LEAST)
		return upload_refused(request, "/access_code", PROBLEM_invalid, "needs 6 signs besides blanks and dashes");
	TRY(db_json(request->db, request->arena, STATEMENT_sender_access_code, &row, request->tenant_id, external_id, id));
	if (row && (generate ? keep : access_code_right(request->arena, text, json_text(row, "hash"))))
		return NULL;
	if (generate)
		text = code->shown = access_code_new(request->arena);
	code->hash = access_code_hash(request->arena, text);
	return NULL;
}

static const struct problem *
not_there(struct request *request)
{
	return sender_not_found(request, "document");
}

/* {result, the document's members}, and a code that was made: it is shown this once. */
static void
answer_give(struct request *request, struct json_object *answer, const struct new_code *code)
{
	const char *result = json_text(answer, "result");
	struct json_object *document = json_member(answer, "document");
	bool created = !strcmp(result, "created");

	if (code && code->shown)
		json_object_object_add(document, "access_code", json_object_new_string(code->shown));
	sender_reply_document(request, created ? 201 : 200, result, document);
	if (created)
		reply_header(request, "Location", arena_printf(request->arena, "/api/v1/documents/%s", json_text(document, "id")));
}

/* Whether the database missed what only a new document needs (document_lock() in SQL): that it is new nobody else
 * knows, and then all that is missing is named at once. */
static bool
new_document_lacks(const struct problem *problem)
{
	return problem->code == PROBLEM_invalid && problem->items && !strcmp(problem->items->detail, "a new document needs one");
}

/* One transaction around locks, rows and bytes. PDF and ATTACHMENTS are of files_json(). */
static const struct problem *
document_put(struct request *request, const struct upload *upload, const char *pdf, const char *attachments,
    const struct new_code *code, const char *revision, struct json_object **answer)
{
	const struct upload_file *files[ATTACHMENTS_MOST + 1];
	size_t count = files_list(upload, files);

	TRY(upload_lock(request, files, count));

	const struct problem *problem = db_json(request->db, request->arena, STATEMENT_sender_put_document, answer,
	    request->tenant_id, json_canonical(request->arena, upload->metadata), pdf, attachments, code->hash, revision,
	    request->id);

	if (problem && new_document_lacks(problem))
		TRY(metadata_check_creation(request->arena, upload->metadata));
	TRY(problem);
	return upload_store(request, files, count);
}

/* POST /api/v1/documents: multipart `metadata`, `file`, `attachment`. 201 created, 200 new_version,
 * updated or unchanged. */
const struct problem *
put_document(struct request *request)
{
	struct upload *upload = arena_alloc(request->arena, sizeof *upload);
	struct json_object *answer = NULL;
	struct new_code code;
	const char *revision, *pdf, *attachments, *fingerprint;

	if (request->body_fd < 0)
		return problem_new(request->arena, PROBLEM_bad_request, "a multipart/form-data body is needed");
	TRY(sender_if_match(request, &revision));
	TRY(parts_read(request, upload));
	TRY(attachments_read(request, upload));
	TRY(pdf_read(request, upload));
	files_json(request->arena, upload, &pdf, &attachments);
	fingerprint = arena_printf(request->arena, "%s\n%s\n%s", json_canonical(request->arena, upload->metadata), pdf, attachments);
	TRY(code_take(request, upload->metadata, json_text(upload->metadata, "external_id"), NULL, true, &code));
	TRY(change_begin(request, fingerprint));
	TRY(document_put(request, upload, pdf, attachments, &code, revision, &answer));
	answer_give(request, answer, &code);
	return NULL;
}

/* PATCH /api/v1/documents/{id}: contacts (replaced whole), visibility, accept, notify, dates, message. 200 updated
 * or unchanged. */
const struct problem *
patch_document(struct request *request)
{
	struct json_object *given = NULL, *answer = NULL;
	struct new_code code;
	const char *id, *revision, *fingerprint;

	TRY(sender_id(request, "document", &id));
	TRY(sender_if_match(request, &revision));
	TRY(change_json(request, &schema_patch, true, &given, &fingerprint));
	TRY(code_take(request, given, NULL, id, false, &code));
	TRY(change_begin(request, fingerprint));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_patch_document, &answer, request->tenant_id, id,
	    json_canonical(request->arena, given), code.hash, revision, request->id));
	if (!answer)
		return not_there(request);
	answer_give(request, answer, &code);
	return NULL;
}

/* DELETE /api/v1/documents/{id}: off the portal, its bytes erased, its history kept. 204. */
const struct problem *
remove_document(struct request *request)
{
	struct json_object *removed = NULL;
	const char *id, *revision;

	TRY(sender_id(request, "document", &id));
	TRY(sender_if_match(request, &revision));
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_remove_document, &removed, request->tenant_id, id, revision,
	    request->id));
	if (!removed)
		return not_there(request);
	reply_empty(request, 204);
	return NULL;
}

/* The table of states decides; what is so already is 200 `unchanged`. */
static const struct problem *
act(struct request *request, const char *action)
{
	struct json_object *answer = NULL;
	const char *id, *revision;

	TRY(sender_id(request, "document", &id));
	TRY(sender_if_match(request, &revision));
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_act, &answer, request->tenant_id, id, action, revision,
	    request->id));
	if (!answer)
		return not_there(request);
	answer_give(request, answer, NULL);
	return NULL;
}

/* POST /api/v1/documents/{id}/withdraw: its page says so, it can no longer be accepted. */
const struct problem *
withdraw_document(struct request *request)
{
	return act(request, "withdraw");
}

/* POST /api/v1/documents/{id}/archive */
const struct problem *
archive_document(struct request *request)
{
	return act(request, "archive");
}

/* POST /api/v1/documents/{id}/unarchive: it does not go back by itself. */
const struct problem *
unarchive_document(struct request *request)
{
	return act(request, "unarchive");
}

/* POST /api/v1/documents/{id}/remind: a mail now to who has not opened or decided, as notify.remind_if says. */
const struct problem *
remind_document(struct request *request)
{
	return act(request, "remind");
}

static const struct problem *
link_act(struct request *request, const char *action)
{
	struct json_object *answer = NULL;
	const char *id, *revision, *contact_id = request->arguments[1];

	TRY(sender_id(request, "document", &id));
	TRY(sender_if_match(request, &revision));
	if (!uuid_valid(contact_id))
		return sender_not_found(request, "contact");
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_link_act, &answer, request->tenant_id, id, contact_id, action,
	    revision, request->id));
	if (!answer)
		return sender_not_found(request, "document or contact");
	answer_give(request, answer, NULL);
	return NULL;
}

/* POST /api/v1/documents/{id}/contacts/{contact_id}/revoke: the link opens nothing from now on. */
const struct problem *
revoke_link(struct request *request)
{
	return link_act(request, "revoke");
}

/* POST /api/v1/documents/{id}/contacts/{contact_id}/rotate: a new link, mailed to the contact; the old one is dead. */
const struct problem *
rotate_link(struct request *request)
{
	return link_act(request, "rotate");
}
