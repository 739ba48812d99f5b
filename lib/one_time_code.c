/* One-time codes: made, and compared. */
#include "one_time_code.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 6, RANGE = 1000000 };

static const char *
code_of(struct arena *arena, const unsigned char *key, const char *purpose, const char *nonce)
{
	const char *text = arena_printf(arena, "one-time code\n%s\n%s", purpose, nonce);
	unsigned char mac[32];
	uint64_t number = 0;

	hmac_sha256(key, text, strlen(text), mac);
	for (int i = 0; i < 8; i++)
		number = number << 8 | mac[i];
	return arena_printf(arena, "%0*u", DIGITS, (unsigned)(number % RANGE));
}

const char *
one_time_code(struct arena *arena, const struct secrets *secrets, const char *purpose, const char *nonce)
{
	const unsigned char *key = secret_key(secrets, SECRET_code, 0, NULL);

	return key ? code_of(arena, key, purpose, nonce) : NULL;
}

/* Copies the digits of GIVEN; false when it is anything but six of them and spaces. */
static bool
digits_read(const char *given, char digits[DIGITS + 1])
{
	int count = 0;

	for (; *given; given++) {
		if (*given == ' ')
			continue;
		if (*given < '0' || *given > '9' || count == DIGITS)
			return false;
		digits[count++] = *given;
	}
	digits[count] = '\0';
	return count == DIGITS;
}

bool
one_time_code_right(struct arena *arena, const struct secrets *secrets, const char *purpose, const char *nonce,
    const char *given)
{
	char digits[DIGITS + 1];
	bool right = false;

	if (!given || !digits_read(given, digits))
		return false;
	for (int generation = 1; generation <= SECRET_GENERATIONS; generation++) {
		const unsigned char *key = secret_key(secrets, SECRET_code, generation, NULL);

		if (key && !CRYPTO_memcmp(code_of(arena, key, purpose, nonce), digits, DIGITS))
			right = true;
	}
	return right;
}
