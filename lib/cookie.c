/* A cookie reads `key.value.until.mac`. */
#include "cookie.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "encode.h"

enum { MAC = 16 };

static const char *
mac_of(struct arena *arena, const unsigned char *key, const char *what, const char *value, const char *until)
{
	const char *text = arena_printf(arena, "%s %s %s", what, value, until);
	unsigned char mac[32];

	hmac_sha256(key, text, strlen(text), mac);
	return base64url_encode(arena, mac, MAC);
}

const char *
cookie_bound(struct arena *arena, const struct secrets *secrets, const char *what, const char *value, int days)
{
	int key_id = 0;
	const unsigned char *key = secret_key(secrets, SECRET_cookie, 0, &key_id);
	const char *until = arena_printf(arena, "%lld", (long long)time(NULL) + days * 86400LL);

	return !key ? NULL : arena_printf(arena, "%d.%s.%s.%s", key_id, value, until, mac_of(arena, key, what, value, until));
}

const char *
cookie_bound_value(struct arena *arena, const struct secrets *secrets, const char *what, const char *cookie)
{
	char *rest = arena_strdup(arena, cookie);
	const char *key_id = strtok_r(rest, ".", &rest), *value = strtok_r(NULL, ".", &rest);
	const char *until = strtok_r(NULL, ".", &rest), *mac = strtok_r(NULL, ".", &rest);
	const unsigned char *key = key_id && atoi(key_id) > 0 ? secret_key(secrets, SECRET_cookie, atoi(key_id), NULL) : NULL;

	if (!key || !mac)
		return NULL;

	const char *expected = mac_of(arena, key, what, value, until);

	if (strlen(mac) != strlen(expected) || CRYPTO_memcmp(mac, expected, strlen(expected)) != 0)
		return NULL;
	return strtoll(until, NULL, 10) > (long long)time(NULL) ? value : NULL;
}
