/* Bytes as text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "encode.h"

static void
hex_goes_both_ways(void **state)
{
	unsigned char bytes[3];
	char text[7];

	(void)state;
	assert_true(hex_decode("00fFa5", bytes, 3));
	hex_encode(bytes, 3, text);
	assert_string_equal(text, "00ffa5");
	assert_false(hex_decode("00ff", bytes, 3));
	assert_false(hex_decode("00ffg5", bytes, 3));
	assert_false(hex_decode(NULL, bytes, 3));
}

static void
base64url_is_canonical(void **state)
{
	struct arena *arena = arena_new();
	unsigned char bytes[2];

	(void)state;
	assert_string_equal(base64url_encode(arena, (const unsigned char *)"\xfb\xff", 2), "-_8");
	assert_true(base64url_decode("-_8", bytes, 2));
	assert_memory_equal(bytes, "\xfb\xff", 2);
	assert_false(base64url_decode("-_9", bytes, 2)); /* spare bits set: another text for the same bytes */
	assert_false(base64url_decode("-_8=", bytes, 2));
	assert_false(base64url_decode("+/8", bytes, 2));
	assert_false(base64url_decode("-_", bytes, 2));
	arena_free(arena);
}

static void
base64_is_canonical(void **state)
{
	struct arena *arena = arena_new();
	unsigned char bytes[2];

	(void)state;
	assert_string_equal(base64_encode(arena, (const unsigned char *)"\xfb\xff", 2), "+/8=");
	assert_string_equal(base64_encode(arena, (const unsigned char *)"abc", 3), "YWJj");
	assert_string_equal(base64_encode(arena, (const unsigned char *)"a", 1), "YQ==");
	assert_true(base64_decode("+/8=", bytes, 2));
	assert_memory_equal(bytes, "\xfb\xff", 2);
	assert_true(base64_decode("YQ==", bytes, 1));
	assert_false(base64_decode("YQ=", bytes, 1));
	assert_false(base64_decode("YQ=Q", bytes, 1));
	assert_false(base64_decode("+/9=", bytes, 2));
	assert_false(base64_decode("-_8=", bytes, 2));
	assert_false(base64_decode("+/8", bytes, 2));
	assert_false(base64_decode(NULL, bytes, 2));
	arena_free(arena);
}

static void
sha256_is_the_standards(void **state)
{
	char hex[SHA256_HEX];

	(void)state;
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
uuids_have_one_text(void **state)
{
	unsigned char bytes[UUID_BYTES];
	char text[UUID_TEXT];

	(void)state;
	assert_true(uuid_decode("01A20A35-8adb-773f-ac18-5f9230a101e5", bytes));
	uuid_encode(bytes, text);
	assert_string_equal(text, "01a20a35-8adb-773f-ac18-5f9230a101e5");
	assert_false(uuid_valid("01a20a358adb-773f-ac18-5f9230a101e5-"));
	assert_false(uuid_valid("01a20a35-8adb-773f-ac18-5f9230a101e"));
	assert_false(uuid_valid("' OR 1=1 --"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hex_goes_both_ways),
	    cmocka_unit_test(base64url_is_canonical),
	    cmocka_unit_test(base64_is_canonical),
	    cmocka_unit_test(sha256_is_the_standards),
	    cmocka_unit_test(uuids_have_one_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
