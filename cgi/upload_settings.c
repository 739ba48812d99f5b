/* upload: the tenant's settings, logo and standard attachments. */
#include "upload.h"

#include <json-c/json.h>
#include <string.h>

#include "content_type.h"
#include "color.h"
#include "image.h"
#include "texts.h"

enum { FILE_MOST = 25 * MB, LOGO_MOST = 1 * MB };

/* Answers with the settings and their ETag. */
static const struct problem *
settings_give(struct request *request, int status, struct json_object *settings)
{
	sender_reply_settings(request, status, settings);
	return NULL;
}

/* A validity is told in one unit. */
static const struct problem *
validity_check(struct request *request, struct json_object *validity)
{
	int units = 0;

	if (!validity)
		return NULL;
	json_object_object_foreach(validity, name, value) {
		(void)name;
		units += value != NULL;
	}
	return units == 1 ? NULL : upload_refused(request, "/defaults/expires_after", PROBLEM_invalid,
	    "needs one of days, weeks, months");
}

static const struct problem *
settings_check(struct request *request, struct json_object *given)
{
	const char *color = json_text(given, "color");

	if (color && color_contrast_on_white(color) < COLOR_CONTRAST_LEAST)
		return upload_refused(request, "/color", PROBLEM_invalid,
		    "is too light to be seen on white: a contrast of 3 to 1 is needed (WCAG 2.2, 1.4.11)");
	TRY(validity_check(request, json_member(json_member(given, "defaults"), "expires_after")));
	return texts_check(request->arena, json_member(given, "texts"));
}

/* PATCH /api/v1/settings: a merge patch; null takes a member back to the portal's own. */
const struct problem *
patch_settings(struct request *request)
{
	struct json_object *given = NULL, *settings = NULL;
	const char *revision, *fingerprint;

	TRY(sender_if_match(request, &revision));
	TRY(change_json(request, &schema_settings, true, &given, &fingerprint));
	TRY(settings_check(request, given));
	TRY(change_begin(request, fingerprint));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_patch_settings, &settings, request->tenant_id,
	    fingerprint, revision));
	return settings_give(request, 200, settings);
}

/* The part `file` of a multipart body, its type still to be told. */
static const struct problem *
file_read(struct request *request, size_t most, struct upload_file *file)
{
	struct part *parts;
	size_t count;

	TRY(multipart_parse(request->arena, request_header(request, "Content-Type"), request->body, request->body_size, 2,
	    &parts, &count));
	if (count != 1 || strcmp(parts[0].name, "file") != 0)
		return upload_refused(request, "/file", PROBLEM_invalid, "one part `file` is needed, and no other");
	if (parts[0].size > most)
		return upload_refused(request, "/file", PROBLEM_too_large, arena_printf(request->arena, "has at most %zu MB", most / MB));
	file->part = &parts[0];
	file->name = parts[0].filename ? parts[0].filename : "";
	sha256_hex(parts[0].bytes, parts[0].size, file->sha256);
	return NULL;
}

static const struct problem *
file_add(struct request *request, const char *kind, const struct upload_file *file, int status)
{
	struct json_object *settings = NULL, *described = upload_file_json(file);
	const char *text = json_canonical(request->arena, described), *revision;

	json_object_put(described);
	TRY(sender_if_match(request, &revision));
	TRY(change_begin(request, text));
	TRY(upload_lock(request, &file, 1));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_add_setting_file, &settings, request->tenant_id, kind, text,
	    revision));
	TRY(upload_store(request, &file, 1));
	if (json_boolean(settings, "unchanged", false))
		status = 200;
	json_object_object_del(settings, "unchanged");
	return settings_give(request, status, settings);
}

static const struct problem *
file_delete(struct request *request, const char *kind, const char *id)
{
	struct json_object *settings = NULL;
	const char *revision;

	TRY(sender_if_match(request, &revision));
	TRY(change_begin(request, ""));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_delete_setting_file, &settings, request->tenant_id, kind, id,
	    revision));
	if (!settings)
		return sender_not_found(request, kind);
	return settings_give(request, 200, settings);
}

/* PUT /api/v1/settings/logo: multipart `file`, PNG, JPEG or WebP of at most 1 MB and 4000 pixels a side, which is decoded for a try. */
const struct problem *
put_logo(struct request *request)
{
	struct upload_file file;

	TRY(file_read(request, LOGO_MOST, &file));

	const struct part *part = file.part;
	const struct problem *problem =
	    content_type_check(request->arena, "/file", file.name, part->bytes, part->size, &file.type);

	if (problem && problem->code != PROBLEM_invalid)
		return problem;
	if (problem || (strcmp(file.type, "image/png") && strcmp(file.type, "image/jpeg") && strcmp(file.type, "image/webp")))
		return upload_refused(request, "/file", PROBLEM_invalid, "a logo is PNG, JPEG or WebP, by its name and by its content");
	TRY(image_check(request->arena, "/file", request->body_fd, part->bytes - request->body, part->size));
	return file_add(request, "logo", &file, 200);
}

/* DELETE /api/v1/settings/logo */
const struct problem *
delete_logo(struct request *request)
{
	return file_delete(request, "logo", NULL);
}

/* POST /api/v1/settings/attachments: multipart `file`; new versions get it by themselves. 201; 200 when it is there already. */
const struct problem *
add_attachment(struct request *request)
{
	struct upload_file file;

	TRY(file_read(request, FILE_MOST, &file));
	TRY(content_type_check(request->arena, "/file", file.name, file.part->bytes, file.part->size, &file.type));
	return file_add(request, "attachment", &file, 201);
}

/* DELETE /api/v1/settings/attachments/{id}: versions that have it keep it. */
const struct problem *
delete_attachment(struct request *request)
{
	const char *id;

	TRY(sender_id(request, "attachment", &id));
	return file_delete(request, "attachment", id);
}
