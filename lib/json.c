/* JSON in. The scanner walks the text once by the grammar of RFC 8259, for what json-c lets pass (NaN, raw control
 * characters, repeated members) and to say where a text is broken; json-c then makes the values. */
#include "json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "buf.h"
#include "utf8.h"

enum { MEMBERS_MAX = 200, NAME_BYTES_MAX = 200 };

struct scan {
	struct arena *arena;
	const char *start, *at, *end;
	int depth; /* levels that may still be opened */
};

struct span {
	const char *text;
	size_t length;
};

static const struct problem *scan_value(struct scan *scan);

static const struct problem *
broken(const struct scan *scan, const char *what)
{
	size_t line = 1, column = 1;

	for (const char *at = scan->start; at < scan->at; at++) {
		column = *at == '\n' ? 1 : column + (((unsigned char)*at & 0xc0) != 0x80);
		line += *at == '\n';
	}
	return problem_new(scan->arena, PROBLEM_bad_request, "the JSON is broken at line %zu, column %zu: %s", line,
	    column, what);
}

static void
skip_space(struct scan *scan)
{
	while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4))
		scan->at++;
}

/* Takes the character C if it is next. */
static bool
take(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static size_t
take_digits(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - from);
}

/* Reads the XXXX of a \uXXXX; -1 when there are no four hex digits. */
static int
take_hex(struct scan *scan)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int code = 0;

	if (scan->end - scan->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char *digit = memchr(digits, scan->at[i], sizeof digits - 1);

		if (!digit)
			return -1;
		code = code << 4 | (int)((digit - digits) & 15);
	}
	scan->at += 4;
	return code;
}

static const struct problem *
scan_unicode_escape(struct scan *scan)
{
	int code = take_hex(scan);

	if (code < 0)
		return broken(scan, "\\u needs four hex digits");
	if (!code)
		return broken(scan, "\\u0000 cannot be stored");
	if (code < 0xd800 || code > 0xdfff)
		return NULL;
	if (code < 0xdc00 && take(scan, '\\') && take(scan, 'u')) {
		int low = take_hex(scan);

		if (low >= 0xdc00 && low <= 0xdfff)
			return NULL;
	}
	return broken(scan, "half a surrogate pair is no character");
}

/* Reads a string, quotes included. */
static const struct problem *
scan_string(struct scan *scan)
{
	uint32_t c;

	if (!take(scan, '"'))
		return broken(scan, "a string in double quotes is expected");
	while (!take(scan, '"')) {
		if (scan->at == scan->end)
			return broken(scan, "the string is not closed");
		if (take(scan, '\\')) {
			if (take(scan, 'u')) {
				TRY(scan_unicode_escape(scan));
				continue;
			}
			if (scan->at == scan->end || !memchr("\"\\/bfnrt", *scan->at, 8))
				return broken(scan, "this is no escape of JSON");
			scan->at++;
			continue;
		}

		size_t length = utf8_character(scan->at, (size_t)(scan->end - scan->at), &c);

		if (!length)
			return broken(scan, "this is not UTF-8");
		if (c < 0x20)
			return broken(scan, "a control character must be escaped");
		scan->at += length;
	}
	return NULL;
}

/* What the string token at TOKEN means; only one with escapes needs decoding to be compared. */
static struct span
decode_name(struct scan *scan, struct span token)
{
	struct span name = {token.text + 1, token.length - 2};

	if (!memchr(name.text, '\\', name.length))
		return name;

	struct json_tokener *tokener = json_tokener_new();
	struct json_object *string = json_tokener_parse_ex(tokener, token.text, (int)token.length);

	if (string) {
		name.length = (size_t)json_object_get_string_len(string);
		name.text = arena_strndup(scan->arena, json_object_get_string(string), name.length);
	}
	json_object_put(string);
	json_tokener_free(tokener);
	return name;
}

static const struct problem *
scan_name(struct scan *scan, struct span *names, size_t count)
{
	struct scan before = *scan;

	TRY(scan_string(scan));

	struct span name = decode_name(scan, (struct span){before.at, (size_t)(scan->at - before.at)});

	if (name.length > NAME_BYTES_MAX)
		return broken(&before, "the member's name is too long");
	for (size_t i = 0; i < count; i++)
		if (names[i].length == name.length && !memcmp(names[i].text, name.text, name.length))
			return broken(&before, "this member is given twice");
	if (count == MEMBERS_MAX)
		return broken(&before, "the object has too many members");
	names[count] = name;
	return NULL;
}

static const struct problem *
scan_object(struct scan *scan)
{
	struct span names[MEMBERS_MAX];
	size_t count = 0;

	skip_space(scan);
	if (take(scan, '}'))
		return NULL;
	do {
		skip_space(scan);
		TRY(scan_name(scan, names, count++));
		skip_space(scan);
		if (!take(scan, ':'))
			return broken(scan, "a colon is expected");
		TRY(scan_value(scan));
	} while (take(scan, ','));
	return take(scan, '}') ? NULL : broken(scan, "a comma or } is expected");
}

static const struct problem *
scan_array(struct scan *scan)
{
	skip_space(scan);
	if (take(scan, ']'))
		return NULL;
	do
		TRY(scan_value(scan));
	while (take(scan, ','));
	return take(scan, ']') ? NULL : broken(scan, "a comma or ] is expected");
}

static const struct problem *
scan_number(struct scan *scan)
{
	bool good;

	take(scan, '-');
	good = take(scan, '0') || take_digits(scan);
	if (good && take(scan, '.'))
		good = take_digits(scan);
	if (good && (take(scan, 'e') || take(scan, 'E'))) {
		if (!take(scan, '+'))
			take(scan, '-');
		good = take_digits(scan);
	}
	return good ? NULL : broken(scan, "this is no value of JSON");
}

static bool
take_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length))
		return false;
	scan->at += length;
	return true;
}

static const struct problem *
scan_scalar(struct scan *scan)
{
	if (scan->at == scan->end)
		return broken(scan, "a value is expected");
	if (*scan->at == '"')
		return scan_string(scan);
	if (take_word(scan, "true") || take_word(scan, "false") || take_word(scan, "null"))
		return NULL;
	return scan_number(scan);
}

/* Reads a value and the space around it. */
static const struct problem *
scan_value(struct scan *scan)
{
	skip_space(scan);
	if (scan->at < scan->end && (*scan->at == '{' || *scan->at == '[')) {
		if (!scan->depth)
			return broken(scan, "the values are nested too deep");
		scan->depth--;
		TRY(*scan->at++ == '{' ? scan_object(scan) : scan_array(scan));
		scan->depth++;
	} else {
		TRY(scan_scalar(scan));
	}
	skip_space(scan);
	return NULL;
}

static void
release(void *object)
{
	json_object_put(object);
}

static const struct problem *
build(struct scan *scan, int depth, struct json_object **value)
{
	struct json_tokener *tokener = json_tokener_new_ex(depth + 1);
	const struct problem *problem = NULL;

	if (!tokener)
		return problem_new(scan->arena, PROBLEM_internal, "json-c cannot start");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*value = json_tokener_parse_ex(tokener, scan->start, (int)(scan->end - scan->start));
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		*value = json_tokener_parse_ex(tokener, "", 1); /* a bare number ends only with its text */
	if (json_tokener_get_error(tokener) != json_tokener_success)
		problem = broken(scan, json_tokener_error_desc(json_tokener_get_error(tokener)));
	json_tokener_free(tokener);
	if (*value)
		arena_defer(scan->arena, release, *value);
	return problem;
}

const struct problem *
json_parse(struct arena *arena, const void *bytes, size_t size, int depth, struct json_object **value)
{
	struct scan scan = {.arena = arena, .start = size ? bytes : "", .depth = depth};

	*value = NULL;
	if (size > INT_MAX)
		return problem_new(arena, PROBLEM_too_large, "the JSON is too long");
	scan.end = scan.start + size;
	if (size >= 3 && !memcmp(scan.start, "\xef\xbb\xbf", 3))
		scan.start += 3;
	scan.at = scan.start;
	TRY(scan_value(&scan));
	if (scan.at < scan.end)
		return broken(&scan, "something follows the value");
	return build(&scan, depth, value);
}

bool
json_has(struct json_object *object, const char *name)
{
	return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, name, NULL);
}

struct json_object *
json_member(struct json_object *object, const char *name)
{
	return json_object_is_type(object, json_type_object) ? json_object_object_get(object, name) : NULL;
}

const char *
json_text(struct json_object *object, const char *name)
{
	struct json_object *member = json_member(object, name);

	return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

bool
json_boolean(struct json_object *object, const char *name, bool otherwise)
{
	struct json_object *member = json_member(object, name);

	return json_object_is_type(member, json_type_boolean) ? json_object_get_boolean(member) : otherwise;
}

int64_t
json_integer(struct json_object *object, const char *name, int64_t otherwise)
{
	struct json_object *member = json_member(object, name);

	return json_object_is_type(member, json_type_int) ? json_object_get_int64(member) : otherwise;
}

const char *
json_pointer_child(struct arena *arena, const char *pointer, const char *name)
{
	char *child = arena_alloc(arena, strlen(pointer) + 2 * strlen(name) + 2);
	char *end = stpcpy(child, pointer);

	*end++ = '/';
	for (; *name; name++) {
		if (*name == '~')
			end = stpcpy(end, "~0");
		else if (*name == '/')
			end = stpcpy(end, "~1");
		else
			*end++ = *name;
	}
	return child;
}

const char *
json_pointer_item(struct arena *arena, const char *pointer, size_t index)
{
	return arena_printf(arena, "%s/%zu", pointer, index);
}

static int
names_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void canonical_add(struct buf *out, struct json_object *value);

static void
canonical_object(struct buf *out, struct json_object *object)
{
	size_t count = 0;
	const char **names = arena_alloc(out->arena, ((size_t)json_object_object_length(object) + 1) * sizeof *names);

	json_object_object_foreach(object, name, ignored) {
		(void)ignored;
		names[count++] = name;
	}
	qsort(names, count, sizeof *names, names_compare);
	for (size_t i = 0; i < count; i++) {
		struct json_object *quoted = json_object_new_string(names[i]);

		buf_char(out, i ? ',' : '{');
		buf_text(out, json_object_to_json_string(quoted));
		buf_char(out, ':');
		json_object_put(quoted);
		canonical_add(out, json_object_object_get(object, names[i]));
	}
	buf_text(out, count ? "}" : "{}");
}

static void
canonical_add(struct buf *out, struct json_object *value)
{
	if (json_object_is_type(value, json_type_object)) {
		canonical_object(out, value);
	} else if (json_object_is_type(value, json_type_array)) {
		size_t count = json_object_array_length(value);

		buf_char(out, '[');
		for (size_t i = 0; i < count; i++) {
			buf_text(out, i ? "," : "");
			canonical_add(out, json_object_array_get_idx(value, i));
		}
		buf_char(out, ']');
	} else {
		buf_text(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	}
}

const char *
json_canonical(struct arena *arena, struct json_object *value)
{
	struct buf out = buf_new(arena, 0);

	canonical_add(&out, value);
	return out.bytes;
}
