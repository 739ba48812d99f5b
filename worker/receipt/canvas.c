/* Pango sets the text, Cairo draws. */
#include "canvas.h"

#include <math.h>

static double
points(int pango_units)
{
	return (double)pango_units / PANGO_SCALE;
}

static PangoLayout *
layout_new(cairo_t *cairo, const struct style *style)
{
	PangoLayout *layout = pango_cairo_create_layout(cairo);
	PangoFontDescription *font = pango_font_description_from_string(style->font);
	PangoAttrList *attributes = pango_attr_list_new();
	cairo_font_options_t *options = cairo_font_options_create();

	/* For paper, not for a screen's pixels: letters stand where the font wants them. */
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
	pango_cairo_context_set_resolution(pango_layout_get_context(layout), 72);
	pango_context_set_round_glyph_positions(pango_layout_get_context(layout), FALSE);
	/* The sentences are Danish or English, whatever the name is written in that one begins with. */
	pango_context_set_base_dir(pango_layout_get_context(layout), PANGO_DIRECTION_LTR);
	pango_layout_set_auto_dir(layout, FALSE);
	pango_font_description_set_family(font, style->families);
	pango_layout_set_font_description(layout, font);
	pango_attr_list_insert(attributes, pango_attr_letter_spacing_new(style->tracking));
	pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1")); /* amounts line up */
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE)); /* none that a name or an address does not have */
	pango_layout_set_attributes(layout, attributes);
	pango_layout_set_line_spacing(layout, (float)style->leading);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_attr_list_unref(attributes);
	pango_font_description_free(font);
	cairo_font_options_destroy(options);
	return layout;
}

void
canvas_begin(struct canvas *canvas, cairo_surface_t *surface, const struct style *styles, int count)
{
	*canvas = (struct canvas){.cairo = cairo_create(surface), .styles = styles, .count = count};
	for (int style = 0; style < count; style++)
		canvas->layouts[style] = layout_new(canvas->cairo, &styles[style]);
}

void
canvas_end(struct canvas *canvas)
{
	cairo_surface_t *surface = cairo_surface_reference(cairo_get_target(canvas->cairo));

	for (int style = 0; style < canvas->count; style++)
		g_object_unref(canvas->layouts[style]);
	cairo_destroy(canvas->cairo);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
}

void
canvas_ink(struct canvas *canvas, struct color color)
{
	cairo_set_source_rgb(canvas->cairo, color.red, color.green, color.blue);
}

static PangoLayout *
layout_set(struct canvas *canvas, int style, double width, const char *text)
{
	PangoLayout *layout = canvas->layouts[style];

	pango_layout_set_width(layout, width > 0 ? (int)(width * PANGO_SCALE) : -1);
	pango_layout_set_text(layout, text, -1);
	return layout;
}

double
canvas_measure(struct canvas *canvas, int style, double width, const char *text)
{
	int height;

	pango_layout_get_size(layout_set(canvas, style, width, text), NULL, &height);
	return points(height);
}

double
canvas_text(struct canvas *canvas, int style, enum align align, double x, double y, double width, const char *text)
{
	PangoLayout *layout = layout_set(canvas, style, width, text);
	int text_width, text_height;

	pango_layout_get_size(layout, &text_width, &text_height);
	canvas_ink(canvas, canvas->styles[style].color);
	cairo_move_to(canvas->cairo, align == TO_RIGHT ? x - points(text_width) : x, y);
	pango_cairo_show_layout(canvas->cairo, layout);
	return points(text_height);
}

void
canvas_rule(struct canvas *canvas, struct color color, double thickness, double x1, double x2, double y)
{
	canvas_ink(canvas, color);
	cairo_set_line_width(canvas->cairo, thickness);
	cairo_move_to(canvas->cairo, x1, y);
	cairo_line_to(canvas->cairo, x2, y);
	cairo_stroke(canvas->cairo);
}

void
canvas_box(struct canvas *canvas, struct color color, double x, double y, double width, double height, double radius)
{
	cairo_t *cairo = canvas->cairo;

	cairo_new_sub_path(cairo);
	cairo_arc(cairo, x + width - radius, y + radius, radius, -M_PI / 2, 0);
	cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, M_PI / 2);
	cairo_arc(cairo, x + radius, y + height - radius, radius, M_PI / 2, M_PI);
	cairo_arc(cairo, x + radius, y + radius, radius, M_PI, 3 * M_PI / 2);
	cairo_close_path(cairo);
	canvas_ink(canvas, color);
	cairo_fill(cairo);
}
