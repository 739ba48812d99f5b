/* Checking evidence bundles: the history, what stands beside it, and who signed it. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "bundle_checking.h"
#include "chain.h"
#include "encode.h"
#include "json.h"
#include "sign.h"
#include "statement.h"

static int
lines_count(const char *text)
{
	int count = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		count++;
	return count;
}

/* What the line says of itself: its place, and whose history it is of. */
static void
line_check(struct checking *c, int n)
{
	struct json_object *line = c->lines[n], *document = json_member(c->manifest, "document");

	if (!line)
		bundle_find(c, "events.jsonl", "line %d is no JSON", n);
	else if (json_integer(line, "seq", 0) != n)
		bundle_find(c, "events.jsonl", "line %d says that it is number %d: lines were inserted, taken out or swapped", n,
		    (int)json_integer(line, "seq", 0));
	else if (c->manifest && (!bundle_same(json_text(line, "document_id"), json_text(document, "id")) ||
	    !bundle_same(json_text(line, "tenant_id"), json_text(json_member(c->manifest, "tenant"), "id"))))
		bundle_find(c, "events.jsonl", "line %d is of another document", n);
}

static void
lines_read(struct checking *c, const char *text)
{
	size_t count = (size_t)lines_count(text) + 1, length;

	c->lines = arena_alloc(c->arena, count * sizeof *c->lines);
	c->heads = arena_alloc(c->arena, count * sizeof *c->heads);
	memset(c->heads[0], '0', SHA256_HEX - 1);
	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");

		const char *line = arena_strndup(c->arena, text, length);
		int n = ++c->length;

		chain_hash(c->arena, c->heads[n - 1], line, c->heads[n]);
		if (json_parse(c->arena, line, length, JSON_DEPTH, &c->lines[n]))
			c->lines[n] = NULL;
		line_check(c, n);
	}
}

/* The first difference is told: everything after it differs too. */
static void
heads_check(struct checking *c)
{
	const char *text = bundle_text(c, "heads.txt");
	struct json_object *chain = json_member(c->manifest, "chain");
	int n = 0;

	if (!text) {
		bundle_find(c, "heads.txt", "is missing");
		return;
	}
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		if (++n > c->length || length != SHA256_HEX - 1 || strncmp(text, c->heads[n], length) != 0) {
			bundle_find(c, "events.jsonl", "does not make the hash in line %d of heads.txt", n);
			break;
		}
	}
	if (n < c->length)
		bundle_find(c, "heads.txt", "ends before events.jsonl");
	if (c->manifest && (json_integer(chain, "length", 0) != c->length ||
	    !bundle_same(json_text(chain, "head"), c->heads[c->length])))
		bundle_find(c, "events.jsonl", "does not end where manifest.json says");
}

static void
personal_check(struct checking *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const char *name = c->members[i]->name;
		int n = bundle_number(name, "personal", "txt");

		if (strncmp(name, "personal/", 9) != 0)
			continue;
		c->accounted[i] = true;
		if (!n || n > c->length || !bundle_same(json_text(c->lines[n], "personal_sha256"), c->members[i]->sha256))
			bundle_find(c, name, "is not what its line of events.jsonl covers");
	}
	for (int n = 1; n <= c->length; n++)
		if (json_text(c->lines[n], "personal_sha256") &&
		    !bundle_member(c, arena_printf(c->arena, "personal/%d.txt", n)))
			c->result->erased++;
}

void
bundle_check_history(struct checking *c)
{
	const char *text = bundle_text(c, "events.jsonl");

	if (!text)
		bundle_find(c, "events.jsonl", "is missing, or is no text");
	lines_read(c, text ? text : "");
	c->result->events = c->length;
	heads_check(c);
	personal_check(c);
}

static struct json_object *
object_new(struct checking *c)
{
	struct json_object *object = NULL;

	/* Released with the arena. */
	return json_parse(c->arena, "{\"keys\": []}", 12, 2, &object) ? NULL : object;
}

/* The bundle's own keys as a ring; each must be the one that its name says. NULL where there is none. */
static const struct keyring *
keys_read(struct checking *c)
{
	struct json_object *all = object_new(c), *keys = json_member(all, "keys");
	const struct keyring *ring = NULL;

	for (size_t i = 0; i < c->count; i++) {
		const char *name = c->members[i]->name, *pem = bundle_text(c, name);
		size_t length = strlen(name);

		if (strncmp(name, "keys/", 5) != 0)
			continue;

		struct json_object *one = object_new(c), *entry = json_object_new_object();
		const char *id = length > 9 && !strcmp(name + length - 4, ".pem") ? arena_strndup(c->arena, name + 5, length - 9) : "";

		json_object_object_add(entry, "id", json_object_new_string(id));
		json_object_object_add(entry, "public_key_pem", json_object_new_string(pem ? pem : ""));
		json_object_array_add(json_member(one, "keys"), entry);

		const struct problem *problem = keyring_read(c->arena, one, &ring);

		if (problem)
			bundle_find(c, name, "is not the key that its name says: %s", problem->detail);
		else if (c->keys && !keyring_key(c->keys, id))
			bundle_find(c, name, "is not one of the keys to trust");
		else
			json_object_array_add(keys, json_object_get(entry));
	}
	return json_object_array_length(keys) && !keyring_read(c->arena, all, &ring) ? ring : NULL;
}

const char *
bundle_value(struct checking *c, const char *statement, const char *name)
{
	const char *line = strstr(statement, arena_printf(c->arena, "\n%s ", name));

	if (!line)
		return "";
	line += strlen(name) + 2;
	return arena_strndup(c->arena, line, strcspn(line, "\n"));
}

const char *
bundle_check_statement(struct checking *c, const char *name)
{
	const char *path = arena_printf(c->arena, "signatures/%s.txt", name), *text = bundle_text(c, path), *key_id, *pem, *fault;
	const char *other = arena_printf(c->arena, "signatures/%s.sig", name);
	const struct zip_member *signature = bundle_member(c, other);

	bundle_account(c, path);
	bundle_account(c, other);
	c->result->signatures++;
	if (!text || !signature || !signature->bytes || signature->size != SIGN_BYTES) {
		bundle_find(c, path, "is no statement with its signature");
		return NULL;
	}
	key_id = bundle_value(c, text, "key");
	pem = arena_printf(c->arena, "keys/%s.pem", key_id);
	bundle_account(c, pem);
	if (!bundle_member(c, pem))
		bundle_find(c, pem, "is missing, %s names it", path);
	fault = c->ring ? keyring_fault(c->ring, c->arena, key_id, text,
	    base64_encode(c->arena, (const unsigned char *)signature->bytes, SIGN_BYTES)) : "has no key in the bundle";
	if (fault)
		bundle_find(c, path, "its signature %s", fault);
	return fault ? NULL : text;
}

/* One statement of a head; true where it stands for the first N lines. */
static bool
head_check(struct checking *c, int n)
{
	const char *name = arena_printf(c->arena, "signatures/%d.txt", n), *text = bundle_text(c, name);
	bool fine = bundle_check_statement(c, arena_printf(c->arena, "%d", n)) != NULL;

	if (!text)
		return false;
	const struct head_statement head = {.tenant_id = json_text(json_member(c->manifest, "tenant"), "id"),
	    .document_id = json_text(json_member(c->manifest, "document"), "id"), .length = n,
	    .head = n <= c->length ? c->heads[n] : "", .at = bundle_value(c, text, "at"),
	    .key_id = bundle_value(c, text, "key")};

	if (n > c->length)
		bundle_find(c, "events.jsonl", "was cut off: %d lines were signed, %d are there", n, c->length);
	else if (strcmp(bundle_value(c, text, "head"), head.head) != 0)
		bundle_find(c, "events.jsonl", "the first %d lines are not those that were signed (%s)", n, name);
	else if (!c->manifest || !head.tenant_id || !head.document_id || strcmp(text, head_statement_text(c->arena, &head)) != 0)
		bundle_find(c, name, "is not a statement of this document's history");
	else
		return fine;
	return false;
}

void
bundle_check_signatures(struct checking *c)
{
	const struct keyring *own = keys_read(c);
	int covered = 0;

	c->ring = c->keys ? c->keys : own;
	for (size_t i = 0; i < c->count; i++) {
		const char *name = c->members[i]->name;
		int n = bundle_number(name, "signatures", "txt");

		if (n && head_check(c, n) && n > covered)
			covered = n;
	}
	if (c->decided && covered < c->decided)
		bundle_find(c, "signatures", "none covers the decision in line %d of events.jsonl", c->decided);
	if (covered < c->erased)
		bundle_note(c, "signatures", "none covers line %d of events.jsonl yet, which tells that the decision's person was erased: fetch the "
		    "bundle again after a day", c->erased);
}
