/* The parts of bundle_check(), for each other. */
#pragma once

#include <stdbool.h>

#include "bundle_check.h"
#include "zip.h"

struct json_object;

struct checking {
	struct arena *arena;
	struct zip_member **members; /* by name */
	bool *accounted;             /* those that something signed names, or that were found to be wrong */
	size_t count;
	struct json_object *manifest;
	const struct keyring *keys;
	bundle_finding *tell;
	void *context;
	struct bundle_result *result;

	int length;                /* of the history, as its lines alone make it */
	struct json_object **lines; /* lines[n]: the n-th, from 1; NULL where it is no JSON */
	char (*heads)[65];         /* heads[n]: after n lines; heads[0] is 64 zeros */
	int sent, decided;         /* lines that tell of the manifest's version; 0: none */
	bool accepted;             /* by the line DECIDED */
	int erased;                /* the line that tells that the decision's person was erased; 0: none */
	const struct keyring *ring; /* what signatures are checked with, or NULL */
};

void bundle_find(struct checking *c, const char *member, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Tells what is no fault, but worth knowing. */
void bundle_note(struct checking *c, const char *member, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The member of this name; NULL where there is none, or, by its kept bytes, where they were not kept. */
const struct zip_member *bundle_member(const struct checking *c, const char *name);
const char *bundle_text(const struct checking *c, const char *name);

/* Notes that the member of this name, if there is one, does not stand in the zip for nothing. */
void bundle_account(struct checking *c, const char *name);

/* Whether two texts are the same; NULL is only NULL's. */
bool bundle_same(const char *a, const char *b);

/* N of "FOLDER/N.ENDING", from 1; 0 for any other name. */
int bundle_number(const char *name, const char *folder, const char *ending);

/* Members of two objects, under their names here and there. */
struct bundle_pair {
	const char *here, *there;
};

/* Finds the members of the manifest's part WHAT that are not what TOLD, found at WHERE, says. PAIRS end with NULL. */
void bundle_compare(struct checking *c, const char *what, struct json_object *part, struct json_object *told,
    const char *where, const struct bundle_pair *pairs);

/* That the manifest holds nothing but what belongs there. */
void bundle_check_manifest(struct checking *c);

/* events.jsonl, heads.txt, personal/. */
void bundle_check_history(struct checking *c);

/* manifest.json against the lines that tell of its version, which it finds. */
void bundle_check_facts(struct checking *c);

/* The files against the line that names them. */
void bundle_check_files(struct checking *c);

/* At last: what nothing accounts for. */
void bundle_check_rest(struct checking *c);

/* signatures/ and keys/; the decision must be covered. */
void bundle_check_signatures(struct checking *c);

/* The statement signatures/NAME.txt and its signature: the text where it is whole and signed by a key to trust, else NULL. */
const char *bundle_check_statement(struct checking *c, const char *name);

/* The value of "NAME value\n" in a statement, or "". */
const char *bundle_value(struct checking *c, const char *statement, const char *name);

/* receipt.pdf and what signs it. */
void bundle_check_receipt(struct checking *c);
