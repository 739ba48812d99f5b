/* portalctl jobs: what the worker has given up, and having it tried again. Results are JSON, one a line. */
#include <string.h>

#include "ctl.h"
#include "encode.h"

static const char *const kinds[] = {"mail", "webhook", "sign", "receipt", "erase", "login", NULL};

/* Which jobs are meant: --tenant and --kind, each NULL for any. */
static const struct problem *
filter_read(struct command_line *line, const char **tenant, const char **kind)
{
	size_t i = 0;

	*tenant = option(line, "tenant", NULL);
	*kind = option(line, "kind", NULL);
	if (*tenant && !uuid_valid(*tenant))
		return problem_new(line->arena, PROBLEM_bad_request, "--tenant: %s is not an id", *tenant);
	while (*kind && kinds[i] && strcmp(kinds[i], *kind) != 0)
		i++;
	return kinds[i] ? NULL : problem_new(line->arena, PROBLEM_bad_request, "--kind: there are no jobs of the kind %s", *kind);
}

const struct problem *
ctl_jobs_failed(struct command_line *line)
{
	struct json_object *rows = NULL;
	const char *parameters[2];

	TRY(filter_read(line, &parameters[0], &parameters[1]));
	TRY(db_rows(line->db, line->arena, "SELECT portal.failed_jobs($1::uuid, $2)", &rows, parameters, 2));
	rows_print(rows);
	return NULL;
}

const struct problem *
ctl_jobs_retry(struct command_line *line)
{
	struct json_object *rows = NULL;
	const char *parameters[3] = {NULL, NULL, line->count ? line->words[0] : NULL};

	TRY(filter_read(line, &parameters[0], &parameters[1]));
	if (!parameters[1] && !parameters[2])
		return problem_new(line->arena, PROBLEM_bad_request, "say which: JOB_ID, or --kind KIND for all of them");
	if (parameters[2] && !uuid_valid(parameters[2]))
		return problem_new(line->arena, PROBLEM_bad_request, "%s is not an id", parameters[2]);
	TRY(db_rows(line->db, line->arena, "SELECT portal.failed_jobs_retry($1::uuid, $2, $3::uuid)", &rows, parameters, 3));
	if (!rows_print(rows) && parameters[2])
		return problem_new(line->arena, PROBLEM_not_found, "no job with this id has failed");
	return NULL;
}
