/* Log lines as JSON, each written at once so that processes do not mix theirs. */
#include "log.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"debug", "info", "warning", "error"};

static struct {
	const char *program;
	enum log_level level;
	char request_id[65];
} settings = {"portal", LOG_info, ""};

void
log_start(const char *program, enum log_level level)
{
	settings.program = program;
	settings.level = level;
}

void
log_request(const char *request_id)
{
	snprintf(settings.request_id, sizeof settings.request_id, "%s", request_id ? request_id : "");
}

bool
log_level_parse(const char *name, enum log_level *level)
{
	for (int i = 0; i <= LOG_error; i++) {
		if (!strcmp(names[i], name)) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* The same text, without what stands before each @. */
static struct json_object *
without_addresses(const char *value)
{
	size_t length = strlen(value);
	char *text = malloc(length + 1), *end = text;

	if (!text)
		abort();
	for (const char *c = value; *c; c++) {
		while (*c == '@' && end > text && !strchr(" \t\r\n<>()[]{},;:\"'=", end[-1]))
			end--;
		*end++ = *c;
	}

	struct json_object *string = json_object_new_string_len(text, (int)(end - text));

	free(text);
	return string;
}

static void
add(struct json_object *line, const char *name, const char *value)
{
	json_object_object_add(line, name, strchr(value, '@') ? without_addresses(value) : json_object_new_string(value));
}

void
log_line(enum log_level level, const char *message, ...)
{
	struct timespec now;
	struct tm utc;
	char time_text[64], stamp[32];
	va_list args;

	if (level < settings.level)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
	snprintf(time_text, sizeof time_text, "%s.%03ldZ", stamp, now.tv_nsec / 1000000);

	struct json_object *line = json_object_new_object();

	add(line, "time", time_text);
	add(line, "level", names[level]);
	add(line, "program", settings.program);
	add(line, "message", message);
	va_start(args, message);
	for (const char *name; (name = va_arg(args, const char *)) != NULL;) {
		const char *value = va_arg(args, const char *);

		if (value)
			add(line, name, value);
	}
	va_end(args);
	if (*settings.request_id && !json_object_object_get_ex(line, "request_id", NULL))
		add(line, "request_id", settings.request_id);
	dprintf(STDERR_FILENO, "%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}
