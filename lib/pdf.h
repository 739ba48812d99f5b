/* Is an uploaded PDF one that customers can open? Asked of a child process, for PDFs can be weapons:
 * a file of 1 KB can unfold to many gigabytes. The child is the executable `pdfcheck`. */
#pragma once

#include "checker.h"

struct pdf_facts {
	int pages; /* at least 1 */
};

/* Checks the SIZE bytes at OFFSET (any, not only page borders) of the open file FD, which it neither moves
 * nor closes. `pdfcheck` lies beside the running executable. It gets 512 MB, 10 s of CPU and 15 s in all.
 * Gives NULL and fills *FACTS; or pdf_invalid with the item "/file" where the PDF is damaged beyond repair,
 * encrypted, without pages, or takes more than that; or internal where it could not be checked. */
const struct problem *pdf_check(struct arena *arena, int fd, off_t offset, size_t size, struct pdf_facts *facts);

/* The same with another program and patience: for tests. */
const struct problem *pdf_check_by(struct arena *arena, const struct checker *checker, int fd, off_t offset, size_t size,
    struct pdf_facts *facts);
