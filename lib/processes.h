/* A parent that keeps a number of worker processes alive. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "problem.h"

/* In place of a socket's path: the socket that systemd passes (sd_listen_fds(3)), where connections wait while we restart. */
#define PROCESSES_PASSED "-"

/* Listens on a Unix socket, made afresh with mode 0660; it does not block. */
const struct problem *processes_socket(struct arena *arena, const char *path, int *socket);

/* Runs COUNT processes of WORK, replacing any that ends: at once the first time, then with a growing pause
 * of up to 5 s while they die young. On TERM or INT removes SOCKET_PATH, if it is ours, so that no connection comes any more,
 * passes TERM on, waits for all and returns 0.
 * In a worker TERM is blocked: it waits where it likes, with an empty mask, and asks processes_ending(). */
int processes_run(int count, int (*work)(void *), void *context, const char *socket_path);

/* Whether this process was asked to end. */
bool processes_ending(void);
