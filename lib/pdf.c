/* What pdfcheck says of a PDF, as a problem or as facts. */
#include "pdf.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word, *detail;
} refusals[] = {
    {"encrypted", "the PDF is encrypted or protected by a password"},
    {"damaged", "the file is not a PDF, or is damaged beyond repair"},
    {"no_pages", "the PDF has no pages"},
    {"too_complex", "the PDF is too complex to be checked within 512 MB and 10 seconds"},
};

static const struct problem *
refuse(struct arena *arena, const char *word)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		if (strcmp(word, refusals[i].word))
			continue;
		struct problem *problem = problem_new(arena, PROBLEM_pdf_invalid, "%s", refusals[i].detail);

		problem_add(arena, &problem, "/file", "%s", refusals[i].detail);
		return problem;
	}
	return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: no known refusal");
}

const struct problem *
pdf_check_by(struct arena *arena, const struct checker *checker, int fd, off_t offset, size_t size, struct pdf_facts *facts)
{
	const char *line;
	char word[CHECKER_LINE], rest;

	TRY(checker_run(arena, checker, fd, offset, size, &line));
	if (sscanf(line, "ok %9d%c", &facts->pages, &rest) == 1 && facts->pages > 0)
		return NULL;
	if (sscanf(line, "refused %31s%c", word, &rest) == 1)
		return refuse(arena, word);
	return problem_new(arena, PROBLEM_internal, "the PDF could not be checked: %s gave no known answer", checker->program);
}

const struct problem *
pdf_check(struct arena *arena, int fd, off_t offset, size_t size, struct pdf_facts *facts)
{
	struct checker checker;

	TRY(checker_beside(arena, "pdfcheck", &checker));
	return pdf_check_by(arena, &checker, fd, offset, size, facts);
}
