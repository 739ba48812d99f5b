/* Webhooks: what the receiver sees and answers, and which addresses are refused. */
#include "transfer_helper.h"

enum { HUGE_BODY = 10 * 1024 * 1024, SHORT_TIMEOUT = 400 };

static void
http_reply(FILE *peer, const char *path, const char *request)
{
	if (!strcmp(path, "/redirect"))
		say(peer, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n");
	else if (!strcmp(path, "/fail"))
		fputs("HTTP/1.1 500 Oh\r\nContent-Length: 12\r\n\r\nbad\r\nd\xc3\xa5y\xff\x01!", peer);
	else if (!strcmp(path, "/gone"))
		say(peer, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n");
	else if (!strcmp(path, "/echo"))
		fprintf(peer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(request), request);
	else
		say(peer, "HTTP/1.1 204 OK\r\n");
	fflush(peer);
}

static void
http_huge(FILE *peer, const char *status)
{
	fprintf(peer, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n", status, HUGE_BODY);
	for (int i = 0; i < HUGE_BODY / 8; i++)
		if (fputs("12345678", peer) < 0)
			_exit(0);
	fflush(peer);
}

static void
http_dialogue(FILE *peer, int connection)
{
	char request[8192] = "", line[2000], path[100];
	size_t body = 0;

	(void)connection;
	while (fgets(line, sizeof line, peer)) {
		strcat(request, line);
		sscanf(line, "Content-Length: %zu", &body);
		if (strcmp(line, "\r\n"))
			continue;
		if (fread(request + strlen(request), 1, body, peer) != body || sscanf(request, "POST %99s", path) != 1)
			return;
		if (!strcmp(path, "/hang"))
			sleep(30);
		else if (!strcmp(path, "/slow"))
			usleep(300 * 1000);
		else if (!strncmp(path, "/huge", 5))
			http_huge(peer, path + 6);
		http_reply(peer, path, request);
		memset(request, 0, sizeof request);
		body = 0;
	}
}

static const struct webhook_request hook = {.id = "msg_1", .timestamp = 1790000000, .body = "{\"type\":\"test\"}",
    .size = 15, .signature = "v1,AAAA v1,BBBB", .user_agent = "Dokumentportal"};

static struct outcome
post_hook(struct arena *arena, const char *allow, const char *url)
{
	struct network_rules rules;
	struct webhook_request request = hook;
	struct outcome outcome = {0};

	assert_null(network_rules_parse(arena, allow, &rules));
	struct transfers *transfers = engine(arena,
	    (struct transfer_settings){.mail_dir = "/tmp", .rules = &rules, .webhook_timeout = SHORT_TIMEOUT});

	request.url = url;
	transfers_webhook(transfers, &request, note_outcome, &outcome);
	finish(transfers);
	transfers_free(transfers);
	return outcome;
}

static void
test_webhook_answers(void **state)
{
	static const struct {
		const char *path;
		bool ok, permanent;
		long status;
		const char *words;
	} cases[] = {
	    {"/ok", true, false, 204, ""},
	    {"/redirect", false, false, 302, "/ok is not followed"},
	    {"/fail", false, false, 500, "bad  d\xc3\xa5y? !"},
	    {"/gone", false, true, 410, ""},
	    {"/hang", false, false, 0, "timed out"},
	    {"/huge/200", true, false, 200, "12345678"},
	    {"/huge/500", false, false, 500, "12345678"},
	    {"/echo", true, false, 200, "webhook-signature: v1,AAAA v1,BBBB"},
	    {"/echo", true, false, 200, "webhook-id: msg_1"},
	    {"/echo", true, false, 200, "webhook-timestamp: 1790000000"},
	    {"/echo", true, false, 200, "Content-Type: application/json"},
	    {"/echo", true, false, 200, "User-Agent: Dokumentportal"},
	    {"/echo", true, false, 200, "{\"type\":\"test\"}"},
	};
	struct server server = start_server(http_dialogue);
	struct arena *arena = arena_new();

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *url = arena_printf(arena, "http://127.0.0.1:%d%s", server.port, cases[i].path);
		struct outcome outcome = post_hook(arena, "127.0.0.0/8", url);

		expect(&outcome, cases[i].ok, cases[i].permanent, cases[i].status, cases[i].words);
		assert_true(strlen(outcome.answer) <= 1024);
	}
	stop_server(server);
	arena_free(arena);
}

static void
test_webhook_addresses(void **state)
{
	static const struct {
		const char *allow, *url;
		bool reached;
		const char *words;
	} cases[] = {
	    {"", "http://127.0.0.1:%d/ok", false, "127.0.0.1 is not a public address"},
	    {"", "https://127.0.0.1:%d/ok", false, "127.0.0.1 is not a public address"},
	    {"", "https://localhost:%d/ok", false, "is not a public address"},
	    {"10.0.0.0/8", "http://127.0.0.1:%d/ok", false, "127.0.0.1 is not a public address"},
	    {"10.0.0.0/8", "http://[::ffff:127.0.0.1]:%d/ok", false, "::ffff:127.0.0.1 is not a public address"},
	    {"10.0.0.0/8", "http://2130706433:%d/ok", false, "127.0.0.1 is not a public address"},
	    {"10.0.0.0/8", "http://0:%d/ok", false, "0.0.0.0 is not a public address"},
	    {"10.0.0.0/8", "http://1.1.1.1:%d/ok", false, "1.1.1.1 is only reached by https"},
	    {"127.0.0.1/32", "http://[::ffff:127.0.0.1]:%d/ok", true, ""},
	    {"127.0.0.1/32, ::1", "http://localhost:%d/ok", true, ""},
	    {"127.0.0.1/32", "https://127.0.0.1:%d/ok", false, "timed out"},
	    {"127.0.0.1/32", "http://u:p@127.0.0.1:%d/ok", false, "Login denied"},
	    {"127.0.0.1/32", "ftp://127.0.0.1:%d/ok", false, "not supported"},
	};
	struct server server = start_server(http_dialogue);
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *url = arena_strdup(arena, cases[i].url), *mark = strstr(url, "%d");

		*mark = '\0';
		struct outcome outcome = post_hook(
		    arena, cases[i].allow, arena_printf(arena, "%s%d%s", url, server.port, mark + 2));

		expect(&outcome, cases[i].reached, false, cases[i].reached ? 204 : 0, cases[i].words);
	}
	stop_server(server);
	arena_free(arena);
}

static void
test_webhooks_at_once(void **state)
{
	enum { MANY = 40 };
	struct server server = start_server(http_dialogue);
	struct arena *arena = arena_new();
	struct network_rules rules;
	struct outcome outcomes[MANY] = {0};
	struct webhook_request request = hook;
	double begin = seconds();

	(void)state;
	assert_null(network_rules_parse(arena, "127.0.0.0/8", &rules));
	struct transfers *transfers =
	    engine(arena, (struct transfer_settings){.mail_dir = "/tmp", .rules = &rules});

	request.url = arena_printf(arena, "http://127.0.0.1:%d/slow", server.port);
	for (int i = 0; i < MANY; i++)
		transfers_webhook(transfers, &request, note_outcome, &outcomes[i]);
	finish(transfers);
	for (int i = 0; i < MANY; i++)
		expect(&outcomes[i], true, false, 204, "");
	assert_true(seconds() - begin < MANY * 0.3 / 3);
	transfers_free(transfers);
	stop_server(server);
	arena_free(arena);
}

struct chain {
	struct transfers *transfers;
	struct webhook_request request;
	int left;
};

static void
next_of_chain(void *context, const struct transfer_result *result)
{
	struct chain *chain = context;

	assert_false(result->ok);
	if (chain->left--)
		transfers_webhook(chain->transfers, &chain->request, next_of_chain, chain);
}

static void
test_start_from_callback(void **state)
{
	struct arena *arena = arena_new();
	struct chain chain = {
	    .transfers = engine(arena, (struct transfer_settings){.mail_dir = "/tmp"}), .request = hook, .left = 5};

	(void)state;
	chain.request.url = "https://127.0.0.1:1/";
	transfers_webhook(chain.transfers, &chain.request, next_of_chain, &chain);
	finish(chain.transfers);
	assert_int_equal(chain.left, -1);
	transfers_free(chain.transfers);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_webhook_answers),
	    cmocka_unit_test(test_webhook_addresses),
	    cmocka_unit_test(test_webhooks_at_once),
	    cmocka_unit_test(test_start_from_callback),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
