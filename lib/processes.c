/* A parent that keeps worker processes alive, and passes the wish to end on. */
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

enum { BACKLOG = 1024, YOUNG = 5, PAUSE_MOST = 5000 };

static volatile sig_atomic_t ending;

static void
end(int signal)
{
	(void)signal;
	ending = 1;
}

static void
child_ended(int signal)
{
	(void)signal;
}

bool
processes_ending(void)
{
	return ending;
}

/* The one socket that the service manager holds for us, as sd_listen_fds(3) says. */
static const struct problem *
socket_passed(struct arena *arena, int *out)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	*out = 3;
	if (!pid || atol(pid) != getpid() || !count || strcmp(count, "1") != 0)
		return problem_new(arena, PROBLEM_internal, "no socket was passed; name one instead of -");
	if (fcntl(*out, F_SETFD, FD_CLOEXEC) < 0 || fcntl(*out, F_SETFL, O_NONBLOCK) < 0)
		return problem_new(arena, PROBLEM_internal, "the socket that was passed: %s", strerror(errno));
	return NULL;
}

const struct problem *
processes_socket(struct arena *arena, const char *path, int *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!strcmp(path, PROCESSES_PASSED))
		return socket_passed(arena, out);
	if (strlen(path) >= sizeof address.sun_path)
		return problem_new(arena, PROBLEM_internal, "%s: a socket's path has at most %zu bytes", path, sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path));
	unlink(path);
	*out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*out < 0 || bind(*out, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0660) < 0 ||
	    listen(*out, BACKLOG) < 0)
		return problem_new(arena, PROBLEM_internal, "%s: %s", path, strerror(errno));
	return NULL;
}

static void
handle_signal(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/* Signals are handled only while we wait for them. */
static void
signals_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	handle_signal(SIGTERM, end);
	handle_signal(SIGINT, end);
	handle_signal(SIGCHLD, child_ended);
	signal(SIGPIPE, SIG_IGN);
}

static pid_t
start(int (*work)(void *), void *context)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	/* A worker whose parent was killed ends too: nobody would replace or stop it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		ending = 1;
	handle_signal(SIGCHLD, SIG_DFL);
	_exit(work(context));
}

static void
say_how_it_ended(pid_t pid, int status)
{
	char number[16], how[64];

	snprintf(number, sizeof number, "%d", (int)pid);
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
	log_line(LOG_warning, "a process ended and is replaced", "pid", number, "reason", how, NULL);
}

/* Waits for a child or a signal, at most MILLISECONDS (-1: as long as it takes). */
static void
wait_for_something(int milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
	sigset_t open;

	sigemptyset(&open);
	pselect(0, NULL, NULL, NULL, milliseconds < 0 ? NULL : &time, &open);
}

static void
stop_all(const pid_t *pids, int count)
{
	for (int i = 0; i < count; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGTERM);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		continue;
}

/* Takes note of children that ended; true when one of them died young. */
static bool
reap(pid_t *pids, time_t *born, int count)
{
	bool young = false;
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (int i = 0; i < count; i++) {
			if (pids[i] != pid)
				continue;
			pids[i] = 0;
			young = young || time(NULL) - born[i] < YOUNG;
			say_how_it_ended(pid, status);
		}
	}
	return young;
}

int
processes_run(int count, int (*work)(void *), void *context, const char *socket_path)
{
	pid_t *pids = calloc((size_t)count, sizeof *pids);
	time_t *born = calloc((size_t)count, sizeof *born);
	int pause = 0;

	if (!pids || !born)
		abort();
	signals_block();
	while (!ending) {
		bool all = true;

		for (int i = 0; i < count; i++) {
			if (pids[i] > 0)
				continue;
			pids[i] = start(work, context);
			born[i] = time(NULL);
			all = all && pids[i] > 0;
		}
		wait_for_something(all ? -1 : PAUSE_MOST);
		if (!reap(pids, born, count)) {
			pause = 0;
		} else {
			pause = pause ? (pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST) : 50;
			if (!ending)
				wait_for_something(pause);
		}
	}
	/* Nobody connects any more, so the workers can tell when they have answered the last. */
	if (strcmp(socket_path, PROCESSES_PASSED) != 0)
		unlink(socket_path);
	stop_all(pids, count);
	free(pids);
	free(born);
	return 0;
}
