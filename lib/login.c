/* Codes and sessions: what the browser keeps, and what the database answers. */
#include "login.h"

#include <ctype.h>
#include <string.h>

#include "browser.h"
#include "json.h"
#include "mail.h"
#include "one_time_code.h"
#include "token.h"

static const char *
lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

bool
login_challenge_read(struct request *request, struct login_challenge *challenge)
{
	const char *cookie = cookie_get(request->arena, request_header(request, "Cookie"), "challenge");
	const char *dot = cookie ? strchr(cookie, '.') : NULL;
	char address[MAIL_ADDRESS_MOST + 1] = "";

	if (!dot || strlen(dot + 1) > sizeof address)
		return false;
	challenge->hash = browser_secret_hash(request->arena, arena_strndup(request->arena, cookie, (size_t)(dot - cookie)));
	if (!challenge->hash || !base64url_decode(dot + 1, (unsigned char *)address, strlen(dot + 1) * 3 / 4) ||
	    !mail_address_valid(address))
		return false;
	challenge->address = arena_strdup(request->arena, address);
	return true;
}

const struct problem *
login_ask(struct request *request, const char *address, const char **cookie)
{
	struct arena *arena = request->arena;
	const char *secret = browser_secret_new(arena), *plain = lower(arena, address);
	struct json_object *row = NULL;

	*cookie = NULL;
	TRY(db_json(request->db, arena, STATEMENT_customer_login_ask, &row, browser_secret_hash(arena, secret), plain,
	    language_tag(request->language), request_parameter(request, "REMOTE_ADDR"), request->id));
	if (!strcmp(json_text(row, "verdict"), "ok"))
		*cookie = arena_printf(arena, "%s.%s", secret,
		    base64url_encode(arena, (const unsigned char *)plain, strlen(plain)));
	return NULL;
}

/* The code was right: it is used up, and a session begins. */
static const struct problem *
session_begin(struct request *request, const struct login_challenge *challenge, const char *id,
    enum login_outcome *outcome, const char **cookie)
{
	const char *secret = browser_secret_new(request->arena), *browser, *system;
	struct json_object *row = NULL;

	browser_names(request_header(request, "User-Agent"), &browser, &system);
	TRY(db_json(request->db, request->arena, STATEMENT_customer_login_right, &row, challenge->hash, id,
	    challenge->address, browser_secret_hash(request->arena, secret), language_tag(request->language), browser,
	    system));
	*outcome = strcmp(json_text(row, "verdict"), "ok") ? LOGIN_GONE : LOGIN_RIGHT;
	*cookie = *outcome == LOGIN_RIGHT ? secret : NULL;
	return NULL;
}

const struct problem *
login_try(struct request *request, const struct login_challenge *challenge, const char *code,
    enum login_outcome *outcome, int *left, const char **cookie)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_login_try, &row, challenge->hash));
	*left = (int)json_integer(row, "left", 0);
	*cookie = NULL;
	if (strcmp(json_text(row, "verdict"), "try") != 0)
		*outcome = strcmp(json_text(row, "verdict"), "spent") ? LOGIN_GONE : LOGIN_SPENT;
	else if (one_time_code_right(request->arena, request->secrets, "login", json_text(row, "id"), code))
		return session_begin(request, challenge, json_text(row, "id"), outcome, cookie);
	else
		*outcome = *left ? LOGIN_WRONG : LOGIN_SPENT;
	return NULL;
}

const struct problem *
login_signed_in(struct request *request, bool *signed_in)
{
	struct json_object *row = NULL;

	*signed_in = false;
	if (request->session)
		TRY(db_json(request->db, request->arena, STATEMENT_customer_session, &row, request->session));
	*signed_in = json_boolean(row, "signed_in", false);
	return NULL;
}

const struct problem *
login_end(struct request *request, const char *which, bool *here)
{
	struct json_object *row = NULL;

	*here = true;
	if (request->session)
		TRY(db_json(request->db, request->arena, STATEMENT_customer_logout, &row, request->session, which));
	*here = json_boolean(row, "here", true);
	return NULL;
}
