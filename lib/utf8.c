/* UTF-8: decoding one character at a time, and what is asked about whole texts. */
#include "utf8.h"

#include <string.h>

#include "buf.h"

/* How many bytes a character has by its first one, and the bits that this byte gives. */
static size_t
sequence(unsigned char first, uint32_t *bits)
{
	if (first < 0x80)
		return *bits = first, 1;
	if (first >= 0xc2 && first <= 0xdf)
		return *bits = first & 0x1f, 2;
	if (first >= 0xe0 && first <= 0xef)
		return *bits = first & 0x0f, 3;
	if (first >= 0xf0 && first <= 0xf4)
		return *bits = first & 0x07, 4;
	return 0;
}

size_t
utf8_character(const void *bytes, size_t size, uint32_t *character)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = bytes;
	uint32_t c = 0;
	size_t length = size ? sequence(at[0], &c) : 0;

	if (!length || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return length;
}

bool
utf8_valid(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint32_t c;

	while (size) {
		size_t length = utf8_character(at, size, &c);

		if (!length || !c)
			return false;
		at += length;
		size -= length;
	}
	return true;
}

size_t
utf8_length(const char *text)
{
	size_t length = 0;

	for (; *text; text++)
		length += ((unsigned char)*text & 0xc0) != 0x80;
	return length;
}

/* Marks that turn the direction of writing (Unicode: Bidi_Control, those that come in pairs). */
static bool
is_turn(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || is_turn(c);
}

/* The 66 code points that stand for nothing, ever (Unicode, section 23.7). PostgreSQL and json-c take them, Cairo does not. */
static bool
is_noncharacter(uint32_t c)
{
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static bool
free_of_controls(const char *text, const char *but, bool noncharacters)
{
	size_t left = strlen(text);
	uint32_t c;

	while (left) {
		size_t length = utf8_character(text, left, &c);

		if (!length || (is_control(c) && !(c < 0x80 && strchr(but, (int)c))))
			return false;
		if (!noncharacters && is_noncharacter(c))
			return false;
		text += length;
		left -= length;
	}
	return true;
}

/* Blanks and characters without width or ink (Unicode: White_Space, Default_Ignorable_Code_Point, U+2800). */
static bool
is_invisible(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	    {0, 0x20}, {0x7F, 0xA0}, {0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x1680, 0x1680},
	    {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x2800, 0x2800},
	    {0x3000, 0x3000}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8},
	    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

bool
utf8_visible(const char *text)
{
	size_t left = strlen(text);
	uint32_t character;

	for (size_t size; (size = utf8_character(text, left, &character)) > 0; text += size, left -= size)
		if (!is_invisible(character))
			return true;
	return false;
}

bool
utf8_one_line(const char *text)
{
	return free_of_controls(text, "", false);
}

bool
utf8_safe_line(const char *text)
{
	return free_of_controls(text, "", true);
}

bool
utf8_many_lines(const char *text)
{
	return free_of_controls(text, "\t\r\n", false);
}

const char *
utf8_drawable(struct arena *arena, const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct buf out = buf_new(arena, 0);
	size_t left = strlen(text), taken;
	uint32_t c;

	for (; left; text += taken, left -= taken) {
		size_t length = utf8_character(text, left, &c);
		bool kept = length && !is_noncharacter(c) && (!is_control(c) || c == '\t' || c == '\r' || c == '\n');

		buf_add(&out, kept ? text : replacement, kept ? length : sizeof replacement - 1);
		taken = length ? length : 1;
	}
	return out.bytes;
}

const char *
utf8_pasted(struct arena *arena, const char *text)
{
	struct buf out = buf_new(arena, 0);
	size_t left = strlen(text);
	uint32_t c;

	for (size_t length; (length = utf8_character(text, left, &c)) > 0; text += length, left -= length) {
		if (c == '\v' || c == '\f' || c == 0x85 || c == 0x2028 || c == 0x2029)
			buf_char(&out, '\n');
		else if (!is_turn(c))
			buf_add(&out, text, length);
	}
	return out.bytes;
}
