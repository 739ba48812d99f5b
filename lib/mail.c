/* Mails composed with GMime. */
#include "mail.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "encode.h"
#include "utf8.h"

#define CHARSET "utf-8"

/* In a quoted-printable body "=" is followed by hexadecimal digits or a line end, so this line cannot stand in one
 * (RFC 2045, section 6.7). A fixed one keeps the bytes of a repeated mail the same. */
#define BOUNDARY "=_alternative_="
#define OUTER_BOUNDARY "=_mixed_=" /* nor in base64, where "=" ends the data */

enum { LOCAL_PART_MOST = 64, LABEL_MOST = 63, QP_COLUMNS = 76 };

static void
start_gmime(void)
{
	g_mime_init();
}

static bool
is_atom_char(char c)
{
	return c && !(c & 0x80) && (isalnum((unsigned char)c) || strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool
is_label_char(char c)
{
	return !(c & 0x80) && (isalnum((unsigned char)c) || c == '-');
}

/* Whether TEXT is one or more non-empty runs of ALLOWED characters, joined by dots. */
static bool
is_dotted(const char *text, size_t length, bool (*allowed)(char), size_t run_most)
{
	size_t run = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '.' && run)
			run = 0;
		else if (!allowed(text[i]) || ++run > run_most)
			return false;
	}
	return run > 0;
}

static bool
is_host(const char *text)
{
	if (!strcmp(text, "localhost"))
		return true;
	return strchr(text, '.') && is_dotted(text, strlen(text), is_label_char, LABEL_MOST) && text[0] != '-' &&
	       !strstr(text, ".-") && !strstr(text, "-.") && text[strlen(text) - 1] != '-';
}

bool
mail_address_valid(const char *text)
{
	const char *at = text ? strchr(text, '@') : NULL;

	if (!at || strlen(text) > MAIL_ADDRESS_MOST)
		return false;
	return is_dotted(text, (size_t)(at - text), is_atom_char, LOCAL_PART_MOST) && at - text <= LOCAL_PART_MOST &&
	       is_host(at + 1);
}

const char *
mail_id_read(struct arena *arena, const char *text)
{
	const char *start = text + (*text == '<');
	const char *id = arena_strndup(arena, start, strcspn(start, "@"));

	return start[strlen(id)] == '@' && uuid_valid(id) ? id : NULL;
}

/* Both sides of a Message-ID are dot-atoms (RFC 5322, section 3.6.4). */
static bool
is_message_id(const char *text)
{
	const char *at = strchr(text, '@');

	return at && strlen(text) <= MAIL_ADDRESS_MOST &&
	       is_dotted(text, (size_t)(at - text), is_atom_char, MAIL_ADDRESS_MOST) &&
	       is_dotted(at + 1, strlen(at + 1), is_atom_char, MAIL_ADDRESS_MOST);
}

static bool
is_language(const char *text)
{
	return is_dotted(text, strlen(text), is_label_char, LABEL_MOST) && !strchr(text, '.');
}

static const char *
body_fault(const char *text)
{
	return utf8_valid(text, strlen(text)) ? NULL : "is not UTF-8";
}

/* A control character could end the header or hide in it. */
static const char *
header_fault(const char *text)
{
	const char *fault = body_fault(text);

	if (fault)
		return fault;
	return utf8_safe_line(text) ? NULL : "holds a line break or another control character";
}

static const char *
address_fault(const char *text)
{
	return mail_address_valid(text) ? NULL : "is not an e-mail address";
}

static const char *
message_id_fault(const char *text)
{
	return is_message_id(text) ? NULL : "is not a message id";
}

static const char *
language_fault(const char *text)
{
	return is_language(text) ? NULL : "is not a language tag";
}

static const struct problem *
check(struct arena *arena, const struct mail *mail)
{
	const struct {
		const char *pointer, *value;
		const char *(*fault)(const char *);
		bool optional;
	} members[] = {
	    {"/message_id", mail->message_id, message_id_fault, false},
	    {"/from_name", mail->from_name, header_fault, true},
	    {"/from_address", mail->from_address, address_fault, false},
	    {"/reply_to", mail->reply_to, address_fault, true},
	    {"/to_name", mail->to_name, header_fault, true},
	    {"/to_address", mail->to_address, address_fault, false},
	    {"/subject", mail->subject, header_fault, false},
	    {"/text", mail->text, body_fault, false},
	    {"/html", mail->html, body_fault, false},
	    {"/language", mail->language, language_fault, true},
	};
	struct problem *problem = NULL;

	for (size_t i = 0; i < mail->file_count; i++)
		if (header_fault(mail->files[i].name))
			problem_add(arena, &problem, "/files", "%s", header_fault(mail->files[i].name));

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *value = members[i].value;
		const char *fault = value ? members[i].fault(value) : members[i].optional ? NULL : "is missing";

		if (fault)
			problem_add(arena, &problem, members[i].pointer, "%s", fault);
	}
	return problem;
}

/* Text that looks like an encoded word (RFC 2047) would be taken for one, by GMime and by readers: it becomes real
 * encoded words, of whole characters and at most 75 bytes each. Other text stays as it is. */
static const char *
header_text(struct arena *arena, const char *text)
{
	struct buf out = buf_new(arena, 0);

	if (!text || !strstr(text, "=?"))
		return text;
	while (*text) {
		size_t length = 0, next;
		uint32_t character;

		while ((next = utf8_character(text + length, strlen(text + length), &character)) > 0 && length + next <= 45)
			length += next;
		if (!length)
			break;

		char *word = g_base64_encode((const guchar *)text, length);

		buf_printf(&out, "%s=?UTF-8?B?%s?=", out.length ? " " : "", word);
		g_free(word);
		text += length;
	}
	return out.bytes;
}

static void
add_mailbox(struct arena *arena, GMimeMessage *message, GMimeAddressType type, const char *name, const char *address)
{
	InternetAddress *mailbox = internet_address_mailbox_new(header_text(arena, name), address);

	internet_address_set_charset(mailbox, CHARSET);
	internet_address_list_add(g_mime_message_get_addresses(message, type), mailbox);
	g_object_unref(mailbox);
}

static void
add_headers(struct arena *arena, GMimeMessage *message, const struct mail *mail)
{
	GDateTime *date = g_date_time_new_from_unix_utc(mail->date);

	add_mailbox(arena, message, GMIME_ADDRESS_TYPE_FROM, mail->from_name, mail->from_address);
	if (mail->reply_to)
		add_mailbox(arena, message, GMIME_ADDRESS_TYPE_REPLY_TO, NULL, mail->reply_to);
	add_mailbox(arena, message, GMIME_ADDRESS_TYPE_TO, mail->to_name, mail->to_address);
	g_mime_message_set_subject(message, header_text(arena, mail->subject), CHARSET);
	g_mime_message_set_message_id(message, mail->message_id);
	if (date) {
		g_mime_message_set_date(message, date);
		g_date_time_unref(date);
	}
	/* Keeps answering machines from answering (RFC 3834). */
	g_mime_object_set_header(GMIME_OBJECT(message), "Auto-Submitted", "auto-generated", CHARSET);
	g_mime_object_set_header(GMIME_OBJECT(message), "MIME-Version", "1.0", CHARSET);
}

/* Length of the line end at TEXT; the text's end counts as one of length 0, -1: there is none. */
static int
line_end(const char *text)
{
	if (text[0] == '\r' && text[1] == '\n')
		return 2;
	return text[0] == '\n' ? 1 : text[0] ? -1 : 0;
}

static bool
is_printable(const char *text)
{
	if (*text == ' ' || *text == '\t')
		return line_end(text + 1) < 0;
	return *text > ' ' && *text < 0x7f && *text != '=';
}

/* TEXT as quoted-printable with CRLF line ends (RFC 2045, section 6.7). GMime 3.2's own encoder makes lines longer than
 * the 76 characters allowed. */
static struct buf
quoted_printable(struct arena *arena, const char *text)
{
	struct buf encoded = buf_new(arena, 0);
	size_t column = 0;

	for (int end; (end = line_end(text)) != 0; text += end < 0 ? 1 : end) {
		size_t width = is_printable(text) ? 1 : 3;

		if (end > 0) {
			buf_text(&encoded, "\r\n");
			column = 0;
			continue;
		}
		if (column + width > QP_COLUMNS - 1) {
			buf_text(&encoded, "=\r\n");
			column = 0;
		}
		if (width == 1)
			buf_char(&encoded, *text);
		else
			buf_printf(&encoded, "=%02X", (unsigned char)*text);
		column += width;
	}
	return encoded;
}

/* Bytes as base64 in lines of 76 characters (RFC 2045, section 6.8). */
static struct buf
base64_lines(struct arena *arena, const unsigned char *bytes, size_t size)
{
	enum { LINE = 57 };
	struct buf encoded = buf_new(arena, 0);
	unsigned char line[LINE / 3 * 4 + 1];

	for (size_t step; size; bytes += step, size -= step) {
		step = size < LINE ? size : LINE;
		buf_add(&encoded, line, (size_t)EVP_EncodeBlock(line, bytes, (int)step));
		buf_text(&encoded, "\r\n");
	}
	return encoded;
}

static GMimeDataWrapper *
make_content(struct buf encoded, GMimeContentEncoding encoding)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(encoded.bytes, encoded.length);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, encoding);

	g_object_unref(stream);
	return content;
}

static void
add_body(struct arena *arena, GMimeMultipart *multipart, const char *subtype, const char *text)
{
	GMimePart *part = g_mime_part_new_with_type("text", subtype);
	GMimeDataWrapper *content = make_content(quoted_printable(arena, text), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);

	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", CHARSET);
	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_multipart_add(multipart, GMIME_OBJECT(part));
	g_object_unref(content);
	g_object_unref(part);
}

static GMimeMultipart *
make_bodies(struct arena *arena, const struct mail *mail)
{
	GMimeMultipart *multipart = g_mime_multipart_new_with_subtype("alternative");

	g_mime_multipart_set_boundary(multipart, BOUNDARY);
	if (mail->language)
		g_mime_object_set_header(GMIME_OBJECT(multipart), "Content-Language", mail->language, CHARSET);
	/* The best comes last (RFC 2046, section 5.1.4). */
	add_body(arena, multipart, "plain", mail->text);
	add_body(arena, multipart, "html", mail->html);
	return multipart;
}

static void
add_file(struct arena *arena, GMimeMultipart *multipart, const struct mail_file *file)
{
	GMimePart *part = g_mime_part_new();
	GMimeContentType *type = g_mime_content_type_parse(NULL, file->type);
	GMimeDataWrapper *content = make_content(base64_lines(arena, file->bytes, file->size), GMIME_CONTENT_ENCODING_BASE64);

	g_mime_object_set_content_type(GMIME_OBJECT(part), type);
	g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
	g_mime_part_set_filename(part, file->name);
	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	g_mime_multipart_add(multipart, GMIME_OBJECT(part));
	g_object_unref(content);
	g_object_unref(type);
	g_object_unref(part);
}

/* BODIES, followed by the mail's files where it has some; takes BODIES over. */
static GMimeMultipart *
make_whole(struct arena *arena, const struct mail *mail, GMimeMultipart *bodies)
{
	GMimeMultipart *mixed;

	if (!mail->file_count)
		return bodies;
	mixed = g_mime_multipart_new_with_subtype("mixed");
	g_mime_multipart_set_boundary(mixed, OUTER_BOUNDARY);
	g_mime_multipart_add(mixed, GMIME_OBJECT(bodies));
	g_object_unref(bodies);
	for (size_t i = 0; i < mail->file_count; i++)
		add_file(arena, mixed, &mail->files[i]);
	return mixed;
}

static void
write_bytes(struct arena *arena, GMimeMessage *message, const char **bytes, size_t *size)
{
	GMimeFormatOptions *options = g_mime_format_options_new();
	GMimeStream *stream = g_mime_stream_mem_new();

	g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
	g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream);

	const GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

	*size = array->len;
	*bytes = arena_strndup(arena, (const char *)array->data, array->len);
	g_object_unref(stream);
	g_mime_format_options_free(options);
}

const struct problem *
mail_compose(struct arena *arena, const struct mail *mail, const char **bytes, size_t *size)
{
	static pthread_once_t started = PTHREAD_ONCE_INIT;

	pthread_once(&started, start_gmime);
	TRY(check(arena, mail));

	GMimeMessage *message = g_mime_message_new(TRUE);
	GMimeMultipart *multipart = make_whole(arena, mail, make_bodies(arena, mail));

	add_headers(arena, message, mail);
	g_mime_message_set_mime_part(message, GMIME_OBJECT(multipart));
	write_bytes(arena, message, bytes, size);
	g_object_unref(multipart);
	g_object_unref(message);
	return NULL;
}
