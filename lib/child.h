/* Programs of ours that lie beside the running executable and do what should not be done in its process. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "arena.h"

enum { CHILD_FILES_MOST = 8 };

/* Starts PROGRAM (a path) with ARGV. Its file descriptors 0 to COUNT - 1 are FILES, -1 meaning /dev/null; it has no
 * others, no environment, and signals as a fresh program expects them. Gives 0 and *CHILD, which the caller
 * collects, or an errno. */
int child_start(const char *program, char *const argv[], const int *files, size_t count, pid_t *child);

/* The path of the program NAME beside the running executable, in PATH; gives 0 or an errno. */
int child_path(const char *name, char *path, size_t size);

/* How a process ended, of a STATUS that waitpid() gave, for people: "exit 70", "signal 9 (Killed)". Lives in ARENA. */
const char *child_end(struct arena *arena, int status);
