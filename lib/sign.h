/* Ed25519 signatures (RFC 8032), made by the worker and checked by everybody. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

enum { SIGN_SEED = 32, SIGN_PUBLIC = 32, SIGN_BYTES = 64 };

/* The public key that belongs to a seed. */
void sign_public_key(const unsigned char seed[SIGN_SEED], unsigned char public_key[SIGN_PUBLIC]);

/* "ed25519-<generation>-<first 8 digits of the public key's SHA-256>": a key cannot go under another's id. */
const char *sign_key_id(struct arena *arena, int generation, const unsigned char public_key[SIGN_PUBLIC]);

void sign(const unsigned char seed[SIGN_SEED], const void *text, size_t size, unsigned char signature[SIGN_BYTES]);
bool sign_verify(const unsigned char public_key[SIGN_PUBLIC], const void *text, size_t size,
    const unsigned char signature[SIGN_BYTES]);

/* A public key as PEM (RFC 8410), as openssl writes it, and back; false for any other text. */
const char *sign_pem(struct arena *arena, const unsigned char public_key[SIGN_PUBLIC]);
bool sign_pem_read(struct arena *arena, const char *pem, unsigned char public_key[SIGN_PUBLIC]);
