/* Access codes and their cookies. */
#include "access.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "encode.h"

enum { SALT = 16, HASH = 32, MAC = 16, GROUPS = 3, GROUP = 3 };

const char *
access_code_new(struct arena *arena)
{
	/* Without 0/O, 1/I/L and U: 30 signs, 9 of them make 44 bits. */
	static const char signs[] = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
	char code[GROUPS * (GROUP + 1)];
	size_t length = 0;

	while (length < sizeof code - 1) {
		unsigned char byte;

		if (length % (GROUP + 1) == GROUP) {
			code[length++] = '-';
			continue;
		}
		random_bytes(&byte, 1);
		if (byte < 240) /* 8 * 30: every sign equally likely */
			code[length++] = signs[byte % 30];
	}
	code[length] = '\0';
	return arena_strdup(arena, code);
}

/* As a person may type it. */
static const char *
plain(struct arena *arena, const char *code)
{
	char *text = arena_strdup(arena, code), *end = text;

	for (const char *c = code; *c; c++)
		if (!isspace((unsigned char)*c) && *c != '-')
			*end++ = (char)toupper((unsigned char)*c);
	*end = '\0';
	return text;
}

size_t
access_code_length(struct arena *arena, const char *code)
{
	return strlen(plain(arena, code));
}

/* 16 MB of memory a try: N = 2^14, r = 8, p = 1. */
static void
hash(struct arena *arena, const char *code, const unsigned char *salt, unsigned char out[HASH])
{
	const char *text = plain(arena, code);

	if (EVP_PBE_scrypt(text, strlen(text), salt, SALT, 1 << 14, 8, 1, 32 << 20, out, HASH) != 1)
		abort();
}

const char *
access_code_hash(struct arena *arena, const char *code)
{
	unsigned char bytes[SALT + HASH];

	random_bytes(bytes, SALT);
	hash(arena, code, bytes, bytes + SALT);
	return base64url_encode(arena, bytes, sizeof bytes);
}

bool
access_code_right(struct arena *arena, const char *code, const char *stored)
{
	unsigned char bytes[SALT + HASH], tried[HASH];

	if (!code || !base64url_decode(stored, bytes, sizeof bytes))
		return false;
	hash(arena, code, bytes, tried);
	return CRYPTO_memcmp(tried, bytes + SALT, HASH) == 0;
}

static const char *
cookie_mac(struct arena *arena, const unsigned char *key, const char *token_id, const char *generation, const char *until)
{
	const char *text = arena_printf(arena, "%s %s %s", token_id, generation, until);
	unsigned char mac[32];

	hmac_sha256(key, text, strlen(text), mac);
	return base64url_encode(arena, mac, MAC);
}

const char *
access_cookie(struct arena *arena, const struct secrets *secrets, const char *token_id, int generation)
{
	int key_id = 0;
	const unsigned char *key = secret_key(secrets, SECRET_cookie, 0, &key_id);
	const char *number = arena_printf(arena, "%d", generation);
	const char *until = arena_printf(arena, "%lld", (long long)time(NULL) + ACCESS_COOKIE_DAYS * 86400LL);

	return !key ? NULL : arena_printf(arena, "%d.%s.%s.%s", key_id, number, until,
	    cookie_mac(arena, key, token_id, number, until));
}

const char *
access_cookie_check(struct arena *arena, const struct secrets *secrets, const char *token_id, const char *cookie)
{
	char *rest = arena_strdup(arena, cookie);
	const char *key_id = strtok_r(rest, ".", &rest), *generation = strtok_r(NULL, ".", &rest);
	const char *until = strtok_r(NULL, ".", &rest), *mac = strtok_r(NULL, ".", &rest);
	const unsigned char *key = key_id && atoi(key_id) > 0 ? secret_key(secrets, SECRET_cookie, atoi(key_id), NULL) : NULL;

	if (!key || !mac || strspn(generation, "0123456789") != strlen(generation) || strlen(generation) > 9)
		return NULL;

	const char *expected = cookie_mac(arena, key, token_id, generation, until);

	if (strlen(mac) != strlen(expected) || CRYPTO_memcmp(mac, expected, strlen(expected)) != 0)
		return NULL;
	return strtoll(until, NULL, 10) > (long long)time(NULL) ? generation : NULL;
}
