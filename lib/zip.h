/* Zip archives by libarchive: written stored and with one time, so that the same members make the same bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "arena.h"
#include "problem.h"

struct zip;

/* Begins an archive in the fresh file PATH; TIME is every member's. The arena releases what zip_close() did not. */
const struct problem *zip_create(struct arena *arena, const char *path, time_t time, struct zip **zip);

/* Adds a member from memory, or from a file of SIZE bytes with this hash, read piece by piece. Names are ASCII. Problems:
 * unavailable where there is no room, or the file is not there or not that one any more. */
const struct problem *zip_add(struct zip *zip, const char *name, const void *bytes, size_t size);
const struct problem *zip_add_file(struct zip *zip, const char *name, const char *path, int64_t size,
    const char *sha256);

/* Writes what is left and closes the file. */
const struct problem *zip_close(struct zip *zip);

/* A member of an archive that is read. BYTES is set only where KEEP asked for it. */
struct zip_member {
	const char *name;
	char sha256[65];
	int64_t size;
	const char *bytes; /* terminated besides */
	struct zip_member *next;
};

/* Reads an archive that anybody may have made: hashes every member, keeps the bytes of those that KEEP names, of
 * at most KEPT_MOST bytes in all. *MEMBERS are in the archive's order. *DAMAGE says why reading ended early, or is NULL.
 * Problem: bad_request where the file cannot be opened. */
const struct problem *zip_read(struct arena *arena, const char *path, bool (*keep)(const char *name), size_t kept_most,
    struct zip_member **members, const char **damage);

/* Why programs that unpack this archive may find different members in it, or NULL: its central directory and the members'
 * own headers say the same, and nothing lies before, between or behind them. Zip64 is not taken. */
const char *zip_layout_fault(struct arena *arena, const char *path);
