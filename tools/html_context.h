/* Where in an HTML document one stands: follows the literal text of a template, so that the compiler can
 * tell which kinds of output are safe there. It knows the HTML that templates are written in, not all of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { HTML_NAME_MAX = 32 };

struct html_context {
	enum html_place {
		HTML_TEXT,        /* between tags */
		HTML_TAG,         /* in a tag: its name or an attribute's name */
		HTML_BEFORE_VALUE, /* after the '=' */
		HTML_UNQUOTED,    /* in a value without quotes */
		HTML_QUOTED,      /* in a quoted value */
		HTML_RAW,         /* inside <script> or <style> */
	} place;
	char quote;
	char tag[HTML_NAME_MAX];       /* the tag's name, with '/' in front where it closes */
	char attribute[HTML_NAME_MAX]; /* the attribute's name, in lower case */
	int verbatim;                  /* open <pre> and <textarea> elements: white space counts */
};

/* Moves over one character. What is refused in any template comes back as a complaint, else NULL. */
const char *html_advance(struct html_context *html, char c);

bool html_same(const struct html_context *a, const struct html_context *b);

/* Why output cannot stand here, or NULL. URL: the output is a URL or a part of one. */
const char *html_refuses(const struct html_context *html, bool url);
