/* Mails and webhooks on their way out: many at once in one process, on one libcurl multi handle. Nothing here blocks
 * but transfers_poll(). Strings and bytes that a call takes are borrowed until its DONE was called. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "network.h"
#include "problem.h"

/* Milliseconds; 0 takes the default. The strings and rules must outlive the transfers.
 *
 * SMTP_URL is smtp[s]://[user:password@]host[:port][/own-name][?tls=…&cafile=…]
 *   smtp://   port 25, TLS by STARTTLS:  tls=offered  used when the server offers it (default without a password)
 *                                        tls=required nothing is sent without it (default with a password)
 *                                        tls=none     never
 *   smtps://  port 465, TLS from the first byte; takes no `tls`
 *   user and password are percent-encoded; `own-name` is said in EHLO; `cafile` is the path of PEM certificates to
 *   trust instead of the system's. Certificates are always verified. */
struct transfer_settings {
	const char *smtp_url;              /* NULL: mails become files in MAIL_DIR */
	const char *mail_dir;
	const struct network_rules *rules; /* of webhooks; NULL: public addresses only */
	long webhook_connect_timeout;      /* default 5 s */
	long webhook_timeout;              /* altogether, default 15 s */
	long mail_connect_timeout;         /* until the server is ready for a mail, default 30 s */
	long mail_timeout;                 /* altogether, default 120 s */
};

/* How a transfer ended. Neither OK nor PERMANENT: try again later. */
struct transfer_result {
	bool ok;             /* SMTP 250, the file written, HTTP 2xx */
	bool permanent;      /* SMTP 5xx to sender, recipient or message; HTTP 410 */
	long status;         /* of SMTP or HTTP; 0 where none was received */
	const char *answer;  /* the server's words or what went wrong: UTF-8 on one line, never NULL, for the log; gone
	                        after the callback */
};

/* Called from transfers_poll(), once per transfer; may start new ones. */
typedef void (*transfer_done)(void *context, const struct transfer_result *result);

struct transfers;

/* A transferring engine in *TRANSFERS, freed by transfers_free(). A bad SMTP_URL, or neither URL nor directory, is an
 * `invalid` problem in ARENA with "/smtp_url" or "/mail_dir" as pointer; it does not repeat the password. */
const struct problem *transfers_new(
    struct arena *arena, const struct transfer_settings *settings, struct transfers **transfers);

/* Ends everything still running without calling anyone. Accepts NULL. */
void transfers_free(struct transfers *transfers);

/* Sends the SIZE BYTES of a composed mail. FROM and TO are the envelope's addresses; a bad one is a permanent failure.
 * Some mails go side by side on connections that are kept for the next ones; more wait for their turn.
 * Without a server it becomes MAIL_DIR/{message id, unsafe characters as "_"}.eml, durable and whole or not there. */
void transfers_mail(struct transfers *transfers, const char *from, const char *to, const char *message_id,
    const void *bytes, size_t size, transfer_done done, void *context);

struct webhook_request {
	const char *url, *id;
	int64_t timestamp;       /* Unix seconds, as signed */
	const char *body;        /* JSON */
	size_t size;
	const char *signature;   /* the whole header's value */
	const char *user_agent;
};

/* Posts a webhook (Standard Webhooks). The address really connected to must be public or listed in the rules, and
 * listed for plain http. Redirects are not followed, proxies of the environment not used, the answer is read up to
 * 64 KB. REQUEST itself is borrowed too. */
void transfers_webhook(
    struct transfers *transfers, const struct webhook_request *request, transfer_done done, void *context);

/* Moves everything on and calls the callbacks of what ended; waits at most TIMEOUT milliseconds for something to happen
 * (a signal ends the wait). True when EXTRA_FD (-1: none) is readable. */
bool transfers_poll(struct transfers *transfers, int extra_fd, int timeout);

/* From now on, or no longer, transfers_poll() ends its wait also when FD can be read: for others who wait in the same
 * thread. Few at a time. */
void transfers_watch(struct transfers *transfers, int fd, bool on);

/* How many were given and have not called back. */
size_t transfers_running(const struct transfers *transfers);
