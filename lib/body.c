/* The request's body: a file that nginx spooled, mapped in place, or a small one sent along. */
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve.h"

struct mapping {
	int fd;
	void *bytes;
	size_t size;
};

static void
mapping_release(void *object)
{
	struct mapping *mapping = object;

	if (mapping->size)
		munmap(mapping->bytes, mapping->size);
	close(mapping->fd);
}

static const struct problem *
body_map(struct request *request, const char *path)
{
	struct mapping *mapping = arena_alloc(request->arena, sizeof *mapping);
	struct stat status;

	mapping->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (mapping->fd < 0)
		return problem_new(request->arena, PROBLEM_internal, "the spooled body cannot be read: %s", strerror(errno));
	arena_defer(request->arena, mapping_release, mapping);
	if (fstat(mapping->fd, &status) < 0 || (size_t)status.st_size > request->route->body_limit)
		return problem_new(request->arena, PROBLEM_too_large, "at most %zu bytes are taken here", request->route->body_limit);
	request->body_fd = mapping->fd;
	if (!status.st_size)
		return NULL;
	mapping->bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, mapping->fd, 0);
	if (mapping->bytes == MAP_FAILED)
		return problem_new(request->arena, PROBLEM_unavailable, "there is no room for the body at the moment");
	mapping->size = (size_t)status.st_size;
	request->body = mapping->bytes;
	request->body_size = mapping->size;
	return NULL;
}

const struct problem *
body_read(struct request *request, FCGX_Stream *in)
{
	const char *spooled = request_parameter(request, "PORTAL_BODY_FILE");
	const char *length_text = request_parameter(request, "CONTENT_LENGTH");
	size_t length = length_text ? strtoul(length_text, NULL, 10) : 0;

	request->body = (const unsigned char *)"";
	if (spooled && *spooled)
		return body_map(request, spooled);
	if (length > request->route->body_limit)
		return problem_new(request->arena, PROBLEM_too_large, "at most %zu bytes are taken here", request->route->body_limit);

	char *bytes = arena_alloc(request->arena, length + 1);

	request->body_size = length ? (size_t)FCGX_GetStr(bytes, (int)length, in) : 0;
	request->body = (unsigned char *)bytes;
	if (request->body_size != length)
		return problem_new(request->arena, PROBLEM_bad_request, "the body ends too early");
	return NULL;
}
