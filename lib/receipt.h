/* Receipts of acceptances, as the worker makes them and others hand them out. */
#pragma once

#include "arena.h"
#include "words.h"

/* What the receipt's file is called: "Kvittering-2026-0117.pdf", by the quote's number, else by its title. What no file
 * system likes becomes a dash. */
const char *receipt_file_name(struct arena *arena, enum language language, const char *number, const char *title);
