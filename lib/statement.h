/* The texts that are signed: plain lines, so that people and openssl can check them. Each says all that the row
 * which keeps it says, so a row can be checked by making its statement again. */
#pragma once

#include <stdint.h>

#include "arena.h"

/* dokumentportal-head-1: the history of a document had this head at this length. */
struct head_statement {
	const char *tenant_id, *document_id;
	int length;
	const char *head;   /* 64 hexadecimal digits */
	const char *at;     /* RFC 3339, when it was signed */
	const char *key_id;
};
const char *head_statement_text(struct arena *arena, const struct head_statement *statement);

/* dokumentportal-tenant-1: these heads of a tenant's documents were signed since the statement before. */
struct tenant_statement {
	const char *tenant_id;
	int number;              /* from 1, without a gap */
	const char *previous;    /* SHA-256 of the statement before, 64 zeros in the first */
	int signatures;          /* how many lines the list has */
	const char *list_sha256; /* of lines `document length head`, ordered by document and length */
	const char *at, *key_id;
};
const char *tenant_statement_text(struct arena *arena, const struct tenant_statement *statement);

/* dokumentportal-receipt-1: this file is the receipt of the decision that this event tells of. */
struct receipt_statement {
	const char *tenant_id, *document_id;
	int version;
	const char *event_id;
	const char *kind;    /* combined or certificate */
	int64_t size;
	const char *sha256;
	const char *made;    /* RFC 3339, when the file was made */
	const char *at;      /* when it was signed */
	const char *key_id;
};
const char *receipt_statement_text(struct arena *arena, const struct receipt_statement *statement);
