/* The parts of bundle_check(), for each other. */
#pragma once

#include <stdbool.h>

#include "bundle_check.h"
#include "zip.h"

struct json_object;

struct checking {
	struct arena *arena;
	struct zip_member **members; /* by name */
	size_t count;
	struct json_object *manifest;
	const struct keyring *keys;
	bundle_finding *tell;
	void *context;
	struct bundle_result *result;

	int length;                /* of the history, as its lines alone make it */
	struct json_object **lines; /* lines[n]: the n-th, from 1; NULL where it is no JSON */
	char (*heads)[65];         /* heads[n]: after n lines; heads[0] is 64 zeros */
};

void bundle_find(struct checking *c, const char *member, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The member of this name; NULL where there is none, or, by its kept bytes, where they were not kept. */
const struct zip_member *bundle_member(const struct checking *c, const char *name);
const char *bundle_text(const struct checking *c, const char *name);

/* Whether two texts are the same; NULL is only NULL's. */
bool bundle_same(const char *a, const char *b);

/* N of "FOLDER/N.ENDING", from 1; 0 for any other name. */
int bundle_number(const char *name, const char *folder, const char *ending);

/* events.jsonl, heads.txt, personal/. */
void bundle_check_history(struct checking *c);

/* The files and manifest.json's decision against the line that tells of them; gives the line's number. */
int bundle_check_decision(struct checking *c);

/* signatures/ and keys/; LINE must be covered. */
void bundle_check_signatures(struct checking *c, int line);
