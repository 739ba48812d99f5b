/* What unit tests share: cmocka with the headers it wants before it, and an arena a test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"

/* The arena of the test that runs; also the test's *state. */
static struct arena *arena;

static inline int
setup(void **state)
{
	*state = arena = arena_new();
	return 0;
}

static inline int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* A copy of exactly SIZE bytes, not terminated, so that the address sanitizer sees every step beyond it. */
static inline const char *
exactly(const void *bytes, size_t size)
{
	char *copy = malloc(size ? size : 1);

	memcpy(copy, bytes, size);
	arena_defer(arena, free, copy);
	return copy;
}
