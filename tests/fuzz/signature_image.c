/* Fuzz target: lib/signature_image, as a PNG and as a data URL. What comes out goes in again and stays the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "signature_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	const unsigned char *clean, *again;
	size_t length, again_length;

	signature_image_decode(arena, arena_strndup(arena, (const char *)bytes, size), &length);
	if (signature_image_clean(arena, bytes, size, &clean, &length) == SIGNATURE_FINE) {
		enum signature_fault fault = signature_image_clean(arena, clean, length, &again, &again_length);

		/* Cropped to the ink, it may be more than half of it. */
		if (fault == SIGNATURE_BAD || (fault == SIGNATURE_FINE && (length != again_length || memcmp(clean, again, length))))
			abort();
	}
	arena_free(arena);
	return 0;
}
