/* The one error value: a table of codes, and problems in an arena. */
#include "problem.h"

#include <string.h>

static const struct {
	const char *name;
	int status;
	const char *title;
} codes[] = {
#define X(code, status, title) {#code, status, title},
    PROBLEM_TABLE(X)
#undef X
};

const struct problem problem_answered;

struct problem *
problem_new(struct arena *arena, enum problem_code code, const char *format, ...)
{
	struct problem *problem = arena_alloc(arena, sizeof *problem);
	va_list args;

	problem->code = code;
	va_start(args, format);
	problem->detail = arena_vprintf(arena, format, args);
	va_end(args);
	return problem;
}

void
problem_add(struct arena *arena, struct problem **problem, const char *pointer, const char *format, ...)
{
	struct problem_item *item = arena_alloc(arena, sizeof *item);
	va_list args;

	item->pointer = arena_strdup(arena, pointer);
	va_start(args, format);
	item->detail = arena_vprintf(arena, format, args);
	va_end(args);
	if (!*problem)
		*problem = problem_new(arena, PROBLEM_invalid, "%s: %s", item->pointer, item->detail);

	struct problem_item **end = &(*problem)->items;

	while (*end)
		end = &(*end)->next;
	*end = item;
}

int
problem_status(const struct problem *problem)
{
	return codes[problem->code].status;
}

const char *
problem_name(const struct problem *problem)
{
	return codes[problem->code].name;
}

const char *
problem_title(const struct problem *problem)
{
	return codes[problem->code].title;
}

enum problem_code
problem_code_named(const char *name)
{
	for (int code = 0; code < PROBLEM_CODES; code++)
		if (!strcmp(codes[code].name, name))
			return (enum problem_code)code;
	return PROBLEM_internal;
}
