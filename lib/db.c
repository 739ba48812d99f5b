/* The data layer over libpq. */
#include "db.h"

#include <json-c/json.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "log.h"

enum { PAUSE = 250, SLOW = 1000 }; /* ms */

static const struct {
	const char *name;
	int parameters;
} statements[] = {
#define X(name, parameters) {#name, parameters},
    STATEMENT_TABLE(X)
#undef X
};

struct db {
	PGconn *connection;
	const char *url, *role;
	bool prepared[STATEMENTS];
	bool in_transaction;
	bool listening;
	bool failing;          /* said so in the log */
	struct timespec retry; /* the last try, while failing */
};

static const struct problem *
unavailable(struct arena *arena)
{
	return problem_new(arena, PROBLEM_unavailable, "the database cannot be reached");
}

struct db *
db_new(const char *url, const char *role)
{
	struct db *db = calloc(1, sizeof *db);

	if (!db)
		abort();
	db->url = url;
	db->role = role;
	return db;
}

static void
disconnect(struct db *db)
{
	PQfinish(db->connection);
	db->connection = NULL;
	db->in_transaction = db->listening = false;
	memset(db->prepared, 0, sizeof db->prepared);
}

void
db_free(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	free(db);
}

static long
ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void
notice_ignore(void *argument, const char *message)
{
	(void)argument;
	(void)message;
}

/* While the database is away, one try a quarter of a second is enough, and one line in the log. */
static bool
connect_if_lost(struct db *db)
{
	static const char *const names[] = {"dbname", "user", "connect_timeout", "application_name", NULL};
	const char *const values[] = {db->url, db->role, "3", db->role, NULL};

	if (db->connection && PQstatus(db->connection) == CONNECTION_OK)
		return true;
	disconnect(db);
	if (db->failing && ms_since(&db->retry) < PAUSE)
		return false;
	db->connection = PQconnectdbParams(names, values, 1);
	if (PQstatus(db->connection) == CONNECTION_OK) {
		PQsetNoticeProcessor(db->connection, notice_ignore, NULL);
		if (db->failing)
			log_line(LOG_info, "the database is back", NULL);
		db->failing = false;
		return true;
	}
	if (!db->failing)
		log_line(LOG_error, "no connection to the database", "reason", PQerrorMessage(db->connection), NULL);
	db->failing = true;
	clock_gettime(CLOCK_MONOTONIC, &db->retry);
	disconnect(db);
	return false;
}

static const char *
statement_text(struct arena *arena, enum statement statement)
{
	struct buf text = buf_new(arena, 0);

	buf_printf(&text, "SELECT portal.%s(", statements[statement].name);
	for (int i = 1; i <= statements[statement].parameters; i++)
		buf_printf(&text, "%s$%d", i > 1 ? ", " : "", i);
	buf_char(&text, ')');
	return text.bytes;
}

/* The number of the database's process, which its own log names too: so its lines can be found from ours. */
static const char *
backend_text(struct arena *arena, const struct db *db)
{
	return arena_printf(arena, "%d", PQbackendPID(db->connection));
}

/* Problems that our SQL functions raise (SQLSTATE DP001) come back as they are; others are ours to log. */
static const struct problem *
problem_of(const struct db *db, struct arena *arena, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *pointer = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

	if (state && !strcmp(state, "DP001") && message && detail) {
		struct problem *problem = problem_new(arena, problem_code_named(message), "%s%s%s",
		    pointer ? pointer : "", pointer && *pointer ? ": " : "", detail);

		if (pointer && *pointer)
			problem_add(arena, &problem, pointer, "%s", detail);
		return problem;
	}
	log_line(LOG_error, "a statement failed", "sqlstate", state, "reason", message, "backend", backend_text(arena, db), NULL);
	/* Out of connections, shutting down, starting up, out of disk: it will pass. */
	if (state && (!strncmp(state, "53", 2) || !strncmp(state, "57P", 3) || !strncmp(state, "40", 2) || !strncmp(state, "08", 2)))
		return problem_new(arena, PROBLEM_unavailable, "the database cannot do this at the moment");
	return problem_new(arena, PROBLEM_internal, "the database refused a statement");
}

static bool
lost(const struct db *db, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool failed = PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK;

	/* A failure that the server did not word is the connection's, even where libpq has not noticed yet. */
	return PQstatus(db->connection) != CONNECTION_OK || (failed && (!state || !strncmp(state, "57P", 3)));
}

/* NULL when the statement is prepared, else the failed result. */
static PGresult *
prepare(struct db *db, struct arena *arena, enum statement statement)
{
	if (db->prepared[statement])
		return NULL;

	PGresult *result = PQprepare(db->connection, statements[statement].name, statement_text(arena, statement), 0, NULL);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return result;
	PQclear(result);
	db->prepared[statement] = true;
	return NULL;
}

/* What takes long is said with the request that waited, which the database's own log does not know. */
static PGresult *
run_once(struct db *db, struct arena *arena, enum statement statement, const char *const *parameters)
{
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);

	PGresult *result = prepare(db, arena, statement);

	if (!result)
		result = PQexecPrepared(db->connection, statements[statement].name, statements[statement].parameters, parameters,
		    NULL, NULL, 0);

	long ms = ms_since(&start);

	if (ms >= SLOW)
		log_line(LOG_warning, "a slow statement", "statement", statements[statement].name, "milliseconds",
		    arena_printf(arena, "%ld", ms), "backend", backend_text(arena, db), NULL);
	return result;
}

static void
json_release(void *object)
{
	json_object_put(object);
}

static const struct problem *
answer_take(struct arena *arena, const PGresult *result, struct json_object **answer)
{
	*answer = NULL;
	if (PQgetisnull(result, 0, 0))
		return NULL;

	struct json_object *object = json_tokener_parse(PQgetvalue(result, 0, 0));

	if (!object)
		return problem_new(arena, PROBLEM_internal, "the database's answer is no JSON");
	arena_defer(arena, json_release, object);
	*answer = object;
	return NULL;
}

const struct problem *
db_json_array(struct db *db, struct arena *arena, enum statement statement, struct json_object **answer,
    const char *const *parameters, size_t count)
{
	PGresult *result = NULL;
	const struct problem *problem;

	if (count != (size_t)statements[statement].parameters)
		abort();
	for (int attempt = 0; attempt < 2; attempt++) {
		PQclear(result);
		result = NULL;
		if (!connect_if_lost(db))
			return unavailable(arena);
		result = run_once(db, arena, statement, parameters);
		if (!lost(db, result) || db->in_transaction)
			break;
		disconnect(db);
	}
	if (!db->connection || PQstatus(db->connection) != CONNECTION_OK)
		problem = unavailable(arena);
	else if (PQresultStatus(result) != PGRES_TUPLES_OK)
		problem = problem_of(db, arena, result);
	else
		problem = answer_take(arena, result, answer);
	PQclear(result);
	return problem;
}

static const struct problem *
command(struct db *db, struct arena *arena, const char *sql)
{
	if (!connect_if_lost(db))
		return unavailable(arena);

	PGresult *result = PQexec(db->connection, sql);
	ExecStatusType status = PQresultStatus(result);
	const struct problem *problem = NULL;

	if (PQstatus(db->connection) != CONNECTION_OK)
		problem = unavailable(arena);
	else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		problem = problem_of(db, arena, result);
	PQclear(result);
	return problem;
}

const struct problem *
db_begin(struct db *db, struct arena *arena)
{
	const struct problem *problem = command(db, arena, "BEGIN");

	/* An idle connection may have been lost unseen: nothing has happened yet, so once more. */
	if (problem)
		problem = command(db, arena, "BEGIN");
	db->in_transaction = !problem;
	return problem;
}

const struct problem *
db_commit(struct db *db, struct arena *arena)
{
	db->in_transaction = false;
	return command(db, arena, "COMMIT");
}

void
db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	PQclear(PQexec(db->connection, "ROLLBACK"));
}

int
db_listen(struct db *db)
{
	if (!connect_if_lost(db))
		return -1;
	if (!db->listening) {
		PGresult *result = PQexec(db->connection, "LISTEN portal_jobs");

		db->listening = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return db->listening ? PQsocket(db->connection) : -1;
}

bool
db_woken(struct db *db)
{
	bool woken = false;
	PGnotify *notify;

	if (!db->connection)
		return false;
	PQconsumeInput(db->connection);
	while ((notify = PQnotifies(db->connection)) != NULL) {
		PQfreemem(notify);
		woken = true;
	}
	return woken;
}

const struct problem *
db_script(struct db *db, struct arena *arena, const char *sql)
{
	return command(db, arena, sql);
}

static struct json_object *
row_array(const PGresult *result, int row)
{
	struct json_object *array = json_object_new_array();

	for (int column = 0; column < PQnfields(result); column++)
		json_object_array_add(array, PQgetisnull(result, row, column)
		    ? NULL : json_object_new_string(PQgetvalue(result, row, column)));
	return array;
}

const struct problem *
db_rows(struct db *db, struct arena *arena, const char *sql, struct json_object **rows,
    const char *const *parameters, size_t count)
{
	if (!connect_if_lost(db))
		return unavailable(arena);

	PGresult *result = PQexecParams(db->connection, sql, (int)count, NULL, parameters, NULL, NULL, 0);
	const struct problem *problem = NULL;

	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		*rows = json_object_new_array();
		arena_defer(arena, json_release, *rows);
		for (int row = 0; row < PQntuples(result); row++)
			json_object_array_add(*rows, row_array(result, row));
	} else {
		problem = problem_of(db, arena, result);
	}
	PQclear(result);
	return problem;
}

const struct problem *
db_prepare_all(struct db *db, struct arena *arena)
{
	if (!connect_if_lost(db))
		return unavailable(arena);
	for (int statement = 0; statement < STATEMENTS; statement++) {
		PGresult *failed = prepare(db, arena, (enum statement)statement);
		const struct problem *problem = failed ? problem_new(arena, PROBLEM_internal, "%s: %s",
		    statements[statement].name, PQresultErrorMessage(failed)) : NULL;

		PQclear(failed);
		TRY(problem);
	}
	return NULL;
}
