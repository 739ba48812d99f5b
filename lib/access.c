/* Access codes and their cookies. */
#include "access.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cookie.h"
#include "encode.h"

enum { SALT = 16, HASH = 32, GROUPS = 3, GROUP = 3 };

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

const char *
access_cookie(struct arena *arena, const struct secrets *secrets, const char *token_id, int generation)
{
	return cookie_bound(arena, secrets, token_id, arena_printf(arena, "%d", generation), ACCESS_COOKIE_DAYS);
}

const char *
access_cookie_check(struct arena *arena, const struct secrets *secrets, const char *token_id, const char *cookie)
{
	const char *generation = cookie_bound_value(arena, secrets, token_id, cookie);

	return generation && strspn(generation, "0123456789") == strlen(generation) && strlen(generation) <= 9 ? generation : NULL;
}
