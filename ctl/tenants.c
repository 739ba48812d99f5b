/* portalctl tenant and key. Results are JSON on standard output, for scripts. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "encode.h"
#include "mail.h"
#include "token.h"
#include "utf8.h"

enum { NAME_MOST = 200 };

static const struct problem *
query(struct command_line *line, const char *sql, struct json_object **rows, const char *const *parameters, size_t count)
{
	return db_rows(line->db, line->arena, sql, rows, parameters, count);
}

static const struct problem *
one_or_none(struct command_line *line, struct json_object *rows, const char *what)
{
	return rows_print(rows) ? NULL : problem_new(line->arena, PROBLEM_not_found, "there is no such %s", what);
}

static bool
name_fits(const char *name)
{
	return utf8_valid(name, strlen(name)) && utf8_visible(name) && utf8_one_line(name) && utf8_length(name) <= NAME_MOST;
}

const struct problem *
ctl_tenant_create(struct command_line *line)
{
	const char *reply_to = option(line, "reply-to", NULL), *color = option(line, "color", NULL);
	const char *const parameters[] = {
	    line->words[0], reply_to, color, option(line, "language", "da"), option(line, "time-zone", "Europe/Copenhagen")};
	struct json_object *rows = NULL, *zones = NULL;

	if (!name_fits(line->words[0]))
		return problem_new(line->arena, PROBLEM_invalid, "the name must be one line of 1 to %d characters", NAME_MOST);
	if (reply_to && !mail_address_valid(reply_to))
		return problem_new(line->arena, PROBLEM_invalid, "--reply-to: %s is no mail address", reply_to);
	if (strcmp(parameters[3], "da") != 0 && strcmp(parameters[3], "en") != 0)
		return problem_new(line->arena, PROBLEM_invalid, "--language is da or en");
	TRY(query(line, "SELECT 1 FROM pg_timezone_names WHERE name = $1", &zones, parameters + 4, 1));
	if (!json_object_array_length(zones))
		return problem_new(line->arena, PROBLEM_invalid, "--time-zone: there is no zone %s", parameters[4]);
	if (color && (color[0] != '#' || strlen(color) != 7 || strspn(color + 1, "0123456789abcdef") != 6))
		return problem_new(line->arena, PROBLEM_invalid, "--color: %s is not of the form #1a2b3c", color);
	TRY(query(line, "WITH t AS (INSERT INTO portal.tenant (name) VALUES ($1) RETURNING id)"
	    " INSERT INTO portal.setting (tenant_id, sender_name, reply_to, color, language, time_zone)"
	    " SELECT id, $1, $2, $3, $4, $5 FROM t RETURNING json_build_object('tenant_id', tenant_id)",
	    &rows, parameters, 5));
	rows_print(rows);
	return NULL;
}

const struct problem *
ctl_tenant_list(struct command_line *line)
{
	struct json_object *rows = NULL;

	TRY(query(line, "SELECT json_build_object('tenant_id', id, 'name', name, 'created_at', portal.rfc3339(created_at))"
	    " FROM portal.tenant ORDER BY id", &rows, NULL, 0));
	rows_print(rows);
	return NULL;
}

static const struct problem *
id_check(struct command_line *line)
{
	return uuid_valid(line->words[0]) ? NULL
	    : problem_new(line->arena, PROBLEM_invalid, "%s is not an id", line->words[0]);
}

const struct problem *
ctl_key_create(struct command_line *line)
{
	const char *key = api_key_new(line->arena), *scope = option(line, "scope", "write");
	const char *const parameters[] = {line->words[0], api_key_hash(line->arena, key), scope, key};
	struct json_object *rows = NULL;

	TRY(id_check(line));
	if (strcmp(scope, "read") != 0 && strcmp(scope, "write") != 0)
		return problem_new(line->arena, PROBLEM_invalid, "--scope is read or write");
	TRY(query(line, "INSERT INTO portal.api_key (tenant_id, hash, scope)"
	    " SELECT id, $2::bytea, $3 FROM portal.tenant WHERE id = $1"
	    " RETURNING json_build_object('key_id', id, 'api_key', $4::text, 'scope', scope)", &rows, parameters, 4));
	return one_or_none(line, rows, "tenant");
}

const struct problem *
ctl_key_list(struct command_line *line)
{
	struct json_object *rows = NULL;

	TRY(id_check(line));
	TRY(query(line, "SELECT json_build_object('key_id', id, 'scope', scope, 'created_at', portal.rfc3339(created_at),"
	    " 'revoked_at', portal.rfc3339(revoked_at)) FROM portal.api_key WHERE tenant_id = $1 ORDER BY id",
	    &rows, line->words, 1));
	rows_print(rows);
	return NULL;
}

const struct problem *
ctl_key_revoke(struct command_line *line)
{
	struct json_object *rows = NULL;

	TRY(id_check(line));
	TRY(query(line, "UPDATE portal.api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1"
	    " RETURNING json_build_object('key_id', id, 'revoked_at', portal.rfc3339(revoked_at))", &rows, line->words, 1));
	return one_or_none(line, rows, "key");
}

const struct problem *
tenants_exist(struct command_line *line, bool *exist)
{
	struct json_object *rows = NULL;

	*exist = false;
	TRY(db_rows(line->db, line->arena, "SELECT 1 WHERE to_regclass('portal.tenant') IS NOT NULL", &rows, NULL, 0));
	if (!json_object_array_length(rows))
		return NULL;
	TRY(db_rows(line->db, line->arena, "SELECT 1 FROM portal.tenant LIMIT 1", &rows, NULL, 0));
	*exist = json_object_array_length(rows) > 0;
	return NULL;
}
