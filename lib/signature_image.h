/* Drawn signatures: a PNG from a browser (W3C PNG, third edition), taken apart and made anew, so that nothing of what was
 * sent but the ink is kept. */
#pragma once

#include <stddef.h>

#include "arena.h"

enum {
	SIGNATURE_WIDTH = 2000, SIGNATURE_HEIGHT = 1000, /* pixels at most; looked at before anything is unpacked */
	SIGNATURE_INK = 40,                              /* pixels at least; less is a slip of the pen */
};

enum signature_fault {
	SIGNATURE_FINE,
	SIGNATURE_BLANK, /* a picture without ink, or all ink */
	SIGNATURE_BAD,   /* no PNG, a damaged one, or beyond the bounds */
};

/* The bytes of a data URL (RFC 2397) "data:image/png;base64,…"; NULL when URL is anything else. */
const unsigned char *signature_image_decode(struct arena *arena, const char *url, size_t *size);

/* Makes of PNG the picture that is kept: black ink on a transparent ground, 8 bits of gray and of alpha, cropped to the
 * ink, without any chunk that it does not need. *CLEAN lives in ARENA and is set only when fine. The same ink gives the
 * same bytes. */
enum signature_fault signature_image_clean(struct arena *arena, const void *png, size_t size,
    const unsigned char **clean, size_t *clean_size);

/* Bytes as base64 in one line. */
const char *signature_image_base64(struct arena *arena, const unsigned char *bytes, size_t size);
