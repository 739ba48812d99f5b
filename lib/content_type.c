/* Attachments: the allow-list, libmagic for most formats, and a look into zip directories for office files. */
#include "content_type.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <magic.h>

#include "buf.h"

typedef const char *const words[];

enum { MAGIC_LOOKS_AT = 1024 * 1024 }; /* bytes; libmagic's time grows with them, its verdict does not */

struct kind {
	const char *extension, *type;
	const char *const *found; /* what libmagic may call it */
	const char *starts;       /* its first bytes, where libmagic does not know it */
	const char *entry;        /* a name that its zip directory holds */
	bool text;
};

#define OOXML "application/vnd.openxmlformats-officedocument."
#define ODF "application/vnd.oasis.opendocument."

static const struct kind kinds[] = {
    {"pdf", "application/pdf", .found = (words){"application/pdf", NULL}},
    {"png", "image/png", .found = (words){"image/png", NULL}},
    {"jpg", "image/jpeg", .found = (words){"image/jpeg", NULL}},
    {"jpeg", "image/jpeg", .found = (words){"image/jpeg", NULL}},
    {"webp", "image/webp", .found = (words){"image/webp", NULL}},
    {"heic", "image/heic", .found = (words){"image/heic", "image/heif", NULL}},
    {"tif", "image/tiff", .found = (words){"image/tiff", NULL}},
    {"tiff", "image/tiff", .found = (words){"image/tiff", NULL}},
    {"txt", "text/plain", .text = true},
    {"csv", "text/csv", .text = true},
    {"docx", OOXML "wordprocessingml.document", .starts = "PK\3\4", .entry = "word/document"},
    {"xlsx", OOXML "spreadsheetml.sheet", .starts = "PK\3\4", .entry = "xl/workbook.xml"},
    {"pptx", OOXML "presentationml.presentation", .starts = "PK\3\4", .entry = "ppt/presentation.xml"},
    {"odt", ODF "text", .found = (words){ODF "text", NULL}, .entry = "content.xml"},
    {"ods", ODF "spreadsheet", .found = (words){ODF "spreadsheet", NULL}, .entry = "content.xml"},
    {"odp", ODF "presentation", .found = (words){ODF "presentation", NULL}, .entry = "content.xml"},
    {"dwg", "image/vnd.dwg", .starts = "AC10"},
    {"dxf", "image/vnd.dxf", .found = (words){"image/vnd.dxf", NULL}},
    {"ifc", "application/p21", .starts = "ISO-10303-21;", .text = true},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Text that a browser or a shell would run. Other kinds that libmagic makes out in prose are mere guesses. */
static words active_text = {
    "text/html", "text/xml", "text/javascript", "text/x-shellscript", "text/x-msdos-batch", "text/x-php",
    "text/x-python", "text/x-script.python", "text/x-perl", "text/x-ruby", NULL,
};

/* Names in zip directories that only documents with macros have (Microsoft Office, LibreOffice). */
static words macro_entries = {"vbaProject", "vbaData", "Basic/", "Scripts/", NULL};

/* libmagic's handle: it holds only its database, mapped once per process, at the first use. */
static magic_t
magic(void)
{
	static magic_t cookie;

	if (cookie)
		return cookie;
	cookie = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF |
	    MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_JSON);
	if (cookie && magic_load(cookie, NULL)) {
		magic_close(cookie);
		cookie = NULL;
	}
	return cookie;
}

static const struct kind *
kind_of(const char *filename)
{
	const char *dot = strrchr(filename, '.');

	for (size_t i = 0; dot && i < KINDS; i++)
		if (!strcasecmp(dot + 1, kinds[i].extension))
			return &kinds[i];
	return NULL;
}

static bool
is_among(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

static size_t
little_endian(const unsigned char *bytes, int length)
{
	size_t number = 0;

	while (length--)
		number = number << 8 | bytes[length];
	return number;
}

/* The central directory of a zip file (APPNOTE.TXT, sections 4.3.12 and 4.3.16), which holds all its names; NULL when
 * there is none. Its end record is looked for backwards, since a comment may follow it. */
static const unsigned char *
zip_directory(const unsigned char *bytes, size_t size, size_t *length)
{
	enum { END_RECORD = 22, COMMENT_MAX = UINT16_MAX };

	for (size_t back = END_RECORD; back <= size && back <= END_RECORD + COMMENT_MAX; back++) {
		const unsigned char *end = bytes + size - back;

		if (memcmp(end, "PK\5\6", 4))
			continue;

		size_t offset = little_endian(end + 16, 4);

		*length = little_endian(end + 12, 4);
		return offset <= size && *length <= size - offset ? bytes + offset : NULL;
	}
	return NULL;
}

/* Whether the zip file's names fit; *MACROS tells when it is of the kind but carries macros. */
static bool
entries_fit(const struct kind *kind, const unsigned char *bytes, size_t size, bool *macros)
{
	size_t length;
	const unsigned char *directory = zip_directory(bytes, size, &length);

	if (!directory || !memmem(directory, length, kind->entry, strlen(kind->entry)))
		return false;
	for (const char *const *name = macro_entries; *name; name++)
		*macros |= memmem(directory, length, *name, strlen(*name)) != NULL;
	return !*macros;
}

static bool
is_plain_text(const unsigned char *bytes, size_t size, const char *found)
{
	bool utf16 = size >= 2 && (!memcmp(bytes, "\xff\xfe", 2) || !memcmp(bytes, "\xfe\xff", 2));

	if (memchr(bytes, '\0', size) && !utf16)
		return false;
	/* libmagic says nothing of so little. */
	if (size == 1)
		return bytes[0] < 0x7f && (bytes[0] >= ' ' || strchr("\t\n\f\r", bytes[0]));
	return (!strncmp(found, "text/", 5) && !is_among(active_text, found)) || !strcmp(found, "message/rfc822");
}

static bool
content_fits(const struct kind *kind, const unsigned char *bytes, size_t size, const char *found, bool *macros)
{
	if (kind->starts && (size < strlen(kind->starts) || memcmp(bytes, kind->starts, strlen(kind->starts))))
		return false;
	if (kind->found && !is_among(kind->found, found))
		return false;
	if (kind->text && !is_plain_text(bytes, size, found))
		return false;
	return !kind->entry || entries_fit(kind, bytes, size, macros);
}

static const char *
extensions(struct arena *arena)
{
	struct buf buf = buf_new(arena, 0);

	for (size_t i = 0; i < KINDS; i++)
		buf_printf(&buf, "%s%s", i ? ", " : "", kinds[i].extension);
	return buf.bytes;
}

const struct problem *
content_type_check(struct arena *arena, const char *pointer, const char *filename, const void *bytes, size_t size,
    const char **type)
{
	struct problem *problem = NULL;
	const struct kind *kind = filename ? kind_of(filename) : NULL;
	bool macros = false;

	if (!filename || !*filename) {
		problem_add(arena, &problem, pointer, "has no file name");
		return problem;
	}
	if (!kind) {
		problem_add(arena, &problem, pointer, "\"%s\": this type of file is not taken; taken are: %s", filename,
		    extensions(arena));
		return problem;
	}
	if (!size) {
		problem_add(arena, &problem, pointer, "\"%s\" is empty", filename);
		return problem;
	}

	const char *found = magic() ? magic_buffer(magic(), bytes, size < MAGIC_LOOKS_AT ? size : MAGIC_LOOKS_AT) : NULL;

	if (!found)
		return problem_new(arena, PROBLEM_internal, "libmagic cannot tell the type of a file");
	if (!content_fits(kind, bytes, size, found, &macros)) {
		if (macros)
			problem_add(arena, &problem, pointer, "\"%s\" holds macros", filename);
		else
			problem_add(arena, &problem, pointer, "\"%s\" is not a %s file by its content (%s)", filename,
			    kind->extension, found);
		return problem;
	}
	*type = kind->type;
	return NULL;
}
