/* The certificate: pages that say who accepted what, when and how. */
#pragma once

#include <stddef.h>

#include "arena.h"

struct json_object;

/* Draws it as a PDF, whose BYTES live in ARENA. RECEIPT is what receipt_json() in SQL gives, with `verify_url`, the address of
 * the check page. The same receipt gives the same bytes. NULL when it cannot be drawn. */
const char *certificate_draw(struct arena *arena, struct json_object *receipt, size_t *size);
