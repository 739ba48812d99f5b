/* What an attachment really is: an allow-list, checked by content. */
#pragma once

#include <stddef.h>

#include "arena.h"
#include "problem.h"

/* Finds the media type under which the attachment FILENAME (of multipart_parse(): no path, UTF-8) may be served. Its
 * extension must be on the list and its content must be what the extension says; office files must be free of macros.
 * Zip archives are not on the list: they hide what the list is for. *TYPE is a constant; it is set only on success.
 * Problem: invalid, pointing at POINTER (also for an empty file); internal when libmagic lacks its database. */
const struct problem *content_type_check(struct arena *arena, const char *pointer, const char *filename, const void *bytes, size_t size,
    const char **type);
