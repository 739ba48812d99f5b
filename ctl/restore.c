/* portalctl restore: from a backup into an empty system. Bytes first, then the database in one transaction. */
#include <errno.h>
#include <glob.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup.h"
#include "encode.h"
#include "json.h"
#include "keyring.h"
#include "postgres_tool.h"
#include "store.h"
#include "stored.h"

const char *
backup_newest(struct arena *arena, const char *dir)
{
	glob_t found = {0};
	const char *newest = NULL;

	/* glob(3) sorts, and the names are times. */
	if (!glob(arena_printf(arena, "%s/[0-9]*Z/%s", dir, BACKUP_ABOUT), 0, NULL, &found)) {
		const char *path = found.gl_pathv[found.gl_pathc - 1];

		newest = arena_strndup(arena, path, strlen(path) - strlen("/" BACKUP_ABOUT));
	}
	globfree(&found);
	return newest;
}

/* A dump that was cut off or altered is not begun with. */
static const struct problem *
dump_check(struct arena *arena, const char *backup, struct json_object *about)
{
	const char *path = arena_printf(arena, "%s/%s", backup, BACKUP_DUMP), *expected = json_text(about, "database_sha256");
	char sha256[SHA256_HEX];

	if (!expected || !store_hash(path, sha256) || strcmp(sha256, expected) != 0)
		return problem_new(arena, PROBLEM_conflict, "%s is damaged: it is not what %s says", path, BACKUP_ABOUT);
	return NULL;
}

/* Nobody's data are overwritten by mistake. */
static const struct problem *
empty_check(struct command_line *line)
{
	bool exist;

	if (flag(line, "replace"))
		return NULL;
	TRY(tenants_exist(line, &exist));
	return !exist ? NULL : problem_new(line->arena, PROBLEM_conflict,
	    "there are tenants in the database; --replace gives them up for the backup");
}

/* Without the keys of the backup its links and codes are worthless: that is said, not refused. */
static void
keys_compare(struct arena *arena, struct json_object *about)
{
	const char *path = getenv("PORTAL_SECRET_FILE");
	struct json_object *keys = json_member(about, "keys");
	const struct keyring *ring;
	struct secrets *owner;

	if (!keys || !path || secrets_load(arena, path, &owner) || keyring_own(arena, owner, &ring))
		return;

	const char *ours = json_object_to_json_string(keyring_json(arena, ring));

	for (size_t i = 0; i < json_object_array_length(keys); i++) {
		const char *id = json_text(json_object_array_get_idx(keys, i), "id");

		if (id && !strstr(ours, id)) {
			fputs("portalctl: the key files are not those of the backup: links sent earlier will not open,"
			      " and signatures cannot be checked with the new keys\n", stderr);
			return;
		}
	}
}

struct copying {
	const char *from, *to;
	long count;
	struct progress progress;
};

static const struct problem *
copy(struct arena *arena, struct copying *copying, const struct stored_file *file)
{
	const char *fault = stored_fault(arena, copying->from, file);

	progress_step(&copying->progress);
	if (fault)
		return problem_new(arena, PROBLEM_conflict, "in the backup, file %s of tenant %s %s", file->sha256, file->tenant_id, fault);
	copying->count++;
	return stored_copy(arena, copying->from, copying->to, file);
}

struct walking {
	struct copying copying;
	struct arena *arena;            /* of the problem */
	const struct problem *problem;  /* the first one */
};

static void
seen(void *context, enum store_entry entry, const char *path, const char *tenant, const char *sha256)
{
	struct walking *walking = context;
	struct stored_file file = {tenant, sha256};
	struct arena *arena = arena_new();

	(void)path;
	if (entry == STORE_FILE && !walking->problem) {
		const struct problem *problem = copy(arena, &walking->copying, &file);

		if (problem)
			walking->problem = problem_new(walking->arena, problem->code, "%s", problem->detail);
	}
	arena_free(arena);
}

/* Files that were lost from the backup show by their number alone: which they are only the database knows. */
static const struct problem *
count_check(struct arena *arena, const char *from, struct json_object *about, long found)
{
	int64_t expected = json_object_get_int64(json_member(about, "files")) - json_object_get_int64(json_member(about, "damaged"));

	if (found < expected)
		return problem_new(arena, PROBLEM_conflict, "%s is damaged: it holds %ld files where the backup names %ld", from, found,
		    (long)expected);
	return NULL;
}

/* Whoever is connected holds statements of the old schema: they connect anew. */
static const struct problem *
database_restore(struct command_line *line, const char *backup)
{
	const char *const restore[] = {"--single-transaction", "--exit-on-error",
	    arena_printf(line->arena, "%s/%s", backup, BACKUP_DUMP), NULL};

	TRY(db_script(line->db, line->arena, "DROP SCHEMA IF EXISTS portal CASCADE; DROP TABLE IF EXISTS public.migration"));
	TRY(postgres_tool(line->arena, "pg_restore", restore));
	TRY(db_script(line->db, line->arena,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND pid <> pg_backend_pid()"));
	return db_script(line->db, line->arena, "SELECT portal.feed_skip()");
}

static void
release(void *object)
{
	json_object_put(object);
}

/* The newest backup in DIR, or that of option --at, and what it says of itself; nothing of an incomplete one. */
static const struct problem *
backup_find(struct command_line *line, const char *dir, const char **backup, struct json_object **about)
{
	struct arena *arena = line->arena;
	const char *at = option(line, "at", NULL), *path;

	if (access(dir, R_OK | X_OK) < 0)
		return problem_new(arena, PROBLEM_bad_request, "%s: %s", dir, strerror(errno));
	*backup = at ? arena_printf(arena, "%s/%s", dir, at) : backup_newest(arena, dir);
	path = *backup ? arena_printf(arena, "%s/%s", *backup, BACKUP_ABOUT) : NULL;
	if (path && access(path, R_OK) < 0 && errno == EACCES)
		return problem_new(arena, PROBLEM_bad_request, "%s: %s", path, strerror(errno));
	*about = path ? json_object_from_file(path) : NULL;
	if (!*about)
		return problem_new(arena, PROBLEM_bad_request, "%s holds no complete backup", *backup ? *backup : dir);
	arena_defer(arena, release, *about);
	return NULL;
}

const struct problem *
ctl_restore(struct command_line *line)
{
	struct arena *arena = line->arena;
	struct walking walking = {.copying = {.progress = {.what = "files restored"}}, .arena = arena};
	const char *dir = line->words[0], *backup = NULL;
	struct json_object *about = NULL;

	TRY(backup_find(line, dir, &backup, &about));
	TRY(stored_dir(arena, &walking.copying.to));
	TRY(empty_check(line));
	TRY(dump_check(arena, backup, about));
	keys_compare(arena, about);
	walking.copying.from = arena_printf(arena, "%s/store", dir);
	store_walk(walking.copying.from, -3600, seen, &walking);
	TRY(walking.problem);
	TRY(count_check(arena, walking.copying.from, about, walking.copying.count));
	TRY(database_restore(line, backup));
	printf("restored %s: the database and %ld files; now `portalctl migrate` brings it up to date\n", backup, walking.copying.count);
	return NULL;
}
