/* Bytes as text and back: hexadecimal, base64 (RFC 4648, section 4), and base64url without padding (section 5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

enum { SHA256_BYTES = 32, SHA256_HEX = 65, UUID_BYTES = 16, UUID_TEXT = 37 };

/* SIZE bytes as 2 * SIZE lower-case digits and a NUL in OUT. */
void hex_encode(const unsigned char *bytes, size_t size, char *out);

/* Exactly SIZE bytes from 2 * SIZE digits of either case; false when TEXT is anything else. */
bool hex_decode(const char *text, unsigned char *bytes, size_t size);

char *base64url_encode(struct arena *arena, const unsigned char *bytes, size_t size);

/* Exactly SIZE bytes from their one canonical text; false when TEXT is anything else. */
bool base64url_decode(const char *text, unsigned char *bytes, size_t size);

/* The same in base64 with padding, on one line. */
char *base64_encode(struct arena *arena, const unsigned char *bytes, size_t size);
bool base64_decode(const char *text, unsigned char *bytes, size_t size);

/* The SHA-256 (FIPS 180-4) of some bytes as 64 digits and a NUL. */
void sha256_hex(const void *bytes, size_t size, char out[SHA256_HEX]);

/* UUIDs (RFC 9562) in their one lower-case text form. */
void uuid_encode(const unsigned char bytes[UUID_BYTES], char out[UUID_TEXT]);
bool uuid_decode(const char *text, unsigned char bytes[UUID_BYTES]);
bool uuid_valid(const char *text);
