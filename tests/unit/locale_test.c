/* Dates, amounts, sizes, languages and placeholders. */

#include "fixture.h"

#include "locale.h"

static void
test_dates(void **state)
{
	assert_string_equal(format_date(*state, LANGUAGE_DA, "2026-12-31"), "31. december 2026");
	assert_string_equal(format_date(*state, LANGUAGE_EN, "2026-12-31"), "31 December 2026");
	assert_string_equal(format_date(*state, LANGUAGE_DA, "2026-03-01T09:30"), "1. marts 2026");
	assert_string_equal(format_date(*state, LANGUAGE_DA, "2028-02-29"), "29. februar 2028");
}

static void
test_times(void **state)
{
	assert_string_equal(format_time(*state, LANGUAGE_DA, "2026-12-31T14:05"), "31. december 2026 kl. 14.05");
	assert_string_equal(format_time(*state, LANGUAGE_EN, "2026-12-31T14:05"), "31 December 2026 at 14:05");
	assert_string_equal(format_time(*state, LANGUAGE_DA, "2026-12-31 00:00:59+01"), "31. december 2026 kl. 00.00");
	assert_string_equal(format_time(*state, LANGUAGE_EN, "2026-12-31"), "31 December 2026");
	assert_true(has_time("2026-12-31T14:05"));
	assert_false(has_time("2026-12-31"));
	assert_false(has_time(NULL));
}

static void
test_bad_dates_stay(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31", "31-12-2026",
	    "2026-12-31T", "2026-12-31T24:00", "2026-12-31T12:60", "2026-12-31T1", "2026-12-31x", "<b>", "-", "2026-1-1"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_string_equal(format_date(*state, LANGUAGE_DA, bad[i]), bad[i]);
		assert_string_equal(format_time(*state, LANGUAGE_EN, bad[i]), bad[i]);
	}
	assert_null(format_date(*state, LANGUAGE_DA, NULL));
	assert_null(format_time(*state, LANGUAGE_DA, NULL));
}

static void
test_amounts(void **state)
{
	assert_string_equal(format_amount(*state, LANGUAGE_DA, "184500.00", "DKK"), "184.500,00 kr.");
	assert_string_equal(format_amount(*state, LANGUAGE_EN, "184500.00", "DKK"), "DKK 184,500.00");
	assert_string_equal(format_amount(*state, LANGUAGE_DA, "1234567.5", "EUR"), "1.234.567,5 EUR");
	assert_string_equal(format_amount(*state, LANGUAGE_EN, "999", "EUR"), "EUR 999");
	assert_string_equal(format_amount(*state, LANGUAGE_DA, "-1000.00", "DKK"), "-1.000,00 kr.");
	assert_string_equal(format_amount(*state, LANGUAGE_DA, "12345678901234567890.12", NULL),
	    "12.345.678.901.234.567.890,12");
}

static void
test_bad_amounts_stay(void **state)
{
	static const char *const bad[] = {"", "-", ".", "1.", ".5", "1,5", "1.5.5", "1e5", "NaN", "12 kr", "--1"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_string_equal(format_amount(*state, LANGUAGE_DA, bad[i], "DKK"), bad[i]);
	assert_null(format_amount(*state, LANGUAGE_DA, NULL, "DKK"));
}

static void
test_sizes(void **state)
{
	assert_string_equal(format_size(*state, LANGUAGE_DA, 83120), "83 KB");
	assert_string_equal(format_size(*state, LANGUAGE_DA, 1234567), "1,2 MB");
	assert_string_equal(format_size(*state, LANGUAGE_EN, 1234567), "1.2 MB");
	assert_string_equal(format_size(*state, LANGUAGE_EN, 50000000), "50 MB");
	assert_string_equal(format_size(*state, LANGUAGE_DA, 999999), "1 MB");
	assert_string_equal(format_size(*state, LANGUAGE_DA, 512), "512 byte");
	assert_string_equal(format_size(*state, LANGUAGE_EN, 1), "1 byte");
	assert_string_equal(format_size(*state, LANGUAGE_EN, 0), "0 bytes");
	assert_string_equal(format_size(*state, LANGUAGE_EN, -5), "0 bytes");
	assert_non_null(format_size(*state, LANGUAGE_EN, INT64_MAX));
}

static void
test_language_tags(void **state)
{
	(void)state;
	assert_int_equal(language_parse("en-GB", LANGUAGE_DA), LANGUAGE_EN);
	assert_int_equal(language_parse("DA", LANGUAGE_EN), LANGUAGE_DA);
	assert_int_equal(language_parse("english", LANGUAGE_DA), LANGUAGE_DA);
	assert_int_equal(language_parse("", LANGUAGE_EN), LANGUAGE_EN);
	assert_int_equal(language_parse(NULL, LANGUAGE_EN), LANGUAGE_EN);
	assert_string_equal(language_tag(LANGUAGE_DA), "da");
}

static void
test_accept_language(void **state)
{
	(void)state;
	assert_int_equal(language_accept("en-GB,en;q=0.9,da;q=0.8", LANGUAGE_DA), LANGUAGE_EN);
	assert_int_equal(language_accept("de, en;q=0.5, da;q=0.7", LANGUAGE_EN), LANGUAGE_DA);
	assert_int_equal(language_accept("da, en", LANGUAGE_EN), LANGUAGE_DA);
	assert_int_equal(language_accept("en;q=0", LANGUAGE_DA), LANGUAGE_DA);
	assert_int_equal(language_accept("fr", LANGUAGE_EN), LANGUAGE_EN);
	assert_int_equal(language_accept("*", LANGUAGE_EN), LANGUAGE_EN);
	assert_int_equal(language_accept(",,;;q=,da;q", LANGUAGE_EN), LANGUAGE_EN);
	assert_int_equal(language_accept("", LANGUAGE_DA), LANGUAGE_DA);
	assert_int_equal(language_accept(NULL, LANGUAGE_DA), LANGUAGE_DA);
}

static void
test_placeholders(void **state)
{
	const struct word_value values[] = {{"a", "<1>"}, {"none", NULL}};
	struct buf out = buf_new(*state, 0);

	assert_string_equal(word_filled(*state, "x {a}{a} y{none}", values, 2), "x <1><1> y");
	assert_string_equal(word_filled(*state, "{b} {a", values, 2), "{b} {a");
	assert_string_equal(word_filled(*state, "{{a}}", values, 2), "{<1>}");
	assert_string_equal(word_filled(*state, NULL, values, 2), "");
	word_fill(&out, buf_html, "<{a}>", values, 2);
	assert_string_equal(out.bytes, "&lt;&lt;1&gt;&gt;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_dates, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_times, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_dates_stay, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_amounts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_amounts_stay, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
	    cmocka_unit_test(test_language_tags),
	    cmocka_unit_test(test_accept_language),
	    cmocka_unit_test_setup_teardown(test_placeholders, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
