/* portalctl's commands. Each prints its result and gives a problem, or NULL. */
#pragma once

#include "arena.h"
#include "db.h"
#include "problem.h"

struct command_line {
	struct arena *arena;
	struct db *db;       /* as portal_owner; connects when first used */
	const char *words[3]; /* what stands after the command, without options */
	int count;
	char **options;      /* "--name", "value", …, NULL */
};

/* The value of --NAME, or OTHERWISE. */
const char *option(const struct command_line *line, const char *name, const char *otherwise);

/* Gives each role the password in DIR/<role>.pgpass. */
const struct problem *passwords_set(struct command_line *line, const char *dir);

const struct problem *ctl_migrate(struct command_line *line);
const struct problem *ctl_tenant_create(struct command_line *line);
const struct problem *ctl_tenant_list(struct command_line *line);
const struct problem *ctl_key_create(struct command_line *line);
const struct problem *ctl_key_list(struct command_line *line);
const struct problem *ctl_key_revoke(struct command_line *line);
const struct problem *ctl_secrets_create(struct command_line *line);
const struct problem *ctl_verify(struct command_line *line);
