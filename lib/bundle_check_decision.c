/* Checking evidence bundles: the files and the decision against the line of the history that tells of them. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "bundle_checking.h"
#include "json.h"

static bool
same_value(struct json_object *a, struct json_object *b)
{
	return (!a && !b) || (a && b && json_object_equal(a, b));
}

/* The last line of a type and version; 0 where there is none. */
static int
line_of(const struct checking *c, const char *type, int64_t version)
{
	for (int n = c->length; n > 0; n--)
		if (bundle_same(json_text(c->lines[n], "type"), type) && json_integer(c->lines[n], "version", 0) == version)
			return n;
	return 0;
}

static void
file_check(struct checking *c, const char *name, const char *sha256, int n)
{
	const struct zip_member *member = bundle_member(c, name);

	if (!member)
		bundle_find(c, name, "is missing, line %d of events.jsonl names its hash", n);
	else if (!bundle_same(member->sha256, sha256))
		bundle_find(c, name, "is not the file that line %d of events.jsonl names", n);
}

/* The path under which the manifest has the N-th attachment. */
static const char *
attachment_path(struct checking *c, int n)
{
	const char *start = arena_printf(c->arena, "attachments/%02d-", n);

	for (size_t i = 0; i < c->count; i++)
		if (!strncmp(c->members[i]->name, start, strlen(start)))
			return c->members[i]->name;
	return start;
}

static void
files_check(struct checking *c, struct json_object *data, int n)
{
	struct json_object *attachments = json_member(data, "attachments");

	file_check(c, "document.pdf", json_text(data, "sha256"), n);
	/* One that named a person goes with that person's data; the manifest then claims none either. */
	if (json_text(data, "consent_sha256") && (bundle_member(c, "consent.txt") || json_text(json_member(c->manifest, "decision"), "consent")))
		file_check(c, "consent.txt", json_text(data, "consent_sha256"), n);
	if (!json_object_is_type(attachments, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(attachments); i++) {
		struct json_object *file = json_object_array_get_idx(attachments, i);

		file_check(c, attachment_path(c, (int)json_integer(file, "n", 0)), json_text(file, "sha256"), n);
	}
}

/* Members of two objects, under names that both use. */
static void
members_check(struct checking *c, struct json_object *decision, struct json_object *told, const char *const *names, int n,
    const char *where)
{
	for (; *names; names++)
		if (!same_value(json_member(decision, *names), json_member(told, *names)))
			bundle_find(c, "manifest.json", "its decision's %s is not what %s %d says", *names, where, n);
}

/* What stands beside the line: who. Erased, nothing may be claimed any more. */
static void
person_check(struct checking *c, struct json_object *decision, int n)
{
	static const char *const names[] = {"name", "email", "reason", "purchase_order", "ip", "user_agent", NULL};
	const char *text = bundle_text(c, arena_printf(c->arena, "personal/%d.txt", n)), *start;
	struct json_object *personal = NULL;

	start = text ? strchr(text, '\n') : NULL;
	if (start && json_parse(c->arena, start + 1, strlen(start + 1), JSON_DEPTH, &personal))
		personal = NULL;
	members_check(c, decision, personal, names, n, "the personal data of line");
	if (bundle_member(c, "signature.png"))
		file_check(c, "signature.png", json_text(personal, "signature_sha256"), n);
	else if (json_text(personal, "signature_sha256"))
		bundle_find(c, "signature.png", "is missing, the personal data of line %d name its hash", n);
}

static void
decision_check(struct checking *c, struct json_object *decision, int n)
{
	static const char *const columns[] = {"at", "version", "link_id", "contact_id", NULL};
	static const char *const facts[] = {
	    "sha256", "identity", "proof", "signature", "language", "consent_sha256", "attachments", NULL};
	struct json_object *chain = json_member(decision, "chain"), *after = json_member(chain, "after"),
	    *before = json_member(chain, "before");

	members_check(c, decision, c->lines[n], columns, n, "line");
	members_check(c, decision, json_member(c->lines[n], "data"), facts, n, "line");
	if (!bundle_same(json_text(decision, "event_id"), json_text(c->lines[n], "id")) ||
	    json_integer(after, "length", 0) != n || json_integer(before, "length", -1) != n - 1 ||
	    !bundle_same(json_text(after, "head"), c->heads[n]) || !bundle_same(json_text(before, "head"), c->heads[n - 1]))
		bundle_find(c, "manifest.json", "its decision does not stand in line %d of events.jsonl", n);
	if (!bundle_same(json_text(decision, "consent"), bundle_text(c, "consent.txt")))
		bundle_find(c, "manifest.json", "its decision's consent is not consent.txt");
	person_check(c, decision, n);
}

int
bundle_check_decision(struct checking *c)
{
	struct json_object *version = json_member(c->manifest, "version"), *decision = json_member(c->manifest, "decision");
	int64_t number = json_integer(version, "number", 0);
	int accepted = line_of(c, "document.accepted", number), declined = line_of(c, "document.declined", number);
	int decided = accepted ? accepted : declined, n = decided ? decided : line_of(c, "document.sent", number);

	if (!c->manifest)
		return decided;
	if (!n) {
		bundle_find(c, "events.jsonl", "no line tells of version %d", (int)number);
		return 0;
	}
	if (!bundle_same(json_text(decision, "type"), accepted ? "accepted" : declined ? "declined" : NULL))
		bundle_find(c, "manifest.json", "its decision is not the one that events.jsonl tells of");
	else if (decided)
		decision_check(c, decision, n);
	files_check(c, json_member(c->lines[n], "data"), n);
	return decided;
}
