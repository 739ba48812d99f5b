/* lib/utf8: malformed sequences, lengths, and what may stand on a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static void
test_malformed_is_refused(void **state)
{
	static const char *const bad[] = {
	    "\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\x80",
	    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe6z", "\xc3\xc3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_false(utf8_valid("a\0b", 3));
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("Tilbud på nyt tag ✓ 𝄞", strlen("Tilbud på nyt tag ✓ 𝄞")));
}

static void
test_length_counts_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_length(""), 0);
	assert_int_equal(utf8_length("æøå"), 3);
	assert_int_equal(utf8_length("a€𝄞"), 3);
}

static void
test_lines(void **state)
{
	(void)state;
	assert_true(utf8_one_line("Tagrenovering, 2. sal"));
	assert_false(utf8_one_line("to\nlinjer"));
	assert_false(utf8_one_line("tab\t"));
	assert_false(utf8_one_line("\x7f"));
	assert_false(utf8_one_line("\xc2\x85"));         /* next line */
	assert_false(utf8_one_line("\xe2\x80\xa8"));     /* line separator */
	assert_false(utf8_one_line("\xe2\x80\xae" "gpj.exe")); /* right-to-left override */
	assert_true(utf8_many_lines("to\r\nlinjer\tog en tab"));
	assert_false(utf8_many_lines("klokke\a"));
}

static void
test_pasted(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(utf8_pasted(arena, "\u202aSe side 2\u202c\u2028og 3\v\u2066æble\u2069\f\xc2\x85"), "Se side 2\nog 3\næble\n\n");
	assert_string_equal(utf8_pasted(arena, "uændret\r\n\t\u200e"), "uændret\r\n\t\u200e");
	assert_string_equal(utf8_pasted(arena, "\u202e"), "");
	arena_free(arena);
}

/* U+FDD0 to U+FDEF, and the last two of each plane. */
static void
test_noncharacters(void **state)
{
	static const char *const bad[] = {"\uFFFE", "\uFFFF", "\uFDD0", "\uFDEF", "\U0001FFFE", "\U0001FFFF", "\U0010FFFE", "\U0010FFFF"};
	static const char *const good[] = {"\uFFFD", "\uFDCF", "\uFDF0", "\U0001FFFD", "\U00020000", "\U0010FFFD", "\uFFFC"};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *text = arena_printf(arena, "a%sb", bad[i]);

		assert_true(utf8_valid(text, strlen(text)));
		assert_false(utf8_one_line(text));
		assert_false(utf8_many_lines(text));
		assert_true(utf8_safe_line(text)); /* stored, it still goes into a mail's header */
		assert_string_equal(utf8_drawable(arena, text), "a\uFFFDb");
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(utf8_one_line(good[i]));
		assert_string_equal(utf8_drawable(arena, good[i]), good[i]);
	}
	assert_false(utf8_safe_line("a\nb"));
	assert_string_equal(utf8_drawable(arena, "ny\r\nlinje\a\xff \u202eæ"), "ny\r\nlinje\uFFFD\uFFFD \uFFFDæ");
	arena_free(arena);
}

static void
test_visible(void **state)
{
	(void)state;
	assert_true(utf8_visible("Mette"));
	assert_true(utf8_visible(" \u00e5"));
	assert_true(utf8_visible("\U0001F600"));
	assert_false(utf8_visible(""));
	assert_false(utf8_visible(" \t\n"));
	assert_false(utf8_visible("\u200b\u00ad\u2060\ufeff \u3164\u2800"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_visible),
	    cmocka_unit_test(test_pasted),
	    cmocka_unit_test(test_noncharacters),
	    cmocka_unit_test(test_malformed_is_refused),
	    cmocka_unit_test(test_length_counts_characters),
	    cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
