/* The store: immutable files named by their hash, DIR/{tenant}/{first two digits}/{sha256}. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "problem.h"

/* The path of some bytes below the store's folder, without a leading slash. */
const char *store_path(struct arena *arena, const char *tenant, const char *sha256);

/* Puts SIZE bytes there, if they are not yet, and returns when they and their folders are on the disk.
 * The caller holds the bytes' lock (sender_lock_files). A full disk is PROBLEM_unavailable. */
const struct problem *store_put(struct arena *arena, const char *dir, const char *tenant, const char *sha256,
    const void *bytes, size_t size);

/* The whole of some stored bytes, in ARENA. Problem: internal when they cannot be read. */
const struct problem *store_read(struct arena *arena, const char *dir, const char *tenant, const char *sha256,
    const void **bytes, size_t *size);

/* Taking a file out has two halves around the commit that says so: set aside, then drop, or take back
 * when the commit failed. Setting aside what is not there is fine. */
const struct problem *store_set_aside(struct arena *arena, const char *dir, const char *tenant, const char *sha256);
void store_drop_aside(struct arena *arena, const char *dir, const char *tenant, const char *sha256);
void store_take_back(struct arena *arena, const char *dir, const char *tenant, const char *sha256);

/* Calls SEEN for every file older than AGE seconds that is named like one of the store's; `aside` ones are
 * those set aside by a process that died, `stray` ones unfinished writes, which have no hash. */
enum store_entry { STORE_FILE, STORE_ASIDE, STORE_STRAY };
typedef void store_seen(void *context, enum store_entry entry, const char *path, const char *tenant, const char *sha256);
void store_walk(const char *dir, long age, store_seen *seen, void *context);

/* Removes the files of DIR/FOLDER that nobody has touched for AGE seconds. */
void store_sweep(const char *dir, const char *folder, long age);

/* The SHA-256 of a stored file's bytes as it is now; false when it cannot be read. */
bool store_hash(const char *path, char sha256[65]);

/* Bytes that may still be written below DIR; 0 when that cannot be told. */
unsigned long long store_free(const char *dir);
