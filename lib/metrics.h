/* What an executable counts about its requests, for Prometheus (text exposition format 0.0.4). All its processes count
 * into one piece of shared memory, so any of them can tell. */
#pragma once

#include "buf.h"
#include "request.h"

struct metrics;

/* Before the processes are forked. EXECUTABLE and ROUTES are borrowed. Ends the program when there is no memory. */
struct metrics *metrics_new(const char *executable, const struct route *routes);

/* Counts an answer; ROUTE is NULL where none was found. */
void metrics_count(struct metrics *metrics, const struct route *route, int status, double seconds, bool database_failed);

/* Appends everything counted so far. */
void metrics_print(const struct metrics *metrics, struct buf *out);
