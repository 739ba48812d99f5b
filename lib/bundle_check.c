/* Checking evidence bundles: their members against the two lists of them. */
#include "bundle_check.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_checking.h"
#include "json.h"

enum { KEPT_MOST = 256 * 1024 * 1024 };

/* Names and texts come from a zip that anybody may have made: nothing in them may steer a terminal. */
static const char *
printable(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return copy;
}

void
bundle_find(struct checking *c, const char *member, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	c->result->findings++;
	c->tell(c->context, printable(c->arena, member), printable(c->arena, arena_vprintf(c->arena, format, args)));
	va_end(args);
}

void
bundle_note(struct checking *c, const char *member, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	c->tell(c->context, arena_printf(c->arena, "note: %s", printable(c->arena, member)),
	    printable(c->arena, arena_vprintf(c->arena, format, args)));
	va_end(args);
}

static int
compare(const void *a, const void *b)
{
	const struct zip_member *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

static size_t
member_index(const struct checking *c, const char *name)
{
	struct zip_member sought = {.name = name}, *key = &sought, **found;

	found = c->count ? bsearch(&key, c->members, c->count, sizeof *c->members, compare) : NULL;
	return found ? (size_t)(found - c->members) : c->count;
}

const struct zip_member *
bundle_member(const struct checking *c, const char *name)
{
	size_t i = member_index(c, name);

	return i < c->count ? c->members[i] : NULL;
}

const char *
bundle_text(const struct checking *c, const char *name)
{
	const struct zip_member *member = bundle_member(c, name);

	/* A NUL would hide what follows it. */
	return member && member->bytes && strlen(member->bytes) == (size_t)member->size ? member->bytes : NULL;
}

void
bundle_account(struct checking *c, const char *name)
{
	size_t i = member_index(c, name);

	if (i < c->count)
		c->accounted[i] = true;
}

bool
bundle_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

int
bundle_number(const char *name, const char *folder, const char *ending)
{
	size_t length = strlen(folder);
	char *end = NULL;

	if (strncmp(name, folder, length) != 0 || name[length] != '/' || name[length + 1] < '1' || name[length + 1] > '9')
		return 0;

	long number = strtol(name + length + 1, &end, 10);

	return number <= 1000000000 && *end == '.' && !strcmp(end + 1, ending) ? (int)number : 0;
}

/* Big ones are only hashed. */
static bool
keep(const char *name)
{
	return strcmp(name, "document.pdf") != 0 && strcmp(name, "receipt.pdf") != 0 && strncmp(name, "attachments/", 12) != 0;
}

static void
members_sort(struct checking *c, struct zip_member *list)
{
	size_t i = 0;

	for (struct zip_member *member = list; member; member = member->next)
		c->count++;
	c->members = arena_alloc(c->arena, (c->count + 1) * sizeof *c->members);
	for (struct zip_member *member = list; member; member = member->next)
		c->members[i++] = member;
	c->accounted = arena_alloc(c->arena, c->count + 1);
	qsort(c->members, c->count, sizeof *c->members, compare);
	for (i = 1; i < c->count; i++)
		if (!strcmp(c->members[i - 1]->name, c->members[i]->name))
			bundle_find(c, c->members[i]->name, "is there more than once");
}

/* One line of a list: the member is there and is those bytes. SIZE NULL: the list tells none. */
static void
entry_check(struct checking *c, bool *named, const char *list, const char *name, const char *sha256, const int64_t *size)
{
	size_t i = member_index(c, name);

	if (i == c->count) {
		bundle_find(c, name, "is missing, %s names it", list);
		return;
	}
	named[i] = true;
	if (!bundle_same(sha256, c->members[i]->sha256) || (size && *size != c->members[i]->size))
		bundle_find(c, name, "was altered: it is not the file that %s names", list);
}

static void
unnamed_find(struct checking *c, const bool *named, const char *list)
{
	for (size_t i = 0; i < c->count; i++)
		if (!named[i] && strcmp(c->members[i]->name, "SHA256SUMS") != 0 &&
		    (strcmp(c->members[i]->name, "manifest.json") != 0 || strcmp(list, "manifest.json") != 0))
			bundle_find(c, c->members[i]->name, "was inserted: %s does not name it", list);
}

static void
manifest_check(struct checking *c)
{
	const char *text = bundle_text(c, "manifest.json"), *path;
	struct json_object *files;
	bool *named = arena_alloc(c->arena, c->count + 1);

	if (!text || json_parse(c->arena, text, strlen(text), JSON_DEPTH, &c->manifest) ||
	    !bundle_same(json_text(c->manifest, "format"), "dokumentportal-evidence-1")) {
		bundle_find(c, "manifest.json", "%s", bundle_member(c, "manifest.json") ? "is no manifest" : "is missing");
		return;
	}
	files = json_member(c->manifest, "files");
	for (size_t i = 0; json_object_is_type(files, json_type_array) && i < json_object_array_length(files); i++) {
		struct json_object *file = json_object_array_get_idx(files, i);

		int64_t size = json_integer(file, "size", -1);

		if ((path = json_text(file, "path")) != NULL)
			entry_check(c, named, "manifest.json", path, json_text(file, "sha256"), &size);
		else
			bundle_find(c, "manifest.json", "item %zu of its files names none", i + 1);
	}
	unnamed_find(c, named, "manifest.json");
}

static void
sums_check(struct checking *c)
{
	const char *text = bundle_text(c, "SHA256SUMS");
	bool *named = arena_alloc(c->arena, c->count + 1);

	if (!text) {
		bundle_find(c, "SHA256SUMS", "is missing");
		return;
	}
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		if (length < 67 || strncmp(text + 64, "  ", 2) != 0)
			bundle_find(c, "SHA256SUMS", "has a line that names no file");
		else
			entry_check(c, named, "SHA256SUMS", arena_strndup(c->arena, text + 66, length - 66),
			    arena_strndup(c->arena, text, 64), NULL);
	}
	unnamed_find(c, named, "SHA256SUMS");
}

const struct problem *
bundle_check(struct arena *arena, const char *path, const struct keyring *keys, bundle_finding *tell, void *context,
    struct bundle_result *result)
{
	struct checking c = {.arena = arena, .keys = keys, .tell = tell, .context = context, .result = result};
	struct zip_member *list = NULL;
	const char *damage = NULL;

	memset(result, 0, sizeof *result);
	TRY(zip_read(arena, path, keep, KEPT_MOST, &list, &damage));
	if (damage || !list)
		bundle_find(&c, "the zip", "is damaged or cut off: %s", damage ? damage : "it is empty");
	else if ((damage = zip_layout_fault(arena, path)) != NULL)
		bundle_find(&c, "the zip", "is not the same for every program that unpacks it: %s", damage);
	if (!list)
		return NULL;
	members_sort(&c, list);
	result->members = (long)c.count;
	manifest_check(&c);
	bundle_check_manifest(&c);
	sums_check(&c);
	bundle_check_history(&c);
	bundle_check_facts(&c);
	bundle_check_files(&c);
	bundle_check_signatures(&c);
	bundle_check_receipt(&c);
	bundle_check_rest(&c);
	return NULL;
}
