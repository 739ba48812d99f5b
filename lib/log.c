/* Log lines as JSON, each written at once so that processes do not mix theirs. */
#include "log.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"debug", "info", "warning", "error"};

static struct {
	const char *program;
	enum log_level level;
} settings = {"portal", LOG_info};

void
log_start(const char *program, enum log_level level)
{
	settings.program = program;
	settings.level = level;
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

static void
add(struct json_object *line, const char *name, const char *value)
{
	json_object_object_add(line, name, json_object_new_string(value));
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
	dprintf(STDERR_FILENO, "%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}
