/* Drawn signatures, by libpng's simplified interface. It bounds what packed chunks may unpack to (8 MB) and skips those
 * that a picture does not need; the pixels are bounded by us, before it starts. */
#include "signature_image.h"

#include <openssl/evp.h>
#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MARGIN = 4, SOLID = 128, CHANNELS = 2 };

struct ink {
	uint8_t *pixels; /* gray and alpha */
	size_t width, height, count;
	size_t left, top, right, bottom; /* of the ink; right and bottom behind it */
};

const unsigned char *
signature_image_decode(struct arena *arena, const char *url, size_t *size)
{
	static const char prefix[] = "data:image/png;base64,";
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (strncmp(url, prefix, sizeof prefix - 1) != 0)
		return NULL;
	url += sizeof prefix - 1;

	size_t length = strlen(url), plain = strspn(url, digits), padding = strspn(url + plain, "=");

	if (!length || length % 4 || length > INT32_MAX || plain + padding != length || padding > 2)
		return NULL;

	unsigned char *bytes = arena_alloc(arena, length / 4 * 3 + 1);

	*size = (size_t)EVP_DecodeBlock(bytes, (const unsigned char *)url, (int)length) - padding;
	return bytes;
}

const char *
signature_image_base64(struct arena *arena, const unsigned char *bytes, size_t size)
{
	char *text = arena_alloc(arena, size / 3 * 4 + 5);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
	return text;
}

static uint32_t
number(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Signature and IHDR with a size that we take: what a bomb announces is refused before it unpacks. */
static bool
size_fits(const uint8_t *png, size_t size)
{
	static const uint8_t start[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};

	if (size < sizeof start + 17 || memcmp(png, start, sizeof start) != 0)
		return false;

	uint32_t width = number(png + sizeof start), height = number(png + sizeof start + 4);

	return width && height && width <= SIGNATURE_WIDTH && height <= SIGNATURE_HEIGHT;
}

/* Whether chunk follows chunk to the end that IEND marks. libpng stops at the last pixel and does not miss it. */
static bool
is_whole(const uint8_t *png, size_t size)
{
	enum { SIGNATURE = 8, FRAME = 12 }; /* a chunk's length, type and check sum */

	for (size_t at = SIGNATURE; at + FRAME <= size;) {
		size_t length = number(png + at);

		if (length > size - at - FRAME)
			return false;
		if (!memcmp(png + at + 4, "IEND", 4))
			return !length;
		at += FRAME + length;
	}
	return false;
}

static bool
unpack(struct arena *arena, const void *png, size_t size, struct ink *ink)
{
	png_image image = {.version = PNG_IMAGE_VERSION};

	if (!size_fits(png, size) || !is_whole(png, size) || !png_image_begin_read_from_memory(&image, png, size))
		return false;
	image.format = PNG_FORMAT_GA;
	ink->width = image.width;
	ink->height = image.height;
	ink->pixels = arena_alloc(arena, PNG_IMAGE_SIZE(image));

	/* A warning is no reason to refuse, an error is. */
	bool fine = png_image_finish_read(&image, NULL, ink->pixels, 0, NULL) && !PNG_IMAGE_FAILED(image);

	png_image_free(&image);
	return fine;
}

/* Black as dense as the pixel was dark and solid; and where the ink lies. */
static void
blacken(struct ink *ink)
{
	ink->left = ink->width;
	ink->top = ink->height;
	for (size_t y = 0; y < ink->height; y++) {
		for (size_t x = 0; x < ink->width; x++) {
			uint8_t *pixel = ink->pixels + (y * ink->width + x) * CHANNELS;

			pixel[1] = (uint8_t)((255 - pixel[0]) * pixel[1] / 255);
			pixel[0] = 0;
			if (pixel[1] < SOLID)
				continue;
			ink->count++;
			ink->left = x < ink->left ? x : ink->left;
			ink->right = x >= ink->right ? x + 1 : ink->right;
			ink->top = y < ink->top ? y : ink->top;
			ink->bottom = y + 1;
		}
	}
}

static void
crop(struct ink *ink)
{
	ink->left -= ink->left < MARGIN ? ink->left : MARGIN;
	ink->top -= ink->top < MARGIN ? ink->top : MARGIN;
	ink->right += ink->width - ink->right < MARGIN ? ink->width - ink->right : MARGIN;
	ink->bottom += ink->height - ink->bottom < MARGIN ? ink->height - ink->bottom : MARGIN;
}

enum signature_fault
signature_image_clean(struct arena *arena, const void *png, size_t size, const unsigned char **clean, size_t *clean_size)
{
	struct ink ink = {0};

	if (!unpack(arena, png, size, &ink))
		return SIGNATURE_BAD;
	blacken(&ink);
	if (ink.count < SIGNATURE_INK || ink.count > ink.width * ink.height / 2)
		return SIGNATURE_BLANK;
	crop(&ink);

	png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GA,
	    .width = (png_uint_32)(ink.right - ink.left), .height = (png_uint_32)(ink.bottom - ink.top)};
	const uint8_t *first = ink.pixels + (ink.top * ink.width + ink.left) * CHANNELS;
	png_alloc_size_t length = PNG_IMAGE_PNG_SIZE_MAX(image);
	unsigned char *bytes = arena_alloc(arena, length);

	if (!png_image_write_to_memory(&image, bytes, &length, 0, first, (png_int_32)(ink.width * CHANNELS), NULL))
		return SIGNATURE_BAD;
	*clean = bytes;
	*clean_size = length;
	return SIGNATURE_FINE;
}
