/* compile_words DA.json EN.json OUT.h OUT.c
 *
 * Turns the catalogues of words into C: `enum word { WORD_accept_button, ... }` and one table of texts per
 * language, in the order of the arguments. A catalogue is one flat JSON object, "key.with.dots": "text with
 * {placeholder}"; a plural is two keys, `x.one` and `x.other`. The build stops, naming the key, when a
 * language lacks a word, its placeholders differ, or a plural is half. */
#include <json-c/json.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 120 };

static int errors;

__attribute__((format(printf, 1, 2))) static void
complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	errors++;
}

static struct json_object *
catalogue_read(const char *path)
{
	struct json_object *catalogue = json_object_from_file(path);

	if (!catalogue || !json_object_is_type(catalogue, json_type_object)) {
		fprintf(stderr, "%s: not a JSON object: %s\n", path, json_util_get_last_err());
		exit(1);
	}
	return catalogue;
}

static const char *
text_of(struct json_object *catalogue, const char *key)
{
	struct json_object *text;

	if (!json_object_object_get_ex(catalogue, key, &text) || !json_object_is_type(text, json_type_string))
		return NULL;
	return json_object_get_string(text);
}

/* Whether every placeholder of TEXT stands in OTHER too. */
static bool
placeholders_within(const char *text, const char *other)
{
	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
		char placeholder[KEY_MAX];
		const char *close = strchr(open, '}');

		if (!close || close - open + 2 > KEY_MAX)
			return false;
		snprintf(placeholder, sizeof placeholder, "%.*s", (int)(close - open + 1), open);
		if (!strstr(other, placeholder))
			return false;
	}
	return true;
}

static bool
ends_with(const char *key, const char *end)
{
	size_t key_length = strlen(key), end_length = strlen(end);

	return key_length > end_length && !strcmp(key + key_length - end_length, end);
}

/* A plural needs both its keys. */
static void
check_plural(const char *path, struct json_object *catalogue, const char *key, const char *end, const char *other_end)
{
	char twin[KEY_MAX];

	if (!ends_with(key, end))
		return;
	snprintf(twin, sizeof twin, "%.*s%s", (int)(strlen(key) - strlen(end)), key, other_end);
	if (!text_of(catalogue, twin))
		complain("%s: the plural %s lacks %s", path, key, twin);
}

/* Compares every word of one catalogue with the other one. */
static void
check(const char *path, struct json_object *catalogue, const char *other_path, struct json_object *other)
{
	json_object_object_foreach(catalogue, key, value)
	{
		const char *text = text_of(catalogue, key), *other_text = text_of(other, key);

		(void)value;
		if (!*key || strlen(key) >= KEY_MAX || key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._")])
			complain("%s: a key is made of a-z, 0-9, '.' and '_': %s", path, key);
		else if (!text)
			complain("%s: %s is not a string", path, key);
		else if (!other_text)
			complain("%s: %s is missing", other_path, key);
		else if (!placeholders_within(text, other_text))
			complain("%s: %s lacks a placeholder that %s has", other_path, key, path);
		check_plural(path, catalogue, key, ".one", ".other");
		check_plural(path, catalogue, key, ".other", ".one");
	}
}

static FILE *
output(const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out) {
		perror(path);
		exit(1);
	}
	return out;
}

static void
output_close(FILE *out, const char *path)
{
	if (ferror(out) | fclose(out)) {
		perror(path);
		exit(1);
	}
}

static void
write_key(FILE *out, const char *key)
{
	fputs("WORD_", out);
	for (; *key; key++)
		fputc(*key == '.' ? '_' : *key, out);
}

static void
write_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == '?')
			fprintf(out, "\\%03o", (unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void
write_header(const char *path, struct json_object *catalogue)
{
	FILE *out = output(path);

	fputs("/* Made by compile_words: edit web/i18n instead. */\n#pragma once\n\nenum word {\n", out);
	json_object_object_foreach(catalogue, key, value)
	{
		(void)value;
		fputc('\t', out);
		write_key(out, key);
		fputs(",\n", out);
	}
	fputs("\tWORDS\n};\n\nenum { CATALOGUES = 2 };\n\nextern const char *const catalogue[CATALOGUES][WORDS];\n", out);
	output_close(out, path);
}

static void
write_texts(FILE *out, struct json_object *catalogue)
{
	fputs("    {\n", out);
	json_object_object_foreach(catalogue, key, value)
	{
		fputs("\t[", out);
		write_key(out, key);
		fputs("] = ", out);
		write_string(out, json_object_get_string(value));
		fputs(",\n", out);
	}
	fputs("    },\n", out);
}

int
main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: compile_words DA.json EN.json OUT.h OUT.c\n", stderr);
		return 2;
	}

	struct json_object *da = catalogue_read(argv[1]), *en = catalogue_read(argv[2]);

	check(argv[1], da, argv[2], en);
	check(argv[2], en, argv[1], da);
	if (!errors) {
		write_header(argv[3], da);

		FILE *out = output(argv[4]);

		fputs("/* Made by compile_words: edit web/i18n instead. */\n#include \"catalogue.h\"\n\n", out);
		fputs("const char *const catalogue[CATALOGUES][WORDS] = {\n", out);
		write_texts(out, da);
		write_texts(out, en);
		fputs("};\n", out);
		output_close(out, argv[4]);
	}
	json_object_put(da);
	json_object_put(en);
	return errors ? 1 : 0;
}
