/* The customer's side of the data layer: what is behind a link, once the gate in the database agrees. */
#pragma once

#include "page.h"
#include "request.h"

/* How a page is asked for, for the history. */
enum fetch { FETCH_NONE, FETCH_PERSON, FETCH_SCANNER };

/* The code that this visitor last asked for by a public link, which many share: a UUID, or NULL. The cookie `identity`
 * names it, bound by an HMAC, since the API tells the sender the code's id. Remembering sets the cookie. */
const char *link_visitor(const struct request *request);
void link_visitor_remember(struct request *request, const char *challenge);

/* The portal's own consent texts by language, as JSON: what the database records is what the page showed. */
const char *link_consents(void);

/* Loads the page behind request->token_id and sets request->language to the page's. The page's strings
 * live in the arena. Problems: not_found, and what the database says. */
const struct problem *link_page(struct request *request, enum fetch fetch, struct document_page *page);

/* 303 to the document's page, in the language that was asked for. SENT: what the page is to say was sent; ANCHOR: where
 * it is to be read. Both may be NULL. */
void link_see(struct request *request, const char *sent, const char *anchor);

/* Loads the page that asks for a public link's access code: what link_page() answers with code_required to. */
const struct problem *link_code_page(struct request *request, struct code_page *page);

/* Tries an access code. A right one gives *COOKIE, the value that proves it from now on; *LEFT are the tries after a wrong one. */
enum code_try { CODE_RIGHT, CODE_WRONG, CODE_LOCKED, CODE_NOT_NEEDED };
const struct problem *link_code_try(struct request *request, const char *code, enum code_try *outcome, int *left,
    const char **cookie);

/* Records that the visitor has version VERSION before them, and the thread up to its SEEN-th message (0: none). */
const struct problem *link_opened(struct request *request, int version, int seen);

/* The problem of a verdict that the gate gave: not_found, code_required, forbidden; NULL for the others. */
const struct problem *link_verdict(struct arena *arena, const char *verdict);

/* The bytes behind a link. */
struct link_file {
	const char *tenant_id, *sha256, *type, *name;
	bool withdrawn; /* then nothing else is set */
};
/* WHAT: "file" (for the viewer), "download", "attachment" (the N-th). RECORD: a person's download starts here. */
const struct problem *link_file(struct request *request, const char *what, const char *n, bool record,
    struct link_file *file);

/* The receipt of what was accepted last. Without a hash it is not there: MAKING says that it is to come. */
struct link_receipt {
	const char *tenant_id, *sha256, *name;
	bool making;
	bool withdrawn; /* then nothing else is set */
};
/* Problem: not_found also where this link may not have it. */
const struct problem *link_receipt(struct request *request, struct link_receipt *receipt);

/* A decision as the form brings it. */
struct link_decision {
	const char *type;      /* accepted, declined */
	int version;
	const char *sha256;
	const char *language;  /* of the page it was taken on, or NULL */
	const char *consent_sha256; /* of the consent that was shown, or NULL: not compared */
	const char *name, *reason, *purchase_order; /* each may be NULL */
	const char *signature; /* drawn: PNG in base64, checked, or NULL */
	const char *identity, *proof; /* what a method of lib/identity.h has judged, and its name, or NULL */
};
/* What became of it. */
enum decided {
	DECIDED,          /* by this request */
	DECIDED_BEFORE,   /* the same by the same contact */
	DECIDED_BY_OTHER, /* somebody decided first, or this contact decided otherwise */
	DECIDED_CHANGED,  /* the version shown is no longer the current one */
	DECIDED_CONSENT,  /* the consent shown is no longer the current one */
	DECIDED_REASON,   /* declining takes a reason here */
	DECIDED_UNPROVED, /* first it must be proved who decides */
	DECIDED_CLOSED,   /* expired, withdrawn, archived, or not this link's to decide */
};
/* IDENTITY is the name of a method, or NULL: with DECIDED_UNPROVED of the one that proves it, with DECIDED_BY_OTHER of the one
 * that may know this visitor again. */
const struct problem *link_decide(struct request *request, const struct link_decision *decision,
    enum decided *decided, const char **identity);
