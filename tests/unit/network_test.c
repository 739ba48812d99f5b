/* Which addresses are public, and what PORTAL_WEBHOOK_ALLOW adds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "network.h"

static const struct sockaddr *
at(const char *text, struct sockaddr_storage *address)
{
	assert_true(network_literal(text, address));
	return (const struct sockaddr *)address;
}

static void
assert_public(const char *text, bool expected)
{
	struct sockaddr_storage address;

	if (network_public(at(text, &address)) != expected)
		fail_msg("%s: public is not %d", text, expected);
}

static void
test_public(void **state)
{
	static const char *const addresses[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
	    "126.255.255.255", "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255",
	    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2a00:1450:400f::1", "2001:200::1",
	    "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1", "::1.1.1.1"};

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_public(addresses[i], true);
}

static void
test_not_public(void **state)
{
	static const char *const addresses[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.0",
	    "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255",
	    "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
	    "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fc00::1",
	    "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2001:2::1", "3fff::1",
	    "100::1", "4000::1", "64:ff9b:1::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:0", "::127.0.0.1",
	    "64:ff9b::7f00:1", "64:ff9b::192.168.1.1", "2002:7f00:1::1", "2002:c0a8:101::1"};

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_public(addresses[i], false);
}

static void
test_other_families(void **state)
{
	struct sockaddr address = {.sa_family = AF_UNIX};
	struct network_rules rules;
	struct arena *arena = arena_new();
	char text[NETWORK_TEXT];

	(void)state;
	assert_null(network_rules_parse(arena, "0.0.0.0/0, ::/0", &rules));
	assert_false(network_public(&address));
	assert_false(network_allowed(&rules, &address));
	assert_string_equal(network_text(&address, text), "?");
	arena_free(arena);
}

static void
assert_listed(const struct network_rules *rules, const char *text, bool expected)
{
	struct sockaddr_storage address;

	if (network_listed(rules, at(text, &address)) != expected)
		fail_msg("%s: listed is not %d", text, expected);
	assert_int_equal(network_allowed(rules, at(text, &address)),
	    expected || network_public(at(text, &address)));
}

static void
test_rules(void **state)
{
	struct arena *arena = arena_new();
	struct network_rules rules;

	(void)state;
	assert_null(network_rules_parse(arena, " 127.0.0.0/8, ::1/128,10.1.0.0/17 ,192.168.7.7\t, fd00:1::/33", &rules));
	assert_int_equal(rules.count, 5);
	assert_listed(&rules, "127.1.2.3", true);
	assert_listed(&rules, "::ffff:127.0.0.1", true);
	assert_listed(&rules, "128.0.0.1", false);
	assert_listed(&rules, "::1", true);
	assert_listed(&rules, "::2", false);
	assert_listed(&rules, "10.1.127.255", true);
	assert_listed(&rules, "10.1.128.0", false);
	assert_listed(&rules, "192.168.7.7", true);
	assert_listed(&rules, "192.168.7.8", false);
	assert_listed(&rules, "fd00:1:7fff::1", true);
	assert_listed(&rules, "fd00:1:8000::1", false);
	assert_listed(&rules, "2002:7f00:1::1", false);
	arena_free(arena);
}

static void
test_no_rules(void **state)
{
	static const char *const texts[] = {NULL, "", "  "};
	struct arena *arena = arena_new();
	struct network_rules rules;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_null(network_rules_parse(arena, texts[i], &rules));
		assert_int_equal(rules.count, 0);
		assert_listed(&rules, "127.0.0.1", false);
		assert_listed(&rules, "1.1.1.1", false);
	}
	arena_free(arena);
}

static void
test_bad_rules(void **state)
{
	static const char *const items[] = {"localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/ 8",
	    "10.0.0/8", "::1/129", "10.0.0.0/8/8", "10.0.0.0/99999999999999999999", "fe80::1%eth0", "*", ""};
	struct arena *arena = arena_new();
	struct network_rules rules;

	(void)state;
	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		const struct problem *problem =
		    network_rules_parse(arena, arena_printf(arena, "127.0.0.0/8, %s,::1", items[i]), &rules);

		assert_non_null(problem);
		assert_int_equal(problem->code, PROBLEM_invalid);
		assert_non_null(strstr(problem->detail, arena_printf(arena, "\"%s\"", items[i])));
		assert_int_equal(rules.count, 0);
	}
	arena_free(arena);
}

static void
test_text(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1", "::ffff:10.0.0.1", "2a00::1"};
	struct sockaddr_storage address;
	char text[NETWORK_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_string_equal(network_text(at(addresses[i], &address), text), addresses[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_not_public),
	    cmocka_unit_test(test_other_families),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_no_rules),
	    cmocka_unit_test(test_bad_rules),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
