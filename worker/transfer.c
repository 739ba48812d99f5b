/* The engine of the transfers: lists, the multi handle, and the way from curl's end to the caller's callback. */
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mail.h"
#include "transfer_private.h"
#include "utf8.h"

enum {
	MAIL_CONNECTIONS = 4,
	IDLE_SECONDS = 30,      /* that a connection is kept */
	IDLE_CONNECTIONS = 256, /* so many that none is closed for another one's sake, which can take its time */
};

void *
transfer_must(void *what)
{
	if (!what) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return what;
}

static void
set_default(long *value, long fallback)
{
	if (!*value)
		*value = fallback;
}

static struct transfer_settings
with_defaults(struct transfer_settings settings)
{
	set_default(&settings.webhook_connect_timeout, 5000);
	set_default(&settings.webhook_timeout, 15000);
	set_default(&settings.mail_connect_timeout, 30000);
	set_default(&settings.mail_timeout, 120000);
	return settings;
}

const struct problem *
transfers_new(struct arena *arena, const struct transfer_settings *settings, struct transfers **transfers)
{
	struct transfers *new = transfer_must(calloc(1, sizeof *new));
	struct problem *missing = NULL;
	const struct problem *problem = NULL;

	*transfers = NULL;
	new->arena = arena_new();
	new->settings = with_defaults(*settings);
	if (settings->rules)
		new->rules = *settings->rules;
	TAILQ_INIT(&new->running);
	TAILQ_INIT(&new->waiting);
	new->multi = transfer_must(curl_multi_init());
	curl_multi_setopt(new->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
	if (settings->smtp_url)
		problem = smtp_server_parse(arena, new->arena, settings->smtp_url, &new->smtp);
	else if (!settings->mail_dir)
		problem_add(arena, &missing, "/mail_dir", "is missing, and there is no mail server");
	if (missing)
		problem = missing;
	if (problem)
		transfers_free(new);
	else
		*transfers = new;
	return problem;
}

static void
transfer_free(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->list);
	free(transfer);
}

void
transfers_free(struct transfers *transfers)
{
	struct transfer *transfer;

	if (!transfers)
		return;
	/* First: taking a handle out waits for the mail server's answer to QUIT. */
	transfer_mail_stop(transfers);
	while ((transfer = TAILQ_FIRST(&transfers->running)) != NULL) {
		TAILQ_REMOVE(&transfers->running, transfer, link);
		curl_multi_remove_handle(transfers->multi, transfer->curl);
		transfer_free(transfer);
	}
	while ((transfer = TAILQ_FIRST(&transfers->waiting)) != NULL) {
		TAILQ_REMOVE(&transfers->waiting, transfer, link);
		transfer_free(transfer);
	}
	curl_multi_cleanup(transfers->multi);
	arena_free(transfers->arena);
	free(transfers);
}

size_t
transfers_running(const struct transfers *transfers)
{
	return transfers->count;
}

void
transfer_answer(struct transfer *transfer, const char *bytes, size_t size)
{
	size_t room = ANSWER_LIMIT - transfer->answered;

	if (size > room)
		size = room;
	memcpy(transfer->answer + transfer->answered, bytes, size);
	transfer->answered += size;
	transfer->answer[transfer->answered] = '\0';
}

void
transfer_answer_reset(struct transfer *transfer)
{
	transfer->answered = 0;
	*transfer->answer = '\0';
}

const char *
transfer_error(const struct transfer *transfer, CURLcode code)
{
	return *transfer->error ? transfer->error : curl_easy_strerror(code);
}

void
transfer_prepare(struct transfer *transfer, const char *protocols, long connect_timeout, long timeout)
{
	CURL *curl = transfer_must(curl_easy_init());

	transfer->curl = curl;
	curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
}

void
transfer_list_add(struct transfer *transfer, const char *line)
{
	transfer->list = transfer_must(curl_slist_append(transfer->list, line));
}

static struct transfer *
transfer_new(struct transfers *transfers, transfer_done done, void *context)
{
	struct transfer *transfer = transfer_must(calloc(1, sizeof *transfer));

	transfer->owner = transfers;
	transfer->done = done;
	transfer->context = context;
	transfers->count++;
	return transfer;
}

/* TEXT fit for a log line and a database column: one line, well-formed, no control characters. */
static const char *
clean(struct arena *arena, const char *text)
{
	struct buf line = buf_new(arena, 0);
	size_t left = strlen(text);

	while (left) {
		uint32_t c = 0;
		size_t length = utf8_character(text, left, &c);

		if (!length)
			buf_char(&line, '?');
		else if (c < ' ' || (c >= 0x7f && c <= 0x9f))
			buf_char(&line, ' ');
		else
			buf_add(&line, text, length);
		text += length ? length : 1;
		left -= length ? length : 1;
	}
	while (line.length && line.bytes[line.length - 1] == ' ')
		line.bytes[--line.length] = '\0';
	return line.bytes;
}

/* Hands RESULT to the caller. TRANSFER stands in no list any more. */
static void
deliver(struct transfer *transfer, struct transfer_result result)
{
	struct arena *arena = arena_new();

	result.answer = clean(arena, result.answer ? result.answer : "");
	transfer->owner->count--;
	transfer->done(transfer->context, &result);
	arena_free(arena);
	transfer_free(transfer);
}

static void
run(struct transfer *transfer)
{
	TAILQ_INSERT_TAIL(&transfer->owner->running, transfer, link);
	if (curl_multi_add_handle(transfer->owner->multi, transfer->curl) != CURLM_OK)
		transfer_must(NULL);
}

static bool
is_sendable(const struct transfer *transfer)
{
	return mail_address_valid(transfer->mail.from) && mail_address_valid(transfer->mail.to);
}

/* Starts a mail that waited, or carries it out; true when it is done with. */
static bool
start_mail(struct transfers *transfers, struct transfer *transfer)
{
	struct transfer_result result = {0};

	if (!is_sendable(transfer)) {
		result.permanent = true;
		result.answer = "the sender or the recipient is not an e-mail address";
	} else if (transfers->settings.smtp_url) {
		transfers->connections++;
		transfer_mail_start(transfer);
		run(transfer);
		return false;
	} else {
		transfer_file(transfer, transfers->settings.mail_dir, &result);
	}
	deliver(transfer, result);
	return true;
}

/* Starts the mails whose turn it is; true when one is done with already. Those that callbacks add wait for the next
 * time, so that this ends. */
static bool
start_waiting(struct transfers *transfers)
{
	struct transfer *transfer;
	bool some = false;

	for (size_t most = transfers->count; most && transfers->connections < MAIL_CONNECTIONS; most--) {
		transfer = TAILQ_FIRST(&transfers->waiting);
		if (!transfer)
			break;
		TAILQ_REMOVE(&transfers->waiting, transfer, link);
		some |= start_mail(transfers, transfer);
	}
	return some;
}

static void
end(struct transfers *transfers, CURL *curl, CURLcode code)
{
	struct transfer_result result = {0};
	struct transfer *transfer = NULL;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&transfer);
	transfer->finish(transfer, code, &result);
	curl_multi_remove_handle(transfers->multi, curl);
	TAILQ_REMOVE(&transfers->running, transfer, link);
	if (transfer->mail.bytes)
		transfers->connections--;
	deliver(transfer, result);
}

/* Moves the dialogues on; true when one ended. */
static bool
perform(struct transfers *transfers)
{
	const CURLMsg *message;
	int still, left;
	bool some = false;

	curl_multi_perform(transfers->multi, &still);
	while ((message = curl_multi_info_read(transfers->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		end(transfers, message->easy_handle, message->data.result);
		some = true;
	}
	return start_waiting(transfers) || some;
}

void
transfers_watch(struct transfers *transfers, int fd, bool on)
{
	if (on && transfers->watches < WATCHED_MOST) {
		transfers->watched[transfers->watches++] = fd;
		return;
	}
	for (size_t i = 0; !on && i < transfers->watches; i++)
		if (transfers->watched[i] == fd) {
			transfers->watched[i] = transfers->watched[--transfers->watches];
			return;
		}
}

bool
transfers_poll(struct transfers *transfers, int extra_fd, int timeout)
{
	struct curl_waitfd extra[WATCHED_MOST + 1] = {{.fd = extra_fd, .events = CURL_WAIT_POLLIN}};
	bool some = perform(transfers);
	unsigned skip = extra_fd < 0; /* the first place */

	for (size_t i = 0; i < transfers->watches; i++)
		extra[i + 1] = (struct curl_waitfd){.fd = transfers->watched[i], .events = CURL_WAIT_POLLIN};
	curl_multi_poll(transfers->multi, extra + skip, (unsigned)transfers->watches + 1 - skip, some ? 0 : timeout, NULL);
	perform(transfers);
	return extra_fd >= 0 && extra[0].revents;
}

void
transfers_mail(struct transfers *transfers, const char *from, const char *to, const char *message_id,
    const void *bytes, size_t size, transfer_done done, void *context)
{
	struct transfer *transfer = transfer_new(transfers, done, context);

	transfer->mail.from = from;
	transfer->mail.to = to;
	transfer->mail.message_id = message_id;
	transfer->mail.bytes = bytes;
	transfer->mail.size = size;
	TAILQ_INSERT_TAIL(&transfers->waiting, transfer, link);
}

void
transfers_webhook(
    struct transfers *transfers, const struct webhook_request *request, transfer_done done, void *context)
{
	struct transfer *transfer = transfer_new(transfers, done, context);

	transfer_webhook_start(transfer, request);
	run(transfer);
}
