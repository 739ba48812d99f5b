/* What a request says about itself. */
#include "request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *
request_parameter(const struct request *request, const char *name)
{
	size_t length = strlen(name);

	for (char **entry = request->environment; entry && *entry; entry++)
		if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
			return *entry + length + 1;
	return NULL;
}

const char *
request_header(const struct request *request, const char *name)
{
	char parameter[64] = "HTTP_";
	size_t length = 5;

	if (!strcasecmp(name, "Content-Type"))
		return request_parameter(request, "CONTENT_TYPE");
	for (; *name && length < sizeof parameter - 1; name++)
		parameter[length++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	return request_parameter(request, parameter);
}

const struct problem *
request_form(struct request *request, struct form **form)
{
	const char *type = request_header(request, "Content-Type");

	if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33))
		return problem_new(request->arena, PROBLEM_unsupported_media_type, "a form is expected");
	return form_parse(request->arena, (const char *)request->body, request->body_size, 30, form);
}

/* Names that mail scanners, link previews and crawlers give themselves. "bot" alone would hit the phones
 * of a maker called Cubot. */
static bool
named_like_scanner(const char *agent)
{
	static const char *const parts[] = {"bot/", "bot-", "bot;", "bot)", "crawl", "spider", "preview", "scan", "safelinks", "facebookexternalhit",
	    "slurp", "proofpoint", "mimecast", "barracuda", "headlesschrome", "python-requests", "go-http-client", "whatsapp", "skypeuripreview"};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcasestr(agent, parts[i]))
			return true;
	return false;
}

bool
request_by_scanner(const struct request *request)
{
	const char *agent = request_header(request, "User-Agent");
	const char *purpose = request_header(request, "Sec-Purpose");

	if (!purpose)
		purpose = request_header(request, "Purpose");
	if (purpose && (strcasestr(purpose, "prefetch") || strcasestr(purpose, "preview")))
		return true;
	return !agent || !*agent || named_like_scanner(agent);
}

const char *
request_link_path(const struct request *request)
{
	return arena_printf(request->arena, "/d/%s", request->arguments[0]);
}

void
request_language_choose(struct request *request, const char *tag)
{
	if (!tag || (strcmp(tag, "da") != 0 && strcmp(tag, "en") != 0))
		return;
	request->language_asked = tag;
	request->language = language_parse(tag, request->language);
}
