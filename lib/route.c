/* Finding the handler of a path in a route table. */
#include <string.h>

#include "serve.h"

/* Matches one path against one pattern, segment by segment. */
static bool
path_match(struct arena *arena, const char *pattern, const char *path, const char *arguments[ARGUMENTS_MOST])
{
	size_t count = 0;

	while (*pattern && *path) {
		size_t in_pattern = strcspn(pattern + 1, "/") + 1, in_path = strcspn(path + 1, "/") + 1;

		if (pattern[1] == '{') {
			if (in_path == 1)
				return false;
			arguments[count++] = arena_strndup(arena, path + 1, in_path - 1);
		} else if (in_pattern != in_path || strncmp(pattern, path, in_path) != 0) {
			return false;
		}
		pattern += in_pattern;
		path += in_path;
	}
	return !*pattern && !*path;
}

/* HEAD is answered as GET, whose body nginx leaves out. */
static bool
method_match(const char *wanted, const char *method)
{
	return !strcmp(wanted, method) || (!strcmp(method, "HEAD") && !strcmp(wanted, "GET"));
}

const struct route *
route_find(struct arena *arena, const struct route *routes, const char *method, const char *path,
    const char *arguments[ARGUMENTS_MOST], const char **allowed)
{
	*allowed = NULL;
	if (*path != '/')
		return NULL;
	for (const struct route *route = routes; route->pattern; route++) {
		if (!path_match(arena, route->pattern, path, arguments))
			continue;
		if (method_match(route->method, method))
			return route;
		const char *methods = strcmp(route->method, "GET") ? route->method : "GET, HEAD";

		*allowed = *allowed ? arena_printf(arena, "%s, %s", *allowed, methods) : methods;
	}
	return NULL;
}

const char *
route_shared(struct arena *arena, const struct shared_path *shared, const char *path)
{
	const char *arguments[ARGUMENTS_MOST];

	for (; *path == '/' && shared && shared->pattern; shared++)
		if (path_match(arena, shared->pattern, path, arguments))
			return shared->methods;
	return NULL;
}
