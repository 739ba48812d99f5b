/* Untrusted files are judged by programs of their own, `pdfcheck` and `imagecheck`: with little memory and time, no keys, no
 * database and no files but the one they look at (cgi/confined.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "arena.h"
#include "problem.h"

struct checker {
	const char *program; /* path */
	int milliseconds;    /* after which it is killed */
};

enum { CHECKER_LINE = 64 };
#define CHECKER_TOO_COMPLEX "refused too_complex"

/* The checker NAME beside the running executable, with 15 s in all. Problem: internal. */
const struct problem *checker_beside(struct arena *arena, const char *name, struct checker *checker);

/* Has the SIZE bytes at OFFSET (any, not only page borders) of the open file FD checked, which it neither moves nor closes.
 * *LINE is what the checker said: "ok ..." or "refused WORD"; CHECKER_TOO_COMPLEX where it took more than it may. Problem:
 * internal where nothing could be checked. */
const struct problem *checker_run(struct arena *arena, const struct checker *checker, int fd, off_t offset, size_t size,
    const char **line);
