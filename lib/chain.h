/* Checking a document's history against itself, the rows that it speaks of, and the signatures made of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db.h"
#include "keyring.h"

/* hash = SHA-256 of the previous hash (64 digits; 64 zeros before the first), a newline and the line. */
void chain_hash(struct arena *arena, const char *previous, const char *line, char hash[65]);

/* What verifying found: told line by line, as it goes. SUBJECT is "document {id}", "tenant {id}" or "keys". */
typedef void chain_finding(void *context, const char *subject, const char *finding);

/* What is to be verified, and against what. */
struct chain_scope {
	const char *tenant_id, *document_id; /* NULL: all */
	const struct keyring *keys;          /* the ones to trust */
	const char *store_dir;               /* whose files are read, or NULL */
};

/* What waits for the worker, and not yet for so long that something must be wrong. */
struct chain_waiting {
	long count;
	int64_t oldest; /* s */
};

struct chain_result {
	long documents, events, signatures, files, findings;
	struct chain_waiting decisions, histories, receipts, unmade; /* to be signed; unmade: receipts to be made first */
	long unsignable; /* receipts whose bytes went before receipts were signed */
	int64_t idle;    /* s since a worker was last at work; time that counts against nobody */
};

/* Verifies documents: the chain of their events and its head, the events' columns and personal data against their
 * lines, versions, attachments, decisions and messages against the events that told of them, heads and receipts against
 * signatures, stored files against their hashes; then, unless one document is asked for, the public keys kept in the database and the
 * tenants' chained statements. Problem: not_found when there is no such tenant or document. */
const struct problem *chain_verify(struct db *db, struct arena *arena, const struct chain_scope *scope,
    chain_finding *tell, void *context, struct chain_result *result);
