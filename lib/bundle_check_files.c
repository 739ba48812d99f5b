/* Checking evidence bundles: the files against the line of the history that names their hashes, and nothing besides. */
#include <json-c/json.h>
#include <string.h>

#include "bundle.h"
#include "bundle_checking.h"
#include "json.h"

static void
file_check(struct checking *c, const char *name, const char *sha256, int n)
{
	const struct zip_member *member = bundle_member(c, name);

	bundle_account(c, name);
	if (!member)
		bundle_find(c, name, "is missing, line %d of events.jsonl names its hash", n);
	else if (!bundle_same(member->sha256, sha256))
		bundle_find(c, name, "is not the file that line %d of events.jsonl names", n);
}

/* What the file is called outside the zip, by the manifest's list. */
static const char *
listed_name(const struct checking *c, const char *path)
{
	struct json_object *files = json_member(c->manifest, "files");

	for (size_t i = 0; json_object_is_type(files, json_type_array) && i < json_object_array_length(files); i++)
		if (bundle_same(json_text(json_object_array_get_idx(files, i), "path"), path))
			return json_text(json_object_array_get_idx(files, i), "name");
	return NULL;
}

static void
attachments_check(struct checking *c, struct json_object *attachments, int n)
{
	for (size_t i = 0; json_object_is_type(attachments, json_type_array) && i < json_object_array_length(attachments); i++) {
		struct json_object *file = json_object_array_get_idx(attachments, i);
		const char *name = json_text(file, "name");
		const char *path = bundle_attachment(c->arena, (int)json_integer(file, "n", 0), name ? name : "");

		file_check(c, path, json_text(file, "sha256"), n);
		if (listed_name(c, path) && !bundle_same(listed_name(c, path), name))
			bundle_find(c, "manifest.json", "its name for %s is not the one in line %d of events.jsonl", path, n);
	}
}

/* Whether a line after N tells that somebody was erased. */
static bool
erasure_follows(const struct checking *c, int n)
{
	while (++n <= c->length)
		if (json_has(json_member(c->lines[n], "data"), "erased"))
			return true;
	return false;
}

/* The words that were agreed to. Those that named somebody go with that one's data; the manifest then claims none either, and
 * not every such erasure is in the history. */
static void
consent_check(struct checking *c, struct json_object *data, int n)
{
	const char *sha256 = json_text(data, "consent_sha256");

	if (sha256 && (bundle_member(c, "consent.txt") || json_text(json_member(c->manifest, "decision"), "consent")))
		file_check(c, "consent.txt", sha256, n);
	else if (sha256 && !erasure_follows(c, n))
		bundle_note(c, "consent.txt", "is not here, though no line tells that somebody was erased whom it named");
}

/* The drawn signature, whose hash is a person's. */
static void
image_check(struct checking *c, int n)
{
	const char *text = bundle_text(c, arena_printf(c->arena, "personal/%d.txt", n)), *start, *sha256;
	struct json_object *personal = NULL;

	start = text ? strchr(text, '\n') : NULL;
	if (!start || json_parse(c->arena, start + 1, strlen(start + 1), JSON_DEPTH, &personal))
		return;
	sha256 = json_text(personal, "signature_sha256");
	if (sha256)
		file_check(c, "signature.png", sha256, n);
}

void
bundle_check_files(struct checking *c)
{
	int n = c->decided ? c->decided : c->sent;
	struct json_object *data = n ? json_member(c->lines[n], "data") : NULL;

	if (!n)
		return;
	file_check(c, "document.pdf", json_text(data, "sha256"), n);
	attachments_check(c, json_member(data, "attachments"), n);
	if (!c->decided)
		return;
	consent_check(c, data, n);
	image_check(c, n);
}

void
bundle_check_rest(struct checking *c)
{
	static const char *const own[] = {"README.txt", "manifest.json", "SHA256SUMS", "events.jsonl", "heads.txt"};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		bundle_account(c, own[i]);
	for (size_t i = 0; (c->sent || c->decided) && i < c->count; i++)
		if (!c->accounted[i])
			bundle_find(c, c->members[i]->name, "was inserted: nothing that was signed names it");
	if (!bundle_member(c, "README.txt"))
		bundle_find(c, "README.txt", "is missing");
}
