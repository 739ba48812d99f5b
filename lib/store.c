/* The store: bytes before rows, and every step safe against being killed. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "encode.h"
#include "log.h"

const char *
store_path(struct arena *arena, const char *tenant, const char *sha256)
{
	return arena_printf(arena, "%s/%.2s/%s", tenant, sha256, sha256);
}

static const struct problem *
failed(struct arena *arena, const char *path)
{
	int error = errno;

	log_line(LOG_error, "the store failed", "path", path, "reason", strerror(error), NULL);
	if (error == ENOSPC || error == EDQUOT)
		return problem_new(arena, PROBLEM_unavailable, "there is no room for the file at the moment");
	return problem_new(arena, PROBLEM_internal, "the file cannot be stored");
}

static bool
folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return fine;
}

/* Makes one folder; its name is on the disk only when the folder above is synced too. */
static bool
folder_make(const char *above, const char *path)
{
	if (mkdir(path, 0750) == 0)
		return folder_sync(above);
	return errno == EEXIST;
}

static bool
write_whole(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		size -= (size_t)written;
	}
	return true;
}

static bool
file_make(const char *fresh, const char *path, const void *bytes, size_t size)
{
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0440);
	bool fine = fd >= 0 && write_whole(fd, bytes, size) && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (fine && rename(fresh, path) == 0)
		return true;
	if (fine)
		error = errno;
	if (fd >= 0)
		unlink(fresh);
	errno = error;
	return false;
}

const struct problem *
store_put(struct arena *arena, const char *dir, const char *tenant, const char *sha256, const void *bytes, size_t size)
{
	const char *tenant_dir = arena_printf(arena, "%s/%s", dir, tenant);
	const char *hash_dir = arena_printf(arena, "%s/%.2s", tenant_dir, sha256);
	const char *path = arena_printf(arena, "%s/%s", hash_dir, sha256);
	const char *fresh = arena_printf(arena, "%s.%d.new", path, (int)getpid());
	struct stat status;

	if (!folder_make(dir, tenant_dir) || !folder_make(tenant_dir, hash_dir))
		return failed(arena, hash_dir);
	if (stat(path, &status) < 0 || status.st_size != (off_t)size) {
		unlink(fresh); /* of a process that died with our number */
		if (!file_make(fresh, path, bytes, size))
			return failed(arena, path);
	}
	/* Also for a file that was there: whoever put it may not have got this far. */
	return folder_sync(hash_dir) ? NULL : failed(arena, hash_dir);
}

const struct problem *
store_read(struct arena *arena, const char *dir, const char *tenant, const char *sha256, const void **bytes, size_t *size)
{
	const char *path = arena_printf(arena, "%s/%s", dir, store_path(arena, tenant, sha256));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *to = NULL;
	ssize_t got = 0;

	if (fd >= 0 && fstat(fd, &status) == 0) {
		*size = (size_t)status.st_size;
		*bytes = to = arena_alloc(arena, *size + 1);
		for (size_t left = *size; left && (got = read(fd, to, left)) > 0; left -= (size_t)got)
			to += got;
	}
	if (fd >= 0)
		close(fd);
	return to && to == (const char *)*bytes + *size ? NULL : failed(arena, path);
}

static const char *
aside_path(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s.aside", path);
}

static const char *
full_path(struct arena *arena, const char *dir, const char *tenant, const char *sha256)
{
	return arena_printf(arena, "%s/%s", dir, store_path(arena, tenant, sha256));
}

const struct problem *
store_set_aside(struct arena *arena, const char *dir, const char *tenant, const char *sha256)
{
	const char *path = full_path(arena, dir, tenant, sha256);

	if (rename(path, aside_path(arena, path)) == 0 || errno == ENOENT)
		return NULL;
	return failed(arena, path);
}

void
store_drop_aside(struct arena *arena, const char *dir, const char *tenant, const char *sha256)
{
	unlink(aside_path(arena, full_path(arena, dir, tenant, sha256)));
}

void
store_take_back(struct arena *arena, const char *dir, const char *tenant, const char *sha256)
{
	const char *path = full_path(arena, dir, tenant, sha256), *aside = aside_path(arena, path);

	/* link() does not overwrite: the same bytes may have been put there meanwhile. */
	if (link(aside, path) == 0 || errno == EEXIST)
		unlink(aside);
}

bool
store_hash(const char *path, char sha256[65])
{
	unsigned char digest[SHA256_BYTES], bytes[65536];
	FILE *file = fopen(path, "re");
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool fine = file && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

	for (size_t size; fine && (size = fread(bytes, 1, sizeof bytes, file)) > 0;)
		fine = EVP_DigestUpdate(context, bytes, size);
	fine = fine && !ferror(file) && EVP_DigestFinal_ex(context, digest, NULL);
	if (fine)
		hex_encode(digest, sizeof digest, sha256);
	EVP_MD_CTX_free(context);
	if (file)
		fclose(file);
	return fine;
}

unsigned long long
store_free(const char *dir)
{
	struct statvfs disk;

	return statvfs(dir, &disk) ? 0 : (unsigned long long)disk.f_bavail * disk.f_frsize;
}
