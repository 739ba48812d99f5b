/* Cleaning the store, through the same door as every removal: the bytes' lock, and a second look. */
#include "orphans.h"

#include <json-c/json.h>
#include <unistd.h>

#include "bundle.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "store.h"

enum { DAY = 24 * 3600 };

/* A file set aside by a process that died: back, when a row names it, else gone. erase_bytes() decides, so
 * it goes back first. */
static void
orphan_seen(void *context, enum store_entry entry, const char *path, const char *tenant, const char *sha256)
{
	const struct outbox_setting *setting = context;
	struct job job = {.arena = arena_new()};

	if (entry == STORE_STRAY) {
		unlink(path);
	} else {
		if (entry == STORE_ASIDE)
			store_take_back(job.arena, setting->config->store_dir, tenant, sha256);
		if (!erase_bytes(setting, &job, tenant, sha256) && job.outcome && job.outcome[1] == 'o')
			log_line(LOG_info, "removed bytes that no document names", "tenant_id", tenant, "sha256", sha256, NULL);
	}
	arena_free(job.arena);
}

void
orphans_remove(const struct outbox_setting *setting)
{
	store_sweep(setting->config->store_dir, BUNDLE_FOLDER, BUNDLE_SECONDS);
	store_sweep(setting->config->store_dir, "spool", DAY); /* bodies that nginx could not remove when it was killed */
	store_walk(setting->config->store_dir, DAY, orphan_seen, (void *)(uintptr_t)setting);
}
