/* Fuzz target: lib/content_type. The first byte picks the extension, the rest is the file. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "content_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const names[] = {"a.docx", "a.odt", "a.txt", "a.pdf", "a.dwg", "a.ifc", "a.exe", ""};
	struct arena *arena = arena_new();
	const char *type = NULL;

	if (size && !content_type_check(arena, "/attachment", names[bytes[0] % 8], bytes + 1, size - 1, &type) && !type)
		abort();
	arena_free(arena);
	return 0;
}
