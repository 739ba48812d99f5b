/* portalctl verify: is every history whole, and do the rows say what it says? */
#include <stdio.h>

#include "chain.h"
#include "ctl.h"

static void
finding_print(void *context, const char *document_id, const char *finding)
{
	(void)context;
	printf("document %s: %s\n", document_id, finding);
}

const struct problem *
ctl_verify(struct command_line *line)
{
	struct chain_result result;

	TRY(chain_verify(line->db, line->arena, option(line, "tenant", NULL), option(line, "document", NULL), finding_print,
	    NULL, &result));
	printf("%ld documents, %ld events, %ld findings\n", result.documents, result.events, result.findings);
	if (result.findings)
		return problem_new(line->arena, PROBLEM_conflict, "the history was altered");
	return NULL;
}
