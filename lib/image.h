/* Is an image one that browsers can show? PNG, JPEG and WebP, asked of the child process `imagecheck`: a file of 1 KB can
 * unfold to gigabytes, and decoders have had their holes. */
#pragma once

#include "checker.h"

/* Decodes the SIZE bytes at OFFSET of FD wholly. NULL when they are a still image of at most 4000 pixels each way; or
 * `invalid` at POINTER, saying what is wrong; or internal. */
const struct problem *image_check(struct arena *arena, const char *pointer, int fd, off_t offset, size_t size);
