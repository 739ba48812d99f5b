/* Cookies that nobody but us can make: a value, for how long, and an HMAC over both and what they are for. */
#pragma once

#include "arena.h"
#include "secret.h"

/* A cookie with VALUE (letters, digits, dashes), good for WHAT and DAYS from now; NULL when there is no key for cookies. */
const char *cookie_bound(struct arena *arena, const struct secrets *secrets, const char *what, const char *value, int days);

/* The value of COOKIE, made for WHAT and still good; else NULL. */
const char *cookie_bound_value(struct arena *arena, const struct secrets *secrets, const char *what, const char *cookie);
