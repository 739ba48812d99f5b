/* A change that the sender asks for: one transaction from begin to the answer, and with the header
 * Idempotency-Key the first answer again for a day. */
#pragma once

#include "request.h"

/* Begins the change. FINGERPRINT says what is asked for, in one canonical text. When the same request was
 * answered before, the reply is ready and `problem_answered` comes back. serve() ends the change: it commits
 * after success and undoes everything after a problem.
 * Problems: bad_request (a key of no or more than 200 characters), conflict (the key came with another
 * request), unavailable. */
const struct problem *change_begin(struct request *request, const char *fingerprint);

/* For serve(): keeps the answer with the change and commits both. Nothing to do without a change. */
const struct problem *change_commit(struct request *request);

/* For serve(), after a problem was replied and all undone: refusals are kept too, faults of ours are not. */
void change_keep_refusal(struct request *request);

/* The JSON body of a request against SCHEMA, and its canonical text as fingerprint. */
struct schema;
const struct problem *change_json(struct request *request, const struct schema *schema, bool partial,
    struct json_object **given, const char **fingerprint);
