/* Runs a FastCGI executable: its `main` is a constant service handed to serve(). */
#pragma once

#include "request.h"

/* A path that several executables share by method, and all its methods, as in Allow. */
struct shared_path {
	const char *pattern, *methods;
};

struct service {
	const char *name;           /* of the executable, in logs */
	const char *role;           /* the database role */
	const struct route *routes; /* ends with an all-zero one */
	unsigned needs;             /* config_need flags */
	/* Of an executable that has only some methods of its paths: ends with an all-zero one, of two patterns that match
	 * the narrower first; or NULL. */
	const struct shared_path *shared;
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

/* The methods of PATH, whoever serves them; NULL when it is not among the shared ones. */
const char *route_shared(struct arena *arena, const struct shared_path *shared, const char *path);

/* Checks who asks: key, link token, origin of a form. */
const struct problem *authorise(struct request *request);

/* Reads the body, spooled by nginx or sent along, within the route's limit. */
struct FCGX_Stream;
const struct problem *body_read(struct request *request, struct FCGX_Stream *in);
