/* The customer's side of a document's thread: what the page shows of it, and what a form adds to it. */
#pragma once

#include "page.h"
#include "request.h"

/* Reads what customer_page() gives as `conversation`. Strings live as long as ROW. */
void conversation_read(struct request *request, struct json_object *row, struct page_conversation *conversation);

/* A message as a form brings it. */
struct link_message {
	const char *kind;       /* message, changes, renewal */
	const char *text;       /* NULL: none, for a renewal */
	const char *name;       /* of a visitor without a name of their own, or NULL */
	int version;            /* that the page showed; 0: the current one */
	int page;               /* of that version's PDF; 0: none */
	int seen;               /* the last message of the thread that the page showed; 0: none */
};

/* What became of it. */
enum message_outcome {
	MESSAGE_TAKEN,          /* now, or by the same press before */
	MESSAGE_LIMIT,          /* too many within the hour */
	MESSAGE_NO_PAGE,        /* that version has fewer pages */
	MESSAGE_CHANGED,        /* the version shown is no longer the current one, or there is none such */
	MESSAGE_CLOSED,         /* the document's state does not allow it */
};
/* PAGES is set with MESSAGE_NO_PAGE. Problems: not_found, code_required, forbidden, and what the database says. */
const struct problem *link_message(struct request *request, const struct link_message *message,
    enum message_outcome *outcome, int *pages);
