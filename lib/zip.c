/* Zip archives. */
#include "zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "encode.h"
#include "log.h"

enum { PIECE = 65536, MEMBERS_MOST = 100000 };

struct zip {
	struct arena *arena;
	struct archive *archive;
	time_t time;
};

static void
zip_release(void *object)
{
	struct zip *zip = object;

	if (zip->archive)
		archive_write_free(zip->archive);
	zip->archive = NULL;
}

static const struct problem *
write_failed(struct zip *zip)
{
	int error = archive_errno(zip->archive);

	log_line(LOG_error, "a zip cannot be written", "reason", archive_error_string(zip->archive), NULL);
	if (error == ENOSPC || error == EDQUOT)
		return problem_new(zip->arena, PROBLEM_unavailable, "there is no room for the archive at the moment");
	return problem_new(zip->arena, PROBLEM_internal, "the archive cannot be written");
}

const struct problem *
zip_create(struct arena *arena, const char *path, time_t time, struct zip **zip)
{
	struct zip *fresh = arena_alloc(arena, sizeof *fresh);

	fresh->arena = arena;
	fresh->time = time;
	fresh->archive = archive_write_new();
	if (!fresh->archive)
		return problem_new(arena, PROBLEM_internal, "no archive can be made");
	arena_defer(arena, zip_release, fresh);
	if (archive_write_set_format_zip(fresh->archive) != ARCHIVE_OK ||
	    archive_write_zip_set_compression_store(fresh->archive) != ARCHIVE_OK ||
	    archive_write_open_filename(fresh->archive, path) != ARCHIVE_OK)
		return write_failed(fresh);
	*zip = fresh;
	return NULL;
}

static const struct problem *
member_begin(struct zip *zip, const char *name, int64_t size)
{
	struct archive_entry *entry = archive_entry_new2(zip->archive);

	if (!entry)
		return problem_new(zip->arena, PROBLEM_internal, "no archive can be made");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, size);
	archive_entry_set_mtime(entry, zip->time, 0);

	int result = archive_write_header(zip->archive, entry);

	archive_entry_free(entry);
	return result == ARCHIVE_OK ? NULL : write_failed(zip);
}

static const struct problem *
member_write(struct zip *zip, const void *bytes, size_t size)
{
	return archive_write_data(zip->archive, bytes, size) == (la_ssize_t)size ? NULL : write_failed(zip);
}

const struct problem *
zip_add(struct zip *zip, const char *name, const void *bytes, size_t size)
{
	TRY(member_begin(zip, name, (int64_t)size));
	return size ? member_write(zip, bytes, size) : NULL;
}

static const struct problem *
file_copy(struct zip *zip, int fd, int64_t size, EVP_MD_CTX *hash)
{
	char bytes[PIECE];

	while (size > 0) {
		ssize_t count = read(fd, bytes, size < PIECE ? (size_t)size : PIECE);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return problem_new(zip->arena, PROBLEM_unavailable, "a stored file is shorter than it was");
		EVP_DigestUpdate(hash, bytes, (size_t)count);
		TRY(member_write(zip, bytes, (size_t)count));
		size -= count;
	}
	return NULL;
}

/* An altered file must not go out as evidence. */
static const struct problem *
file_copy_same(struct zip *zip, const char *name, int fd, int64_t size, const char *sha256)
{
	unsigned char digest[SHA256_BYTES];
	char found[SHA256_HEX];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	const struct problem *problem;

	if (!hash || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL))
		abort();
	problem = file_copy(zip, fd, size, hash);
	EVP_DigestFinal_ex(hash, digest, NULL);
	EVP_MD_CTX_free(hash);
	hex_encode(digest, sizeof digest, found);
	if (!problem && strcmp(found, sha256) != 0)
		problem = problem_new(zip->arena, PROBLEM_unavailable, "the bytes of %s are not those that were stored", name);
	return problem;
}

const struct problem *
zip_add_file(struct zip *zip, const char *name, const char *path, int64_t size, const char *sha256)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return problem_new(zip->arena, PROBLEM_unavailable, "the bytes of %s are not there", name);

	const struct problem *problem = member_begin(zip, name, size);

	if (!problem)
		problem = file_copy_same(zip, name, fd, size, sha256);
	close(fd);
	return problem;
}

const struct problem *
zip_close(struct zip *zip)
{
	if (archive_write_close(zip->archive) != ARCHIVE_OK)
		return write_failed(zip);
	zip_release(zip);
	return NULL;
}

/* Reads the member that the archive stands at. False when it cannot be read to its end. */
static bool
member_read(struct archive *archive, struct zip_member *member, struct buf *kept)
{
	unsigned char digest[SHA256_BYTES], bytes[PIECE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	la_ssize_t count = -1;

	if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
		abort();
	while ((count = archive_read_data(archive, bytes, sizeof bytes)) > 0) {
		EVP_DigestUpdate(context, bytes, (size_t)count);
		member->size += count;
		if (kept)
			buf_add(kept, bytes, (size_t)count);
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	hex_encode(digest, sizeof digest, member->sha256);
	return count == 0;
}

static const char *
members_read(struct arena *arena, struct archive *archive, bool (*keep)(const char *), size_t kept_most,
    struct zip_member **members)
{
	struct archive_entry *entry;
	int result, count = 0;

	while ((result = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);
		struct zip_member *member = arena_alloc(arena, sizeof *member);
		struct buf kept = buf_new(arena, kept_most + 1);

		member->name = arena_strdup(arena, name ? name : "?");
		*members = member;
		members = &member->next;
		if (++count > MEMBERS_MOST)
			return "it has too many members";

		bool kept_here = keep(member->name) && kept_most;

		if (!member_read(archive, member, kept_here ? &kept : NULL))
			return arena_printf(arena, "%s: %s", member->name, archive_error_string(archive));
		if (kept_here && !kept.failed) {
			member->bytes = kept.bytes;
			kept_most -= kept.length < kept_most ? kept.length : kept_most;
		}
	}
	return result == ARCHIVE_EOF ? NULL : arena_strdup(arena, archive_error_string(archive));
}

const struct problem *
zip_read(struct arena *arena, const char *path, bool (*keep)(const char *), size_t kept_most,
    struct zip_member **members, const char **damage)
{
	struct archive *archive = archive_read_new();
	const struct problem *problem = NULL;

	*members = NULL;
	if (!archive || archive_read_support_format_zip_seekable(archive) != ARCHIVE_OK)
		abort();
	if (access(path, R_OK) < 0)
		problem = problem_new(arena, PROBLEM_bad_request, "%s: %s", path, strerror(errno));
	else if (archive_read_open_filename(archive, path, PIECE) != ARCHIVE_OK)
		*damage = arena_strdup(arena, archive_error_string(archive));
	else
		*damage = members_read(arena, archive, keep, kept_most, members);
	archive_read_free(archive);
	return problem;
}
