/* GET and POST /verify: is this PDF the accepted version of a quote, and when was it accepted? */
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "multipart.h"
#include "templates.h"
#include "view.h"

enum { PARTS_MOST = 10, FORM_MOST = 64 * 1024, MATCHES_MOST = 10, PDF_START = 1024 };

static const struct problem *
reply_check(struct request *request, const struct check_page *page)
{
	bool fine = page->state != CHECK_NO_FILE && page->state != CHECK_NO_PDF && page->state != CHECK_NO_SHA256;

	template_check(reply_html(request, fine ? 200 : 422), page);
	return NULL;
}

static struct check_page
check_page_new(struct request *request, enum check_state state)
{
	return (struct check_page){
	    .page = {.language = request->language, .title = word(request->language, WORD_check_title)}, .state = state};
}

static const struct problem *
reply_state(struct request *request, enum check_state state)
{
	struct check_page page = check_page_new(request, state);

	return reply_check(request, &page);
}

static void
matches_read(struct request *request, struct json_object *answer, struct check_page *page)
{
	size_t count = json_object_array_length(answer);
	struct check_match *matches = arena_alloc(request->arena, (count + 1) * sizeof *matches);

	for (size_t i = 0; i < count; i++) {
		struct json_object *match = json_object_array_get_idx(answer, i);

		matches[i].receipt = page_is(json_text(match, "what"), "receipt");
		matches[i].sender_name = json_text(match, "sender_name");
		matches[i].at = json_text(match, "at");
		matches[i].utc = json_text(match, "utc");
		matches[i].time_zone = json_text(match, "time_zone");
		matches[i].name = json_text(match, "name");
	}
	page->matches = matches;
	page->match_count = count;
}

/* Answers for bytes with this hash. OF_FILE: their holder has them here, and did not only follow a link. */
static const struct problem *
reply_answer(struct request *request, const char *sha256, bool of_file)
{
	struct json_object *answer = NULL;
	struct check_page page = check_page_new(request, CHECK_ANSWERED);

	TRY(db_json(request->db, request->arena, STATEMENT_customer_verify, &answer, sha256));
	page.page.check_sha256 = sha256;
	page.of_file = of_file;
	matches_read(request, answer, &page);
	return reply_check(request, &page);
}

/* A hash as people paste it: blanks around it and capitals do not count. NULL when it is none. */
static const char *
sha256_given(struct request *request, const char *text)
{
	unsigned char bytes[SHA256_BYTES];
	char *sha256;

	text += strspn(text, " \t\r\n");
	sha256 = arena_strndup(request->arena, text, strcspn(text, " \t\r\n"));
	if (!hex_decode(sha256, bytes, sizeof bytes))
		return NULL;
	hex_encode(bytes, sizeof bytes, sha256);
	return sha256;
}

static const struct problem *
answer_given(struct request *request, const char *text, bool of_file)
{
	const char *sha256 = sha256_given(request, text);

	return sha256 ? reply_answer(request, sha256, of_file) : reply_state(request, CHECK_NO_SHA256);
}

/* GET /verify?sha256=: the page, and with a hash, as a receipt's QR code brings it, its answer. 200, or 422 for what
 * is no hash. */
const struct problem *
show_check(struct request *request)
{
	const char *text = form_get(request->query, "sha256");

	return text ? answer_given(request, text, false) : reply_state(request, CHECK_ASKED);
}

static const struct problem *
check_upload(struct request *request)
{
	struct part *parts = NULL;
	size_t count = 0;
	char sha256[SHA256_HEX];

	TRY(multipart_parse(request->arena, request_header(request, "Content-Type"), request->body, request->body_size,
	    PARTS_MOST, &parts, &count));
	for (size_t i = 0; i < count; i++) {
		size_t start = parts[i].size < PDF_START ? parts[i].size : PDF_START;

		if (!page_is(parts[i].name, "file") || !parts[i].size)
			continue;
		if (!memmem(parts[i].bytes, start, "%PDF-", 5))
			return reply_state(request, CHECK_NO_PDF);
		sha256_hex(parts[i].bytes, parts[i].size, sha256);
		return reply_answer(request, sha256, true);
	}
	return reply_state(request, CHECK_NO_FILE);
}

/* POST /verify: a PDF (multipart `file`), which is hashed and not kept, or what the page's script made of one, the
 * field `sha256`. 200, or 422 for what is no PDF or no hash. */
const struct problem *
check_pdf(struct request *request)
{
	const char *type = request_header(request, "Content-Type"), *text;
	struct form *form = NULL;

	if (type && !strncasecmp(type, "multipart/form-data", 19))
		return check_upload(request);
	if (request->body_size > FORM_MOST)
		return problem_new(request->arena, PROBLEM_too_large, "a form has at most %d bytes", FORM_MOST);
	TRY(request_form(request, &form));
	text = form_get(form, "sha256");
	return answer_given(request, text ? text : "", true);
}
