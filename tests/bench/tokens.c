/* tokens SECRET-FILE: reads token ids (UUIDs), one a line, and prints the tokens of their links. */
#include <stdio.h>
#include <string.h>

#include "token.h"

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct secrets *secrets = NULL;
	const struct problem *problem = argc == 2 ? secrets_load(arena, argv[1], &secrets)
	    : problem_new(arena, PROBLEM_internal, "usage: tokens SECRET-FILE");
	char line[64];

	while (!problem && fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		const char *token = link_token(arena, secrets, line);

		if (token)
			puts(token);
		else
			problem = problem_new(arena, PROBLEM_internal, "%s is no UUID, or there is no key for links", line);
	}
	if (problem)
		fprintf(stderr, "tokens: %s\n", problem->detail);
	arena_free(arena);
	return problem ? 1 : 0;
}
