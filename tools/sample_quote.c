/* sample-quote OUT.pdf [--version 2]: the demo tenant's quote, a PDF of two A4 pages as a roofer would send it.
 * The same version always gives the same bytes. Set in Inter (Debian package fonts-inter); DejaVu Sans stands in. */
#include <cairo-pdf.h>
#include <math.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canvas.h"

#define FAMILIES "Inter, DejaVu Sans"

/* Points, 72 to the inch; y runs downwards. */
static const double WIDTH = 595.276, HEIGHT = 841.89, LEFT = 54, RIGHT = 595.276 - 54, FOOT = 790;

#define INK ((struct color){.11, .15, .18})
#define MUTED ((struct color){.38, .44, .47})
#define LINE ((struct color){.83, .86, .87})
#define MIST ((struct color){.955, .965, .965})
#define PETROL ((struct color){.055, .24, .29})
#define TILE ((struct color){.77, .31, .20})
#define WHITE ((struct color){1, 1, 1})
#define PALE ((struct color){.74, .84, .86})

enum { TITLE, HEADING, BODY, STRONG, SMALL, LABEL, SUM, MARK, ON_DARK, STYLES };

static const struct style styles[STYLES] = {
    [TITLE] = {FAMILIES, "Bold 25", INK, 1.05, -450},
    [HEADING] = {FAMILIES, "Semi-Bold 11.5", PETROL, 1.2, -50},
    [BODY] = {FAMILIES, "9", INK, 1.32, 0},
    [STRONG] = {FAMILIES, "Semi-Bold 9", INK, 1.32, 0},
    [SMALL] = {FAMILIES, "7.5", MUTED, 1.3, 0},
    [LABEL] = {FAMILIES, "Semi-Bold 6.8", MUTED, 1.2, 500},
    [SUM] = {FAMILIES, "Bold 12.5", WHITE, 1.1, -100},
    [MARK] = {FAMILIES, "Bold 21", WHITE, 1, -500},
    [ON_DARK] = {FAMILIES, "7.8", PALE, 1.4, 0},
};

/* Amounts in øre, quantities in whole units. */
struct line {
	const char *title, *note, *unit;
	int quantity;
	int64_t price;
};

enum { LINES = 10, SCAFFOLD = 1 };

static const struct line lines[LINES] = {
    {"Byggeplads og opstart", "Afdækning, el og skurvogn i hele perioden", "sum", 1, 850000},
    {"Stillads med tagrækværk", "Op- og nedtagning, leje i seks uger", "m", 46, 30000},
    {"Nedtagning af eksisterende tag", "Inkl. sortering, container og deponi", "m²", 168, 14500},
    {"Undertag og lægter", "Diffusionsåbent undertag, afstandslister og 38 × 73 mm lægter", "m²", 168, 18500},
    {"Vingetegl, rød engoberet", "Oplagt med bindere i hver anden række, inkl. tilskæring", "m²", 168, 39500},
    {"Rygning og grater", "Tørrygning med ventilation, i samme tegl", "m", 24, 46500},
    {"Inddækning ved skorsten", "Zink, falset og loddet på stedet", "stk.", 2, 365000},
    {"Tagrender og nedløb", "Zink, halvrund 333 mm, inkl. rendejern", "m", 38, 38500},
    {"Gennemføringer og hætter", "Udluftning fra bad og emhætte, tætnet i undertaget", "stk.", 6, 63500},
    {"Kvalitetssikring", "Fotodokumentation, aflevering og 1-års gennemgang", "sum", 1, 350000},
};

/* Version 2: the neighbour shares the scaffold. */
static const struct line shared_scaffold = {
    "Stillads med tagrækværk", "Seks uger, delt med naboejendommen", "m", 46, 20000};

static const int64_t totals[] = {18450000, 17990000}; /* excl. VAT, by version: what the portal is told */

static const struct pair {
	const char *name, *text;
} facts[] = {
    {"TILBUDSNR.", "2026-0117"},
    {"DATO", "23. november 2026"},
    {"GÆLDER TIL", "31. december 2026"},
    {"PROJEKT", "Tagrenovering"},
}, schedule[] = {
    {"Uge 1", "Byggepladsen indrettes, og stilladset rejses"},
    {"Uge 2", "Det gamle tag tages ned, og undertaget lægges etape for etape"},
    {"Uge 3–4", "Tegl, rygning og inddækninger"},
    {"Uge 5", "Tagrender, nedløb og gennemføringer"},
    {"Uge 6", "Oprydning, stilladset ned og aflevering"},
}, terms[] = {
    {"Forudsætninger", "Prisen bygger på besigtigelsen af ejendommen og på, at spær og murkrone er sunde. Viser der sig råd "
        "eller skader, når taget er åbent, aftaler vi udbedringen med jer, før arbejdet fortsætter."},
    {"Ikke med i prisen", "Efterisolering, tagvinduer, malerarbejde og eventuel miljøsanering."},
    {"Vejrlig", "Taget holdes tæt ved arbejdsdagens slutning. Spildtid på grund af vejret forlænger tidsplanen dag for dag."},
    {"Garanti", "Fem års garanti på vores arbejde og 30 års producentgaranti på teglene mod frost."},
    {"Aftalegrundlag", "AB 18 gælder. Betaling netto 14 dage. Vi er forsikret mod skader."},
};

static const struct instalment {
	const char *when, *what;
	int percent;
} instalments[] = {
    {"1. rate", "Når tilbuddet er accepteret", 20},
    {"2. rate", "Når undertaget er lagt", 50},
    {"3. rate", "Ved aflevering uden mangler", 30},
};

static const char intro[] =
    "Tak for en god gennemgang af ejendommen. Her er vores tilbud på et nyt tag i røde vingetegl med nyt undertag, "
    "inddækninger og tagrender. Arbejdet udføres af vores egne tagdækkere, og I har én fast kontakt hele vejen.";

#ifdef __SANITIZE_ADDRESS__
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n"; /* it keeps a buffer for ever */
}
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ORE as "184.500,00". */
static const char *
money(int64_t ore, char text[static 24])
{
	char digits[16];
	char *to = text;
	int length = snprintf(digits, sizeof digits, "%lld", (long long)(ore / 100));

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = '.';
		*to++ = digits[i];
	}
	snprintf(to, 4, ",%02u", (unsigned)(ore % 100) % 100);
	return text;
}

static const struct line *
line_of(int version, int i)
{
	return version == 2 && i == SCAFFOLD ? &shared_scaffold : &lines[i];
}

/* The sum of all lines, which must be what the portal is told. */
static int64_t
total(int version)
{
	int64_t sum = 0;

	for (int i = 0; i < LINES; i++)
		sum += line_of(version, i)->quantity * line_of(version, i)->price;
	if (sum != totals[version - 1])
		abort();
	return sum;
}

/* Two gables, one behind the other. SIZE is the height. */
static void
logo(struct canvas *canvas, double x, double y, double size)
{
	cairo_t *cairo = canvas->cairo;

	cairo_save(cairo);
	cairo_translate(cairo, x, y);
	cairo_scale(cairo, size / 40, size / 40);
	cairo_set_line_width(cairo, 6);
	cairo_set_line_join(cairo, CAIRO_LINE_JOIN_MITER);
	canvas_ink(canvas, TILE);
	cairo_move_to(cairo, 22, 21.5);
	cairo_line_to(cairo, 38, 5.5);
	cairo_line_to(cairo, 60, 27.5);
	cairo_stroke(cairo);
	canvas_ink(canvas, WHITE);
	cairo_move_to(cairo, 2, 36);
	cairo_line_to(cairo, 22, 16);
	cairo_line_to(cairo, 42, 36);
	cairo_stroke(cairo);
	cairo_restore(cairo);
}

/* Rows of tiles, fading towards the left. */
static void
tiles(struct canvas *canvas, double height)
{
	const double size = 15;
	cairo_pattern_t *fade = cairo_pattern_create_linear(WIDTH * .36, 0, WIDTH, 0);

	cairo_pattern_add_color_stop_rgba(fade, 0, 1, 1, 1, 0);
	cairo_pattern_add_color_stop_rgba(fade, 1, 1, 1, 1, .09);
	cairo_save(canvas->cairo);
	cairo_rectangle(canvas->cairo, 0, 0, WIDTH, height);
	cairo_clip(canvas->cairo);
	cairo_set_source(canvas->cairo, fade);
	cairo_set_line_width(canvas->cairo, .8);
	for (int row = -1; row * size * .8 < height; row++)
		for (double x = WIDTH * .36 + (row & 1 ? size / 2 : 0); x < WIDTH + size; x += size) {
			cairo_new_sub_path(canvas->cairo);
			cairo_arc(canvas->cairo, x, row * size * .8, size / 2, 0, M_PI);
		}
	cairo_stroke(canvas->cairo);
	cairo_restore(canvas->cairo);
	cairo_pattern_destroy(fade);
}

static void
band(struct canvas *canvas, double height)
{
	canvas_ink(canvas, PETROL);
	cairo_rectangle(canvas->cairo, 0, 0, WIDTH, height);
	cairo_fill(canvas->cairo);
	tiles(canvas, height);
	canvas_ink(canvas, TILE);
	cairo_rectangle(canvas->cairo, 0, height, WIDTH, 3);
	cairo_fill(canvas->cairo);
}

static void
first_band(struct canvas *canvas)
{
	band(canvas, 104);
	logo(canvas, LEFT, 36, 32);
	canvas_text(canvas, MARK, TO_LEFT, LEFT + 58, 38, 0, "Nordtag");
	canvas_text(canvas, ON_DARK, TO_RIGHT, RIGHT, 34, 0, "Nordtag ApS · CVR 12 34 56 78");
	canvas_text(canvas, ON_DARK, TO_RIGHT, RIGHT, 46, 0, "Håndværkervej 12, 8000 Aarhus C");
	canvas_text(canvas, ON_DARK, TO_RIGHT, RIGHT, 58, 0, "tilbud@nordtag.example");
}

static void
second_band(struct canvas *canvas)
{
	band(canvas, 54);
	logo(canvas, LEFT, 18, 19);
	canvas_text(canvas, ON_DARK, TO_RIGHT, RIGHT, 22, 0, "Tilbud 2026-0117 · Tagrenovering · Jensen Byg A/S");
}

static void
foot(struct canvas *canvas, const char *page)
{
	canvas_rule(canvas, LINE, .6, LEFT, RIGHT, FOOT);
	canvas_text(canvas, SMALL, TO_LEFT, LEFT, FOOT + 9, 0, "Nordtag ApS · Håndværkervej 12 · 8000 Aarhus C · CVR 12 34 56 78");
	canvas_text(canvas, SMALL, TO_RIGHT, RIGHT, FOOT + 9, 0, page);
}

/* Title, customer and the facts beside each other; gives where to go on. */
static double
opening(struct canvas *canvas)
{
	const double column = 350;
	double y = 138;

	canvas_text(canvas, TITLE, TO_LEFT, LEFT - 1, y - 4, 0, "Tilbud på nyt tag");
	canvas_text(canvas, LABEL, TO_LEFT, LEFT, y + 50, 0, "TIL");
	canvas_text(canvas, STRONG, TO_LEFT, LEFT, y + 61, 0, "Jensen Byg A/S");
	canvas_text(canvas, BODY, TO_LEFT, LEFT, y + 74, 0, "Att. Mette Jensen");
	for (size_t i = 0; i < COUNT(facts); i++) {
		double row = y - 6 + 25.5 * (double)i;

		if (i)
			canvas_rule(canvas, LINE, .6, column, RIGHT, row);
		canvas_text(canvas, LABEL, TO_LEFT, column, row + 9, 0, facts[i].name);
		canvas_text(canvas, STRONG, TO_RIGHT, RIGHT, row + 7, 0, facts[i].text);
	}
	return y + 118;
}

static const double QUANTITY = 348, UNIT = 354, PRICE = 446;

static double
table_head(struct canvas *canvas, double y)
{
	canvas_text(canvas, LABEL, TO_LEFT, LEFT, y, 0, "YDELSE");
	canvas_text(canvas, LABEL, TO_RIGHT, QUANTITY, y, 0, "ANTAL");
	canvas_text(canvas, LABEL, TO_LEFT, UNIT, y, 0, "ENHED");
	canvas_text(canvas, LABEL, TO_RIGHT, PRICE, y, 0, "ENHEDSPRIS");
	canvas_text(canvas, LABEL, TO_RIGHT, RIGHT, y, 0, "BELØB, KR.");
	canvas_rule(canvas, PETROL, 1.2, LEFT, RIGHT, y + 14);
	return y + 14;
}

static double
table_row(struct canvas *canvas, const struct line *line, double y)
{
	char text[24];

	canvas_text(canvas, STRONG, TO_LEFT, LEFT, y + 5.5, 0, line->title);
	canvas_text(canvas, SMALL, TO_LEFT, LEFT, y + 18, 0, line->note);
	snprintf(text, sizeof text, "%d", line->quantity);
	canvas_text(canvas, BODY, TO_RIGHT, QUANTITY, y + 5.5, 0, text);
	canvas_text(canvas, BODY, TO_LEFT, UNIT, y + 5.5, 0, line->unit);
	canvas_text(canvas, BODY, TO_RIGHT, PRICE, y + 5.5, 0, money(line->price, text));
	canvas_text(canvas, BODY, TO_RIGHT, RIGHT, y + 5.5, 0, money(line->quantity * line->price, text));
	canvas_rule(canvas, LINE, .6, LEFT, RIGHT, y + 33);
	return y + 33;
}

static void
sums(struct canvas *canvas, int version, double y)
{
	const double x = 300;
	int64_t net = total(version), vat = net / 4;
	char text[24];

	canvas_text(canvas, STRONG, TO_LEFT, x + 12, y, 0, "I alt ekskl. moms");
	canvas_text(canvas, STRONG, TO_RIGHT, RIGHT - 12, y, 0, money(net, text));
	canvas_text(canvas, BODY, TO_LEFT, x + 12, y + 16, 0, "Moms 25 %");
	canvas_text(canvas, BODY, TO_RIGHT, RIGHT - 12, y + 16, 0, money(vat, text));
	canvas_box(canvas, PETROL, x, y + 36, RIGHT - x, 32, 4);
	canvas_text(canvas, SUM, TO_LEFT, x + 12, y + 45, 0, "I alt inkl. moms");
	char sum[32];

	snprintf(sum, sizeof sum, "%s kr.", money(net + vat, text));
	canvas_text(canvas, SUM, TO_RIGHT, RIGHT - 12, y + 45, 0, sum);
}

static void
first_page(struct canvas *canvas, int version)
{
	first_band(canvas);
	double y = opening(canvas);

	y += canvas_text(canvas, BODY, TO_LEFT, LEFT, y, RIGHT - LEFT, intro);
	y = table_head(canvas, y + 18);
	for (int i = 0; i < LINES; i++)
		y = table_row(canvas, line_of(version, i), y);
	sums(canvas, version, y + 12);
	foot(canvas, "Side 1 af 2");
}

/* Name on the left, text on the right, for every pair; gives where to go on. */
static double
pairs(struct canvas *canvas, const struct pair *list, size_t count, double y)
{
	const double column = 170;

	for (size_t i = 0; i < count; i++) {
		canvas_text(canvas, STRONG, TO_LEFT, LEFT, y, 0, list[i].name);
		y += canvas_text(canvas, BODY, TO_LEFT, column, y, RIGHT - column, list[i].text) + 8;
	}
	return y;
}

/* A heading over its line; gives where to go on. */
static double
heading(struct canvas *canvas, double y, const char *text)
{
	canvas_text(canvas, HEADING, TO_LEFT, LEFT, y, 0, text);
	canvas_rule(canvas, PETROL, 1.2, LEFT, RIGHT, y + 19);
	return y + 28;
}

static double
payment_plan(struct canvas *canvas, int version, double y)
{
	int64_t due = total(version) / 4 * 5;
	char text[24], percent[8];

	for (size_t i = 0; i < COUNT(instalments); i++) {
		const struct instalment *rate = &instalments[i];

		snprintf(percent, sizeof percent, "%d %%", rate->percent);
		canvas_text(canvas, STRONG, TO_LEFT, LEFT, y, 0, rate->when);
		canvas_text(canvas, BODY, TO_LEFT, 170, y, 0, rate->what);
		canvas_text(canvas, BODY, TO_RIGHT, PRICE, y, 0, percent);
		canvas_text(canvas, BODY, TO_RIGHT, RIGHT, y, 0, money(due * rate->percent / 100, text));
		canvas_rule(canvas, LINE, .6, LEFT, RIGHT, y + 17);
		y += 23;
	}
	canvas_text(canvas, SMALL, TO_LEFT, LEFT, y, 0, "Beløb i kroner inkl. moms. Faktura sendes, når hver rate forfalder.");
	return y + 38;
}

static void
how_to_accept(struct canvas *canvas, double y)
{
	canvas_box(canvas, MIST, LEFT, y, RIGHT - LEFT, 96, 5);
	canvas_box(canvas, TILE, LEFT, y, 4, 96, 2);
	canvas_text(canvas, HEADING, TO_LEFT, LEFT + 22, y + 16, 0, "Sådan siger I ja");
	canvas_text(canvas, BODY, TO_LEFT, LEFT + 22, y + 36, RIGHT - LEFT - 44,
	    "Åbn linket i mailen, læs tilbuddet, og vælg »Accepter tilbud«. I får straks en kvittering, og vi ringer inden for "
	    "to arbejdsdage for at aftale opstart. Har I spørgsmål, så skriv til os samme sted.");
	canvas_text(canvas, SMALL, TO_LEFT, LEFT + 22, y + 69, 0, "Tilbuddet gælder til og med 31. december 2026.");
}

static void
second_page(struct canvas *canvas, int version)
{
	second_band(canvas);
	double y = heading(canvas, 92, "Tidsplan");

	y = pairs(canvas, schedule, COUNT(schedule), y);
	y = payment_plan(canvas, version, heading(canvas, y + 18, "Betaling"));
	y = pairs(canvas, terms, COUNT(terms), heading(canvas, y, "Vilkår"));
	how_to_accept(canvas, y + 14);
	canvas_text(canvas, BODY, TO_LEFT, LEFT, y + 132, 0, "Med venlig hilsen");
	canvas_text(canvas, STRONG, TO_LEFT, LEFT, y + 146, 0, "Nordtag ApS");
	foot(canvas, "Side 2 af 2");
}

static bool
write_pdf(const char *path, int version)
{
	cairo_surface_t *surface = cairo_pdf_surface_create(path, WIDTH, HEIGHT);
	struct canvas canvas;

	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, "Tilbud på nyt tag");
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, "Nordtag ApS");
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, "Tilbud 2026-0117 til Jensen Byg A/S");
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2026-11-23T09:00:00+01:00");
	canvas_begin(&canvas, surface, styles, STYLES);
	first_page(&canvas, version);
	cairo_show_page(canvas.cairo);
	second_page(&canvas, version);
	cairo_show_page(canvas.cairo);
	canvas_end(&canvas);
	cairo_status_t status = cairo_surface_status(surface);

	cairo_surface_destroy(surface);
	pango_cairo_font_map_set_default(NULL); /* or it counts as a leak */
	if (status)
		fprintf(stderr, "sample-quote: %s: %s\n", path, cairo_status_to_string(status));
	return !status;
}

int
main(int argc, char **argv)
{
	int version = argc == 4 && !strcmp(argv[2], "--version") ? atoi(argv[3]) : 1;

	if ((argc != 2 && argc != 4) || version < 1 || version > (int)COUNT(totals)) {
		fputs("usage: sample-quote OUT.pdf [--version 1|2]\n", stderr);
		return 64;
	}
	return write_pdf(argv[1], version) ? 0 : 1;
}
