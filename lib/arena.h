/* Memory that dies together: one arena per request, job or command. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena. Memory running out ends the process: nothing of ours can go on without it. */
struct arena *arena_new(void);

/* Frees the arena and everything taken from it. Accepts NULL. */
void arena_free(struct arena *arena);

/* Forgets everything taken from the arena, but keeps a first block for the next request. */
void arena_reset(struct arena *arena);

/* SIZE zeroed bytes, aligned for any type; they live as long as the arena. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull, warn_unused_result));

/* Copies of a string; NULL stays NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);

/* printf into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), returns_nonnull));

/* Runs RELEASE(WHAT) when the arena is reset or freed: for objects of other libraries. */
void arena_defer(struct arena *arena, void (*release)(void *), void *what);
