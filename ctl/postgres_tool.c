/* Finding and running PostgreSQL's programs. */
#include "postgres_tool.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MOST = 16 };

static const char *
find(struct arena *arena, const char *name)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *path;

	self[length > 0 ? length : 0] = '\0';
	if (strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	path = arena_printf(arena, "%s/%s", self, name);
	if (access(path, X_OK) == 0)
		return path;
	path = arena_printf(arena, "/usr/lib/postgresql/15/bin/%s", name);
	return access(path, X_OK) == 0 ? path : name;
}

const struct problem *
postgres_tool(struct arena *arena, const char *name, const char *const *arguments)
{
	const char *words[WORDS_MOST + 1] = {find(arena, name), "--username=portal_owner", "--no-password",
	    arena_printf(arena, "--dbname=%s", getenv("PORTAL_DATABASE_URL"))};
	size_t count = 4;
	pid_t pid;
	int status = 0, error;

	while (*arguments && count < WORDS_MOST)
		words[count++] = *arguments++;
	error = posix_spawnp(&pid, words[0], NULL, NULL, (char *const *)words, environ);
	if (error)
		return problem_new(arena, PROBLEM_internal, "%s cannot be run: %s", words[0], strerror(error));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return problem_new(arena, PROBLEM_internal, "%s failed", name);
	return NULL;
}
