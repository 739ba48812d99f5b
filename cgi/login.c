/* login: signing in by a mailed code, and the documents of who is signed in. */
#include "login.h"

#include <string.h>

#include "mail.h"
#include "serve.h"
#include "templates.h"

enum { FORM_MOST = 4096, CODE_MOST = 40 };

static const char PORTAL[] = "Dokumentportal";

/* PATH in the language that was asked for; FLAG, a query of its own, may be NULL. */
static const char *
path_to(struct request *request, const char *path, const char *flag)
{
	const char *language = request->language_asked;

	return arena_printf(request->arena, "%s%s%s%s%s%s", path, flag || language ? "?" : "", flag ? flag : "",
	    flag && language ? "&" : "", language ? "lang=" : "", language ? language : "");
}

/* A field of the form without the blanks around it, at most MOST bytes; "" when it is missing or longer. */
static const char *
field(struct request *request, const struct form *form, const char *name, size_t most)
{
	const char *value = form_get(form, name);

	value = value ? value + strspn(value, " \t\r\n") : "";

	size_t length = strlen(value);

	while (length && strchr(" \t\r\n", value[length - 1]))
		length--;
	return length <= most ? arena_strndup(request->arena, value, length) : "";
}

/* Every form names the language that its page was shown in. */
static const struct problem *
form_read(struct request *request, struct form **form)
{
	TRY(request_form(request, form));
	request_language_choose(request, form_get(*form, "lang"));
	return NULL;
}

static const struct problem *
show_login(struct request *request, int status, struct login_page *page)
{
	page->page.language = request->language;
	page->page.sender_name = PORTAL;
	page->page.title = word(request->language, page->sent ? WORD_login_code_title : WORD_login_title);
	template_login(reply_html(request, status), page);
	return NULL;
}

/* GET /login: the form for the address; for a browser that has asked for a code the form to enter it, also after the
 * mail program had the phone in between. `?new` leads back to the first, `?left` says that one is signed out. Who is
 * signed in goes on to the documents. */
static const struct problem *
show_form(struct request *request)
{
	struct login_challenge challenge = {0};
	struct login_page page = {0};
	bool signed_in;

	TRY(login_signed_in(request, &signed_in));
	if (signed_in) {
		reply_see_other(request, path_to(request, "/documents", NULL));
		return NULL;
	}
	page.signed_out = form_get(request->query, "left") != NULL;
	if (login_challenge_read(request, &challenge)) {
		page.address = challenge.address;
		page.sent = !page.signed_out && !form_get(request->query, "new");
	}
	return show_login(request, 200, &page);
}

/* POST /login, field `email`: asks for a code. 303 to the form to enter it, the same for known and unknown addresses;
 * 422 for what is no address; 429 when too many codes were asked for. */
static const struct problem *
ask(struct request *request)
{
	struct login_page page = {0};
	struct form *form = NULL;
	const char *cookie;

	TRY(form_read(request, &form));
	page.address = field(request, form, "email", MAIL_ADDRESS_MOST);
	if (!mail_address_valid(page.address)) {
		page.error = "address";
		return show_login(request, 422, &page);
	}
	TRY(login_ask(request, page.address, &cookie));
	if (!cookie) {
		page.error = "too_many";
		return show_login(request, 429, &page);
	}
	reply_see_other(request, path_to(request, "/login", NULL));
	reply_cookie(request, "challenge", cookie, "/login", LOGIN_MINUTES * 60L);
	return NULL;
}

/* The code was not taken: another try, or the way to a new one. */
static const struct problem *
refuse(struct request *request, const struct login_challenge *challenge, enum login_outcome outcome, int left)
{
	struct login_page page = {.sent = outcome == LOGIN_WRONG, .address = challenge->address, .left = left,
	    .error = outcome == LOGIN_WRONG ? "wrong" : outcome == LOGIN_SPENT ? "spent" : "gone"};

	TRY(show_login(request, 403, &page));
	if (outcome != LOGIN_WRONG)
		reply_cookie(request, "challenge", "", "/login", 0);
	return NULL;
}

/* POST /login/code, field `code`: 303 to the documents with a session; 403 says why not. A code is good for ten
 * minutes, five tries and one use, in the browser that asked for it. */
static const struct problem *
enter_code(struct request *request)
{
	struct login_challenge challenge = {0};
	struct form *form = NULL;
	enum login_outcome outcome = LOGIN_GONE;
	const char *cookie = NULL;
	int left = 0;

	TRY(form_read(request, &form));
	if (login_challenge_read(request, &challenge))
		TRY(login_try(request, &challenge, field(request, form, "code", CODE_MOST), &outcome, &left, &cookie));
	if (outcome != LOGIN_RIGHT)
		return refuse(request, &challenge, outcome, left);
	reply_see_other(request, "/documents");
	reply_cookie(request, "challenge", "", "/login", 0);
	reply_cookie(request, "session", cookie, "/", SESSION_DAYS * 86400L);
	return NULL;
}

/* POST /logout: ends this session, or the one that the field `session` names, or with `all` every one of the
 * address. 303. */
static const struct problem *
leave(struct request *request)
{
	struct form *form = NULL;
	const char *which;
	bool here;

	TRY(form_read(request, &form));
	which = field(request, form, "session", UUID_TEXT);
	TRY(login_end(request, *which ? which : "this", &here));
	if (!here) {
		reply_see_other(request, path_to(request, "/documents", NULL));
		return NULL;
	}
	reply_see_other(request, path_to(request, "/login", "left=1"));
	reply_cookie(request, "session", "", "/", 0);
	return NULL;
}

/* GET /documents?q=&sender=&after=: everything shared with the address, what is open first. 303 to the sign-in for
 * who is not signed in, or no longer. */
static const struct problem *
show_documents(struct request *request)
{
	struct documents_page page;
	bool signed_in;

	TRY(login_documents(request, &page, &signed_in));
	if (!signed_in) {
		reply_see_other(request, path_to(request, "/login", NULL));
		if (request->session)
			reply_cookie(request, "session", "", "/", 0);
		return NULL;
	}
	page.page.title = word(request->language, WORD_documents_title);
	page.page.sender_name = PORTAL;
	template_documents(reply_html(request, 200), &page);
	return NULL;
}

/* GET of an address that forms are sent to, as a tab has it that comes back to a refused code: the sign-in knows how far
 * this browser is. */
static const struct problem *
go_to_login(struct request *request)
{
	reply_see_other(request, path_to(request, "/login", NULL));
	return NULL;
}

static const struct route routes[] = {
    {"GET", "/login", AUTH_BROWSER, 0, show_form},
    {"POST", "/login", AUTH_BROWSER, FORM_MOST, ask},
    {"POST", "/login/code", AUTH_BROWSER, FORM_MOST, enter_code},
    {"GET", "/login/code", AUTH_BROWSER, 0, go_to_login},
    {"POST", "/logout", AUTH_BROWSER, FORM_MOST, leave},
    {"GET", "/logout", AUTH_BROWSER, 0, go_to_login},
    {"GET", "/documents", AUTH_BROWSER, 0, show_documents},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "login", .role = "portal_customer", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_BASE_URL};

	return serve(&service, argc, argv);
}
