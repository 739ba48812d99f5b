/* The settings: environment variables, read once into one struct. A missing or bad one stops the start by name. */
#pragma once

#include "arena.h"
#include "log.h"
#include "problem.h"

struct network_rules;

/* What a program needs beyond the database. */
enum config_need {
	CONFIG_SECRETS = 1,
	CONFIG_STORE = 2,
	CONFIG_MAIL = 4,
	CONFIG_BASE_URL = 8,
};

struct config {
	const char *base_url;      /* PORTAL_BASE_URL, a scheme, a host, perhaps a port; no trailing slash */
	const char *database_url;  /* PORTAL_DATABASE_URL, without a user: each program adds its role */
	const char *secret_file;   /* PORTAL_SECRET_FILE */
	const char *store_dir;     /* PORTAL_STORE_DIR, absolute */
	const char *smtp_url;      /* PORTAL_SMTP_URL, NULL: mails become files in mail_dir */
	const char *mail_dir;      /* PORTAL_MAIL_DIR */
	const char *mail_from;     /* PORTAL_MAIL_FROM */
	const struct network_rules *webhook_rules; /* PORTAL_WEBHOOK_ALLOW; none: public addresses only */
	enum log_level log_level;  /* PORTAL_LOG_LEVEL */
};

/* Reads and checks the environment; NEEDS are config_need flags. */
const struct problem *config_load(struct arena *arena, unsigned needs, struct config *config);
