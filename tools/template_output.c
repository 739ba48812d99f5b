/* The code for what templates put out: expressions, numbers, URLs, words of the catalogue. */
#include "template_compiler.h"

#include <openssl/evp.h>
#include <string.h>

enum { VALUES_MAX = 12, VERSION_DIGITS = 10 };

static const char *
escaper(void)
{
	return compiler.is_html ? "buf_html" : "buf_text";
}

static void
output_check(bool url)
{
	const char *complaint = compiler.is_html ? html_refuses(&compiler.html, url) : NULL;

	if (complaint)
		fail("%s", complaint);
}

/* The end of a C expression: END, or where the next `name=` begins after white space. */
static const char *
expression_end(const char *at)
{
	int depth = 0;

	for (char quote = '\0'; *at; at++) {
		if (quote) {
			if (*at == '\\' && at[1])
				at++;
			else if (*at == quote)
				quote = '\0';
		} else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (strchr("([{", *at))
			depth++;
		else if (strchr(")]}", *at))
			depth--;
		else if (is_space(*at) && !depth) {
			const char *next = at + strspn(at, " \t\r\n");
			size_t n = identifier_length(next, "");

			if (n && next[n] == '=' && next[n + 1] != '=')
				return at;
		}
	}
	return at;
}

static const char *
word_text(const char *key)
{
	struct json_object *text;

	if (!json_object_object_get_ex(compiler.words, key, &text))
		fail("the catalogue has no word %s", key);
	return json_object_get_string(text);
}

/* Exactly the placeholders of a word are given. */
static void
placeholders_check(const char *key, const char *const *names, int count)
{
	const char *text = word_text(key);

	for (int i = 0; i < count; i++)
		if (!strstr(text, arena_printf(compiler.arena, "{%s}", names[i])))
			fail("%s has no placeholder {%s}", key, names[i]);
	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
		size_t n = strcspn(open + 1, "}");
		bool given = false;

		for (int i = 0; i < count && !given; i++)
			given = strlen(names[i]) == n && !memcmp(names[i], open + 1, n);
		if (!given)
			fail("%s needs %.*s=", key, (int)n, open + 1);
	}
}

static const char *
word_id(const char *key)
{
	char *id = arena_printf(compiler.arena, "WORD_%s", key);

	for (char *dot = id; *dot; dot++)
		if (*dot == '.')
			*dot = '_';
	return id;
}

/* Takes the key that begins *TEXT. */
static const char *
key_take(const char **text)
{
	size_t n = identifier_length(*text, ".");
	const char *key = arena_strndup(compiler.arena, *text, n);

	if (!n)
		fail("a key of the catalogue is expected");
	if (!compiler.has_language)
		fail("{{ language ... }} must come before the first word");
	*text += n;
	*text += strspn(*text, " \t\r\n");
	return key;
}

void
output_word(const char *text)
{
	const char *key = key_take(&text), *names[VALUES_MAX] = {NULL};
	struct buf values = buf_new(compiler.arena, 0);
	int count = 0;

	output_check(false);
	while (*text) {
		size_t n = identifier_length(text, "");

		if (!n || text[n] != '=' || count == VALUES_MAX)
			fail("name=expression is expected: %s", text);
		names[count++] = arena_strndup(compiler.arena, text, n);
		const char *value = text + n + 1, *end = expression_end(value);

		buf_printf(&values, "{\"%s\", %.*s}, ", names[count - 1], (int)(end - value), value);
		text = end + strspn(end, " \t\r\n");
	}
	placeholders_check(key, names, count);
	if (!count)
		code("%s(out, word(language, %s));", escaper(), word_id(key));
	else
		code("{ const struct word_value values_[] = {%s}; word_fill(out, %s, word(language, %s), values_, %d); }",
		    values.bytes, escaper(), word_id(key), count);
}

void
output_plural(const char *text)
{
	const char *key = key_take(&text), *const names[] = {"n"};
	const char *one = arena_printf(compiler.arena, "%s.one", key), *other = arena_printf(compiler.arena, "%s.other", key);

	output_check(false);
	placeholders_check(one, names, 1);
	placeholders_check(other, names, 1);
	code("{ const long n_ = (long)(%s); "
	     "const struct word_value values_[] = {{\"n\", arena_printf(arena, \"%%ld\", n_)}}; "
	     "word_fill(out, %s, word(language, n_ == 1 ? %s : %s), values_, 1); }",
	    text, escaper(), word_id(one), word_id(other));
}

void
output_expression(const char *text)
{
	output_check(false);
	code("%s(out, %s);", escaper(), text);
}

void
output_number(const char *text)
{
	output_check(true);
	code("buf_printf(out, \"%%lld\", (long long)(%s));", text);
}

void
output_url(const char *text)
{
	output_check(true);
	code("buf_url(out, %s);", text);
}

void
output_path(const char *text)
{
	output_check(true);
	code("add_path(out, %s, %s);", escaper(), text);
}

void
output_asset(const char *text)
{
	struct buf bytes = file_read(arena_printf(compiler.arena, "%s/%s", compiler.static_dir, text));
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length;

	output_check(true);
	if (!EVP_Digest(bytes.bytes, bytes.length, digest, &length, EVP_sha256(), NULL))
		fail("no SHA-256");
	buf_printf(&compiler.literal, "/static/%s?v=", text);
	for (int i = 0; i < VERSION_DIGITS / 2; i++)
		buf_printf(&compiler.literal, "%02x", digest[i]);
}
