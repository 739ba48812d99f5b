/* lib/form: forms, query strings and cookies. */

#include "fixture.h"

#include "form.h"

static struct form *form;

static const struct problem *
parse(const char *text)
{
	form = NULL;
	return form_parse(arena, exactly(text, strlen(text)), strlen(text), 4, &form);
}

static void
test_fields(void **state)
{
	(void)state;
	assert_null(parse("name=Mette+Jensen&consent=yes&&reason=100%25+p%C3%A5+%0D%0Atag&flag&"));
	assert_int_equal(form->count, 4);
	assert_string_equal(form_get(form, "name"), "Mette Jensen");
	assert_string_equal(form_get(form, "reason"), "100% på \r\ntag");
	assert_string_equal(form_get(form, "flag"), "");
	assert_null(form_get(form, "other"));
	assert_string_equal(form_trimmed(arena, form, "reason"), "100% på \r\ntag");
	assert_null(form_trimmed(arena, form, "flag"));
	assert_null(form_trimmed(arena, form, "other"));
	assert_null(parse("a=+%0D%0A+&b=+x+y%09"));
	assert_null(form_trimmed(arena, form, "a"));
	assert_string_equal(form_trimmed(arena, form, "b"), "x y");
	assert_null(parse("a=+%E2%80%8B%C2%AD%E2%81%A0&b=%E2%A0%80%E3%85%A4%EF%BB%BF&c=%E2%80%8Bja"));
	assert_null(form_trimmed(arena, form, "a"));
	assert_null(form_trimmed(arena, form, "b"));
	assert_string_equal(form_trimmed(arena, form, "c"), "\u200bja");
	assert_null(parse("a=b=c"));
	assert_string_equal(form_get(form, "a"), "b=c");
	assert_null(form_parse(arena, NULL, 0, 4, &form));
	assert_int_equal(form->count, 0);
}

static void
test_bad_forms(void **state)
{
	static const char *const bad[] = {
	    "a=%", "a=%4", "a=%zz", "a=%0", "a=1%2", "%=1", "a=%00", "a=%ff", "a=%c3", "a=%ed%a0%80", "a=1&a=2",
	    "a=1&%61=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct problem *problem = parse(bad[i]);

		assert_non_null(problem);
		assert_int_equal(problem->code, PROBLEM_bad_request);
		assert_null(form);
	}
	assert_int_equal(parse("a=1&b=1&c=1&d=1&e=1")->code, PROBLEM_too_large);
	assert_int_equal(form_parse(arena, "a=\0", 3, 4, &form)->code, PROBLEM_bad_request);

	char *name = arena_alloc(arena, 102);

	memset(name, 'n', 101);
	assert_int_equal(parse(name)->code, PROBLEM_bad_request);
}

static void
test_numbers(void **state)
{
	static const char *const bad[] = {"n=0", "n=101", "n=x", "n=1x", "n=+1", "n=%201", "n=-", "n=1.0", "n=0x1",
	    "n=99999999999999999999"};
	int64_t n = 7;

	(void)state;
	assert_null(parse("n=12&empty=&minus=-3"));
	assert_null(form_int(arena, form, "absent", 1, 100, &n));
	assert_null(form_int(arena, form, "empty", 1, 100, &n));
	assert_int_equal(n, 7);
	assert_null(form_int(arena, form, "n", 1, 100, &n));
	assert_int_equal(n, 12);
	assert_null(form_int(arena, form, "minus", -5, 100, &n));
	assert_int_equal(n, -3);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct problem *problem;

		assert_null(form_parse(arena, bad[i], strlen(bad[i]), 1, &form));
		problem = form_int(arena, form, "n", 1, 100, &n);
		assert_non_null(problem);
		assert_int_equal(problem->code, PROBLEM_invalid);
		assert_string_equal(problem->items->pointer, "n");
		assert_int_equal(n, -3);
	}
}

static void
test_cookies(void **state)
{
	static const char header[] = "a=1; session=abc=; Session=X;b=\"quoted\"; empty=; session=second;  spaced=v ; x";

	(void)state;
	assert_string_equal(cookie_get(arena, header, "a"), "1");
	assert_string_equal(cookie_get(arena, header, "session"), "abc=");
	assert_string_equal(cookie_get(arena, header, "b"), "quoted");
	assert_string_equal(cookie_get(arena, header, "empty"), "");
	assert_string_equal(cookie_get(arena, header, "spaced"), "v");
	assert_null(cookie_get(arena, header, "x"));
	assert_null(cookie_get(arena, header, "ession"));
	assert_null(cookie_get(arena, header, "sessio"));
	assert_null(cookie_get(arena, NULL, "a"));
	assert_null(cookie_get(arena, ";;; ;", "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_forms, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cookies, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
