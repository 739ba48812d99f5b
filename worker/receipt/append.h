/* Receipts as files: the certificate alone, or behind the accepted PDF. */
#pragma once

#include <stddef.h>

/* What became of it; pdfreceipt's exit status. */
enum receipt_made {
	RECEIPT_COMBINED = 0,
	RECEIPT_CERTIFICATE = 10, /* alone: the PDF is signed already, and any change would break its signature; or asked for */
	RECEIPT_IMPOSSIBLE = 11,  /* the PDF cannot be read or written again; nothing was made */
};

/* Appends the CERTIFICATE's pages to the PDF (NULL: the certificate is wanted alone), marked as being in LANGUAGE (a
 * tag), and writes the result to the file OUTPUT. */
enum receipt_made receipt_append(const char *pdf, size_t pdf_size, const char *certificate, size_t certificate_size,
    const char *language, int output);
