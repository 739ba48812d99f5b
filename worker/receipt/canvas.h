/* Drawing on PDF pages: text in a few styles, lines, boxes. Points, 72 to the inch; y runs downwards. */
#pragma once

#include <pango/pangocairo.h>
#include <stdbool.h>

enum { CANVAS_STYLES_MOST = 16 };

struct color {
	double red, green, blue;
};

/* One way to set text. */
struct style {
	const char *families, *font; /* "Inter, DejaVu Sans"; weight and size, as Pango describes fonts */
	struct color color;
	double leading;              /* line height, as a factor */
	int tracking;                /* extra space between letters, in 1/1024 pt */
};

struct canvas {
	cairo_t *cairo;
	const struct style *styles;
	int count;
	PangoLayout *layouts[CANVAS_STYLES_MOST];
};

enum align { TO_LEFT, TO_RIGHT };

/* Draws on SURFACE, which canvas_end() finishes. STYLES are borrowed; a style is named by its place. */
void canvas_begin(struct canvas *canvas, cairo_surface_t *surface, const struct style *styles, int count);
void canvas_end(struct canvas *canvas);

/* Where the next strokes get their colour from. */
void canvas_ink(struct canvas *canvas, struct color color);

/* Sets TEXT from the top of its first line at Y, wrapped to WIDTH (0: not); gives its height. Aligned to the right, X is
 * its right edge. */
double canvas_text(struct canvas *canvas, int style, enum align align, double x, double y, double width, const char *text);

/* The same height without drawing. */
double canvas_measure(struct canvas *canvas, int style, double width, const char *text);

void canvas_rule(struct canvas *canvas, struct color color, double thickness, double x1, double x2, double y);
void canvas_box(struct canvas *canvas, struct color color, double x, double y, double width, double height, double radius);
