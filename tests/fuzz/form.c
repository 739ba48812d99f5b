/* Fuzz target: lib/form. The input is read as a form and as a Cookie header. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	struct form *form;
	int64_t number = 0;

	if (!form_parse(arena, (const char *)bytes, size, 20, &form)) {
		for (size_t i = 0; i < form->count; i++)
			if (form_get(form, form->names[i]) != form->values[i] ||
			    !utf8_valid(form->values[i], strlen(form->values[i])))
				abort();
		if (!form_int(arena, form, "n", -5, 100, &number) && (number < -5 || number > 100))
			abort();
	}
	cookie_get(arena, arena_strndup(arena, (const char *)bytes, size), "a");
	arena_free(arena);
	return 0;
}
