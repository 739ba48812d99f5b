/* Who asks: API keys, link tokens, and forms that come from our own pages. */
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "access.h"
#include "json.h"
#include "serve.h"
#include "token.h"

static const struct problem *
key_check(struct request *request)
{
	const char *header = request_header(request, "Authorization");
	struct json_object *key = NULL;
	const char *hash = header && !strncasecmp(header, "Bearer ", 7) ? api_key_hash(request->arena, header + 7) : NULL;

	if (hash)
		TRY(db_json(request->db, request->arena, STATEMENT_sender_authenticate, &key, hash));
	if (!key)
		return problem_new(request->arena, PROBLEM_unauthorized,
		    "send a valid API key as `Authorization: Bearer dp_…`");
	request->tenant_id = json_text(key, "tenant_id");
	request->key_id = json_text(key, "key_id");
	if (request->route->auth == AUTH_WRITE && strcmp(json_text(key, "scope"), "write") != 0)
		return problem_new(request->arena, PROBLEM_forbidden, "this key has the scope `read`; `write` is needed");
	return NULL;
}

/* A token that we did not make costs one HMAC and no database work. */
static const struct problem *
link_check(struct request *request)
{
	if (!link_token_check(request->secrets, request->arguments[0], request->token_id))
		return problem_new(request->arena, PROBLEM_not_found, "there is no such link");

	const char *cookie = cookie_get(request->arena, request_header(request, "Cookie"), "code");

	if (cookie)
		request->generation = access_cookie_check(request->arena, request->secrets, request->token_id, cookie);
	return NULL;
}

/* Browsers say where a form comes from; another site's form is refused (cross-site request forgery). Programs say
 * nothing. Browsers too old to say it do not send our cookies along, which are SameSite=Lax. */
static const struct problem *
origin_check(struct request *request)
{
	const char *origin = request_header(request, "Origin"), *site = request_header(request, "Sec-Fetch-Site");

	if (strcmp(request->method, "POST") != 0)
		return NULL;
	if ((!origin || !strcmp(origin, request->config->base_url)) &&
	    (!site || !strcmp(site, "same-origin") || !strcmp(site, "none")))
		return NULL;
	return problem_new(request->arena, PROBLEM_forbidden, "the form was sent from another site");
}

/* Whose session it is, and whether there is one at all, the database knows. */
static void
session_read(struct request *request)
{
	const char *cookie = cookie_get(request->arena, request_header(request, "Cookie"), "session");

	if (cookie)
		request->session = browser_secret_hash(request->arena, cookie);
}

const struct problem *
authorise(struct request *request)
{
	switch (request->route->auth) {
	case AUTH_READ:
	case AUTH_WRITE:
		return key_check(request);
	case AUTH_LINK:
		TRY(link_check(request));
		return origin_check(request);
	case AUTH_BROWSER:
		session_read(request);
		return origin_check(request);
	case AUTH_NONE:
		break;
	}
	return NULL;
}
