/* Shared by the files of transfer: one transfer, and what mails and webhooks add to it. */
#pragma once

#include <curl/curl.h>
#include <sys/queue.h>
#include <sys/select.h>

#include "transfer.h"

enum {
	ANSWER_LIMIT = 1024,     /* bytes kept of what a server says */
	BODY_LIMIT = 64 * 1024,  /* bytes read of a webhook's answer */
	WATCHED_MOST = 16,
};

/* Where in the SMTP dialogue the last reply belongs. */
enum mail_stage { STAGE_OPENING, STAGE_ENVELOPE, STAGE_BODY };

struct transfer {
	TAILQ_ENTRY(transfer) link;
	struct transfers *owner;
	CURL *curl;                /* NULL until started, and for files */
	struct curl_slist *list;   /* headers or recipients */
	/* Fills RESULT from the ended transfer; its `answer` may point into the transfer. */
	void (*finish)(struct transfer *transfer, CURLcode code, struct transfer_result *result);
	transfer_done done;
	void *context;
	char error[CURL_ERROR_SIZE];
	char answer[ANSWER_LIMIT + 1];
	size_t answered;
	struct {
		const char *from, *to, *message_id, *bytes;
		size_t size, sent;
		enum mail_stage stage;
		bool closing;      /* QUIT was said: what follows is not about the mail */
	} mail;
	struct {
		bool encrypted;
		bool cut;          /* we stopped reading the answer's body */
		size_t received;
		char note[ANSWER_LIMIT + 64]; /* our own words on a refused address or a redirect */
	} webhook;
};

TAILQ_HEAD(transfer_list, transfer);

/* The mail server of PORTAL_SMTP_URL; strings in the engine's arena. */
struct smtp_server {
	const char *url;           /* without credentials and query */
	const char *user, *password, *ca_file; /* NULL: none */
	long tls;                  /* CURLUSESSL_… */
};

struct transfers {
	struct arena *arena;
	struct transfer_settings settings;
	struct network_rules rules;
	struct smtp_server smtp;
	CURLM *multi;
	struct transfer_list running, waiting;
	fd_set smtp_sockets;       /* those of connections to the mail server */
	int watched[WATCHED_MOST]; /* what others wait for */
	size_t watches;
	size_t count, connections; /* all transfers; mails on SMTP connections */
};

/* WHAT, or the end of the process when it is NULL, as in arena_new(). */
void *transfer_must(void *what) __attribute__((returns_nonnull));

/* Keeps SIZE bytes of a server's words, as far as there is room. */
void transfer_answer(struct transfer *transfer, const char *bytes, size_t size);

void transfer_answer_reset(struct transfer *transfer);

/* What curl says went wrong. */
const char *transfer_error(const struct transfer *transfer, CURLcode code);

/* Gives TRANSFER a curl handle with what mails and webhooks share: protocols, no proxy, timeouts. */
void transfer_prepare(struct transfer *transfer, const char *protocols, long connect_timeout, long timeout);

/* Adds a line to the transfer's list of headers or recipients. */
void transfer_list_add(struct transfer *transfer, const char *line);

/* Reads an SMTP URL as transfer.h describes it; problems at "/smtp_url". */
const struct problem *smtp_server_parse(
    struct arena *problems, struct arena *arena, const char *url, struct smtp_server *server);

/* Gives the waiting mail TRANSFER its handle, ready to be run. */
void transfer_mail_start(struct transfer *transfer);

/* Reads no more from the mail server, so that closing the connections waits for nothing. */
void transfer_mail_stop(struct transfers *transfers);

/* Writes the mail to its file. */
void transfer_file(struct transfer *transfer, const char *directory, struct transfer_result *result);

/* Gives TRANSFER a handle that posts REQUEST, ready to be run. */
void transfer_webhook_start(struct transfer *transfer, const struct webhook_request *request);
