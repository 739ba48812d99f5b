/* compile_templates --words DA.json --static DIR OUT.h OUT.c FILE...
 *
 * Turns templates into C functions that append to a buffer. Everything they output is escaped, in *.html
 * files for HTML; *.txt files make plain text. There is no raw output. A file holds templates:
 *
 *   {{! a comment }}                        {{ import "locale.h" }}
 *   {{ template name(const struct x *x) }}  begins void template_name(struct buf *out, const struct x *x)
 *   {{ language x->language }}              the language of its words; once, before the first of them
 *   {{ end }}                               closes template, if and for
 *
 *   {{ x->text }}                           a C expression, const char *; NULL outputs nothing
 *   {{ number x->count }}                   an integer
 *   {{ word expires.on date=f(x->date) }}   a word of the catalogue; {date} in it becomes the expression
 *   {{ plural days.left x->days }}          days.left.one or days.left.other, {n} being the number
 *   {{ path x->path }}                      a URL made by us: "/..." or "http(s)://...", else "#"
 *   {{ url x->name }}                       percent-encoded, one segment or query value of a URL
 *   {{ asset portal.css }}                  "/static/portal.css?v=..." with the hash of the file's bytes
 *
 *   {{ if C }} {{ else if C }} {{ else }}   {{ for int i = 0; i < n; i++ }}
 *   {{ let const char *a = x->a }}          {{ include name(x) }}
 *
 * `arena` and `language` can be used in every expression. A control directive alone on its line leaves no
 * line behind; in HTML, indentation shrinks to one line break, except in <pre> and <textarea>.
 * The build stops where output would be unsafe (html_context.h), where branches leave the HTML in
 * different places, and where a word does not exist or has other placeholders. */
#include "template_compiler.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compiler compiler;

void
fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: error: ", compiler.path ? compiler.path : "compile_templates", compiler.line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

struct buf
file_read(const char *path)
{
	struct buf bytes = buf_new(compiler.arena, 0);
	FILE *in = fopen(path, "rb");
	char part[8192];
	size_t n;

	if (!in)
		fail("cannot open %s", path);
	while ((n = fread(part, 1, sizeof part, in)) > 0)
		buf_add(&bytes, part, n);
	if (ferror(in) | fclose(in))
		fail("cannot read %s", path);
	return bytes;
}

bool
is_space(char ch)
{
	return ch && strchr(" \t\r\n", ch);
}

static void
literal_flush(void)
{
	const char *text = compiler.literal.bytes;

	if (!compiler.literal.length)
		return;
	buf_text(&compiler.code, "\tbuf_add(out,\n\t    \"");
	for (; *text; text++) {
		if (*text == '\n')
			buf_text(&compiler.code, text[1] ? "\\n\"\n\t    \"" : "\\n");
		else if (*text == '"' || *text == '\\')
			buf_printf(&compiler.code, "\\%c", *text);
		else if (*text == '?' || (unsigned char)*text < ' ')
			buf_printf(&compiler.code, "\\%03o", (unsigned char)*text);
		else
			buf_char(&compiler.code, *text);
	}
	buf_printf(&compiler.code, "\", %zu);\n", compiler.literal.length);
	compiler.literal.length = 0;
	compiler.literal.bytes[0] = '\0';
}

/* Takes the text up to END; in HTML follows the context and collapses white space. */
static void
literal_take(const char *end)
{
	while (compiler.at < end) {
		const char *run = compiler.at;
		bool collapse = compiler.is_html && !compiler.html.verbatim &&
		    (compiler.html.place == HTML_TEXT || compiler.html.place == HTML_TAG);

		while (collapse && run < end && is_space(*run))
			run++;
		if (run == compiler.at)
			buf_char(&compiler.literal, *run++);
		else if (memchr(compiler.at, '\n', (size_t)(run - compiler.at)))
			buf_char(&compiler.literal, '\n');
		else if (compiler.at > compiler.start && compiler.at[-1] != '\n')
			buf_char(&compiler.literal, ' '); /* and none for what indents the line after a control line */
		for (; compiler.at < run; compiler.at++) {
			const char *complaint = compiler.is_html ? html_advance(&compiler.html, *compiler.at) : NULL;

			if (complaint)
				fail("%s", complaint);
			compiler.line += *compiler.at == '\n';
		}
	}
}

/* #line tells the C compiler which line of the template the code stands for. */
void
code(const char *format, ...)
{
	va_list args;

	literal_flush();
	va_start(args, format);
	buf_printf(&compiler.code, "#line %d \"%s\"\n\t%s\n", compiler.line, compiler.path,
	    arena_vprintf(compiler.arena, format, args));
	va_end(args);
}

size_t
identifier_length(const char *text, const char *more)
{
	size_t n = 0;

	while (text[n] && (isalnum((unsigned char)text[n]) || text[n] == '_' || strchr(more, text[n])))
		n++;
	return n;
}

static struct block *
block_open(char kind)
{
	if (compiler.depth == DEPTH_MAX)
		fail("too deep");
	if (kind != 't' && !compiler.depth)
		fail("this stands outside of a template");

	struct block *block = &compiler.blocks[compiler.depth++];

	*block = (struct block){.kind = kind, .line = compiler.line, .start = compiler.html};
	return block;
}

static struct mention *
mention_add(struct mention **list, const char *text)
{
	size_t n = identifier_length(text, "");
	struct mention *mention = arena_alloc(compiler.arena, sizeof *mention);

	if (!n || text[n] != '(' || text[strlen(text) - 1] != ')')
		fail("name(...) is expected: %s", text);
	*mention = (struct mention){arena_strndup(compiler.arena, text, n), compiler.path, compiler.line, compiler.is_html, *list};
	*list = mention;
	return mention;
}

static void
do_template(const char *text)
{
	if (compiler.depth)
		fail("a template cannot stand in another one");
	const char *name = mention_add(&compiler.templates, text)->name;
	const char *arguments = text + strlen(name) + 1;

	if (!strcmp(arguments, ")"))
		fail("a template has parameters");
	memset(&compiler.html, 0, sizeof compiler.html);
	block_open('t');
	compiler.has_language = false;
	buf_printf(&compiler.header, "void template_%s(struct buf *out, %s;\n", name, arguments);
	code("void template_%s(struct buf *out, %s {", name, arguments);
	code("struct arena *const arena = out->arena; (void)arena;");
}

static void
do_language(const char *text)
{
	if (compiler.depth != 1 || compiler.has_language)
		fail("one {{ language ... }}, outside of if and for");
	compiler.has_language = true;
	code("const enum language language = %s; (void)language;", text);
}

static void
do_import(const char *text)
{
	if (compiler.depth)
		fail("imports stand outside of templates");
	buf_printf(&compiler.code, "#include %s\n", text);
}

static void
do_let(const char *text)
{
	code("%s;", text);
}

static void
do_if(const char *text)
{
	block_open('i');
	code("if (%s) {", text);
}

static void
do_for(const char *text)
{
	block_open('f');
	code("for (%s) {", text);
}

/* Notes where a branch ends; all must end in the same place. */
static void
branch_end(struct block *block)
{
	if (compiler.is_html && block->has_end && !html_same(&block->end, &compiler.html))
		fail("the branches since line %d leave the HTML in different places", block->line);
	block->end = compiler.html;
	block->has_end = true;
}

static void
do_else(const char *text)
{
	struct block *block = compiler.depth ? &compiler.blocks[compiler.depth - 1] : NULL;

	if (!block || block->kind != 'i' || block->has_else)
		fail("else without if");
	branch_end(block);
	compiler.html = block->start;
	if (!*text) {
		block->has_else = true;
		code("} else {");
	} else if (!strncmp(text, "if ", 3))
		code("} else if (%s) {", text + 3);
	else
		fail("else, or else if ...");
}

static void
do_end(const char *text)
{
	if (!compiler.depth || *text)
		fail("nothing to end");
	struct block *block = &compiler.blocks[compiler.depth - 1];

	branch_end(block);
	if (!block->has_else) { /* nothing may happen: that too must end in the same place */
		compiler.html = block->start;
		branch_end(block);
	}
	compiler.depth--;
	code("}");
}

static void
do_include(const char *text)
{
	const char *name = mention_add(&compiler.includes, text)->name;

	if (compiler.is_html && compiler.html.place != HTML_TEXT)
		fail("an include stands between tags only");
	code("template_%s(out, %s;", name, text + strlen(name) + 1);
}

static const struct directive {
	const char *name;
	void (*run)(const char *text);
	bool control; /* alone on its line it leaves no line behind */
} directives[] = {
    {"template", do_template, true}, {"language", do_language, true}, {"import", do_import, true},
    {"let", do_let, true}, {"if", do_if, true}, {"for", do_for, true}, {"else", do_else, true},
    {"end", do_end, true}, {"include", do_include, true}, {"word", output_word, false},
    {"plural", output_plural, false}, {"number", output_number, false}, {"url", output_url, false},
    {"path", output_path, false}, {"asset", output_asset, false}, {"!", NULL, true},
    {NULL, output_expression, false}};

static const struct directive *
directive_find(const char *text)
{
	size_t n = *text == '!' ? 1 : identifier_length(text, "");
	const struct directive *d = directives;

	for (; d->name; d++)
		if (strlen(d->name) == n && !memcmp(d->name, text, n) &&
		    (*text == '!' || !text[n] || is_space(text[n])))
			break;
	return d;
}

/* Runs the directive that opens at OPEN, after the text before it. */
static void
directive_take(const char *open)
{
	const char *close = strstr(open, "}}");

	if (!close)
		fail("{{ without }}");
	const char *text = open + 2 + strspn(open + 2, " \t\r\n"), *end = close;

	while (end > text && is_space(end[-1]))
		end--;
	if (end <= text)
		fail("nothing between {{ and }}");
	text = arena_strndup(compiler.arena, text, (size_t)(end - text));
	const struct directive *d = directive_find(text);
	const char *before = open, *after = close + 2;

	if (d->control) {
		while (before > compiler.at && (before[-1] == ' ' || before[-1] == '\t'))
			before--;
		after += strspn(after, " \t\r");
		if ((before != compiler.start && before[-1] != '\n') || (*after != '\n' && *after)) {
			before = open;
			after = close + 2;
		} else if (!compiler.is_html || d->run != do_include)
			after += *after == '\n';
	}
	if (compiler.depth)
		literal_take(before);
	for (; compiler.at < open; compiler.at++)
		if (compiler.depth || is_space(*compiler.at))
			compiler.line += *compiler.at == '\n';
		else
			fail("text outside of a template");
	if (d->run && d->name)
		d->run(text + strlen(d->name) + strspn(text + strlen(d->name), " \t\r\n"));
	else if (d->run && compiler.depth)
		d->run(text);
	else if (d->run)
		fail("output outside of a template");
	for (compiler.at = open; compiler.at < after; compiler.at++)
		compiler.line += *compiler.at == '\n';
}

static void
file_compile(const char *path)
{
	struct buf bytes = file_read(path);
	const char *dot = strrchr(path, '.');

	compiler.path = path;
	compiler.line = 1;
	compiler.start = compiler.at = bytes.bytes;
	compiler.is_html = dot && !strcmp(dot, ".html");
	if (!compiler.is_html && (!dot || strcmp(dot, ".txt")))
		fail("templates are *.html or *.txt");
	if (strlen(bytes.bytes) != bytes.length)
		fail("a NUL byte");
	for (const char *open; (open = strstr(compiler.at, "{{"));)
		directive_take(open);
	if (compiler.depth)
		fail("the block of line %d has no end", compiler.blocks[compiler.depth - 1].line);
	if (compiler.at[strspn(compiler.at, " \t\r\n")])
		fail("text outside of a template");
}

/* Text templates do not escape, so an HTML one cannot include them, nor the other way round. */
static void
includes_check(void)
{
	for (struct mention *i = compiler.includes; i; i = i->next) {
		struct mention *t = compiler.templates;

		while (t && strcmp(t->name, i->name))
			t = t->next;
		compiler.path = i->path;
		compiler.line = i->line;
		if (!t)
			fail("no template is called %s", i->name);
		if (t->html != i->html)
			fail("HTML and text cannot include each other: %s", i->name);
	}
}

static void
file_write(const char *path, const struct buf *bytes)
{
	FILE *out = fopen(path, "wb");

	compiler.path = NULL;
	if (!out || fwrite(bytes->bytes, 1, bytes->length, out) != bytes->length || fclose(out))
		fail("cannot write %s", path);
}

int
main(int argc, char **argv)
{
	if (argc < 8 || strcmp(argv[1], "--words") || strcmp(argv[3], "--static")) {
		fputs("usage: compile_templates --words DA.json --static DIR OUT.h OUT.c FILE...\n", stderr);
		return 2;
	}
	compiler.arena = arena_new();
	compiler.header = buf_new(compiler.arena, 0);
	compiler.code = buf_new(compiler.arena, 0);
	compiler.literal = buf_new(compiler.arena, 0);
	compiler.words = json_object_from_file(argv[2]);
	compiler.static_dir = argv[4];
	if (!compiler.words)
		fail("%s: %s", argv[2], json_util_get_last_err());

	buf_text(&compiler.header, "/* Made by compile_templates: edit web/templates instead. */\n#pragma once\n\n"
			    "#include \"buf.h\"\n#include \"page.h\"\n\n");
	buf_text(&compiler.code, "/* Made by compile_templates: edit web/templates instead. */\n"
			  "#include \"templates.h\"\n\n#include <string.h>\n\n"
			  "/* Only URLs that we made get into a page. */\n"
			  "__attribute__((unused)) static void\n"
			  "add_path(struct buf *out, void (*add)(struct buf *, const char *), const char *path)\n{\n"
			  "\tint ours = path && ((path[0] == '/' && path[1] != '/') ||\n"
			  "\t    !strncmp(path, \"https://\", 8) || !strncmp(path, \"http://\", 7));\n\n"
			  "\tadd(out, ours ? path : \"#\");\n}\n\n");
	for (int i = 7; i < argc; i++)
		file_compile(argv[i]);
	includes_check();
	file_write(argv[5], &compiler.header);
	file_write(argv[6], &compiler.code);
	json_object_put(compiler.words);
	arena_free(compiler.arena);
	return 0;
}
