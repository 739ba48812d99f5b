/* Mails by SMTP and as files, and the engine that all transfers share. */
#include "transfer_helper.h"

/* --- the server --- */

static void
smtp_body(FILE *peer, int connection)
{
	char line[2000];
	bool header = false;

	say(peer, "354 go on");
	while (fgets(line, sizeof line, peer) && strcmp(line, ".\r\n"))
		header |= !strcmp(line, "Subject: Tilbud\r\n");
	if (header)
		fprintf(peer, "250 queued, connection %d\r\n", connection);
	else
		say(peer, "554 that is no mail");
	fflush(peer);
}

/* What a mail to this address meets. */
static void
smtp_recipient(FILE *peer, const char *line)
{
	if (strstr(line, "<refused@"))
		say(peer, "550-5.1.1 no such\r\n550 5.1.1 m\xc3\xa5lbox\xff here");
	else if (strstr(line, "<later@"))
		say(peer, "451 4.7.1 greylisted");
	else if (strstr(line, "<locked@"))
		say(peer, "530 5.7.0 log in first");
	else if (strstr(line, "<closing@"))
		_exit(0);
	else if (strstr(line, "<slow@"))
		sleep(30);
	else
		say(peer, "250 fine");
}

static void
smtp_dialogue(FILE *peer, int connection)
{
	char line[2000];

	say(peer, "220 test ESMTP");
	while (fgets(line, sizeof line, peer)) {
		if (!strncmp(line, "EHLO", 4))
			say(peer, "250-test\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000000");
		else if (!strncmp(line, "AUTH", 4))
			say(peer, "535 5.7.8 wrong");
		else if (!strncmp(line, "RCPT", 4))
			smtp_recipient(peer, line);
		else if (!strncmp(line, "DATA", 4))
			smtp_body(peer, connection);
		else if (!strncmp(line, "QUIT", 4))
			sleep(30); /* nobody may wait for the answer */
		else
			say(peer, "250 fine");
	}
}

static void
smtp_refuses_all(FILE *peer, int connection)
{
	(void)connection;
	say(peer, "554 5.7.1 go away");
}

static const char message[] = "Subject: Tilbud\r\n\r\nHej\r\n.\r\n..to\r\n";

static struct outcome
post_mail(struct transfers *transfers, const char *to)
{
	struct outcome outcome = {0};

	transfers_mail(transfers, "portal@example.dk", to, "1@portal.example.dk", message, strlen(message),
	    note_outcome, &outcome);
	finish(transfers);
	return outcome;
}

/* --- mail --- */

static void
test_smtp(void **state)
{
	struct server server = start_server(smtp_dialogue);
	struct arena *arena = arena_new();
	struct transfers *transfers = engine(arena, (struct transfer_settings){
	    .smtp_url = arena_printf(arena, "smtp://127.0.0.1:%d", server.port), .mail_timeout = 1000});
	struct outcome outcome;
	double begin = seconds();

	(void)state;
	outcome = post_mail(transfers, "mette@example.dk");
	expect(&outcome, true, false, 250, "250 queued, connection 1");
	outcome = post_mail(transfers, "mette@example.dk");
	expect(&outcome, true, false, 250, "250 queued, connection 1");
	outcome = post_mail(transfers, "refused@example.dk");
	expect(&outcome, false, true, 550, "550-5.1.1 no such  550 5.1.1 m\xc3\xa5lbox? here");
	outcome = post_mail(transfers, "later@example.dk");
	expect(&outcome, false, false, 451, "451 4.7.1 greylisted");
	outcome = post_mail(transfers, "locked@example.dk");
	expect(&outcome, false, false, 530, "530 5.7.0 log in first");
	outcome = post_mail(transfers, "closing@example.dk");
	expect(&outcome, false, false, 0, "");
	outcome = post_mail(transfers, "slow@example.dk");
	expect(&outcome, false, false, 0, "timed out");
	outcome = post_mail(transfers, "a@example.dk>\r\nRCPT TO:<b@example.dk");
	expect(&outcome, false, true, 0, "not an e-mail address");
	outcome = post_mail(transfers, "mette@example.dk");
	expect(&outcome, true, false, 250, "250 queued");
	transfers_free(transfers);
	assert_true(seconds() - begin < 10);
	stop_server(server);
	arena_free(arena);
}

static void
test_smtp_many(void **state)
{
	enum { MANY = 50 };
	struct server server = start_server(smtp_dialogue);
	struct arena *arena = arena_new();
	struct transfers *transfers = engine(arena, (struct transfer_settings){
	    .smtp_url = arena_printf(arena, "smtp://127.0.0.1:%d", server.port)});
	struct outcome outcomes[MANY] = {0};

	(void)state;
	for (int i = 0; i < MANY; i++)
		transfers_mail(transfers, "portal@example.dk", "mette@example.dk", "1@portal.example.dk", message,
		    strlen(message), note_outcome, &outcomes[i]);
	assert_int_equal(transfers_running(transfers), MANY);
	finish(transfers);
	for (int i = 0; i < MANY; i++) {
		expect(&outcomes[i], true, false, 250, "queued");
		assert_in_range(atoi(strrchr(outcomes[i].answer, ' ')), 1, 4);
	}
	transfers_free(transfers);
	stop_server(server);
	arena_free(arena);
}

static void
test_smtp_configuration(void **state)
{
	struct server server = start_server(smtp_dialogue), rude = start_server(smtp_refuses_all);
	struct arena *arena = arena_new();
	const struct {
		const char *url, *words;
		long status;
	} cases[] = {
	    {arena_printf(arena, "smtp://127.0.0.1:%d?tls=required", server.port), "STARTTLS", 0},
	    {arena_printf(arena, "smtp://mette:hemmelig@127.0.0.1:%d", server.port), "STARTTLS", 0},
	    {arena_printf(arena, "smtp://mette:hemmelig@127.0.0.1:%d?tls=none", server.port), "535 5.7.8 wrong", 535},
	    {arena_printf(arena, "smtps://127.0.0.1:%d", server.port), "SSL", 0},
	    {arena_printf(arena, "smtp://127.0.0.1:%d", rude.port), "554 5.7.1 go away", 554},
	    {"smtp://127.0.0.1:1", "connect", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct transfers *transfers = engine(arena, (struct transfer_settings){.smtp_url = cases[i].url});
		struct outcome outcome = post_mail(transfers, "mette@example.dk");

		expect(&outcome, false, false, cases[i].status, cases[i].words);
		assert_null(strstr(outcome.answer, "hemmelig"));
		transfers_free(transfers);
	}
	stop_server(server);
	stop_server(rude);
	arena_free(arena);
}

static void
test_settings(void **state)
{
	static const char *const good[] = {"smtp://mail.example.dk", "smtps://u%40x:p%2F@mail.example.dk:465/portal",
	    "smtp://u:p@mail.example.dk:587?tls=offered", "smtp://mail?tls=none&cafile=%2Fetc%2Fmail.pem"};
	static const char *const bad[] = {"", "mail.example.dk", "http://mail.example.dk", "smtp://",
	    "smtp://user@mail", "smtp://:hemmelig@mail", "smtp://u:hemmelig@mail?tls=maybe", "smtp://mail?tls",
	    "smtps://mail?tls=none", "smtp://mail?verify=no", "smtp://mail?cafile=", "smtp://u:hem#melig@mail",
	    "smtp://mail:99999"};
	struct arena *arena = arena_new();
	struct transfers *transfers;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		transfers_free(engine(arena, (struct transfer_settings){.smtp_url = good[i]}));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct problem *problem =
		    transfers_new(arena, &(struct transfer_settings){.smtp_url = bad[i]}, &transfers);

		if (!problem)
			fail_msg("taken: %s", bad[i]);
		assert_null(transfers);
		assert_string_equal(problem->items->pointer, "/smtp_url");
		assert_null(strstr(problem->detail, "hem"));
	}
	assert_string_equal(
	    transfers_new(arena, &(struct transfer_settings){0}, &transfers)->items->pointer, "/mail_dir");
	arena_free(arena);
}

static void
assert_file(const char *path, const char *content)
{
	char bytes[200] = "";
	struct stat info;
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s is not there", path);
	assert_int_equal(fread(bytes, 1, sizeof bytes - 1, file), strlen(content));
	assert_string_equal(bytes, content);
	assert_int_equal(fstat(fileno(file), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	fclose(file);
	unlink(path);
}

static void
write_mail(struct transfers *transfers, const char *id, const char *text, struct outcome *outcome)
{
	*outcome = (struct outcome){0};
	transfers_mail(transfers, "portal@example.dk", "mette@example.dk", id, text, strlen(text), note_outcome, outcome);
	assert_false(outcome->done);
	finish(transfers);
}

static void
test_files(void **state)
{
	char directory[] = "/tmp/transfer_test.XXXXXX";
	struct arena *arena = arena_new();
	struct transfers *transfers;
	struct outcome outcome;

	(void)state;
	assert_non_null(mkdtemp(directory));
	transfers = engine(arena, (struct transfer_settings){.mail_dir = directory});
	write_mail(transfers, "1.upload@portal.example.dk", "once", &outcome);
	expect(&outcome, true, false, 0, "written to 1.upload@portal.example.dk.eml");
	write_mail(transfers, "1.upload@portal.example.dk", message, &outcome);
	expect(&outcome, true, false, 0, "written");
	assert_file(arena_printf(arena, "%s/1.upload@portal.example.dk.eml", directory), message);
	write_mail(transfers, "../../x/y@z", message, &outcome);
	assert_file(arena_printf(arena, "%s/_._.._x_y@z.eml", directory), message);
	assert_int_equal(rmdir(directory), 0);
	write_mail(transfers, "1@portal.example.dk", message, &outcome);
	expect(&outcome, false, false, 0, "No such file or directory");
	transfers_free(transfers);
	arena_free(arena);
}

/* --- polling --- */

static void
test_poll(void **state)
{
	struct arena *arena = arena_new();
	struct transfers *transfers = engine(arena, (struct transfer_settings){.mail_dir = "/tmp"});
	int ends[2];
	double begin = seconds();

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(transfers_poll(transfers, ends[0], 100));
	assert_true(seconds() - begin > 0.09);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(transfers_poll(transfers, ends[0], 10000));
	assert_false(transfers_poll(transfers, -1, 0));
	assert_true(seconds() - begin < 5);
	close(ends[0]);
	close(ends[1]);
	transfers_free(transfers);
	transfers_free(NULL);
	arena_free(arena);
}

static void
test_free_while_running(void **state)
{
	struct server server = start_server(smtp_dialogue);
	struct arena *arena = arena_new();
	struct transfers *transfers = engine(arena, (struct transfer_settings){
	    .smtp_url = arena_printf(arena, "smtp://127.0.0.1:%d", server.port)});
	struct outcome outcome = {0};

	(void)state;
	for (int i = 0; i < 6; i++)
		transfers_mail(transfers, "portal@example.dk", "slow@example.dk", "1@portal.example.dk", message,
		    strlen(message), note_outcome, &outcome);
	for (int i = 0; i < 5; i++)
		transfers_poll(transfers, -1, 50);
	assert_int_equal(transfers_running(transfers), 6);
	transfers_free(transfers);
	assert_false(outcome.done);
	stop_server(server);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_smtp),
	    cmocka_unit_test(test_smtp_many),
	    cmocka_unit_test(test_smtp_configuration),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_poll),
	    cmocka_unit_test(test_free_while_running),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
