/* Secrets, signatures and URLs of webhooks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "webhook.h"

/* 32 bytes from 0 to 31, and 24 zero bytes. */
#define COUNTING "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define ZEROS "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Made with Python's hmac module. */
#define COUNTING_SIGNATURE "v1,Wm0G3c6hiBatOc3XVZt+KAqJORw4ISKTVkL5kK24rBI="
#define ZEROS_SIGNATURE "v1,7kcjv2jNocyrky6YyBi6QVQZfnW856p31gsDz6M0EP0="

static const char body[] = "{\"type\":\"document.accepted\",\"data\":{\"title\":\"Tilbud på nyt tag\"}}";

static void
test_new_secret(void **state)
{
	struct arena *arena = arena_new();
	const char *one = webhook_secret_new(arena), *other = webhook_secret_new(arena);
	struct webhook_secret secret;

	(void)state;
	assert_true(webhook_secret_decode(one, &secret));
	assert_int_equal(secret.size, 32);
	assert_string_not_equal(one, other);
	arena_free(arena);
}

static void
test_decode(void **state)
{
	struct webhook_secret secret;

	(void)state;
	assert_true(webhook_secret_decode(COUNTING, &secret));
	assert_int_equal(secret.size, 32);
	for (unsigned char i = 0; i < 32; i++)
		assert_int_equal(secret.bytes[i], i);
	assert_true(webhook_secret_decode(ZEROS, &secret));
	assert_int_equal(secret.size, 24);
}

static void
test_decode_refuses(void **state)
{
	static const char *const texts[] = {"", "whsec_", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* no prefix */
	    "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",                        /* 23 bytes */
	    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",             /* no padding */
	    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",            /* stray bits */
	    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH===",            /* too much padding */
	    " whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	    "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ", "whsec_AAAA-AAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	struct webhook_secret secret;
	char large[6 + 88 + 1] = "whsec_";

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (webhook_secret_decode(texts[i], &secret))
			fail_msg("taken: %s", texts[i]);
	memset(large + 6, 'A', 88);
	assert_false(webhook_secret_decode(large, &secret)); /* 66 bytes */
	memcpy(large + 6 + 86, "==", 3);
	assert_true(webhook_secret_decode(large, &secret)); /* 64 bytes */
	assert_int_equal(secret.size, 64);
}

static void
test_sign(void **state)
{
	struct arena *arena = arena_new();
	struct webhook_secret secrets[2];
	const size_t size = strlen(body);

	(void)state;
	assert_true(webhook_secret_decode(COUNTING, &secrets[0]));
	assert_true(webhook_secret_decode(ZEROS, &secrets[1]));
	assert_string_equal(webhook_sign(arena, secrets[0].bytes, secrets[0].size, "msg_1", 1790000000, body, size),
	    COUNTING_SIGNATURE);
	assert_string_equal(
	    webhook_signature(arena, secrets, 1, "msg_1", 1790000000, body, size), COUNTING_SIGNATURE);
	assert_string_equal(webhook_signature(arena, secrets, 2, "msg_1", 1790000000, body, size),
	    COUNTING_SIGNATURE " " ZEROS_SIGNATURE);
	arena_free(arena);
}

static void
assert_url(struct arena *arena, const char *allow, const char *url, bool good)
{
	struct network_rules rules;

	assert_null(network_rules_parse(arena, allow, &rules));
	const struct problem *problem = webhook_url_check(arena, &rules, url);

	if (!problem != good)
		fail_msg("%s with \"%s\": %s", url, allow, problem ? problem->detail : "taken");
	if (problem) {
		assert_int_equal(problem->code, PROBLEM_invalid);
		assert_string_equal(problem->items->pointer, "/url");
	}
}

static void
test_url(void **state)
{
	static const struct {
		const char *allow, *url;
		bool good;
	} cases[] = {
	    {"", "https://example.dk/hook?x=1", true},
	    {"", "HTTPS://example.dk", true},
	    {"", "https://example.dk:8443/", true},
	    {"", "https://1.1.1.1/", true},
	    {"", "http://example.dk/", false},
	    {"", "https://127.0.0.1/", false},
	    {"", "https://2130706433/", false},
	    {"", "https://0x7f.1/", false},
	    {"", "https://[::1]/", false},
	    {"", "https://[::ffff:127.0.0.1]/", false},
	    {"", "https://[fe80::1%25eth0]/", false},
	    {"", "https://169.254.169.254/latest/", false},
	    {"", "https://mette:secret@example.dk/", false},
	    {"", "https://mette@example.dk/", false},
	    {"", "https://", false},
	    {"", "https://?x=1", false},
	    {"", "https://exa mple.dk/", false},
	    {"", "https://example.dk/a\r\nb", false},
	    {"", "ftp://example.dk/", false},
	    {"", "file:///etc/passwd", false},
	    {"", "example.dk/hook", false},
	    {"", "", false},
	    {"127.0.0.0/8, ::1", "http://127.0.0.1:8080/", true},
	    {"127.0.0.0/8, ::1", "https://127.0.0.1:8080/", true},
	    {"127.0.0.0/8, ::1", "http://[::1]:8080/", true},
	    {"127.0.0.0/8, ::1", "http://localhost:8080/", true},
	    {"127.0.0.0/8, ::1", "http://10.0.0.1/", false},
	    {"127.0.0.0/8, ::1", "http://1.1.1.1/", false},
    {"127.0.0.0/8, ::1", "http://name.invalid/", false},
    {"10.0.0.0/8", "http://localhost/", false},
	    {"127.0.0.0/8, ::1", "https://10.0.0.1/", false},
	};
	struct arena *arena = arena_new();
	char large[WEBHOOK_URL_MOST + 2];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_url(arena, cases[i].allow, cases[i].url, cases[i].good);
	memset(large, 'a', sizeof large);
	memcpy(large, "https://example.dk/", strlen("https://example.dk/"));
	large[WEBHOOK_URL_MOST + 1] = '\0';
	assert_url(arena, "", large, false);
	large[WEBHOOK_URL_MOST] = '\0';
	assert_url(arena, "", large, true);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_secret),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_decode_refuses),
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
