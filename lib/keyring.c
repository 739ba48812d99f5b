/* Public keys that are trusted. */
#include "keyring.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "encode.h"
#include "json.h"
#include "sign.h"

enum { FILE_MOST = 1024 * 1024 };

struct key {
	const char *id;
	unsigned char bytes[SIGN_PUBLIC];
	struct key *older;
};

struct keyring {
	struct key *newest;
};

static struct key *
key_add(struct arena *arena, struct key ***end, const char *id)
{
	struct key *key = arena_alloc(arena, sizeof *key);

	key->id = arena_strdup(arena, id);
	**end = key;
	*end = &key->older;
	return key;
}

const struct problem *
keyring_read(struct arena *arena, struct json_object *keys, const struct keyring **ring)
{
	struct json_object *array = json_member(keys, "keys");
	struct keyring *fresh = arena_alloc(arena, sizeof *fresh);
	struct key **end = &fresh->newest;

	if (!json_object_is_type(array, json_type_array) || !json_object_array_length(array))
		return problem_new(arena, PROBLEM_bad_request, "there are no keys in it");
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *entry = json_object_array_get_idx(array, i);
		const char *id = json_text(entry, "id");
		int generation = id && !strncmp(id, "ed25519-", 8) ? atoi(id + 8) : 0;
		struct key *key;

		if (!id)
			return problem_new(arena, PROBLEM_bad_request, "/keys/%zu has no id", i);
		key = key_add(arena, &end, id);
		if (!sign_pem_read(arena, json_text(entry, "public_key_pem"), key->bytes))
			return problem_new(arena, PROBLEM_bad_request, "/keys/%zu/public_key_pem is no Ed25519 key", i);
		if (strcmp(id, sign_key_id(arena, generation, key->bytes)) != 0)
			return problem_new(arena, PROBLEM_bad_request, "the key under the id %s is another one", id);
	}
	*ring = fresh;
	return NULL;
}

const struct problem *
keyring_load(struct arena *arena, const char *path, const struct keyring **ring)
{
	FILE *file = fopen(path, "re");
	struct buf text = buf_new(arena, FILE_MOST);
	char bytes[8192];
	struct json_object *keys = NULL;
	const struct problem *problem;

	if (!file)
		return problem_new(arena, PROBLEM_bad_request, "%s: %s", path, strerror(errno));
	for (size_t size; (size = fread(bytes, 1, sizeof bytes, file)) > 0;)
		buf_add(&text, bytes, size);
	fclose(file);
	problem = json_parse(arena, text.bytes, text.length, JSON_DEPTH, &keys);
	if (!problem)
		problem = keyring_read(arena, keys, ring);
	return problem ? problem_new(arena, PROBLEM_bad_request, "%s: %s", path, problem->detail) : NULL;
}

const struct problem *
keyring_own(struct arena *arena, const struct secrets *owner, const struct keyring **ring)
{
	struct keyring *fresh = arena_alloc(arena, sizeof *fresh);
	struct key **end = &fresh->newest;
	unsigned char seed[SECRET_BYTES], bytes[SIGN_PUBLIC];

	for (int generation = SECRET_GENERATIONS; generation > 0; generation--) {
		if (!secret_derive(owner, SECRET_sign, generation, seed))
			continue;
		sign_public_key(seed, bytes);
		memcpy(key_add(arena, &end, sign_key_id(arena, generation, bytes))->bytes, bytes, sizeof bytes);
	}
	explicit_bzero(seed, sizeof seed);
	if (!fresh->newest)
		return problem_new(arena, PROBLEM_internal, "the key file holds no master key");
	*ring = fresh;
	return NULL;
}

static void
release(void *object)
{
	json_object_put(object);
}

struct json_object *
keyring_json(struct arena *arena, const struct keyring *ring)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();

	arena_defer(arena, release, object);
	json_object_object_add(object, "keys", array);
	for (const struct key *key = ring->newest; key; key = key->older) {
		struct json_object *entry = json_object_new_object();

		json_object_object_add(entry, "id", json_object_new_string(key->id));
		json_object_object_add(entry, "algorithm", json_object_new_string("Ed25519"));
		json_object_object_add(entry, "public_key_pem", json_object_new_string(sign_pem(arena, key->bytes)));
		json_object_array_add(array, entry);
	}
	return object;
}

const unsigned char *
keyring_key(const struct keyring *ring, const char *key_id)
{
	for (const struct key *key = ring->newest; key; key = key->older)
		if (!strcmp(key->id, key_id))
			return key->bytes;
	return NULL;
}

const char *
keyring_fault(const struct keyring *ring, struct arena *arena, const char *key_id, const char *statement,
    const char *signature)
{
	const unsigned char *key = keyring_key(ring, key_id);
	unsigned char bytes[SIGN_BYTES];

	if (!key)
		return arena_printf(arena, "was made with the key %s, which is not a trusted one", key_id);
	if (!base64_decode(signature, bytes, sizeof bytes) || !sign_verify(key, statement, strlen(statement), bytes))
		return arena_printf(arena, "was not made with the key %s", key_id);
	return NULL;
}
