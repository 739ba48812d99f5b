/* One request, as handlers see it: parsed, authorised as its route says, with everything they need. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "buf.h"
#include "config.h"
#include "db.h"
#include "encode.h"
#include "form.h"
#include "problem.h"
#include "secret.h"
#include "words.h"

struct json_object;

/* Who may call a route. */
enum auth {
	AUTH_NONE,
	AUTH_READ,  /* an API key with either scope */
	AUTH_WRITE, /* an API key with scope write */
	AUTH_LINK,  /* a link token in the path that we made; the gate decides the rest */
	AUTH_BROWSER, /* a person's browser, signed in or not: the session decides the rest */
};

struct request;
typedef const struct problem *handler(struct request *request);

/* A line of an executable's route table. PATTERN's segments in braces match anything and stand in
 * request.arguments in their order; {token} and {id} are checked before the handler sees them. */
struct route {
	const char *method, *pattern;
	enum auth auth;
	size_t body_limit; /* bytes; 0: none is taken */
	handler *handle;
};

enum { ARGUMENTS_MOST = 3 };

/* A change under way (lib/change.h). */
struct change {
	bool open;
	const char *key;                /* Idempotency-Key whose answer is to be kept, or NULL */
	char fingerprint[SHA256_HEX];
};

struct reply_header {
	const char *name, *value;
	struct reply_header *next;
};

struct reply {
	int status;
	const char *type;  /* media type; NULL: no body */
	struct buf body;
	struct reply_header *headers;
	bool by_nginx;     /* nginx puts a file of the store in place of the body */
};

struct request {
	struct arena *arena;
	const struct config *config;
	const struct secrets *secrets;
	struct db *db;
	char **environment;      /* FastCGI parameters, for request_header() */
	const struct route *route;
	const char *allowed;     /* the methods of the path, where only the method was wrong */

	const char *id;          /* nginx's request id */
	const char *method, *path;
	const struct form *query;
	const char *arguments[ARGUMENTS_MOST];
	enum language language;  /* asked for by ?lang=, else the browser's */
	const char *language_asked; /* "da" or "en" when ?lang= asked for it, else NULL */

	const unsigned char *body; /* mapped or in the arena */
	size_t body_size;
	int body_fd;             /* the spooled body's file, -1 when it came in memory */

	const char *tenant_id, *key_id; /* with AUTH_READ and AUTH_WRITE */
	struct change change;
	const char *generation;         /* with AUTH_LINK: of the access code that a cookie proves, or NULL */
	char token_id[UUID_TEXT];       /* with AUTH_LINK: the token's public half */
	const char *visitor;            /* with AUTH_LINK: the code that this request has proved, for link_visitor(); or NULL */
	const char *session;            /* with AUTH_BROWSER: SHA-256 of the session's cookie, or NULL */
	const char *personal;    /* {"ip", "user_agent"} as JSON, for the history */

	struct reply reply;
};

/* A header field of the request ("User-Agent"), or NULL. */
const char *request_header(const struct request *request, const char *name);

/* A FastCGI parameter, or NULL. */
const char *request_parameter(const struct request *request, const char *name);

/* The body as a form. Problem: bad_request or unsupported_media_type. */
const struct problem *request_form(struct request *request, struct form **form);

/* Takes TAG, "da" or "en", as the language asked for; anything else, also NULL, changes nothing. */
void request_language_choose(struct request *request, const char *tag);

/* Says whether the browser fetches ahead, or the client calls itself a robot or mail scanner. */
bool request_by_scanner(const struct request *request);

/* "/d/{token}" of a request with AUTH_LINK, and its page's absolute address. */
const char *request_link_path(const struct request *request);

/* Replies. The last one counts; nothing is sent before the handler returns. */
void reply_header(struct request *request, const char *name, const char *value);
const char *reply_header_get(const struct request *request, const char *name); /* NULL when not set */
void reply_empty(struct request *request, int status);
void reply_see_other(struct request *request, const char *path); /* 303 */

/* Handler of GET where forms of a link's page are sent to: a tab that shows a refused form has that address, and comes
 * back to it when it is restored or bookmarked. 303 to the page. */
handler reply_link_page;

/* Sets a cookie out of reach of scripts and of other sites' forms; several may be set. SECONDS 0 takes it away. */
void reply_cookie(struct request *request, const char *name, const char *value, const char *path, long seconds);
void reply_json(struct request *request, int status, struct json_object *value);
void reply_text(struct request *request, int status, const char *type, const char *text);
struct buf *reply_plain(struct request *request, int status, const char *type); /* append the text to what it gives */
struct buf *reply_html(struct request *request, int status);     /* append the page to what it gives */

/* Has nginx send bytes of the store under NAME: inline for a viewer, else as a download (RFC 6266). */
void reply_file(struct request *request, const char *tenant, const char *sha256, const char *type,
    const char *name, bool viewed_inline);

/* The same with any file below the store's folder; KNOWN_BY makes the ETag. */
void reply_stored(struct request *request, const char *path, const char *known_by, const char *type, const char *name,
    bool viewed_inline);

/* Shows a problem as the route's callers understand it: problem+json, or a page. */
void reply_problem(struct request *request, const struct problem *problem);
