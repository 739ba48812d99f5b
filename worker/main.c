/* worker: does by itself what follows from what others did: numbers the feed, sends mails and webhooks,
 * tells of expiry, signs the history, erases bytes that nobody needs. Any number of workers may run. */
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "network.h"
#include "orphans.h"
#include "outbox.h"
#include "signing.h"

enum {
	POLL = 250,           /* ms between looks at the database when nothing wakes us */
	TIDY_EVERY = 1000,
	BEAT_EVERY = 5000,    /* between signs of life */
	SIGN_EVERY = 1000,    /* between looks whether a new day has begun, or a receipt has no signature */
	ORPHANS_EVERY = 3600 * 1000,
	DRAIN = 20 * 1000,    /* ms that transfers under way get at the end */
	BATCH = 500,
};

static volatile sig_atomic_t ending;

static void
end(int signal)
{
	(void)signal;
	ending = 1;
}

static long
now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Calls a statement that takes a batch size and answers how many it did; true when there may be more. */
static bool
batch(struct db *db, enum statement statement, const char *member)
{
	struct arena *arena = arena_new();
	struct json_object *answer = NULL;
	const struct problem *problem = db_json(db, arena, statement, &answer, arena_printf(arena, "%d", BATCH));
	bool more = !problem && json_integer(answer, member, 0) == BATCH;

	arena_free(arena);
	return more;
}

/* What is due by itself: claims of workers that died, documents that expired, reminders, archiving,
 * removal, sessions, answers, jobs and counters that have had their day, personal data past their tenant's retention. */
static void
tidy(struct db *db)
{
	struct arena *arena = arena_new();
	struct json_object *answer = NULL;

	if (!db_json_array(db, arena, STATEMENT_worker_release, &answer, NULL, 0)) {
		batch(db, STATEMENT_worker_expire, "expired");
		batch(db, STATEMENT_worker_remind, "done");
		batch(db, STATEMENT_worker_archive, "done");
		batch(db, STATEMENT_worker_forget_logins, "done");
		batch(db, STATEMENT_worker_forget_answers, "done");
		batch(db, STATEMENT_worker_forget_jobs, "done");
		batch(db, STATEMENT_worker_forget_personal, "done");
	}
	arena_free(arena);
}

static void
beat(struct db *db)
{
	struct arena *arena = arena_new();
	struct json_object *answer = NULL;

	db_json_array(db, arena, STATEMENT_worker_beat_now, &answer, NULL, 0);
	arena_free(arena);
}

static void
work(const struct outbox_setting *setting)
{
	struct outbox *outbox = outbox_new(setting);
	long next_look = 0, next_beat = 0, next_tidy = 0, next_signing = 0, next_orphans = now_ms() + 5000;

	while (!ending) {
		long now = now_ms();

		if (now >= next_beat) {
			beat(setting->db);
			next_beat = now + BEAT_EVERY;
		}
		if (now >= next_tidy) {
			tidy(setting->db);
			next_tidy = now + TIDY_EVERY;
		}
		if (now >= next_signing) {
			bool more = signing_daily(setting);

			signing_receipts(setting);
			next_signing = now + (more ? 0 : SIGN_EVERY);
		}
		if (now >= next_orphans) {
			orphans_remove(setting);
			next_orphans = now + ORPHANS_EVERY;
		}
		if (now >= next_look) {
			bool more = batch(setting->db, STATEMENT_worker_number_events, "numbered");

			more = outbox_claim(outbox) || more;
			next_look = now + (more ? 0 : POLL);
		}

		long wait = next_look - now_ms();

		if (transfers_poll(setting->transfers, db_listen(setting->db), wait > 0 ? (int)wait : 0) && db_woken(setting->db))
			next_look = 0;
		if (outbox_report(outbox))
			next_look = 0;
	}
	for (long until = now_ms() + DRAIN; transfers_running(setting->transfers) && now_ms() < until;) {
		transfers_poll(setting->transfers, -1, POLL);
		outbox_report(outbox);
	}
	outbox_free(outbox);
}

/* The settings, and the transfers made from them. */
static const struct problem *
settings_read(struct arena *arena, struct config *config, struct transfers **transfers)
{
	struct transfer_settings *settings = arena_alloc(arena, sizeof *settings);

	TRY(config_load(arena, CONFIG_SECRETS | CONFIG_STORE | CONFIG_MAIL | CONFIG_BASE_URL, config));
	settings->smtp_url = config->smtp_url;
	settings->mail_dir = config->mail_dir;
	settings->rules = config->webhook_rules;

	const struct problem *problem = transfers_new(arena, settings, transfers);

	return problem ? problem_new(arena, PROBLEM_internal, "PORTAL_SMTP_URL: %s", problem->items->detail) : NULL;
}

/* `worker --check` only says whether the settings are good: no keys, no database. */
static int
check(struct arena *arena)
{
	struct config config;
	struct transfers *transfers = NULL;
	const struct problem *problem = settings_read(arena, &config, &transfers);

	if (problem)
		fprintf(stderr, "%s\n", problem->detail);
	transfers_free(transfers);
	arena_free(arena);
	return problem ? 1 : 0;
}

static const struct problem *
start(struct arena *arena, struct config *config, struct secrets **secrets, struct transfers **transfers)
{
	TRY(settings_read(arena, config, transfers));
	log_start("worker", config->log_level);
	return secrets_load(arena, config->secret_file, secrets);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct config config;
	struct secrets *secrets;
	struct transfers *transfers = NULL;
	struct sigaction action = {.sa_handler = end};

	if (argc == 2 && !strcmp(argv[1], "--check"))
		return check(arena);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_start("worker", LOG_info);

	const struct problem *problem = start(arena, &config, &secrets, &transfers);

	if (problem) {
		log_line(LOG_error, "cannot start", "reason", problem->detail, NULL);
		return 1;
	}

	struct db *db = db_new(config.database_url, "portal_worker");
	struct outbox_setting setting = {.config = &config, .secrets = secrets, .db = db, .transfers = transfers};

	work(&setting);
	transfers_free(transfers);
	db_free(db);
	arena_free(arena);
	return 0;
}
