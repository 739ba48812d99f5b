/* Documents as the API shows them. */
#include "sender.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "token.h"

static const char *
link_url(struct request *request, const char *token_id)
{
	const char *token = token_id ? link_token(request->arena, request->secrets, token_id) : NULL;

	return token ? arena_printf(request->arena, "%s/d/%s", request->config->base_url, token) : NULL;
}

/* Where the tenant has contacts' links returned, they come as their public halves too. */
static void
contact_links(struct request *request, struct json_object *contacts)
{
	for (size_t i = 0; contacts && i < json_object_array_length(contacts); i++) {
		struct json_object *contact = json_object_array_get_idx(contacts, i);
		const char *url = link_url(request, json_text(contact, "link"));

		if (url)
			json_object_object_add(contact, "link", json_object_new_string(url));
	}
}

void
sender_links(struct request *request, struct json_object *document)
{
	static const char *const kinds[] = {"public", "preview"};
	struct json_object *tokens = json_member(document, "links"), *links = json_object_new_object();

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *url = link_url(request, json_text(tokens, kinds[i]));

		json_object_object_add(links, kinds[i], url ? json_object_new_string(url) : NULL);
	}
	json_object_object_add(document, "links", links);
	contact_links(request, json_member(document, "contacts"));
	json_object_object_del(document, "revision");
}

static const char *
etag_of(struct request *request, struct json_object *object)
{
	return arena_printf(request->arena, "\"%lld\"", (long long)json_integer(object, "revision", 0));
}

void
sender_reply_settings(struct request *request, int status, struct json_object *settings)
{
	const char *etag = etag_of(request, settings);

	json_object_object_del(settings, "revision");
	reply_json(request, status, settings);
	reply_header(request, "ETag", etag);
}

void
sender_reply_document(struct request *request, int status, const char *result, struct json_object *document)
{
	const char *etag = etag_of(request, document);

	sender_links(request, document);
	if (result) {
		struct json_object *answer = json_object_new_object();

		json_object_object_add(answer, "result", json_object_new_string(result));
		json_object_object_foreach(document, name, value)
			json_object_object_add(answer, name, json_object_get(value));
		reply_json(request, status, answer);
		json_object_put(answer);
	} else {
		reply_json(request, status, document);
	}
	reply_header(request, "ETag", etag);
}

/* The end of the entity tag at TEXT (RFC 9110, section 8.8.3), or NULL where there is none. */
static const char *
tag_end(const char *text)
{
	if (!strncmp(text, "W/", 2))
		text += 2;
	if (*text++ != '"')
		return NULL;
	while (*text && *text != '"')
		text++;
	return *text ? text + 1 : NULL;
}

/* The tags of HEADER that are revisions of ours, as 3,4; NULL where it is no list of tags. A weak tag or somebody
 * else's matches nothing. */
static const char *
revisions_listed(struct arena *arena, const char *header)
{
	struct buf list = buf_new(arena, 0);
	const char *end;

	for (const char *tag = header; *(tag += strspn(tag, " \t,")); tag = end) {
		end = tag_end(tag);
		if (!end || (end[strspn(end, " \t")] && end[strspn(end, " \t")] != ','))
			return NULL;

		size_t digits = strspn(tag + 1, "0123456789");

		if (digits && tag + digits + 2 == end)
			buf_printf(&list, "%s%.*s", list.length ? "," : "", (int)digits, tag + 1);
	}
	return list.bytes;
}

const struct problem *
sender_if_match(struct request *request, const char **revisions)
{
	const char *header = request_header(request, "If-Match");

	*revisions = header;
	if (!header || !strcmp(header, "*"))
		return NULL;
	*revisions = revisions_listed(request->arena, header);
	return *revisions && **revisions ? NULL
	    : problem_new(request->arena, PROBLEM_precondition_failed, "If-Match names no ETag of ours, as in \"3\"");
}

const struct problem *
sender_not_found(struct request *request, const char *what)
{
	return problem_new(request->arena, PROBLEM_not_found, "there is no such %s", what);
}

const struct problem *
sender_id(struct request *request, const char *what, const char **id)
{
	*id = request->arguments[0];
	return uuid_valid(*id) ? NULL : sender_not_found(request, what);
}

const struct problem *
sender_parameter_refused(struct request *request, const char *name, const char *detail)
{
	struct problem *problem = NULL;

	problem_add(request->arena, &problem, name, "%s", detail);
	return problem;
}

const struct problem *
sender_query_check(struct request *request, const char *const *known)
{
	for (size_t i = 0; i < request->query->count; i++) {
		const char *const *name = known;

		while (*name && strcmp(*name, request->query->names[i]) != 0)
			name++;
		if (!*name)
			return sender_parameter_refused(request, request->query->names[i], "is no query parameter here");
	}
	return NULL;
}
