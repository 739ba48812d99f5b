/* Webhooks by HTTP POST: the request, the rule on addresses, the bounded answer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "transfer_private.h"

static bool
may_connect(struct transfer *transfer, const struct sockaddr *address)
{
	const struct network_rules *rules = &transfer->owner->rules;
	const char *fault = NULL;
	char text[NETWORK_TEXT];

	if (!network_allowed(rules, address))
		fault = "is not a public address";
	else if (!transfer->webhook.encrypted && !network_listed(rules, address))
		fault = "is only reached by https";
	if (fault)
		snprintf(transfer->webhook.note, sizeof transfer->webhook.note, "%s %s", network_text(address, text), fault);
	else
		*transfer->webhook.note = '\0';
	return !fault;
}

/* Opens the socket to the address that was resolved, or refuses it. Judging here and not by name leaves no gap in which
 * a name could change its address. */
static curl_socket_t
open_socket(void *transfer, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	if (!may_connect(transfer, &address->addr))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
take_body(char *bytes, size_t one, size_t size, void *data)
{
	struct transfer *transfer = data;

	(void)one;
	transfer_answer(transfer, bytes, size);
	transfer->webhook.received += size;
	if (transfer->webhook.received <= BODY_LIMIT)
		return size;
	transfer->webhook.cut = true;
	return 0;
}

/* What a redirect, which we do not follow, says. */
static const char *
redirect_answer(struct transfer *transfer)
{
	char *location = NULL;

	curl_easy_getinfo(transfer->curl, CURLINFO_REDIRECT_URL, &location);
	snprintf(transfer->webhook.note, sizeof transfer->webhook.note, "redirect to %.*s is not followed",
	    ANSWER_LIMIT, location ? location : "nowhere");
	return transfer->webhook.note;
}

static void
webhook_finish(struct transfer *transfer, CURLcode code, struct transfer_result *result)
{
	bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer->webhook.cut);

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &result->status);
	result->ok = answered && result->status / 100 == 2;
	result->permanent = answered && result->status == 410;
	if (answered)
		result->answer = result->status / 100 == 3 ? redirect_answer(transfer) : transfer->answer;
	else if (code == CURLE_COULDNT_CONNECT && *transfer->webhook.note)
		result->answer = transfer->webhook.note;
	else
		result->answer = transfer_error(transfer, code);
}

static void
add_header(struct transfer *transfer, const char *name, const char *value)
{
	char line[1024];

	snprintf(line, sizeof line, "%s: %s", name, value);
	transfer_list_add(transfer, line);
}

static void
add_headers(struct transfer *transfer, const struct webhook_request *request)
{
	char timestamp[24];

	snprintf(timestamp, sizeof timestamp, "%" PRId64, request->timestamp);
	add_header(transfer, "Content-Type", "application/json");
	add_header(transfer, "webhook-id", request->id);
	add_header(transfer, "webhook-timestamp", timestamp);
	add_header(transfer, "webhook-signature", request->signature);
	/* Spares the round trip in which the receiver would be asked whether it wants the body. */
	transfer_list_add(transfer, "Expect:");
	curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, transfer->list);
}

void
transfer_webhook_start(struct transfer *transfer, const struct webhook_request *request)
{
	const struct transfer_settings *settings = &transfer->owner->settings;

	transfer->finish = webhook_finish;
	transfer->webhook.encrypted = !strncasecmp(request->url, "https://", strlen("https://"));
	transfer_prepare(transfer, "http,https", settings->webhook_connect_timeout, settings->webhook_timeout);

	CURL *curl = transfer->curl;

	add_headers(transfer, request);
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, request->user_agent);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
}
