/* The one growing buffer. It lives in an arena and is always NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct buf {
	struct arena *arena;
	char *bytes;
	size_t length, room;
	size_t limit;	/* 0: none */
	bool failed;	/* the limit was passed: what follows is dropped; check once, at the end */
};

/* An empty buffer in ARENA; LIMIT in bytes, 0 for none. */
struct buf buf_new(struct arena *arena, size_t limit);

void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_text(struct buf *buf, const char *text); /* NULL adds nothing */
void buf_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* TEXT escaped for HTML text and for quoted attributes; NULL adds nothing. */
void buf_html(struct buf *buf, const char *text);

/* TEXT percent-encoded as one URL path segment or query value (RFC 3986, section 2.3). */
void buf_url(struct buf *buf, const char *text);
