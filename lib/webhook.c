/* Standard Webhooks: secrets, signatures and URLs. */
#include "webhook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define SECRET_PREFIX "whsec_"

enum {
	NEW_SECRET = 32,
	SECRET_TEXT = (WEBHOOK_SECRET_MOST + 2) / 3 * 4,
	SHA256_SIZE = 32,
	SHA256_TEXT = (SHA256_SIZE + 2) / 3 * 4,
};

char *
webhook_secret_new(struct arena *arena)
{
	unsigned char secret[NEW_SECRET];
	unsigned char text[SECRET_TEXT + 1];

	if (RAND_bytes(secret, sizeof secret) != 1) {
		fputs("no randomness\n", stderr);
		abort();
	}
	EVP_EncodeBlock(text, secret, sizeof secret);

	char *result = arena_printf(arena, SECRET_PREFIX "%s", (char *)text);

	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(text, sizeof text);
	return result;
}

bool
webhook_secret_decode(const char *text, struct webhook_secret *secret)
{
	unsigned char bytes[SECRET_TEXT / 4 * 3], again[SECRET_TEXT + 1];
	bool good = false;

	*secret = (struct webhook_secret){0};
	if (strncmp(text, SECRET_PREFIX, strlen(SECRET_PREFIX)))
		return false;
	text += strlen(SECRET_PREFIX);

	size_t length = strlen(text), padding = length - strcspn(text, "=");

	if (!length || length > SECRET_TEXT || length % 4 || padding > 2)
		return false;

	int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
	size_t size = decoded < 0 ? 0 : (size_t)decoded - padding;

	if (size >= WEBHOOK_SECRET_LEAST && size <= WEBHOOK_SECRET_MOST) {
		/* The decoder forgives spaces and stray bits; only the one canonical spelling is ours. */
		EVP_EncodeBlock(again, bytes, (int)size);
		good = !strcmp((char *)again, text);
	}
	if (good) {
		memcpy(secret->bytes, bytes, size);
		secret->size = size;
	}
	OPENSSL_cleanse(bytes, sizeof bytes);
	OPENSSL_cleanse(again, sizeof again);
	return good;
}

char *
webhook_sign(struct arena *arena, const unsigned char *secret, size_t secret_size, const char *id, int64_t timestamp,
    const char *body, size_t body_size)
{
	struct buf content = buf_new(arena, 0);
	unsigned char mac[SHA256_SIZE], text[SHA256_TEXT + 1];

	buf_printf(&content, "%s.%" PRId64 ".", id, timestamp);
	buf_add(&content, body, body_size);
	if (!HMAC(EVP_sha256(), secret, (int)secret_size, (unsigned char *)content.bytes, content.length, mac, NULL))
		abort();
	EVP_EncodeBlock(text, mac, sizeof mac);
	return arena_printf(arena, "v1,%s", (char *)text);
}

char *
webhook_signature(struct arena *arena, const struct webhook_secret *secrets, size_t count, const char *id,
    int64_t timestamp, const char *body, size_t body_size)
{
	struct buf header = buf_new(arena, 0);

	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(&header, ' ');
		buf_text(&header,
		    webhook_sign(arena, secrets[i].bytes, secrets[i].size, id, timestamp, body, body_size));
	}
	return header.bytes;
}

/* One part of a parsed URL in the arena, NULL when it is not there. */
static char *
url_part(struct arena *arena, CURLU *url, CURLUPart part)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return NULL;
	char *copy = arena_strdup(arena, text);

	curl_free(text);
	return copy;
}

/* Whether a host name leads to networks that ops listed, and nowhere else, as far as one can say today: the worker
 * judges again what it connects to. */
static bool
name_listed(const struct network_rules *rules, const char *host)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses = NULL;
	bool listed = !getaddrinfo(host, NULL, &hints, &addresses);

	for (const struct addrinfo *one = addresses; one; one = one->ai_next)
		listed = listed && network_listed(rules, one->ai_addr);
	if (addresses)
		freeaddrinfo(addresses);
	return listed;
}

static const char *
host_fault(struct arena *arena, const struct network_rules *rules, const char *host, bool encrypted)
{
	size_t length = strlen(host);
	bool bracketed = length > 2 && host[0] == '[';
	struct sockaddr_storage address;

	if (!network_literal(bracketed ? arena_strndup(arena, host + 1, length - 2) : host, &address))
		return encrypted || name_listed(rules, host) ? NULL : "must begin with https://";
	if (!network_allowed(rules, (struct sockaddr *)&address))
		return "points to an address that is not public";
	if (!encrypted && !network_listed(rules, (struct sockaddr *)&address))
		return "must begin with https://";
	return NULL;
}

/* Whether the URL as it was written has a host that every program reads alike: curl forgives slashes without one, and
 * makes of other letters what it likes. */
static bool
host_plain(const char *url)
{
	const char *host = strstr(url, "://");

	if (!host || !host[3] || strchr("/?#:\\", host[3]))
		return false;
	for (host += 3; *host && !strchr("/?#", *host); host++)
		if ((unsigned char)*host >= 0x80 || *host == '%')
			return false;
	return true;
}

/* What is wrong with a parsed URL, or NULL. */
static const char *
url_fault(struct arena *arena, const struct network_rules *rules, const char *text, CURLU *url)
{
	const char *scheme = url_part(arena, url, CURLUPART_SCHEME);
	const char *host = url_part(arena, url, CURLUPART_HOST), *port = url_part(arena, url, CURLUPART_PORT);
	bool encrypted = scheme && !strcmp(scheme, "https");

	if (!encrypted && (!scheme || strcmp(scheme, "http")))
		return "must begin with https://";
	if (!encrypted && !rules->count)
		return "must begin with https://";
	if (!host || !*host)
		return "names no host";
	if (url_part(arena, url, CURLUPART_USER) || url_part(arena, url, CURLUPART_PASSWORD))
		return "must not hold a user name or password";
	if (url_part(arena, url, CURLUPART_ZONEID))
		return "points to an address that is not public";
	if (!host_plain(text))
		return "names no host of plain letters: write others as in xn--rksmrgs-5wao1o.example";
	if (port && !atoi(port))
		return "names port 0";
	return host_fault(arena, rules, host, encrypted);
}

const struct problem *
webhook_url_check(struct arena *arena, const struct network_rules *rules, const char *url)
{
	struct problem *problem = NULL;
	const char *fault = "is not a URL";

	if (strlen(url) > WEBHOOK_URL_MOST) {
		problem_add(arena, &problem, "/url", "is longer than %d bytes", WEBHOOK_URL_MOST);
		return problem;
	}

	CURLU *parsed = curl_url();

	if (!parsed)
		abort();
	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		fault = url_fault(arena, rules, url, parsed);
	curl_url_cleanup(parsed);
	if (fault)
		problem_add(arena, &problem, "/url", "%s", fault);
	return problem;
}
