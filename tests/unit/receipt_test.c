/* Receipts: the name of the file, and the program that makes them, also from hostile PDFs. Run as
 *	receipt_test PDFRECEIPT FIXTURES
 * as pdf_test is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "child.h"
#include "encode.h"
#include "receipt.h"
#include "receipt/append.h"

static const char *program, *fixtures;

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
names_are_safe_everywhere(void **state)
{
	const struct {
		const char *number, *title, *name;
	} cases[] = {
	    {"2026-0117", "Nyt tag", "Kvittering-2026-0117.pdf"},
	    {NULL, "Nyt tag på Ærø", "Kvittering-Nyt-tag-på-Ærø.pdf"},
	    {"a/b\\c:d", NULL, "Kvittering-a-b-c-d.pdf"},
	    {"../../etc/passwd", NULL, "Kvittering-..-..-etc-passwd.pdf"},
	    {" - ", NULL, "Kvittering.pdf"},
	    {"x\r\ny\"", NULL, "Kvittering-x-y.pdf"},
	    {NULL, NULL, "Kvittering.pdf"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(receipt_file_name(*state, LANGUAGE_DA, cases[i].number, cases[i].title), cases[i].name);
	assert_string_equal(receipt_file_name(*state, LANGUAGE_EN, "7", NULL), "Receipt-7.pdf");
}

/* What a receipt says: TITLE and NAME stand in the texts and in the PDF's own title, TEXT is agreed to. None holds what JSON escapes. */
static const char *
describe(struct arena *arena, const char *title, const char *name, const char *signature, const char *text)
{
	return arena_printf(arena,
	    "{\"verify_url\": \"https://portal.example/verify\", \"language\": \"da\", \"sender\": {\"name\": \"Nordtag ApS\"},"
	    "\"customer\": \"Jensen Byg A/S\", \"document\": {\"title\": \"%s\", \"version\": 1}, \"evidence\": {"
	    "\"name\": \"%s\", \"at\": \"2026-11-24T09:31:07.123Z\", \"at_local\": \"2026-11-24T10:31:07\","
	    "\"signature\": \"%s\", \"signature_image\": \"iVBORw0KGgo=\", \"consent\": \"%s\", \"sha256\": \"00\"}, \"history\": ["
	    "{\"type\": \"document.sent\", \"at\": \"2026-11-23T09:00\"}, {\"type\": \"document.unheard_of\"}]}",
	    title, name, signature, text);
}

/* Makes a receipt of DESCRIPTION and the fixture NAME (NULL: the certificate alone); gives the exit status, -1 for a signal, and
 * the SHA-256 of what was written. */
static int
make_of(struct arena *arena, const char *description, const char *name, char sha256[SHA256_HEX])
{
	char *const argv[] = {"pdfreceipt", name ? "combined" : "alone", NULL};
	int pdf = name ? open(arena_printf(arena, "%s/%s", fixtures, name), O_RDONLY | O_CLOEXEC) : -1;
	int input = memfd_create("input", MFD_CLOEXEC), output = memfd_create("output", MFD_CLOEXEC), status;
	struct stat file;
	pid_t child;

	assert_true(!name || pdf >= 0);
	assert_int_equal(write(input, description, strlen(description)), strlen(description));
	assert_int_equal(child_start(program, argv, (int[]){input, output, -1, pdf}, 4, &child), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(fstat(output, &file), 0);

	char *bytes = arena_alloc(arena, (size_t)file.st_size + 1);

	assert_int_equal(pread(output, bytes, (size_t)file.st_size, 0), file.st_size);
	sha256_hex(bytes, (size_t)file.st_size, sha256);
	close(input);
	close(output);
	if (pdf >= 0)
		close(pdf);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
make(struct arena *arena, const char *name, char sha256[SHA256_HEX])
{
	return make_of(arena, describe(arena, "Nyt tag", "Mette Jensen", "drawn", "Ja"), name, sha256);
}

/* Appends the character C as UTF-8, unless JSON escapes it. */
static void
add_character(struct buf *text, uint32_t c)
{
	if (c < 0x20 || c == '"' || c == '\\' || (c >= 0xd800 && c <= 0xdfff))
		return;
	if (c < 0x80) {
		buf_char(text, (char)c);
		return;
	}
	if (c >= 0x10000) {
		buf_char(text, (char)(0xf0 | c >> 18));
		buf_char(text, (char)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_char(text, (char)(0xe0 | c >> 12));
	}
	buf_char(text, (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
	buf_char(text, (char)(0x80 | (c & 0x3f)));
}

/* Nobody goes without a receipt for a letter: neither for those that stand for nothing nor for those of no font here. */
static void
no_character_stops_it(void **state)
{
	enum { STEP = 0x1000, LAST = 0x10ffff };
	static const char *const signatures[] = {"typed", "drawn", "none"};
	struct buf odd = buf_new(*state, 0);
	char sha256[SHA256_HEX];

	for (uint32_t c = 0xfdd0; c <= 0xfdef; c++)
		add_character(&odd, c);
	for (uint32_t plane = 0; plane <= LAST; plane += 0x10000)
		for (uint32_t c = plane + 0xfffe; c <= plane + 0xffff; c++)
			add_character(&odd, c);
	buf_text(&odd, "\\u0007\\u202e");
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		assert_int_equal(make_of(*state, describe(*state, odd.bytes, odd.bytes, signatures[i], odd.bytes), NULL, sha256),
		    RECEIPT_CERTIFICATE);
	for (uint32_t first = 0; first < 0x20000; first += STEP) {
		struct buf text = buf_new(*state, 0);

		for (uint32_t c = first; c < first + STEP; c++)
			add_character(&text, c);
		if (make_of(*state, describe(*state, "Nyt tag", "Mette", "typed", text.bytes), NULL, sha256) != RECEIPT_CERTIFICATE)
			fail_msg("U+%04X to U+%04X", first, first + STEP - 1);
	}
}

static void
the_same_twice(void **state)
{
	char one[SHA256_HEX], two[SHA256_HEX];

	assert_int_equal(make(*state, NULL, one), RECEIPT_CERTIFICATE);
	assert_int_equal(make(*state, NULL, two), RECEIPT_CERTIFICATE);
	assert_string_equal(one, two);
	assert_int_equal(make(*state, "pages.pdf", one), RECEIPT_COMBINED);
	assert_int_equal(make(*state, "pages.pdf", two), RECEIPT_COMBINED);
	assert_string_equal(one, two);
}

static void
each_pdf_gets_what_it_can_take(void **state)
{
	static const struct {
		const char *name;
		enum receipt_made made;
	} cases[] = {
	    {"simple.pdf", RECEIPT_COMBINED}, {"big.pdf", RECEIPT_COMBINED}, {"truncated.pdf", RECEIPT_COMBINED},
	    {"signed.pdf", RECEIPT_CERTIFICATE}, {"half.pdf", RECEIPT_IMPOSSIBLE}, {"garbage.pdf", RECEIPT_IMPOSSIBLE},
	    {"no_pages.pdf", RECEIPT_IMPOSSIBLE}, {"encrypted.pdf", RECEIPT_IMPOSSIBLE}, {"password.pdf", RECEIPT_IMPOSSIBLE},
	};
	char sha256[SHA256_HEX];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (make(*state, cases[i].name, sha256) != (int)cases[i].made)
			fail_msg("%s", cases[i].name);
}

/* They end, one way or another, and what they leave is not taken for a receipt. */
static void
hostile_ones_end(void **state)
{
	static const char *const names[] = {
	    "hostile_xref.pdf", "hostile_objects.pdf", "hostile_loop.pdf", "hostile_tree.pdf", "hostile_nested.pdf"};
	char sha256[SHA256_HEX];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int made = make(*state, names[i], sha256);

		if (made == RECEIPT_COMBINED || made == RECEIPT_CERTIFICATE)
			fail_msg("%s: %d", names[i], made);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(names_are_safe_everywhere, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_character_stops_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_same_twice, setup, teardown),
	    cmocka_unit_test_setup_teardown(each_pdf_gets_what_it_can_take, setup, teardown),
	    cmocka_unit_test_setup_teardown(hostile_ones_end, setup, teardown),
	};

	if (argc != 3)
		return 64;
	program = argv[1];
	fixtures = argv[2];
	return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
