/* Webhooks by the Standard Webhooks specification: secrets, signatures, and which URLs are taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "network.h"
#include "problem.h"

enum {
	WEBHOOK_SECRET_LEAST = 24, /* bytes, by the specification */
	WEBHOOK_SECRET_MOST = 64,
	WEBHOOK_URL_MOST = 2048,
};

struct webhook_secret {
	unsigned char bytes[WEBHOOK_SECRET_MOST];
	size_t size;
};

/* A new random secret in its text form, "whsec_" and base64 of 32 bytes. The process ends if there is no randomness. */
char *webhook_secret_new(struct arena *arena) __attribute__((returns_nonnull));

/* Reads the text form; false when it is not "whsec_" and canonical base64 of 24 to 64 bytes. */
bool webhook_secret_decode(const char *text, struct webhook_secret *secret) __attribute__((warn_unused_result));

/* One signature, "v1," and base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY". TIMESTAMP in Unix seconds, of this attempt. */
char *webhook_sign(struct arena *arena, const unsigned char *secret, size_t secret_size, const char *id,
    int64_t timestamp, const char *body, size_t body_size) __attribute__((returns_nonnull));

/* The header `webhook-signature`: one signature per secret, separated by spaces; two while a secret is rotated. */
char *webhook_signature(struct arena *arena, const struct webhook_secret *secrets, size_t count, const char *id,
    int64_t timestamp, const char *body, size_t body_size) __attribute__((returns_nonnull));

/* Whether URL may be stored as a webhook's: http or https, a host, no user or password, at most 2048 bytes; http only
 * where ops list networks; a literal address is judged at once, a name when it is connected to. Else an `invalid`
 * problem at "/url". */
const struct problem *webhook_url_check(struct arena *arena, const struct network_rules *rules, const char *url);
