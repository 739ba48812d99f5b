/* Access codes of public links: how they are kept, and the cookie of who knew one. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "secret.h"

/* A fresh code that reads well over the telephone: three groups of three from 30 letters and digits. */
const char *access_code_new(struct arena *arena);

/* How many signs of a code count: letters in one case, no blanks, no dashes. */
size_t access_code_length(struct arena *arena, const char *code);

enum { ACCESS_CODE_LEAST = 6 };

/* What is stored of a code: scrypt (RFC 7914) with a salt of its own, as text. */
const char *access_code_hash(struct arena *arena, const char *code);

/* Whether CODE is the one STORED was made of; case, blanks and dashes do not count. False for a NULL. */
bool access_code_right(struct arena *arena, const char *code, const char *stored);

/* A cookie that proves the code of this generation for a link, for 30 days; and the generation that a
 * cookie proves now, as text, or NULL. Changing the code changes the generation. */
const char *access_cookie(struct arena *arena, const struct secrets *secrets, const char *token_id, int generation);
const char *access_cookie_check(struct arena *arena, const struct secrets *secrets, const char *token_id,
    const char *cookie);

enum { ACCESS_COOKIE_DAYS = 30 };
