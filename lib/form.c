/* Forms, query strings and cookies. */
#include "form.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

enum { NAME_BYTES_MAX = 100 };

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes SIZE bytes of TEXT into *OUT. */
static const struct problem *
decode(struct arena *arena, const char *text, size_t size, const char **out)
{
	char *copy = arena_alloc(arena, size + 1);
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%') {
			int high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
			int low = size - i > 2 ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return problem_new(arena, PROBLEM_bad_request,
				    "a percent sign in the form is not followed by two hex digits");
			c = (char)(high << 4 | low);
			i += 2;
		}
		copy[length++] = c;
	}
	if (!utf8_valid(copy, length))
		return problem_new(arena, PROBLEM_bad_request, "the form is not UTF-8, or holds a NUL");
	*out = copy;
	return NULL;
}

static const struct problem *
add_field(struct arena *arena, struct form *form, const char *field, size_t size)
{
	const char *equals = memchr(field, '=', size);
	size_t name_size = equals ? (size_t)(equals - field) : size;
	const char *name, *value = "";

	TRY(decode(arena, field, name_size, &name));
	if (equals)
		TRY(decode(arena, equals + 1, size - name_size - 1, &value));
	if (strlen(name) > NAME_BYTES_MAX)
		return problem_new(arena, PROBLEM_bad_request, "a field's name is longer than %d bytes", NAME_BYTES_MAX);
	if (form_get(form, name))
		return problem_new(arena, PROBLEM_bad_request, "the field \"%s\" is given twice", name);
	form->names[form->count] = name;
	form->values[form->count++] = value;
	return NULL;
}

const struct problem *
form_parse(struct arena *arena, const char *text, size_t size, size_t max_fields, struct form **form)
{
	struct form *result = arena_alloc(arena, sizeof *result);
	const char *end = text + size;

	result->names = arena_alloc(arena, (max_fields + 1) * sizeof *result->names);
	result->values = arena_alloc(arena, (max_fields + 1) * sizeof *result->values);
	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));

		if (!stop)
			stop = end;
		if (stop > text) {
			if (result->count == max_fields)
				return problem_new(arena, PROBLEM_too_large, "the form has more than %zu fields",
				    max_fields);
			TRY(add_field(arena, result, text, (size_t)(stop - text)));
		}
		text = stop < end ? stop + 1 : end;
	}
	*form = result;
	return NULL;
}

const char *
form_get(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (!strcmp(form->names[i], name))
			return form->values[i];
	return NULL;
}

const char *
form_trimmed(struct arena *arena, const struct form *form, const char *name)
{
	const char *value = form_get(form, name);

	if (!value)
		return NULL;
	value = utf8_pasted(arena, value);
	value += strspn(value, " \t\r\n");

	size_t length = strlen(value);

	while (length && strchr(" \t\r\n", value[length - 1]))
		length--;
	value = arena_strndup(arena, value, length);
	return utf8_visible(value) ? value : NULL;
}

const char *
form_text_error(enum language language, const char *text, size_t most, enum word too_long)
{
	if (text && utf8_length(text) > most)
		return word(language, too_long);
	return text && !utf8_many_lines(text) ? word(language, WORD_form_characters) : NULL;
}

const struct problem *
form_int(struct arena *arena, const struct form *form, const char *name, int64_t min, int64_t max, int64_t *value)
{
	const char *text = form_get(form, name);

	if (!text || !*text)
		return NULL;

	const char *digits = text + (*text == '-');
	size_t length = strspn(digits, "0123456789");

	errno = 0;
	long long number = strtoll(text, NULL, 10);

	if (!length || digits[length] || errno || number < min || number > max) {
		struct problem *problem = NULL;

		problem_add(arena, &problem, name, "must be a whole number from %lld to %lld", (long long)min,
		    (long long)max);
		return problem;
	}
	*value = number;
	return NULL;
}

const char *
cookie_get(struct arena *arena, const char *header, const char *name)
{
	size_t name_length = strlen(name);

	while (header && *header) {
		header += strspn(header, "; \t");

		size_t length = strcspn(header, ";");

		if (length > name_length && header[name_length] == '=' && !strncmp(header, name, name_length)) {
			const char *value = header + name_length + 1;
			size_t size = length - name_length - 1;

			while (size && (value[size - 1] == ' ' || value[size - 1] == '\t'))
				size--;
			if (size >= 2 && value[0] == '"' && value[size - 1] == '"')
				value++, size -= 2;
			return arena_strndup(arena, value, size);
		}
		header += length;
	}
	return NULL;
}
