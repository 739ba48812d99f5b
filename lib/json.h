/* JSON in (RFC 8259), strictly: json-c builds the values, after a check of our own that json-c does not make. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "problem.h"

struct json_object;

enum { JSON_DEPTH = 16 }; /* deep enough for every document of the API */

/* Parses BYTES into *VALUE, which is released with the arena; a bare `null` gives NULL.
 * Taken is what RFC 8259 allows, with these bounds: DEPTH levels of arrays and objects, 200 members in an object, 200
 * bytes in a member's name, UTF-8 (a byte order mark is skipped). A member twice in one object, the escape \u0000 (which
 * PostgreSQL cannot hold) and half surrogate pairs are refused. Problem: bad_request, naming line and column. */
const struct problem *json_parse(struct arena *arena, const void *bytes, size_t size, int depth,
    struct json_object **value);

/* Members of OBJECT, which may be NULL or no object: then nothing is found. */
bool json_has(struct json_object *object, const char *name);                  /* there, even when null */
struct json_object *json_member(struct json_object *object, const char *name); /* NULL when absent or null */
const char *json_text(struct json_object *object, const char *name);          /* NULL unless it is a string */
bool json_boolean(struct json_object *object, const char *name, bool otherwise);
int64_t json_integer(struct json_object *object, const char *name, int64_t otherwise);

/* VALUE as text with its members sorted and no blanks, so that equal values have equal texts. */
const char *json_canonical(struct arena *arena, struct json_object *value);

/* The JSON pointer (RFC 6901) of the member NAME, or the item INDEX, of what POINTER points at; "" is the whole. */
const char *json_pointer_child(struct arena *arena, const char *pointer, const char *name);
const char *json_pointer_item(struct arena *arena, const char *pointer, size_t index);
