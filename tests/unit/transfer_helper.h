/* For the tests of transfers: a small server on loopback, which is a child process that forks for each connection, and
 * what a transfer came to. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "transfer.h"

struct server {
	pid_t pid;
	int port;
};

static inline void
say(FILE *peer, const char *line)
{
	fprintf(peer, "%s\r\n", line);
	fflush(peer);
}

static inline void
serve(int listener, void (*dialogue)(FILE *, int))
{
	signal(SIGCHLD, SIG_IGN);
	for (int connection = 1;; connection++) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			FILE *peer = fdopen(fd, "r+");

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			setvbuf(peer, NULL, _IOLBF, 8192);
			dialogue(peer, connection);
			_exit(0);
		}
		close(fd);
	}
}

static inline struct server
start_server(void (*dialogue)(FILE *, int))
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 100), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	struct server server = {.pid = fork(), .port = ntohs(address.sin_port)};

	if (server.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test does not stop its server */
		serve(listener, dialogue);
	}
	close(listener);
	return server;
}

static inline void
stop_server(struct server server)
{
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
}

struct outcome {
	bool done, ok, permanent;
	long status;
	char answer[4096];
};

static inline void
note_outcome(void *context, const struct transfer_result *result)
{
	struct outcome *outcome = context;

	assert_false(outcome->done);
	outcome->done = true;
	outcome->ok = result->ok;
	outcome->permanent = result->permanent;
	outcome->status = result->status;
	snprintf(outcome->answer, sizeof outcome->answer, "%s", result->answer);
}

static inline double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void
finish(struct transfers *transfers)
{
	double begin = seconds();

	while (transfers_running(transfers)) {
		transfers_poll(transfers, -1, 1000);
		assert_true(seconds() - begin < 20);
	}
}

static inline void
expect(const struct outcome *outcome, bool ok, bool permanent, long status, const char *words)
{
	if (!outcome->done || outcome->ok != ok || outcome->permanent != permanent || outcome->status != status ||
	    !strstr(outcome->answer, words))
		fail_msg("ok %d permanent %d status %ld answer \"%s\", not %d %d %ld \"%s\"", outcome->ok,
		    outcome->permanent, outcome->status, outcome->answer, ok, permanent, status, words);
}

static inline struct transfers *
engine(struct arena *arena, struct transfer_settings settings)
{
	struct transfers *transfers;
	const struct problem *problem = transfers_new(arena, &settings, &transfers);

	if (problem)
		fail_msg("%s", problem->detail);
	return transfers;
}
