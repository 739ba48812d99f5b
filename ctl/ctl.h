/* portalctl's commands. Each prints its result and gives a problem, or NULL; `bad_request` ends with status 2, others with 1. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "db.h"
#include "problem.h"

struct command_line {
	struct arena *arena;
	struct db *db;       /* as portal_owner; connects when first used */
	const char *words[3]; /* what stands after the command, without options */
	int count;
	const char **options; /* "--name", "value", …, NULL; a flag's value is "" */
};

/* The value of --NAME, or OTHERWISE. */
const char *option(const struct command_line *line, const char *name, const char *otherwise);

/* Prints the only column of each row, and gives how many there are. */
size_t rows_print(struct json_object *rows);

/* Whether the database holds any tenant; not, when it has no schema yet. */
const struct problem *tenants_exist(struct command_line *line, bool *exist);

/* Gives each role the password in DIR/<role>.pgpass. */
const struct problem *passwords_set(struct command_line *line, const char *dir);

/* Whether --NAME, which takes no value, was given. */
bool flag(const struct command_line *line, const char *name);

const struct problem *ctl_migrate(struct command_line *line);
const struct problem *ctl_tenant_create(struct command_line *line);
const struct problem *ctl_tenant_list(struct command_line *line);
const struct problem *ctl_key_create(struct command_line *line);
const struct problem *ctl_key_list(struct command_line *line);
const struct problem *ctl_key_revoke(struct command_line *line);
const struct problem *ctl_secrets_create(struct command_line *line);
const struct problem *ctl_secrets_rotate(struct command_line *line);
const struct problem *ctl_secrets_import(struct command_line *line);
const struct problem *ctl_keys(struct command_line *line);
const struct problem *ctl_verify(struct command_line *line);
const struct problem *ctl_contact_find(struct command_line *line);
const struct problem *ctl_contact_export(struct command_line *line);
const struct problem *ctl_contact_erase(struct command_line *line);
const struct problem *ctl_jobs_failed(struct command_line *line);
const struct problem *ctl_jobs_retry(struct command_line *line);
const struct problem *ctl_bounce(struct command_line *line);
const struct problem *ctl_backup(struct command_line *line);
const struct problem *ctl_restore(struct command_line *line);
const struct problem *ctl_fsck(struct command_line *line);
