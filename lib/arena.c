/* Memory that dies together. Blocks are chained; the first one is kept over resets. */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024 };

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *what;
};

struct arena {
	struct block *blocks; /* the newest first, the kept one last */
	struct deferred *deferred;
};

static struct block *
block_new(size_t size)
{
	struct block *block = malloc(sizeof *block + size);

	if (!block) {
		fputs("out of memory\n", stderr);
		abort();
	}
	block->next = NULL;
	block->used = 0;
	block->size = size;
	return block;
}

struct arena *
arena_new(void)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (!arena) {
		fputs("out of memory\n", stderr);
		abort();
	}
	arena->blocks = block_new(FIRST_BLOCK);
	return arena;
}

void
arena_reset(struct arena *arena)
{
	for (struct deferred *d = arena->deferred; d; d = d->next)
		d->release(d->what);
	arena->deferred = NULL;
	while (arena->blocks->next) {
		struct block *old = arena->blocks;

		arena->blocks = old->next;
		free(old);
	}
	arena->blocks->used = 0;
}

void
arena_free(struct arena *arena)
{
	if (!arena)
		return;
	arena_reset(arena);
	free(arena->blocks);
	free(arena);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block = arena->blocks;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) & ~(align - 1);
	if (block->size - block->used < size) {
		block = block_new(size > FIRST_BLOCK ? size : FIRST_BLOCK);
		block->next = arena->blocks;
		arena->blocks = block;
	}

	void *bytes = block->bytes + block->used;

	block->used += size;
	return memset(bytes, 0, size);
}

char *
arena_strndup(struct arena *arena, const char *text, size_t length)
{
	if (!text)
		return NULL;
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);

	if (length < 0)
		abort();
	char *text = arena_alloc(arena, (size_t)length + 1);

	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = arena_vprintf(arena, format, args);

	va_end(args);
	return text;
}

void
arena_defer(struct arena *arena, void (*release)(void *), void *what)
{
	struct deferred *d = arena_alloc(arena, sizeof *d);

	d->release = release;
	d->what = what;
	d->next = arena->deferred;
	arena->deferred = d;
}
