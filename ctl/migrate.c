/* portalctl migrate: numbered files once each, in their order; functions whenever one of them changed. */
#include <glob.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "ctl.h"
#include "encode.h"
#include "json.h"

/* One migration at a time, also from two machines: the lock is held until we disconnect. */
static const char preparation[] =
    "SELECT pg_advisory_lock(hashtext('portal migrations'));"
    "CREATE TABLE IF NOT EXISTS public.migration ("
    " name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE public.migration IS 'Which files of sql/ were applied, and their hashes.';"
    "SET check_function_bodies = off; SET client_min_messages = warning";

static const struct problem *
file_read(struct arena *arena, const char *path, struct buf *text)
{
	FILE *file = fopen(path, "re");
	char bytes[8192];

	if (!file)
		return problem_new(arena, PROBLEM_internal, "%s cannot be read", path);
	for (size_t size; (size = fread(bytes, 1, sizeof bytes, file)) > 0;)
		buf_add(text, bytes, size);
	fclose(file);
	return NULL;
}

/* The hash NAME was applied with, or NULL. */
static const struct problem *
applied(struct command_line *line, const char *name, const char **sha256)
{
	const char *const parameters[] = {name};
	struct json_object *rows = NULL;

	TRY(db_rows(line->db, line->arena, "SELECT sha256 FROM public.migration WHERE name = $1", &rows, parameters, 1));
	*sha256 = json_object_array_length(rows)
	    ? json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, 0), 0)) : NULL;
	return NULL;
}

/* Applies SQL and notes it, both or neither. */
static const struct problem *
apply(struct command_line *line, const char *name, const char *sql, const char *sha256)
{
	const char *const parameters[] = {name, sha256};
	struct json_object *rows = NULL;
	const struct problem *problem = db_begin(line->db, line->arena);

	if (!problem)
		problem = db_script(line->db, line->arena, sql);
	if (!problem)
		problem = db_rows(line->db, line->arena, "INSERT INTO public.migration (name, sha256) VALUES ($1, $2)"
		    " ON CONFLICT (name) DO UPDATE SET sha256 = EXCLUDED.sha256, applied_at = now() RETURNING name",
		    &rows, parameters, 2);
	if (!problem)
		problem = db_commit(line->db, line->arena);
	db_rollback(line->db);
	if (problem)
		return problem_new(line->arena, problem->code, "%s: %s", name, problem->detail);
	printf("applied %s\n", name);
	return NULL;
}

static const struct problem *
numbered_apply(struct command_line *line, const char *path)
{
	const char *name = strrchr(path, '/') + 1, *before;
	struct buf sql = buf_new(line->arena, 0);
	char sha256[SHA256_HEX];

	TRY(file_read(line->arena, path, &sql));
	sha256_hex(sql.bytes, sql.length, sha256);
	TRY(applied(line, name, &before));
	if (!before)
		return apply(line, name, sql.bytes, sha256);
	if (strcmp(before, sha256) != 0)
		return problem_new(line->arena, PROBLEM_internal, "%s was applied with other content: migrations are never edited", name);
	return NULL;
}

static const struct problem *
functions_apply(struct command_line *line, const glob_t *paths)
{
	struct buf sql = buf_new(line->arena, 0);
	char sha256[SHA256_HEX];
	const char *before;

	for (size_t i = 0; i < paths->gl_pathc; i++)
		TRY(file_read(line->arena, paths->gl_pathv[i], &sql));
	sha256_hex(sql.bytes, sql.length, sha256);
	TRY(applied(line, "functions", &before));
	if (before && !strcmp(before, sha256))
		return NULL;
	return apply(line, "functions", sql.bytes, sha256);
}

/* Takes the lock, as soon as the database answers: it may be starting for the first time. */
static const struct problem *
prepare(struct command_line *line, int seconds)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
	time_t end = time(NULL) + seconds;

	for (;;) {
		const struct problem *problem = db_script(line->db, line->arena, preparation);

		if (!problem || problem->code != PROBLEM_unavailable || time(NULL) >= end)
			return problem;
		nanosleep(&pause, NULL);
	}
}

const struct problem *
ctl_migrate(struct command_line *line)
{
	glob_t numbered = {0}, functions = {0};
	const char *passwords = option(line, "passwords", NULL);
	const struct problem *problem;

	if (glob(arena_printf(line->arena, "%s/[0-9][0-9][0-9]_*.sql", line->words[0]), 0, NULL, &numbered) ||
	    glob(arena_printf(line->arena, "%s/functions/[0-9][0-9]_*.sql", line->words[0]), 0, NULL, &functions))
		return problem_new(line->arena, PROBLEM_internal, "%s holds no migrations", line->words[0]);
	problem = prepare(line, atoi(option(line, "wait", "0")));
	for (size_t i = 0; !problem && i < numbered.gl_pathc; i++)
		problem = numbered_apply(line, numbered.gl_pathv[i]);
	if (!problem)
		problem = functions_apply(line, &functions);
	/* Whatever the executables of this release call must be there now. */
	if (!problem)
		problem = db_prepare_all(line->db, line->arena);
	if (!problem && passwords)
		problem = passwords_set(line, passwords);
	if (!problem)
		puts("the database is up to date");
	globfree(&numbered);
	globfree(&functions);
	return problem;
}
