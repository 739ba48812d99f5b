/* Children get nothing but what they are given. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int
child_path(const char *name, char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	if (length < 0)
		return errno;
	path[length] = '\0';

	char *after = strrchr(path, '/') + 1;
	size_t room = size - (size_t)(after - path);

	return snprintf(after, room, "%s", name) < (int)room ? 0 : ENAMETOOLONG;
}

/* HIGH holds the files at numbers that no target has, so that none overwrites another. */
static int
add_actions(posix_spawn_file_actions_t *actions, const int *high, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = high[i] >= 0 ? posix_spawn_file_actions_adddup2(actions, high[i], (int)i)
		                     : posix_spawn_file_actions_addopen(actions, (int)i, "/dev/null", O_RDWR, 0);
	return error ? error : posix_spawn_file_actions_addclosefrom_np(actions, (int)count);
}

/* Signals as a fresh program expects them, whatever the caller ignores or blocks. */
static int
set_signals(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	if ((error = posix_spawnattr_setsigdefault(attributes, &all)) ||
	    (error = posix_spawnattr_setsigmask(attributes, &none)))
		return error;
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int
spawn(const char *program, char *const argv[], const int *high, size_t count, pid_t *child)
{
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	if ((error = posix_spawn_file_actions_init(&actions)))
		return error;
	if (!(error = posix_spawnattr_init(&attributes))) {
		if (!(error = add_actions(&actions, high, count)) && !(error = set_signals(&attributes)))
			error = posix_spawn(child, program, &actions, &attributes, argv, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int
child_start(const char *program, char *const argv[], const int *files, size_t count, pid_t *child)
{
	int high[CHILD_FILES_MOST] = {0}, error = 0;
	size_t made = 0;

	for (; made < count && !error; made++) {
		high[made] = files[made] < 0 ? -1 : fcntl(files[made], F_DUPFD_CLOEXEC, CHILD_FILES_MOST);
		if (files[made] >= 0 && high[made] < 0)
			error = errno;
	}
	if (!error)
		error = spawn(program, argv, high, count, child);
	for (size_t i = 0; i < made; i++)
		if (high[i] >= 0)
			close(high[i]);
	return error;
}

const char *
child_end(struct arena *arena, int status)
{
	if (WIFSIGNALED(status))
		return arena_printf(arena, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return WIFEXITED(status) ? arena_printf(arena, "exit %d", WEXITSTATUS(status)) : "its end was not seen";
}
