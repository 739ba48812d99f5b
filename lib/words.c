/* The portal's own words: lookup, choice of language, placeholders. */
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const tags[LANGUAGES] = {[LANGUAGE_DA] = "da", [LANGUAGE_EN] = "en"};

_Static_assert((int)CATALOGUES == (int)LANGUAGES, "one catalogue for each language");

const char *
word(enum language language, enum word id)
{
	return catalogue[language][id];
}

const char *
language_tag(enum language language)
{
	return tags[language];
}

/* The language whose primary subtag is the first LENGTH bytes of TAG, or LANGUAGES. */
static enum language
language_find(const char *tag, size_t length)
{
	size_t primary = strcspn(tag, "-_;, \t");

	if (primary > length)
		primary = length;
	for (int i = 0; i < LANGUAGES; i++)
		if (strlen(tags[i]) == primary && !strncasecmp(tags[i], tag, primary))
			return (enum language)i;
	return LANGUAGES;
}

enum language
language_parse(const char *tag, enum language fallback)
{
	enum language found = tag ? language_find(tag, strlen(tag)) : LANGUAGES;

	return found == LANGUAGES ? fallback : found;
}

/* The weight of one element of an Accept-Language list, in thousandths. */
static int
weight(const char *element, size_t length)
{
	const char *q = memchr(element, ';', length);

	if (!q)
		return 1000;
	q += 1 + strspn(q + 1, " \t");
	if (strncasecmp(q, "q=", 2) || (q[2] != '0' && q[2] != '1'))
		return 0;
	if (q[2] == '1')
		return 1000;

	int thousandths = 0;
	const char *digit = q[3] == '.' ? q + 4 : "";

	for (int unit = 100; unit && *digit >= '0' && *digit <= '9'; unit /= 10)
		thousandths += (*digit++ - '0') * unit;
	return thousandths;
}

enum language
language_accept(const char *header, enum language fallback)
{
	enum language best = fallback;
	int best_weight = 0;

	while (header && *header) {
		header += strspn(header, ", \t");
		size_t length = strcspn(header, ",");
		enum language found = language_find(header, length);
		int w = weight(header, length);

		if (found != LANGUAGES && w > best_weight) {
			best = found;
			best_weight = w;
		}
		header += length;
	}
	return best;
}

static const struct word_value *
value_named(const char *name, size_t length, const struct word_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(values[i].name) == length && !memcmp(values[i].name, name, length))
			return &values[i];
	return NULL;
}

void
word_fill(struct buf *out, void (*add)(struct buf *, const char *), const char *text,
    const struct word_value *values, size_t count)
{
	while (text && *text) {
		size_t plain = strcspn(text, "{");
		const char *close = strchr(text + plain, '}');
		const struct word_value *value = NULL;

		if (close)
			value = value_named(text + plain + 1, (size_t)(close - text) - plain - 1, values, count);
		if (value) {
			add(out, arena_strndup(out->arena, text, plain));
			add(out, value->value);
			text = close + 1;
		} else {
			plain += text[plain] == '{';
			add(out, arena_strndup(out->arena, text, plain));
			text += plain;
		}
	}
}

char *
word_filled(struct arena *arena, const char *text, const struct word_value *values, size_t count)
{
	struct buf out = buf_new(arena, 0);

	word_fill(&out, buf_text, text, values, count);
	return out.bytes;
}
