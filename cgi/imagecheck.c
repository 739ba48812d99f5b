/* imagecheck: decodes one untrusted image wholly (confined.h). Its line is
 *	ok
 *	refused WORD		unknown (neither PNG nor JPEG nor WebP), damaged, animated, too_large or too_complex */
#include "confined.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>
#include <png.h>
#include <webp/decode.h>

enum { SIDE_MOST = 4000 };

static void
size_check(uint64_t width, uint64_t height)
{
	if (width > SIDE_MOST || height > SIDE_MOST)
		confined_answer("refused too_large\n");
	if (!width || !height)
		confined_answer("refused damaged\n");
}

static void *
memory(size_t size)
{
	void *bytes = malloc(size);

	if (!bytes)
		confined_answer("refused too_complex\n");
	return bytes;
}

static void
png_check(const char *bytes, size_t size)
{
	png_image image = {.version = PNG_IMAGE_VERSION};

	if (!png_image_begin_read_from_memory(&image, bytes, size))
		confined_answer("refused damaged\n");
	size_check(image.width, image.height);
	image.format = PNG_FORMAT_RGBA;
	if (!png_image_finish_read(&image, NULL, memory(PNG_IMAGE_SIZE(image)), 0, NULL))
		confined_answer("refused damaged\n");
}

static void
jpeg_fails(j_common_ptr jpeg)
{
	confined_answer(jpeg->err->msg_code == JERR_OUT_OF_MEMORY ? "refused too_complex\n" : "refused damaged\n");
}

/* The decoder fills in for what is missing, and calls it a warning. Bytes too many are harmless. */
static void
jpeg_warns(j_common_ptr jpeg, int level)
{
	if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA)
		jpeg_fails(jpeg);
}

static void
jpeg_check(const char *bytes, size_t size)
{
	struct jpeg_decompress_struct jpeg = {0};
	struct jpeg_error_mgr errors;

	jpeg.err = jpeg_std_error(&errors);
	errors.error_exit = jpeg_fails;
	errors.emit_message = jpeg_warns;
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, (const unsigned char *)bytes, size);
	jpeg_read_header(&jpeg, TRUE);
	size_check(jpeg.image_width, jpeg.image_height);
	jpeg_start_decompress(&jpeg);

	JSAMPROW row = memory((size_t)jpeg.output_width * (size_t)jpeg.output_components);

	while (jpeg.output_scanline < jpeg.output_height)
		jpeg_read_scanlines(&jpeg, &row, 1);
	jpeg_finish_decompress(&jpeg);
}

static void
webp_check(const char *bytes, size_t size)
{
	const uint8_t *data = (const uint8_t *)bytes;
	WebPBitstreamFeatures features;
	int width, height;

	if (WebPGetFeatures(data, size, &features) != VP8_STATUS_OK)
		confined_answer("refused damaged\n");
	if (features.has_animation)
		confined_answer("refused animated\n");
	size_check((uint64_t)features.width, (uint64_t)features.height);
	if (!WebPDecodeRGBA(data, size, &width, &height))
		confined_answer("refused damaged\n");
}

static bool
begins(const char *bytes, size_t size, const char *with, size_t length)
{
	return size >= length && !memcmp(bytes, with, length);
}

static void
check(const char *bytes, size_t size)
{
	if (begins(bytes, size, "\x89PNG\r\n\x1a\n", 8))
		png_check(bytes, size);
	else if (begins(bytes, size, "\xff\xd8\xff", 3))
		jpeg_check(bytes, size);
	else if (begins(bytes, size, "RIFF", 4) && size >= 12 && !memcmp(bytes + 8, "WEBP", 4))
		webp_check(bytes, size);
	else
		confined_answer("refused unknown\n");
	confined_answer("ok\n");
}

int
main(int argc, char **argv)
{
	return confined_run(argc, argv, check);
}
