/* What a backup folder looks like: DIR/store/ holds every file once, by its hash, for all backups; DIR/<time>/ is one of
 * them: database.dump, and backup.json, which is written last and makes it complete. */
#pragma once

#include "ctl.h"

#define BACKUP_DUMP "database.dump"
#define BACKUP_ABOUT "backup.json"

/* The newest complete backup in DIR, a path; NULL when there is none. */
const char *backup_newest(struct arena *arena, const char *dir);
