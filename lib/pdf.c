/* Starts `pdfcheck` with nothing but the PDF and a pipe, waits for its one line, and leaves nothing behind. */
#include "pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE = 15 * 1000, /* ms; more than the child's 10 s of CPU, for the machine may be busy */
	LINE_SIZE = 64,
	PDF_FD = 3, /* where pdfcheck looks for it */
};

/* What the child said, and how it ended. */
struct outcome {
	char line[LINE_SIZE]; /* without its newline; empty unless a whole line came */
	bool late;            /* it was killed for taking too long */
	int status;           /* as waitpid gives it; -1 where our parent's SIGCHLD setting hides it */
};

static const struct {
	const char *word, *detail;
} refusals[] = {
    {"encrypted", "the PDF is encrypted or protected by a password"},
    {"damaged", "the file is not a PDF, or is damaged beyond repair"},
    {"no_pages", "the PDF has no pages"},
    {"too_complex", "the PDF is too complex to be checked within 512 MB and 10 seconds"},
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
add_actions(posix_spawn_file_actions_t *actions, int file, int output)
{
	int error;

	/* The pipe first: its end may be any of the low numbers that the next lines overwrite; FILE is above them. */
	if ((error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO)) ||
	    (error = posix_spawn_file_actions_adddup2(actions, file, PDF_FD)) ||
	    (error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) ||
	    (error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)))
		return error;
	return posix_spawn_file_actions_addclosefrom_np(actions, PDF_FD + 1);
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

/* Starts the child with FILE (a number above PDF_FD) and OUTPUT; gives 0 or an errno. */
static int
start(const char *program, int file, int output, off_t offset, size_t size, pid_t *child)
{
	char from[24], length[24];
	char *const argv[] = {(char *)program, from, length, NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	snprintf(from, sizeof from, "%jd", (intmax_t)offset);
	snprintf(length, sizeof length, "%zu", size);
	if ((error = posix_spawn_file_actions_init(&actions)))
		return error;
	if ((error = posix_spawnattr_init(&attributes)))
		goto actions_out;
	if (!(error = add_actions(&actions, file, output)) && !(error = set_signals(&attributes)))
		error = posix_spawn(child, program, &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
actions_out:
	posix_spawn_file_actions_destroy(&actions);
	return error;
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

	while (!end && used < LINE_SIZE) {
		if (!readable(input, deadline)) {
			outcome->late = true;
			break;
		}
		ssize_t got = read(input, outcome->line + used, LINE_SIZE - used);

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
run(const struct pdf_checker *checker, int fd, off_t offset, size_t size, struct outcome *outcome)
{
	int64_t deadline = now_ms() + checker->milliseconds;
	pid_t child;
	int ends[2];
	int file = fcntl(fd, F_DUPFD_CLOEXEC, PDF_FD + 1);

	if (file < 0)
		return errno;
	if (pipe2(ends, O_CLOEXEC)) {
		int error = errno;

		close(file);
		return error;
	}
	int error = start(checker->program, file, ends[1], offset, size, &child);

	close(file);
	close(ends[1]);
	if (!error) {
		read_line(ends[0], deadline, outcome);
		reap(child, deadline, outcome);
	}
	close(ends[0]);
	return error;
}

static const struct problem *
refuse(struct arena *arena, const char *word)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		if (strcmp(word, refusals[i].word))
			continue;
		struct problem *problem = problem_new(arena, PROBLEM_pdf_invalid, "%s", refusals[i].detail);

		problem_add(arena, &problem, "/file", "%s", refusals[i].detail);
		return problem;
	}
	return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: no known refusal");
}

const struct problem *
pdf_check_by(struct arena *arena, const struct pdf_checker *checker, int fd, off_t offset, size_t size,
    struct pdf_facts *facts)
{
	struct outcome outcome = {0};
	int error = run(checker, fd, offset, size, &outcome);
	char word[LINE_SIZE], rest;

	if (error)
		return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: %s: %s", checker->program,
		    strerror(error));
	if (sscanf(outcome.line, "ok %9d%c", &facts->pages, &rest) == 1 && facts->pages > 0)
		return NULL;
	if (sscanf(outcome.line, "refused %31s%c", word, &rest) == 1)
		return refuse(arena, word);
	/* Without a line: its limits or its deadline killed it, unless it went of its own accord. */
	if (!outcome.line[0] && (outcome.late || outcome.status == -1 || WIFSIGNALED(outcome.status)))
		return refuse(arena, "too_complex");
	return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: %s gave no answer (status %d)",
	    checker->program, outcome.status);
}

const struct problem *
pdf_check(struct arena *arena, int fd, off_t offset, size_t size, struct pdf_facts *facts)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length < 0)
		return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: /proc/self/exe: %s",
		    strerror(errno));
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	const struct pdf_checker beside = {arena_printf(arena, "%s/pdfcheck", self), PATIENCE};

	return pdf_check_by(arena, &beside, fd, offset, size, facts);
}
