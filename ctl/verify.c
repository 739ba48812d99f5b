/* portalctl verify: is every history whole, do the rows and files say what it says, is it the one that was signed?
 * portalctl keys: with which keys. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_check.h"
#include "chain.h"
#include "ctl.h"
#include "encode.h"
#include "json.h"
#include "keyring.h"

static void
finding_print(void *context, const char *subject, const char *finding)
{
	(void)context;
	printf("%s: %s\n", subject, finding);
}

static const struct problem *
own_keys(struct command_line *line, const char *path, const struct keyring **ring)
{
	struct secrets *owner;

	TRY(secrets_load(line->arena, path, &owner));
	return keyring_own(line->arena, owner, ring);
}

/* The keys to trust: those of --keys, else those that our own key file stands for, else, and that is said, those
 * that the database shows. */
static const struct problem *
trusted_keys(struct command_line *line, const struct keyring **ring)
{
	const char *file = option(line, "keys", NULL), *own = getenv("PORTAL_SECRET_FILE");
	struct json_object *rows = NULL, *keys = NULL;

	if (file)
		return keyring_load(line->arena, file, ring);
	if (own && *own)
		return own_keys(line, own, ring);
	fputs("portalctl: PORTAL_SECRET_FILE is not set: trusting the public keys that the database shows\n", stderr);
	TRY(db_rows(line->db, line->arena, "SELECT json_build_object('keys', portal.public_keys_json())", &rows, NULL, 0));

	const char *text = json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, 0), 0));

	TRY(json_parse(line->arena, text, strlen(text), JSON_DEPTH, &keys));
	return keyring_read(line->arena, keys, ring);
}

static const struct problem *
id_option(struct command_line *line, const char *name, const char **id)
{
	*id = option(line, name, NULL);
	if (*id && !uuid_valid(*id))
		return problem_new(line->arena, PROBLEM_bad_request, "--%s: %s is not an id", name, *id);
	return NULL;
}

/* --bundle: needs neither database nor portal. Without keys to trust it is checked against those that it brings. */
static const struct problem *
bundle_verify(struct command_line *line, const char *path)
{
	const char *own = getenv("PORTAL_SECRET_FILE");
	const struct keyring *ring = NULL;
	struct bundle_result result;

	if (option(line, "tenant", NULL) || option(line, "document", NULL) || flag(line, "store"))
		return problem_new(line->arena, PROBLEM_bad_request, "--bundle stands alone, or with --keys");
	if (option(line, "keys", NULL) || (own && *own))
		TRY(trusted_keys(line, &ring));
	else
		fputs("portalctl: trusting the public keys in the bundle itself; --keys names others\n", stderr);
	TRY(bundle_check(line->arena, path, ring, finding_print, NULL, &result));
	if (result.erased)
		printf("the personal data of %ld events were erased\n", result.erased);
	printf("%ld files, %ld events, %ld signatures, %ld findings\n", result.members, result.events, result.signatures,
	    result.findings);
	if (result.findings)
		return problem_new(line->arena, PROBLEM_conflict, "something was altered, or is not as it should be");
	return NULL;
}

/* "2 decisions are not yet signed; the oldest has waited for 40 s" */
static void
waiting_print(const struct chain_waiting *waiting, const char *what, const char *lacking)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}, {1, "seconds"}};
	size_t unit = 0;

	if (!waiting->count)
		return;
	while (unit < 3 && waiting->oldest < 2 * units[unit].seconds)
		unit++;
	printf("note: %ld %s, %s; the oldest has waited for %lld %s\n", waiting->count, what, lacking,
	    (long long)((waiting->oldest > 0 ? waiting->oldest : 0) / units[unit].seconds), units[unit].name);
}

/* What the worker has still to do is no finding as long as it may take so long. */
static void
notes_print(const struct chain_result *result)
{
	enum { AWAY = 120 }; /* s; it says that it lives every 5 */

	waiting_print(&result->decisions, "decisions", "not yet signed");
	waiting_print(&result->histories, "documents", "with events not yet signed, which is done once a day");
	waiting_print(&result->unmade, "receipts", "not yet made");
	waiting_print(&result->receipts, "receipts", "not yet signed");
	if (result->unsignable)
		printf("note: %ld receipts, erased or of removed documents, from before receipts were signed\n", result->unsignable);
	if (result->idle >= AWAY)
		printf("note: no worker has been at work for %lld minutes; what waits for it is not counted as a finding meanwhile\n",
		    (long long)(result->idle / 60));
}

const struct problem *
ctl_verify(struct command_line *line)
{
	const char *bundle = option(line, "bundle", NULL);
	struct chain_scope scope = {0};
	struct chain_result result;

	if (bundle)
		return bundle_verify(line, bundle);
	TRY(id_option(line, "tenant", &scope.tenant_id));
	TRY(id_option(line, "document", &scope.document_id));
	if (flag(line, "store")) {
		scope.store_dir = getenv("PORTAL_STORE_DIR");
		if (!scope.store_dir || !*scope.store_dir)
			return problem_new(line->arena, PROBLEM_bad_request, "--store: PORTAL_STORE_DIR is not set");
	}
	TRY(trusted_keys(line, &scope.keys));
	TRY(chain_verify(line->db, line->arena, &scope, finding_print, NULL, &result));
	notes_print(&result);
	printf("%ld documents, %ld events, %ld signatures, ", result.documents, result.events, result.signatures);
	if (scope.store_dir)
		printf("%ld files, ", result.files);
	printf("%ld findings\n", result.findings);
	if (result.findings)
		return problem_new(line->arena, PROBLEM_conflict, "something was altered, or is not as it should be");
	return NULL;
}

const struct problem *
ctl_keys(struct command_line *line)
{
	const char *path = getenv("PORTAL_SECRET_FILE");
	const struct keyring *ring;

	if (!path || !*path)
		return problem_new(line->arena, PROBLEM_bad_request, "PORTAL_SECRET_FILE is not set");
	TRY(own_keys(line, path, &ring));
	puts(json_object_to_json_string_ext(keyring_json(line->arena, ring),
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	return NULL;
}
