/* Link tokens and API keys. */
#include "token.h"

#include <openssl/crypto.h>
#include <string.h>

enum { MAC = 16, SIGNED = 1 + UUID_BYTES, TOKEN = SIGNED + MAC };

const char *
link_token(struct arena *arena, const struct secrets *secrets, const char *token_id)
{
	unsigned char token[TOKEN], mac[32];
	int generation;
	const unsigned char *key = secret_key(secrets, SECRET_link, 0, &generation);

	if (!key || !uuid_decode(token_id, token + 1))
		return NULL;
	token[0] = (unsigned char)generation;
	hmac_sha256(key, token, SIGNED, mac);
	memcpy(token + SIGNED, mac, MAC);
	return base64url_encode(arena, token, sizeof token);
}

bool
link_token_check(const struct secrets *secrets, const char *token, char token_id[UUID_TEXT])
{
	unsigned char bytes[TOKEN], mac[32];

	if (!base64url_decode(token, bytes, sizeof bytes))
		return false;

	/* Generation 0 would mean the newest: no token of ours carries it. */
	const unsigned char *key = bytes[0] ? secret_key(secrets, SECRET_link, bytes[0], NULL) : NULL;

	if (!key)
		return false;
	hmac_sha256(key, bytes, SIGNED, mac);
	if (CRYPTO_memcmp(mac, bytes + SIGNED, MAC))
		return false;
	uuid_encode(bytes + 1, token_id);
	return true;
}

const char *
api_key_new(struct arena *arena)
{
	unsigned char bytes[32];

	random_bytes(bytes, sizeof bytes);
	return arena_printf(arena, "dp_%s", base64url_encode(arena, bytes, sizeof bytes));
}

const char *
api_key_hash(struct arena *arena, const char *key)
{
	char hex[SHA256_HEX];

	if (!key || strncmp(key, "dp_", 3) || strlen(key) > 100)
		return NULL;
	sha256_hex(key, strlen(key), hex);
	return arena_printf(arena, "\\x%s", hex);
}

enum { BROWSER_SECRET = 32 };

const char *
browser_secret_new(struct arena *arena)
{
	unsigned char bytes[BROWSER_SECRET];

	random_bytes(bytes, sizeof bytes);
	return base64url_encode(arena, bytes, sizeof bytes);
}

const char *
browser_secret_hash(struct arena *arena, const char *secret)
{
	unsigned char bytes[BROWSER_SECRET];
	char hex[SHA256_HEX];

	if (!base64url_decode(secret, bytes, sizeof bytes))
		return NULL;
	sha256_hex(bytes, sizeof bytes, hex);
	return arena_strdup(arena, hex);
}
