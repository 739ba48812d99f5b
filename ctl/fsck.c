/* portalctl fsck: do the store and the rows that name its files agree? */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "store.h"
#include "stored.h"

struct checking {
	struct command_line *line;
	const char *dir;
	long findings, orphans;
	const struct problem *problem;
	struct progress progress;
};

static const struct problem *
check(void *context, struct arena *arena, const struct stored_file *file)
{
	struct checking *checking = context;
	const char *fault = stored_fault(arena, checking->dir, file);

	progress_step(&checking->progress);
	if (fault) {
		printf("file %s of tenant %s %s\n", file->sha256, file->tenant_id, fault);
		checking->findings++;
	}
	return NULL;
}

/* A file that no row names. The worker removes it after a day: an upload may be under way, or have been cut off. */
static void
orphan_seek(void *context, enum store_entry entry, const char *path, const char *tenant, const char *sha256)
{
	struct checking *checking = context;
	struct arena *arena = arena_new();
	const char *const parameters[] = {tenant, sha256};
	struct json_object *rows = NULL;

	if (entry == STORE_FILE) {
		const struct problem *problem = db_rows(checking->line->db, arena,
		    "SELECT 1 FROM portal.file WHERE tenant_id = $1::uuid AND sha256 = decode($2, 'hex')", &rows, parameters, 2);

		if (problem)
			checking->problem = problem_new(checking->line->arena, problem->code, "%s", problem->detail);
	}
	if (!checking->problem && (entry != STORE_FILE || !json_object_array_length(rows))) {
		printf("%s: no row names it\n", path);
		checking->orphans++;
	}
	arena_free(arena);
}

const struct problem *
ctl_fsck(struct command_line *line)
{
	struct checking checking = {.line = line, .progress = {.what = "files read"}};
	long files = 0;

	TRY(stored_dir(line->arena, &checking.dir));
	TRY(stored_each(line, check, &checking, &files));
	store_walk(checking.dir, 0, orphan_seek, &checking);
	TRY(checking.problem);
	printf("%ld files, %ld findings, %ld orphans\n", files, checking.findings, checking.orphans);
	if (checking.findings)
		return problem_new(line->arena, PROBLEM_conflict, "bytes are missing or were altered");
	return NULL;
}
