/* Sealing values that must be shown again only to our own worker: AES-256-GCM (NIST SP 800-38D). */
#include <openssl/evp.h>
#include <string.h>

#include "encode.h"
#include "secret.h"

enum { NONCE = 12, TAG = 16, OVERHEAD = 1 + NONCE + TAG };

const struct problem *
seal(struct arena *arena, const struct secrets *secrets, const char *context, const unsigned char *plain,
    size_t size, const char **sealed)
{
	int generation = 0, written = 0;
	const unsigned char *key = secret_key(secrets, SECRET_seal, 0, &generation);
	unsigned char *out = arena_alloc(arena, size + OVERHEAD), *nonce = out + 1, *body = nonce + NONCE;

	if (!key)
		return problem_new(arena, PROBLEM_internal, "there is no key for sealing");
	out[0] = (unsigned char)generation;
	random_bytes(nonce, NONCE);

	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	bool fine = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	    EVP_EncryptUpdate(cipher, NULL, &written, (const unsigned char *)context, (int)strlen(context)) == 1 &&
	    EVP_EncryptUpdate(cipher, body, &written, plain, (int)size) == 1 &&
	    EVP_EncryptFinal_ex(cipher, body + written, &written) == 1 &&
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG, body + size) == 1;

	EVP_CIPHER_CTX_free(cipher);
	if (!fine)
		return problem_new(arena, PROBLEM_internal, "a value could not be sealed");

	char *text = arena_alloc(arena, 2 * (size + OVERHEAD) + 3);

	memcpy(text, "\\x", 2);
	hex_encode(out, size + OVERHEAD, text + 2);
	*sealed = text;
	return NULL;
}

const struct problem *
unseal(struct arena *arena, const struct secrets *secrets, const char *context, const unsigned char *sealed,
    size_t size, const unsigned char **plain, size_t *plain_size)
{
	const unsigned char *key = size > OVERHEAD ? secret_key(secrets, SECRET_seal, sealed[0], NULL) : NULL;
	const unsigned char *nonce = sealed + 1, *body = nonce + NONCE;
	int written = 0;

	if (!key)
		return problem_new(arena, PROBLEM_internal, "a sealed value is damaged, or its key is gone");
	*plain_size = size - OVERHEAD;

	unsigned char *out = arena_alloc(arena, *plain_size + 1), tag[TAG];

	memcpy(tag, body + *plain_size, TAG);

	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	bool fine = cipher && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	    EVP_DecryptUpdate(cipher, NULL, &written, (const unsigned char *)context, (int)strlen(context)) == 1 &&
	    EVP_DecryptUpdate(cipher, out, &written, body, (int)*plain_size) == 1 &&
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
	    EVP_DecryptFinal_ex(cipher, out + written, &written) == 1;

	EVP_CIPHER_CTX_free(cipher);
	if (!fine)
		return problem_new(arena, PROBLEM_internal, "a sealed value does not open");
	*plain = out;
	return NULL;
}
