/* accept: the access code, and the customer's decisions. */
#include <string.h>

#include "access.h"
#include "link.h"
#include "serve.h"
#include "templates.h"
#include "utf8.h"

enum { FORM_MOST = 64 * 1024, NAME_MOST = 200, ORDER_MOST = 100, REASON_MOST = 2000, CODE_MOST = 200 };

static const char *
field(struct request *request, const struct form *form, const char *name)
{
	return form_trimmed(request->arena, form, name);
}

/* What the form must bring, whoever fills it in: the version and hash that the page showed. */
static const struct problem *
shown_read(struct request *request, const struct form *form, struct link_decision *decision)
{
	int64_t version = 0;

	TRY(form_int(request->arena, form, "version", 1, INT32_MAX, &version));
	decision->version = (int)version;
	decision->sha256 = form_get(form, "sha256");
	/* The language that the page, and so the consent, was shown in. */
	request_language_choose(request, form_get(form, "lang"));
	decision->language = request->language_asked;
	if (!version || !decision->sha256)
		return problem_new(request->arena, PROBLEM_bad_request, "the form lacks `version` or `sha256`");
	return NULL;
}

static bool
too_long(const char *text, size_t most)
{
	return text && utf8_length(text) > most;
}

static const char *
accept_mistakes(struct request *request, struct page_form *form)
{
	enum language language = request->language;

	if (!form->name || !utf8_visible(form->name))
		form->name_error = word(language, WORD_accept_name_missing);
	else if (too_long(form->name, NAME_MOST) || !utf8_one_line(form->name))
		form->name_error = word(language, WORD_accept_name_bad);
	if (too_long(form->purchase_order, ORDER_MOST) || (form->purchase_order && !utf8_one_line(form->purchase_order)))
		form->purchase_order_error = word(language, WORD_accept_order_bad);
	if (!form->consent)
		form->consent_error = word(language, WORD_accept_consent_missing);
	return form->name_error || form->purchase_order_error || form->consent_error ? word(language, WORD_form_error) : NULL;
}

/* The page once more, saying why the decision was not taken; nothing the visitor typed is lost. */
static const struct problem *
show_again(struct request *request, int status, const struct page_form *form, bool changed)
{
	struct document_page page;

	TRY(link_page(request, FETCH_NONE, &page));
	page.form = *form;
	page.changed = changed;
	template_document(reply_html(request, status), &page);
	return NULL;
}

/* 303 to the receipt; the same decision again is its receipt at once (200); all else is 409 and shows
 * the document as it is now. */
static const struct problem *
decide(struct request *request, const struct link_decision *decision, const struct page_form *form)
{
	enum decided decided;

	TRY(link_decide(request, decision, &decided));
	if (decided == DECIDED) {
		link_see(request, NULL, NULL);
		return NULL;
	}
	return show_again(request, decided == DECIDED_BEFORE ? 200 : 409, form, decided == DECIDED_CHANGED);
}

/* The page of a refused form is in the contact's language, which only the page knows. */
static const struct problem *
page_language(struct request *request)
{
	struct document_page page;

	return link_page(request, FETCH_NONE, &page);
}

/* POST /d/{token}/accept: `version`, `sha256`, `name`, `consent=yes`, `purchase_order`. Decision, evidence,
 * event and mails in one transaction. 422 shows the form with what is wrong. */
static const struct problem *
accept(struct request *request)
{
	struct link_decision decision = {.type = "accepted"};
	struct page_form shown = {0};
	struct form *form = NULL;

	TRY(request_form(request, &form));
	TRY(shown_read(request, form, &decision));
	decision.name = shown.name = field(request, form, "name");
	decision.purchase_order = shown.purchase_order = field(request, form, "purchase_order");
	shown.consent = form_get(form, "consent") && !strcmp(form_get(form, "consent"), "yes");
	if (accept_mistakes(request, &shown)) {
		TRY(page_language(request));
		shown.error = accept_mistakes(request, &shown);
		return show_again(request, 422, &shown, false);
	}
	return decide(request, &decision, &shown);
}

/* POST /d/{token}/decline: `version`, `sha256`, `reason` (may be empty). */
static const struct problem *
decline(struct request *request)
{
	struct link_decision decision = {.type = "declined"};
	struct page_form shown = {.declining = true};
	struct form *form = NULL;

	TRY(request_form(request, &form));
	TRY(shown_read(request, form, &decision));
	decision.reason = shown.reason = field(request, form, "reason");
	if (too_long(shown.reason, REASON_MOST) || (shown.reason && !utf8_many_lines(shown.reason))) {
		TRY(page_language(request));
		shown.reason_error = word(request->language, WORD_decline_reason_bad);
		shown.error = word(request->language, WORD_form_error);
		return show_again(request, 422, &shown, false);
	}
	return decide(request, &decision, &shown);
}

/* POST /d/{token}/code, field `code`: the access code of a public link. 303 to the page with a cookie that proves it;
 * 403 shows the form with what went wrong. Tries are counted by link and by address. */
static const struct problem *
enter_code(struct request *request)
{
	struct code_page page;
	struct form *form = NULL;
	enum code_try outcome;
	const char *code, *cookie;

	TRY(request_form(request, &form));
	request_language_choose(request, form_get(form, "lang"));
	code = form_get(form, "code");
	TRY(link_code_try(request, code && strlen(code) <= CODE_MOST ? code : "", &outcome, &cookie));
	if (outcome == CODE_RIGHT || outcome == CODE_NOT_NEEDED) {
		link_see(request, NULL, NULL);
		if (cookie)
			reply_cookie(request, "code", cookie, request_link_path(request), ACCESS_COOKIE_DAYS * 86400L);
		return NULL;
	}
	TRY(link_code_page(request, &page));
	page.error = outcome == CODE_LOCKED ? "locked" : "wrong";
	template_code(reply_html(request, 403), &page);
	return NULL;
}

static const struct route routes[] = {
    {"POST", "/d/{token}/code", AUTH_LINK, 4096, enter_code},
    {"POST", "/d/{token}/accept", AUTH_LINK, FORM_MOST, accept},
    {"POST", "/d/{token}/decline", AUTH_LINK, FORM_MOST, decline},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "accept", .role = "portal_customer", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_BASE_URL};

	return serve(&service, argc, argv);
}
