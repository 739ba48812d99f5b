/* pdfreceipt combined | alone: makes the receipt of an acceptance, away from every process that matters.
 * Reads its description (JSON) from standard input and the accepted PDF from file descriptor 3, writes the receipt to standard
 * output, a file. Exit status as receipt_made; anything else, or a signal: it could not, or took more than it may. */
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "append.h"
#include "certificate.h"
#include "confine.h"
#include "json.h"
#include "utf8.h"

enum {
	PDF_FD = 3,
	MB = 1024 * 1024,
	MEMORY_MB = 512,
	CPU_SECONDS = 60,
	RECEIPT_MOST_MB = 128,
};

/* The whole file FD; NULL for what is empty or no file. */
static const char *
map(int fd, size_t *size)
{
	struct stat status;
	const char *bytes;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
		return NULL;
	*size = (size_t)status.st_size;
	bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	return bytes == MAP_FAILED ? NULL : bytes;
}

/* Whatever stands in VALUE can be drawn then: what releases before this one took is replaced. */
static void
make_drawable(struct arena *arena, struct json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		const char *text = json_object_get_string(value), *drawable = utf8_drawable(arena, text);

		if (strcmp(text, drawable) != 0)
			json_object_set_string(value, drawable);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member) {
			(void)name;
			make_drawable(arena, member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			make_drawable(arena, json_object_array_get_idx(value, i));
	}
}

int
main(int argc, char **argv)
{
	bool combined = argc == 2 && !strcmp(argv[1], "combined");
	struct arena *arena = arena_new();
	struct json_object *receipt = NULL;
	size_t size = 0, pdf_size = 0, certificate_size = 0;
	const char *description = map(STDIN_FILENO, &size), *pdf = combined ? map(PDF_FD, &pdf_size) : NULL;

	if ((!combined && (argc != 2 || strcmp(argv[1], "alone") != 0)) || !description || (combined && !pdf))
		return EX_USAGE;
	if (!confine((size_t)MEMORY_MB * MB + 2 * pdf_size, CPU_SECONDS, (size_t)RECEIPT_MOST_MB * MB))
		return EX_OSERR;
	if (json_parse(arena, description, size, JSON_DEPTH, &receipt))
		return EX_DATAERR;
	make_drawable(arena, receipt);

	const char *certificate = certificate_draw(arena, receipt, &certificate_size);

	if (!certificate)
		return EX_SOFTWARE;
	/* Leaves at once: freeing what a hostile PDF has built can take longer than building it. */
	_exit(receipt_append(pdf, pdf_size, certificate, certificate_size, json_text(receipt, "language"), STDOUT_FILENO));
}
