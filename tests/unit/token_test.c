/* Keys, link tokens, sealed values, API keys, one-time codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cookie.h"
#include "one_time_code.h"
#include "token.h"

static const char id[] = "01a20a35-8adb-473f-ac18-5f9230a101e5";

struct fixture {
	struct arena *arena;
	char dir[64];
	struct secrets *customer, *worker;
};

static const char *
path(struct fixture *f, const char *name)
{
	return arena_printf(f->arena, "%s/%s", f->dir, name);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->arena = arena_new();
	strcpy(f->dir, "/tmp/portal-token-XXXXXX");
	if (!mkdtemp(f->dir) || secrets_create(f->arena, f->dir) ||
	    secrets_load(f->arena, path(f, "customer"), &f->customer) ||
	    secrets_load(f->arena, path(f, "worker"), &f->worker))
		return -1;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"owner", "sender", "customer", "worker"};
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++)
		unlink(path(f, names[i]));
	rmdir(f->dir);
	arena_free(f->arena);
	free(f);
	return 0;
}

static void
each_file_holds_only_its_keys(void **state)
{
	struct fixture *f = *state;

	assert_non_null(secret_key(f->customer, SECRET_link, 0, NULL));
	assert_null(secret_key(f->customer, SECRET_seal, 0, NULL));
	assert_null(secret_key(f->customer, SECRET_sign, 0, NULL));
	assert_null(secret_key(f->customer, SECRET_master, 0, NULL));
	assert_non_null(secret_key(f->worker, SECRET_sign, 0, NULL));
	assert_memory_equal(secret_key(f->worker, SECRET_link, 1, NULL), secret_key(f->customer, SECRET_link, 1, NULL),
	    SECRET_BYTES);
}

static void
creating_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct secrets *again;

	assert_null(secrets_create(f->arena, f->dir));
	assert_null(secrets_load(f->arena, path(f, "worker"), &again));
	assert_memory_equal(secret_key(f->worker, SECRET_link, 1, NULL), secret_key(again, SECRET_link, 1, NULL), SECRET_BYTES);
}

static void
a_token_can_be_made_again_and_read(void **state)
{
	struct fixture *f = *state;
	const char *token = link_token(f->arena, f->worker, id);
	char read[UUID_TEXT];

	assert_int_equal(strlen(token), 44);
	assert_string_equal(token, link_token(f->arena, f->worker, id));
	assert_true(link_token_check(f->customer, token, read));
	assert_string_equal(read, id);
}

static void
every_altered_token_is_refused(void **state)
{
	struct fixture *f = *state;
	char *token = arena_strdup(f->arena, link_token(f->arena, f->worker, id)), read[UUID_TEXT];

	for (size_t i = 0; i < strlen(token); i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		assert_false(link_token_check(f->customer, token, read));
		token[i] = was;
	}
	assert_true(link_token_check(f->customer, token, read));
	assert_false(link_token_check(f->customer, "", read));
	token[43] = '\0';
	assert_false(link_token_check(f->customer, token, read));
}

static void
sealed_values_open_for_their_tenant_only(void **state)
{
	struct fixture *f = *state;
	const unsigned char *plain;
	const char *sealed;
	unsigned char bytes[128];
	size_t size;

	assert_null(seal(f->arena, f->worker, "tenant a", (const unsigned char *)"whsec_x", 7, &sealed));
	size = (strlen(sealed) - 2) / 2;
	assert_true(hex_decode(sealed + 2, bytes, size));
	assert_null(unseal(f->arena, f->worker, "tenant a", bytes, size, &plain, &size));
	assert_int_equal(size, 7);
	assert_memory_equal(plain, "whsec_x", 7);
	size = (strlen(sealed) - 2) / 2;
	assert_non_null(unseal(f->arena, f->worker, "tenant b", bytes, size, &plain, &size));
	bytes[20] ^= 1;
	assert_non_null(unseal(f->arena, f->worker, "tenant a", bytes, (strlen(sealed) - 2) / 2, &plain, &size));
	assert_non_null(seal(f->arena, f->customer, "tenant a", (const unsigned char *)"x", 1, &sealed));
}

static void
api_keys_are_long_and_hashed(void **state)
{
	struct fixture *f = *state;
	const char *key = api_key_new(f->arena);

	assert_int_equal(strlen(key), 46);
	assert_string_not_equal(key, api_key_new(f->arena));
	assert_int_equal(strlen(api_key_hash(f->arena, key)), 66);
	assert_null(api_key_hash(f->arena, "secret"));
	assert_null(api_key_hash(f->arena, NULL));
}

static void
a_code_is_right_for_its_nonce_and_purpose(void **state)
{
	struct fixture *f = *state;
	const char *code = one_time_code(f->arena, f->worker, "login", id);
	char *wrong = arena_strdup(f->arena, code);

	assert_int_equal(strlen(code), 6);
	assert_true(one_time_code_right(f->arena, f->customer, "login", id, code));
	assert_true(one_time_code_right(f->arena, f->customer, "login", id, arena_printf(f->arena, " %.3s %s", code, code + 3)));
	assert_false(one_time_code_right(f->arena, f->customer, "identity", id, code));
	wrong[5] = wrong[5] == '9' ? '0' : (char)(wrong[5] + 1);
	assert_false(one_time_code_right(f->arena, f->customer, "login", id, wrong));
	assert_false(one_time_code_right(f->arena, f->customer, "login", id, NULL));
	assert_false(one_time_code_right(f->arena, f->customer, "login", id, ""));
	assert_false(one_time_code_right(f->arena, f->customer, "login", id, arena_printf(f->arena, "%s0", code)));
}

static void
a_cookie_is_good_for_what_it_was_made_for(void **state)
{
	struct fixture *f = *state;
	const char *cookie = cookie_bound(f->arena, f->customer, "identity a", id, 1);
	const char *parts[4], *forged;
	char *rest = arena_strdup(f->arena, cookie);

	assert_string_equal(cookie_bound_value(f->arena, f->customer, "identity a", cookie), id);
	assert_null(cookie_bound_value(f->arena, f->customer, "identity b", cookie));
	assert_null(cookie_bound_value(f->arena, f->customer, "a", cookie));
	assert_null(cookie_bound_value(f->arena, f->worker, "identity a", cookie)); /* which has no such key */
	assert_null(cookie_bound(f->arena, f->worker, "identity a", id, 1));
	for (int i = 0; i < 4; i++)
		parts[i] = strtok_r(rest, ".", &rest);
	forged = arena_printf(f->arena, "%s.%s.%s0.%s", parts[0], parts[1], parts[2], parts[3]); /* for longer */
	assert_null(cookie_bound_value(f->arena, f->customer, "identity a", forged));
	forged = arena_printf(f->arena, "%s.x%s.%s.%s", parts[0], parts[1] + 1, parts[2], parts[3]);
	assert_null(cookie_bound_value(f->arena, f->customer, "identity a", forged));
	forged = arena_printf(f->arena, "2.%s.%s.%s", parts[1], parts[2], parts[3]);
	assert_null(cookie_bound_value(f->arena, f->customer, "identity a", forged));
	for (size_t length = strlen(cookie); length--;)
		assert_null(cookie_bound_value(f->arena, f->customer, "identity a", arena_strndup(f->arena, cookie, length)));
	cookie = cookie_bound(f->arena, f->customer, "identity a", id, -1);
	assert_null(cookie_bound_value(f->arena, f->customer, "identity a", cookie));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_file_holds_only_its_keys),
	    cmocka_unit_test(creating_again_changes_nothing),
	    cmocka_unit_test(a_token_can_be_made_again_and_read),
	    cmocka_unit_test(every_altered_token_is_refused),
	    cmocka_unit_test(sealed_values_open_for_their_tenant_only),
	    cmocka_unit_test(api_keys_are_long_and_hashed),
	    cmocka_unit_test(a_code_is_right_for_its_nonce_and_purpose),
	    cmocka_unit_test(a_cookie_is_good_for_what_it_was_made_for),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
