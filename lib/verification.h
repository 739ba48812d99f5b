/* The parts of chain_verify(), for each other. */
#pragma once

#include "chain.h"

struct json_object;

struct verification {
	struct db *db;
	const struct chain_scope *scope;
	chain_finding *tell;
	void *context;
	struct chain_result *result;
	const char *subject; /* of what is found next */
};

/* A history as its lines alone make it, whatever its hashes say. */
struct history {
	int length;
	char (*heads)[65]; /* heads[n]: after n chained events; heads[0] is 64 zeros */
};

void verification_find(struct verification *v, const char *finding);

/* Calls one of the verify_… functions, which portalctl's role owns. */
const struct problem *verification_ask(struct verification *v, struct arena *arena, const char *sql,
    struct json_object **answer, const char *const *parameters, size_t count);

/* Counts what has been waiting for AGE seconds of a worker's time. */
void verification_wait(struct verification *v, struct chain_waiting *waiting, int64_t age);

/* Whether ROW {statement, key_id, signature} says what was signed (EXPECTED), with a trusted key; WHAT begins what is found. */
bool verification_signature(struct verification *v, struct arena *arena, struct json_object *row, const char *expected,
    const char *what);

/* Signatures of a document's heads. DOCUMENT is {tenant_id, id}, ROW what verify_document() gives. */
void verify_signatures(struct verification *v, struct arena *arena, struct json_object *document,
    struct json_object *row, const struct history *history);

/* Receipts of its acceptances: that there is one for each, and that it is the one that was signed. */
void verify_receipts(struct verification *v, struct arena *arena, struct json_object *document, struct json_object *row);

/* The public keys that the database shows. */
const struct problem *verify_keys(struct verification *v, struct arena *arena);

/* A tenant's statements, one after the other. */
const struct problem *verify_statements(struct verification *v, struct arena *arena, const char *tenant_id);

/* A document's files in the store. */
const struct problem *verify_files(struct verification *v, struct arena *arena, struct json_object *document);
