/* portalctl secrets: the key files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "secret.h"

const struct problem *
ctl_secrets_create(struct command_line *line)
{
	TRY(secrets_create(line->arena, line->words[0]));
	printf("the key files are in %s\n", line->words[0]);
	return NULL;
}

const struct problem *
ctl_secrets_rotate(struct command_line *line)
{
	int generation;

	bool all = !strcmp(line->words[1], "all");

	if (!all && strcmp(line->words[1], "sign") != 0)
		return problem_new(line->arena, PROBLEM_bad_request, "the keys are named `sign` or `all`");
	TRY(secrets_rotate(line->arena, line->words[0], all, &generation));
	/* Every process that uses another key must know a new one before the first of them does: hence all at once. */
	printf(all ? "generation %d of all keys is there; start everything anew, together\n"
	    : "the worker signs with generation %d once it is restarted\n", generation);
	return NULL;
}

/* A file that lacks a key of ours would close links that were sent: only where there are none yet, or ops insist. */
static const struct problem *
loss_check(struct command_line *line, const char *path, const struct secrets *fresh)
{
	const char *owner = arena_printf(line->arena, "%s/owner", line->words[0]);
	struct secrets *present;
	bool exist;

	if (flag(line, "replace") || access(owner, F_OK) < 0)
		return NULL;
	if (!secrets_load(line->arena, owner, &present) && secrets_within(present, fresh))
		return NULL;
	TRY(tenants_exist(line, &exist));
	return !exist ? NULL : problem_new(line->arena, PROBLEM_conflict,
	    "%s lacks keys that %s has: links that were sent with those would open no more; nothing was changed; --replace gives"
	    " them up", path, owner);
}

const struct problem *
ctl_secrets_import(struct command_line *line)
{
	const char *dir = line->words[0], *path = line->words[1], *kept = NULL;
	struct secrets *fresh;

	TRY(secrets_load(line->arena, path, &fresh));
	if (!secret_key(fresh, SECRET_master, 1, NULL))
		return problem_new(line->arena, PROBLEM_conflict, "%s is no key file of the owner: it has no line `master 1`", path);
	TRY(loss_check(line, path, fresh));
	TRY(secrets_replace(line->arena, dir, fresh, &kept));
	printf("the keys are in %s%s%s; start everything anew, together\n", dir, kept ? ", the former ones in " : "", kept ? kept : "");
	return NULL;
}
