/* pdfcheck: judges one untrusted PDF (confined.h). Its line is
 *	ok PAGES
 *	refused WORD		encrypted, damaged, no_pages or too_complex */
#include "confined.h"

#include <qpdf/qpdf-c.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_WITHIN = 1024 }; /* readers look for %PDF- no further than this */

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
			confined_answer("refused too_complex\n");
	if (qpdf_has_error(pdf))
		confined_answer(refusal(pdf, qpdf_get_error(pdf)));
}

static void
check(const char *bytes, size_t size)
{
	qpdf_data pdf;
	char line[32];

	if (!has_header(bytes, size))
		confined_answer("refused damaged\n");
	pdf = qpdf_init();

	qpdf_silence_errors(pdf);
	qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
	qpdf_read_memory(pdf, "the PDF", bytes, size, NULL);
	stop_at_error(pdf);
	if (qpdf_is_encrypted(pdf)) /* also where the password is empty: a receipt could not be appended */
		confined_answer("refused encrypted\n");
	int pages = qpdf_get_num_pages(pdf);

	stop_at_error(pdf);
	if (pages < 1)
		confined_answer("refused no_pages\n");
	snprintf(line, sizeof line, "ok %d\n", pages);
	confined_answer(line);
}

int
main(int argc, char **argv)
{
	return confined_run(argc, argv, check);
}
