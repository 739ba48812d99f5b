/* Forms and query strings (application/x-www-form-urlencoded, WHATWG URL section 5) and cookies (RFC 6265). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "problem.h"
#include "words.h"

/* The fields in their order; names and values are decoded, well-formed UTF-8 without NUL. */
struct form {
	size_t count;
	const char **names, **values;
};

/* Decodes TEXT, SIZE bytes, into *FORM, which lives in ARENA and is set only on success. A field without "=" has the
 * value "". The same name twice is refused, so that no two readers can take different values for it.
 * Problems: too_large (more than MAX_FIELDS), bad_request (broken percent escapes, NUL, not UTF-8,
 * a name twice or of more than 100 bytes). */
const struct problem *form_parse(struct arena *arena, const char *text, size_t size, size_t max_fields,
    struct form **form);

/* The value of the field NAME; NULL when the form lacks it. */
const char *form_get(const struct form *form, const char *name);

/* The same as utf8_pasted() and without the white space around it; NULL also when nothing is left that people can see
 * (utf8_visible()). */
const char *form_trimmed(struct arena *arena, const struct form *form, const char *name);

/* What is wrong with TEXT, of several lines, in LANGUAGE: TOO_LONG where it has more than MOST characters, or that it holds
 * some that nobody can see. NULL where nothing is, also for NULL. */
const char *form_text_error(enum language language, const char *text, size_t most, enum word too_long);

/* Reads the field NAME as a decimal number from MIN to MAX. A field that is missing or empty leaves *VALUE as it is.
 * Problem: invalid, pointing at the field. */
const struct problem *form_int(struct arena *arena, const struct form *form, const char *name, int64_t min, int64_t max,
    int64_t *value);

/* The value of the cookie NAME in a Cookie header (RFC 6265, section 4.2), without quotes around it; NULL when absent.
 * HEADER may be NULL. Of several with one name the first counts: user agents send the longest path first. */
const char *cookie_get(struct arena *arena, const char *header, const char *name);
