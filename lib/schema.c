/* JSON against tables: one checker per type, and the walk over objects and arrays. */
#include "schema.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "buf.h"
#include "json.h"
#include "mail.h"
#include "utf8.h"

static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

struct check {
	struct arena *arena;
	struct problem *problem;
	int mistakes;
	bool partial;
};

static void check_value(struct check *check, const struct schema_member *member, struct json_object *value,
    const char *pointer);

static void __attribute__((format(printf, 3, 4)))
mistake(struct check *check, const char *pointer, const char *format, ...)
{
	va_list args;

	if (check->mistakes++ >= SCHEMA_MISTAKES)
		return;
	va_start(args, format);
	problem_add(check->arena, &check->problem, pointer, "%s", arena_vprintf(check->arena, format, args));
	va_end(args);
}

/* The words of a list as "a, b, c". */
static const char *
listed(struct check *check, const char *const *words)
{
	struct buf buf = buf_new(check->arena, 0);

	for (; *words; words++)
		buf_printf(&buf, "%s%s", buf.length ? ", " : "", *words);
	return buf.bytes;
}

static bool
is_among(const char *const *words, const char *text)
{
	for (; words && *words; words++)
		if (!strcmp(*words, text))
			return true;
	return false;
}

static void
check_text(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	const char *text = json_object_get_string(value);
	int64_t length = (int64_t)utf8_length(text);
	bool lines = member->type == SCHEMA_lines;

	if (length > member->max)
		mistake(check, pointer, "must be at most %lld characters long; it has %lld", (long long)member->max,
		    (long long)length);
	else if (member->min && !utf8_visible(text))
		mistake(check, pointer, "must not be empty");
	else if (length < member->min)
		mistake(check, pointer, "must be at least %lld characters long", (long long)member->min);
	else if (lines ? !utf8_many_lines(text) : !utf8_one_line(text))
		mistake(check, pointer, lines ? "must not hold control characters or noncharacters"
		                              : "must be one line without control characters or noncharacters");
}

static void
check_email(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	(void)member;
	if (!mail_address_valid(json_object_get_string(value)))
		mistake(check, pointer, "must be an e-mail address such as mette@example.dk");
}

static void
check_boolean(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	(void)check, (void)member, (void)value, (void)pointer; /* any boolean is fine */
}

static void
check_integer(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	int64_t number = json_object_get_int64(value);

	if (number < member->min || number > member->max)
		mistake(check, pointer, "must be from %lld to %lld", (long long)member->min, (long long)member->max);
}

static void
check_amount(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	const char *text = json_object_get_string(value);
	size_t whole = strspn(text, digits), decimals = 0;
	const char *rest = text + whole;

	(void)member;
	if (*rest == '.') {
		decimals = strspn(++rest, digits);
		rest = decimals && decimals <= 2 ? rest + decimals : "?";
	}
	if (!whole || whole > 12 || (whole > 1 && *text == '0') || *rest)
		mistake(check, pointer, "must be an amount such as \"184500.00\": up to 12 digits, a dot, two decimals");
}

static void
check_currency(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	const char *text = json_object_get_string(value);

	(void)member;
	if (strspn(text, capitals) != 3 || text[3])
		mistake(check, pointer, "must be the three capital letters of a currency, such as DKK");
}

static void
check_color(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	const char *text = json_object_get_string(value);

	(void)member;
	if (text[0] != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != 6 || text[7])
		mistake(check, pointer, "must be a colour such as #1a5fb4");
}

static void
check_choice(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	const char *text = json_object_get_string(value);

	if (is_among(member->later, text))
		mistake(check, pointer, "\"%s\" is not available in this release; available: %s", text,
		    listed(check, member->choices));
	else if (!is_among(member->choices, text))
		mistake(check, pointer, "must be one of: %s", listed(check, member->choices));
}

/* Two digits at *AT, from MIN to MAX, and behind them the character END unless that is 0; moves *AT. */
static bool
two_digits(const char **at, int min, int max, char end)
{
	if (strspn(*at, digits) < 2)
		return false;

	int number = ((*at)[0] - '0') * 10 + (*at)[1] - '0';

	*at += 2;
	if (number < min || number > max || (end && **at != end))
		return false;
	*at += end != 0;
	return true;
}

/* "2026-12-31", a day that the calendar has; moves *AT behind it. */
static bool
calendar_date(const char **at)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const char *text = *at;

	if (strspn(text, digits) != 4 || text[4] != '-' || text[0] == '0')
		return false;

	int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	*at = text + 5;
	if (!two_digits(at, 1, 12, '-'))
		return false;

	int month = (text[5] - '0') * 10 + text[6] - '0';

	return two_digits(at, 1, days[month - 1] + (month == 2 && leap), 0);
}

/* "23:59:59.5+01:00" or with a Z. */
static bool
time_of_day(const char *at)
{
	if (!two_digits(&at, 0, 23, ':') || !two_digits(&at, 0, 59, ':') || !two_digits(&at, 0, 59, 0))
		return false;
	if (*at == '.') {
		size_t fraction = strspn(++at, digits);

		if (!fraction || fraction > 9)
			return false;
		at += fraction;
	}
	if (*at == 'Z')
		return !at[1];
	if (*at != '+' && *at != '-')
		return false;
	at++;
	return two_digits(&at, 0, 14, ':') && two_digits(&at, 0, 59, 0) && !*at; /* no zone is further than +14 */
}

static void
check_time(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	const char *at = json_object_get_string(value);

	(void)member;
	if (!calendar_date(&at) || (*at && (*at != 'T' || !time_of_day(at + 1))))
		mistake(check, pointer, "must be a date such as 2026-12-31 or a time such as 2026-12-31T12:00:00+01:00");
}

static const struct schema_member *
find_member(const struct schema_member *members, const char *name)
{
	for (; members->name; members++)
		if (!strcmp(members->name, name))
			return members;
	return NULL;
}

static const char *
member_names(struct check *check, const struct schema_member *members)
{
	struct buf buf = buf_new(check->arena, 0);

	for (; members->name; members++)
		buf_printf(&buf, "%s%s", buf.length ? ", " : "", members->name);
	return buf.bytes;
}

static bool
is_empty_array(struct json_object *value)
{
	return json_object_is_type(value, json_type_array) && !json_object_array_length(value);
}

static void
check_object(struct check *check, const struct schema_member *object, struct json_object *value, const char *pointer)
{
	bool partial = check->partial;

	check->partial = partial && !object->whole;
	for (const struct schema_member *member = object->members; member->name; member++) {
		const char *place = json_pointer_child(check->arena, pointer, member->name);
		bool needed = member->key || (member->required && !check->partial);

		if (json_has(value, member->name))
			check_value(check, member, json_member(value, member->name), place);
		else if (needed)
			mistake(check, place, "is missing");
		if (needed && is_empty_array(json_member(value, member->name)))
			mistake(check, place, "must not be empty");
	}
	json_object_object_foreach(value, name, unused) {
		(void)unused;
		if (!find_member(object->members, name))
			mistake(check, json_pointer_child(check->arena, pointer, name),
			    "is not a known member; known are: %s", member_names(check, object->members));
	}
	check->partial = partial;
}

static void
check_order(struct check *check, const struct schema_member *array, struct json_object *value, size_t i,
    const char *pointer)
{
	struct json_object *item = json_object_array_get_idx(value, i);

	if (array->ascending && i && json_object_get_type(item) == json_type_int &&
	    json_object_get_int64(item) <= json_object_get_int64(json_object_array_get_idx(value, i - 1)))
		mistake(check, pointer, "must be greater than the one before");
	for (size_t before = 0; array->unique && before < i; before++)
		if (json_object_equal(item, json_object_array_get_idx(value, before))) {
			mistake(check, pointer, "is given twice");
			break;
		}
}

/* Tells where item I has the same text in one of the array's `distinct` members as an item before it. */
static void
check_distinct(struct check *check, const struct schema_member *array, struct json_object *value, size_t i,
    const char *pointer)
{
	struct json_object *item = json_object_array_get_idx(value, i);

	for (const char *const *name = array->distinct; name && *name; name++) {
		const char *text = json_text(item, *name);
		bool email = find_member(array->items->members, *name)->type == SCHEMA_email;

		for (size_t before = 0; text && before < i; before++) {
			const char *other = json_text(json_object_array_get_idx(value, before), *name);

			if (!other || (email ? strcasecmp(text, other) : strcmp(text, other)))
				continue;
			mistake(check, json_pointer_child(check->arena, pointer, *name),
			    "is the same as that of item %zu", before);
			break;
		}
	}
}

static bool
holds(struct json_object *array, const char *word)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) && !strcmp(json_object_get_string(item), word))
			return true;
	}
	return false;
}

static void
check_array(struct check *check, const struct schema_member *array, struct json_object *value, const char *pointer)
{
	int64_t count = (int64_t)json_object_array_length(value);
	bool partial = check->partial;

	if (count < array->min || count > array->max) { /* a longer one is not walked: its items cost time */
		mistake(check, pointer, "must have %lld to %lld items; it has %lld", (long long)array->min,
		    (long long)array->max, (long long)count);
		return;
	}
	check->partial = false;
	for (size_t i = 0; i < (size_t)count; i++) {
		const char *place = json_pointer_item(check->arena, pointer, i);

		check_value(check, array->items, json_object_array_get_idx(value, i), place);
		check_order(check, array, value, i, place);
		check_distinct(check, array, value, i, place);
	}
	check->partial = partial;
	if (array->must_hold && !holds(value, array->must_hold))
		mistake(check, pointer, "must hold \"%s\"", array->must_hold);
}

static const struct {
	enum json_type type;
	const char *words;
	void (*check)(struct check *, const struct schema_member *, struct json_object *, const char *);
} types[] = {
    [SCHEMA_text] = {json_type_string, "text", check_text},
    [SCHEMA_lines] = {json_type_string, "text", check_text},
    [SCHEMA_email] = {json_type_string, "text", check_email},
    [SCHEMA_boolean] = {json_type_boolean, "true or false", check_boolean},
    [SCHEMA_integer] = {json_type_int, "a whole number", check_integer},
    [SCHEMA_amount] = {json_type_string, "text such as \"184500.00\"", check_amount},
    [SCHEMA_currency] = {json_type_string, "text", check_currency},
    [SCHEMA_color] = {json_type_string, "text", check_color},
    [SCHEMA_choice] = {json_type_string, "text", check_choice},
    [SCHEMA_time] = {json_type_string, "text", check_time},
    [SCHEMA_object] = {json_type_object, "an object", check_object},
    [SCHEMA_array] = {json_type_array, "an array", check_array},
};

static void
check_value(struct check *check, const struct schema_member *member, struct json_object *value, const char *pointer)
{
	if (!value && member->nullable)
		return;
	if (member->not_yet)
		mistake(check, pointer, "is not available in this release; leave it out or null");
	else if (!value)
		mistake(check, pointer, "must not be null");
	else if (json_object_get_type(value) != types[member->type].type)
		mistake(check, pointer, "must be %s", types[member->type].words);
	else
		types[member->type].check(check, member, value, pointer);
}

const struct problem *
schema_check(struct arena *arena, const struct schema *schema, struct json_object *value, bool partial)
{
	const struct schema_member whole = {.type = SCHEMA_object, .members = schema->members};
	struct check check = {.arena = arena, .partial = partial};

	if (!json_object_is_type(value, json_type_object)) {
		check.problem = problem_new(arena, PROBLEM_invalid, "a JSON object is expected");
		mistake(&check, "", "must be an object");
	} else {
		check_value(&check, &whole, value, "");
	}
	return check.problem;
}
