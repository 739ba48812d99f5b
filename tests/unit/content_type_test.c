/* lib/content_type: extension and content must agree, and nothing active gets by. */

#include "fixture.h"

#include "buf.h"
#include "content_type.h"

#define BYTES(text) text, sizeof text - 1
#define PADDING "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void
assert_type(const char *filename, const void *bytes, size_t size, const char *wanted)
{
	const char *type = NULL;
	const struct problem *problem = content_type_check(arena, "/attachment", filename, bytes, size, &type);

	if (problem)
		fail_msg("%s", problem->detail);
	assert_string_equal(type, wanted);
}

static void
assert_refused(const char *filename, const void *bytes, size_t size, const char *words)
{
	const char *type = NULL;
	const struct problem *problem = content_type_check(arena, "/attachment", filename, bytes, size, &type);

	if (!problem)
		fail_msg("%s is taken", filename);
	assert_int_equal(problem->code, PROBLEM_invalid);
	assert_string_equal(problem->items->pointer, "/attachment");
	assert_null(type);
	if (!strstr(problem->detail, words))
		fail_msg("\"%s\" does not say \"%s\"", problem->detail, words);
}

static void
add_number(struct buf *buf, size_t number, int bytes)
{
	for (; bytes--; number >>= 8)
		buf_char(buf, (char)number);
}

/* A zip file of stored, nearly empty entries (checksums are not looked at); the first may hold CONTENT. */
static struct buf
zip(const char *const *names, const char *content)
{
	struct buf file = buf_new(arena, 0), directory = buf_new(arena, 0);
	size_t count = 0;

	for (; names[count]; count++) {
		const char *text = count ? "x" : content;
		size_t offset = file.length;

		for (int central = 0; central < 2; central++) {
			struct buf *out = central ? &directory : &file;

			buf_text(out, central ? "PK\1\2" : "PK\3\4");
			add_number(out, 20, central ? 4 : 2);
			add_number(out, 0, 12); /* flags, method, time, checksum */
			add_number(out, strlen(text), 4);
			add_number(out, strlen(text), 4);
			add_number(out, strlen(names[count]), 2);
			add_number(out, 0, central ? 12 : 2);
			if (central)
				add_number(out, offset, 4);
			buf_text(out, names[count]);
			if (!central)
				buf_text(out, text);
		}
	}

	size_t start = file.length;

	buf_add(&file, directory.bytes, directory.length);
	buf_text(&file, "PK\5\6");
	add_number(&file, 0, 4);
	add_number(&file, count, 2);
	add_number(&file, count, 2);
	add_number(&file, directory.length, 4);
	add_number(&file, start, 4);
	add_number(&file, 0, 2);
	return file;
}

static void
test_images_and_pdf(void **state)
{
	(void)state;
	assert_type("tegning.pdf", BYTES("%PDF-1.7\n1 0 obj\n"), "application/pdf");
	assert_type("Tag.PNG", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\b\2\0\0\0" PADDING), "image/png");
	assert_type("tag.jpeg", BYTES("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" PADDING), "image/jpeg");
	assert_type("tag.webp", BYTES("RIFF\x24\0\0\0WEBPVP8 " PADDING), "image/webp");
	assert_type("tag.heic", BYTES("\0\0\0\x18" "ftypheic\0\0\0\0mif1heic" PADDING), "image/heic");
	assert_type("tag.tif", BYTES("II*\0\b\0\0\0" PADDING), "image/tiff");
}

static void
test_texts_and_drawings(void **state)
{
	(void)state;
	assert_type("noter.txt", BYTES("Hej Mette\nHer er målene: æøå\n"), "text/plain");
	assert_type("noter.txt", BYTES("Hej Mette\nHer er m\xe5lene\n"), "text/plain");
	assert_type("brev.txt", BYTES("From: x\nTo: y\nSubject: hej\n\nhej\n"), "text/plain");
	assert_type("priser.csv", BYTES("Vare;Antal;Pris\nTegl;100;12,50\n"), "text/csv");
	assert_type("priser.csv", BYTES("a,b,c\n1,2,3\n4,5,6\n"), "text/csv");
	assert_type("hus.dwg", BYTES("AC1032" PADDING), "image/vnd.dwg");
	assert_type("hus.dxf", BYTES("  0\r\nSECTION\r\n  2\r\nHEADER\r\n  9\r\n$ACADVER\r\n"), "image/vnd.dxf");
	assert_type("hus.ifc", BYTES("ISO-10303-21;\nHEADER;\n"), "application/p21");
}

static void
test_office(void **state)
{
	static const char *const docx[] = {"[Content_Types].xml", "_rels/.rels", "word/document.xml", NULL};
	static const char *const xlsx[] = {"[Content_Types].xml", "xl/workbook.xml", NULL};
	static const char *const odt[] = {"mimetype", "content.xml", NULL};
	static const char odt_type[] = "application/vnd.oasis.opendocument.text";
	struct buf file = zip(docx, "x");

	(void)state;
	assert_type("brev.docx", file.bytes, file.length,
	    "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
	assert_refused("brev.xlsx", file.bytes, file.length, "is not a xlsx file");
	assert_refused("brev.docx", file.bytes, file.length - 1, "is not a docx file");
	assert_refused("brev.zip", file.bytes, file.length, "not taken");
	file = zip(xlsx, "x");
	assert_type("priser.xlsx", file.bytes, file.length,
	    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
	file = zip(odt, odt_type);
	assert_type("brev.odt", file.bytes, file.length, odt_type);
	assert_refused("brev.ods", file.bytes, file.length, "is not a ods file");
}

static void
test_macros(void **state)
{
	static const char *const docm[] = {"[Content_Types].xml", "word/document.xml", "word/vbaProject.bin", NULL};
	static const char *const odt[] = {"mimetype", "content.xml", "Basic/script-lc.xml", NULL};
	struct buf file = zip(docm, "x");

	(void)state;
	assert_refused("brev.docx", file.bytes, file.length, "macros");
	assert_refused("brev.docm", file.bytes, file.length, "not taken");
	file = zip(odt, "application/vnd.oasis.opendocument.text");
	assert_refused("brev.odt", file.bytes, file.length, "macros");
}

static void
test_refused(void **state)
{
	(void)state;
	assert_refused("tom.pdf", "", 0, "is empty");
	assert_refused(NULL, BYTES("%PDF-1.7"), "no file name");
	assert_refused("", BYTES("%PDF-1.7"), "no file name");
	assert_refused("pdf", BYTES("%PDF-1.7"), "taken are: pdf, png");
	assert_refused("side.html", BYTES("<!DOCTYPE html>"), "not taken");
	assert_refused("tegning.svg", BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "not taken");
	assert_refused("tag.pdf.exe", BYTES("%PDF-1.7"), "not taken");
	assert_refused("tag.pdf", BYTES("<!DOCTYPE html><script>"), "text/html");
	assert_refused("tag.pdf", BYTES("MZ\x90\0\3\0\0\0" PADDING), "not a pdf");
	assert_refused("tag.png", BYTES("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" PADDING), "image/jpeg");
	assert_refused("a.txt", BYTES("<!DOCTYPE html><html><script>alert(1)</script></html>"), "text/html");
	assert_refused("a.txt", BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "svg");
	assert_refused("a.txt", BYTES("#!/bin/sh\nrm -rf /\n"), "shellscript");
	assert_refused("a.txt", BYTES("tekst med \0 i"), "not a txt");
	assert_refused("a.csv", BYTES("MZ\x90\0\3\0\0\0" PADDING), "not a csv");
	assert_refused("a.docx", BYTES("PK\3\4"), "not a docx");
	assert_refused("a.docx", BYTES("PK\3\4PK\5\6\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0"), "not a docx");
	assert_refused("a.dwg", BYTES("AC"), "not a dwg");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_images_and_pdf, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_texts_and_drawings, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_office, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_macros, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
