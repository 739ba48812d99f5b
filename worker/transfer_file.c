/* Mails as files, where no mail server is set. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "transfer_private.h"

/* MESSAGE_ID as a file name: no directory, nothing hidden. */
static const char *
file_name(struct arena *arena, const char *message_id)
{
	char *name = arena_printf(arena, "%.200s.eml", message_id);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_@+=", *p) && (*p != '.' || p == name))
			*p = '_';
	return name;
}

static bool
write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Writes a whole new file NAME below DIRECTORY. The mail holds a link, hence the mode. */
static bool
write_file(int directory, const char *name, const char *bytes, size_t size)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;

	bool good = write_all(fd, bytes, size);
	int error = errno;

	close(fd);
	errno = error;
	return good;
}

static bool
write_durably(int directory, const char *temporary, const char *name, const char *bytes, size_t size)
{
	return write_file(directory, temporary, bytes, size) &&
	       renameat(directory, temporary, directory, name) == 0 && fsync(directory) == 0;
}

void
transfer_file(struct transfer *transfer, const char *directory, struct transfer_result *result)
{
	struct arena *arena = arena_new();
	const char *name = file_name(arena, transfer->mail.message_id);
	const char *temporary = arena_printf(arena, ".%s.tmp", name);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	result->ok = fd >= 0 && write_durably(fd, temporary, name, transfer->mail.bytes, transfer->mail.size);
	if (result->ok)
		snprintf(transfer->answer, sizeof transfer->answer, "written to %s", name);
	else
		snprintf(transfer->answer, sizeof transfer->answer, "cannot write %s/%s: %s", directory, name,
		    strerror(errno));
	result->answer = transfer->answer;
	if (fd >= 0) {
		if (!result->ok)
			unlinkat(fd, temporary, 0);
		close(fd);
	}
	arena_free(arena);
}
