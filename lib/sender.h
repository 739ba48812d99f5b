/* The sender's side: documents as the API shows them. */
#pragma once

#include "request.h"

/* Answers with a document as the database gave it: tokens' public halves become links, the revision
 * becomes the ETag. RESULT, where not NULL, stands in front (`created`, …). */
void sender_reply_document(struct request *request, int status, const char *result, struct json_object *document);

/* Answers with the tenant's settings; the revision becomes the ETag. */
void sender_reply_settings(struct request *request, int status, struct json_object *settings);

/* Makes the links of one document of a list. */
void sender_links(struct request *request, struct json_object *document);

/* The revisions that If-Match allows (RFC 9110, section 13.1.1), as text for the database: 3,4 or `*` for any; NULL when
 * it asks for none. Problem: precondition_failed where it names none of ours. */
const struct problem *sender_if_match(struct request *request, const char **revisions);

/* The problem `invalid` of the query parameter NAME. */
const struct problem *sender_parameter_refused(struct request *request, const char *name, const char *detail);

/* Refuses query parameters other than KNOWN (ending in NULL), so that a misspelt one is not silently ignored. */
const struct problem *sender_query_check(struct request *request, const char *const *known);

/* A route's {id}: a UUID, or the problem not_found of WHAT it names. */
const struct problem *sender_id(struct request *request, const char *what, const char **id);

/* A thing that the database answered NULL for. */
const struct problem *sender_not_found(struct request *request, const char *what);
