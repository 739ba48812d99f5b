/* Settings that are refused by their name. */
#include "fixture.h"

#include <stdlib.h>

#include "config.h"

static const char *
told(const char *name, const char *value, struct config *config)
{
	setenv("PORTAL_DATABASE_URL", "postgresql:///portal", 1);
	setenv("PORTAL_BASE_URL", "https://a.dk", 1);
	unsetenv("PORTAL_TRUSTED_PROXY");
	unsetenv("PORTAL_WEBHOOK_ALLOW");
	unsetenv("PORTAL_LOG_LEVEL");
	setenv(name, value, 1);

	const struct problem *problem = config_load(arena, CONFIG_BASE_URL, config);

	return problem ? problem->detail : "";
}

static void
test_base_url(void **state)
{
	static const char *const good[][2] = {{"https://a.dk", "https://a.dk"}, {"http://localhost:8080/", "http://localhost:8080"},
	    {"https://tilbud-1.A.dk:65535//", "https://tilbud-1.A.dk:65535"}, {"http://127.0.0.1:1", "http://127.0.0.1:1"},
	    {"https://[::1]:8443", "https://[::1]:8443"}, {"https://[2001:db8::1]", "https://[2001:db8::1]"}};
	static const char *const bad[] = {"https://", "https:///", "http://", "a.dk", "ftp://a.dk", "https://a b.dk", "https://a.dk/x?y=1",
	    "https://a.dk/x", "https://a.dk?", "https://a.dk#", "https://a.dk:", "https://a.dk:0", "https://a.dk:65536",
	    "https://a.dk:8443x", "https://a.dk:99999999999", "https://:8443", "https://u@a.dk", "https://a..dk", "https://-a.dk",
	    "https://a.dk;", "https://a\n.dk", "https://a.dk$request_uri", "https://[::1", "https://[]", "https://[a.dk]",
	    "https://[127.0.0.1]", "https://[::1]x", "https://::1", "https://tilb\xc3\xb8" "d.dk"};
	struct config config;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_string_equal(told("PORTAL_BASE_URL", good[i][0], &config), "");
		assert_string_equal(config.base_url, good[i][1]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (strncmp(told("PORTAL_BASE_URL", bad[i], &config), "PORTAL_BASE_URL: ", 17) != 0)
			fail_msg("%s is taken", bad[i]);
}

static void
test_trusted_proxy(void **state)
{
	static const char *const good[] = {"", " ", "10.1.0.0/16", " 10.0.0.0/8  ::1\t192.168.1.1 ", "0.0.0.0/0", "fd00::/8", "::/0"};
	static const char *const bad[] = {"10.0.0.0/64", "999.1.1.1", "10.0.0.0/8,::1", "a proxy", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129",
	    "10.0.0.0/8 1.2.3", "10.0.0.0/8;", "proxy.example"};
	struct config config;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_string_equal(told("PORTAL_TRUSTED_PROXY", good[i], &config), "");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (strncmp(told("PORTAL_TRUSTED_PROXY", bad[i], &config), "PORTAL_TRUSTED_PROXY: ", 22) != 0)
			fail_msg("%s is taken", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_base_url, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_trusted_proxy, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
