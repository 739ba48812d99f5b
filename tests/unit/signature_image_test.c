/* lib/signature_image: drawn signatures, hostile ones among them. */

#include "fixture.h"

#include <png.h>
#include <stdbool.h>

#include "signature_image.h"

static const unsigned char *clean;
static size_t clean_size;
static size_t size; /* of the PNG packed last */

/* A PNG of W x H in FORMAT, its pixels of BYTES. */
static const unsigned char *
packed(uint32_t w, uint32_t h, uint32_t format, const void *bytes)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .width = w, .height = h, .format = format};
	png_alloc_size_t length = PNG_IMAGE_PNG_SIZE_MAX(image);
	unsigned char *png = arena_alloc(arena, length);

	assert_true(png_image_write_to_memory(&image, png, &length, 0, bytes, 0, NULL));
	size = length;
	return (const unsigned char *)exactly(png, length);
}

/* 100 x 60 on a transparent or white ground, with a bar of COLOR from (20, 20) on, 40 x 4. */
static const unsigned char *
drawing(uint8_t ground_alpha, const uint8_t color[4])
{
	uint8_t *pixels = arena_alloc(arena, 100 * 60 * 4);

	for (int y = 0; y < 60; y++)
		for (int x = 0; x < 100; x++) {
			bool bar = x >= 20 && x < 60 && y >= 20 && y < 24;
			uint8_t ground[] = {255, 255, 255, ground_alpha};

			memcpy(pixels + (y * 100 + x) * 4, bar ? color : ground, 4);
		}
	return packed(100, 60, PNG_FORMAT_RGBA, pixels);
}

static enum signature_fault
check(const void *png, size_t length)
{
	clean = NULL;
	return signature_image_clean(arena, png, length, &clean, &clean_size);
}

static enum signature_fault
check_drawing(uint8_t ground_alpha, const uint8_t color[4])
{
	const unsigned char *png = drawing(ground_alpha, color);

	return check(png, size);
}

static enum signature_fault
check_packed(uint32_t w, uint32_t h, uint32_t format, const void *bytes)
{
	const unsigned char *png = packed(w, h, format, bytes);

	return check(png, size);
}

static const uint8_t blue[] = {20, 30, 90, 255}, white[] = {255, 255, 255, 255}, black[] = {0, 0, 0, 255};

static void
test_ink_is_kept_and_cropped(void **state)
{
	uint8_t pixels[48 * 12 * 2];
	png_image image = {.version = PNG_IMAGE_VERSION};

	(void)state;
	assert_int_equal(check_drawing(0, blue), SIGNATURE_FINE);
	assert_true(png_image_begin_read_from_memory(&image, clean, clean_size));
	assert_int_equal(image.width, 48); /* the bar and a margin of 4 */
	assert_int_equal(image.height, 12);
	image.format = PNG_FORMAT_GA;
	assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	assert_int_equal(pixels[0], 0);
	assert_int_equal(pixels[1], 0);
	assert_int_equal(pixels[(5 * 48 + 20) * 2], 0);
	assert_true(pixels[(5 * 48 + 20) * 2 + 1] > 200);
}

static void
test_the_same_ink_is_the_same_picture(void **state)
{
	const unsigned char *first;
	size_t first_size;

	(void)state;
	assert_int_equal(check_drawing(0, black), SIGNATURE_FINE);
	first = clean;
	first_size = clean_size;
	assert_int_equal(check_drawing(255, black), SIGNATURE_FINE); /* on white paper */
	assert_int_equal(clean_size, first_size);
	assert_memory_equal(clean, first, first_size);
	assert_int_equal(check(exactly(first, first_size), first_size), SIGNATURE_FINE); /* and made anew once more */
	assert_memory_equal(clean, first, first_size);
}

/* What is kept holds no chunk but IHDR, gAMA or sRGB, IDAT and IEND. */
static void
test_other_chunks_are_dropped(void **state)
{
	static const char *const kept[] = {"IHDR", "gAMA", "sRGB", "cHRM", "IDAT", "IEND"};
	size_t chunks = 0;

	(void)state;
	assert_int_equal(check_drawing(0, black), SIGNATURE_FINE);
	for (size_t at = 8; at + 12 <= clean_size;) {
		uint32_t length = (uint32_t)clean[at] << 24 | (uint32_t)clean[at + 1] << 16 | (uint32_t)clean[at + 2] << 8 | clean[at + 3];
		bool known = false;

		for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
			known = known || !memcmp(clean + at + 4, kept[i], 4);
		assert_true(known);
		at += 12 + length;
		chunks++;
	}
	assert_true(chunks >= 3);
}

static void
test_without_ink(void **state)
{
	uint8_t *all = arena_alloc(arena, 100 * 60 * 4);

	(void)state;
	assert_int_equal(check_drawing(0, white), SIGNATURE_BLANK);
	assert_int_equal(check_drawing(255, white), SIGNATURE_BLANK);
	assert_int_equal(check_drawing(0, (const uint8_t[]){0, 0, 0, 0}), SIGNATURE_BLANK);
	for (size_t i = 0; i < 100 * 60; i++)
		memcpy(all + i * 4, black, 4);
	assert_int_equal(check_packed(100, 60, PNG_FORMAT_RGBA, all), SIGNATURE_BLANK);
	assert_int_equal(check_packed(1, 1, PNG_FORMAT_RGBA, black), SIGNATURE_BLANK);
}

static void
test_bombs(void **state)
{
	static const uint32_t sizes[][2] = {{2001, 10}, {10, 1001}, {0, 10}, {10, 0}, {50000, 50000}, {0x7fffffff, 0x7fffffff}, {0xffffffff, 1}};
	uint8_t *wide = arena_alloc(arena, 2001 * 10 * 2);
	unsigned char *png;

	(void)state;
	assert_int_equal(check_packed(2001, 10, PNG_FORMAT_GA, wide), SIGNATURE_BAD);
	assert_int_equal(check_packed(2000, 10, PNG_FORMAT_GA, wide), SIGNATURE_BLANK); /* in bounds, empty */
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		png = memcpy(arena_alloc(arena, 4096), drawing(0, black), 64);
		for (int side = 0; side < 2; side++)
			for (int byte = 0; byte < 4; byte++)
				png[16 + side * 4 + byte] = (unsigned char)(sizes[i][side] >> (24 - byte * 8));
		assert_int_equal(check(exactly(png, size < 4096 ? size : 4096), size < 4096 ? size : 4096), SIGNATURE_BAD);
	}
}

static void
test_damaged(void **state)
{
	static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
	const unsigned char *png = drawing(0, black);

	(void)state;
	assert_int_equal(check(exactly(svg, sizeof svg - 1), sizeof svg - 1), SIGNATURE_BAD);
	assert_int_equal(check(exactly("", 0), 0), SIGNATURE_BAD);
	for (size_t length = 0; length < size; length++) /* cut off anywhere, also behind the pixels */
		assert_int_equal(check(exactly(png, length), length), SIGNATURE_BAD);
	for (size_t at = 0; at + 24 < size; at++) {
		unsigned char *broken = memcpy(arena_alloc(arena, size), png, size);

		broken[at] ^= 0x55;
		check(exactly(broken, size), size); /* whatever comes of it, nothing is overrun */
	}
}

static void
test_data_urls(void **state)
{
	static const char *const bad[] = {"", "data:image/png;base64,", "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png,x",
	    "data:image/png;base64,iVBORw0KGgo", "data:image/png;base64,iVB RK==", "data:image/png;base64,iV==Rw==",
	    "data:image/png;base64,====", "https://example.dk/a.png", "DATA:image/png;base64,iVBO"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(signature_image_decode(arena, bad[i], &size));

	const unsigned char *bytes = signature_image_decode(arena, "data:image/png;base64,iVBORw0=", &size);

	assert_int_equal(size, 5);
	assert_memory_equal(bytes, "\x89PNG\r", 5);
	assert_string_equal(signature_image_base64(arena, bytes, 5), "iVBORw0=");
	assert_string_equal(signature_image_base64(arena, bytes, 0), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ink_is_kept_and_cropped, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_same_ink_is_the_same_picture, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_other_chunks_are_dropped, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_without_ink, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bombs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_data_urls, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
