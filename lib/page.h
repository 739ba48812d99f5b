/* What the customer's pages show: filled by the data layer, read by the templates in web/templates.
 * Strings are plain text in UTF-8 (templates escape them) and live in the request's arena.
 * Times are local to the tenant's zone, "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM"; NULL where there is none. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

/* Members that every page has. */
struct page {
	enum language language;
	const char *title;        /* for <title>; the sender's name is appended */
	const char *sender_name;  /* NULL where no tenant is known */
	const char *color;        /* the tenant's colour "#rrggbb", or NULL */
	const char *request_id;   /* shown on error pages, so that support can find the log line */
	const char *logo;         /* path of the tenant's logo, "/d/{token}/logo"; NULL: its name stands there */
	const char *here;         /* path and query of a page that has a query to keep in the other language, or NULL */
	const char *check_sha256; /* what the check page answers for, also in the other language, or NULL */
};

struct page_attachment {
	int n;                    /* from 1 */
	const char *name, *type;  /* file name; media type */
	int64_t size;             /* bytes */
};

struct page_decision {
	bool accepted;            /* else declined */
	bool mine;                /* made through this very link */
	const char *at;           /* local time */
	const char *name;         /* who */
	const char *email;        /* NULL where it is not known, or not to be told */
	const char *reason;       /* of a declined one, may be NULL */
	const char *purchase_order; /* may be NULL */
	int version;
	const char *sha256;       /* of the PDF, 64 hex digits */
	bool receipt;             /* this link may have the receipt, which is there or to come */
	bool receipt_failed;      /* it may, but the receipt could not be made */
};

/* One line of the history, as this visitor may know it. */
struct page_event {
	const char *what;         /* an event's type without "document." or "link.": sent, opened, ... */
	const char *at;           /* local time */
	int version;
	bool mine;                /* done through this very link */
	const char *file_name;    /* of attachment_downloaded */
};

/* What a refused form says: field names as in the form; NULL where nothing was wrong. */
struct page_form {
	const char *error;        /* one sentence for the top of the form */
	bool declining;           /* it was the decline form, else the accept form */
	const char *name, *purchase_order, *reason; /* what the visitor had typed */
	const char *name_error, *consent_error, *purchase_order_error, *reason_error;
	const char *email, *email_error;            /* of the form that asks for a code */
	const char *identity_error, *code_error, *signature_error;
	int signature_fault;      /* enum signature_fault */
	bool consent;
};

/* A question, a request or an answer in the document's thread. */
struct page_message {
	int n;                    /* its place in the thread, from 1 */
	bool sender;              /* the sender's, else a contact's or visitor's */
	bool mine;                /* written through this very link, which is one person's */
	bool fresh;               /* an answer that this link has not seen */
	const char *kind;         /* message, changes, renewal */
	const char *name;         /* of a contact or visitor; NULL where none was given */
	const char *text;         /* NULL for a renewal without a word */
	const char *at;           /* local time */
	int version, page;        /* what it is about; page 0: none was named */
};

/* A refused message: what the visitor had typed, and what was wrong with it. */
struct page_message_form {
	const char *kind;         /* message, changes or renewal: whose form was refused; NULL: none */
	const char *error;        /* one sentence for the top of the form */
	const char *text, *page, *name;
	const char *text_error, *page_error, *name_error;
};

struct page_conversation {
	const struct page_message *thread;          /* oldest first */
	size_t count;
	int last;                 /* the number of its last message, 0 without any */
	bool fresh;               /* some answer is */
	bool can_ask, can_request_changes, can_renew;
	const char *changes_at;   /* when the current version was asked to be changed, or NULL */
	const char *renewal_at;   /* when a new offer was asked for since it expired, or NULL */
	const char *sent;         /* what was just sent: message, changes, renewal, shared, ...; else NULL */
	struct page_message_form form;
};

/* How far the visitor has come in proving who they are (lib/identity.h). */
struct page_identity {
	const char *method;       /* email_code */
	bool public;              /* the visitor gives the address */
	bool declining;           /* declining takes it too */
	const char *to;           /* where a code goes or went, as far as the page may tell, or NULL */
	const char *email;        /* public: the address that the last code went to, or NULL */
	bool sent;                /* a code was mailed for this version, and not yet another one after it */
	const char *ended;        /* why it cannot be tried any more: expired, spent, used; NULL while it can */
};

/* A link that the visitor passed on. */
struct page_share {
	const char *id;
	const char *email, *name; /* the colleague's; name NULL where none was given */
	const char *at;           /* when it was mailed last, local time */
	bool failed;              /* the mail did not arrive */
};

/* A refused sharing: what the visitor had typed, and what was wrong with it. */
struct page_share_form {
	bool refused;
	const char *error;        /* one sentence for the top of the form */
	const char *email, *name, *text;
	const char *email_error, *name_error, *text_error;
};

struct page_sharing {
	bool allowed;             /* this link is a contact's own */
	const struct page_share *list;
	size_t count;
	const char *by;           /* of a shared link: the contact who passed it on; else NULL */
	bool by_decides;          /* and whether that contact may accept */
	const char *name;         /* of a shared link: the colleague's, as the contact gave it, or NULL */
	struct page_share_form form;
};

struct document_page {
	struct page page;
	const char *path;         /* "/d/{token}", no trailing slash */
	const char *state;        /* sent, opened, accepted, declined, withdrawn, expired */
	const char *kind;         /* quote, document */
	const char *number, *project, *message;     /* each may be NULL */
	const char *welcome;      /* the tenant's own words above the message, variables filled in, or NULL */
	const char *document_title;
	const char *amount, *currency;              /* "184500.00" and "DKK", or NULL */
	const char *customer_name, *contact_name;   /* contact_name NULL for a public link */
	const char *sent_at;      /* of this version, local time */
	const char *expires;      /* last day or time it can be accepted, or NULL */
	int days_left;            /* whole days until then; 0: today; meaningless without `expires` */
	int version;
	const char *sha256;       /* of the PDF, 64 hex digits */
	int64_t size;             /* of the PDF, bytes */
	int pages;
	const struct page_attachment *attachments;
	size_t attachment_count;
	bool can_accept;          /* accepting is enabled, this link may, and nothing stands against it */
	bool typed_signature;     /* the name counts as signature and is asked for as such */
	bool drawn_signature;     /* one may be drawn; the name serves where it is not */
	bool reason_required;     /* to decline takes a reason */
	const struct page_identity *identity; /* what is to be proved before deciding; NULL: nothing */
	bool purchase_order;      /* a purchase order number may be given */
	const char *consent;      /* the text to agree to, exactly as it will be recorded */
	const char *consent_sha256; /* of it, so that what is recorded is what was shown */
	const char *thanks;       /* the tenant's own thank-you text, variables filled in, or NULL */
	const struct page_decision *decision;       /* of this version, or NULL */
	const struct page_event *events;            /* the newest first */
	size_t event_count;
	struct page_form form;
	struct page_conversation conversation;
	struct page_sharing sharing;
	bool changed;             /* the visitor decided on an older version: say so, show the new one */
};

/* The form for a public link's access code. Of the document it tells nothing. */
struct code_page {
	struct page page;         /* its title is the portal's own: WORD_code_title */
	const char *path;         /* "/d/{token}", no trailing slash */
	const char *access;       /* the tenant's own words on where the code is found, or NULL */
	const char *error;        /* wrong; locked: too many tries, nothing is taken for an hour; NULL: none yet */
	int left;                 /* tries, with `wrong` */
};

/* A page that is only a message: not found, unavailable, bad request. */
struct notice_page {
	struct page page;
	const char *heading, *text;
	const char *back_path;    /* where to go on, or NULL */
	const char *further_path, *further; /* something else to do here, or NULL */
};

/* What the check page (/verify) has to say. */
enum check_state {
	CHECK_ASKED,     /* nothing yet */
	CHECK_ANSWERED,  /* no match: not known */
	CHECK_NO_FILE, CHECK_NO_PDF, CHECK_NO_SHA256, /* nothing that could be checked */
};

struct check_match {
	bool receipt;             /* the receipt of an acceptance, else the accepted PDF */
	const char *sender_name;
	const char *at, *time_zone; /* local to the sender, and its zone's name */
	const char *utc;
	const char *name;         /* who accepted; NULL: the sender does not let it be told */
};

struct check_page {
	struct page page;
	enum check_state state;
	bool of_file;             /* the answer is to a file, else to a hash alone */
	const struct check_match *matches;
	size_t match_count;
};

/* Signing in: asking for a code, and entering it. */
struct login_page {
	struct page page;
	bool sent;                /* a code was asked for: the form to enter it, else the form for the address */
	const char *address;      /* asked for or typed; NULL: none yet */
	const char *error;        /* address, too_many; wrong, gone, spent; NULL: none */
	int left;                 /* tries, with `wrong` */
	bool signed_out;          /* say that it has happened */
};

/* A document in the list of a signed-in reader. */
struct document_row {
	const char *path;         /* "/d/{token}" */
	const char *sender_name, *color; /* COLOR "#rrggbb", or NULL */
	const char *kind, *title, *number, *project; /* the last two may be NULL */
	const char *amount, *currency;               /* or NULL */
	const char *state;        /* as of a document_page */
	const char *sent_at, *decided_at, *expires;  /* local; the last two may be NULL */
	int days_left, version;
	int unread;               /* messages of the sender that the reader has not seen */
	bool opened;              /* the reader has opened this version */
	bool can_accept;
};

/* Documents under one heading, and how many there are besides those shown. */
struct document_group {
	const char *heading;
	const struct document_row *rows;
	size_t count;
	int total;
};

struct sender_choice {
	const char *id, *name;
	int count;
	bool chosen;
};

struct session_row {
	const char *id;
	const char *name;         /* "Firefox på Linux" */
	const char *created_at, *seen_at; /* local */
	bool mine;                /* the browser that asks */
};

enum { DOCUMENT_GROUPS = 3 };

/* Every document shared with an address. */
struct documents_page {
	struct page page;
	const char *address;
	const char *search;       /* what was searched for, or NULL */
	bool narrowed;            /* by a search or a sender */
	bool continued;           /* not the first page */
	struct document_group groups[DOCUMENT_GROUPS];
	int total, found;         /* all of them; those that fit */
	const struct sender_choice *senders;
	size_t sender_count;
	const char *next;         /* path of the next page, or NULL */
	const struct session_row *sessions;
	size_t session_count;
};

/* A mail with a code to sign in. */
struct login_mail {
	enum language language;
	const char *code;         /* six digits */
	const char *address;
	const char *host;         /* where it was asked for */
	const char *subject;
};

/* Whether a state or kind is the one named; NULL is none. */
bool page_is(const char *value, const char *name);

/* Whether two names are one, as where a customer is a person: letters' case aside (ASCII). False where either is NULL. */
bool page_same_name(const char *a, const char *b);

/* What people call a file of this media type: WORD_file_pdf, WORD_file_image, ... */
enum word page_file_kind(const char *media_type);

/* The next line of *TEXT, without its end; *TEXT moves past it. NULL when nothing is left. For mails, where
 * only <br> breaks a line everywhere. */
const char *page_line(struct arena *arena, const char **text);

/* README.txt of an evidence bundle: what is in it, and so what can be checked. */
struct bundle_readme {
	const char *base_url, *sender_name, *title, *number; /* number may be NULL */
	const char *decision;     /* accepted, declined, or NULL */
	int line;                 /* of events.jsonl that names the files: the decision's, else the sending's */
	bool attachments, receipt, consent, image, personal, signatures, keys; /* signatures: of the history */
	bool unready;             /* the receipt will come */
	const char **names;       /* of all its files but manifest.json and SHA256SUMS; letters that no shell minds */
	size_t name_count;
};

/* A mail about a document, to a contact or to the sender itself. */
struct mail_page {
	enum language language;
	const char *kind;         /* upload, change, reminder, expiring, link, accepted, declined, locked, code, message, changes, renewal, shared */
	const char *sender_name, *color, *reply_to;
	const char *subject;      /* as template_mail_subject makes it */
	const char *own_subject;  /* the tenant's own, variables filled in; NULL: the portal's */
	const char *document_title, *number, *project, *customer_name, *contact_name;
	const char *amount, *currency;
	const char *previous_amount, *previous_currency, *previous_title; /* kind change; NULL where unchanged */
	const char *sent_at;      /* of this version, local */
	const char *expires;      /* local, or NULL; kind expiring needs it */
	const char *message;      /* the sender's own words, or NULL */
	const char *body;         /* the tenant's own text, variables filled in; NULL: the portal's */
	const char *body_end;     /* what of it stands after the link, or NULL */
	const char *link;         /* absolute URL, the one button */
	const char *login;        /* where a code lets the contact in again, absolute URL; NULL: not told */
	const char *decided_by, *decided_at, *sha256, *reason, *purchase_order; /* kinds accepted and declined */
	const char *receipt;      /* kind accepted: attached; large: too large to be attached; making: not ready yet; failed */
	const char *happened_at;  /* kinds locked, message, changes, renewal: local time */
	const char *text, *author; /* kinds message, changes, renewal: what was written, and by whom of the customer's; may be NULL */
	const char *shared_by;    /* to who holds a shared link: the contact who passed it on, whose words `text` is in kind shared */
	int about_version, about_page; /* what it is about, where that is not the current version; 0: nothing to say */
	const char *code;         /* kind code: six digits */
	bool public;              /* to who came by the public link and gave the address */
	int version;
	bool quote;               /* kind quote, else project documentation */
	bool to_sender;           /* told to the sender itself: kinds accepted, declined, locked */
	bool whole_link;          /* kind locked: the link for all, else one visitor */
	bool opened;              /* the contact has opened this version */
	bool can_accept;          /* the contact is asked to decide */
};

/* What a mail says of the receipt, of a mail_page's `receipt`. */
enum word mail_receipt_word(const char *receipt);

/* Whom the document was sent to, as the contact reads it: "dig" where the customer is the contact. */
const char *mail_customer(const struct mail_page *mail);

/* Who decided, as who has the mail reads it: "Du" where it was they. */
const char *mail_decider(const struct mail_page *mail);

/* NAME of the customer's as others read it: "Mette Jensen hos Jensen Byg A/S", or the name alone where the customer is that
 * person. NULL for NULL. */
const char *mail_person(struct arena *arena, const struct mail_page *mail, const char *name);

/* Whether a mail tells of a message in the thread: kinds message, changes, renewal. */
bool mail_tells_message(const struct mail_page *mail);

/* Whether a mail invites a contact to read: kinds upload, change, reminder, expiring. */
bool mail_invites(const struct mail_page *mail);
