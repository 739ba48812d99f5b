/* accept: the access code, the code that proves who decides, and the customer's decisions. */
#include <string.h>

#include "accept_form.h"
#include "access.h"
#include "identity.h"
#include "serve.h"
#include "templates.h"

enum { FORM_MOST = 64 * 1024, CODE_MOST = 200 };

/* The page once more, saying why the decision was not taken; nothing the visitor typed is lost. */
static const struct problem *
show_again(struct request *request, int status, const struct page_form *form, bool changed)
{
	struct document_page page;

	TRY(link_page(request, FETCH_NONE, &page));

	const char *contact = page.form.name, *email = page.form.email;

	page.form = *form;
	if (!form->name && !form->name_error)
		page.form.name = contact;
	if (!form->email)
		page.form.email = email;
	page.changed = changed;
	template_document(reply_html(request, status), &page);
	return NULL;
}

/* The page of a refused form is in the contact's language, which only the page knows. */
static const struct problem *
page_language(struct request *request)
{
	struct document_page page;

	return link_page(request, FETCH_NONE, &page);
}

static const struct problem *
method_find(struct request *request, const char *name, const struct identity_method **method)
{
	*method = identity_named(name);
	return *method ? NULL : problem_new(request->arena, PROBLEM_internal, "there is no identity method %s", name);
}

/* Has the method judge what the form brought. Not proved: FORM says why, and *STATUS is that of the page. */
static const struct problem *
prove(struct request *request, const struct form *form, const char *identity, struct link_decision *decision,
    struct page_form *shown, int *status)
{
	const struct identity_method *method;
	struct document_page page;
	struct identity_step step = {0};

	TRY(method_find(request, identity, &method));
	TRY(link_page(request, FETCH_NONE, &page));
	if (!decision->name && page.identity && page.identity->public) { /* who declines by a public link has to say who they are */
		shown->name_error = word(request->language, WORD_accept_name_missing);
		*status = 422;
	} else {
		TRY(method->prove(request, form, &step));
		shown->code_error = step.error;
		*status = step.status;
	}
	shown->error = *status ? word(request->language, WORD_form_error) : NULL;
	decision->identity = method->name;
	decision->proof = step.proof;
	request->visitor = step.visitor;
	return NULL;
}

/* Somebody decided first, by what IDENTITY names: perhaps it was this visitor, whom no cookie tells. */
static const struct problem *
recognise(struct request *request, const struct form *form, const char *identity, const struct link_decision *decision,
    enum decided *decided)
{
	const struct identity_method *method;
	struct identity_step step = {0};

	TRY(method_find(request, identity, &method));
	TRY(method->recognise(request, form, &step));
	request->visitor = step.visitor;
	return step.visitor ? link_decide(request, decision, decided, &identity) : NULL;
}

/* What became of a decision, as the visitor sees it. */
static const struct problem *
answer_decision(struct request *request, enum decided decided, struct page_form *form)
{
	if (decided == DECIDED) {
		link_see(request, NULL, NULL);
		return NULL;
	}
	TRY(page_language(request));
	if (decided == DECIDED_REASON)
		form->reason_error = word(request->language, WORD_decline_reason_missing);
	else if (decided == DECIDED_CONSENT)
		form->consent_error = word(request->language, WORD_accept_consent_changed);
	else if (decided == DECIDED_UNPROVED) /* the code has ended between its being tried and the decision */
		form->code_error = word(request->language, WORD_identity_expired);
	if (form->reason_error || form->consent_error || form->code_error)
		form->error = word(request->language, WORD_form_error);
	if (decided == DECIDED_CONSENT || decided == DECIDED_CHANGED) /* what was agreed to is another now */
		form->consent = false;
	return show_again(request, decided == DECIDED_BEFORE ? 200
	    : decided == DECIDED_REASON || decided == DECIDED_UNPROVED ? 422 : 409, form, decided == DECIDED_CHANGED);
}

/* The database is asked first whether anything else stands in the way, so that no try of a code is spent in vain. */
static const struct problem *
decide(struct request *request, const char *type)
{
	struct link_decision decision = {.type = type};
	struct page_form shown = {0};
	struct form *form = NULL;
	enum decided decided;
	const char *identity;
	int status = 0;

	TRY(request_form(request, &form));
	TRY(accept_form_read(request, form, &decision, &shown));
	if (accept_form_wrong(request, &decision, &shown)) {
		TRY(page_language(request));
		accept_form_wrong(request, &decision, &shown);
		return show_again(request, 422, &shown, false);
	}
	TRY(link_decide(request, &decision, &decided, &identity));
	if (decided == DECIDED_UNPROVED) {
		TRY(prove(request, form, identity, &decision, &shown, &status));
		if (status)
			return show_again(request, status, &shown, false);
		TRY(link_decide(request, &decision, &decided, &identity));
	} else if (decided == DECIDED_BY_OTHER && identity) {
		TRY(recognise(request, form, identity, &decision, &decided));
	}
	TRY(answer_decision(request, decided, &shown));
	if (request->visitor)
		link_visitor_remember(request, request->visitor);
	return NULL;
}

/* POST /d/{token}/accept: `version`, `sha256`, `name`, `consent=yes`, `consent_sha256`, `purchase_order`; where asked
 * `email`, `code`, `signature`. Decision, evidence, event and jobs in one transaction. 303 to the receipt; 200: the same
 * again; 409 shows the document as it is now; 422 shows the form with what is wrong. */
static const struct problem *
accept(struct request *request)
{
	return decide(request, "accepted");
}

/* POST /d/{token}/decline: `version`, `sha256`, `reason`; by a link that the sender was shown `code`, on a public link `name`,
 * `email`, `code`. */
static const struct problem *
decline(struct request *request)
{
	return decide(request, "declined");
}

/* POST /d/{token}/identity: begins to prove who decides; by `email_code` a code is mailed, on a public link to `email`.
 * 303 to the page; 422 and 429 (with Retry-After) show the form with what is wrong; 409 where nothing can be decided. */
static const struct problem *
begin_identity(struct request *request)
{
	struct document_page page;
	struct page_form shown = {0};
	struct identity_step step = {0};
	struct form *form = NULL;

	TRY(request_form(request, &form));
	request_language_choose(request, form_get(form, "lang"));
	TRY(link_page(request, FETCH_NONE, &page));
	if (page.identity)
		TRY(identity_named(page.identity->method)->begin(request, form, &step));
	if (!step.status) {
		link_see(request, NULL, "accept");
		if (step.visitor)
			link_visitor_remember(request, step.visitor);
		return NULL;
	}
	shown.email = form_trimmed(request->arena, form, "email");
	if (step.field && !strcmp(step.field, "email"))
		shown.email_error = step.error;
	else
		shown.identity_error = step.error;
	TRY(show_again(request, step.status, &shown, false));
	if (step.wait)
		reply_header(request, "Retry-After", arena_printf(request->arena, "%d", step.wait));
	return NULL;
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
	int left;

	TRY(request_form(request, &form));
	request_language_choose(request, form_get(form, "lang"));
	code = form_get(form, "code");
	TRY(link_code_try(request, code && strlen(code) <= CODE_MOST ? code : "", &outcome, &left, &cookie));
	if (outcome == CODE_RIGHT || outcome == CODE_NOT_NEEDED) {
		link_see(request, NULL, NULL);
		if (cookie)
			reply_cookie(request, "code", cookie, request_link_path(request), ACCESS_COOKIE_DAYS * 86400L);
		return NULL;
	}
	TRY(link_code_page(request, &page));
	page.error = outcome == CODE_LOCKED ? "locked" : "wrong";
	page.left = left;
	template_code(reply_html(request, 403), &page);
	return NULL;
}

static const struct route routes[] = {
    {"POST", "/d/{token}/code", AUTH_LINK, 4096, enter_code},
    {"POST", "/d/{token}/identity", AUTH_LINK, 4096, begin_identity},
    {"POST", "/d/{token}/accept", AUTH_LINK, SIGNATURE_FORM_MOST, accept},
    {"POST", "/d/{token}/decline", AUTH_LINK, FORM_MOST, decline},
    {"GET", "/d/{token}/{form}", AUTH_LINK, 0, reply_link_page},
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
