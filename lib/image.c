/* What imagecheck says of an image. */
#include "image.h"

#include <string.h>

static const struct {
	const char *line, *detail;
} refusals[] = {
    {"refused unknown", "is none of PNG, JPEG or WebP"},
    {"refused damaged", "is damaged: it cannot be decoded as PNG, JPEG or WebP"},
    {"refused animated", "moves: a still PNG, JPEG or WebP is needed"},
    {"refused too_large", "has more than 4000 pixels a side; a smaller PNG, JPEG or WebP is needed"},
    {CHECKER_TOO_COMPLEX, "takes too much to decode; a simpler PNG, JPEG or WebP is needed"},
};

const struct problem *
image_check(struct arena *arena, const char *pointer, int fd, off_t offset, size_t size)
{
	struct problem *problem = NULL;
	struct checker checker;
	const char *line;

	TRY(checker_beside(arena, "imagecheck", &checker));
	TRY(checker_run(arena, &checker, fd, offset, size, &line));
	if (!strcmp(line, "ok"))
		return NULL;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (!strcmp(line, refusals[i].line))
			problem_add(arena, &problem, pointer, "%s", refusals[i].detail);
	return problem ? problem : problem_new(arena, PROBLEM_internal, "imagecheck gave no known answer");
}
