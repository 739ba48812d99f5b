/* Mails about documents: composed when they are sent, since the outbox holds no links. */
#include <json-c/json.h>
#include <string.h>

#include "job.h"
#include "json.h"
#include "mail.h"
#include "one_time_code.h"
#include "page.h"
#include "receipt.h"
#include "store.h"
#include "templates.h"
#include "texts.h"
#include "token.h"

static const char *
text_copy(struct arena *arena, struct json_object *object, const char *name)
{
	return arena_strdup(arena, json_text(object, name));
}

static void
decision_read(struct arena *arena, struct json_object *decision, struct mail_page *page)
{
	page->decided_by = text_copy(arena, decision, "name");
	page->decided_at = text_copy(arena, decision, "at");
	page->sha256 = text_copy(arena, decision, "sha256");
	page->reason = text_copy(arena, decision, "reason");
	page->purchase_order = text_copy(arena, decision, "purchase_order");
}

static void
page_read(struct arena *arena, struct json_object *row, struct mail_page *page)
{
	const char *cause = json_text(row, "cause");
	const char *kind = json_text(row, "kind");

	page->kind = arena_strdup(arena, cause);
	page->to_sender = json_boolean(row, "to_sender", false);
	page->language = language_parse(json_text(row, "language"), LANGUAGE_DA);
	page->sender_name = text_copy(arena, row, "sender_name");
	page->color = text_copy(arena, row, "color");
	page->reply_to = text_copy(arena, row, "reply_to");
	page->document_title = text_copy(arena, row, "title");
	page->number = text_copy(arena, row, "number");
	page->project = text_copy(arena, row, "project");
	page->customer_name = text_copy(arena, row, "customer_name");
	page->contact_name = text_copy(arena, row, "contact_name");
	page->amount = text_copy(arena, row, "amount");
	page->currency = text_copy(arena, row, "currency");
	page->expires = text_copy(arena, row, "expires");
	page->message = text_copy(arena, row, "message");
	page->previous_amount = text_copy(arena, row, "previous_amount");
	page->previous_currency = text_copy(arena, row, "previous_currency");
	page->previous_title = text_copy(arena, row, "previous_title");
	page->sent_at = text_copy(arena, row, "sent_at");
	page->public = json_boolean(row, "public", false);
	page->happened_at = text_copy(arena, row, "happened_at");
	page->text = text_copy(arena, row, "text");
	page->author = text_copy(arena, row, "author");
	page->shared_by = text_copy(arena, row, "shared_by");
	page->about_page = (int)json_integer(row, "page", 0);
	page->about_version = (int)json_integer(row, "about_version", 0);
	page->version = (int)json_integer(row, "version", 1);
	page->quote = kind && !strcmp(kind, "quote");
	page->whole_link = !strcmp(json_text(row, "locked_scope") ? json_text(row, "locked_scope") : "", "link");
	page->opened = json_boolean(row, "opened", false);
	page->can_accept = json_boolean(row, "can_accept", false);
	decision_read(arena, json_member(row, "decision"), page);
}

/* TEXT without the blank lines around it; NULL for NULL. */
static const char *
without_blank_ends(struct arena *arena, const char *text)
{
	if (!text)
		return NULL;
	text += strspn(text, " \t\r\n");

	size_t length = strlen(text);

	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	return arena_strndup(arena, text, length);
}

/* The tenant's own body. The link stands once and on a line of its own: the first {link} parts the body there, without
 * the stop that may have ended its sentence; without one the link follows the body. */
static void
body_fill(struct arena *arena, const char *body, const struct text_values *values, struct mail_page *page)
{
	static const char variable[] = "{link}";
	const char *link = body ? strstr(body, variable) : NULL;
	const char *before = link ? arena_strndup(arena, body, (size_t)(link - body)) : body;
	const char *after = link ? link + strlen(variable) : NULL;

	if (after)
		after += strspn(after, ".,;:");
	page->body = without_blank_ends(arena, texts_fill(arena, page->language, before, values));
	page->body_end = without_blank_ends(arena, texts_fill(arena, page->language, after, values));
	if (body && strstr(body, "{besked}"))
		page->message = NULL; /* the body has it */
}

/* The tenant's own subject and body, where it has them. */
static void
texts_read(struct arena *arena, struct json_object *texts, struct mail_page *page)
{
	const struct text_values values = {
	    .customer = page->customer_name, .contact = page->contact_name, .sender = page->sender_name,
	    .project = page->project, .title = page->document_title, .number = page->number,
	    .expires = page->expires, .message = page->message, .link = page->link,
	};

	page->own_subject = texts_fill(arena, page->language, json_text(texts, "mail_subject"), &values);
	body_fill(arena, json_text(texts, "mail_body"), &values, page);
}

/* The receipt of an acceptance comes along, unless it is so large that mail servers may refuse it. */
static const struct problem *
receipt_read(const struct outbox_setting *setting, struct job *job, struct json_object *row, struct mail_page *page,
    struct mail *mail)
{
	enum { MOST = 10 * 1000 * 1000 };
	struct json_object *receipt = json_member(row, "receipt");
	int64_t size = json_integer(receipt, "size", 0);
	struct mail_file *file = arena_alloc(job->arena, sizeof *file);

	page->receipt = text_copy(job->arena, row, "receipt_state");
	if (!receipt)
		return NULL;
	page->receipt = size <= MOST ? "attached" : "large";
	if (size > MOST)
		return NULL;
	file->name = receipt_file_name(job->arena, language_parse(json_text(receipt, "language"), page->language), page->number,
	    page->document_title);
	file->type = "application/pdf";
	mail->files = file;
	mail->file_count = 1;
	return store_read(job->arena, setting->config->store_dir, json_text(receipt, "tenant_id"), json_text(receipt, "sha256"),
	    &file->bytes, &file->size);
}

static const struct problem *
compose(const struct outbox_setting *setting, struct job *job, struct json_object *row, struct mail *mail)
{
	struct arena *arena = job->arena;
	struct mail_page *page = arena_alloc(arena, sizeof *page);
	struct buf subject = buf_new(arena, 0), text = buf_new(arena, 0), html = buf_new(arena, 0);
	const char *token = link_token(arena, setting->secrets, json_text(row, "link"));

	if (!token)
		return problem_new(arena, PROBLEM_internal, "there is no key for links");
	page_read(arena, row, page);
	if (json_text(row, "nonce"))
		page->code = one_time_code(arena, setting->secrets, "identity", json_text(row, "nonce"));
	if (!strcmp(page->kind, "code") && !page->code)
		return problem_new(arena, PROBLEM_internal, "there is no key for codes");
	page->link = arena_printf(arena, "%s/d/%s", setting->config->base_url, token);
	page->login = arena_printf(arena, "%s/login", setting->config->base_url);
	texts_read(arena, json_member(row, "texts"), page);
	TRY(receipt_read(setting, job, row, page, mail));
	template_mail_subject(&subject, page);
	page->subject = subject.bytes;
	template_mail_text(&text, page);
	template_mail_html(&html, page);

	mail->from_name = page->sender_name;
	mail->reply_to = page->reply_to;
	mail->to_name = text_copy(arena, row, "to_name");
	mail->to_address = text_copy(arena, row, "to_address");
	mail->subject = page->subject;
	mail->text = text.bytes;
	mail->html = html.bytes;
	mail->language = language_tag(page->language);
	return NULL;
}

const struct problem *
job_mail(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	struct json_object *what = job_wanted(job, row);
	struct mail *mail = arena_alloc(job->arena, sizeof *mail);

	if (!what)
		return NULL;
	TRY(compose(setting, job, what, mail));
	return job_send(setting, job, mail);
}
