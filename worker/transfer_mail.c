/* Mails by SMTP: the server's URL, the dialogue, and what its replies mean. */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer_private.h"

/* How long the server may take for one reply; RFC 5321 allows minutes after the body, but nobody waits that long. */
enum { REPLY_SECONDS = 60 };

/* --- the URL --- */

/* One part of the URL, percent-decoded, in ARENA; NULL when it is not there. */
static const char *
url_part(struct arena *arena, CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	const char *copy = arena_strdup(arena, text);

	curl_free(text);
	return copy;
}

static const char *
percent_decoded(struct arena *arena, const char *text)
{
	int length = 0;
	char *decoded = curl_easy_unescape(NULL, text, 0, &length);
	const char *copy = decoded && strlen(decoded) == (size_t)length ? arena_strdup(arena, decoded) : NULL;

	curl_free(decoded);
	return copy;
}

static const char *
tls_fault(struct smtp_server *server, bool implicit, const char *value)
{
	if (implicit)
		return "smtps:// takes no `tls`: it is always on";
	if (!strcmp(value, "required"))
		server->tls = CURLUSESSL_ALL;
	else if (!strcmp(value, "offered"))
		server->tls = CURLUSESSL_TRY;
	else if (!strcmp(value, "none"))
		server->tls = CURLUSESSL_NONE;
	else
		return "`tls` is required, offered or none";
	return NULL;
}

/* Reads "tls=…&cafile=…"; what is wrong with it, or NULL. */
static const char *
query_fault(struct arena *arena, struct smtp_server *server, bool implicit, const char *query)
{
	char *rest = arena_strdup(arena, query);

	for (char *item; (item = strsep(&rest, "&")) != NULL;) {
		const char *fault = NULL;

		if (!strncmp(item, "tls=", 4))
			fault = tls_fault(server, implicit, item + 4);
		else if (strncmp(item, "cafile=", 7))
			fault = "after the question mark only `tls` and `cafile` are known";
		else if (!(server->ca_file = percent_decoded(arena, item + 7)) || !*server->ca_file)
			fault = "`cafile` names no file";
		if (fault)
			return fault;
	}
	return NULL;
}

static const char *
credentials_fault(struct arena *arena, struct smtp_server *server, CURLU *url)
{
	server->user = url_part(arena, url, CURLUPART_USER, CURLU_URLDECODE);
	server->password = url_part(arena, url, CURLUPART_PASSWORD, CURLU_URLDECODE);
	if (!server->user != !server->password || (server->user && !*server->user))
		return "a user name and a password go together";
	return NULL;
}

/* Fills SERVER from URL; what is wrong with it, or NULL. */
static const char *
server_fault(struct arena *arena, struct smtp_server *server, CURLU *url)
{
	const char *scheme = url_part(arena, url, CURLUPART_SCHEME, 0);
	const char *query = url_part(arena, url, CURLUPART_QUERY, 0);
	bool implicit = scheme && !strcmp(scheme, "smtps");
	const char *fault;

	if (!implicit && (!scheme || strcmp(scheme, "smtp")))
		return "begins with smtp:// or smtps://";
	if (url_part(arena, url, CURLUPART_FRAGMENT, 0))
		return "holds a #, which is written %23";
	if ((fault = credentials_fault(arena, server, url)) != NULL)
		return fault;
	/* A password must not go out in clear only because somebody on the way removed the server's offer. */
	server->tls = implicit || server->user ? CURLUSESSL_ALL : CURLUSESSL_TRY;
	if (query && (fault = query_fault(arena, server, implicit, query)) != NULL)
		return fault;
	curl_url_set(url, CURLUPART_USER, NULL, 0);
	curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(url, CURLUPART_QUERY, NULL, 0);
	server->url = url_part(arena, url, CURLUPART_URL, 0);
	return server->url ? NULL : "is not a URL";
}

const struct problem *
smtp_server_parse(struct arena *problems, struct arena *arena, const char *url, struct smtp_server *server)
{
	CURLU *parsed = transfer_must(curl_url());
	struct problem *problem = NULL;
	const char *fault = "is not a URL";

	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK)
		fault = server_fault(arena, server, parsed);
	curl_url_cleanup(parsed);
	if (fault)
		problem_add(problems, &problem, "/smtp_url", "%s", fault);
	return problem;
}

/* --- sockets: curl waits for the answer to QUIT and lets everything else stand still meanwhile. Nobody needs it, so
 * reading is shut off first; for that the engine knows its sockets --- */

static curl_socket_t
open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfers *transfers = data;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)purpose;
	if (fd >= 0 && fd < FD_SETSIZE)
		FD_SET(fd, &transfers->smtp_sockets);
	return fd;
}

static int
close_socket(void *data, curl_socket_t fd)
{
	struct transfers *transfers = data;

	if (fd < FD_SETSIZE)
		FD_CLR(fd, &transfers->smtp_sockets);
	return close(fd);
}

static long
local_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return -1;
	/* The port stands at the same place in both families. */
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Reads no more on the connection with this local port, 0: on any. */
static void
stop_reading(const struct transfers *transfers, long port)
{
	for (int fd = 0; fd < FD_SETSIZE; fd++)
		if (FD_ISSET(fd, &transfers->smtp_sockets) && (!port || local_port(fd) == port))
			shutdown(fd, SHUT_RD);
}

/* curl tells a transfer's port, but not its socket, while it runs. */
static void
stop_reading_own(const struct transfer *transfer)
{
	long port = 0;

	if (curl_easy_getinfo(transfer->curl, CURLINFO_LOCAL_PORT, &port) == CURLE_OK && port > 0)
		stop_reading(transfer->owner, port);
}

void
transfer_mail_stop(struct transfers *transfers)
{
	stop_reading(transfers, 0);
}

/* --- the dialogue --- */

static bool
is_command(const char *bytes, size_t size, const char *command)
{
	return size >= strlen(command) && !memcmp(bytes, command, strlen(command));
}

/* Follows what we say by the words below only, with which no line of a password exchange (base64) can begin, and keeps
 * nothing of it. */
static void
follow_command(struct transfer *transfer, const char *bytes, size_t size)
{
	if (is_command(bytes, size, "QUIT\r\n")) {
		transfer->mail.closing = true;
		stop_reading_own(transfer);
		return;
	}
	transfer->mail.closing = false;
	if (is_command(bytes, size, "MAIL FROM:") || is_command(bytes, size, "RCPT TO:") ||
	    is_command(bytes, size, "DATA\r\n"))
		transfer->mail.stage = STAGE_ENVELOPE;
	else
		transfer->mail.stage = STAGE_OPENING;
	transfer_answer_reset(transfer);
}

/* Keeps the reply to the last command, so that the one that failed stands at the end. */
static int
follow(CURL *curl, curl_infotype type, char *bytes, size_t size, void *data)
{
	struct transfer *transfer = data;

	(void)curl;
	if (type == CURLINFO_HEADER_OUT) {
		follow_command(transfer, bytes, size);
	} else if (type == CURLINFO_HEADER_IN && !transfer->mail.closing) {
		transfer_answer(transfer, bytes, size);
	} else if (type == CURLINFO_DATA_OUT && transfer->mail.stage != STAGE_BODY) {
		transfer->mail.stage = STAGE_BODY;
		transfer_answer_reset(transfer);
	}
	return 0;
}

static size_t
give_bytes(char *to, size_t one, size_t room, void *data)
{
	struct transfer *transfer = data;
	size_t left = transfer->mail.size - transfer->mail.sent;
	size_t size = left < one * room ? left : one * room;

	memcpy(to, transfer->mail.bytes + transfer->mail.sent, size);
	transfer->mail.sent += size;
	return size;
}

/* The code that the last reply begins with; 0 when there is none. */
static long
reply_code(const struct transfer *transfer)
{
	const char *reply = transfer->answer;

	if (transfer->answered < 3 || !isdigit((unsigned char)reply[0]) || !isdigit((unsigned char)reply[1]) ||
	    !isdigit((unsigned char)reply[2]))
		return 0;
	return strtol((char[]){reply[0], reply[1], reply[2], '\0'}, NULL, 10);
}

/* Whether CODE complains about how we came (RFC 4954, section 6; RFC 3207) and not about this mail. */
static bool
is_our_fault(long code)
{
	return code == 530 || code == 534 || code == 535 || code == 538;
}

static void
mail_finish(struct transfer *transfer, CURLcode code, struct transfer_result *result)
{
	long reply = reply_code(transfer);
	bool about_mail = transfer->mail.stage != STAGE_OPENING;

	result->ok = code == CURLE_OK;
	if (result->ok || reply >= 400)
		result->status = reply;
	result->permanent = !result->ok && about_mail && reply / 100 == 5 && !is_our_fault(reply);
	result->answer = result->status ? transfer->answer : transfer_error(transfer, code);
}

static void
set_server(CURL *curl, const struct smtp_server *server)
{
	curl_easy_setopt(curl, CURLOPT_URL, server->url);
	curl_easy_setopt(curl, CURLOPT_USE_SSL, server->tls);
	if (server->ca_file) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (server->user) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
		/* Not the other ways that curl would prefer: they need a domain controller. */
		curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
	}
}

void
transfer_mail_start(struct transfer *transfer)
{
	const struct transfer_settings *settings = &transfer->owner->settings;

	transfer->finish = mail_finish;
	transfer_prepare(transfer, "smtp,smtps", settings->mail_connect_timeout, settings->mail_timeout);

	CURL *curl = transfer->curl;

	set_server(curl, &transfer->owner->smtp);
	transfer_list_add(transfer, transfer->mail.to);
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)REPLY_SECONDS);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, transfer->mail.from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, transfer->list);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->mail.size);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer->owner);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, transfer->owner);
	curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, follow);
	curl_easy_setopt(curl, CURLOPT_DEBUGDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
}
