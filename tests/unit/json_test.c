/* lib/json: what RFC 8259 allows, and what is refused on top of json-c. */
#include <stdio.h>

#include "fixture.h"
#include <json-c/json.h>

#include "json.h"

static struct json_object *value;

static const struct problem *
parse_bytes(const char *text, size_t size)
{
	return json_parse(arena, exactly(text, size), size, JSON_DEPTH, &value);
}

static const struct problem *
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
assert_broken(const char *text, const char *words)
{
	const struct problem *problem = parse(text);

	if (!problem)
		fail_msg("%s is taken", text);
	assert_int_equal(problem->code, PROBLEM_bad_request);
	assert_null(value);
	if (!strstr(problem->detail, words))
		fail_msg("\"%s\" does not say \"%s\"", problem->detail, words);
}

static void
test_values(void **state)
{
	(void)state;
	assert_null(parse("\xef\xbb\xbf {\"t\": \"\\u00e6\\ud834\\udd1e\\n/\\/\", \"n\": -12, \"b\": true, \"z\": null,"
	                  " \"d\": 1.5e+3, \"a\": [ ], \"o\": { } } \r\n"));
	assert_string_equal(json_text(value, "t"), "æ𝄞\n//");
	assert_int_equal(json_integer(value, "n", 0), -12);
	assert_true(json_boolean(value, "b", false));
	assert_true(json_has(value, "z"));
	assert_null(json_member(value, "z"));
	assert_false(json_has(value, "y"));
	assert_null(json_text(value, "n"));
	assert_int_equal(json_integer(value, "t", 5), 5);
	assert_true(json_boolean(value, "t", true));
	assert_null(json_text(NULL, "t"));
	assert_false(json_has(json_member(value, "a"), "t"));
	assert_null(parse("12"));
	assert_int_equal(json_object_get_int(value), 12);
	assert_null(parse("null"));
	assert_null(value);
	assert_null(parse("\"x\""));
}

static void
test_broken_grammar(void **state)
{
	static const char *const bad[] = {
	    "", " ", "{", "}", "[", "{]", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[01]", "[1.]", "[.5]", "[+1]", "[-]",
	    "[1e]", "[NaN]", "[Infinity]", "[-Infinity]", "[True]", "[nul]", "[\"a]", "[\"\\x\"]", "[\"\\u12\"]",
	    "[\"\\u12g4\"]", "/* a */ {}", "[1 2]", "{\"a\" 1}", "{\"a\":}", "{} {}", "{}x", "[\"\t\"]", "[\"a\nb\"]",
	    "[\"\\", "[\"\\u", "{\"a\"", "-", "tru", "0x10", "[\"\xff\"]", "[\"\xed\xa0\x80\"]", "\xff", "[1]\xc2\xa0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_broken(bad[i], "the JSON is broken at line 1, column ");
	assert_non_null(parse_bytes("{}\0", 3));
	assert_non_null(parse_bytes("[\"\0\"]", 5));
}

static void
test_what_cannot_be_stored(void **state)
{
	(void)state;
	assert_broken("[\"\\u0000\"]", "\\u0000");
	assert_broken("{\"\\u0000\":1}", "\\u0000");
	assert_broken("[\"\\ud834\"]", "surrogate");
	assert_broken("[\"\\ud834\\u0041\"]", "surrogate");
	assert_broken("[\"\\udd1e\"]", "surrogate");
}

static void
test_repeated_members(void **state)
{
	(void)state;
	assert_broken("{\"a\":1,\"b\":2,\"a\":3}", "twice");
	assert_broken("{\"a\":1,\"\\u0061\":3}", "twice");
	assert_broken("[{\"x\":{\"\\u00e6\":1,\"æ\":3}}]", "twice");
	assert_null(parse("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"));
}

static void
test_place(void **state)
{
	(void)state;
	assert_broken("{\n  \"æ\": 1,\n  \"b\" 2\n}", "line 3, column 7: a colon");
}

static void
test_bounds(void **state)
{
	char *text = arena_alloc(arena, 4096);

	(void)state;
	memset(text, '[', 16);
	memset(text + 16, ']', 16);
	assert_null(parse(text));
	memset(text, '[', 17);
	memset(text + 17, ']', 17);
	assert_broken(text, "nested too deep");
	memset(text, '[', 4000);
	assert_broken(text, "nested too deep");
	memset(text, 'a', 4000);
	assert_broken(arena_printf(arena, "{\"%.201s\":1}", text), "name is too long");
	strcpy(text, "{");
	for (int i = 0; i < 201; i++)
		sprintf(text + strlen(text), "\"m%d\":%d,", i, i);
	assert_broken(text, "too many members");
}

static void
test_pointers(void **state)
{
	(void)state;
	assert_string_equal(json_pointer_child(arena, "", "contacts"), "/contacts");
	assert_string_equal(json_pointer_child(arena, "/a", "b/c~d"), "/a/b~1c~0d");
	assert_string_equal(json_pointer_item(arena, "/contacts", 12), "/contacts/12");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_values, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_broken_grammar, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_cannot_be_stored, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_repeated_members, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_pointers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
