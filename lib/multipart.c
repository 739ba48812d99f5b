/* multipart/form-data: boundaries are looked for with memmem, only headers are copied. */
#include "multipart.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "utf8.h"

enum { BOUNDARY_MAX = 70, HEADERS_MAX = 8 * 1024, NAME_MAX_BYTES = 100, FILENAME_MAX = 255 };

struct reader {
	struct arena *arena;
	char delimiter[4 + BOUNDARY_MAX + 1]; /* CRLF, two dashes, the boundary */
	size_t delimiter_length;
	const char *at, *end;
	size_t part; /* the number of the part being read, from 1, for messages */
};

static const char token_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Undoes what senders do to a quote in a quoted string: %22 (browsers), \" and \\ (curl). Any other backslash stands
 * for itself, since browsers send paths of Windows as they are. Line breaks come as %0D and %0A, and are refused later. */
static const char *
unquote(const char *at, char *out)
{
	for (; *at && *at != '"'; at++) {
		if (at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
			*out++ = *++at;
		else if (!strncmp(at, "%22", 3))
			*out++ = '"', at += 2;
		else if (!strncasecmp(at, "%0D", 3) || !strncasecmp(at, "%0A", 3))
			*out++ = '\n', at += 2;
		else
			*out++ = *at;
	}
	*out = '\0';
	return *at ? at + 1 : NULL;
}

/* Reads the next `; name=value` at *AT. False at the end, and when it is broken: then *AT is NULL. */
static bool
next_parameter(struct arena *arena, const char **at, const char **name, const char **value)
{
	const char *from = skip_blanks(*at);

	while (*from == ';')
		from = skip_blanks(from + 1);
	if (!*from)
		return false;

	size_t length = strspn(from, token_characters);

	*at = NULL;
	if (!length || from[length] != '=')
		return false;
	*name = arena_strndup(arena, from, length);
	from += length + 1;
	if (*from == '"') {
		char *text = arena_alloc(arena, strlen(from));

		from = unquote(from + 1, text);
		*value = text;
	} else {
		length = strcspn(from, "; \t");
		*value = arena_strndup(arena, from, length);
		from += length;
	}
	if (!from || (*(from = skip_blanks(from)) && *from != ';'))
		return false;
	*at = from;
	return true;
}

static bool
boundary_fits(const char *boundary)
{
	size_t length = strlen(boundary);

	return length && length <= BOUNDARY_MAX && boundary[length - 1] != ' ' &&
	    strspn(boundary, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=? ") == length;
}

/* Takes the boundary out of the request's Content-Type. */
static const struct problem *
read_boundary(struct reader *reader, const char *content_type)
{
	static const char wanted[] = "multipart/form-data";
	struct arena *arena = reader->arena;
	const char *at = content_type ? skip_blanks(content_type) : "";

	if (strncasecmp(at, wanted, strlen(wanted)) || !memchr("; \t", at[strlen(wanted)], 4))
		return problem_new(arena, PROBLEM_unsupported_media_type, "the content type must be %s", wanted);

	const char *name, *value, *boundary = NULL;

	for (at += strlen(wanted); next_parameter(arena, &at, &name, &value);) {
		if (strcasecmp(name, "boundary"))
			continue;
		if (boundary)
			return problem_new(arena, PROBLEM_bad_request, "the content type names two boundaries");
		boundary = value;
	}
	if (!at)
		return problem_new(arena, PROBLEM_bad_request, "the parameters of the content type are malformed");
	if (!boundary)
		return problem_new(arena, PROBLEM_bad_request, "the content type names no boundary");
	if (!boundary_fits(boundary))
		return problem_new(arena, PROBLEM_bad_request,
		    "the boundary must be 1 to %d of the characters that RFC 2046 allows", BOUNDARY_MAX);
	memcpy(reader->delimiter, "\r\n--", 4);
	reader->delimiter_length = 4 + strlen(boundary);
	memcpy(reader->delimiter + 4, boundary, strlen(boundary));
	return NULL;
}

/* The next delimiter at or after the reader's place; NULL when there is none. */
static const char *
find_delimiter(const struct reader *reader)
{
	return memmem(reader->at, (size_t)(reader->end - reader->at), reader->delimiter, reader->delimiter_length);
}

/* Goes behind the first boundary line's boundary; it may be the body's first line and so lack the CRLF before it. */
static const struct problem *
skip_preamble(struct reader *reader)
{
	size_t length = reader->delimiter_length - 2;

	if ((size_t)(reader->end - reader->at) >= length && !memcmp(reader->at, reader->delimiter + 2, length)) {
		reader->at += length;
		return NULL;
	}
	if (!(reader->at = find_delimiter(reader)))
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "the boundary that the content type names is not in the body");
	reader->at += reader->delimiter_length;
	return NULL;
}

/* Reads what follows a boundary: two dashes after the last one, else blanks and the end of the line. */
static const struct problem *
end_boundary_line(struct reader *reader, bool *last)
{
	const char *at = reader->at, *end = reader->end;

	*last = end - at >= 2 && at[0] == '-' && at[1] == '-';
	if (*last)
		return NULL;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (end - at < 2 && !memcmp(at, "\r\n", (size_t)(end - at)))
		return problem_new(reader->arena, PROBLEM_bad_request, "the body ends before the closing boundary");
	if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: a boundary must be followed by CRLF or two dashes", reader->part);
	reader->at = at + 2;
	return NULL;
}

static const struct problem *
set_name(struct reader *reader, struct part *part, const char *value)
{
	if (part->name)
		return problem_new(reader->arena, PROBLEM_bad_request, "part %zu has two names", reader->part);
	if (!*value || strlen(value) > NAME_MAX_BYTES || !utf8_valid(value, strlen(value)) || !utf8_one_line(value))
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: the name must be 1 to %d bytes of UTF-8 without control characters", reader->part,
		    NAME_MAX_BYTES);
	part->name = value;
	return NULL;
}

/* Keeps what stands behind the last slash or backslash: some senders give the whole path. */
static const struct problem *
set_filename(struct reader *reader, struct part *part, const char *value)
{
	if (part->filename)
		return problem_new(reader->arena, PROBLEM_bad_request, "part %zu has two file names", reader->part);
	if (!utf8_valid(value, strlen(value)))
		return problem_new(reader->arena, PROBLEM_bad_request, "part %zu: the file name is not UTF-8",
		    reader->part);
	if (!utf8_one_line(value))
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: the file name holds control characters or noncharacters", reader->part);

	const char *base = value;

	for (const char *at = value; *at; at++)
		if (*at == '/' || *at == '\\')
			base = at + 1;
	if (*value && (!*base || !strcmp(base, ".") || !strcmp(base, "..")))
		return problem_new(reader->arena, PROBLEM_bad_request, "part %zu: the file name names a folder",
		    reader->part);
	if (strlen(base) > FILENAME_MAX)
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: the file name is longer than %d bytes", reader->part, FILENAME_MAX);
	part->filename = base;
	return NULL;
}

/* Content-Disposition: form-data; name="…"; filename="…" (RFC 7578, section 4.2). */
static const struct problem *
read_disposition(struct reader *reader, struct part *part, const char *value)
{
	size_t length = strspn(value, token_characters);
	const char *at = value + length, *name, *text;

	if (length != strlen("form-data") || strncasecmp(value, "form-data", length) || !memchr("; \t", *at, 4))
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: Content-Disposition must be form-data", reader->part);
	while (next_parameter(reader->arena, &at, &name, &text)) {
		if (!strcasecmp(name, "name"))
			TRY(set_name(reader, part, text));
		else if (!strcasecmp(name, "filename"))
			TRY(set_filename(reader, part, text));
	}
	if (!at)
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: the parameters of Content-Disposition are malformed", reader->part);
	return NULL;
}

static const struct problem *
read_header(struct reader *reader, struct part *part, const char *name, const char *value)
{
	if (!strcasecmp(name, "Content-Disposition"))
		return read_disposition(reader, part, value);
	if (!strcasecmp(name, "Content-Type")) {
		part->type = value;
		return NULL;
	}
	/* Bytes are taken as they are: an encoded part (RFC 7578 section 4.7 did away with them) would be stored garbled. */
	if (!strcasecmp(name, "Content-Transfer-Encoding") && strcasecmp(value, "binary") &&
	    strcasecmp(value, "8bit") && strcasecmp(value, "7bit"))
		return problem_new(reader->arena, PROBLEM_bad_request,
		    "part %zu: Content-Transfer-Encoding must be left out or binary", reader->part);
	return NULL;
}

/* Splits one header line, LENGTH bytes without its CRLF, into name and value. */
static const struct problem *
read_line(struct reader *reader, struct part *part, const char *line, size_t length)
{
	char *name = arena_strndup(reader->arena, line, length);
	size_t name_length = strspn(name, token_characters);
	char *value = name + name_length + 1;
	bool good = name_length && name[name_length] == ':';

	for (size_t i = 0; i < length && good; i++)
		good = (unsigned char)name[i] >= ' ' ? name[i] != 0x7f : name[i] == '\t';
	if (!good)
		return problem_new(reader->arena, PROBLEM_bad_request, "part %zu: a header line is malformed",
		    reader->part);
	name[name_length] = '\0';
	for (char *end = name + length; end > value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	return read_header(reader, part, name, skip_blanks(value));
}

/* Reads a part that ends at END: headers, an empty line, bytes. */
static const struct problem *
read_part(struct reader *reader, const char *end, struct part *part)
{
	size_t size = (size_t)(end - reader->at);
	const char *stop = memmem(reader->at, size < HEADERS_MAX ? size : HEADERS_MAX, "\r\n\r\n", 4);

	if (!stop)
		return problem_new(reader->arena, PROBLEM_bad_request,
		    size < HEADERS_MAX ? "part %zu: no empty line ends the headers"
		                       : "part %zu: the headers are longer than 8 KB", reader->part);
	for (const char *line = reader->at; line < stop;) {
		const char *line_end = memmem(line, (size_t)(stop + 2 - line), "\r\n", 2);

		TRY(read_line(reader, part, line, (size_t)(line_end - line)));
		line = line_end + 2;
	}
	if (!part->name)
		return problem_new(reader->arena, PROBLEM_bad_request, "part %zu: Content-Disposition names no field",
		    reader->part);
	part->bytes = (const unsigned char *)stop + 4;
	part->size = (size_t)(end - (stop + 4));
	return NULL;
}

const struct problem *
multipart_parse(struct arena *arena, const char *content_type, const void *body, size_t size, size_t max_parts,
    struct part **parts, size_t *count)
{
	struct reader reader = {.arena = arena, .at = size ? body : "", .part = 1};
	bool last;

	reader.end = reader.at + size;
	*count = 0;
	*parts = NULL;
	TRY(read_boundary(&reader, content_type));
	TRY(skip_preamble(&reader));
	*parts = arena_alloc(arena, (max_parts + 1) * sizeof **parts);
	for (;; reader.part++) {
		TRY(end_boundary_line(&reader, &last));
		if (last)
			break;
		if (*count == max_parts)
			return problem_new(arena, PROBLEM_too_large, "the body has more than %zu parts", max_parts);

		const char *end = find_delimiter(&reader);

		if (!end)
			return problem_new(arena, PROBLEM_bad_request, "the body ends before the closing boundary");
		TRY(read_part(&reader, end, &(*parts)[*count]));
		++*count;
		reader.at = end + reader.delimiter_length;
	}
	if (!*count)
		return problem_new(arena, PROBLEM_bad_request, "the body has no parts");
	return NULL;
}
