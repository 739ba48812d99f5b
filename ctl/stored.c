/* Walking over the files that the database names. */
#include "stored.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"
#include "store.h"

enum { BATCH = 5000 };

static const char *
column(struct json_object *row, size_t n)
{
	return json_object_get_string(json_object_array_get_idx(row, n));
}

/* One batch after the file (*TENANT, *SHA256), which become the last one seen; *COUNT is its size. */
static const struct problem *
batch(struct command_line *line, struct arena *arena, char *tenant, char *sha256, stored_seen *seen, void *context,
    size_t *count)
{
	static const char select[] =
	    "SELECT tenant_id, encode(sha256, 'hex') FROM portal.file"
	    " WHERE (tenant_id, sha256) > ($1::uuid, decode($2, 'hex')) ORDER BY tenant_id, sha256 LIMIT $3";
	const char *const parameters[] = {tenant, sha256, arena_printf(arena, "%d", BATCH)};
	struct json_object *rows = NULL;

	TRY(db_rows(line->db, arena, select, &rows, parameters, 3));
	*count = json_object_array_length(rows);
	for (size_t i = 0; i < *count; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		struct stored_file file = {column(row, 0), column(row, 1)};

		TRY(seen(context, arena, &file));
		snprintf(tenant, UUID_TEXT, "%s", file.tenant_id);
		snprintf(sha256, SHA256_HEX, "%s", file.sha256);
	}
	return NULL;
}

const struct problem *
stored_each(struct command_line *line, stored_seen *seen, void *context, long *count)
{
	char tenant[UUID_TEXT] = "00000000-0000-0000-0000-000000000000", sha256[SHA256_HEX] = "";
	size_t seen_now = BATCH;

	*count = 0;
	while (seen_now == BATCH) {
		struct arena *arena = arena_new();
		const struct problem *problem = batch(line, arena, tenant, sha256, seen, context, &seen_now);

		if (problem)
			problem = problem_new(line->arena, problem->code, "%s", problem->detail);
		arena_free(arena);
		if (problem)
			return problem;
		*count += (long)seen_now;
	}
	return NULL;
}

static const char *
full_path(struct arena *arena, const char *dir, const struct stored_file *file)
{
	return arena_printf(arena, "%s/%s", dir, store_path(arena, file->tenant_id, file->sha256));
}

const char *
stored_fault(struct arena *arena, const char *dir, const struct stored_file *file)
{
	const char *path = full_path(arena, dir, file);
	char hash[SHA256_HEX];

	if (access(path, F_OK) < 0)
		return "is missing";
	if (!store_hash(path, hash))
		return "cannot be read";
	return strcmp(hash, file->sha256) != 0 ? "does not hold the bytes of its name" : NULL;
}

const struct problem *
stored_copy(struct arena *arena, const char *from, const char *to, const struct stored_file *file)
{
	const char *path = full_path(arena, from, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (bytes == MAP_FAILED)
		return problem_new(arena, PROBLEM_internal, "%s cannot be read: %s", path, strerror(errno));

	const struct problem *problem = store_put(arena, to, file->tenant_id, file->sha256, bytes, (size_t)status.st_size);

	munmap(bytes, (size_t)status.st_size);
	return problem;
}

const struct problem *
stored_dir(struct arena *arena, const char **dir)
{
	*dir = getenv("PORTAL_STORE_DIR");
	return *dir && **dir ? NULL : problem_new(arena, PROBLEM_bad_request, "PORTAL_STORE_DIR is not set");
}

void
progress_step(struct progress *progress)
{
	long now = (long)time(NULL);

	progress->done++;
	if (now < progress->next)
		return;
	if (progress->next)
		fprintf(stderr, "%ld %s\n", progress->done, progress->what);
	progress->next = now + 2;
}
