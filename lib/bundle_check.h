/* Checking an evidence bundle without database or portal, as its README says, and what only a program can compare. */
#pragma once

#include "keyring.h"
#include "problem.h"

/* What was found, told as it is: MEMBER is the one of the zip that is at fault; before what is only worth knowing stands
 * "note: ". */
typedef void bundle_finding(void *context, const char *member, const char *finding);

struct bundle_result {
	long members, events, signatures;
	long erased; /* events whose personal data were taken away, which is no fault */
	long findings;
};

/* Checks the zip PATH: its directory against its members' own headers, its members against manifest.json and SHA256SUMS, the history and its heads, personal data
 * against the lines that cover them, what the manifest says and the files against the lines that tell of them, the
 * receipt against the statement that signs it, the signatures against KEYS (NULL: the bundle's own keys, which then prove
 * only that it is of one piece); members that none of these names are findings. Problem: bad_request where PATH cannot be opened. */
const struct problem *bundle_check(struct arena *arena, const char *path, const struct keyring *keys,
    bundle_finding *tell, void *context, struct bundle_result *result);
