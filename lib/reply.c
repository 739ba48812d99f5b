/* What goes back: JSON, pages, redirects, files by X-Accel-Redirect, problems. */
#include <json-c/json.h>
#include <string.h>

#include "request.h"
#include "store.h"
#include "templates.h"

/* Pages load from ourselves alone; nothing inline, nothing framed. */
static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

void
reply_header(struct request *request, const char *name, const char *value)
{
	struct reply_header *header = arena_alloc(request->arena, sizeof *header);

	header->name = name;
	header->value = value;
	header->next = request->reply.headers;
	request->reply.headers = header;
}

const char *
reply_header_get(const struct request *request, const char *name)
{
	for (const struct reply_header *header = request->reply.headers; header; header = header->next)
		if (!strcmp(header->name, name))
			return header->value;
	return NULL;
}

static void
start(struct request *request, int status, const char *type)
{
	request->reply.status = status;
	request->reply.type = type;
	request->reply.headers = NULL;
	request->reply.by_nginx = false;
	request->reply.body = buf_new(request->arena, 0);
	reply_header(request, "X-Content-Type-Options", "nosniff");
	reply_header(request, "Referrer-Policy", "same-origin");
	reply_header(request, "Cache-Control", "no-store");
}

void
reply_empty(struct request *request, int status)
{
	start(request, status, NULL);
}

void
reply_see_other(struct request *request, const char *path)
{
	start(request, 303, NULL);
	reply_header(request, "Location", path);
}

const struct problem *
reply_link_page(struct request *request)
{
	reply_see_other(request, request_link_path(request));
	return NULL;
}

void
reply_cookie(struct request *request, const char *name, const char *value, const char *path, long seconds)
{
	bool https = !strncmp(request->config->base_url, "https:", 6);

	reply_header(request, "Set-Cookie", arena_printf(request->arena, "%s=%s; Path=%s; Max-Age=%ld; HttpOnly; SameSite=Lax%s",
	    name, value, path, seconds, https ? "; Secure" : ""));
}

static void
json_add(struct request *request, struct json_object *value)
{
	buf_text(&request->reply.body, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	buf_char(&request->reply.body, '\n');
}

void
reply_json(struct request *request, int status, struct json_object *value)
{
	start(request, status, "application/json");
	json_add(request, value);
}

struct buf *
reply_plain(struct request *request, int status, const char *type)
{
	start(request, status, type);
	return &request->reply.body;
}

void
reply_text(struct request *request, int status, const char *type, const char *text)
{
	start(request, status, type);
	buf_text(&request->reply.body, text);
}

struct buf *
reply_html(struct request *request, int status)
{
	start(request, status, "text/html; charset=utf-8");
	reply_header(request, "Content-Security-Policy", page_policy);
	reply_header(request, "X-Robots-Tag", "noindex");
	reply_header(request, "Content-Language", language_tag(request->language));
	return &request->reply.body;
}

/* RFC 6266: an ASCII name for old clients, and the real one percent-encoded. */
static const char *
disposition(struct request *request, const char *kind, const char *name)
{
	struct buf text = buf_new(request->arena, 0);

	buf_printf(&text, "%s; filename=\"", kind);
	for (const char *c = name; *c; c++)
		buf_char(&text, *c >= ' ' && *c <= '~' && !strchr("\"\\%", *c) ? *c : '_');
	buf_text(&text, "\"; filename*=UTF-8''");
	buf_url(&text, name);
	return text.bytes;
}

void
reply_file(struct request *request, const char *tenant, const char *sha256, const char *type, const char *name,
    bool viewed_inline)
{
	reply_stored(request, store_path(request->arena, tenant, sha256), sha256, type, name, viewed_inline);
}

void
reply_stored(struct request *request, const char *path, const char *known_by, const char *type, const char *name,
    bool viewed_inline)
{
	const char *etag = arena_printf(request->arena, "\"%s\"", known_by), *held = request_header(request, "If-None-Match");

	/* The gate was asked all the same: whoever holds the bytes may be told that they are the same. */
	if (held && strstr(held, etag)) {
		start(request, 304, NULL);
	} else {
		start(request, 200, type);
		request->reply.by_nginx = true;
		reply_header(request, "X-Accel-Redirect",
		    arena_printf(request->arena, "/internal/store/%s", path));
	}
	reply_header(request, "ETag", etag);
	reply_header(request, "Content-Disposition", disposition(request, viewed_inline ? "inline" : "attachment", name));
	reply_header(request, "Cache-Control", "private, no-cache");
}

static struct json_object *
string(const char *value)
{
	return json_object_new_string(value);
}

/* RFC 9457, with the members `code` and `errors` of our contract. */
static void
reply_problem_json(struct request *request, const struct problem *problem)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "type", string("about:blank"));
	json_object_object_add(object, "title", string(problem_title(problem)));
	json_object_object_add(object, "status", json_object_new_int(problem_status(problem)));
	json_object_object_add(object, "code", string(problem_name(problem)));
	json_object_object_add(object, "detail", string(problem->detail));
	if (problem->member)
		json_object_object_add(object, problem->member, problem->value ? string(problem->value) : NULL);
	if (problem->items) {
		struct json_object *errors = json_object_new_array();

		for (const struct problem_item *item = problem->items; item; item = item->next) {
			struct json_object *error = json_object_new_object();

			json_object_object_add(error, "pointer", string(item->pointer));
			json_object_object_add(error, "detail", string(item->detail));
			json_object_array_add(errors, error);
		}
		json_object_object_add(object, "errors", errors);
	}
	json_object_object_add(object, "request_id", string(request->id));
	start(request, problem_status(problem), "application/problem+json");
	json_add(request, object);
	json_object_put(object);
}

/* The words of a page for this status. */
static void
notice_words(int status, enum word *heading, enum word *words)
{
	static const struct {
		int status;
		enum word heading, text;
	} table[] = {
	    {403, WORD_notice_forbidden_heading, WORD_notice_forbidden_text},
	    {404, WORD_notice_not_found_heading, WORD_notice_not_found_text},
	    {413, WORD_notice_too_large_heading, WORD_notice_too_large_text},
	    {429, WORD_notice_too_many_requests_heading, WORD_notice_too_many_requests_text},
	    {500, WORD_notice_internal_heading, WORD_notice_internal_text},
	    {503, WORD_notice_unavailable_heading, WORD_notice_unavailable_text},
	};

	*heading = WORD_notice_bad_request_heading;
	*words = WORD_notice_bad_request_text;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].status == status) {
			*heading = table[i].heading;
			*words = table[i].text;
		}
	}
}

static void
reply_problem_page(struct request *request, const struct problem *problem)
{
	int status = problem_status(problem);
	enum word heading, words;

	notice_words(status, &heading, &words);

	struct notice_page page = {
	    .page = {.language = request->language, .request_id = status == 404 ? NULL : request->id,
	        .title = word(request->language, heading), .sender_name = "Dokumentportal"},
	    .further_path = status == 404 ? "/login" : NULL,
	    .further = word(request->language, WORD_front_find_button),
	    .heading = word(request->language, heading),
	    .text = word(request->language, words),
	};

	template_notice(reply_html(request, status), &page);
}

void
reply_problem(struct request *request, const struct problem *problem)
{
	if (!strncmp(request->path, "/api/", 5) || !strncmp(request->path, "/internal/", 10))
		reply_problem_json(request, problem);
	else
		reply_problem_page(request, problem);
	if (problem->code == PROBLEM_method_not_allowed)
		reply_header(request, "Allow", request->allowed);
	if (problem->code == PROBLEM_unavailable)
		reply_header(request, "Retry-After", "5");
	if (problem->code == PROBLEM_unauthorized)
		reply_header(request, "WWW-Authenticate", "Bearer");
}
