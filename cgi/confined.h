/* A checker judges one untrusted file, away from every process that matters: NAME OFFSET SIZE, the file being SIZE bytes at
 * OFFSET of file descriptor 3. It answers with one line on standard output, "ok ..." or "refused WORD", and exit status 0.
 * Status 71 means that it could not even begin; ended by a signal or without a line, the file took more than it may.
 * lib/checker.c starts it and reads the answer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `main` of a checker: gives up everything that could hurt (512 MB of memory, 10 s of CPU, no writing), maps the bytes and
 * calls CHECK, which answers. An empty file is "refused damaged". */
int confined_run(int argc, char **argv, void (*check)(const char *bytes, size_t size));

/* Says LINE, newline included, and leaves at once: freeing what a hostile file has built can take longer than building
 * it. */
void confined_answer(const char *line) __attribute__((noreturn));
