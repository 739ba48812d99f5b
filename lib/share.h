/* Passing a document on to colleagues: what the page shows of it, and what its forms ask for. */
#pragma once

#include "page.h"
#include "request.h"

/* Reads what customer_page() gives as `sharing`. Strings live as long as ROW. */
void sharing_read(struct arena *arena, struct json_object *row, struct page_sharing *sharing);

/* What became of a sharing. */
enum share_outcome {
	SHARE_SENT,             /* the colleague's link is on its way */
	SHARE_BEFORE,           /* it was mailed to this address within the hour: nothing was done */
	SHARE_OWN,              /* the contact's own address */
	SHARE_FULL,             /* as many live as may */
	SHARE_LIMIT,            /* as many were made in a day as may */
	SHARE_CLOSED,           /* withdrawn */
};
/* Mails the colleague a link of their own. NAME and TEXT may be NULL; VERSION is the one the page showed, 0: unknown.
 * Problems: not_found, forbidden, and what the database says. */
const struct problem *link_share(struct request *request, const char *email, const char *name, const char *text,
    int version, enum share_outcome *outcome);

/* Ends the shared link ID, a UUID. *CLOSED: the document is withdrawn, and nothing was done. Problem: not_found also where
 * this contact shared no such link. */
const struct problem *link_unshare(struct request *request, const char *id, bool *closed);
