/* The key files: reading, deriving, writing. */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "encode.h"

static const char *const purposes[SECRET_PURPOSES] = {
    [SECRET_master] = "master", [SECRET_link] = "link", [SECRET_seal] = "seal",
    [SECRET_cookie] = "cookie", [SECRET_code] = "code", [SECRET_sign] = "sign"};

/* Which file holds which subkeys. */
static const struct {
	const char *file;
	enum secret_purpose purposes[4];
	size_t count;
} files[] = {
    {"sender", {SECRET_link, SECRET_seal}, 2},
    {"customer", {SECRET_link, SECRET_cookie, SECRET_code}, 3},
    {"worker", {SECRET_link, SECRET_seal, SECRET_code, SECRET_sign}, 4},
};

struct secrets {
	unsigned char keys[SECRET_PURPOSES][SECRET_GENERATIONS + 1][SECRET_BYTES];
	bool held[SECRET_PURPOSES][SECRET_GENERATIONS + 1];
	int newest[SECRET_PURPOSES];
};

void
random_bytes(unsigned char *bytes, size_t size)
{
	if (RAND_bytes(bytes, (int)size) != 1)
		abort();
}

/* Finding the algorithm costs many times what the digest of a token does, so it is found once a process. */
static EVP_MAC_CTX *
hmac_context(void)
{
	static EVP_MAC_CTX *context;
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};

	if (!context) {
		EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

		context = EVP_MAC_CTX_new(hmac);
		EVP_MAC_free(hmac);
		if (!context || !EVP_MAC_CTX_set_params(context, parameters))
			abort();
	}
	return context;
}

void
hmac_sha256(const unsigned char key[SECRET_BYTES], const void *bytes, size_t size, unsigned char out[32])
{
	EVP_MAC_CTX *context = hmac_context();
	size_t length;

	if (!EVP_MAC_init(context, key, SECRET_BYTES, NULL) || !EVP_MAC_update(context, bytes, size) ||
	    !EVP_MAC_final(context, out, &length, 32))
		abort();
}

static bool
line_read(struct secrets *secrets, char *line)
{
	char *rest = NULL;
	const char *name = strtok_r(line, " \n", &rest);
	const char *id = strtok_r(NULL, " \n", &rest), *key = strtok_r(NULL, " \n", &rest);
	int generation = id ? atoi(id) : 0;

	if (!name || *name == '#')
		return true;
	if (!key || strtok_r(NULL, " \n", &rest) || generation < 1 || generation > SECRET_GENERATIONS)
		return false;
	for (int p = 0; p < SECRET_PURPOSES; p++) {
		if (strcmp(name, purposes[p]))
			continue;
		secrets->held[p][generation] = true;
		if (generation > secrets->newest[p])
			secrets->newest[p] = generation;
		return base64url_decode(key, secrets->keys[p][generation], SECRET_BYTES);
	}
	return false;
}

const struct problem *
secrets_load(struct arena *arena, const char *path, struct secrets **secrets)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool fine = true;
	int number = 0;

	if (!file)
		return problem_new(arena, PROBLEM_internal, "%s: %s", path, strerror(errno));
	*secrets = arena_alloc(arena, sizeof **secrets);
	while (fine && fgets(line, sizeof line, file)) {
		number++;
		fine = line_read(*secrets, line);
	}
	explicit_bzero(line, sizeof line);
	fclose(file);
	if (!fine)
		return problem_new(arena, PROBLEM_internal, "%s: line %d is not `purpose id key`", path, number);
	return NULL;
}

const unsigned char *
secret_key(const struct secrets *secrets, enum secret_purpose purpose, int generation, int *newest)
{
	if (newest)
		*newest = secrets->newest[purpose];
	if (!generation)
		generation = secrets->newest[purpose];
	if (generation < 1 || generation > SECRET_GENERATIONS || !secrets->held[purpose][generation])
		return NULL;
	return secrets->keys[purpose][generation];
}

/* HKDF-SHA-256 of the master key; the purpose is the info. */
static void
subkey(const unsigned char *master, enum secret_purpose purpose, unsigned char key[SECRET_BYTES])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	char info[64];
	int length = snprintf(info, sizeof info, "dokumentportal %s", purposes[purpose]);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master, SECRET_BYTES),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)length),
	    OSSL_PARAM_construct_end()};

	if (!context || EVP_KDF_derive(context, key, SECRET_BYTES, params) != 1)
		abort();
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
}

/* Writes a whole file, or leaves what was there. */
static const struct problem *
file_write(struct arena *arena, const char *path, const struct buf *text)
{
	const char *fresh = arena_printf(arena, "%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool fine = fd >= 0 && write(fd, text->bytes, text->length) == (ssize_t)text->length && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (fine && rename(fresh, path) == 0)
		return NULL;
	return problem_new(arena, PROBLEM_internal, "%s: %s", path, strerror(fine ? errno : error));
}

static void
line_write(struct arena *arena, struct buf *out, enum secret_purpose purpose, int generation,
    const unsigned char *key)
{
	buf_printf(out, "%s %d %s\n", purposes[purpose], generation,
	    base64url_encode(arena, key, SECRET_BYTES));
}

bool
secret_derive(const struct secrets *owner, enum secret_purpose purpose, int generation, unsigned char key[SECRET_BYTES])
{
	const unsigned char *own = secret_key(owner, purpose, generation, NULL);
	const unsigned char *master = secret_key(owner, SECRET_master, generation, NULL);

	if (own)
		memcpy(key, own, SECRET_BYTES);
	else if (master)
		subkey(master, purpose, key);
	return own || master;
}

/* Writes sender, customer and worker from what the owner's file says. */
static const struct problem *
subkeys_write(struct arena *arena, const char *dir, const struct secrets *owner)
{
	unsigned char key[SECRET_BYTES];

	for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
		struct buf out = buf_new(arena, 0);

		for (int generation = 1; generation <= SECRET_GENERATIONS; generation++)
			for (size_t p = 0; p < files[f].count; p++)
				if (secret_derive(owner, files[f].purposes[p], generation, key))
					line_write(arena, &out, files[f].purposes[p], generation, key);
		TRY(file_write(arena, arena_printf(arena, "%s/%s", dir, files[f].file), &out));
	}
	explicit_bzero(key, sizeof key);
	return NULL;
}

const struct problem *
secrets_create(struct arena *arena, const char *dir)
{
	const char *owner = arena_printf(arena, "%s/owner", dir);
	struct secrets *secrets;
	unsigned char key[SECRET_BYTES];

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return problem_new(arena, PROBLEM_internal, "%s: %s", dir, strerror(errno));
	if (access(owner, F_OK) < 0) {
		struct buf out = buf_new(arena, 0);

		random_bytes(key, sizeof key);
		line_write(arena, &out, SECRET_master, 1, key);
		explicit_bzero(key, sizeof key);
		TRY(file_write(arena, owner, &out));
	}
	TRY(secrets_load(arena, owner, &secrets));
	return subkeys_write(arena, dir, secrets);
}

/* All lines that SECRETS were read from. */
static void
lines_write(struct arena *arena, struct buf *out, const struct secrets *secrets)
{
	for (int p = 0; p < SECRET_PURPOSES; p++)
		for (int generation = 1; generation <= SECRET_GENERATIONS; generation++)
			if (secrets->held[p][generation])
				line_write(arena, out, (enum secret_purpose)p, generation, secrets->keys[p][generation]);
}

const struct problem *
secrets_rotate(struct arena *arena, const char *dir, bool all, int *generation)
{
	const char *path = arena_printf(arena, "%s/owner", dir);
	struct buf out = buf_new(arena, 0);
	struct secrets *owner;

	TRY(secrets_load(arena, path, &owner));
	*generation = 1 + (owner->newest[SECRET_master] > owner->newest[SECRET_sign] ? owner->newest[SECRET_master]
	    : owner->newest[SECRET_sign]);
	if (*generation > SECRET_GENERATIONS)
		return problem_new(arena, PROBLEM_internal, "%s: there is no room for another generation", path);

	enum secret_purpose purpose = all ? SECRET_master : SECRET_sign;

	random_bytes(owner->keys[purpose][*generation], SECRET_BYTES);
	owner->held[purpose][*generation] = true;
	lines_write(arena, &out, owner);
	TRY(file_write(arena, path, &out));
	return subkeys_write(arena, dir, owner);
}

bool
secrets_within(const struct secrets *secrets, const struct secrets *other)
{
	for (int p = 0; p < SECRET_PURPOSES; p++)
		for (int generation = 1; generation <= SECRET_GENERATIONS; generation++)
			if (secrets->held[p][generation] && (!other->held[p][generation] ||
			    CRYPTO_memcmp(secrets->keys[p][generation], other->keys[p][generation], SECRET_BYTES) != 0))
				return false;
	return true;
}

/* A second name for the owner's file, so that there is one at any moment. */
static const struct problem *
owner_keep(struct arena *arena, const char *path, const char **kept)
{
	char text[32];
	time_t now = time(NULL);
	struct tm utc;

	*kept = NULL;
	if (access(path, F_OK) < 0)
		return NULL;
	strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	*kept = arena_printf(arena, "%s.%s", path, text);
	return link(path, *kept) == 0 ? NULL : problem_new(arena, PROBLEM_internal, "%s: %s", *kept, strerror(errno));
}

const struct problem *
secrets_replace(struct arena *arena, const char *dir, const struct secrets *owner, const char **kept)
{
	const char *path = arena_printf(arena, "%s/owner", dir);
	struct buf out = buf_new(arena, 0);

	TRY(owner_keep(arena, path, kept));
	lines_write(arena, &out, owner);
	TRY(file_write(arena, path, &out));
	return subkeys_write(arena, dir, owner);
}
