/* lib/zip: archives that not every program reads alike. */

#include "fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "zip.h"

static char path[] = "/tmp/zip-test-XXXXXX";
static unsigned char *bytes;
static size_t size;

static void
file_write(const void *content, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* An archive as the portal makes them, of the members "a.txt", "b.txt" and the empty "c.txt". */
static void
archive_make(void)
{
	struct zip *zip;
	FILE *file;

	assert_null(zip_create(arena, path, 1764000000, &zip));
	assert_null(zip_add(zip, "a.txt", "first", 5));
	assert_null(zip_add(zip, "b.txt", "other", 5));
	assert_null(zip_add(zip, "c.txt", "", 0));
	assert_null(zip_close(zip));
	file = fopen(path, "r");
	bytes = arena_alloc(arena, 10000);
	size = fread(bytes, 1, 10000, file);
	fclose(file);
	assert_true(size > 100 && size < 5000);
}

/* The place of the N-th TEXT, from 1. */
static unsigned char *
place(const char *text, int n)
{
	unsigned char *at = bytes - 1;

	while (n-- > 0) {
		at = memmem(at + 1, (size_t)(bytes + size - at - 1), text, strlen(text));
		assert_non_null(at);
	}
	return at;
}

static void
fault(const char *expected)
{
	const char *found;

	file_write(bytes, size);
	found = zip_layout_fault(arena, path);
	if (!expected)
		assert_null(found);
	else if (!found || !strstr(found, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, found ? found : "no fault");
}

static void
test_own(void **state)
{
	(void)state;
	archive_make();
	fault(NULL);
}

static void
test_names_swapped(void **state)
{
	(void)state;
	archive_make();
	place("a.txt", 2)[0] = 'b';
	place("b.txt", 3)[0] = 'a';
	fault("the member that it calls b.txt");
}

static void
test_sizes_sums(void **state)
{
	(void)state;
	for (int at = 8; at < 28; at++) {
		if (at >= 12 && at < 16)
			continue; /* time */
		archive_make();
		place("PK\1\2", 2)[at] ^= 0x10;
		file_write(bytes, size);
		assert_non_null(zip_layout_fault(arena, path));
	}
}

static void
test_around(void **state)
{
	unsigned char *whole;

	(void)state;
	archive_make();
	whole = arena_alloc(arena, 2 * size + 2);
	memcpy(whole, bytes, size);
	memcpy(whole + size, bytes, size);
	file_write(whole, 2 * size);
	assert_non_null(zip_layout_fault(arena, path));
	/* Offsets that were made to fit. */
	memcpy(whole, "x", 1);
	memcpy(whole + 1, bytes, size);
	bytes = whole;
	size++;
	for (int n = 1; n <= 3; n++)
		place("PK\1\2", n)[42]++;
	place("PK\5\6", 1)[16]++;
	fault("before a.txt there is");
	size++;
	fault("something stands after its end");
}

static void
test_unnamed(void **state)
{
	unsigned char *end;

	(void)state;
	/* The directory forgets its first member. */
	archive_make();
	end = place("PK\5\6", 1);
	size_t first = (size_t)(place("PK\1\2", 2) - place("PK\1\2", 1)), rest = (size_t)(bytes + size - place("PK\1\2", 2));

	end[8]--;
	end[10]--;
	end[12] = (unsigned char)(end[12] - first);
	memmove(place("PK\1\2", 1), place("PK\1\2", 2), rest);
	size -= first;
	fault("before b.txt there is");
	/* Its last one. */
	archive_make();
	end = place("PK\5\6", 1);
	first = (size_t)(end - place("PK\1\2", 3));
	end[8]--;
	end[10]--;
	end[12] = (unsigned char)(end[12] - first);
	memmove(place("PK\1\2", 3), end, 22);
	size -= first;
	fault("before its directory there is");
}

static void
test_kinds(void **state)
{
	(void)state;
	archive_make();
	assert_int_equal(place("PK\1\2", 1)[5], 3);
	place("PK\1\2", 1)[41] = 0xa1; /* a symbolic link */
	fault("a.txt is no plain file");
	archive_make();
	place("PK\1\2", 1)[8] |= 1;
	fault("a.txt is encrypted");
	archive_make();
	place("b.txt", 2)[1] = 0;
	fault("has a second name");
}

static void
test_cut(void **state)
{
	(void)state;
	archive_make();
	for (size_t length = 0; length < size; length++) {
		file_write(exactly(bytes, length), length);
		assert_non_null(zip_layout_fault(arena, path));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_swapped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes_sums, setup, teardown),
		cmocka_unit_test_setup_teardown(test_around, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unnamed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
	};
	int fd = mkstemp(path), result;

	close(fd);
	result = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return result;
}
