/* Bytes as text and back. */
#include "encode.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
hex_encode(const unsigned char *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_decode(const char *text, unsigned char *bytes, size_t size)
{
	if (!text || strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

char *
base64url_encode(struct arena *arena, const unsigned char *bytes, size_t size)
{
	char *text = arena_alloc(arena, (size * 4 + 2) / 3 + 1), *end = text;
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			*end++ = base64url[bits >> (held - 6) & 63];
	}
	if (held)
		*end++ = base64url[bits << (6 - held) & 63];
	return text;
}

bool
base64url_decode(const char *text, unsigned char *bytes, size_t size)
{
	uint32_t bits = 0;
	int held = 0;
	size_t done = 0;

	if (!text || strlen(text) != (size * 4 + 2) / 3)
		return false;
	for (; *text; text++) {
		const char *digit = strchr(base64url, *text);

		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - base64url);
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[done++] = (unsigned char)(bits >> held);
		}
	}
	/* Spare bits that are not zero would be a second text for the same bytes. */
	return done == size && !(bits & ((1u << held) - 1));
}

/* base64 is base64url with two other digits, and filled up. */
static void
digits_swap(char *text, const char from[2], const char to[2])
{
	for (; *text; text++)
		for (int i = 0; i < 2; i++)
			if (*text == from[i])
				*text = to[i];
}

char *
base64_encode(struct arena *arena, const unsigned char *bytes, size_t size)
{
	char *text = arena_printf(arena, "%s%.*s", base64url_encode(arena, bytes, size), (int)((3 - size % 3) % 3), "==");

	digits_swap(text, "-_", "+/");
	return text;
}

bool
base64_decode(const char *text, unsigned char *bytes, size_t size)
{
	size_t digits = (size * 4 + 2) / 3, padding = (3 - size % 3) % 3;

	if (!text || strlen(text) != digits + padding || strspn(text + digits, "=") != padding || strpbrk(text, "-_"))
		return false;

	char *copy = strndup(text, digits);
	bool fine;

	if (!copy)
		abort();
	digits_swap(copy, "+/", "-_");
	fine = base64url_decode(copy, bytes, size);
	free(copy);
	return fine;
}

void
sha256_hex(const void *bytes, size_t size, char out[SHA256_HEX])
{
	unsigned char digest[SHA256_BYTES];

	if (!EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL))
		abort();
	hex_encode(digest, sizeof digest, out);
}

void
uuid_encode(const unsigned char bytes[UUID_BYTES], char out[UUID_TEXT])
{
	char hex[2 * UUID_BYTES + 1];

	hex_encode(bytes, UUID_BYTES, hex);
	for (int i = 0; i < 2 * UUID_BYTES; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = hex[i];
	}
	*out = '\0';
}

bool
uuid_decode(const char *text, unsigned char bytes[UUID_BYTES])
{
	char hex[2 * UUID_BYTES + 1];
	size_t digits = 0;

	if (!text || strlen(text) != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash != (text[i] == '-'))
			return false;
		if (!dash)
			hex[digits++] = text[i];
	}
	hex[digits] = '\0';
	return hex_decode(hex, bytes, UUID_BYTES);
}

bool
uuid_valid(const char *text)
{
	unsigned char bytes[UUID_BYTES];

	return uuid_decode(text, bytes);
}
