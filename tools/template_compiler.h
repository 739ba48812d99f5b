/* The template compiler's state and what its parts share: compile_templates.c reads the files and their
 * structure, template_output.c writes the code for what templates put out. One run compiles one set. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "../lib/buf.h"
#include "html_context.h"

enum { DEPTH_MAX = 32 };

struct block {
	char kind; /* 't'emplate, 'i'f, 'f'or */
	int line;
	bool has_else;
	struct html_context start, end; /* END of the branches before this one */
	bool has_end;
};

/* A template's name where it is made or included. */
struct mention {
	const char *name, *path;
	int line;
	bool html;
	struct mention *next;
};

extern struct compiler {
	struct arena *arena;
	struct buf header, code;
	struct buf literal; /* text not yet written as code */
	struct mention *templates, *includes;
	struct json_object *words;
	const char *static_dir;

	/* the file being read */
	const char *path, *start, *at;
	int line;
	bool is_html;
	struct html_context html;
	struct block blocks[DEPTH_MAX];
	int depth;
	bool has_language;
} compiler;

/* Ends the run with a message about the line being read. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The bytes of a file; its absence ends the run. */
struct buf file_read(const char *path);

/* Writes the text gathered so far, then one statement that stands for the present line of the template. */
void code(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool is_space(char ch);

/* How long the identifier at TEXT is; characters of MORE count as well. */
size_t identifier_length(const char *text, const char *more);

/* The directives that put something out; TEXT is what follows their name. */
void output_expression(const char *text);
void output_word(const char *text);
void output_plural(const char *text);
void output_number(const char *text);
void output_url(const char *text);
void output_path(const char *text);
void output_asset(const char *text);
