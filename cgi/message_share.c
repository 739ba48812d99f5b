/* message: passing a document on to colleagues. The link goes by mail alone: who gave the address never sees it, and who
 * reads that mail has shown that the address is theirs. */
#include <string.h>

#include "link.h"
#include "mail.h"
#include "message_form.h"
#include "share.h"
#include "templates.h"
#include "utf8.h"

enum { NOTE_MOST = 1000 };

/* Whether mail programs would make a link of NAME, with which the mail greets whom nobody has asked. */
static bool
names_address(const char *name)
{
	return strstr(name, "://") || strcasestr(name, "www.");
}

/* Whether something is wrong with SHOWN; the words are in the page's language. */
static bool
mistakes(struct request *request, struct page_share_form *shown)
{
	enum language language = request->language;

	if (!shown->email || !mail_address_valid(shown->email))
		shown->email_error = word(language, WORD_share_email_bad);
	if (shown->name && (utf8_length(shown->name) > NAME_MOST || !utf8_one_line(shown->name)))
		shown->name_error = word(language, WORD_accept_name_bad);
	else if (shown->name && names_address(shown->name))
		shown->name_error = word(language, WORD_share_name_link);
	shown->text_error = form_text_error(language, shown->text, NOTE_MOST, WORD_share_text_bad);
	return shown->email_error || shown->name_error || shown->text_error;
}

/* The page once more, with what was typed and what is wrong, in the page's language. */
static const struct problem *
show_again(struct request *request, int status, struct page_share_form *shown, enum share_outcome outcome)
{
	struct document_page page;

	TRY(link_page(request, FETCH_NONE, &page));
	shown->refused = true;
	mistakes(request, shown);
	if (outcome == SHARE_OWN)
		shown->email_error = word(request->language, WORD_share_own);
	shown->error = word(request->language, outcome == SHARE_FULL ? WORD_share_full
	    : outcome == SHARE_LIMIT ? WORD_share_limit : WORD_form_error);
	page.sharing.form = *shown;
	template_document(reply_html(request, status), &page);
	return NULL;
}

/* POST /d/{token}/share: `email`, and where wanted `name`, `text`. Mails the colleague a link of their own: 303 to the page,
 * which lists it. What is refused is shown again: 422, 429 after twenty in a day; 409 when withdrawn. Only a contact's own
 * link shares. */
const struct problem *
share(struct request *request)
{
	struct page_share_form shown = {0};
	enum share_outcome outcome;
	struct form *form = NULL;
	int64_t version = 0;

	TRY(request_form(request, &form));
	request_language_choose(request, form_get(form, "lang"));
	TRY(form_int(request->arena, form, "version", 1, INT32_MAX, &version));
	shown.email = form_trimmed(request->arena, form, "email");
	shown.name = form_trimmed(request->arena, form, "name");
	shown.text = form_lines(request, form, "text");
	if (mistakes(request, &shown))
		return show_again(request, 422, &shown, SHARE_SENT);
	TRY(link_share(request, shown.email, shown.name, shown.text, (int)version, &outcome));
	if (outcome == SHARE_SENT || outcome == SHARE_BEFORE) {
		link_see(request, outcome == SHARE_SENT ? "shared" : "shared_before", "share");
		return NULL;
	}
	return show_again(request, outcome == SHARE_CLOSED ? 409 : outcome == SHARE_LIMIT ? 429 : 422, &shown, outcome);
}

/* POST /d/{token}/share/revoke: `link`, the id of one that this contact shared; it opens nothing from now on. 303, also when
 * it had ended before; 404 for any other. */
const struct problem *
unshare(struct request *request)
{
	struct form *form = NULL;
	struct document_page page;
	bool closed;

	TRY(request_form(request, &form));
	request_language_choose(request, form_get(form, "lang"));

	const char *id = form_get(form, "link");

	if (!id || !uuid_valid(id))
		return problem_new(request->arena, PROBLEM_bad_request, "the form lacks `link`");
	TRY(link_unshare(request, id, &closed));
	if (!closed) {
		link_see(request, "unshared", "share");
		return NULL;
	}
	TRY(link_page(request, FETCH_NONE, &page));
	template_document(reply_html(request, 409), &page);
	return NULL;
}
