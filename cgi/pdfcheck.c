/* pdfcheck OFFSET SIZE: judges one untrusted PDF, away from every process that matters.
 * The PDF is SIZE bytes at OFFSET of file descriptor 3. Answers with one line on standard output:
 *	ok PAGES
 *	refused WORD		encrypted, damaged, no_pages or too_complex
 * and exit status 0. Status 71 means that it could not even begin; ended by a signal or without a line,
 * the PDF took more than it may. lib/pdf.c starts it and reads the answer. */
#include <qpdf/qpdf-c.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "confine.h"

enum {
	PDF_FD = 3,
	MEMORY_MB = 512,
	CPU_SECONDS = 10,
	HEADER_WITHIN = 1024, /* readers look for %PDF- no further than this */
};

/* Leaves at once: freeing what a hostile PDF has built can take longer than building it. */
static void __attribute__((noreturn))
answer(const char *line)
{
	size_t length = strlen(line);

	_exit(write(STDOUT_FILENO, line, length) == (ssize_t)length ? 0 : EX_OSERR);
}

static bool
number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* SIZE bytes at OFFSET of the file; mappings begin at page borders, so up to a page lies before them. */
static const char *
map(uint64_t offset, uint64_t size)
{
	uint64_t before = offset % (uint64_t)sysconf(_SC_PAGESIZE);
	char *start = mmap(NULL, size + before, PROT_READ, MAP_PRIVATE, PDF_FD, (off_t)(offset - before));

	return start == MAP_FAILED ? NULL : start + before;
}

static bool
has_header(const char *bytes, size_t size)
{
	return memmem(bytes, size < HEADER_WITHIN ? size : HEADER_WITHIN, "%PDF-", 5) != NULL;
}

/* libqpdf turns most exceptions into errors and warnings; only their text tells that memory ran out. */
static bool
out_of_memory(qpdf_data pdf, qpdf_error error)
{
	const char *text = qpdf_get_error_full_text(pdf, error);

	return text && (strstr(text, "bad_alloc") || strstr(text, "memory error") || strstr(text, "length_error"));
}

static const char *
refusal(qpdf_data pdf, qpdf_error error)
{
	if (out_of_memory(pdf, error))
		return "refused too_complex\n";
	switch (qpdf_get_error_code(pdf, error)) {
	case qpdf_e_password:
	case qpdf_e_unsupported: /* the only thing it says so of is encryption */
		return "refused encrypted\n";
	default:
		return "refused damaged\n";
	}
}

/* A warning is a repair, unless what was too large was left out; an error ends the check. Warnings come first:
 * a repair that fails for want of memory ends in an error that no longer says so. */
static void
stop_at_error(qpdf_data pdf)
{
	while (qpdf_more_warnings(pdf))
		if (out_of_memory(pdf, qpdf_next_warning(pdf)))
			answer("refused too_complex\n");
	if (qpdf_has_error(pdf))
		answer(refusal(pdf, qpdf_get_error(pdf)));
}

static void __attribute__((noreturn))
check(const char *bytes, size_t size)
{
	qpdf_data pdf = qpdf_init();
	char line[32];

	qpdf_silence_errors(pdf);
	qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
	qpdf_read_memory(pdf, "the PDF", bytes, size, NULL);
	stop_at_error(pdf);
	if (qpdf_is_encrypted(pdf)) /* also where the password is empty: a receipt could not be appended */
		answer("refused encrypted\n");
	int pages = qpdf_get_num_pages(pdf);

	stop_at_error(pdf);
	if (pages < 1)
		answer("refused no_pages\n");
	snprintf(line, sizeof line, "ok %d\n", pages);
	answer(line);
}

int
main(int argc, char **argv)
{
	uint64_t offset, size;

	if (argc != 3 || !number(argv[1], &offset) || !number(argv[2], &size) || size > SIZE_MAX / 2)
		return EX_OSERR;
	if (!size)
		answer("refused damaged\n");
	if (!confine((size_t)MEMORY_MB * 1024 * 1024 + size, CPU_SECONDS, 0))
		return EX_OSERR;
	const char *bytes = map(offset, size);

	if (!bytes)
		return EX_OSERR;
	if (!has_header(bytes, size))
		answer("refused damaged\n");
	check(bytes, size);
}
