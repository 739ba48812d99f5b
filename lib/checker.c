/* Starts a checker with nothing but the file and a pipe, waits for its one line, and leaves nothing behind. */
#include "checker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

enum {
	PATIENCE = 15 * 1000, /* ms; more than the child's 10 s of CPU, for the machine may be busy */
};

/* What the child said, and how it ended. */
struct outcome {
	char line[CHECKER_LINE]; /* without its newline; empty unless a whole line came */
	bool late;               /* it was killed for taking too long */
	int status;              /* as waitpid gives it; -1 where our parent's SIGCHLD setting hides it */
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until INPUT can be read; false at the deadline. */
static bool
readable(int input, int64_t deadline)
{
	struct pollfd wait = {.fd = input, .events = POLLIN};

	for (;;) {
		int64_t left = deadline - now_ms();
		int ready = poll(&wait, 1, left > 0 ? (int)left : 0);

		if (ready > 0)
			return true;
		if (ready == 0 || errno != EINTR)
			return false;
	}
}

/* Reads the child's line; what is longer, unfinished or late is none. */
static void
read_line(int input, int64_t deadline, struct outcome *outcome)
{
	size_t used = 0;
	char *end = NULL;

	while (!end && used < CHECKER_LINE) {
		if (!readable(input, deadline)) {
			outcome->late = true;
			break;
		}
		ssize_t got = read(input, outcome->line + used, CHECKER_LINE - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		end = memchr(outcome->line + used, '\n', (size_t)got);
		used += (size_t)got;
	}
	if (end)
		*end = '\0';
	else
		outcome->line[0] = '\0';
}

/* Collects the child, so that no zombie stays. One that has spoken, or overstays its time, is killed. */
static void
reap(pid_t child, int64_t deadline, struct outcome *outcome)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	bool killed = false;

	for (;;) {
		if (!killed && (outcome->line[0] || outcome->late || now_ms() >= deadline)) {
			kill(child, SIGKILL);
			killed = true;
		}
		pid_t gone = waitpid(child, &outcome->status, killed ? 0 : WNOHANG);

		if (gone == child)
			return;
		if (gone < 0 && errno != EINTR) {
			outcome->status = -1;
			return;
		}
		if (gone == 0)
			nanosleep(&pause, NULL);
	}
}

/* Runs the checker; gives 0 or the errno that kept it from running. */
static int
run(const struct checker *checker, int fd, off_t offset, size_t size, struct outcome *outcome)
{
	int64_t deadline = now_ms() + checker->milliseconds;
	char from[24], length[24];
	char *const argv[] = {(char *)checker->program, from, length, NULL};
	pid_t child;
	int ends[2];

	snprintf(from, sizeof from, "%jd", (intmax_t)offset);
	snprintf(length, sizeof length, "%zu", size);
	if (pipe2(ends, O_CLOEXEC))
		return errno;
	/* Checkers look for the file at number 3 (cgi/confined.h). */
	int error = child_start(checker->program, argv, (int[]){-1, ends[1], -1, fd}, 4, &child);

	close(ends[1]);
	if (!error) {
		read_line(ends[0], deadline, outcome);
		reap(child, deadline, outcome);
	}
	close(ends[0]);
	return error;
}

const struct problem *
checker_beside(struct arena *arena, const char *name, struct checker *checker)
{
	char path[PATH_MAX];
	int error = child_path(name, path, sizeof path);

	if (error)
		return problem_new(arena, PROBLEM_internal, "%s: %s", name, strerror(error));
	*checker = (struct checker){arena_strdup(arena, path), PATIENCE};
	return NULL;
}

const struct problem *
checker_run(struct arena *arena, const struct checker *checker, int fd, off_t offset, size_t size, const char **line)
{
	struct outcome outcome = {0};
	int error = run(checker, fd, offset, size, &outcome);

	*line = NULL;
	if (error)
		return problem_new(arena, PROBLEM_internal, "a file could not be checked: %s: %s", checker->program, strerror(error));
	if (outcome.line[0]) {
		*line = arena_strdup(arena, outcome.line);
		return NULL;
	}
	/* Without a line: its limits or its deadline killed it, unless it went of its own accord. */
	if (outcome.late || outcome.status == -1 || WIFSIGNALED(outcome.status)) {
		*line = CHECKER_TOO_COMPLEX;
		return NULL;
	}
	return problem_new(arena, PROBLEM_internal, "a file could not be checked: %s gave no answer (status %d)",
	    checker->program, outcome.status);
}
