/* Languages, and the portal's own words by id. The texts live in web/i18n/{da,en}.json;
 * tools/compile_words turns them into catalogue.h and catalogue.c when the project is built. */
#pragma once

#include <stddef.h>

#include "buf.h"
#include "catalogue.h"

enum language { LANGUAGE_DA, LANGUAGE_EN, LANGUAGES };

/* The text of one word. Placeholders stand in it as {name}. Never NULL. */
const char *word(enum language language, enum word id) __attribute__((returns_nonnull));

/* "da" or "en". */
const char *language_tag(enum language language);

/* The language of a tag such as "da", "en-GB" (RFC 5646, primary subtag only, any case); FALLBACK for any other and for NULL. */
enum language language_parse(const char *tag, enum language fallback);

/* The best of our languages for an Accept-Language value (RFC 9110, section 12.5.4); the first named
 * wins among equals, q=0 excludes; FALLBACK for NULL and where none fits. */
enum language language_accept(const char *header, enum language fallback);

/* What stands for {name} in a text. A NULL value fills in nothing. */
struct word_value {
	const char *name, *value;
};

/* Appends TEXT with its placeholders filled. Everything passes through ADD, which decides on escaping:
 * buf_html or buf_text. A placeholder without a value stays as it is written. */
void word_fill(struct buf *out, void (*add)(struct buf *, const char *), const char *text,
    const struct word_value *values, size_t count);

/* The same as a plain string in ARENA. */
char *word_filled(struct arena *arena, const char *text, const struct word_value *values, size_t count);
