/* The forms by which a quote is accepted or declined: what they bring, and what may be wrong with it. */
#pragma once

#include "link.h"

enum { SIGNATURE_FORM_MOST = 512 * 1024 };

/* Reads the form of a decision: into DECISION what counts, into SHOWN what the page shows once more when refused.
 * Problem: bad_request where `version` or `sha256` is missing. */
const struct problem *accept_form_read(struct request *request, const struct form *form,
    struct link_decision *decision, struct page_form *shown);

/* Whether something in it is wrong: then SHOWN says what, in request->language. */
bool accept_form_wrong(struct request *request, const struct link_decision *decision, struct page_form *shown);
