/* Fuzz target: lib/multipart. The input is the body; its boundary is "XX". */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "multipart.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What callers rely on: a part lies inside the body, and a file name can stand in a header and is no path. */
static void
check_part(const struct part *part, const uint8_t *body, size_t size)
{
	if (part->bytes < body || part->bytes + part->size > body + size || !*part->name)
		abort();
	if (part->filename && (strpbrk(part->filename, "/\\") || !utf8_one_line(part->filename)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	const char *header = arena_strndup(arena, (const char *)bytes, size < 200 ? size : 200);
	struct part *parts;
	size_t count;

	if (!multipart_parse(arena, "multipart/form-data; boundary=XX", bytes, size, 23, &parts, &count))
		for (size_t i = 0; i < count; i++)
			check_part(&parts[i], bytes, size);
	(void)!multipart_parse(arena, header, bytes, size, 23, &parts, &count);
	arena_free(arena);
	return 0;
}
