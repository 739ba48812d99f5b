/* The outbox: claims jobs, carries them out, says how they ended. */
#pragma once

#include <stdbool.h>

#include "config.h"
#include "db.h"
#include "secret.h"
#include "transfer.h"

struct outbox;

struct outbox_setting {
	const struct config *config;
	const struct secrets *secrets;
	struct db *db;
	struct transfers *transfers;
};

/* Borrows everything in SETTING. */
struct outbox *outbox_new(const struct outbox_setting *setting);
void outbox_free(struct outbox *outbox);

/* Claims due jobs as far as there is room and starts them; true when there may be more at once. */
bool outbox_claim(struct outbox *outbox);

/* Tells the database of jobs that ended; what it cannot hear now is told again at the next call. True when
 * any was told: others may have waited for it. */
bool outbox_report(struct outbox *outbox);
