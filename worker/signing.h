/* Signing the history with the key that only the worker holds. */
#pragma once

#include <stdbool.h>

#include "outbox.h"

struct json_object;

/* Tells the database of all public keys, then does the next piece of the daily signing, one tenant at a time:
 * heads that changed since they were signed, and at last the tenant's statement. True when there may be more. */
bool signing_daily(const struct outbox_setting *setting);

/* Signs HEADS, each {document_id, length, head}; gives what worker_sign() takes. */
const struct problem *signing_heads(const struct outbox_setting *setting, struct arena *arena, const char *tenant_id,
    const char *at, struct json_object *const *heads, size_t count, const char **signatures);

/* Signs RECEIPT, which is what receipt_facts() in SQL gives, and keeps the signature. */
const struct problem *signing_receipt(const struct outbox_setting *setting, struct arena *arena, struct json_object *receipt);

/* Has some of the receipts that were kept without a signature made anew, by jobs: what is signed is what we made, never what
 * somebody left for us. */
void signing_receipts(const struct outbox_setting *setting);
