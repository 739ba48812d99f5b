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
