/* One-time codes, as mailed to prove an address: six digits made by HMAC from a nonce. Only the nonce is kept, so
 * whoever reads the database learns no code, and the worker can make the code when it sends the mail. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "secret.h"

/* The code for NONCE (a UUID) by the newest key; NULL when there is no key for codes. PURPOSE keeps kinds of
 * codes apart ("identity", "login"). */
const char *one_time_code(struct arena *arena, const struct secrets *secrets, const char *purpose, const char *nonce);

/* Whether GIVEN is the code, made by any key held; spaces in it do not count. Takes the same time for every wrong
 * code. */
bool one_time_code_right(struct arena *arena, const struct secrets *secrets, const char *purpose, const char *nonce,
    const char *given);
