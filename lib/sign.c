/* Ed25519 by OpenSSL. */
#include "sign.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "encode.h"

static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----\n", pem_end[] = "-----END PUBLIC KEY-----\n";

/* RFC 8410, section 4: an Ed25519 key's DER is always these bytes, then the key. */
static const unsigned char der_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
enum { DER = sizeof der_head + SIGN_PUBLIC };

static EVP_PKEY *
key_of_seed(const unsigned char seed[SIGN_SEED])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGN_SEED);

	if (!key)
		abort();
	return key;
}

void
sign_public_key(const unsigned char seed[SIGN_SEED], unsigned char public_key[SIGN_PUBLIC])
{
	EVP_PKEY *key = key_of_seed(seed);
	size_t size = SIGN_PUBLIC;

	if (EVP_PKEY_get_raw_public_key(key, public_key, &size) != 1)
		abort();
	EVP_PKEY_free(key);
}

const char *
sign_key_id(struct arena *arena, int generation, const unsigned char public_key[SIGN_PUBLIC])
{
	char hash[SHA256_HEX];

	sha256_hex(public_key, SIGN_PUBLIC, hash);
	return arena_printf(arena, "ed25519-%d-%.8s", generation, hash);
}

void
sign(const unsigned char seed[SIGN_SEED], const void *text, size_t size, unsigned char signature[SIGN_BYTES])
{
	EVP_PKEY *key = key_of_seed(seed);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = SIGN_BYTES;

	/* Ed25519 hashes by itself: no digest is named. */
	if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &length, text, size) != 1)
		abort();
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

bool
sign_verify(const unsigned char public_key[SIGN_PUBLIC], const void *text, size_t size,
    const unsigned char signature[SIGN_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGN_PUBLIC);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool fine = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(context, signature, SIGN_BYTES, text, size) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return fine;
}

const char *
sign_pem(struct arena *arena, const unsigned char public_key[SIGN_PUBLIC])
{
	unsigned char der[DER];

	memcpy(der, der_head, sizeof der_head);
	memcpy(der + sizeof der_head, public_key, SIGN_PUBLIC);
	return arena_printf(arena, "%s%s\n%s", pem_begin, base64_encode(arena, der, sizeof der), pem_end);
}

bool
sign_pem_read(struct arena *arena, const char *pem, unsigned char public_key[SIGN_PUBLIC])
{
	size_t size = pem ? strlen(pem) : 0, begin = strlen(pem_begin), digits = (DER + 2) / 3 * 4;
	unsigned char der[DER];

	if (size < begin + digits || strncmp(pem, pem_begin, begin) != 0 ||
	    !base64_decode(arena_strndup(arena, pem + begin, digits), der, DER) ||
	    memcmp(der, der_head, sizeof der_head) != 0)
		return false;
	memcpy(public_key, der + sizeof der_head, SIGN_PUBLIC);
	return !strcmp(pem, sign_pem(arena, public_key));
}
