/* Log lines: one JSON object a line on standard error. No token, code, key or address of a person goes in; of addresses that
 * mail servers quote the part before the @ is hidden here. */
#pragma once

#include <stdbool.h>

enum log_level { LOG_debug, LOG_info, LOG_warning, LOG_error };

/* Names the program in every line; lines below LEVEL are dropped. */
void log_start(const char *program, enum log_level level);

bool log_level_parse(const char *name, enum log_level *level);

/* Until the next call, lines that name no request of their own belong to this one; NULL: to none. serve() and the worker set it
 * around each request and job, so that whatever fails below them can be found by it. */
void log_request(const char *request_id);

/* One line: MESSAGE and pairs of name and value (strings), ended by NULL; a pair without value is left out. */
void log_line(enum log_level level, const char *message, ...) __attribute__((sentinel));
