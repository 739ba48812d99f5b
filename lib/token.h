/* What opens doors: link tokens and API keys. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "encode.h"
#include "secret.h"

/* A link's token: key id (1 byte), token id (16 random bytes), the first 16 bytes of their HMAC; in
 * base64url, 44 characters. It can be made again from the token id, so only that is stored.
 * NULL when the keys lack one for links or TOKEN_ID is no UUID. */
const char *link_token(struct arena *arena, const struct secrets *secrets, const char *token_id);

/* The token id (a UUID) of a token that we made; false for every other text. Constant time in the HMAC. */
bool link_token_check(const struct secrets *secrets, const char *token, char token_id[UUID_TEXT]);

/* What a browser keeps in a cookie, 43 characters, and what is stored of it: its SHA-256 in hexadecimal. The hash of
 * a text that is no such secret is NULL. */
const char *browser_secret_new(struct arena *arena);
const char *browser_secret_hash(struct arena *arena, const char *secret);

/* A new API key, `dp_` and 43 characters. */
const char *api_key_new(struct arena *arena);

/* What is stored of a key: its SHA-256 as PostgreSQL takes bytea. NULL for a text that is no key. */
const char *api_key_hash(struct arena *arena, const char *key);
