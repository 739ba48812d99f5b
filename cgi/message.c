/* message: what customers write about a document, and whom they share it with (message_share.c). */
#include <string.h>

#include "link.h"
#include "message.h"
#include "message_form.h"
#include "serve.h"
#include "templates.h"
#include "utf8.h"

enum { TEXT_MOST = 4000, PAGE_DIGITS = 6 };

const char *
form_lines(struct request *request, const struct form *form, const char *name)
{
	const char *text = form_trimmed(request->arena, form, name);
	char *plain = text ? arena_alloc(request->arena, strlen(text) + 1) : NULL;
	size_t length = 0;

	for (size_t i = 0; text && text[i]; i++)
		if (text[i] != '\r' || text[i + 1] != '\n')
			plain[length++] = text[i];
	return plain;
}

/* Reads the form: MESSAGE is what is to be written, SHOWN what the page shows again should it be refused. */
static const struct problem *
message_read(struct request *request, struct link_message *message, struct page_message_form *shown)
{
	int64_t version = 0, seen = 0;
	struct form *form = NULL;

	TRY(request_form(request, &form));
	request_language_choose(request, form_get(form, "lang"));
	TRY(form_int(request->arena, form, "version", 1, INT32_MAX, &version));
	TRY(form_int(request->arena, form, "seen", 0, INT32_MAX, &seen));
	shown->kind = message->kind;
	message->text = shown->text = form_lines(request, form, "text");
	message->name = shown->name = form_trimmed(request->arena, form, "name");
	shown->page = form_trimmed(request->arena, form, "page");
	message->version = (int)version;
	message->seen = (int)seen;
	return NULL;
}

/* The number of a page; 0 where none is named, -1 where it is no number. */
static int
page_number(const char *text)
{
	int n = 0;

	if (!text)
		return 0;
	if (strlen(text) > PAGE_DIGITS || strspn(text, "0123456789") != strlen(text))
		return -1;
	for (; *text; text++)
		n = n * 10 + (*text - '0');
	return n ? n : -1;
}

static const char *
page_mistake(struct request *request, int pages)
{
	const struct word_value n = {"n", arena_printf(request->arena, "%d", pages)};

	return word_filled(request->arena, word(request->language, WORD_message_page_bad), &n, 1);
}

/* Whether something is wrong with SHOWN; the words are in the page's language, PAGES those of the version shown. */
static bool
mistakes(struct request *request, struct page_message_form *shown, int pages)
{
	enum language language = request->language;

	if (!shown->text)
		shown->text_error = strcmp(shown->kind, "renewal") ? word(language, WORD_message_text_missing) : NULL;
	else
		shown->text_error = form_text_error(language, shown->text, TEXT_MOST, WORD_message_text_bad);
	if (shown->name && (utf8_length(shown->name) > NAME_MOST || !utf8_one_line(shown->name)))
		shown->name_error = word(language, WORD_accept_name_bad);
	if (page_number(shown->page) < 0)
		shown->page_error = page_mistake(request, pages);
	return shown->text_error || shown->name_error || shown->page_error;
}

/* The page once more, with the refused message in its form: nothing that was typed is lost. Only the loaded page knows
 * the language to say in what was wrong. PAGES: how many there are, where that is at fault. */
static const struct problem *
show_again(struct request *request, int status, struct page_message_form *shown, bool changed, int pages)
{
	struct document_page page;

	TRY(link_page(request, FETCH_NONE, &page));
	if (status == 422) {
		mistakes(request, shown, page.pages);
		shown->page_error = pages ? page_mistake(request, pages) : shown->page_error;
	}
	if (status != 409)
		shown->error = word(request->language, status == 429 ? WORD_message_limit : WORD_form_error);
	page.conversation.form = *shown;
	page.changed = changed;
	template_document(reply_html(request, status), &page);
	return NULL;
}

/* Takes a message of one kind: 303 to the page, which says that it was sent. What is refused shows the page with what
 * was typed and what is wrong: 422; 429 after twenty within an hour; 409 where the state does not allow it, or the
 * version that is to be changed is no longer the current one. */
static const struct problem *
take(struct request *request, const char *kind, const char *anchor)
{
	struct link_message message = {.kind = kind};
	struct page_message_form shown = {0};
	enum message_outcome outcome;
	int pages;

	TRY(message_read(request, &message, &shown));
	if (mistakes(request, &shown, 1))
		return show_again(request, 422, &shown, false, 0);
	message.page = page_number(shown.page);
	TRY(link_message(request, &message, &outcome, &pages));
	switch (outcome) {
	case MESSAGE_TAKEN:
		link_see(request, kind, anchor);
		return NULL;
	case MESSAGE_LIMIT:
		return show_again(request, 429, &shown, false, 0);
	case MESSAGE_NO_PAGE:
		return show_again(request, 422, &shown, false, pages);
	default:
		return show_again(request, 409, &shown, outcome == MESSAGE_CHANGED, 0);
	}
}

/* POST /d/{token}/messages: `text`, and where wanted `page`, `name`; `version` and `seen` as the page has them. */
static const struct problem *
post_message(struct request *request)
{
	return take(request, "message", "messages");
}

/* POST /d/{token}/changes: `text`, `version`. Marks the document. */
static const struct problem *
request_changes(struct request *request)
{
	return take(request, "changes", "messages");
}

/* POST /d/{token}/renew: `text` may be left out. Only for an expired quote; once is enough. */
static const struct problem *
request_renewal(struct request *request)
{
	return take(request, "renewal", "content");
}

static const struct route routes[] = {
    {"POST", "/d/{token}/messages", AUTH_LINK, FORM_MOST, post_message},
    {"POST", "/d/{token}/changes", AUTH_LINK, FORM_MOST, request_changes},
    {"POST", "/d/{token}/renew", AUTH_LINK, FORM_MOST, request_renewal},
    {"POST", "/d/{token}/share", AUTH_LINK, FORM_MOST, share},
    {"POST", "/d/{token}/share/revoke", AUTH_LINK, 4096, unshare},
    {"GET", "/d/{token}/{form}", AUTH_LINK, 0, reply_link_page},
    {"GET", "/d/{token}/share/revoke", AUTH_LINK, 0, reply_link_page},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "message", .role = "portal_customer", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_BASE_URL};

	return serve(&service, argc, argv);
}
