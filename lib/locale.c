/* Dates, amounts and sizes as people of a language write them. */
#include "locale.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct moment {
	int year, month, day, hour, minute;
	bool timed;
};

static const enum word months[] = {
    WORD_month_january, WORD_month_february, WORD_month_march, WORD_month_april,
    WORD_month_may, WORD_month_june, WORD_month_july, WORD_month_august,
    WORD_month_september, WORD_month_october, WORD_month_november, WORD_month_december};

/* Reads COUNT digits at *TEXT and the character AFTER them ('\0': any), and moves past both. */
static bool
take_digits(const char **text, int count, char after, int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)**text))
			return false;
		*value = *value * 10 + (*(*text)++ - '0');
	}
	if (!after)
		return true;
	return *(*text)++ == after;
}

static int
days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool
moment_parse(const char *text, struct moment *m)
{
	*m = (struct moment){0};
	if (!take_digits(&text, 4, '-', &m->year) || !take_digits(&text, 2, '-', &m->month) ||
	    !take_digits(&text, 2, '\0', &m->day))
		return false;
	if (m->month < 1 || m->month > 12 || m->day < 1 || m->day > days_of(m->year, m->month))
		return false;
	if (!*text)
		return true;
	if (*text != 'T' && *text != ' ')
		return false;
	text++;
	m->timed = take_digits(&text, 2, ':', &m->hour) && take_digits(&text, 2, '\0', &m->minute);
	return m->timed && m->hour < 24 && m->minute < 60;
}

static const char *
date_text(struct arena *arena, enum language language, const struct moment *m)
{
	const struct word_value values[] = {
	    {"day", arena_printf(arena, "%d", m->day)},
	    {"month", word(language, months[m->month - 1])},
	    {"year", arena_printf(arena, "%d", m->year)},
	};

	return word_filled(arena, word(language, WORD_format_date), values, COUNT(values));
}

const char *
format_date(struct arena *arena, enum language language, const char *date)
{
	struct moment m;

	if (!date || !moment_parse(date, &m))
		return date;
	return date_text(arena, language, &m);
}

const char *
format_time(struct arena *arena, enum language language, const char *time)
{
	struct moment m;

	if (!time || !moment_parse(time, &m))
		return time;
	if (!m.timed)
		return date_text(arena, language, &m);

	const struct word_value values[] = {
	    {"date", date_text(arena, language, &m)},
	    {"hour", arena_printf(arena, "%02d", m.hour)},
	    {"minute", arena_printf(arena, "%02d", m.minute)},
	};

	return word_filled(arena, word(language, WORD_format_time), values, COUNT(values));
}

bool
has_time(const char *time)
{
	struct moment m;

	return time && moment_parse(time, &m) && m.timed;
}

/* "184500.00" with the language's separators; NULL if VALUE is no decimal number. */
static const char *
decimal(struct arena *arena, enum language language, const char *value)
{
	size_t sign = *value == '-';
	size_t digits = strspn(value + sign, "0123456789");
	const char *rest = value + sign + digits;
	struct buf out = buf_new(arena, 0);

	if (!digits)
		return NULL;
	if (*rest && (*rest != '.' || !rest[1] || rest[1 + strspn(rest + 1, "0123456789")]))
		return NULL;
	buf_add(&out, value, sign);
	for (size_t i = 0; i < digits; i++) {
		if (i && (digits - i) % 3 == 0)
			buf_text(&out, word(language, WORD_format_thousands));
		buf_char(&out, value[sign + i]);
	}
	if (*rest) {
		buf_text(&out, word(language, WORD_format_decimal));
		buf_text(&out, rest + 1);
	}
	return out.bytes;
}

const char *
format_amount(struct arena *arena, enum language language, const char *value, const char *currency)
{
	const char *number = value ? decimal(arena, language, value) : NULL;

	if (!number)
		return value;
	if (!currency)
		return number;

	const struct word_value values[] = {
	    {"value", number},
	    {"currency", strcmp(currency, "DKK") ? currency : word(language, WORD_format_kroner)},
	};

	return word_filled(arena, word(language, WORD_format_amount), values, COUNT(values));
}

const char *
format_size(struct arena *arena, enum language language, int64_t bytes)
{
	static const char *const units[] = {"KB", "MB", "GB", "TB"};
	size_t unit = 0;
	int64_t tenths = bytes < 0 ? 0 : bytes / 100; /* of a KB */

	if (bytes < 1000)
		return arena_printf(arena, "%d byte%s", bytes < 0 ? 0 : (int)bytes,
		    language == LANGUAGE_EN && bytes != 1 ? "s" : "");
	while (tenths >= 9995 && unit + 1 < COUNT(units)) {
		tenths = (tenths + 500) / 1000;
		unit++;
	}
	if (tenths >= 100 || tenths % 10 == 0)
		return arena_printf(arena, "%lld %s", (long long)(tenths + 5) / 10, units[unit]);
	return arena_printf(arena, "%lld%s%lld %s", (long long)tenths / 10, word(language, WORD_format_decimal),
	    (long long)tenths % 10, units[unit]);
}
