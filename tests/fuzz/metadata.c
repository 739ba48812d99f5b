/* Fuzz target: lib/json, lib/schema and the table of the metadata. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "json.h"
#include "schemas.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Every problem is shown to the sender, as JSON. */
static void
check_problem(const struct problem *problem)
{
	if (!problem)
		return;
	if (problem->code == PROBLEM_internal || !utf8_valid(problem->detail, strlen(problem->detail)))
		abort();
	for (const struct problem_item *item = problem->items; item; item = item->next)
		if (!utf8_valid(item->pointer, strlen(item->pointer)) || !utf8_valid(item->detail, strlen(item->detail)))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	struct json_object *value;
	const struct problem *problem = metadata_parse(arena, bytes, size, &value);

	check_problem(problem);
	if (!problem) {
		if (!json_text(value, "external_id"))
			abort();
		check_problem(metadata_check_creation(arena, value));
	}
	arena_free(arena);
	return 0;
}
