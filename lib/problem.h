/* The one error value. NULL means success; serve() turns the rest into an answer and a log line.
 * The API shows problems as RFC 9457 documents; `code` is stable, `detail` is for people. */
#pragma once

#include "arena.h"

/* code, HTTP status, title */
#define PROBLEM_TABLE(X)                                                        \
	X(bad_request, 400, "The request cannot be understood")                 \
	X(unauthorized, 401, "A valid API key is needed")                       \
	X(forbidden, 403, "This key or link does not carry the right")          \
	X(code_required, 403, "The access code is needed first")                \
	X(not_found, 404, "Not found")                                          \
	X(method_not_allowed, 405, "This method is not allowed here")           \
	X(conflict, 409, "The request conflicts with the present state")        \
	X(already_accepted, 409, "The document is already accepted")            \
	X(already_decided, 409, "The version is already decided")               \
	X(version_changed, 409, "The document has changed since it was shown")  \
	X(expired, 409, "The document has expired")                             \
	X(withdrawn, 409, "The document was withdrawn")                         \
	X(archived, 409, "The document is archived")                            \
	X(unknown_event, 410, "This event is not in the feed")                  \
	X(precondition_failed, 412, "The document has changed meanwhile")       \
	X(too_large, 413, "The request is too large")                           \
	X(unsupported_media_type, 415, "This content type is not taken here")   \
	X(invalid, 422, "Some of the input is not valid")                       \
	X(pdf_invalid, 422, "The PDF cannot be used")                           \
	X(too_many_requests, 429, "Too many requests")                          \
	X(internal, 500, "Something went wrong on our side")                    \
	X(unavailable, 503, "The service is briefly unavailable")

enum problem_code {
#define X(code, status, title) PROBLEM_##code,
	PROBLEM_TABLE(X)
#undef X
	PROBLEM_CODES
};

/* One member of the input that is wrong; POINTER is a JSON pointer (RFC 6901), or a form field's name. */
struct problem_item {
	const char *pointer;
	const char *detail;
	struct problem_item *next;
};

struct problem {
	enum problem_code code;
	const char *detail;          /* says what was wrong; never holds a secret */
	struct problem_item *items;  /* in the order found; NULL when no member is at fault */
	const char *member, *value;  /* one more member of the answer (RFC 9457, section 3.2), NULL: none; VALUE may be NULL */
};

/* Makes a problem in ARENA. Never NULL. */
struct problem *problem_new(struct arena *arena, enum problem_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/* Adds one more member at fault to a problem; *PROBLEM may be NULL, then an `invalid` one is made. */
void problem_add(struct arena *arena, struct problem **problem, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Not a problem: the reply is ready, and nothing more is to be done. Goes the way of problems, so that TRY()
 * leaves the handler. */
extern const struct problem problem_answered;

int problem_status(const struct problem *problem);        /* the HTTP status */
const char *problem_name(const struct problem *problem);  /* the code as text */
const char *problem_title(const struct problem *problem);

/* The code with this name; PROBLEM_internal for an unknown one. */
enum problem_code problem_code_named(const char *name);

/* Returns early from a function whose result is a `const struct problem *`. */
#define TRY(expression)                                    \
	do {                                               \
		const struct problem *try_ = (expression); \
		if (try_)                                  \
			return try_;                       \
	} while (0)
