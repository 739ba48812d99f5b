/* What is behind a link: rows become the structs that pages are made of. */
#include "link.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "cookie.h"
#include "json.h"
#include "message.h"
#include "receipt.h"
#include "share.h"

/* The portal's own consent texts by language, those of who accepts for nobody else as "da.own": what the database records is what the page showed. The same for every
 * visitor, so made once a process. */
const char *
link_consents(void)
{
	static char *made;

	if (made)
		return made;

	struct json_object *object = json_object_new_object();

	for (enum language language = 0; language < LANGUAGES; language++) {
		char own[16];

		snprintf(own, sizeof own, "%s.own", language_tag(language));
		json_object_object_add(object, language_tag(language), json_object_new_string(word(language, WORD_accept_consent)));
		json_object_object_add(object, own, json_object_new_string(word(language, WORD_accept_consent_own)));
	}
	made = strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	if (!made)
		abort();
	return made;
}

const struct problem *
link_verdict(struct arena *arena, const char *verdict)
{
	if (!verdict || !strcmp(verdict, "unknown"))
		return problem_new(arena, PROBLEM_not_found, "there is no such link");
	if (!strcmp(verdict, "code_required"))
		return problem_new(arena, PROBLEM_code_required, "the access code is needed first");
	if (!strcmp(verdict, "forbidden"))
		return problem_new(arena, PROBLEM_forbidden, "the link does not carry the right to do this");
	return NULL;
}

static void
attachments_read(struct arena *arena, struct json_object *array, struct document_page *page)
{
	size_t count = array ? json_object_array_length(array) : 0;
	struct page_attachment *attachments = arena_alloc(arena, (count + 1) * sizeof *attachments);

	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);

		attachments[i].n = (int)json_integer(one, "n", 0);
		attachments[i].name = json_text(one, "name");
		attachments[i].type = json_text(one, "type");
		attachments[i].size = json_integer(one, "size", 0);
	}
	page->attachments = attachments;
	page->attachment_count = count;
}

static void
events_read(struct arena *arena, struct json_object *array, struct document_page *page)
{
	size_t count = array ? json_object_array_length(array) : 0;
	struct page_event *events = arena_alloc(arena, (count + 1) * sizeof *events);

	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);

		events[i].what = json_text(one, "what");
		events[i].at = json_text(one, "at");
		events[i].version = (int)json_integer(one, "version", 0);
		events[i].mine = json_boolean(one, "mine", false);
		events[i].file_name = json_text(one, "file_name");
	}
	page->events = events;
	page->event_count = count;
}

static const struct page_decision *
decision_read(struct arena *arena, enum language language, struct json_object *row)
{
	if (!row)
		return NULL;
	struct page_decision *decision = arena_alloc(arena, sizeof *decision);

	decision->accepted = !strcmp(json_text(row, "type"), "accepted");
	decision->mine = json_boolean(row, "mine", false);
	decision->at = json_text(row, "at");
	decision->name = json_boolean(row, "erased", false) ? word(language, WORD_decision_erased) : json_text(row, "name");
	decision->email = json_text(row, "email");
	decision->reason = json_text(row, "reason");
	decision->purchase_order = json_text(row, "purchase_order");
	decision->version = (int)json_integer(row, "version", 0);
	decision->sha256 = json_text(row, "sha256");
	decision->receipt = json_boolean(row, "receipt", false);
	decision->receipt_failed = json_boolean(row, "receipt_failed", false);
	return decision;
}

static const struct page_identity *
identity_read(struct arena *arena, struct json_object *row)
{
	if (!row)
		return NULL;
	struct page_identity *identity = arena_alloc(arena, sizeof *identity);

	identity->method = json_text(row, "method");
	identity->public = json_boolean(row, "public", false);
	identity->declining = json_boolean(row, "declining", false);
	identity->to = json_text(row, "to");
	identity->email = json_text(row, "email");
	identity->sent = json_boolean(row, "sent", false);
	identity->ended = json_text(row, "ended");
	return identity;
}

/* The members that every page of a link has. */
static void
frame_read(struct request *request, struct json_object *row, struct page *page)
{
	request->language = language_parse(json_text(row, "language"), request->language);
	page->language = request->language;
	page->sender_name = json_text(row, "sender_name");
	page->color = json_text(row, "color");
	page->logo = json_boolean(row, "logo", false) ? arena_printf(request->arena, "%s/logo", request_link_path(request)) : NULL;
	page->request_id = request->id;
}

static void
page_read(struct request *request, struct json_object *row, struct document_page *page)
{
	const char *signature = json_text(row, "signature");

	memset(page, 0, sizeof *page);
	frame_read(request, row, &page->page);
	page->page.title = page->document_title = json_text(row, "title");
	page->path = request_link_path(request);
	page->state = json_text(row, "state");
	page->kind = json_text(row, "kind");
	page->number = json_text(row, "number");
	page->project = json_text(row, "project");
	page->message = json_text(row, "message");
	page->amount = json_text(row, "amount");
	page->currency = json_text(row, "currency");
	page->customer_name = json_text(row, "customer_name");
	page->contact_name = json_text(row, "contact_name");
	page->sent_at = json_text(row, "sent_at");
	page->expires = json_text(row, "expires");
	page->days_left = (int)json_integer(row, "days_left", 0);
	page->version = (int)json_integer(row, "version", 0);
	page->sha256 = json_text(row, "sha256");
	page->size = json_integer(row, "size", 0);
	page->pages = (int)json_integer(row, "pages", 0);
	attachments_read(request->arena, json_member(row, "attachments"), page);
	page->can_accept = json_boolean(row, "can_accept", false);
	page->typed_signature = signature && !strcmp(signature, "typed");
	page->drawn_signature = signature && !strcmp(signature, "drawn");
	page->reason_required = json_boolean(row, "reason_required", false);
	page->identity = identity_read(request->arena, json_member(row, "identity"));
	page->purchase_order = true;
	page->consent = json_text(row, "consent");
	page->consent_sha256 = json_text(row, "consent_sha256");
	page->thanks = json_text(row, "thanks");
	page->welcome = json_text(row, "welcome");
	page->decision = decision_read(request->arena, request->language, json_member(row, "decision"));
	events_read(request->arena, json_member(row, "history"), page);
	page->form.name = page->contact_name;
	conversation_read(request, json_member(row, "conversation"), &page->conversation);
	page->form.email = page->identity ? page->identity->email : NULL;
	sharing_read(request->arena, json_member(row, "sharing"), &page->sharing);
}

static const struct problem *
page_load(struct request *request, enum fetch fetch, struct json_object **row)
{
	static const char *const fetches[] = {
	    [FETCH_NONE] = "none", [FETCH_PERSON] = "person", [FETCH_SCANNER] = "scanner"};

	return db_json(request->db, request->arena, STATEMENT_customer_page, row, request->token_id, request->generation,
	    fetches[fetch], request->language_asked, link_consents(), request->personal, request->id,
	    link_visitor(request));
}

enum { VISITOR_DAYS = 30 };

/* What the cookie is bound to, apart from what access codes are. */
static const char *
visitor_of(const struct request *request)
{
	return arena_printf(request->arena, "identity %s", request->token_id);
}

const char *
link_visitor(const struct request *request)
{
	const char *cookie = cookie_get(request->arena, request_header(request, "Cookie"), "identity"), *challenge = NULL;

	if (request->visitor)
		return request->visitor;
	if (cookie)
		challenge = cookie_bound_value(request->arena, request->secrets, visitor_of(request), cookie);
	return challenge && uuid_valid(challenge) ? challenge : NULL;
}

void
link_visitor_remember(struct request *request, const char *challenge)
{
	const char *cookie = cookie_bound(request->arena, request->secrets, visitor_of(request), challenge, VISITOR_DAYS);

	if (cookie)
		reply_cookie(request, "identity", cookie, request_link_path(request), VISITOR_DAYS * 86400L);
}

const struct problem *
link_page(struct request *request, enum fetch fetch, struct document_page *page)
{
	struct json_object *row = NULL;

	TRY(page_load(request, fetch, &row));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	page_read(request, row, page);
	return NULL;
}

void
link_see(struct request *request, const char *sent, const char *anchor)
{
	const char *asked = request->language_asked;

	reply_see_other(request, arena_printf(request->arena, "%s%s%s%s%s%s%s%s", request_link_path(request),
	    asked ? "?lang=" : "", asked ? asked : "", sent ? asked ? "&" : "?" : "", sent ? "sent=" : "", sent ? sent : "",
	    anchor ? "#" : "", anchor ? anchor : ""));
}

const struct problem *
link_code_page(struct request *request, struct code_page *page)
{
	struct json_object *row = NULL;

	memset(page, 0, sizeof *page);
	TRY(page_load(request, FETCH_NONE, &row));
	frame_read(request, row, &page->page);
	page->page.title = word(request->language, WORD_code_title);
	page->path = request_link_path(request);
	page->access = json_text(row, "access");
	return NULL;
}

const struct problem *
link_code_try(struct request *request, const char *code, enum code_try *outcome, int *left, const char **cookie)
{
	const char *address = request_parameter(request, "REMOTE_ADDR"), *verdict;
	struct json_object *row = NULL;

	*cookie = NULL;
	TRY(db_json(request->db, request->arena, STATEMENT_customer_code_try, &row, request->token_id, address, request->id));
	verdict = json_text(row, "verdict");
	TRY(strcmp(verdict, "unknown") ? NULL : link_verdict(request->arena, verdict));
	*left = (int)json_integer(row, "left", 0);
	*outcome = !strcmp(verdict, "locked") ? CODE_LOCKED : strcmp(verdict, "try") ? CODE_NOT_NEEDED : CODE_WRONG;
	if (*outcome != CODE_WRONG || !access_code_right(request->arena, code, json_text(row, "hash")))
		return NULL;
	*outcome = CODE_RIGHT;
	*cookie = access_cookie(request->arena, request->secrets, request->token_id, (int)json_integer(row, "generation", 0));
	return db_json(request->db, request->arena, STATEMENT_customer_code_right, &row, request->token_id, address);
}

const struct problem *
link_opened(struct request *request, int version, int seen)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_opened, &row, request->token_id,
	    request->generation,
	    arena_printf(request->arena, "%d", version), request->personal, request->id,
	    arena_printf(request->arena, "%d", seen)));
	return link_verdict(request->arena, json_text(row, "verdict"));
}

const struct problem *
link_file(struct request *request, const char *what, const char *n, bool record, struct link_file *file)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_file, &row, request->token_id,
	    request->generation, what, n,
	    record ? "true" : "false", request->personal, request->id));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	file->withdrawn = !strcmp(json_text(row, "verdict"), "withdrawn");
	file->tenant_id = json_text(row, "tenant_id");
	file->sha256 = json_text(row, "sha256");
	file->type = json_text(row, "type");
	file->name = json_text(row, "name");
	return NULL;
}

const struct problem *
link_receipt(struct request *request, struct link_receipt *receipt)
{
	struct json_object *row = NULL;

	TRY(db_json(request->db, request->arena, STATEMENT_customer_receipt, &row, request->token_id, request->generation));
	TRY(link_verdict(request->arena, json_text(row, "verdict")));
	receipt->withdrawn = !strcmp(json_text(row, "verdict"), "withdrawn");
	receipt->making = json_boolean(row, "making", false);
	receipt->tenant_id = json_text(row, "tenant_id");
	receipt->sha256 = json_text(row, "sha256");
	receipt->name = receipt_file_name(request->arena, language_parse(json_text(row, "language"), request->language),
	    json_text(row, "number"), json_text(row, "title"));
	return NULL;
}
