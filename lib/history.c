/* The documents of who is signed in: rows become the page. */
#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "login.h"
#include "token.h"
#include "utf8.h"

#define PAGE_SIZE "50"

static size_t
length(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static const struct problem *
row_read(struct request *request, struct json_object *about, struct document_row *row)
{
	const char *token = link_token(request->arena, request->secrets, json_text(about, "token_id"));

	if (!token)
		return problem_new(request->arena, PROBLEM_internal, "there is no key for links");
	row->path = arena_printf(request->arena, "/d/%s", token);
	row->sender_name = json_text(about, "sender_name");
	row->color = json_text(about, "color");
	row->kind = json_text(about, "kind");
	row->title = json_text(about, "title");
	row->number = json_text(about, "number");
	row->project = json_text(about, "project");
	row->amount = json_text(about, "amount");
	row->currency = json_text(about, "currency");
	row->state = json_text(about, "state");
	row->sent_at = json_text(about, "sent_at");
	row->decided_at = json_text(about, "decided_at");
	row->expires = json_text(about, "expires");
	row->days_left = (int)json_integer(about, "days_left", 0);
	row->version = (int)json_integer(about, "version", 1);
	row->unread = (int)json_integer(about, "unread", 0);
	row->opened = json_boolean(about, "opened", false);
	row->can_accept = json_boolean(about, "can_accept", false);
	return NULL;
}

/* The documents come ordered by part: those of one make up a group. */
static const struct problem *
groups_read(struct request *request, struct json_object *answer, struct documents_page *page)
{
	static const enum word headings[DOCUMENT_GROUPS] = {
	    WORD_documents_open, WORD_documents_ended, WORD_documents_archived};
	struct json_object *documents = json_member(answer, "documents"), *found = json_member(answer, "found");
	struct document_row *rows = arena_alloc(request->arena, (length(documents) + 1) * sizeof *rows);

	for (int i = 0; i < DOCUMENT_GROUPS; i++) {
		page->groups[i].heading = word(request->language, headings[i]);
		page->groups[i].total = json_object_get_int(json_object_array_get_idx(found, (size_t)i));
		page->found += page->groups[i].total;
	}
	for (size_t i = 0; i < length(documents); i++) {
		struct json_object *one = json_object_array_get_idx(documents, i);
		struct document_group *group = &page->groups[json_integer(one, "part", 1) - 1];

		TRY(row_read(request, json_member(one, "about"), &rows[i]));
		if (!group->count++)
			group->rows = &rows[i];
	}
	return NULL;
}

static void
senders_read(struct arena *arena, struct json_object *array, const char *chosen, struct documents_page *page)
{
	struct sender_choice *senders = arena_alloc(arena, (length(array) + 1) * sizeof *senders);

	for (size_t i = 0; i < length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);

		senders[i].id = json_text(one, "id");
		senders[i].name = json_text(one, "name");
		senders[i].count = (int)json_integer(one, "count", 0);
		senders[i].chosen = chosen && !strcmp(chosen, senders[i].id);
	}
	page->senders = senders;
	page->sender_count = length(array);
}

/* "Firefox på Linux", as far as it is known. */
static const char *
session_name(struct arena *arena, enum language language, struct json_object *row)
{
	const char *browser = json_text(row, "browser"), *system = json_text(row, "system");
	const struct word_value values[] = {
	    {"browser", *browser ? browser : word(language, WORD_sessions_unknown)}, {"system", system}};

	return *system ? word_filled(arena, word(language, WORD_sessions_browser), values, 2) : values[0].value;
}

static void
sessions_read(struct arena *arena, struct json_object *array, struct documents_page *page)
{
	struct session_row *sessions = arena_alloc(arena, (length(array) + 1) * sizeof *sessions);

	for (size_t i = 0; i < length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);

		sessions[i].id = json_text(one, "id");
		sessions[i].name = session_name(arena, page->page.language, one);
		sessions[i].created_at = json_text(one, "created_at");
		sessions[i].seen_at = json_text(one, "seen_at");
		sessions[i].mine = json_boolean(one, "mine", false);
	}
	page->sessions = sessions;
	page->session_count = length(array);
}

/* The list of what SEARCH and SENDER narrow it to, from AFTER on; NULL where none of them is given. */
static const char *
list_path(struct arena *arena, const char *search, const char *sender, const char *after)
{
	const char *const fields[][2] = {{"after", after}, {"q", search}, {"sender", sender}};
	struct buf path = buf_new(arena, 0);

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (!fields[i][1])
			continue;
		buf_printf(&path, "%s%s=", path.length ? "&" : "/documents?", fields[i][0]);
		buf_url(&path, fields[i][1]);
	}
	return path.length ? path.bytes : NULL;
}

/* As much of a search as the page's field takes: more than that nobody typed. */
static const char *
search_cut(struct arena *arena, const char *search)
{
	enum { SEARCH_MOST = 100 };
	const char *end = search;
	uint32_t character;

	if (!search)
		return NULL;
	for (int i = 0; i < SEARCH_MOST && *end; i++)
		end += utf8_character(end, strlen(end), &character);
	return arena_strndup(arena, search, (size_t)(end - search));
}

/* A query field, NULL where it is empty. */
static const char *
asked(const struct request *request, const char *name)
{
	const char *value = form_get(request->query, name);

	return value && value[strspn(value, " \t\r\n")] ? value : NULL;
}

const struct problem *
login_documents(struct request *request, struct documents_page *page, bool *signed_in)
{
	const char *search = search_cut(request->arena, asked(request, "q")), *sender = asked(request, "sender"), *after = asked(request, "after");
	struct json_object *answer = NULL;

	*signed_in = false;
	memset(page, 0, sizeof *page);
	if (sender && !uuid_valid(sender))
		return problem_new(request->arena, PROBLEM_bad_request, "`sender` is no id");
	if (!request->session)
		return NULL;
	TRY(db_json(request->db, request->arena, STATEMENT_customer_documents, &answer, request->session,
	    request->language_asked, search, sender, after, PAGE_SIZE));
	if (strcmp(json_text(answer, "verdict"), "ok") != 0)
		return NULL;
	*signed_in = true;
	request->language = language_parse(json_text(answer, "language"), request->language);
	page->page.language = request->language;
	page->address = json_text(answer, "address");
	page->search = search;
	page->narrowed = search || sender;
	page->continued = after != NULL;
	page->total = (int)json_integer(answer, "total", 0);
	if (json_text(answer, "next"))
		page->next = list_path(request->arena, search, sender, json_text(answer, "next"));
	page->page.here = list_path(request->arena, search, sender, after);
	senders_read(request->arena, json_member(answer, "senders"), sender, page);
	sessions_read(request->arena, json_member(answer, "sessions"), page);
	return groups_read(request, answer, page);
}
