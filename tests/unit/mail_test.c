/* Composed mails, read back with GMime's parser; and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "mail.h"

#define LINK                                                                                     \
	"https://portal.example.dk/d/AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywt" \
	"LjAxMjM0NTY3ODk"

static const struct mail sample = {
    .message_id = "6f0c1a52-7d7e-4c6b-9d0a-0a4d2f1b7c11.upload@portal.example.dk",
    .from_name = "Jensen Byg A/S, \"Tømrer\" Ærø",
    .from_address = "portal@example.dk",
    .reply_to = "tilbud@example.dk",
    .to_name = "Mette Jensen Østergård",
    .to_address = "mette@example.dk",
    .subject = "Tilbud på nyt tag: æøå ÆØÅ – 184.500,00 kr. til den lange overskrift, der skal foldes på flere linjer",
    .text = "Hej Mette\r\n\nHer er tilbuddet på det nye tag, med blå tegl, grønne render og mange ord på en linje. "
            "\n.\nFrom Jensen\n" LINK "\n\nHilsen\n",
    .html = "<!DOCTYPE html>\n<p>Hej Mette, <a href=\"" LINK "\">læs tilbuddet</a>.</p>\n",
    .language = "da",
    .date = 1790000000,
};

static GMimeMessage *
parse(const char *bytes, size_t size)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	assert_non_null(message);
	return message;
}

static void
assert_mailbox(GMimeMessage *message, GMimeAddressType type, const char *name, const char *address)
{
	InternetAddressList *list = g_mime_message_get_addresses(message, type);

	assert_int_equal(internet_address_list_length(list), 1);
	InternetAddress *mailbox = internet_address_list_get_address(list, 0);

	if (name)
		assert_string_equal(internet_address_get_name(mailbox), name);
	assert_string_equal(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(mailbox)), address);
}

static void
assert_header(GMimeObject *object, const char *name, const char *value)
{
	assert_non_null(g_mime_object_get_header(object, name));
	assert_string_equal(g_mime_object_get_header(object, name), value);
}

static void
assert_body(GMimeMultipart *multipart, int n, const char *subtype, const char *expected)
{
	GMimeObject *part = g_mime_multipart_get_part(multipart, n);

	assert_true(GMIME_IS_TEXT_PART(part));
	assert_true(g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", subtype));
	assert_string_equal(g_mime_object_get_content_type_parameter(part, "charset"), "utf-8");
	assert_header(part, "Content-Transfer-Encoding", "quoted-printable");

	char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
	char **pieces = g_strsplit(text, "\r\n", -1);
	char *plain = g_strjoinv("\n", pieces);

	assert_string_equal(plain, expected);
	g_free(plain);
	g_strfreev(pieces);
	g_free(text);
}

static void
test_round_trip(void **state)
{
	struct arena *arena = arena_new();
	const char *bytes;
	size_t size;

	(void)state;
	assert_null(mail_compose(arena, &sample, &bytes, &size));
	GMimeMessage *message = parse(bytes, size);
	GMimeObject *part = g_mime_message_get_mime_part(message);

	assert_mailbox(message, GMIME_ADDRESS_TYPE_FROM, sample.from_name, sample.from_address);
	assert_mailbox(message, GMIME_ADDRESS_TYPE_REPLY_TO, NULL, sample.reply_to);
	assert_mailbox(message, GMIME_ADDRESS_TYPE_TO, sample.to_name, sample.to_address);
	assert_string_equal(g_mime_message_get_subject(message), sample.subject);
	assert_string_equal(g_mime_message_get_message_id(message), sample.message_id);
	assert_int_equal(g_date_time_to_unix(g_mime_message_get_date(message)), sample.date);
	assert_header(GMIME_OBJECT(message), "Auto-Submitted", "auto-generated");
	assert_header(GMIME_OBJECT(message), "MIME-Version", "1.0");
	assert_header(part, "Content-Language", "da");
	assert_true(g_mime_content_type_is_type(g_mime_object_get_content_type(part), "multipart", "alternative"));
	assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(part)), 2);
	assert_body(GMIME_MULTIPART(part), 0, "plain",
	    "Hej Mette\n\nHer er tilbuddet på det nye tag, med blå tegl, grønne render og mange ord på en linje. "
	    "\n.\nFrom Jensen\n" LINK "\n\nHilsen\n");
	assert_body(GMIME_MULTIPART(part), 1, "html", sample.html);
	g_object_unref(message);
	arena_free(arena);
}

/* Lines end in CRLF and nothing else, are ASCII, and no longer than MOST. */
static void
assert_lines(const char *bytes, size_t size, size_t most)
{
	size_t length = 0;

	assert_true(size > 2 && !memcmp(bytes + size - 2, "\r\n", 2));
	for (size_t i = 0; i < size; i++, length++) {
		assert_true((unsigned char)bytes[i] < 0x7f);
		assert_int_not_equal(bytes[i], '\0');
		if (bytes[i] == '\r') {
			assert_int_equal(bytes[i + 1], '\n');
			assert_true(length <= most);
		} else if (bytes[i] == '\n') {
			assert_int_equal(bytes[i - 1], '\r');
			length = (size_t)-1;
		}
	}
}

static void
test_lines(void **state)
{
	struct arena *arena = arena_new();
	const char *bytes;
	size_t size;

	(void)state;
	assert_null(mail_compose(arena, &sample, &bytes, &size));
	assert_lines(bytes, size, 78);
	const char *body = strstr(bytes, "\r\n\r\n");

	assert_non_null(body);
	assert_lines(body, size - (size_t)(body - bytes), 76);
	arena_free(arena);
}

/* Lines of every length around the limit, ending in what must be encoded. */
static void
test_long_lines(void **state)
{
	static const char *const ends[] = {"", "=", " ", "å", "\t", "=\n", " \n", "–\n"};
	struct arena *arena = arena_new();
	struct mail mail = sample;
	const char *bytes;
	size_t size;

	(void)state;
	for (int length = 70; length <= 80; length++) {
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
			char *line = arena_printf(arena, "%*s%s", length, "x", ends[i]);

			for (char *p = line; *p == ' '; p++)
				*p = length % 2 ? 'x' : '=';
			mail.text = line;
			assert_null(mail_compose(arena, &mail, &bytes, &size));
			assert_lines(strstr(bytes, "\r\n\r\n"), size - (size_t)(strstr(bytes, "\r\n\r\n") - bytes), 76);
			GMimeMessage *message = parse(bytes, size);
			GMimeObject *part = g_mime_message_get_mime_part(message);
			char *text = g_mime_text_part_get_text(
			    GMIME_TEXT_PART(g_mime_multipart_get_part(GMIME_MULTIPART(part), 0)));

			assert_memory_equal(text, line, (size_t)length);
			g_free(text);
			g_object_unref(message);
		}
	}
	arena_free(arena);
}

static void
test_repeatable(void **state)
{
	struct arena *arena = arena_new();
	const char *one, *other;
	size_t one_size, other_size;

	(void)state;
	assert_null(mail_compose(arena, &sample, &one, &one_size));
	assert_null(mail_compose(arena, &sample, &other, &other_size));
	assert_int_equal(one_size, other_size);
	assert_memory_equal(one, other, one_size);
	arena_free(arena);
}

static void
test_optional(void **state)
{
	struct arena *arena = arena_new();
	struct mail mail = sample;
	const char *bytes;
	size_t size;

	(void)state;
	mail.from_name = mail.to_name = mail.reply_to = mail.language = NULL;
	assert_null(mail_compose(arena, &mail, &bytes, &size));
	assert_null(strstr(bytes, "Reply-To"));
	assert_null(strstr(bytes, "Content-Language"));
	assert_non_null(strstr(bytes, "\r\nTo: mette@example.dk\r\n"));
	arena_free(arena);
}

static void
assert_refused(struct arena *arena, const struct mail *mail, const char *pointer, const char *value)
{
	const char *bytes;
	size_t size;
	const struct problem *problem = mail_compose(arena, mail, &bytes, &size);

	if (!problem)
		fail_msg("%s taken: %s", pointer, value ? value : "(null)");
	assert_int_equal(problem->code, PROBLEM_invalid);
	assert_string_equal(problem->items->pointer, pointer);
	assert_null(problem->items->next);
}

#define REFUSE(member, ...)                                                             \
	do {                                                                            \
		static const char *const values_[] = {__VA_ARGS__};                     \
		struct mail mail_ = sample;                                             \
		for (size_t i_ = 0; i_ < sizeof values_ / sizeof *values_; i_++) {      \
			mail_.member = values_[i_];                                     \
			assert_refused(arena, &mail_, "/" #member, values_[i_]);        \
		}                                                                       \
	} while (0)

static void
test_injection(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	REFUSE(subject, NULL, "Tilbud\r\nBcc: alle@example.dk", "Tilbud\nX", "Tilbud\r", "Tilbud\x01", "Tilbud\x7f",
	    "Tilbud \xff", "Tilbud\xc2\x85X");
	REFUSE(from_name, "Jensen\r\nBcc: a@example.dk", "\n", "\xc3");
	REFUSE(to_name, "Mette\nBcc: a@example.dk", "Mette\x1b");
	REFUSE(from_address, NULL, "a@example.dk\r\nBcc: b@example.dk", "a@example.dk, b@example.dk", "");
	REFUSE(to_address, NULL, "a@example.dk\nX: y", "<a@example.dk>", "a@example.dk>, <b@example.dk");
	REFUSE(reply_to, "a@example.dk\r\n", "Mette <a@example.dk>");
	REFUSE(message_id, NULL, "", "a", "a@b>\r\nX: y", "<a@b>", "a b@c", "a@b@c");
	REFUSE(language, "da\r\nX: y", "", "da en", "dansk; x=y");
	REFUSE(text, NULL, "\xff");
	REFUSE(html, NULL, "\xc3(");
	arena_free(arena);
}

static void
test_all_faults(void **state)
{
	struct arena *arena = arena_new();
	struct mail mail = sample;
	const char *bytes;
	size_t size;

	(void)state;
	mail.subject = "a\nb";
	mail.to_address = "nobody";
	const struct problem *problem = mail_compose(arena, &mail, &bytes, &size);

	assert_non_null(problem);
	assert_string_equal(problem->items->pointer, "/to_address");
	assert_string_equal(problem->items->next->pointer, "/subject");
	arena_free(arena);
}

static void
test_addresses(void **state)
{
	static const char *const good[] = {"mette@example.dk", "Mette.Jensen+tilbud@sub.example.dk", "a@b.dk",
	    "root@localhost", "o'hara@example.dk", "x@xn--blbrgrd-fxak7p.dk", "a_b-c=d@1.example.dk",
	    "0123456789012345678901234567890123456789012345678901234567890123@example.dk"};
	static const char *const bad[] = {NULL, "", "@", "mette", "mette@", "@example.dk", "mette@example", "me tte@example.dk",
	    "mette@exa mple.dk", "mette@@example.dk", "a@b@example.dk", ".mette@example.dk", "mette.@example.dk",
	    "me..tte@example.dk", "mette@.dk", "mette@example.", "mette@example..dk", "mette@-example.dk",
	    "mette@example-.dk", "mette@example.dk-", "mette@[127.0.0.1]", "\"mette\"@example.dk", "mette@example.dk\n",
	    "mette\t@example.dk", "møtte@example.dk", "mette@blåbær.dk", "mette@exa_mple.dk", "<mette@example.dk>",
	    "mette@example.dk,b@example.dk", "a@Localhost",
	    "01234567890123456789012345678901234567890123456789012345678901234@example.dk"};
	char large[MAIL_ADDRESS_MOST + 2];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!mail_address_valid(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (mail_address_valid(bad[i]))
			fail_msg("taken: %s", bad[i]);
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = i % 50 == 49 ? '.' : 'a';
	large[1] = '@';
	large[MAIL_ADDRESS_MOST] = '\0';
	assert_true(mail_address_valid(large));
	large[MAIL_ADDRESS_MOST] = 'a';
	large[MAIL_ADDRESS_MOST + 1] = '\0';
	assert_false(mail_address_valid(large));
}

/* A file comes back as it was, after the two bodies; a name cannot add a header. */
static void
test_files(void **state)
{
	struct arena *arena = arena_new();
	char pdf[1000];
	struct mail_file file = {"Kvittering-Tag på Ærø.pdf", "application/pdf", pdf, sizeof pdf};
	struct mail mail = sample;
	const char *bytes;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof pdf; i++)
		pdf[i] = (char)(i * 7);
	mail.files = &file;
	mail.file_count = 1;
	assert_null(mail_compose(arena, &mail, &bytes, &size));
	for (const char *line = bytes, *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2)
		assert_true(end - line <= 998 && !memchr(line, '\n', (size_t)(end - line)));

	GMimeMessage *message = parse(bytes, size);
	GMimeMultipart *mixed = GMIME_MULTIPART(g_mime_message_get_mime_part(message));

	assert_int_equal(g_mime_multipart_get_count(mixed), 2);
	assert_body(GMIME_MULTIPART(g_mime_multipart_get_part(mixed, 0)), 1, "html", sample.html);

	GMimePart *part = GMIME_PART(g_mime_multipart_get_part(mixed, 1));
	GMimeStream *stream = g_mime_stream_mem_new();

	assert_string_equal(g_mime_part_get_filename(part), file.name);
	g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), stream);
	GByteArray *content = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

	assert_int_equal(content->len, sizeof pdf);
	assert_memory_equal(content->data, pdf, sizeof pdf);
	g_object_unref(stream);
	g_object_unref(message);
	file.name = "a\r\nBcc: b@example.dk";
	assert_string_equal(mail_compose(arena, &mail, &bytes, &size)->items->pointer, "/files");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_repeatable),
	    cmocka_unit_test(test_optional),
	    cmocka_unit_test(test_injection),
	    cmocka_unit_test(test_all_faults),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
