/* The data layer: every statement by name, prepared once a connection, one round trip each. Statements
 * are calls of the functions in sql/functions, which answer with one JSON value; PostgreSQL's own
 * results do not leave this file. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "problem.h"

struct json_object;
struct db;

/* function, number of parameters */
#define STATEMENT_TABLE(X)          \
	X(sender_authenticate, 1)   \
	X(sender_known_pdf, 2)      \
	X(sender_lock_files, 2)     \
	X(sender_put_document, 7)   \
	X(sender_remove_document, 4) \
	X(sender_document, 2)       \
	X(sender_documents, 4)      \
	X(sender_document_events, 4) \
	X(sender_events, 3)         \
	X(sender_file, 3)           \
	X(sender_evidence, 3)       \
	X(sender_receipt, 3)        \
	X(sender_add_webhook, 3)    \
	X(sender_patch_document, 6) \
	X(sender_act, 5)            \
	X(sender_link_act, 6)       \
	X(sender_access_code, 3)    \
	X(sender_counts, 1)         \
	X(sender_settings, 1)       \
	X(sender_patch_settings, 3) \
	X(sender_add_setting_file, 4) \
	X(sender_delete_setting_file, 4) \
	X(sender_idempotency_begin, 4) \
	X(sender_idempotency_end, 7) \
	X(sender_rotate_webhook, 3) \
	X(sender_test_webhook, 3)   \
	X(sender_deliveries, 5)     \
	X(sender_retry_delivery, 3) \
	X(sender_webhooks, 1)       \
	X(sender_messages, 4)       \
	X(sender_post_message, 4)   \
	X(sender_delete_webhook, 2) \
	X(sender_bounce, 3)         \
	X(customer_page, 8)         \
	X(customer_opened, 6)       \
	X(customer_message, 5)      \
	X(customer_share, 5)        \
	X(customer_unshare, 5)      \
	X(customer_file, 7)         \
	X(customer_decide, 7)       \
	X(customer_identity_begin, 4) \
	X(customer_identity_try, 4) \
	X(customer_identity_recognise, 3) \
	X(customer_code_try, 3)     \
	X(customer_code_right, 2)   \
	X(customer_login_ask, 5)    \
	X(customer_login_try, 1)    \
	X(customer_login_right, 7)  \
	X(customer_session, 1)      \
	X(customer_logout, 2)       \
	X(customer_documents, 6)    \
	X(customer_receipt, 2)      \
	X(customer_ready, 0)        \
	X(customer_keys, 0)         \
	X(customer_verify, 1)       \
	X(sender_measures, 0)       \
	X(worker_beat_now, 0)       \
	X(worker_number_events, 1)  \
	X(worker_release, 0)        \
	X(worker_claim, 3)          \
	X(worker_finish, 5)         \
	X(worker_expire, 1)         \
	X(worker_remind, 1)         \
	X(worker_archive, 1)        \
	X(worker_forget_logins, 1)  \
	X(worker_forget_answers, 1) \
	X(worker_forget_jobs, 1)    \
	X(worker_keys, 1)           \
	X(worker_sign, 2)           \
	X(worker_seal_next, 1)      \
	X(worker_seal_heads, 3)     \
	X(worker_seal, 7)           \
	X(worker_forget_personal, 1) \
	X(worker_keep_receipt, 6)   \
	X(worker_sign_receipt, 8)   \
	X(worker_unsigned_receipts, 1) \
	X(worker_erase, 2)

enum statement {
#define X(name, parameters) STATEMENT_##name,
	STATEMENT_TABLE(X)
#undef X
	STATEMENTS
};

/* A connection as ROLE, made at the first statement and made again whenever it is lost. URL carries no user. */
struct db *db_new(const char *url, const char *role);
void db_free(struct db *db);

/* Runs a statement with text parameters (NULL is SQL's NULL). *ANSWER lives as long as the arena and is
 * NULL where the function answered NULL. Outside a transaction a statement is tried once more on a new
 * connection when the old one was lost: all our functions may be repeated. Problems: what the function
 * raised; PROBLEM_unavailable when the database cannot be reached. */
#define db_json(db, arena, statement, answer, ...) \
	db_json_array(db, arena, statement, answer, DB_ARRAY(__VA_ARGS__), DB_COUNT(__VA_ARGS__))
#define DB_ARRAY(...) ((const char *const[]){__VA_ARGS__})
#define DB_COUNT(...) (sizeof DB_ARRAY(__VA_ARGS__) / sizeof(const char *))
const struct problem *db_json_array(struct db *db, struct arena *arena, enum statement statement,
    struct json_object **answer, const char *const *parameters, size_t count);

/* A transaction around several statements. Without a commit everything is undone. */
const struct problem *db_begin(struct db *db, struct arena *arena);
const struct problem *db_commit(struct db *db, struct arena *arena);
void db_rollback(struct db *db);

/* Connects if need be and asks to be woken by the channel portal_jobs; gives the socket to wait on, -1
 * when the database cannot be reached. db_woken() takes the wake-up calls that have arrived. */
int db_listen(struct db *db);
bool db_woken(struct db *db);

/* For portalctl and tests: any SQL text. ROWS becomes an array of arrays of strings. */
const struct problem *db_script(struct db *db, struct arena *arena, const char *sql);
const struct problem *db_rows(struct db *db, struct arena *arena, const char *sql, struct json_object **rows,
    const char *const *parameters, size_t count);

/* Prepares every statement of the table: whether the database has all that the executables call. */
const struct problem *db_prepare_all(struct db *db, struct arena *arena);
