/* Mails as bytes: a message with a text and an HTML body, ready for SMTP or a file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "problem.h"

enum { MAIL_ADDRESS_MOST = 254 }; /* RFC 5321, section 4.5.3.1.3, without the brackets */

/* A file that comes with a mail. */
struct mail_file {
	const char *name, *type; /* file name; media type such as "application/pdf" */
	const void *bytes;
	size_t size;
};

/* All strings in UTF-8. Names, `reply_to` and `language` may be NULL, nothing else may. */
struct mail {
	const char *message_id;  /* "left@right", without < and > */
	const char *from_name, *from_address;
	const char *reply_to;    /* an address */
	const char *to_name, *to_address;
	const char *subject;
	const char *text, *html; /* lines end in LF or CRLF */
	const char *language;    /* language tag, RFC 5646 */
	int64_t date;            /* Unix seconds */
	const struct mail_file *files;
	size_t file_count;
};

/* Composes MAIL as multipart/alternative, with files within multipart/mixed (RFC 5322, 2047, 2046), CRLF line ends, ASCII only, at most 76 characters in a
 * body line; BYTES live in ARENA and are the same for the same MAIL. A control character in what becomes a header, text
 * that is not UTF-8, a bad address or a missing member is an `invalid` problem with the member's name as pointer. */
const struct problem *mail_compose(struct arena *arena, const struct mail *mail, const char **bytes, size_t *size);

/* The id on the left of TEXT, which is one of our own Message-IDs, in brackets or without: the job's that sent the mail.
 * NULL when it is none. */
const char *mail_id_read(struct arena *arena, const char *text);

/* Whether TEXT is an address that any mail server takes: dot-atom "@" host name with a dot (or "localhost"), ASCII.
 * Quoted local parts and address literals are refused; so is UTF-8, because the next server may lack SMTPUTF8
 * (RFC 6531): an internationalised domain is written in its xn-- form. */
bool mail_address_valid(const char *text);
