/* Pages of the certificate: text that runs on to the next page, the foot that counts them. */
#pragma once

#include "canvas.h"
#include "locale.h"

enum { TITLE, LEAD, HEADING, BODY, STRONG, MUTED, SMALL, LABEL, MONO, SUM, SCRIPT, STYLES };

#define SHEET_WIDTH 595.276 /* A4 */
#define SHEET_HEIGHT 841.89
#define SHEET_LEFT 54.0
#define SHEET_RIGHT (SHEET_WIDTH - SHEET_LEFT)
#define SHEET_COLUMN 190.0  /* where values stand beside their names */

#define INK ((struct color){.11, .14, .17})
#define QUIET ((struct color){.38, .43, .47})
#define LINE ((struct color){.84, .86, .88})
#define MIST ((struct color){.957, .965, .972})
#define WHITE ((struct color){1, 1, 1})

struct sheet {
	struct canvas canvas;
	struct arena *arena;
	enum language language;
	struct color accent;
	const char *foot;   /* what every page is a page of */
	int page, pages;    /* the present one, from 1; all, 0 while they are being counted */
	const char *tag;    /* the element of structure that is open, or NULL; it is closed and opened again over a page's end */
	bool quoting;       /* a bar stands left of the text */
	double y;           /* where the next thing goes */
};

/* Begins the first page on SURFACE; ends the last one. */
void sheet_begin(struct sheet *sheet, cairo_surface_t *surface);
void sheet_end(struct sheet *sheet);

/* What follows is one element of the document's structure (ISO 32000-1, 14.8.4): "H1", "P"; NULL: no longer. */
void sheet_tag(struct sheet *sheet, const char *tag);

/* Goes to a new page unless HEIGHT more fits on this one. */
void sheet_need(struct sheet *sheet, double height);

/* Sets TEXT in the column from X to RIGHT, over as many pages as it takes; moves y below it. */
void sheet_text(struct sheet *sheet, int style, double x, double right, const char *text);

/* canvas_text() as a paragraph. */
double sheet_put(struct sheet *sheet, int style, enum align align, double x, double y, double width, const char *text);

/* A section's heading, kept together with AFTER points of what follows. */
void sheet_heading(struct sheet *sheet, const char *text, double after);

/* NAME on the left, TEXT beside it; nothing for a NULL or empty TEXT. DETAIL in small below, or NULL. */
void sheet_pair(struct sheet *sheet, const char *name, const char *text, const char *detail, int detail_style);
