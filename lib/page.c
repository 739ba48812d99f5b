/* Small questions that templates ask about what they show. */
#include "page.h"

#include <string.h>
#include <strings.h>

bool
page_is(const char *value, const char *name)
{
	return value && !strcmp(value, name);
}

enum word
mail_receipt_word(const char *receipt)
{
	if (page_is(receipt, "attached"))
		return WORD_mail_receipt_attached;
	if (page_is(receipt, "large"))
		return WORD_mail_receipt_large;
	return page_is(receipt, "making") ? WORD_mail_receipt_making : WORD_mail_receipt_failed;
}

enum word
page_file_kind(const char *media_type)
{
	static const struct {
		const char *part;
		enum word word;
	} kinds[] = {
	    {"application/pdf", WORD_file_pdf}, {"image/", WORD_file_image},
	    {"wordprocessing", WORD_file_word}, {"msword", WORD_file_word}, {"opendocument.text", WORD_file_word},
	    {"spreadsheet", WORD_file_sheet}, {"ms-excel", WORD_file_sheet}, {"text/csv", WORD_file_sheet},
	    {"text/", WORD_file_text}, {"zip", WORD_file_archive},
	};

	for (size_t i = 0; media_type && i < sizeof kinds / sizeof kinds[0]; i++)
		if (strstr(media_type, kinds[i].part))
			return kinds[i].word;
	return WORD_file_unknown;
}

const char *
page_line(struct arena *arena, const char **text)
{
	if (!*text || !**text)
		return NULL;
	const char *line = *text;
	size_t length = strcspn(line, "\r\n");

	*text += length;
	*text += **text == '\r' && (*text)[1] == '\n';
	*text += **text != '\0';
	return arena_strndup(arena, line, length);
}

bool
page_same_name(const char *a, const char *b)
{
	return a && b && !strcasecmp(a, b);
}

const char *
mail_customer(const struct mail_page *mail)
{
	return page_same_name(mail->contact_name, mail->customer_name) ? word(mail->language, WORD_mail_to_you) : mail->customer_name;
}

const char *
mail_decider(const struct mail_page *mail)
{
	return mail->public || page_same_name(mail->decided_by, mail->contact_name) ? word(mail->language, WORD_mail_you) : mail->decided_by;
}

const char *
mail_person(struct arena *arena, const struct mail_page *mail, const char *name)
{
	const struct word_value values[] = {{"name", name}, {"customer", mail->customer_name}};

	if (!name || page_same_name(name, mail->customer_name))
		return name;
	return word_filled(arena, word(mail->language, WORD_mail_person_at), values, 2);
}

bool
mail_tells_message(const struct mail_page *mail)
{
	return page_is(mail->kind, "message") || page_is(mail->kind, "changes") || page_is(mail->kind, "renewal");
}

bool
mail_invites(const struct mail_page *mail)
{
	return page_is(mail->kind, "upload") || page_is(mail->kind, "change") || page_is(mail->kind, "reminder") ||
	    page_is(mail->kind, "expiring");
}
