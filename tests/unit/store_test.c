/* The store: bytes by their hash, and taking them out in two halves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "encode.h"
#include "store.h"

static const char tenant[] = "01a20a35-8adb-473f-ac18-5f9230a101e5";
static const char bytes[] = "some bytes";

struct fixture {
	struct arena *arena;
	char dir[64], sha256[SHA256_HEX];
	const char *path;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->arena = arena_new();
	strcpy(f->dir, "/tmp/portal-store-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	sha256_hex(bytes, strlen(bytes), f->sha256);
	f->path = arena_printf(f->arena, "%s/%s", f->dir, store_path(f->arena, tenant, f->sha256));
	*state = f;
	return store_put(f->arena, f->dir, tenant, f->sha256, bytes, strlen(bytes)) ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(arena_printf(f->arena, "%s/%s/%.2s", f->dir, tenant, f->sha256));
	rmdir(arena_printf(f->arena, "%s/%s", f->dir, tenant));
	rmdir(f->dir);
	arena_free(f->arena);
	free(f);
	return 0;
}

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
put_bytes_are_there_and_whole(void **state)
{
	struct fixture *f = *state;
	char sha256[SHA256_HEX];

	assert_true(store_hash(f->path, sha256));
	assert_string_equal(sha256, f->sha256);
	assert_null(store_put(f->arena, f->dir, tenant, f->sha256, bytes, strlen(bytes)));
}

static void
a_torn_file_is_written_anew(void **state)
{
	struct fixture *f = *state;
	char sha256[SHA256_HEX];

	assert_int_equal(chmod(f->path, 0640), 0);
	assert_int_equal(truncate(f->path, 3), 0);
	assert_null(store_put(f->arena, f->dir, tenant, f->sha256, bytes, strlen(bytes)));
	assert_true(store_hash(f->path, sha256));
	assert_string_equal(sha256, f->sha256);
}

static void
set_aside_can_be_dropped_or_taken_back(void **state)
{
	struct fixture *f = *state;

	assert_null(store_set_aside(f->arena, f->dir, tenant, f->sha256));
	assert_false(there(f->path));
	store_take_back(f->arena, f->dir, tenant, f->sha256);
	assert_true(there(f->path));
	assert_null(store_set_aside(f->arena, f->dir, tenant, f->sha256));
	store_drop_aside(f->arena, f->dir, tenant, f->sha256);
	assert_false(there(f->path));
	assert_null(store_set_aside(f->arena, f->dir, tenant, f->sha256));
	store_take_back(f->arena, f->dir, tenant, f->sha256);
	assert_false(there(f->path));
}

static void
seen(void *context, enum store_entry entry, const char *path, const char *whose, const char *sha256)
{
	int *counts = context;

	(void)path;
	assert_string_equal(whose, tenant);
	assert_true(entry == STORE_STRAY || strlen(sha256) == 64);
	counts[entry]++;
}

static void
walking_tells_what_each_file_is(void **state)
{
	struct fixture *f = *state;
	int counts[3] = {0};
	const char *stray = arena_printf(f->arena, "%s.77.new", f->path);

	assert_int_equal(link(f->path, stray), 0);
	store_walk(f->dir, -1, seen, counts);
	assert_int_equal(counts[STORE_FILE], 1);
	assert_int_equal(counts[STORE_STRAY], 1);
	store_walk(f->dir, 3600, seen, counts);
	assert_int_equal(counts[STORE_FILE], 1); /* too young */
	unlink(stray);
	assert_null(store_set_aside(f->arena, f->dir, tenant, f->sha256));
	store_walk(f->dir, -1, seen, counts);
	assert_int_equal(counts[STORE_ASIDE], 1);
	store_take_back(f->arena, f->dir, tenant, f->sha256);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(put_bytes_are_there_and_whole),
	    TEST(a_torn_file_is_written_anew),
	    TEST(set_aside_can_be_dropped_or_taken_back),
	    TEST(walking_tells_what_each_file_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
