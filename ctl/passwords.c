/* The passwords that the roles of the programs connect with, where the database is another machine or container. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

/* The last field of a password file's only line (PostgreSQL manual, section 34.16): hexadecimal digits, as we make them,
 * which need no quoting. */
static const struct problem *
password_read(struct arena *arena, const char *path, const char **password)
{
	FILE *file = fopen(path, "re");
	char line[512] = "";
	const char *last;

	if (!file)
		return problem_new(arena, PROBLEM_internal, "%s: %s", path, strerror(errno));
	if (!fgets(line, sizeof line, file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, ':');
	if (!last || strlen(last + 1) < 32 || strspn(last + 1, "0123456789abcdef") != strlen(last + 1))
		return problem_new(arena, PROBLEM_internal, "%s holds no password of ours", path);
	*password = arena_strdup(arena, last + 1);
	return NULL;
}

static const struct problem *
password_set(struct command_line *line, const char *role, const char *path)
{
	const char *password = NULL;

	TRY(password_read(line->arena, path, &password));
	return db_script(line->db, line->arena, arena_printf(line->arena, "ALTER ROLE portal_%s PASSWORD '%s'", role, password));
}

const struct problem *
passwords_set(struct command_line *line, const char *dir)
{
	static const char *const roles[] = {"sender", "customer", "worker"};
	const char *next = arena_printf(line->arena, "%s/owner.pgpass.next", dir);

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		TRY(password_set(line, roles[i], arena_printf(line->arena, "%s/%s.pgpass", dir, roles[i])));
	/* We are connected with the owner's own: whoever asked for a new one puts it in its place. */
	return access(next, F_OK) == 0 ? password_set(line, "owner", next) : NULL;
}
