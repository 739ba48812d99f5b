/* Public keys that are trusted, and what was signed with them. */
#pragma once

#include "arena.h"
#include "problem.h"
#include "secret.h"

struct json_object;
struct keyring;

/* Reads {"keys": [{"id", "public_key_pem", …}]}, as /.well-known/dokumentportal-keys.json and `portalctl keys` give
 * it. Problem: bad_request, saying what is wrong, also where an id is not its key's. */
const struct problem *keyring_read(struct arena *arena, struct json_object *keys, const struct keyring **ring);
const struct problem *keyring_load(struct arena *arena, const char *path, const struct keyring **ring);

/* The keys of all generations that the owner's key file stands for. */
const struct problem *keyring_own(struct arena *arena, const struct secrets *owner, const struct keyring **ring);

/* The ring as keyring_read() takes it, newest first. */
struct json_object *keyring_json(struct arena *arena, const struct keyring *ring);

/* The public key with this id, or NULL. */
const unsigned char *keyring_key(const struct keyring *ring, const char *key_id);

/* NULL when SIGNATURE (base64) is STATEMENT's by the key KEY_ID, else what is wrong with it, as the rest of a
 * sentence that begins with "the signature". */
const char *keyring_fault(const struct keyring *ring, struct arena *arena, const char *key_id, const char *statement,
    const char *signature);
