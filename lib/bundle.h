/* The evidence bundle of one version: a zip that shows what became of it, and that can be checked without us. */
#pragma once

#include "config.h"
#include "problem.h"

struct json_object;

/* Where a bundle lies. */
struct bundle {
	const char *path;  /* below the store's folder, without a leading slash */
	char sha256[65];   /* of its manifest.json, which stands for all of it */
};

/* Makes the bundle of EVIDENCE (what sender_evidence() answers) in the store's folder `bundle`, or finds it there: the
 * same evidence is the same bytes. It stays for at least BUNDLE_SECONDS; the worker removes it afterwards. */
const struct problem *bundle_make(struct arena *arena, const struct config *config, const char *tenant_id,
    struct json_object *evidence, struct bundle *bundle);

enum { BUNDLE_SECONDS = 3600 };
#define BUNDLE_FOLDER "bundle"

/* Under which name a bundle holds the N-th attachment, NAME, in letters that every unpacker and shell takes. */
const char *bundle_attachment(struct arena *arena, int n, const char *name);
