/* The keys. One master key a generation stands in the owner's file; the other files hold subkeys made
 * from it by HKDF (RFC 5869), each process having the file with the keys it needs and no other.
 * A file's lines read `purpose id base64url-key`; ids count the generations from 1. A subkey's line in the
 * owner's file stands for itself: so one purpose can get a new generation alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "problem.h"

enum { SECRET_BYTES = 32, SECRET_GENERATIONS = 255 };

enum secret_purpose {
	SECRET_master, /* the owner's: all others come from it */
	SECRET_link,   /* HMAC of link tokens */
	SECRET_seal,   /* AES-GCM of webhook secrets */
	SECRET_cookie, /* HMAC of access-code cookies */
	SECRET_code,   /* HMAC of one-time codes */
	SECRET_sign,   /* Ed25519 seed of the history's signatures */
	SECRET_PURPOSES
};

struct secrets;

/* Reads a file; the keys live as long as the arena. Names the file and line at fault, never a key. */
const struct problem *secrets_load(struct arena *arena, const char *path, struct secrets **secrets);

/* The key of a generation, or NULL; generation 0 asks for the newest, which *GENERATION then names
 * (GENERATION may be NULL). */
const unsigned char *secret_key(const struct secrets *secrets, enum secret_purpose purpose, int generation,
    int *newest);

/* Writes DIR/owner with a fresh master key and the subkey files sender, customer and worker; what is
 * there already is kept, and subkeys are made again from the owner's file. Modes are 0600. */
const struct problem *secrets_create(struct arena *arena, const char *dir);

/* A subkey of the owner's secrets: the one that its file names, else the one made from that generation's master key.
 * False when there is neither. */
bool secret_derive(const struct secrets *owner, enum secret_purpose purpose, int generation,
    unsigned char key[SECRET_BYTES]);

/* Adds a generation to the keys that sign, or to ALL, and writes the subkey files again; older generations stay. Gives the
 * new generation's number. */
const struct problem *secrets_rotate(struct arena *arena, const char *dir, bool all, int *generation);

/* Whether OTHER holds every key that SECRETS hold. */
bool secrets_within(const struct secrets *secrets, const struct secrets *other);

/* Makes OWNER the keys of DIR, and the subkey files from them. The owner's file that was there stays, as *KEPT (a path);
 * NULL when there was none. */
const struct problem *secrets_replace(struct arena *arena, const char *dir, const struct secrets *owner, const char **kept);

/* SIZE unguessable bytes. */
void random_bytes(unsigned char *bytes, size_t size);

/* HMAC-SHA-256 (RFC 2104) of SIZE bytes. */
void hmac_sha256(const unsigned char key[SECRET_BYTES], const void *bytes, size_t size,
    unsigned char out[32]);

/* AES-256-GCM: generation, nonce, ciphertext and tag in one. The sealed form is `\x…` hexadecimal, as
 * PostgreSQL takes bytea. CONTEXT (the tenant's id) is authenticated with it. */
const struct problem *seal(struct arena *arena, const struct secrets *secrets, const char *context,
    const unsigned char *plain, size_t size, const char **sealed);
const struct problem *unseal(struct arena *arena, const struct secrets *secrets, const char *context,
    const unsigned char *sealed, size_t size, const unsigned char **plain, size_t *plain_size);
