/* PostgreSQL's own programs, which dump and restore the database. */
#pragma once

#include "arena.h"
#include "problem.h"

/* Runs NAME (pg_dump, pg_restore) on PORTAL_DATABASE_URL as portal_owner with ARGUMENTS, which end with NULL, and waits for
 * it. The program is looked for beside portalctl, where Debian puts it, and in PATH. Problem: internal, when it cannot be
 * run or fails; it has then said why on standard error. */
const struct problem *postgres_tool(struct arena *arena, const char *name, const char *const *arguments);
