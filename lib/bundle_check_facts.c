/* Checking evidence bundles: what manifest.json says, against the lines of the history and what stands beside them. */
#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bundle_checking.h"
#include "json.h"

static bool
same_value(struct json_object *a, struct json_object *b)
{
	return (!a && !b) || (a && b && json_object_equal(a, b));
}

void
bundle_compare(struct checking *c, const char *what, struct json_object *part, struct json_object *told,
    const char *where, const struct bundle_pair *pairs)
{
	for (; pairs->here; pairs++)
		if (!same_value(json_member(part, pairs->here), json_member(told, pairs->there)))
			bundle_find(c, "manifest.json", "its %s's %s is not what %s says", what, pairs->here, where);
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

static const char *
line_named(struct checking *c, int n)
{
	return arena_printf(c->arena, "line %d", n);
}

/* What was sent. */
static void
version_check(struct checking *c, struct json_object *version)
{
	static const struct bundle_pair facts[] = {{"kind", "kind"}, {"title", "title"}, {"number", "number"}, {NULL, NULL}},
	    amount[] = {{"value", "amount"}, {"currency", "currency"}, {NULL, NULL}},
	    files[] = {{"sha256", "sha256"}, {"size", "size"}, {"attachments", "attachments"}, {NULL, NULL}},
	    columns[] = {{"uploaded_at", "at"}, {NULL, NULL}};
	struct json_object *document = json_member(c->manifest, "document"), *data = json_member(c->lines[c->sent], "data");
	const char *where = line_named(c, c->sent);

	bundle_compare(c, "document", document, data, where, facts);
	bundle_compare(c, "document's amount", json_member(document, "amount"), data, where, amount);
	if (json_member(document, "amount") && !json_member(data, "amount"))
		bundle_find(c, "manifest.json", "its document has an amount, %s has none", where);
	bundle_compare(c, "version", version, data, where, files);
	bundle_compare(c, "version", version, c->lines[c->sent], where, columns);
}

/* Whether this machine knows the time zone. */
static bool
zone_known(struct checking *c, const char *zone)
{
	struct stat status;

	for (const char *at = zone; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_+-/", *at))
			return false;
	return *zone && *zone != '/' && stat(arena_printf(c->arena, "/usr/share/zoneinfo/%s", zone), &status) == 0 &&
	    S_ISREG(status.st_mode);
}

/* AT (RFC 3339 in UTC) as clocks in ZONE show it, to the second. */
static const char *
local_time(struct checking *c, const char *at, const char *zone)
{
	const char *before = getenv("TZ");
	struct tm utc = {0}, local;
	char text[32] = "";
	time_t time;

	if (!at || !strptime(at, "%Y-%m-%dT%H:%M:%S", &utc))
		return "";
	before = before ? arena_strdup(c->arena, before) : NULL;
	time = timegm(&utc);
	setenv("TZ", zone, 1);
	tzset();
	if (localtime_r(&time, &local))
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local);
	if (before)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	return arena_strdup(c->arena, text);
}

static void
local_time_check(struct checking *c, struct json_object *decision)
{
	const char *zone = json_text(decision, "time_zone"), *claimed = json_text(decision, "at_local");

	if (!zone || !zone_known(c, zone))
		bundle_note(c, "manifest.json", "its decision's at_local cannot be checked: this machine does not know the time zone %s",
		    zone ? zone : "");
	else if (!bundle_same(claimed, local_time(c, json_text(c->lines[c->decided], "at"), zone)))
		bundle_find(c, "manifest.json", "its decision's at_local is not the time of line %d in %s", c->decided, zone);
}

/* Whether this line tells that whoever decided was erased: it names the version, or before such were named the link. */
static bool
erasure_line(struct checking *c, struct json_object *line, int64_t version)
{
	struct json_object *data = json_member(line, "data"), *versions = json_member(data, "decisions");

	if (!bundle_same(json_text(line, "type"), "link.revoked") || !json_boolean(data, "erased", false) ||
	    !bundle_same(json_text(line, "link_id"), json_text(c->lines[c->decided], "link_id")))
		return false;
	for (size_t i = 0; json_object_is_type(versions, json_type_array) && i < json_object_array_length(versions); i++)
		if (json_object_get_int64(json_object_array_get_idx(versions, i)) == version)
			return true;
	return !versions;
}

/* Nobody is erased without a line that says so, and when. */
static void
erasure_check(struct checking *c, const char *erased_at)
{
	int64_t version = json_integer(c->lines[c->decided], "version", 0);

	for (int n = c->decided + 1; n <= c->length; n++)
		if (erasure_line(c, c->lines[n], version) && bundle_same(json_text(c->lines[n], "at"), erased_at))
			c->erased = n;
	if (!c->erased)
		bundle_find(c, "manifest.json", "its decision's person was erased, as it says, but no line of events.jsonl tells of that");
}

/* What stands beside the line: who. Erased, nothing may be claimed any more. */
static void
person_check(struct checking *c, struct json_object *decision)
{
	static const struct bundle_pair pairs[] = {{"name", "name"}, {"email", "email"}, {"reason", "reason"},
	    {"purchase_order", "purchase_order"}, {"ip", "ip"}, {"user_agent", "user_agent"}, {NULL, NULL}};
	const char *text = bundle_text(c, arena_printf(c->arena, "personal/%d.txt", c->decided)), *start;
	struct json_object *personal = NULL;

	start = text ? strchr(text, '\n') : NULL;
	if (start && json_parse(c->arena, start + 1, strlen(start + 1), JSON_DEPTH, &personal))
		personal = NULL;
	bundle_compare(c, "decision", decision, personal, arena_printf(c->arena, "the personal data of line %d", c->decided), pairs);
	if (!text != (json_text(decision, "erased_at") != NULL))
		bundle_find(c, "manifest.json", text ? "its decision's person was not erased, as it says: personal/%d.txt is there"
		    : "its decision does not say when the person was erased whom personal/%d.txt named", c->decided);
	if (!text && json_text(decision, "erased_at"))
		erasure_check(c, json_text(decision, "erased_at"));
	/* One contact's own link, or one of nobody's. */
	if (bundle_same(json_text(decision, "link_kind"), "personal") != (json_member(c->lines[c->decided], "contact_id") != NULL))
		bundle_find(c, "manifest.json", "its decision's link_kind is not what line %d says", c->decided);
}

/* Where it stands in the history. */
static void
place_check(struct checking *c, struct json_object *decision)
{
	struct json_object *chain = json_member(decision, "chain"), *after = json_member(chain, "after"),
	    *before = json_member(chain, "before");
	int n = c->decided;

	if (!bundle_same(json_text(decision, "event_id"), json_text(c->lines[n], "id")) ||
	    json_integer(after, "length", 0) != n || json_integer(before, "length", -1) != n - 1 ||
	    !bundle_same(json_text(after, "head"), c->heads[n]) || !bundle_same(json_text(before, "head"), c->heads[n - 1]))
		bundle_find(c, "manifest.json", "its decision does not stand in line %d of events.jsonl", n);
}

static void
decision_check(struct checking *c, struct json_object *decision)
{
	static const struct bundle_pair columns[] = {{"at", "at"}, {"version", "version"}, {"link_id", "link_id"},
	    {"contact_id", "contact_id"}, {NULL, NULL}},
	    facts[] = {{"sha256", "sha256"}, {"identity", "identity"}, {"proof", "proof"}, {"signature", "signature"},
	    {"language", "language"}, {"consent_sha256", "consent_sha256"}, {"attachments", "attachments"},
	    {"disclosed_at", "link_disclosed_at"}, {NULL, NULL}};
	struct json_object *line = c->lines[c->decided];

	bundle_compare(c, "decision", decision, line, line_named(c, c->decided), columns);
	bundle_compare(c, "decision", decision, json_member(line, "data"), line_named(c, c->decided), facts);
	place_check(c, decision);
	local_time_check(c, decision);
	if (!bundle_same(json_text(decision, "consent"), bundle_text(c, "consent.txt")))
		bundle_find(c, "manifest.json", "its decision's consent is not consent.txt");
	person_check(c, decision);
}

void
bundle_check_facts(struct checking *c)
{
	struct json_object *version = json_member(c->manifest, "version"), *decision = json_member(c->manifest, "decision");
	int64_t number = json_integer(version, "number", 0);
	int accepted = line_of(c, "document.accepted", number), declined = line_of(c, "document.declined", number);

	if (!c->manifest)
		return;
	c->accepted = accepted;
	c->decided = accepted ? accepted : declined;
	c->sent = line_of(c, "document.sent", number);
	if (c->sent)
		version_check(c, version);
	else
		bundle_find(c, "events.jsonl", "no line tells of version %d", (int)number);
	if (!bundle_same(json_text(decision, "type"), accepted ? "accepted" : declined ? "declined" : NULL) ||
	    (decision && !c->decided))
		bundle_find(c, "manifest.json", "its decision is not the one that events.jsonl tells of");
	else if (c->decided)
		decision_check(c, decision);
}
