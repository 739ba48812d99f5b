/* Where in an HTML document one stands. */
#include "html_context.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
name_add(char *name, char c)
{
	size_t length = strlen(name);

	if (length + 1 < HTML_NAME_MAX) {
		name[length] = (char)tolower((unsigned char)c);
		name[length + 1] = '\0';
	}
}

static bool
one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static const char *
tag_closed(struct html_context *html)
{
	static const char *const raw[] = {"script", "style", NULL};
	static const char *const verbatim[] = {"pre", "textarea", NULL};

	html->place = one_of(html->tag, raw) ? HTML_RAW : HTML_TEXT;
	if (one_of(html->tag, verbatim))
		html->verbatim++;
	else if (*html->tag == '/' && one_of(html->tag + 1, verbatim))
		html->verbatim--;
	html->attribute[0] = '\0';
	if (html->place == HTML_TEXT)
		html->tag[0] = '\0';
	return NULL;
}

/* In a tag the name comes first; `attribute` is empty until a space has followed it. */
static const char *
tag_advance(struct html_context *html, char c)
{
	size_t length = strlen(html->attribute);

	if (c == '>')
		return tag_closed(html);
	if (c == '=') {
		html->place = HTML_BEFORE_VALUE;
		if (!strncmp(html->attribute, " on", 3))
			return "event handlers belong in a script file";
		return NULL;
	}
	if (is_space(c)) {
		strcpy(html->attribute, " ");
		return NULL;
	}
	if (length)
		name_add(html->attribute, c);
	else
		name_add(html->tag, c);
	return strcmp(html->tag, "!--") ? NULL : "write comments as {{! ... }}";
}

/* Raw text ends at </script or </style, whichever opened it. */
static void
raw_advance(struct html_context *html, char c)
{
	size_t matched = strlen(html->attribute), tag = strlen(html->tag);
	char expected = matched == 0 ? '<' : matched == 1 ? '/' : html->tag[matched - 2];

	if (tolower((unsigned char)c) != expected)
		strcpy(html->attribute, c == '<' ? "<" : "");
	else if (matched + 1 < tag + 2)
		name_add(html->attribute, c);
	else {
		html->place = HTML_TAG;
		html->tag[0] = '/';
		html->tag[1] = '\0';
		html->attribute[0] = '\0';
	}
}

const char *
html_advance(struct html_context *html, char c)
{
	switch (html->place) {
	case HTML_TEXT:
		if (c == '<') {
			html->place = HTML_TAG;
			html->tag[0] = html->attribute[0] = '\0';
		}
		break;
	case HTML_TAG:
		return tag_advance(html, c);
	case HTML_BEFORE_VALUE:
		if (c == '"' || c == '\'') {
			html->quote = c;
			html->place = HTML_QUOTED;
		} else if (!is_space(c))
			html->place = HTML_UNQUOTED;
		break;
	case HTML_UNQUOTED:
		if (is_space(c) || c == '>') {
			html->place = HTML_TAG;
			return tag_advance(html, c);
		}
		break;
	case HTML_QUOTED:
		if (c == html->quote) {
			html->place = HTML_TAG;
			strcpy(html->attribute, " ");
		}
		break;
	case HTML_RAW:
		raw_advance(html, c);
		break;
	}
	return NULL;
}

bool
html_same(const struct html_context *a, const struct html_context *b)
{
	return a->place == b->place && a->verbatim == b->verbatim &&
	    (a->place != HTML_QUOTED || (a->quote == b->quote && !strcmp(a->attribute, b->attribute)));
}

const char *
html_refuses(const struct html_context *html, bool url)
{
	static const char *const urls[] = {"href", "src", "action", "formaction", "data", "poster", "cite",
	    "ping", "srcset", "xlink:href", "background", "manifest", NULL};
	static const char *const never[] = {"style", "srcdoc", NULL};
	const char *attribute = html->attribute + (html->attribute[0] == ' ');

	switch (html->place) {
	case HTML_TEXT:
		return NULL;
	case HTML_QUOTED:
		if (one_of(attribute, never) || !strncmp(attribute, "on", 2))
			return "output in a style, srcdoc or on... attribute is never safe";
		if (one_of(attribute, urls) && !url)
			return "a URL is built with {{ path }}, {{ url }}, {{ asset }} or {{ number }} only";
		return NULL;
	case HTML_BEFORE_VALUE:
	case HTML_UNQUOTED:
		return "output in an attribute value needs quotes around the value";
	case HTML_RAW:
		return "output inside <script> or <style> is never safe";
	default:
		return "output inside a tag can only stand in a quoted attribute value";
	}
}
