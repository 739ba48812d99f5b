/* Looking through the store for what no row names, or what a dead process left. */
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"
#include "store.h"

static bool
hash_named(const char *name, size_t length)
{
	return length == SHA256_HEX - 1 && strspn(name, "0123456789abcdef") >= length;
}

static void
entry_tell(const FTSENT *entry, store_seen *seen, void *context)
{
	const char *tenant = entry->fts_parent->fts_parent->fts_name;
	const char *dot = strchr(entry->fts_name, '.');
	size_t length = dot ? (size_t)(dot - entry->fts_name) : strlen(entry->fts_name);
	char sha256[SHA256_HEX];

	if (!uuid_valid(tenant) || !hash_named(entry->fts_name, length))
		return;
	snprintf(sha256, sizeof sha256, "%.*s", (int)length, entry->fts_name);
	if (!dot)
		seen(context, STORE_FILE, entry->fts_path, tenant, sha256);
	else if (!strcmp(dot, ".aside"))
		seen(context, STORE_ASIDE, entry->fts_path, tenant, sha256);
	else
		seen(context, STORE_STRAY, entry->fts_path, tenant, NULL);
}

void
store_walk(const char *dir, long age, store_seen *seen, void *context)
{
	char path[4096];
	char *const roots[] = {path, NULL};
	time_t before = time(NULL) - age;

	snprintf(path, sizeof path, "%s", dir);

	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	if (!walk)
		return;
	/* Level 3: DIR / tenant / two digits / file. The spool beside the tenants is nginx's. */
	for (FTSENT *entry; (entry = fts_read(walk)) != NULL;)
		if (entry->fts_info == FTS_F && entry->fts_level == 3 && entry->fts_statp->st_mtime <= before)
			entry_tell(entry, seen, context);
	fts_close(walk);
}

void
store_sweep(const char *dir, const char *folder, long age)
{
	char path[4096];
	char *const roots[] = {path, NULL};
	time_t before = time(NULL) - age;

	snprintf(path, sizeof path, "%s/%s", dir, folder);

	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	if (!walk)
		return;
	for (FTSENT *entry; (entry = fts_read(walk)) != NULL;)
		if (entry->fts_info == FTS_F && entry->fts_statp->st_mtime <= before)
			unlink(entry->fts_path);
	fts_close(walk);
}
