/* Checking a document's history against itself and against the rows that it speaks of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "db.h"

/* hash = SHA-256 of the previous hash (64 digits; 64 zeros before the first), a newline and the line. */
void chain_hash(struct arena *arena, const char *previous, const char *line, char hash[65]);

/* What verifying found: told line by line, as it goes. */
typedef void chain_finding(void *context, const char *document_id, const char *finding);

struct chain_result {
	long documents, events, findings;
};

/* Verifies every document of the portal, or of one tenant or one document (NULL: all): the chain of its
 * events and its head, the events' columns and personal data against their lines, versions, attachments
 * and decisions against the events that told of them. */
const struct problem *chain_verify(struct db *db, struct arena *arena, const char *tenant_id, const char *document_id,
    chain_finding *tell, void *context, struct chain_result *result);
