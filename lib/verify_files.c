/* Verifying the store: are the bytes those that the rows name? */
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "json.h"
#include "store.h"
#include "verification.h"

static const struct problem *
files_list(struct verification *v, struct arena *arena, struct json_object *document, struct json_object **files)
{
	const char *const key[] = {json_text(document, "tenant_id"), json_text(document, "id")};

	return verification_ask(v, arena, "SELECT portal.verify_files($1, $2)", files, key, 2);
}

/* NULL when the file is as its hash says, else what is wrong. */
static const char *
file_fault(struct verification *v, struct arena *arena, const char *tenant_id, const char *sha256)
{
	const char *path = arena_printf(arena, "%s/%s", v->scope->store_dir, store_path(arena, tenant_id, sha256));
	char hash[SHA256_HEX];

	if (access(path, F_OK) < 0)
		return "is missing in the store";
	if (!store_hash(path, hash))
		return "cannot be read in the store";
	return strcmp(hash, sha256) != 0 ? "was altered in the store" : NULL;
}

/* Whether SHA256 still is one of the document's: it may have been removed while we read. */
static bool
file_needed(struct verification *v, struct arena *arena, struct json_object *document, const char *sha256)
{
	struct json_object *files = NULL;

	if (files_list(v, arena, document, &files))
		return true;
	for (size_t i = 0; i < json_object_array_length(files); i++)
		if (!strcmp(json_text(json_object_array_get_idx(files, i), "sha256"), sha256))
			return true;
	return false;
}

const struct problem *
verify_files(struct verification *v, struct arena *arena, struct json_object *document)
{
	struct json_object *files = NULL;

	TRY(files_list(v, arena, document, &files));
	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *file = json_object_array_get_idx(files, i);
		const char *sha256 = json_text(file, "sha256");
		const char *fault = file_fault(v, arena, json_text(document, "tenant_id"), sha256);

		v->result->files++;
		if (fault && file_needed(v, arena, document, sha256))
			verification_find(v, arena_printf(arena, "%s %s (%s)", json_text(file, "name"), fault, sha256));
	}
	return NULL;
}
