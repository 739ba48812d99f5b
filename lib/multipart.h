/* multipart/form-data (RFC 7578, RFC 2046 section 5.1), parsed in place: what a sender uploads. */
#pragma once

#include <stddef.h>

#include "arena.h"
#include "problem.h"

/* One part. NAME, FILENAME and TYPE are copies in the arena; BYTES points into the body and is not terminated. */
struct part {
	const char *name;     /* well-formed UTF-8, one line, never empty */
	const char *filename; /* the same, without any path; "" for a file field left empty; NULL when not a file */
	const char *type;     /* media type as the sender names it, unchecked; NULL when not given */
	const unsigned char *bytes;
	size_t size;
};

/* Splits BODY into *PARTS, in their order. CONTENT_TYPE is the request's header and may be NULL. BODY must outlive the
 * parts; it is only read, so that it may be a mapped file of any size.
 * Bounds: a boundary of 70 characters, 8 KB of headers and 255 bytes of file name per part, MAX_PARTS parts.
 * In names %22 and backslash escapes of '"' and '\' are undone, as browsers and curl send them; `filename*` is ignored
 * (RFC 7578, section 4.2); a text before the first and after the last boundary is skipped.
 * Problems: unsupported_media_type (another content type), too_large (too many parts), bad_request (the rest). */
const struct problem *multipart_parse(struct arena *arena, const char *content_type, const void *body, size_t size,
    size_t max_parts, struct part **parts, size_t *count);
