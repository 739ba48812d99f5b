/* portalctl backup: the database first, then every file that it names. Files never change, and while a backup runs none
 * is erased, so the two agree although the portal goes on working. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"
#include "keyring.h"
#include "postgres_tool.h"
#include "store.h"
#include "stored.h"

struct copying {
	const char *from, *to;
	long copied, damaged;
	struct progress progress;
};

static const struct problem *
folder(struct arena *arena, const char *path)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return problem_new(arena, PROBLEM_bad_request, "%s: %s", path, strerror(errno));
	return NULL;
}

static const struct problem *
copy(void *context, struct arena *arena, const struct stored_file *file)
{
	struct copying *copying = context;
	bool there = access(arena_printf(arena, "%s/%s", copying->to, store_path(arena, file->tenant_id, file->sha256)), F_OK) == 0;
	const char *fault = there ? NULL : stored_fault(arena, copying->from, file);

	progress_step(&copying->progress);
	if (fault) {
		fprintf(stderr, "portalctl: file %s of tenant %s %s\n", file->sha256, file->tenant_id, fault);
		copying->damaged++;
		return NULL;
	}
	copying->copied += !there;
	return there ? NULL : stored_copy(arena, copying->from, copying->to, file);
}

/* Erasing bytes waits while this is held (worker_erase()). It ends with our connection at the latest. */
static const struct problem *
hold_erasing(struct command_line *line)
{
	return db_script(line->db, line->arena, "SELECT pg_advisory_lock(hashtext('portal erase'))");
}

/* A lock that was lost on the way means that bytes may be missing from the copy. */
static const struct problem *
release_erasing(struct command_line *line)
{
	struct json_object *rows = NULL;

	TRY(db_rows(line->db, line->arena, "SELECT pg_advisory_unlock(hashtext('portal erase'))", &rows, NULL, 0));
	if (strcmp(json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, 0), 0)), "t") != 0)
		return problem_new(line->arena, PROBLEM_unavailable, "the connection was lost during the backup; run it again");
	return NULL;
}

/* The public keys say later whether a restored system has the right secrets. */
static struct json_object *
public_keys(struct arena *arena)
{
	const char *path = getenv("PORTAL_SECRET_FILE");
	const struct keyring *ring;
	struct secrets *owner;

	if (!path || !*path || secrets_load(arena, path, &owner) || keyring_own(arena, owner, &ring))
		return NULL;
	return json_object_get(json_object_object_get(keyring_json(arena, ring), "keys"));
}

static const struct problem *
about_write(struct arena *arena, const char *dir, const char *at, long files, const struct copying *copying)
{
	const char *path = arena_printf(arena, "%s/%s", dir, BACKUP_ABOUT), *fresh = arena_printf(arena, "%s.new", path);
	struct json_object *about = json_object_new_object();
	char sha256[SHA256_HEX];

	if (!store_hash(arena_printf(arena, "%s/%s", dir, BACKUP_DUMP), sha256))
		return problem_new(arena, PROBLEM_internal, "%s/%s cannot be read", dir, BACKUP_DUMP);
	json_object_object_add(about, "at", json_object_new_string(at));
	json_object_object_add(about, "database_sha256", json_object_new_string(sha256));
	json_object_object_add(about, "files", json_object_new_int64(files));
	json_object_object_add(about, "damaged", json_object_new_int64(copying->damaged));
	json_object_object_add(about, "keys", public_keys(arena));

	bool fine = json_object_to_file_ext(fresh, about, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE) == 0;
	int fd = fine ? open(fresh, O_RDONLY | O_CLOEXEC) : -1;

	json_object_put(about);
	fine = fd >= 0 && syncfs(fd) == 0 && rename(fresh, path) == 0;
	if (fd >= 0)
		close(fd);
	return fine ? NULL : problem_new(arena, PROBLEM_internal, "%s: %s", path, strerror(errno));
}

static const struct problem *
take(struct command_line *line, const char *dir, const char *at, struct copying *copying)
{
	struct arena *arena = line->arena;
	const char *const dump[] = {"--format=custom", arena_printf(arena, "--file=%s/%s", dir, BACKUP_DUMP), NULL};
	long files = 0;

	TRY(hold_erasing(line));
	TRY(postgres_tool(arena, "pg_dump", dump));
	TRY(stored_each(line, copy, copying, &files));
	TRY(release_erasing(line));
	TRY(about_write(arena, dir, at, files, copying));
	printf("%s: the database and %ld files, %ld of them new\n", dir, files, copying->copied);
	if (copying->damaged)
		return problem_new(arena, PROBLEM_conflict, "%ld files are missing or damaged in the store; see portalctl fsck",
		    copying->damaged);
	return NULL;
}

/* A folder of this backup's own, named by the time: what another took in this second is never written over. */
static const struct problem *
own_folder(struct arena *arena, const char *parent, const char **dir, const char **at)
{
	enum { LONGEST_TIME = 32 };
	char *text = arena_alloc(arena, LONGEST_TIME);
	struct tm utc;

	for (;;) {
		time_t now = time(NULL);

		strftime(text, LONGEST_TIME, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
		*dir = arena_printf(arena, "%s/%s", parent, text);
		*at = text;
		if (mkdir(*dir, 0700) == 0)
			return NULL;
		if (errno != EEXIST)
			return problem_new(arena, PROBLEM_bad_request, "%s: %s", *dir, strerror(errno));
		sleep(1);
	}
}

const struct problem *
ctl_backup(struct command_line *line)
{
	struct copying copying = {.progress = {.what = "files looked at"}};
	struct arena *arena = line->arena;
	const char *dir, *at;

	TRY(stored_dir(arena, &copying.from));
	copying.to = arena_printf(arena, "%s/store", line->words[0]);
	TRY(folder(arena, line->words[0]));
	TRY(folder(arena, copying.to));
	TRY(own_folder(arena, line->words[0], &dir, &at));
	return take(line, dir, at, &copying);
}
