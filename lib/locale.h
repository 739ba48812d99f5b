/* Dates, amounts and sizes as people of a language write them. The patterns and names are words of the
 * catalogue. All results live in ARENA; text that cannot be read as what it should be comes back
 * unchanged, NULL gives NULL. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "words.h"

/* "2026-12-31" or "2026-12-31T14:05": "31. december 2026" / "31 December 2026". */
const char *format_date(struct arena *arena, enum language language, const char *date);

/* "2026-12-31T14:05": "31. december 2026 kl. 14.05" / "31 December 2026 at 14:05". A date without a
 * time is written as format_date does. */
const char *format_time(struct arena *arena, enum language language, const char *time);

/* "184500.00" of "DKK": "184.500,00 kr." / "DKK 184,500.00". Other currencies are written by their code;
 * a NULL currency leaves the number alone. VALUE keeps the decimals it has. */
const char *format_amount(struct arena *arena, enum language language, const char *value, const char *currency);

/* A size in bytes: "83 KB", "1,2 MB" / "1.2 MB"; a KB is 1,000 bytes. */
const char *format_size(struct arena *arena, enum language language, int64_t bytes);

/* Whether a date comes with a time of day: "til og med 31. december" or "til 31. december kl. 12.00". */
bool has_time(const char *time);
