/* portalctl: what ops do by hand. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "log.h"
#include "secret.h"

static const struct command {
	const char *group, *name, *words; /* words: what it takes; one in brackets, [LIKE THIS], may be left out */
	int count;                        /* of words that it must have */
	const char *options;              /* names it knows, each between blanks */
	const char *flags;                /* the same, of options without a value */
	bool offline;                     /* needs no database */
	const struct problem *(*run)(struct command_line *line);
	const char *does;
} commands[] = {
    {"migrate", NULL, "SQLDIR [--wait SECONDS] [--passwords DIR]", 1, " wait passwords ", " ", false, ctl_migrate,
        "bring the database up to date, also the roles' passwords from the files in DIR"},
    {"secrets", "create", "DIR", 1, " ", " ", true, ctl_secrets_create, "write the key files that are missing"},
    {"secrets", "rotate", "DIR sign|all", 2, " ", " ", true, ctl_secrets_rotate,
        "add a generation to the keys that sign the history, or to all keys"},
    {"secrets", "import", "DIR FILE [--replace]", 2, " ", " replace ", false, ctl_secrets_import,
        "take the owner's key file from FILE and make the others; --replace: also where it lacks keys that DIR has"},
    {"tenant", "create", "NAME [--reply-to ADDRESS] [--color #rrggbb] [--language da|en] [--time-zone ZONE]", 1,
        " reply-to color language time-zone ", " ", false, ctl_tenant_create, "make a tenant"},
    {"tenant", "list", "", 0, " ", " ", false, ctl_tenant_list, "list the tenants"},
    {"key", "create", "TENANT_ID [--scope read|write]", 1, " scope ", " ", false, ctl_key_create, "make an API key and show it once"},
    {"key", "list", "TENANT_ID", 1, " ", " ", false, ctl_key_list, "list a tenant's API keys"},
    {"key", "revoke", "KEY_ID", 1, " ", " ", false, ctl_key_revoke, "end an API key at once"},
    {"contact", "find", "ADDRESS [--tenant ID]", 1, " tenant ", " ", false, ctl_contact_find, "list who has this address"},
    {"contact", "export", "[CONTACT_ID] [--email ADDRESS] [--tenant ID]", 0, " email tenant ", " ", false, ctl_contact_export,
        "print everything that is held about a person"},
    {"contact", "erase", "[CONTACT_ID] [--email ADDRESS] [--tenant ID] [--force]", 0, " email tenant ", " force ", false,
        ctl_contact_erase, "erase it; --force: also where accepted quotes are still kept"},
    {"bounce", NULL, "ADDRESS|MESSAGE_ID [REASON] [--tenant ID]", 1, " tenant ", " ", false, ctl_bounce,
        "a mail came back: mark the contact, tell the sender"},
    {"jobs", "failed", "[--kind KIND] [--tenant ID]", 0, " kind tenant ", " ", false, ctl_jobs_failed,
        "list what the worker gave up: mails, webhooks, receipts"},
    {"jobs", "retry", "[JOB_ID] [--kind KIND] [--tenant ID]", 0, " kind tenant ", " ", false, ctl_jobs_retry,
        "have it tried again"},
    {"keys", NULL, "", 0, " ", " ", true, ctl_keys, "print the public keys that the history is signed with"},
    {"verify", NULL, "[--tenant ID] [--document ID] [--keys FILE] [--store] | --bundle FILE [--keys FILE]", 0,
        " tenant document keys bundle ", " store ", false, ctl_verify,
        "check histories, and with --store the stored files; or an evidence bundle, without any database"},
    {"fsck", NULL, "", 0, " ", " ", false, ctl_fsck, "compare the store with the rows that name its files"},
    {"backup", NULL, "DIR", 1, " ", " ", false, ctl_backup, "copy the database and every file it names, new ones only, into DIR"},
    {"restore", NULL, "DIR [--at TIME] [--replace]", 1, " at ", " replace ", false, ctl_restore,
        "bring the newest backup in DIR, or that of TIME, into an empty system"},
};

static int
usage(void)
{
	fputs("usage:\n", stderr);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(stderr, "  portalctl %s%s%s %s\n      %s\n", commands[i].group, commands[i].name ? " " : "",
		    commands[i].name ? commands[i].name : "", commands[i].words, commands[i].does);
	return 2;
}

const char *
option(const struct command_line *line, const char *name, const char *otherwise)
{
	for (const char **o = line->options; o && *o && o[1]; o += 2)
		if (!strcmp(*o + 2, name))
			return o[1];
	return otherwise;
}

bool
flag(const struct command_line *line, const char *name)
{
	return option(line, name, NULL) != NULL;
}

size_t
rows_print(struct json_object *rows)
{
	size_t count = json_object_array_length(rows);

	for (size_t i = 0; i < count; i++)
		puts(json_object_get_string(json_object_array_get_idx(json_object_array_get_idx(rows, i), 0)));
	return count;
}

static int
optional_words(const struct command *command)
{
	int count = 0;

	for (const char *c = command->words; *c; c++)
		count += c[0] == '[' && c[1] >= 'A' && c[1] <= 'Z';
	return count;
}

/* Splits the arguments into words and options; false when one is not known or lacks its value. */
static bool
arguments_read(const struct command *command, int argc, char **argv, struct command_line *line)
{
	int options = 0;

	line->options = arena_alloc(line->arena, (size_t)(2 * argc + 1) * sizeof *line->options);
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0) {
			if (line->count == 3)
				return false;
			line->words[line->count++] = argv[i];
			continue;
		}

		const char *name = arena_printf(line->arena, " %s ", argv[i] + 2);
		bool is_flag = strstr(command->flags, name) != NULL;

		if (!is_flag && (i + 1 == argc || !strstr(command->options, name)))
			return false;
		line->options[options++] = argv[i];
		line->options[options++] = is_flag ? "" : argv[++i];
	}
	return line->count >= command->count && line->count <= command->count + optional_words(command);
}

static const struct command *
command_find(int argc, char **argv, int *used)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command *command = &commands[i];

		*used = command->name ? 2 : 1;
		if (argc >= *used && !strcmp(argv[0], command->group) && (!command->name || !strcmp(argv[1], command->name)))
			return command;
	}
	return NULL;
}

static void
problem_print(const struct problem *problem)
{
	fprintf(stderr, "portalctl: %s\n", problem->detail);
	for (const struct problem_item *item = problem->items ? problem->items->next : NULL; item; item = item->next)
		fprintf(stderr, "portalctl: %s: %s\n", item->pointer, item->detail);
}

int
main(int argc, char **argv)
{
	int used = 0;
	const struct command *command = command_find(argc - 1, argv + 1, &used);
	struct command_line line = {.arena = arena_new()};

	log_start("portalctl", LOG_info);
	if (!command || !arguments_read(command, argc - 1 - used, argv + 1 + used, &line)) {
		arena_free(line.arena);
		return usage();
	}

	const char *url = getenv("PORTAL_DATABASE_URL");
	bool offline = command->offline || option(&line, "bundle", NULL);

	if (!offline && (!url || !*url)) {
		fputs("portalctl: PORTAL_DATABASE_URL is not set\n", stderr);
		arena_free(line.arena);
		return 1;
	}
	line.db = db_new(url, "portal_owner");

	const struct problem *problem = command->run(&line);
	int status = !problem ? 0 : problem->code == PROBLEM_bad_request ? 2 : 1;

	if (problem)
		problem_print(problem);
	db_free(line.db);
	arena_free(line.arena);
	return status;
}
