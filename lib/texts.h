/* The tenant's own texts for mails and pages: `settings.texts`, {"da": {mail_subject, mail_body, welcome, thanks,
 * consent, access}, "en": {…}}. Variables stand in them as {kunde}; the names are the same in every language.
 * What pages show is filled in by the database (text_fill() in sql/functions), mails by us: only we know the link. */
#pragma once

#include "arena.h"
#include "problem.h"
#include "words.h"

struct json_object;

/* Checks the variables of TEXTS, which fits the schema of settings; NULL is fine. A word in braces that is no variable,
 * or one that cannot stand in this text, is an `invalid` problem with a pointer such as /texts/da/mail_body. Braces
 * around anything but one word of at most 60 bytes are plain text. At most five mistakes a text are told.
 *
 * {kunde} {kontakt} {virksomhed} {projekt} {titel} {nummer} {udløb} stand anywhere but in `access`, which is shown
 * before the access code and so may only name {virksomhed}; {besked} not in mail_subject; {link} only in mail_body. */
const struct problem *texts_check(struct arena *arena, struct json_object *texts);

/* What the variables stand for; NULL fills in nothing. */
struct text_values {
	const char *customer, *contact; /* without a contact {kontakt} is the customer */
	const char *sender, *project, *title, *number;
	const char *expires;            /* local, "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM"; written out in the language */
	const char *message;
	const char *link;
};

/* TEXT with its variables filled in, once: what a value holds is never filled in itself. Not escaped. NULL for a NULL
 * text and where nothing but blanks would be left, so that the portal's own words can stand in. */
const char *texts_fill(struct arena *arena, enum language language, const char *text, const struct text_values *values);
