/* Identity by e-mail code: six digits, mailed to the contact's own address, or on a public link to the one given. The
 * database keeps a nonce and counts; the worker makes the code of it when it sends the mail, and we to compare. */
#include <string.h>

#include "identity.h"
#include "json.h"
#include "link.h"
#include "mail.h"
#include "one_time_code.h"

static const char PURPOSE[] = "identity";

static const char *
filled(struct request *request, enum word id, int n)
{
	const struct word_value values[] = {{"n", arena_printf(request->arena, "%d", n)}};

	return word_filled(request->arena, word(request->language, id), values, 1);
}

static void
refuse(struct identity_step *step, int status, const char *field, const char *error)
{
	step->status = status;
	step->field = field;
	step->error = error;
}

/* Asked too soon: how long to wait, in the unit that people use. */
static void
refuse_for_now(struct request *request, struct identity_step *step, int seconds)
{
	refuse(step, 429, "identity", seconds > 90 ? filled(request, WORD_identity_wait_minutes, (seconds + 59) / 60)
	    : filled(request, seconds > 1 ? WORD_identity_wait_seconds_other : WORD_identity_wait_seconds_one, seconds));
	step->wait = seconds;
}

/* A code is mailed; a cookie tells whose it is where the link does not. */
static const struct problem *
begin(struct request *request, const struct form *form, struct identity_step *step)
{
	const char *email = form_trimmed(request->arena, form, "email");
	struct json_object *row = NULL;

	if (email && !mail_address_valid(email)) {
		refuse(step, 422, "email", word(request->language, WORD_identity_email_bad));
		return NULL;
	}
	TRY(db_json(request->db, request->arena, STATEMENT_customer_identity_begin, &row, request->token_id,
	    request->generation, email, request->id));

	const char *verdict = json_text(row, "verdict");

	TRY(link_verdict(request->arena, verdict));
	if (!strcmp(verdict, "email"))
		refuse(step, 422, "email", word(request->language, WORD_identity_email_missing));
	else if (!strcmp(verdict, "wait"))
		refuse_for_now(request, step, (int)json_integer(row, "wait", 1));
	else if (strcmp(verdict, "ok") != 0 && strcmp(verdict, "not_needed") != 0)
		step->status = 409;
	step->visitor = json_text(row, "challenge");
	return NULL;
}

static const char *
try_error(struct request *request, const char *verdict)
{
	static const struct {
		const char *verdict;
		enum word word;
	} table[] = {
	    {"used", WORD_identity_used}, {"spent", WORD_identity_spent}, {"expired", WORD_identity_expired},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].verdict, verdict))
			return word(request->language, table[i].word);
	return word(request->language, WORD_identity_missing);
}

static const char *
wrong(struct request *request, int left)
{
	if (!left)
		return word(request->language, WORD_identity_spent);
	return filled(request, left > 1 ? WORD_identity_wrong_other : WORD_identity_wrong_one, left);
}

/* Six digits, blanks aside. What is none of ours cannot be right and costs no try. */
static bool
looks_like_code(const char *code)
{
	size_t digits = 0;

	for (; *code; code++)
		if (*code >= '0' && *code <= '9')
			digits++;
		else if (*code != ' ')
			return false;
	return digits == 6;
}

static const struct problem *
prove(struct request *request, const struct form *form, struct identity_step *step)
{
	const char *email = form_trimmed(request->arena, form, "email"), *code = form_trimmed(request->arena, form, "code");
	struct json_object *row = NULL;

	if (!code || !looks_like_code(code)) {
		refuse(step, 422, "code", word(request->language, code ? WORD_identity_malformed : WORD_identity_missing));
		return NULL;
	}
	TRY(db_json(request->db, request->arena, STATEMENT_customer_identity_try, &row, request->token_id,
	    request->generation, email, link_visitor(request)));

	const char *verdict = json_text(row, "verdict");

	TRY(link_verdict(request->arena, verdict));
	if (strcmp(verdict, "try") != 0)
		refuse(step, 422, "code", try_error(request, verdict));
	else if (one_time_code_right(request->arena, request->secrets, PURPOSE, json_text(row, "nonce"), code))
		step->proof = step->visitor = json_text(row, "challenge");
	else
		refuse(step, 422, "code", wrong(request, (int)json_integer(row, "tries_left", 0)));
	return NULL;
}

/* Who accepted and sends the form again without a cookie (it was lost, or is never kept) still has the code. */
static const struct problem *
recognise(struct request *request, const struct form *form, struct identity_step *step)
{
	const char *email = form_trimmed(request->arena, form, "email"), *code = form_trimmed(request->arena, form, "code");
	struct json_object *row = NULL;

	if (!email || !code || !looks_like_code(code))
		return NULL;
	TRY(db_json(request->db, request->arena, STATEMENT_customer_identity_recognise, &row, request->token_id,
	    request->generation, email));
	if (json_text(row, "nonce") && one_time_code_right(request->arena, request->secrets, PURPOSE, json_text(row, "nonce"), code))
		step->visitor = json_text(row, "challenge");
	return NULL;
}

const struct identity_method identity_email_code = {"email_code", begin, prove, recognise};
