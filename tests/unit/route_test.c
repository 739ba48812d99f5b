/* Finding routes, and the small things requests and problems are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "serve.h"

static const struct route routes[] = {
    {"GET", "/", AUTH_NONE, 0, NULL},
    {"GET", "/d/{token}", AUTH_LINK, 0, NULL},
    {"POST", "/d/{token}/accept", AUTH_LINK, 0, NULL},
    {"GET", "/d/{token}/attachments/{n}", AUTH_LINK, 0, NULL},
    {0},
};

static const struct route *
find(struct arena *arena, const char *method, const char *path, const char **arguments, const char **allowed)
{
	return route_find(arena, routes, method, path, arguments, allowed);
}

static void
paths_match_segment_by_segment(void **state)
{
	struct arena *arena = arena_new();
	const char *arguments[ARGUMENTS_MOST], *allowed;

	(void)state;
	assert_ptr_equal(find(arena, "GET", "/", arguments, &allowed), &routes[0]);
	assert_ptr_equal(find(arena, "HEAD", "/d/abc", arguments, &allowed), &routes[1]);
	assert_string_equal(arguments[0], "abc");
	assert_ptr_equal(find(arena, "GET", "/d/abc/attachments/7", arguments, &allowed), &routes[3]);
	assert_string_equal(arguments[1], "7");
	assert_null(find(arena, "GET", "/d/", arguments, &allowed));
	assert_null(find(arena, "GET", "/d/abc/", arguments, &allowed));
	assert_null(find(arena, "GET", "/d/abc/attachments", arguments, &allowed));
	assert_null(find(arena, "GET", "", arguments, &allowed));
	assert_null(allowed);
	arena_free(arena);
}

static void
a_wrong_method_names_the_right_ones(void **state)
{
	struct arena *arena = arena_new();
	const char *arguments[ARGUMENTS_MOST], *allowed;

	(void)state;
	assert_null(find(arena, "GET", "/d/abc/accept", arguments, &allowed));
	assert_string_equal(allowed, "POST");
	arena_free(arena);
}

static void
problems_collect_what_is_wrong(void **state)
{
	struct arena *arena = arena_new();
	struct problem *problem = NULL;

	(void)state;
	problem_add(arena, &problem, "/title", "is needed");
	problem_add(arena, &problem, "/amount", "is no amount");
	assert_int_equal(problem_status(problem), 422);
	assert_string_equal(problem_name(problem), "invalid");
	assert_string_equal(problem->detail, "/title: is needed");
	assert_string_equal(problem->items->next->pointer, "/amount");
	assert_int_equal(problem_code_named("already_accepted"), PROBLEM_already_accepted);
	assert_int_equal(problem_code_named("nonsense"), PROBLEM_internal);
	arena_free(arena);
}

static void
arenas_keep_what_is_large_and_run_what_was_deferred(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf = buf_new(arena, 0), small = buf_new(arena, 10);

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_text(&buf, "ab");
	assert_int_equal(buf.length, 200000);
	assert_int_equal(strlen(buf.bytes), 200000);
	buf_text(&small, "0123456789");
	assert_false(small.failed);
	buf_char(&small, '!');
	assert_true(small.failed);
	assert_string_equal(small.bytes, "0123456789");
	buf = buf_new(arena, 0);
	buf_html(&buf, "<a href=\"x\">'&'");
	assert_string_equal(buf.bytes, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
	buf = buf_new(arena, 0);
	buf_url(&buf, "å/b c");
	assert_string_equal(buf.bytes, "%C3%A5%2Fb%20c");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_match_segment_by_segment),
	    cmocka_unit_test(a_wrong_method_names_the_right_ones),
	    cmocka_unit_test(problems_collect_what_is_wrong),
	    cmocka_unit_test(arenas_keep_what_is_large_and_run_what_was_deferred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
