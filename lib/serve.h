/* Runs a FastCGI executable: its `main` is a constant service handed to serve(). */
#pragma once

#include "request.h"

struct service {
	const char *name;           /* of the executable, in logs */
	const char *role;           /* the database role */
	const struct route *routes; /* ends with an all-zero one */
	unsigned needs;             /* config_need flags */
	/* What it adds to its metrics, or NULL. */
	const struct problem *(*measure)(struct request *request, struct buf *out);
};

/* Called as NAME SOCKET [PROCESSES]: opens the Unix socket, forks processes that answer requests and
 * replaces one that dies, with backoff, never giving up. TERM lets requests under way finish, then ends.
 * Returns the exit status. */
int serve(const struct service *service, int argc, char **argv);

/* The parts serve() is made of, for tests and for each other. */

/* The route for METHOD and PATH; fills ARGUMENTS. NULL with *ALLOWED set when only the method is wrong. */
const struct route *route_find(struct arena *arena, const struct route *routes, const char *method,
    const char *path, const char *arguments[ARGUMENTS_MOST], const char **allowed);

/* Checks who asks: key, link token, origin of a form. */
const struct problem *authorise(struct request *request);

/* Reads the body, spooled by nginx or sent along, within the route's limit. */
struct FCGX_Stream;
const struct problem *body_read(struct request *request, struct FCGX_Stream *in);
