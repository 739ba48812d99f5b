/* Files that no row names: a crash between bytes and commit leaves them. */
#pragma once

#include "outbox.h"

/* Takes files older than a day out of the store that no document uses, and settles what a dead process
 * had set aside. */
void orphans_remove(const struct outbox_setting *setting);
