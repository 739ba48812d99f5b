/* Signing in by a mailed code, sessions, and the documents of who is signed in: their side of the data layer. */
#pragma once

#include "page.h"
#include "request.h"

enum { LOGIN_MINUTES = 10, SESSION_DAYS = 30 };

/* The cookie of a browser that asked for a code: a secret, and the address, which is kept nowhere else. */
struct login_challenge {
	const char *hash;    /* of the secret, as stored */
	const char *address; /* lower case */
};

/* Reads the cookie; false when there is none of ours. */
bool login_challenge_read(struct request *request, struct login_challenge *challenge);

/* Asks for a code to be mailed to ADDRESS, should it be known. Gives the browser's *COOKIE; NULL when too many
 * were asked for. */
const struct problem *login_ask(struct request *request, const char *address, const char **cookie);

enum login_outcome {
	LOGIN_RIGHT,
	LOGIN_WRONG, /* *LEFT more tries */
	LOGIN_SPENT, /* too many tries */
	LOGIN_GONE,  /* older than ten minutes, used, or replaced by a newer one */
};

/* Tries a code. A right one begins a session; *COOKIE is its secret. */
const struct problem *login_try(struct request *request, const struct login_challenge *challenge, const char *code,
    enum login_outcome *outcome, int *left, const char **cookie);

/* Whether request->session is one. */
const struct problem *login_signed_in(struct request *request, bool *signed_in);

/* Ends sessions of the same address: WHICH is "this", "all" or an id. *HERE: the asking browser's has ended. */
const struct problem *login_end(struct request *request, const char *which, bool *here);

/* The documents that the query asks for (`q`, `sender`, `after`), and request->language as the session has it.
 * *SIGNED_IN false leaves PAGE empty. */
const struct problem *login_documents(struct request *request, struct documents_page *page, bool *signed_in);
