/* What is known about receipts without making them. */
#include "receipt.h"

#include <string.h>

#include "utf8.h"

enum { CHARACTERS_MOST = 60 };

/* TEXT with one dash for every run of what cannot stand in a file name everywhere, none at its ends. */
static void
add_safe(struct buf *name, const char *text)
{
	size_t left = strlen(text), length;
	bool dash = true;
	uint32_t c;

	for (int count = 0; count < CHARACTERS_MOST && (length = utf8_character(text, left, &c)) > 0; count++) {
		bool bad = c <= ' ' || c == 0x7f || (c >= 0x80 && c < 0xa1) || (c < 0x80 && strchr("\"*/:<>?\\|-", (int)c));

		if (bad && !dash)
			buf_char(name, '-');
		else if (!bad)
			buf_add(name, text, length);
		dash = bad;
		text += length;
		left -= length;
	}
	if (name->length && name->bytes[name->length - 1] == '-')
		name->bytes[--name->length] = '\0';
}

const char *
receipt_file_name(struct arena *arena, enum language language, const char *number, const char *title)
{
	struct buf name = buf_new(arena, 0);

	add_safe(&name, number ? number : title ? title : "");
	return arena_printf(arena, "%s%s%s.pdf", word(language, WORD_receipt_kind), name.length ? "-" : "",
	    name.length ? name.bytes : "");
}
