/* The certificate's first impression, and the way from a description to the bytes of a PDF. */
#include "certificate.h"

#include <cairo-pdf.h>
#include <json-c/json.h>
#include <math.h>
#include <openssl/evp.h>
#include <qrencode.h>
#include <stdio.h>
#include <string.h>

#include "color.h"
#include "json.h"
#include "page.h"
#include "sections.h"

#define QR_SIZE 86.0
#define PANEL_RIGHT (SHEET_LEFT + 300) /* where the signature's half ends */

/* Our own, where the tenant has no colour, or one that cannot be seen on white. */
#define OWN_COLOR "#0e3d4a"

static struct color
color_read(const char *text)
{
	unsigned red, green, blue;

	if (!text || color_contrast_on_white(text) < COLOR_CONTRAST_LEAST)
		text = OWN_COLOR;
	if (sscanf(text, "#%2x%2x%2x", &red, &green, &blue) != 3)
		return INK;
	return (struct color){red / 255.0, green / 255.0, blue / 255.0};
}

/* The code that leads to the check page: its dark modules as one path. */
static void
qr_draw(struct sheet *sheet, const char *text, double x, double y, double size)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	cairo_t *cairo = sheet->canvas.cairo;

	if (!code)
		return;
	for (int row = 0; row < code->width; row++)
		for (int column = 0; column < code->width; column++)
			if (code->data[row * code->width + column] & 1)
				cairo_rectangle(cairo, x + column * size / code->width, y + row * size / code->width,
				    size / code->width, size / code->width);
	canvas_ink(&sheet->canvas, INK);
	cairo_fill(cairo);
	QRcode_free(code);
}

static void
tick_draw(struct sheet *sheet, double x, double y, double radius)
{
	cairo_t *cairo = sheet->canvas.cairo;

	canvas_ink(&sheet->canvas, sheet->accent);
	cairo_new_sub_path(cairo);
	cairo_arc(cairo, x, y, radius, 0, 2 * M_PI);
	cairo_fill(cairo);
	canvas_ink(&sheet->canvas, WHITE);
	cairo_set_line_width(cairo, radius * .17);
	cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
	cairo_move_to(cairo, x - radius * .4, y + radius * .04);
	cairo_line_to(cairo, x - radius * .1, y + radius * .34);
	cairo_line_to(cairo, x + radius * .42, y - radius * .3);
	cairo_stroke(cairo);
}

/* Where the QR code leads: straight to the answer. */
static const char *
check_url(struct sheet *sheet, struct json_object *receipt)
{
	return arena_printf(sheet->arena, "%s?sha256=%s", json_text(receipt, "verify_url"),
	    json_text(json_member(receipt, "evidence"), "sha256"));
}

static void
head(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *evidence = json_member(receipt, "evidence"), *sender = json_member(receipt, "sender");
	const double text_right = SHEET_RIGHT - QR_SIZE - 24;
	const char *name = json_text(evidence, "name");
	const struct word_value values[] = {
	    {"name", name ? name : "–"}, {"document", document_in_sentence(sheet, receipt)},
	    {"sender", json_text(sender, "name")}, {"customer", json_text(receipt, "customer")},
	};

	qr_draw(sheet, check_url(sheet, receipt), SHEET_RIGHT - QR_SIZE, 46, QR_SIZE);
	sheet_put(sheet, SMALL, TO_RIGHT, SHEET_RIGHT, 46 + QR_SIZE + 5, 0, word(sheet->language, WORD_receipt_check));
	sheet_put(sheet, STRONG, TO_LEFT, SHEET_LEFT, 44, text_right - SHEET_LEFT, json_text(sender, "name"));
	tick_draw(sheet, SHEET_LEFT + 14, 93, 14);
	sheet_tag(sheet, "H1");
	canvas_text(&sheet->canvas, TITLE, TO_LEFT, SHEET_LEFT + 40, 76, 0, word(sheet->language, WORD_receipt_title));
	sheet_tag(sheet, NULL);
	sheet->y = 120;
	sheet_text(sheet, LEAD, SHEET_LEFT, text_right,
	    say_all(sheet, page_same_name(name, json_text(receipt, "customer")) ? WORD_receipt_summary_own : WORD_receipt_summary, values, 4));
	sheet->y = fmax(sheet->y, 46 + QR_SIZE + 16) + 14;
}

struct source {
	const unsigned char *bytes;
	size_t left;
};

static cairo_status_t
source_read(void *context, unsigned char *to, unsigned int length)
{
	struct source *source = context;

	if (length > source->left)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(to, source->bytes, length);
	source->bytes += length;
	source->left -= length;
	return CAIRO_STATUS_SUCCESS;
}

/* The drawn signature as a picture; NULL when there is none that can be read. */
static cairo_surface_t *
image_read(struct arena *arena, const char *base64)
{
	size_t length = base64 ? strlen(base64) : 0;
	unsigned char *bytes = arena_alloc(arena, length + 4);
	int size = length ? EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)length) : -1;
	struct source source = {bytes, size > 0 ? (size_t)size : 0};
	cairo_surface_t *image;

	if (size <= 0)
		return NULL;
	image = cairo_image_surface_create_from_png_stream(source_read, &source);
	if (!cairo_surface_status(image) && cairo_image_surface_get_width(image) > 0 && cairo_image_surface_get_height(image) > 0)
		return image;
	cairo_surface_destroy(image);
	return NULL;
}

/* As large as the place allows, standing on its line. */
static void
image_draw(struct sheet *sheet, cairo_surface_t *image, double x, double bottom, double width, double height)
{
	cairo_t *cairo = sheet->canvas.cairo;
	double image_width = cairo_image_surface_get_width(image), image_height = cairo_image_surface_get_height(image);
	double scale = fmin(width / image_width, height / image_height);

	cairo_save(cairo);
	cairo_translate(cairo, x, bottom - image_height * scale);
	cairo_scale(cairo, scale, scale);
	cairo_set_source_surface(cairo, image, 0, 0);
	cairo_paint(cairo);
	cairo_restore(cairo);
}

/* One hand for the whole of what stands in LAYOUT: the first that knows every letter; else it stays in plain letters. */
static void
hand_choose(PangoLayout *layout)
{
	static const char *const hands[] = {"Dancing Script", "Kaushan Script"}; /* the second knows all of Europe's Latin letters */
	PangoFontDescription *plain = pango_font_description_copy(pango_layout_get_font_description(layout));
	PangoFontDescription *hand = pango_font_description_copy(plain);
	PangoAttrList *attributes = pango_attr_list_ref(pango_layout_get_attributes(layout)), *alone = pango_attr_list_copy(attributes);
	bool fits = false;

	pango_attr_list_insert(alone, pango_attr_fallback_new(FALSE));
	pango_layout_set_attributes(layout, alone);
	for (size_t i = 0; i < sizeof hands / sizeof *hands && !fits; i++) {
		pango_font_description_set_family(hand, hands[i]);
		pango_layout_set_font_description(layout, hand);
		fits = !pango_layout_get_unknown_glyphs_count(layout);
	}
	pango_layout_set_attributes(layout, attributes);
	if (!fits)
		pango_layout_set_font_description(layout, plain);
	pango_attr_list_unref(alone);
	pango_attr_list_unref(attributes);
	pango_font_description_free(hand);
	pango_font_description_free(plain);
}

/* The name in a hand's letters, smaller where it is long; of a very long one the beginning. */
static void
script_draw(struct sheet *sheet, const char *name, double x, double bottom, double width)
{
	PangoLayout *layout = sheet->canvas.layouts[SCRIPT];
	cairo_t *cairo = sheet->canvas.cairo;
	int natural, height;

	canvas_measure(&sheet->canvas, SCRIPT, 0, name);
	hand_choose(layout);
	pango_layout_get_size(layout, &natural, &height);

	double scale = fmax(.5, fmin(1, width * PANGO_SCALE / fmax(natural, 1)));

	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_width(layout, (int)(width / scale * PANGO_SCALE) + 1);
	cairo_save(cairo);
	cairo_translate(cairo, x, bottom - (double)pango_layout_get_baseline(layout) / PANGO_SCALE * scale);
	cairo_scale(cairo, scale, scale);
	canvas_ink(&sheet->canvas, INK);
	cairo_move_to(cairo, 0, 0);
	pango_cairo_show_layout(cairo, layout);
	cairo_restore(cairo);
}

/* The signature's half of the panel, with its line at BOTTOM. */
static void
signature_draw(struct sheet *sheet, struct json_object *evidence, double bottom)
{
	const char *signature = json_text(evidence, "signature"), *name = json_text(evidence, "name");
	cairo_surface_t *image = image_read(sheet->arena, json_text(evidence, "signature_image"));

	if (image)
		image_draw(sheet, image, SHEET_LEFT + 22, bottom - 3, 230, 52);
	else if (name && signature && !strcmp(signature, "typed"))
		script_draw(sheet, name, SHEET_LEFT + 22, bottom - 9, PANEL_RIGHT - SHEET_LEFT - 50);
	else
		tick_draw(sheet, SHEET_LEFT + 38, bottom - 24, 13);
	cairo_surface_destroy(image);
	canvas_rule(&sheet->canvas, QUIET, .6, SHEET_LEFT + 20, PANEL_RIGHT - 20, bottom);
}

/* Who signed, when, and for how much. */
static void
panel(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *evidence = json_member(receipt, "evidence"), *document = json_member(receipt, "document");
	const char *name = json_text(evidence, "name");
	const char *amount = format_amount(sheet->arena, sheet->language, json_text(document, "amount"), json_text(document, "currency"));
	const double width = PANEL_RIGHT - SHEET_LEFT - 40, right = SHEET_RIGHT - PANEL_RIGHT - 18;
	double name_height = canvas_measure(&sheet->canvas, STRONG, width, name ? name : "–"), top = sheet->y, line = top + 66;
	double height = 66 + 6 + name_height + 10 + 14, y = top + 18;

	canvas_box(&sheet->canvas, MIST, SHEET_LEFT, top, SHEET_RIGHT - SHEET_LEFT, height, 5);
	signature_draw(sheet, evidence, line);
	sheet_put(sheet, STRONG, TO_LEFT, SHEET_LEFT + 20, line + 6, width, name ? name : "–");
	sheet_put(sheet, SMALL, TO_LEFT, SHEET_LEFT + 20, line + 6 + name_height, width,
	    word(sheet->language, signature_word(evidence)));
	y += sheet_put(sheet, LABEL, TO_LEFT, PANEL_RIGHT, y, 0, word(sheet->language, WORD_receipt_accepted_at)) + 3;
	y += sheet_put(sheet, STRONG, TO_LEFT, PANEL_RIGHT, y, right, local_minutes(sheet, json_text(evidence, "at_local"))) + 11;
	if (amount) {
		y += sheet_put(sheet, LABEL, TO_LEFT, PANEL_RIGHT, y, 0, word(sheet->language, WORD_document_amount)) + 2;
		sheet_put(sheet, SUM, TO_LEFT, PANEL_RIGHT, y, right, amount);
	}
	sheet->y = top + height;
}

/* Draws everything on SURFACE, which it finishes; gives the number of pages. */
static int
draw(struct arena *arena, struct json_object *receipt, cairo_surface_t *surface, int pages)
{
	struct sheet sheet = {
	    .arena = arena, .pages = pages, .language = language_parse(json_text(receipt, "language"), LANGUAGE_DA),
	    .accent = color_read(json_text(json_member(receipt, "sender"), "color")),
	};
	const struct word_value values[] = {
	    {"document", document_in_sentence(&sheet, receipt)}, {"sender", json_text(json_member(receipt, "sender"), "name")}};

	sheet.foot = say_all(&sheet, WORD_receipt_foot, values, 2);
	sheet_begin(&sheet, surface);
	head(&sheet, receipt);
	panel(&sheet, receipt);
	section_agreement(&sheet, receipt);
	section_how(&sheet, receipt);
	section_consent(&sheet, receipt);
	section_files(&sheet, receipt);
	section_history(&sheet, receipt);
	section_control(&sheet, receipt);
	sheet_end(&sheet);
	return sheet.page;
}

static cairo_status_t
drop(void *context, const unsigned char *bytes, unsigned int length)
{
	(void)context, (void)bytes, (void)length;
	return CAIRO_STATUS_SUCCESS;
}

static cairo_status_t
keep(void *context, const unsigned char *bytes, unsigned int length)
{
	buf_add(context, bytes, length);
	return CAIRO_STATUS_SUCCESS;
}

static void
describe(struct arena *arena, struct json_object *receipt, cairo_surface_t *surface)
{
	enum language language = language_parse(json_text(receipt, "language"), LANGUAGE_DA);
	struct json_object *document = json_member(receipt, "document"), *sender = json_member(receipt, "sender");
	const char *title = json_text(document, "title"), *at = json_text(json_member(receipt, "evidence"), "at");

	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
	    arena_printf(arena, "%s: %s", word(language, WORD_receipt_kind), title ? title : ""));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, json_text(sender, "name"));
	/* The decision's own time, so that making it again gives the same file. */
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, at);
}

const char *
certificate_draw(struct arena *arena, struct json_object *receipt, size_t *size)
{
	struct buf bytes = buf_new(arena, 0);
	cairo_surface_t *count = cairo_pdf_surface_create_for_stream(drop, NULL, SHEET_WIDTH, SHEET_HEIGHT);
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(keep, &bytes, SHEET_WIDTH, SHEET_HEIGHT);

	describe(arena, receipt, surface);
	draw(arena, receipt, surface, draw(arena, receipt, count, 0));

	bool fine = !cairo_surface_status(surface) && bytes.length;

	cairo_surface_destroy(count);
	cairo_surface_destroy(surface);
	*size = bytes.length;
	return fine ? bytes.bytes : NULL;
}
