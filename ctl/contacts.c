/* portalctl contact: what is held about a person, and erasing it. Results are JSON on standard output. */
#include <json-c/json.h>
#include <stdio.h>

#include "ctl.h"
#include "encode.h"
#include "json.h"
#include "mail.h"

/* Who is meant: a contact by its id, or everybody with an address; of all tenants, or of one. */
struct subject {
	const char *tenant_id, *contact_id, *email;
};

static const struct problem *
subject_read(struct command_line *line, struct subject *subject)
{
	subject->tenant_id = option(line, "tenant", NULL);
	subject->contact_id = line->count ? line->words[0] : NULL;
	subject->email = option(line, "email", NULL);
	if (!subject->contact_id == !subject->email)
		return problem_new(line->arena, PROBLEM_bad_request, "say who: CONTACT_ID, or --email ADDRESS");
	if (subject->contact_id && !uuid_valid(subject->contact_id))
		return problem_new(line->arena, PROBLEM_bad_request, "%s is not an id; --email takes an address", subject->contact_id);
	if (subject->email && !mail_address_valid(subject->email))
		return problem_new(line->arena, PROBLEM_bad_request, "--email: %s is no mail address", subject->email);
	if (subject->tenant_id && !uuid_valid(subject->tenant_id))
		return problem_new(line->arena, PROBLEM_bad_request, "--tenant: %s is not an id", subject->tenant_id);
	return NULL;
}

static const struct problem *
answer_read(struct command_line *line, const char *sql, const char *const *parameters, size_t count, const char **answer)
{
	struct json_object *rows = NULL;

	TRY(db_rows(line->db, line->arena, sql, &rows, parameters, count));
	*answer = json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, 0), 0));
	return NULL;
}

static const struct problem *
answer_print(struct command_line *line, const char *answer)
{
	struct json_object *value = answer ? json_tokener_parse(answer) : NULL;

	if (!value)
		return problem_new(line->arena, PROBLEM_not_found, "nothing is held about this person");
	puts(json_object_to_json_string_ext(value,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(value);
	return NULL;
}

const struct problem *
ctl_contact_find(struct command_line *line)
{
	struct subject subject = {.tenant_id = option(line, "tenant", NULL), .email = line->words[0]};
	const char *answer;

	if (!mail_address_valid(subject.email))
		return problem_new(line->arena, PROBLEM_bad_request, "%s is no mail address", subject.email);
	if (subject.tenant_id && !uuid_valid(subject.tenant_id))
		return problem_new(line->arena, PROBLEM_bad_request, "--tenant: %s is not an id", subject.tenant_id);

	const char *const parameters[] = {subject.tenant_id, subject.email};

	TRY(answer_read(line, "SELECT portal.person_summary($1::uuid, $2)", parameters, 2, &answer));
	return answer_print(line, answer);
}

const struct problem *
ctl_contact_export(struct command_line *line)
{
	struct subject subject;
	const char *answer;

	TRY(subject_read(line, &subject));

	const char *const parameters[] = {subject.tenant_id, subject.contact_id, subject.email};

	TRY(answer_read(line, "SELECT portal.person_export($1::uuid, $2::uuid, $3)", parameters, 3, &answer));
	return answer_print(line, answer);
}

const struct problem *
ctl_contact_erase(struct command_line *line)
{
	struct subject subject;
	const char *answer;

	TRY(subject_read(line, &subject));

	const char *const parameters[] = {
	    subject.tenant_id, subject.contact_id, subject.email, flag(line, "force") ? "true" : "false"};

	TRY(answer_read(line, "SELECT portal.person_erase($1::uuid, $2::uuid, $3, $4::boolean)", parameters, 4, &answer));
	if (!answer && subject.contact_id)
		return problem_new(line->arena, PROBLEM_not_found, "there is no such contact");
	/* Of an address nothing is left to say that it was erased before: nothing to do is what was wanted. */
	return answer_print(line, answer ? answer : "[]");
}
