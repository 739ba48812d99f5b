/* Starts `pdfcheck` with nothing but the PDF and a pipe, waits for its one line, and leaves nothing behind. */
#include "pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

enum {
	PATIENCE = 15 * 1000, /* ms; more than the child's 10 s of CPU, for the machine may be busy */
	LINE_SIZE = 64,
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
	char from[24], length[24];
	char *const argv[] = {(char *)checker->program, from, length, NULL};
	pid_t child;
	int ends[2];

	snprintf(from, sizeof from, "%jd", (intmax_t)offset);
	snprintf(length, sizeof length, "%zu", size);
	if (pipe2(ends, O_CLOEXEC))
		return errno;
	/* pdfcheck looks for the PDF at number 3. */
	int error = child_start(checker->program, argv, (int[]){-1, ends[1], -1, fd}, 4, &child);

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
	char path[PATH_MAX];
	int error = child_path("pdfcheck", path, sizeof path);
	const struct pdf_checker beside = {path, PATIENCE};

	if (error)
		return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: %s", strerror(error));

	return pdf_check_by(arena, &beside, fd, offset, size, facts);
}
