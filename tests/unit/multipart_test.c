/* lib/multipart: what browsers and curl send, and what nobody should. */

#include "fixture.h"

#include "multipart.h"

#define TYPE "multipart/form-data; boundary=XX"
#define PART(disposition) "--XX\r\nContent-Disposition: form-data; " disposition "\r\n\r\nbytes\r\n--XX--\r\n"

static struct part *parts;
static size_t count;

static const struct problem *
parse(const char *type, const char *body, size_t size)
{
	return multipart_parse(arena, type, exactly(body, size), size, 5, &parts, &count);
}

static const struct problem *
parse_text(const char *body)
{
	return parse(TYPE, body, strlen(body));
}

static void
assert_refused(const struct problem *problem, enum problem_code code, const char *words)
{
	assert_non_null(problem);
	assert_int_equal(problem->code, code);
	if (!strstr(problem->detail, words))
		fail_msg("\"%s\" does not say \"%s\"", problem->detail, words);
}

static void
assert_filename(const char *body, const char *filename)
{
	assert_null(parse_text(body));
	assert_int_equal(count, 1);
	assert_string_equal(parts[0].filename, filename);
	assert_int_equal(parts[0].size, 5);
}

static void
test_parts_in_order(void **state)
{
	static const char body[] =
	    "a preamble\r\n--XX  \r\ncontent-disposition: form-data; name=\"metadata\"\r\n"
	    "Content-Type: application/json\r\n\r\n{}\r\n"
	    "--XX\r\nContent-Disposition: form-data; filename=\"tilbud.pdf\"; name=file \r\nX-Other: y\r\n\r\n"
	    "%PDF\0\r\n--X\r\n--\r\n"
	    "\r\n--XX\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XX--\r\nan epilogue";

	(void)state;
	assert_null(parse(TYPE, body, sizeof body - 1));
	assert_int_equal(count, 3);
	assert_string_equal(parts[0].name, "metadata");
	assert_string_equal(parts[0].type, "application/json");
	assert_null(parts[0].filename);
	assert_memory_equal(parts[0].bytes, "{}", 2);
	assert_int_equal(parts[0].size, 2);
	assert_string_equal(parts[1].name, "file");
	assert_string_equal(parts[1].filename, "tilbud.pdf");
	assert_null(parts[1].type);
	assert_int_equal(parts[1].size, sizeof "%PDF\0\r\n--X\r\n--\r\n" - 1);
	assert_memory_equal(parts[1].bytes, "%PDF\0\r\n--X\r\n--\r\n", parts[1].size);
	assert_int_equal(parts[2].size, 0);
}

static void
test_content_types(void **state)
{
	static const char body[] = "--a b:c\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--a b:c--";

	(void)state;
	assert_null(parse("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"", body, sizeof body - 1));
	assert_int_equal(count, 1);
	assert_refused(parse(NULL, "", 0), PROBLEM_unsupported_media_type, "multipart/form-data");
	assert_refused(parse("application/json", "", 0), PROBLEM_unsupported_media_type, "multipart/form-data");
	assert_refused(parse("multipart/form-datax; boundary=a", "", 0), PROBLEM_unsupported_media_type, "");
	assert_refused(parse("multipart/form-data", "", 0), PROBLEM_bad_request, "names no boundary");
	assert_refused(parse("multipart/form-data; boundary=", "", 0), PROBLEM_bad_request, "RFC 2046");
	assert_refused(parse("multipart/form-data; boundary=\"a", "", 0), PROBLEM_bad_request, "malformed");
	assert_refused(parse("multipart/form-data; boundary=a; boundary=b", "", 0), PROBLEM_bad_request, "two");
	assert_refused(parse("multipart/form-data; boundary=\"a\\\"b\"", "", 0), PROBLEM_bad_request, "RFC 2046");
	assert_refused(parse("multipart/form-data; boundary="
	    "12345678901234567890123456789012345678901234567890123456789012345678901", "", 0),
	    PROBLEM_bad_request, "70");
}

static void
test_file_names(void **state)
{
	(void)state;
	assert_filename(PART("name=\"f\"; filename=\"a \\\"b\\\" c.pdf\""), "a \"b\" c.pdf"); /* curl */
	assert_filename(PART("name=\"f\"; filename=\"a %22b%22 50%25.pdf\""), "a \"b\" 50%25.pdf"); /* browsers */
	assert_filename(PART("name=\"f\"; filename=\"C:\\Tilbud\\tag.pdf\""), "tag.pdf");
	assert_filename(PART("name=\"f\"; filename=\"../../etc/passwd\""), "passwd");
	assert_filename(PART("name=\"f\"; filename=\"Tilbud på tag; 1.pdf\""), "Tilbud på tag; 1.pdf");
	assert_filename(PART("name=\"f\"; filename=tag.pdf"), "tag.pdf");
	assert_filename(PART("name=\"f\"; filename=\"\""), "");
	assert_filename(PART("name=\"f\"; filename=\"a.pdf\"; filename*=UTF-8''evil.exe"), "a.pdf");
	assert_null(parse_text(PART("name=\"f\"; filename*=UTF-8''evil.exe")));
	assert_null(parts[0].filename);
}

static void
test_bad_file_names(void **state)
{
	(void)state;
	assert_refused(parse_text(PART("name=f; filename=\"a%0D%0Ab.pdf\"")), PROBLEM_bad_request, "control");
	assert_refused(parse_text(PART("name=f; filename=\"a\xe2\x80\xaegpj.exe\"")), PROBLEM_bad_request, "control");
	assert_refused(parse_text(PART("name=f; filename=\"a\xe6.pdf\"")), PROBLEM_bad_request, "not UTF-8");
	assert_refused(parse_text(PART("name=f; filename=\"a/..\"")), PROBLEM_bad_request, "folder");
	assert_refused(parse_text(PART("name=f; filename=\"a/\"")), PROBLEM_bad_request, "folder");
	assert_refused(parse_text(PART("name=f; filename=\"a\"; filename=\"b\"")), PROBLEM_bad_request, "two file");
	assert_refused(parse_text(PART("name=f; filename=\"a")), PROBLEM_bad_request, "malformed");

	char *name = arena_alloc(arena, 301);

	memset(name, 'a', 300);
	assert_refused(parse_text(arena_printf(arena, PART("name=f; filename=\"%s\""), name)), PROBLEM_bad_request,
	    "longer than 255");
}

static void
test_broken_bodies(void **state)
{
	static const char head[] = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";

	(void)state;
	assert_refused(parse_text(""), PROBLEM_bad_request, "not in the body");
	assert_refused(parse_text("--XY\r\n"), PROBLEM_bad_request, "not in the body");
	assert_refused(parse_text("--XX"), PROBLEM_bad_request, "ends before the closing boundary");
	assert_refused(parse_text("--XX\r\n"), PROBLEM_bad_request, "ends before the closing boundary");
	assert_refused(parse_text("--XX--"), PROBLEM_bad_request, "no parts");
	assert_refused(parse_text(head), PROBLEM_bad_request, "ends before the closing boundary");
	assert_refused(parse_text(arena_printf(arena, "%sbytes\r\n--XX", head)), PROBLEM_bad_request, "ends before");
	assert_refused(parse_text(arena_printf(arena, "%sbytes\r\n--XX-", head)), PROBLEM_bad_request, "followed by");
	assert_refused(parse_text(arena_printf(arena, "%sbytes\r\n--XXY--", head)), PROBLEM_bad_request, "followed by");
	assert_refused(parse_text("--XX\nContent-Disposition: form-data; name=a\n\nx\n--XX--\n"), PROBLEM_bad_request,
	    "CRLF");
	assert_refused(parse_text("--XX\r\n\r\nx\r\n--XX--"), PROBLEM_bad_request, "no empty line");
	assert_refused(parse_text("--XX\r\nContent-Disposition: form-data; name=a\r\n--XX--"), PROBLEM_bad_request,
	    "no empty line");
}

static void
test_broken_headers(void **state)
{
	(void)state;
	assert_refused(parse_text("--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--"), PROBLEM_bad_request,
	    "names no field");
	assert_refused(parse_text(PART("")), PROBLEM_bad_request, "names no field");
	assert_refused(parse_text(PART("name=\"\"")), PROBLEM_bad_request, "name must be");
	assert_refused(parse_text(PART("name=a; name=b")), PROBLEM_bad_request, "two names");
	assert_refused(parse_text(PART("name=a\r\nContent-Disposition: form-data; name=b")), PROBLEM_bad_request,
	    "two names");
	assert_refused(parse_text(PART("name=a\r\n folded: x")), PROBLEM_bad_request, "header line");
	assert_refused(parse_text(PART("name=a\r\nno colon")), PROBLEM_bad_request, "header line");
	assert_refused(parse_text(PART("name=a\r\nX: a\x01")), PROBLEM_bad_request, "header line");
	assert_refused(parse_text(PART("name=a\r\nContent-Transfer-Encoding: base64")), PROBLEM_bad_request,
	    "Transfer-Encoding");
	assert_refused(parse_text("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--"),
	    PROBLEM_bad_request, "form-data");
	assert_refused(parse_text(PART("name=a name=b")), PROBLEM_bad_request, "malformed");
}

static void
test_bounds(void **state)
{
	static const char part[] = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
	char *many = arena_printf(arena, "%s%s%s%s%s", part, part, part, part, part);
	char *filler = arena_alloc(arena, 9001);

	(void)state;
	assert_null(parse_text(arena_printf(arena, "%s--XX--", many)));
	assert_int_equal(count, 5);
	assert_refused(parse_text(arena_printf(arena, "%s%s--XX--", many, part)), PROBLEM_too_large, "5 parts");
	memset(filler, 'a', 9000);
	assert_refused(parse_text(arena_printf(arena, PART("name=a\r\nX: %s"), filler)), PROBLEM_bad_request, "8 KB");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_parts_in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_content_types, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_file_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_file_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_broken_bodies, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_broken_headers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
