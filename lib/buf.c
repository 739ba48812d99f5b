/* The one growing buffer, and the escapers named by context. */
#include "buf.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

struct buf
buf_new(struct arena *arena, size_t limit)
{
	struct buf buf = {.arena = arena, .limit = limit};

	buf.bytes = arena_alloc(arena, FIRST_ROOM);
	buf.room = FIRST_ROOM;
	return buf;
}

static bool
make_room(struct buf *buf, size_t length)
{
	if (buf->failed || (buf->limit && length > buf->limit - buf->length)) {
		buf->failed = true;
		return false;
	}
	if (buf->room - buf->length > length)
		return true;

	size_t room = buf->room * 2;

	while (room - buf->length <= length)
		room *= 2;
	char *bytes = arena_alloc(buf->arena, room);

	memcpy(bytes, buf->bytes, buf->length);
	buf->bytes = bytes;
	buf->room = room;
	return true;
}

void
buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (!length || !make_room(buf, length))
		return;
	memcpy(buf->bytes + buf->length, bytes, length);
	buf->length += length;
	buf->bytes[buf->length] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
	if (text)
		buf_add(buf, text, strlen(text));
}

void
buf_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_text(buf, arena_vprintf(buf->arena, format, args));
	va_end(args);
}

static const char *
html_entity(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void
buf_html(struct buf *buf, const char *text)
{
	while (text && *text) {
		size_t plain = strcspn(text, "&<>\"'");

		buf_add(buf, text, plain);
		text += plain;
		if (*text)
			buf_text(buf, html_entity(*text++));
	}
}

void
buf_url(struct buf *buf, const char *text)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; text && *text; text++) {
		if (strchr(unreserved, *text))
			buf_char(buf, *text);
		else
			buf_printf(buf, "%%%02X", (unsigned char)*text);
	}
}
