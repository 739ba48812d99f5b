/* The files that the database names, and copying them between stores. */
#pragma once

#include "ctl.h"

struct stored_file {
	const char *tenant_id, *sha256;
};

/* Calls SEEN for every file that a row names, in an order that needs no more than a batch in memory; stops at its first
 * problem. *COUNT is how many there were. ARENA lives for a batch. */
typedef const struct problem *stored_seen(void *context, struct arena *arena, const struct stored_file *file);
const struct problem *stored_each(struct command_line *line, stored_seen *seen, void *context, long *count);

/* Why the bytes of FILE below DIR are not what their name says, or NULL. */
const char *stored_fault(struct arena *arena, const char *dir, const struct stored_file *file);

/* Copies FILE from the store FROM to the store TO, on the disk when this returns. What is there already stays. */
const struct problem *stored_copy(struct arena *arena, const char *from, const char *to, const struct stored_file *file);

/* The folder of the store, PORTAL_STORE_DIR. */
const struct problem *stored_dir(struct arena *arena, const char **dir);

/* Says how far a long work is, on standard error, at most every two seconds. */
struct progress {
	const char *what; /* "files copied" */
	long done, next;  /* NEXT: second at which to say something */
};
void progress_step(struct progress *progress);
