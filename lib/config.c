/* The settings, from the environment. */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* ":PORT", 1 to 65535, or nothing. */
static bool
port_valid(const char *text)
{
	size_t digits = *text == ':' ? strspn(text + 1, "0123456789") : 0;

	if (!*text)
		return true;
	return digits && digits <= 5 && !text[1 + digits] && atoi(text + 1) >= 1 && atoi(text + 1) <= 65535;
}

/* RFC 3986, section 3.2.2: a name, an IPv4 address, or an IPv6 address in brackets; and a port. Only what names of machines
 * are made of: the address goes into nginx's configuration and into every link. */
static bool
authority_valid(struct arena *arena, const char *text)
{
	static const char alphanumeric[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	struct sockaddr_storage address;
	const char *end = strchr(text, ']');

	if (*text == '[')
		return end && network_literal(arena_strndup(arena, text + 1, (size_t)(end - text - 1)), &address) &&
		    address.ss_family == AF_INET6 && port_valid(end + 1);

	size_t length = strcspn(text, ":");

	return length && strchr(alphanumeric, text[0]) && strspn(text, arena_printf(arena, "%s-._", alphanumeric)) == length &&
	    !strstr(text, "..") && port_valid(text + length);
}

static const struct problem *
base_url_read(struct arena *arena, struct config *config)
{
	const char *url;

	TRY(required(arena, "PORTAL_BASE_URL", &url));

	size_t scheme = !strncmp(url, "https://", 8) ? 8 : !strncmp(url, "http://", 7) ? 7 : 0;
	size_t length = strlen(url);

	if (!scheme)
		return problem_new(arena, PROBLEM_internal, "PORTAL_BASE_URL: %s is not a http or https URL", url);
	while (length > scheme && url[length - 1] == '/')
		length--;
	config->base_url = arena_strndup(arena, url, length);
	return authority_valid(arena, config->base_url + scheme) ? NULL : problem_new(arena, PROBLEM_internal,
	    "PORTAL_BASE_URL: %s is more or less than https://, a host and perhaps a port, like https://tilbud.example.dk", url);
}

/* nginx takes them; read here too, so that a bad one is told before nginx ends over it. */
static const struct problem *
trusted_proxy_check(struct arena *arena)
{
	const char *value = setting("PORTAL_TRUSTED_PROXY");
	char *rest = arena_strdup(arena, value ? value : "");

	for (char *item; (item = strsep(&rest, " \t\n")) != NULL;)
		if (*item && !network_valid(arena, item))
			return problem_new(arena, PROBLEM_internal, "PORTAL_TRUSTED_PROXY: %s is no network like 10.1.0.0/16", item);
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
	TRY(trusted_proxy_check(arena));
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
