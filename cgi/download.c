/* download: the bytes behind a link. nginx sends them itself; this only decides and records. */
#include <string.h>

#include "link.h"
#include "serve.h"
#include "templates.h"

/* A download starts at the first byte and is asked for by GET and by no scanner. */
static bool
person_starts(const struct request *request)
{
	const char *range = request_header(request, "Range");

	return !strcmp(request->method, "GET") && (!range || !strncmp(range, "bytes=0-", 8)) &&
	    !request_by_scanner(request);
}

static const struct problem *
send_file(struct request *request, const char *what, const char *n, bool viewed_inline)
{
	struct link_file file;

	TRY(link_file(request, what, n, person_starts(request), &file));
	if (file.withdrawn)
		reply_see_other(request, request_link_path(request)); /* the page says so */
	else
		reply_file(request, file.tenant_id, file.sha256, file.type, file.name, viewed_inline);
	return NULL;
}

/* GET /d/{token}/file: the PDF for the viewer; range requests work; records nothing. */
static const struct problem *
view_file(struct request *request)
{
	return send_file(request, "file", NULL, true);
}

/* GET /d/{token}/download: the PDF to keep. Records `downloaded` once a contact and version. */
static const struct problem *
download(struct request *request)
{
	return send_file(request, "download", NULL, false);
}

/* GET /d/{token}/attachments/{n}: records `attachment_downloaded` once a contact, version and number. */
static const struct problem *
attachment(struct request *request)
{
	const char *n = request->arguments[1];

	if (strspn(n, "0123456789") != strlen(n) || strlen(n) > 3)
		return problem_new(request->arena, PROBLEM_not_found, "there is no such attachment");
	return send_file(request, "attachment", n, false);
}

/* GET /d/{token}/logo: the sender's logo. Records nothing. */
static const struct problem *
logo(struct request *request)
{
	return send_file(request, "logo", NULL, true);
}

/* Instead of the receipt: why it is not there. */
static void
receipt_lacks(struct request *request, int status, enum word heading, enum word text)
{
	struct notice_page page = {
	    .page = {.language = request->language, .title = word(request->language, heading)},
	    .heading = word(request->language, heading), .text = word(request->language, text),
	    .back_path = request_link_path(request),
	};

	template_notice(reply_html(request, status), &page);
	if (status == 503)
		reply_header(request, "Retry-After", "5");
}

/* GET /d/{token}/receipt: the receipt of what was accepted last, for who accepted, others who could have, and the sender;
 * 503 with Retry-After while it is being made, 404 where it could not be. Records nothing. */
static const struct problem *
receipt(struct request *request)
{
	struct link_receipt found;

	TRY(link_receipt(request, &found));
	if (found.withdrawn)
		reply_see_other(request, request_link_path(request));
	else if (found.sha256)
		reply_file(request, found.tenant_id, found.sha256, "application/pdf", found.name, false);
	else if (found.making)
		receipt_lacks(request, 503, WORD_receipt_waiting_heading, WORD_receipt_waiting_text);
	else
		receipt_lacks(request, 404, WORD_receipt_failed_heading, WORD_mail_receipt_failed);
	return NULL;
}

static const struct route routes[] = {
    {"GET", "/d/{token}/logo", AUTH_LINK, 0, logo},
    {"GET", "/d/{token}/file", AUTH_LINK, 0, view_file},
    {"GET", "/d/{token}/download", AUTH_LINK, 0, download},
    {"GET", "/d/{token}/attachments/{n}", AUTH_LINK, 0, attachment},
    {"GET", "/d/{token}/receipt", AUTH_LINK, 0, receipt},
    {0},
};

int
main(int argc, char **argv)
{
	static const struct service service = {
	    .name = "download", .role = "portal_customer", .routes = routes,
	    .needs = CONFIG_SECRETS | CONFIG_BASE_URL};

	return serve(&service, argc, argv);
}
