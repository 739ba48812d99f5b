/* Zip archives: whether every program that unpacks one finds the same members in it.
 * The names, sizes and places stand in the members' own headers and again in the central directory (APPNOTE 6.3, sections
 * 4.3.6 to 4.3.16). Programs read one or the other, and pass over what lies between, before and behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zip.h"

enum {
	LOCAL_SIZE = 30, ENTRY_SIZE = 46, END_SIZE = 22, DESCRIPTOR_SIZE = 12, SIGNATURE_SIZE = 4,
	DIRECTORY_MOST = 32 * 1024 * 1024,
	FLAG_ENCRYPTED = 1 << 0, FLAG_DESCRIPTOR = 1 << 3, /* section 4.4.4 */
	EXTRA_UNICODE_PATH = 0x7075,                       /* another name, section 4.6.9 */
	HOST_UNIX = 3,
};

/* One entry of the central directory; AT is where the member begins. */
struct entry {
	uint32_t at, packed, size, crc;
	uint16_t flags, method, name_length;
	const unsigned char *name;
};

struct layout {
	struct arena *arena;
	int fd;
	int64_t size; /* of the file */
	struct entry *entries;
	int count;
	int64_t directory; /* where it begins */
};

static uint16_t
number16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t
number32(const unsigned char *at)
{
	return number16(at) | (uint32_t)number16(at + 2) << 16;
}

static bool
bytes_read(const struct layout *layout, int64_t at, void *bytes, size_t size)
{
	return at >= 0 && pread(layout->fd, bytes, size, at) == (ssize_t)size;
}

static bool
extra_names(const unsigned char *extra, size_t length)
{
	for (size_t at = 0; at + 4 <= length; at += 4u + number16(extra + at + 2))
		if (number16(extra + at) == EXTRA_UNICODE_PATH)
			return true;
	return false;
}

/* Takes one entry of the LEFT bytes from AT on; gives its length, or 0 with *FAULT. */
static size_t
entry_take(struct arena *arena, const unsigned char *at, size_t left, struct entry *entry, const char **fault)
{
	size_t length = left < ENTRY_SIZE ? 0 : (size_t)ENTRY_SIZE + number16(at + 28) + number16(at + 30) + number16(at + 32);
	unsigned kind;

	*fault = "its directory cannot be read";
	if (!length || length > left || memcmp(at, "PK\1\2", SIGNATURE_SIZE) != 0)
		return 0;
	*entry = (struct entry){.flags = number16(at + 8), .method = number16(at + 10), .crc = number32(at + 16),
	    .packed = number32(at + 20), .size = number32(at + 24), .name_length = number16(at + 28), .at = number32(at + 42),
	    .name = at + ENTRY_SIZE};
	kind = at[5] == HOST_UNIX ? number32(at + 38) >> 16 & S_IFMT : 0;
	if (kind && kind != S_IFREG && kind != S_IFDIR)
		*fault = arena_printf(arena, "%.*s is no plain file", entry->name_length, (const char *)entry->name);
	else if (entry->flags & FLAG_ENCRYPTED)
		*fault = arena_printf(arena, "%.*s is encrypted", entry->name_length, (const char *)entry->name);
	else if (memchr(entry->name, 0, entry->name_length) || extra_names(entry->name + entry->name_length, number16(at + 30)))
		*fault = arena_printf(arena, "%.*s has a second name", entry->name_length, (const char *)entry->name);
	else
		*fault = NULL;
	return *fault ? 0 : length;
}

/* The end record is the last thing of the file, so that nobody can take another for it. */
static const char *
directory_read(struct layout *layout)
{
	unsigned char end[END_SIZE], *bytes;
	const char *fault = NULL;
	int64_t size;

	if (!bytes_read(layout, layout->size - END_SIZE, end, END_SIZE) || memcmp(end, "PK\5\6", SIGNATURE_SIZE) != 0 ||
	    number16(end + 20) != 0)
		return "something stands after its end";
	layout->count = number16(end + 10);
	layout->directory = number32(end + 16);
	size = number32(end + 12);
	if (number16(end + 4) || number16(end + 6) || number16(end + 8) != layout->count)
		return "it is a part of an archive";
	if (size > DIRECTORY_MOST || layout->directory + size != layout->size - END_SIZE)
		return "its directory does not stand where its end says";
	bytes = arena_alloc(layout->arena, (size_t)size + 1);
	layout->entries = arena_alloc(layout->arena, ((size_t)layout->count + 1) * sizeof *layout->entries);
	if (!bytes_read(layout, layout->directory, bytes, (size_t)size))
		return "its directory cannot be read";
	for (int i = 0; i < layout->count; i++) {
		size_t length = entry_take(layout->arena, bytes, (size_t)size, &layout->entries[i], &fault);

		if (fault)
			return fault;
		bytes += length;
		size -= (int64_t)length;
	}
	return size ? "its directory holds more than its members" : NULL;
}

static bool
sums_same(const struct entry *entry, const unsigned char *sums)
{
	return number32(sums) == entry->crc && number32(sums + 4) == entry->packed && number32(sums + 8) == entry->size;
}

/* The length of the record behind a member's bytes that says their sum and size once more; 0: there is none that fits. */
static int64_t
descriptor_length(const struct layout *layout, const struct entry *entry, int64_t at)
{
	unsigned char bytes[SIGNATURE_SIZE + DESCRIPTOR_SIZE];

	if (bytes_read(layout, at, bytes, sizeof bytes) && !memcmp(bytes, "PK\7\10", SIGNATURE_SIZE) &&
	    sums_same(entry, bytes + SIGNATURE_SIZE))
		return sizeof bytes;
	return bytes_read(layout, at, bytes, DESCRIPTOR_SIZE) && sums_same(entry, bytes) ? DESCRIPTOR_SIZE : 0;
}

/* Whether the header before the member's bytes says what the directory says; where bytes and descriptor end is *END. */
static bool
member_same(const struct layout *layout, const struct entry *entry, int64_t *end)
{
	static const unsigned char unset[DESCRIPTOR_SIZE];
	unsigned char head[LOCAL_SIZE], *rest;
	size_t length;

	if (!bytes_read(layout, entry->at, head, LOCAL_SIZE) || memcmp(head, "PK\3\4", SIGNATURE_SIZE) != 0 ||
	    number16(head + 6) != entry->flags || number16(head + 8) != entry->method || number16(head + 26) != entry->name_length)
		return false;
	length = (size_t)entry->name_length + number16(head + 28);
	rest = arena_alloc(layout->arena, length + 1);
	if (!bytes_read(layout, (int64_t)entry->at + LOCAL_SIZE, rest, length) || memcmp(rest, entry->name, entry->name_length) != 0 ||
	    extra_names(rest + entry->name_length, number16(head + 28)))
		return false;
	*end = (int64_t)entry->at + LOCAL_SIZE + (int64_t)length + entry->packed;
	if (!(entry->flags & FLAG_DESCRIPTOR))
		return sums_same(entry, head + 14);

	int64_t descriptor = descriptor_length(layout, entry, *end);

	*end += descriptor;
	/* Sum and sizes were not known yet, or some of them. */
	for (int i = 14; i < 26; i += 4)
		if (memcmp(head + i, unset, 4) != 0 && number32(head + i) != (i == 14 ? entry->crc : i == 18 ? entry->packed : entry->size))
			return false;
	return descriptor > 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;

	return one->at < other->at ? -1 : one->at > other->at;
}

/* Member follows member from the first byte to the directory. */
static const char *
members_follow(struct layout *layout)
{
	int64_t at = 0;

	qsort(layout->entries, (size_t)layout->count, sizeof *layout->entries, by_place);
	for (int i = 0; i < layout->count; i++) {
		const struct entry *entry = &layout->entries[i];

		if (entry->at != at)
			return arena_printf(layout->arena, "before %.*s there is what its directory does not name", entry->name_length,
			    (const char *)entry->name);
		if (!member_same(layout, entry, &at))
			return arena_printf(layout->arena, "its directory says otherwise than the member that it calls %.*s",
			    entry->name_length, (const char *)entry->name);
	}
	return at == layout->directory ? NULL : "before its directory there is what that does not name";
}

const char *
zip_layout_fault(struct arena *arena, const char *path)
{
	struct layout layout = {.arena = arena, .fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct stat status;
	const char *fault;

	if (layout.fd < 0)
		return arena_strdup(arena, strerror(errno));
	if (fstat(layout.fd, &status) < 0) {
		fault = strerror(errno);
	} else {
		layout.size = status.st_size;
		fault = directory_read(&layout);
		if (!fault)
			fault = members_follow(&layout);
	}
	close(layout.fd);
	return fault;
}
