/* portalctl bounce: ops' mail system tells of a mail that came back. */
#include <json-c/json.h>
#include <stdio.h>

#include "ctl.h"
#include "encode.h"
#include "json.h"
#include "mail.h"

static const char *
report_text(struct command_line *line, const char *job)
{
	struct json_object *report = json_object_new_object();

	json_object_object_add(report, job ? "job" : "email", json_object_new_string(job ? job : line->words[0]));
	if (line->count > 1)
		json_object_object_add(report, "reason", json_object_new_string(line->words[1]));

	const char *text = json_canonical(line->arena, report);

	json_object_put(report);
	return text;
}

const struct problem *
ctl_bounce(struct command_line *line)
{
	const char *job = mail_id_read(line->arena, line->words[0]), *tenant = option(line, "tenant", NULL);
	struct json_object *rows = NULL;

	if (!job && !mail_address_valid(line->words[0]))
		return problem_new(line->arena, PROBLEM_bad_request, "%s is neither a mail address nor a Message-ID of ours", line->words[0]);
	if (tenant && !uuid_valid(tenant))
		return problem_new(line->arena, PROBLEM_bad_request, "--tenant: %s is not an id", tenant);

	const char *const parameters[] = {tenant, report_text(line, job)};

	TRY(db_rows(line->db, line->arena, "SELECT portal.bounce_report($1::uuid, $2::jsonb, NULL)", &rows, parameters, 2));

	const char *answer = json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, 0), 0));

	if (!answer)
		return problem_new(line->arena, PROBLEM_not_found, job ? "there is no such mail" : "nobody has this address");
	puts(answer);
	return NULL;
}
