/* view: the customer's page, the beacon that says a person reads it, and what needs no link. */
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "link.h"
#include "serve.h"
#include "store.h"
#include "templates.h"
#include "view.h"

enum { CHECK_MOST = 64 * 1024 * 1024 }; /* a PDF of 50 MB, or its receipt, which is longer */

/* The page that asks for a public link's access code. */
static const struct problem *
ask_for_code(struct request *request)
{
	struct code_page page;

	TRY(link_code_page(request, &page));
	template_code(reply_html(request, 200), &page);
	return NULL;
}

/* GET /d/{token}: the document's page, or first the form for the access code. Records `fetched`, at most
 * once an hour; HEAD records nothing. 200, or 404 for what is unknown, revoked or removed alike. */
static const struct problem *
show_document(struct request *request)
{
	struct document_page page;
	enum fetch fetch = !strcmp(request->method, "HEAD") ? FETCH_NONE
	    : request_by_scanner(request) ? FETCH_SCANNER : FETCH_PERSON;

	const struct problem *problem = link_page(request, fetch, &page);

	if (problem && problem->code == PROBLEM_code_required)
		return ask_for_code(request);
	TRY(problem);
	template_document(reply_html(request, 200), &page);
	return NULL;
}

/* POST /d/{token}/opened, fields `version` and `seen` (the last message that was on screen, or 0): the page was visible
 * and used. Records `opened` once a contact and version, and marks the sender's answers as read; from what calls
 * itself a scanner, which may run scripts and scroll, nothing. 204. */
static const struct problem *
opened(struct request *request)
{
	struct form *form = NULL;
	int64_t version = 0, seen = 0;

	TRY(request_form(request, &form));
	TRY(form_int(request->arena, form, "version", 1, INT32_MAX, &version));
	TRY(form_int(request->arena, form, "seen", 0, INT32_MAX, &seen));
	if (!request_by_scanner(request))
		TRY(link_opened(request, (int)version, (int)seen));
	reply_empty(request, 204);
	return NULL;
}

/* GET /: what this place is, for who comes without a link. */
static const struct problem *
front(struct request *request)
{
	struct page page = {.language = request->language, .title = word(request->language, WORD_front_title),
	    .sender_name = "Dokumentportal"};

	template_front(reply_html(request, 200), &page);
	return NULL;
}

/* GET /.well-known/dokumentportal-keys.json: the public keys of the history's signatures, for everybody. */
static const struct problem *
keys(struct request *request)
{
	struct json_object *answer = NULL;

	TRY(db_json_array(request->db, request->arena, STATEMENT_customer_keys, &answer, NULL, 0));
	reply_json(request, 200, answer);
	reply_header(request, "Cache-Control", "public, max-age=3600");
	return NULL;
}

/* GET /healthz: this process answers. */
static const struct problem *
health(struct request *request)
{
	reply_empty(request, 204);
	return NULL;
}

/* GET /readyz: the database answers, the worker lives, and the store can be written. 204, else 503, the log naming
 * what is missing. */
static const struct problem *
ready(struct request *request)
{
	enum { AGE_MOST = 60, FREE_LEAST = 64 * 1024 * 1024 };
	const char *store = request->config->store_dir;
	struct json_object *answer = NULL;

	TRY(db_json_array(request->db, request->arena, STATEMENT_customer_ready, &answer, NULL, 0));
	if (json_integer(answer, "worker_age", 0) > AGE_MOST)
		return problem_new(request->arena, PROBLEM_unavailable, "the worker gives no sign of life");
	if (access(store, W_OK | X_OK) || store_free(store) < FREE_LEAST)
		return problem_new(request->arena, PROBLEM_unavailable, "the store cannot be written, or its disk is full");
	reply_empty(request, 204);
	return NULL;
}

static const struct route routes[] = {
    {"GET", "/d/{token}", AUTH_LINK, 0, show_document},
    {"POST", "/d/{token}/opened", AUTH_LINK, 1024, opened},
    {"GET", "/verify", AUTH_NONE, 0, show_check},
    {"POST", "/verify", AUTH_NONE, CHECK_MOST, check_pdf},
    {"GET", "/", AUTH_NONE, 0, front},
    {"GET", "/.well-known/dokumentportal-keys.json", AUTH_NONE, 0, keys},
    {"GET", "/healthz", AUTH_NONE, 0, health},
    {"GET", "/readyz", AUTH_NONE, 0, ready},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "view", .role = "portal_customer", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_BASE_URL | CONFIG_STORE};

	return serve(&service, argc, argv);
}
