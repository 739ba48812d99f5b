/* Ways to prove who decides. Each is one file with one struct identity_method, found by the name that stands in
 * `accept.identity` and in the evidence. A new one (an external provider) is a file here, a branch of
 * identity_settle() and a column's CHECK in sql/, its name in lib/schemas.c, and its step in web/templates/identity.html. */
#pragma once

#include "request.h"

/* What became of a step. */
struct identity_step {
	const char *proof;   /* proved: what identity_settle() takes within the deciding transaction */
	const char *error;   /* not proved, or not begun: a sentence for the visitor, in request->language */
	const char *field;   /* the field at fault: "code", "email"; else "identity" */
	int status;          /* with `error` NULL too: the page is shown anew with it, 0: go on */
	const char *visitor; /* begun or proved: what link_visitor_remember() shall keep, once the reply is made; or NULL */
	int wait;            /* seconds until trying again has a point, or 0 */
};

struct identity_method {
	const char *name;
	/* POST /d/{token}/identity: begins a proof. Commits on its own. */
	const struct problem *(*begin)(struct request *request, const struct form *form, struct identity_step *step);
	/* Judges the proof that came with the form of a decision. A try counts, whatever becomes of the decision. */
	const struct problem *(*prove)(struct request *request, const struct form *form, struct identity_step *step);
	/* Through a link that many share: whether the form brings what its decision was proved with. Then `visitor` is set. */
	const struct problem *(*recognise)(struct request *request, const struct form *form, struct identity_step *step);
};

extern const struct identity_method identity_link;       /* holding the personal link is all */
extern const struct identity_method identity_email_code; /* fields `code` and, on a public link, `email` */

/* NULL for a name that is none. */
const struct identity_method *identity_named(const char *name);
