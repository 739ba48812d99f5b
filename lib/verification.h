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

/* Signatures of a document's heads. DOCUMENT is {tenant_id, id}, ROW what verify_document() gives. */
void verify_signatures(struct verification *v, struct arena *arena, struct json_object *document,
    struct json_object *row, const struct history *history);

/* The public keys that the database shows. */
const struct problem *verify_keys(struct verification *v, struct arena *arena);

/* A tenant's statements, one after the other. */
const struct problem *verify_statements(struct verification *v, struct arena *arena, const char *tenant_id);

/* A document's files in the store. */
const struct problem *verify_files(struct verification *v, struct arena *arena, struct json_object *document);
