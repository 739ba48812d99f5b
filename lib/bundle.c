/* Making evidence bundles. */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "encode.h"
#include "json.h"
#include "log.h"
#include "store.h"
#include "templates.h"
#include "zip.h"

/* A member to be: its bytes, or the stored file that holds them. */
struct member {
	const char *name;
	const char *title; /* the file's own name, or NULL */
	const void *bytes; /* NULL: of the store */
	int64_t size;
	char sha256[SHA256_HEX];
	struct member *next;
};

struct making {
	struct arena *arena;
	struct json_object *evidence;
	struct member *members, **end;
};

static struct member *
member_add(struct making *making, const char *name)
{
	struct member *member = arena_alloc(making->arena, sizeof *member);

	member->name = name;
	*making->end = member;
	making->end = &member->next;
	return member;
}

static void
member_fill(struct member *member, const void *bytes, size_t size)
{
	member->bytes = bytes;
	member->size = (int64_t)size;
	sha256_hex(bytes, size, member->sha256);
}

static void
bytes_add(struct making *making, const char *name, const void *bytes, size_t size)
{
	member_fill(member_add(making, name), bytes, size);
}

static void
text_add(struct making *making, const char *name, const char *text)
{
	bytes_add(making, name, text, strlen(text));
}

/* FILE is {name, size, sha256}; NULL adds nothing. */
static void
stored_add(struct making *making, const char *name, struct json_object *file)
{
	if (!file)
		return;
	struct member *member = member_add(making, name);

	member->title = json_text(file, "name");
	member->size = json_integer(file, "size", 0);
	snprintf(member->sha256, sizeof member->sha256, "%s", json_text(file, "sha256"));
}

/* NAME in letters that every unpacker and shell takes: Danish ones spelt out, the rest as "_". The real name stands in the manifest. */
static const char *
plain_name(struct arena *arena, const char *name)
{
	static const char *const spelt[][2] = {
	    {"æ", "ae"}, {"ø", "oe"}, {"å", "aa"}, {"Æ", "Ae"}, {"Ø", "Oe"}, {"Å", "Aa"}};
	struct buf plain = buf_new(arena, 0);

	for (const char *c = name; *c;) {
		size_t i = 0;

		while (i < 6 && strncmp(c, spelt[i][0], 2) != 0)
			i++;
		if (i < 6) {
			buf_text(&plain, spelt[i][1]);
			c += 2;
		} else {
			bool safe = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			    (*c && strchr("._-", *c));

			if (safe || ((unsigned char)*c & 0xc0) != 0x80)
				buf_char(&plain, safe ? *c : '_');
			c++;
		}
	}
	return plain.bytes;
}

const char *
bundle_attachment(struct arena *arena, int n, const char *name)
{
	return arena_printf(arena, "attachments/%02d-%s", n, plain_name(arena, name));
}

static void
files_add(struct making *making)
{
	struct json_object *attachments = json_member(making->evidence, "attachments");

	stored_add(making, "document.pdf", json_member(making->evidence, "file"));
	for (size_t i = 0; i < json_object_array_length(attachments); i++) {
		struct json_object *file = json_object_array_get_idx(attachments, i);

		stored_add(making, bundle_attachment(making->arena, (int)json_integer(file, "n", 0), json_text(file, "name")), file);
	}
	stored_add(making, "receipt.pdf", json_member(making->evidence, "receipt"));
}

static const struct problem *
image_add(struct making *making, const char *image)
{
	size_t length = strlen(image), size = length / 4 * 3 - (length && image[length - 1] == '=') -
	    (length > 1 && image[length - 2] == '=');
	unsigned char *bytes = arena_alloc(making->arena, size + 1);

	if (!base64_decode(image, bytes, size))
		return problem_new(making->arena, PROBLEM_internal, "the signature's image cannot be read");
	bytes_add(making, "signature.png", bytes, size);
	return NULL;
}

/* What was agreed to, and how it was signed: the picture is a file of its own. */
static const struct problem *
decision_add(struct making *making)
{
	struct json_object *decision = json_member(json_member(making->evidence, "manifest"), "decision");
	const char *consent = json_text(decision, "consent"), *image = json_text(decision, "signature_image");

	if (consent)
		text_add(making, "consent.txt", consent);
	if (image)
		TRY(image_add(making, image));
	if (decision)
		json_object_object_del(decision, "signature_image");
	return NULL;
}

/* The lines as they were hashed, the head after each, and what their salted hashes cover. */
static void
history_add(struct making *making)
{
	struct json_object *events = json_member(making->evidence, "events");
	struct buf lines = buf_new(making->arena, 0), heads = buf_new(making->arena, 0);
	size_t count = json_object_array_length(events);

	for (size_t i = 0; i < count; i++) {
		struct json_object *event = json_object_array_get_idx(events, i);

		buf_printf(&lines, "%s\n", json_text(event, "line"));
		buf_printf(&heads, "%s\n", json_text(event, "hash"));
	}
	bytes_add(making, "events.jsonl", lines.bytes, lines.length);
	bytes_add(making, "heads.txt", heads.bytes, heads.length);
	for (size_t i = 0; i < count; i++) {
		struct json_object *event = json_object_array_get_idx(events, i);

		if (json_member(event, "personal"))
			text_add(making, arena_printf(making->arena, "personal/%d.txt", (int)json_integer(event, "seq", 0)),
			    arena_printf(making->arena, "%s\n%s", json_text(event, "salt"), json_text(event, "personal")));
	}
}

/* A statement and its signature as signatures/NAME.txt and .sig. */
static const struct problem *
signature_add(struct making *making, const char *name, struct json_object *signature)
{
	unsigned char *bytes = arena_alloc(making->arena, 64);

	if (!base64_decode(json_text(signature, "signature"), bytes, 64))
		return problem_new(making->arena, PROBLEM_internal, "the signature %s cannot be read", name);
	text_add(making, arena_printf(making->arena, "signatures/%s.txt", name), json_text(signature, "statement"));
	bytes_add(making, arena_printf(making->arena, "signatures/%s.sig", name), bytes, 64);
	return NULL;
}

static const struct problem *
signatures_add(struct making *making)
{
	struct json_object *signatures = json_member(making->evidence, "signatures"),
	    *receipt = json_member(making->evidence, "receipt"), *keys = json_member(making->evidence, "keys");

	for (size_t i = 0; i < json_object_array_length(signatures); i++) {
		struct json_object *signature = json_object_array_get_idx(signatures, i);

		TRY(signature_add(making, arena_printf(making->arena, "%d", (int)json_integer(signature, "length", 0)), signature));
	}
	if (receipt)
		TRY(signature_add(making, "receipt", receipt));
	for (size_t i = 0; i < json_object_array_length(keys); i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);

		text_add(making, arena_printf(making->arena, "keys/%s.pem", json_text(key, "id")), json_text(key, "public_key_pem"));
	}
	return NULL;
}

static bool
member_like(const struct making *making, const char *start)
{
	const struct member *member = making->members;

	while (member && strncmp(member->name, start, strlen(start)) != 0)
		member = member->next;
	return member;
}

static void
names_fill(const struct making *making, struct bundle_readme *page)
{
	size_t count = 0;

	for (const struct member *member = making->members; member; member = member->next)
		count++;
	page->names = arena_alloc(making->arena, count * sizeof *page->names);
	for (const struct member *member = making->members; member; member = member->next)
		page->names[page->name_count++] = member->name;
}

/* README.txt speaks of what there is, so it comes last; people find it first. */
static void
readme_fill(const struct making *making, const char *base_url)
{
	struct json_object *manifest = json_member(making->evidence, "manifest"), *document = json_member(manifest, "document"),
	    *decision = json_member(manifest, "decision");
	const char *decided = json_text(decision, "type");
	struct bundle_readme page = {
	    .base_url = base_url, .sender_name = json_text(json_member(manifest, "tenant"), "name"),
	    .title = json_text(document, "title"), .number = json_text(document, "number"),
	    .decision = decided, .unready = decided && !strcmp(decided, "accepted") && !json_text(decision, "erased_at") &&
	        !member_like(making, "receipt.pdf"),
	    .line = (int)json_integer(making->evidence, "line", 0),
	    .attachments = member_like(making, "attachments/"), .receipt = member_like(making, "receipt.pdf"),
	    .consent = member_like(making, "consent.txt"), .image = member_like(making, "signature.png"),
	    .personal = member_like(making, "personal/"), .keys = member_like(making, "keys/"),
	    .signatures = json_object_array_length(json_member(making->evidence, "signatures")) > 0,
	};
	struct buf text = buf_new(making->arena, 0);

	names_fill(making, &page);
	template_bundle_readme(&text, &page);
	member_fill(making->members, text.bytes, text.length);
}

/* manifest.json: what the bundle is about, and every other member with size and hash. */
static const char *
manifest_text(struct making *making, const char *base_url)
{
	struct json_object *manifest = json_member(making->evidence, "manifest"), *files = json_object_new_array();

	json_object_object_add(manifest, "portal", json_object_new_string(base_url));
	for (const struct member *member = making->members; member; member = member->next) {
		struct json_object *file = json_object_new_object();

		json_object_object_add(file, "path", json_object_new_string(member->name));
		if (member->title)
			json_object_object_add(file, "name", json_object_new_string(member->title));
		json_object_object_add(file, "size", json_object_new_int64(member->size));
		json_object_object_add(file, "sha256", json_object_new_string(member->sha256));
		json_object_array_add(files, file);
	}
	json_object_object_add(manifest, "files", files);
	return arena_printf(making->arena, "%s\n", json_object_to_json_string_ext(manifest,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void
sums_add(struct making *making)
{
	struct buf sums = buf_new(making->arena, 0);

	for (const struct member *member = making->members; member; member = member->next)
		buf_printf(&sums, "%s  %s\n", member->sha256, member->name);
	bytes_add(making, "SHA256SUMS", sums.bytes, sums.length);
}

static const struct problem *
zip_write(struct making *making, const char *store_dir, const char *tenant_id, const char *path)
{
	struct zip *zip = NULL;

	TRY(zip_create(making->arena, path, (time_t)json_integer(making->evidence, "time", 0), &zip));
	for (const struct member *member = making->members; member; member = member->next) {
		if (member->bytes)
			TRY(zip_add(zip, member->name, member->bytes, (size_t)member->size));
		else
			TRY(zip_add_file(zip, member->name, arena_printf(making->arena, "%s/%s", store_dir,
			    store_path(making->arena, tenant_id, member->sha256)), member->size, member->sha256));
	}
	return zip_close(zip);
}

/* Writes beside and renames: whoever finds the name finds all of it. */
static const struct problem *
zip_place(struct making *making, const char *store_dir, const char *tenant_id, const char *path)
{
	const char *fresh = arena_printf(making->arena, "%s.%d.new", path, (int)getpid());
	const struct problem *problem;

	if (mkdir(arena_printf(making->arena, "%s/" BUNDLE_FOLDER, store_dir), 0750) < 0 && errno != EEXIST)
		return problem_new(making->arena, PROBLEM_internal, "the folder of bundles cannot be made: %s", strerror(errno));
	problem = zip_write(making, store_dir, tenant_id, fresh);
	if (!problem && rename(fresh, path) < 0)
		problem = problem_new(making->arena, PROBLEM_internal, "the bundle cannot be kept: %s", strerror(errno));
	if (problem)
		unlink(fresh);
	return problem;
}

const struct problem *
bundle_make(struct arena *arena, const struct config *config, const char *tenant_id, struct json_object *evidence,
    struct bundle *bundle)
{
	struct making making = {.arena = arena, .evidence = evidence};
	const char *manifest, *path;

	making.end = &making.members;
	member_add(&making, "README.txt");
	files_add(&making);
	TRY(decision_add(&making));
	history_add(&making);
	TRY(signatures_add(&making));
	readme_fill(&making, config->base_url);
	manifest = manifest_text(&making, config->base_url);
	sha256_hex(manifest, strlen(manifest), bundle->sha256);
	text_add(&making, "manifest.json", manifest);
	sums_add(&making);
	bundle->path = arena_printf(arena, BUNDLE_FOLDER "/%s-%s.zip", tenant_id, bundle->sha256);
	path = arena_printf(arena, "%s/%s", config->store_dir, bundle->path);
	/* Setting its time keeps one that is there from the worker until nginx has opened it. */
	if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
		return NULL;
	return zip_place(&making, config->store_dir, tenant_id, path);
}
