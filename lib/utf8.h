/* UTF-8 (RFC 3629): is it well-formed, how long is it, and may it stand on one line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* The bytes that the first character of BYTES takes, 1 to 4; 0 when SIZE is 0 or the bytes are malformed (cut off,
 * overlong, a surrogate, beyond U+10FFFF). *CHARACTER gets the code point. */
size_t utf8_character(const void *bytes, size_t size, uint32_t *character);

/* True when all of BYTES is well-formed and holds no NUL: what a C string and a PostgreSQL text can hold. */
bool utf8_valid(const void *bytes, size_t size);

/* The number of characters (code points) of TEXT, which is well-formed. */
size_t utf8_length(const char *text);

/* True when TEXT, which is well-formed, holds a character that people can see: neither blank nor of no width. */
bool utf8_visible(const char *text);

/* True when TEXT, which is well-formed, has no control characters, noncharacters (U+FFFE, U+FDD0 and their like), line
 * separators or marks that turn the direction of writing (those let "gpj.exe" look like "exe.jpg"). */
bool utf8_one_line(const char *text);

/* The same, noncharacters aside: what may stand in a header. Releases before this one took them, so they may be stored. */
bool utf8_safe_line(const char *text);

/* The same for a text of several lines: tabs, CR and LF may stand in it. */
bool utf8_many_lines(const char *text);

/* TEXT as its writer saw it in the program that it was pasted from, in ARENA: without the marks that turn the direction of
 * writing, and with a line feed for what parts lines besides CR and LF (vertical tab, form feed, U+0085, U+2028, U+2029). */
const char *utf8_pasted(struct arena *arena, const char *text);

/* TEXT in which whatever utf8_many_lines() refuses, and bytes that are no UTF-8, have become U+FFFD, in ARENA. */
const char *utf8_drawable(struct arena *arena, const char *text);
