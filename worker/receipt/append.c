/* qpdf does it. The streams are carried over as they are: nothing is unpacked that need not be. */
#include "append.h"

#include <qpdf/qpdf-c.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static qpdf_data
pdf_open(const char *name, const char *bytes, size_t size)
{
	qpdf_data pdf = qpdf_init();

	qpdf_silence_errors(pdf);
	qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
	qpdf_read_memory(pdf, name, bytes, size, NULL);
	return pdf;
}

/* A signature names the bytes that it covers in clear text (ISO 32000-1, 12.8.1); a form may say that it has some. */
static bool
is_signed(qpdf_data pdf, const char *bytes, size_t size)
{
	qpdf_oh form = qpdf_oh_get_key_if_dict(pdf, qpdf_get_root(pdf), "/AcroForm");
	qpdf_oh flags = qpdf_oh_get_key_if_dict(pdf, form, "/SigFlags");

	return (qpdf_oh_is_integer(pdf, flags) && qpdf_oh_get_int_value(pdf, flags) != 0) || memmem(bytes, size, "/ByteRange", 10);
}

/* Places in the certificate's tree of structure, which does not come along. */
static void
forget_structure(qpdf_data pdf, qpdf_oh page)
{
	qpdf_oh notes = qpdf_oh_get_key_if_dict(pdf, page, "/Annots");
	int count = qpdf_oh_is_array(pdf, notes) ? qpdf_oh_get_array_n_items(pdf, notes) : 0;

	qpdf_oh_remove_key(pdf, page, "/StructParents");
	for (int i = 0; i < count; i++)
		qpdf_oh_remove_key(pdf, qpdf_oh_get_array_item(pdf, notes, i), "/StructParent");
}

static void
pages_append(qpdf_data pdf, qpdf_data certificate)
{
	int count = qpdf_get_num_pages(certificate);

	for (int i = 0; i < count; i++) {
		qpdf_oh page = qpdf_get_page_n(certificate, (size_t)i);

		forget_structure(certificate, page);
		qpdf_add_page(pdf, certificate, page, QPDF_FALSE);
	}
}

static void
describe(qpdf_data pdf, const char *language)
{
	qpdf_oh root = qpdf_get_root(pdf), view = qpdf_oh_new_dictionary(pdf);
	qpdf_oh mark = qpdf_oh_new_dictionary(pdf);

	qpdf_oh_replace_key(pdf, view, "/DisplayDocTitle", qpdf_oh_new_bool(pdf, QPDF_TRUE));
	qpdf_oh_replace_key(pdf, root, "/ViewerPreferences", view);
	qpdf_oh_replace_key(pdf, mark, "/Marked", qpdf_oh_new_bool(pdf, QPDF_TRUE));
	qpdf_oh_replace_key(pdf, root, "/MarkInfo", mark);
	qpdf_oh_replace_key(pdf, root, "/Lang", qpdf_oh_new_unicode_string(pdf, language));
}

static bool
write_out(qpdf_data pdf, int output)
{
	qpdf_init_write_memory(pdf);
	qpdf_set_deterministic_ID(pdf, QPDF_TRUE);
	qpdf_set_stream_data_mode(pdf, qpdf_s_preserve);
	qpdf_set_minimum_pdf_version(pdf, "1.5"); /* which the certificate's pages need */
	if ((qpdf_write(pdf) & QPDF_ERRORS) || qpdf_has_error(pdf))
		return false;

	const unsigned char *bytes = qpdf_get_buffer(pdf);
	size_t left = qpdf_get_buffer_length(pdf);
	ssize_t written = 0;

	for (; left && (written = write(output, bytes, left)) > 0; left -= (size_t)written)
		bytes += written;
	return !left;
}

enum receipt_made
receipt_append(const char *pdf, size_t pdf_size, const char *certificate, size_t certificate_size, const char *language,
    int output)
{
	qpdf_data alone = pdf_open("the certificate", certificate, certificate_size);
	qpdf_data whole = pdf ? pdf_open("the PDF", pdf, pdf_size) : NULL;

	if (whole && (qpdf_has_error(whole) || qpdf_is_encrypted(whole) || qpdf_get_num_pages(whole) < 1))
		return RECEIPT_IMPOSSIBLE;
	if (!whole || is_signed(whole, pdf, pdf_size)) {
		describe(alone, language);
		return write_out(alone, output) ? RECEIPT_CERTIFICATE : RECEIPT_IMPOSSIBLE;
	}
	pages_append(whole, alone);
	return !qpdf_has_error(whole) && write_out(whole, output) ? RECEIPT_COMBINED : RECEIPT_IMPOSSIBLE;
}
