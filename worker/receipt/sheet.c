/* The certificate's pages. */
#include "sheet.h"

/* The latter ones for what the first lacks: Arabic, Hebrew; Chinese, Japanese, Korean; signs, emoji; Hindi, Tamil, Thai. */
#define FAMILIES "Inter, DejaVu Sans, WenQuanYi Micro Hei, Symbola, FreeSerif"
#define BOTTOM 776.0
#define FOOT 796.0
#define TOP 74.0 /* of pages after the first */

static const struct style styles[STYLES] = {
    [TITLE] = {"Inter Display, " FAMILIES, "Bold 25", INK, 1.1, -300},
    [LEAD] = {FAMILIES, "10.5", INK, 1.14, 0},
    [HEADING] = {FAMILIES, "Semi-Bold 11", INK, 1.2, -50},
    [BODY] = {FAMILIES, "8.8", INK, 1.13, 0},
    [STRONG] = {FAMILIES, "Semi-Bold 8.8", INK, 1.36, 0},
    [MUTED] = {FAMILIES, "8.8", QUIET, 1.13, 0},
    [SMALL] = {FAMILIES, "7.4", QUIET, 1.13, 0},
    [LABEL] = {FAMILIES, "Semi-Bold 6.7", QUIET, 1.2, 500},
    [MONO] = {"DejaVu Sans Mono", "6.8", QUIET, 1.15, 0},
    [SUM] = {FAMILIES, "Bold 14", INK, 1.1, -100},
    [SCRIPT] = {FAMILIES, "30", INK, 1, 0},
};

static void
page_begin(struct sheet *sheet)
{
	cairo_t *cairo = sheet->canvas.cairo;

	sheet->page++;
	canvas_ink(&sheet->canvas, sheet->accent);
	cairo_rectangle(cairo, 0, 0, SHEET_WIDTH, 5);
	cairo_fill(cairo);
	if (sheet->page > 1) {
		canvas_text(&sheet->canvas, SMALL, TO_LEFT, SHEET_LEFT, 38, 0, sheet->foot);
		sheet->y = TOP;
	}
}

static void
page_end(struct sheet *sheet)
{
	const char *number = arena_printf(sheet->arena, "%d", sheet->page);
	const char *total = arena_printf(sheet->arena, "%d", sheet->pages);
	const struct word_value values[] = {{"n", number}, {"total", total}};

	canvas_rule(&sheet->canvas, LINE, .6, SHEET_LEFT, SHEET_RIGHT, FOOT);
	canvas_text(&sheet->canvas, SMALL, TO_LEFT, SHEET_LEFT, FOOT + 8, 0, word(sheet->language, WORD_receipt_portal));
	canvas_text(&sheet->canvas, SMALL, TO_RIGHT, SHEET_RIGHT, FOOT + 8, 0,
	    word_filled(sheet->arena, word(sheet->language, WORD_receipt_page), values, 2));
	cairo_show_page(sheet->canvas.cairo);
}

void
sheet_begin(struct sheet *sheet, cairo_surface_t *surface)
{
	canvas_begin(&sheet->canvas, surface, styles, STYLES);
	sheet->page = 0;
	cairo_tag_begin(sheet->canvas.cairo, "Document", NULL);
	page_begin(sheet);
}

void
sheet_end(struct sheet *sheet)
{
	cairo_tag_end(sheet->canvas.cairo, "Document");
	page_end(sheet);
	canvas_end(&sheet->canvas);
}

void
sheet_tag(struct sheet *sheet, const char *tag)
{
	if (sheet->tag)
		cairo_tag_end(sheet->canvas.cairo, sheet->tag);
	sheet->tag = tag;
	if (tag)
		cairo_tag_begin(sheet->canvas.cairo, tag, NULL);
}

void
sheet_need(struct sheet *sheet, double height)
{
	const char *tag = sheet->tag;

	if (sheet->y + height <= BOTTOM)
		return;
	sheet_tag(sheet, NULL);
	page_end(sheet);
	page_begin(sheet);
	sheet_tag(sheet, tag);
}

void
sheet_text(struct sheet *sheet, int style, double x, double right, const char *text)
{
	PangoLayout *layout = sheet->canvas.layouts[style];
	PangoLayoutIter *lines;
	PangoRectangle line;

	canvas_measure(&sheet->canvas, style, right - x, text);
	lines = pango_layout_get_iter(layout);
	sheet_tag(sheet, "P");
	do {
		int from, to, baseline = pango_layout_iter_get_baseline(lines);

		pango_layout_iter_get_line_yrange(lines, &from, &to);
		pango_layout_iter_get_line_extents(lines, NULL, &line);

		double height = (double)(to - from) / PANGO_SCALE * styles[style].leading;

		sheet_need(sheet, height);
		if (sheet->quoting)
			canvas_box(&sheet->canvas, LINE, x - 14, sheet->y - .5, 3, height + 1, 0);
		canvas_ink(&sheet->canvas, styles[style].color);
		cairo_move_to(sheet->canvas.cairo, x + (double)line.x / PANGO_SCALE, sheet->y + (double)(baseline - from) / PANGO_SCALE);
		pango_cairo_show_layout_line(sheet->canvas.cairo, pango_layout_iter_get_line_readonly(lines));
		sheet->y += height;
	} while (pango_layout_iter_next_line(lines));
	pango_layout_iter_free(lines);
	sheet_tag(sheet, NULL);
}

double
sheet_put(struct sheet *sheet, int style, enum align align, double x, double y, double width, const char *text)
{
	double height;

	sheet_tag(sheet, "P");
	height = canvas_text(&sheet->canvas, style, align, x, y, width, text);
	sheet_tag(sheet, NULL);
	return height;
}

void
sheet_heading(struct sheet *sheet, const char *text, double after)
{
	sheet->y += 17;
	sheet_need(sheet, 25 + after);
	sheet_tag(sheet, "H2");
	canvas_text(&sheet->canvas, HEADING, TO_LEFT, SHEET_LEFT, sheet->y, 0, text);
	sheet_tag(sheet, NULL);
	canvas_rule(&sheet->canvas, sheet->accent, 1.1, SHEET_LEFT, SHEET_RIGHT, sheet->y + 17.5);
	sheet->y += 25;
}

/* How high sheet_text() makes the first line, or all where that is little: a few lines are not torn apart. */
static double
height_together(struct sheet *sheet, int style, double width, const char *text)
{
	enum { LITTLE = 40 };
	PangoLayoutIter *lines;
	double first = 0, all = 0;
	int from, to;

	canvas_measure(&sheet->canvas, style, width, text);
	lines = pango_layout_get_iter(sheet->canvas.layouts[style]);
	do {
		pango_layout_iter_get_line_yrange(lines, &from, &to);
		all += (double)(to - from) / PANGO_SCALE * styles[style].leading;
		first = first > 0 ? first : all;
	} while (pango_layout_iter_next_line(lines));
	pango_layout_iter_free(lines);
	return all <= LITTLE ? all : first;
}

void
sheet_pair(struct sheet *sheet, const char *name, const char *text, const char *detail, int detail_style)
{
	const double width = SHEET_COLUMN - SHEET_LEFT - 8;
	int page;
	double end, together;

	if (!text || !*text)
		return;
	end = canvas_measure(&sheet->canvas, MUTED, width, name);
	together = height_together(sheet, BODY, SHEET_RIGHT - SHEET_COLUMN, text);
	if (detail)
		together += height_together(sheet, detail_style, SHEET_RIGHT - SHEET_COLUMN, detail);
	sheet_need(sheet, together > end ? together : end);
	page = sheet->page;
	end += sheet->y;
	sheet_put(sheet, MUTED, TO_LEFT, SHEET_LEFT, sheet->y, width, name);
	sheet_text(sheet, BODY, SHEET_COLUMN, SHEET_RIGHT, text);
	if (detail)
		sheet_text(sheet, detail_style, SHEET_COLUMN, SHEET_RIGHT, detail);
	if (sheet->page == page && sheet->y < end)
		sheet->y = end;
	sheet->y += 3.5;
}
