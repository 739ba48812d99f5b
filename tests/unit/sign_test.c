/* Ed25519 signatures, key ids, PEM, and the texts that are signed. */
#include "fixture.h"

#include "encode.h"
#include "sign.h"
#include "statement.h"

/* RFC 8032, section 7.1, tests 1 and 2. */
static const struct {
	const char *seed, *public_key, *text, *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00"},
};

static void
bytes_of(const char *hex, unsigned char *bytes, size_t size)
{
	assert_true(hex_decode(hex, bytes, size));
}

static void
test_vectors(void **state)
{
	unsigned char seed[SIGN_SEED], public_key[SIGN_PUBLIC], expected[SIGN_BYTES], signature[SIGN_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		bytes_of(vectors[i].seed, seed, sizeof seed);
		bytes_of(vectors[i].public_key, expected, SIGN_PUBLIC);
		sign_public_key(seed, public_key);
		assert_memory_equal(public_key, expected, SIGN_PUBLIC);
		bytes_of(vectors[i].signature, expected, SIGN_BYTES);
		sign(seed, vectors[i].text, strlen(vectors[i].text), signature);
		assert_memory_equal(signature, expected, SIGN_BYTES);
		assert_true(sign_verify(public_key, vectors[i].text, strlen(vectors[i].text), signature));
	}
}

static void
test_refuses(void **state)
{
	unsigned char seed[SIGN_SEED] = {1}, other[SIGN_SEED] = {2}, public_key[SIGN_PUBLIC], signature[SIGN_BYTES];
	const char text[] = "length 5\n";

	(void)state;
	sign_public_key(seed, public_key);
	sign(seed, text, strlen(text), signature);
	assert_true(sign_verify(public_key, text, strlen(text), signature));
	assert_false(sign_verify(public_key, "length 6\n", strlen(text), signature));
	assert_false(sign_verify(public_key, text, strlen(text) - 1, signature));
	for (size_t i = 0; i < sizeof signature; i += 7) {
		signature[i] ^= 1;
		assert_false(sign_verify(public_key, text, strlen(text), signature));
		signature[i] ^= 1;
	}
	sign_public_key(other, public_key);
	assert_false(sign_verify(public_key, text, strlen(text), signature));
}

static void
test_key_id(void **state)
{
	unsigned char seed[SIGN_SEED], public_key[SIGN_PUBLIC];

	(void)state;
	bytes_of(vectors[0].seed, seed, sizeof seed);
	sign_public_key(seed, public_key);
	/* printf d75a… | xxd -r -p | sha256sum */
	assert_string_equal(sign_key_id(arena, 3, public_key), "ed25519-3-21fe31df");
}

static void
test_pem(void **state)
{
	unsigned char seed[SIGN_SEED], public_key[SIGN_PUBLIC], again[SIGN_PUBLIC];
	char *pem;

	(void)state;
	bytes_of(vectors[0].seed, seed, sizeof seed);
	sign_public_key(seed, public_key);
	/* As `openssl pkey -pubout` writes it. */
	assert_string_equal(sign_pem(arena, public_key), "-----BEGIN PUBLIC KEY-----\n"
	    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n");
	pem = arena_strdup(arena, sign_pem(arena, public_key));
	assert_true(sign_pem_read(arena, pem, again));
	assert_memory_equal(again, public_key, sizeof again);
	assert_false(sign_pem_read(arena, NULL, again));
	assert_false(sign_pem_read(arena, "", again));
	assert_false(sign_pem_read(arena, arena_printf(arena, "%s ", pem), again));
	assert_false(sign_pem_read(arena, arena_strndup(arena, pem, strlen(pem) - 1), again));
	pem[30] = 'x'; /* no longer an Ed25519 key */
	assert_false(sign_pem_read(arena, pem, again));
}

static void
test_statements(void **state)
{
	const struct head_statement head = {"t", "d", 5, "aa", "2026-03-01T09:00:00.000Z", "ed25519-1-00000000"};
	const struct tenant_statement tenant = {"t", 2, "bb", 7, "cc", "2026-03-02T00:00:00.000Z", "ed25519-1-00000000"};

	const struct receipt_statement receipt = {"t", "d", 3, "e", "combined", 77, "ff", "2026-03-01T09:00:00.000Z",
	    "2026-03-01T09:00:01.000Z", "ed25519-1-00000000"};

	(void)state;
	assert_string_equal(receipt_statement_text(arena, &receipt), "dokumentportal-receipt-1\ntenant t\ndocument d\nversion 3\n"
	    "event e\nkind combined\nsize 77\nsha256 ff\nmade 2026-03-01T09:00:00.000Z\nat 2026-03-01T09:00:01.000Z\n"
	    "key ed25519-1-00000000\n");
	assert_string_equal(head_statement_text(arena, &head), "dokumentportal-head-1\ntenant t\ndocument d\nlength 5\n"
	    "head aa\nat 2026-03-01T09:00:00.000Z\nkey ed25519-1-00000000\n");
	assert_string_equal(tenant_statement_text(arena, &tenant), "dokumentportal-tenant-1\ntenant t\nnumber 2\n"
	    "previous bb\nsignatures 7\nlist cc\nat 2026-03-02T00:00:00.000Z\nkey ed25519-1-00000000\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_vectors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_key_id, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_pem, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_statements, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
