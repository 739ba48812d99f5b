/* The settings, from the environment. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mail.h"
#include "network.h"

/* An empty variable counts as not set: compose files pass those. */
static const char *
setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const struct problem *
required(struct arena *arena, const char *name, const char **value)
{
	*value = setting(name);
	return *value ? NULL : problem_new(arena, PROBLEM_internal, "%s is not set", name);
}

static const struct problem *
required_dir(struct arena *arena, const char *name, const char **value)
{
	struct stat status;

	TRY(required(arena, name, value));
	if (**value != '/' || stat(*value, &status) < 0 || !S_ISDIR(status.st_mode))
		return problem_new(arena, PROBLEM_internal, "%s: %s is not a folder with an absolute path", name, *value);
	return NULL;
}

static const struct problem *
base_url_read(struct arena *arena, struct config *config)
{
	const char *url;

	TRY(required(arena, "PORTAL_BASE_URL", &url));
	if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8))
		return problem_new(arena, PROBLEM_internal, "PORTAL_BASE_URL: %s is not a http or https URL", url);

	size_t length = strlen(url);

	while (length && url[length - 1] == '/')
		length--;
	config->base_url = arena_strndup(arena, url, length);
	return NULL;
}

static const struct problem *
mail_read(struct arena *arena, struct config *config)
{
	config->smtp_url = setting("PORTAL_SMTP_URL");
	if (!config->smtp_url)
		TRY(required_dir(arena, "PORTAL_MAIL_DIR", &config->mail_dir));
	TRY(required(arena, "PORTAL_MAIL_FROM", &config->mail_from));
	return mail_address_valid(config->mail_from) ? NULL
	    : problem_new(arena, PROBLEM_internal, "PORTAL_MAIL_FROM: %s is not an address like tilbud@example.dk", config->mail_from);
}

static const struct problem *
webhook_rules_read(struct arena *arena, struct config *config)
{
	struct network_rules *rules = arena_alloc(arena, sizeof *rules);
	const struct problem *problem = network_rules_parse(arena, setting("PORTAL_WEBHOOK_ALLOW"), rules);

	config->webhook_rules = rules;
	return problem ? problem_new(arena, PROBLEM_internal, "PORTAL_WEBHOOK_ALLOW: %s", problem->detail) : NULL;
}

const struct problem *
config_load(struct arena *arena, unsigned needs, struct config *config)
{
	const char *level = setting("PORTAL_LOG_LEVEL");

	memset(config, 0, sizeof *config);
	if (!log_level_parse(level ? level : "info", &config->log_level))
		return problem_new(arena, PROBLEM_internal, "PORTAL_LOG_LEVEL: %s is none of debug, info, warning, error", level);
	TRY(required(arena, "PORTAL_DATABASE_URL", &config->database_url));
	TRY(webhook_rules_read(arena, config));
	if (needs & CONFIG_SECRETS)
		TRY(required(arena, "PORTAL_SECRET_FILE", &config->secret_file));
	if (needs & CONFIG_STORE)
		TRY(required_dir(arena, "PORTAL_STORE_DIR", &config->store_dir));
	if (needs & CONFIG_BASE_URL)
		TRY(base_url_read(arena, config));
	if (needs & CONFIG_MAIL)
		TRY(mail_read(arena, config));
	return NULL;
}
