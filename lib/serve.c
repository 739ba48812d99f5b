/* One process of an executable: takes requests, finds their handler, sends what came of it. */
#include "serve.h"

#include <errno.h>
#include <fcgiapp.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "metrics.h"
#include "processes.h"
#include "utf8.h"

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

/* What the history keeps about the visitor, beside the chain. */
static const char *
personal_json(const struct request *request)
{
	struct json_object *personal = json_object_new_object();
	const char *given = or_empty(request_header(request, "User-Agent"));
	const char *agent = arena_strndup(request->arena, given, strnlen(given, 300));

	json_object_object_add(personal, "ip", json_object_new_string(or_empty(request_parameter(request, "REMOTE_ADDR"))));
	/* An agent that is not UTF-8 would make the statement fail. */
	json_object_object_add(personal, "user_agent", json_object_new_string(utf8_valid(agent, strlen(agent)) ? agent : ""));

	const char *text = arena_strdup(request->arena, json_object_to_json_string_ext(personal, JSON_C_TO_STRING_PLAIN));

	json_object_put(personal);
	return text;
}

/* Guard, then the handler: the first problem ends it. */
static const struct problem *
handle(struct request *request, const struct service *service, FCGX_Stream *in)
{
	const char *query = or_empty(request_parameter(request, "QUERY_STRING")), *allowed = NULL;
	struct form *fields = NULL;

	request->language = language_accept(request_header(request, "Accept-Language"), LANGUAGE_DA);
	request->route = route_find(request->arena, service->routes, request->method, request->path,
	    request->arguments, &allowed);
	if (!request->route && service->shared)
		allowed = route_shared(request->arena, service->shared, request->path);
	request->allowed = allowed;
	if (allowed && !request->route)
		return problem_new(request->arena, PROBLEM_method_not_allowed, "allowed here: %s", allowed);
	if (!request->route)
		return problem_new(request->arena, PROBLEM_not_found, "there is nothing at this path");
	TRY(form_parse(request->arena, query, strlen(query), 30, &fields));
	request->query = fields;
	request_language_choose(request, form_get(fields, "lang"));
	TRY(authorise(request));
	TRY(body_read(request, in));
	request->personal = personal_json(request);
	return request->route->handle(request);
}

/* The reason phrases of RFC 9110 that we use; clients do not read them, people with curl do. */
static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} reasons[] = {
	    {200, "OK"}, {201, "Created"}, {204, "No Content"}, {303, "See Other"}, {304, "Not Modified"}, {400, "Bad Request"},
	    {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {409, "Conflict"}, {410, "Gone"},
	    {412, "Precondition Failed"}, {413, "Content Too Large"}, {415, "Unsupported Media Type"},
	    {422, "Unprocessable Content"}, {429, "Too Many Requests"}, {500, "Internal Server Error"},
	    {503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].phrase;
	return "";
}

static void
head_line(struct buf *head, const char *name, const char *value)
{
	buf_text(head, name);
	buf_text(head, ": ");
	buf_text(head, value);
	buf_text(head, "\r\n");
}

static void
send_reply(FCGX_Request *fcgi, const struct request *request)
{
	const struct reply *reply = &request->reply;
	struct buf head = buf_new(request->arena, 0);

	buf_printf(&head, "Status: %d %s\r\n", reply->status, reason(reply->status));
	if (reply->type)
		head_line(&head, "Content-Type", reply->type);
	if (reply->status != 204 && reply->status != 304 && !reply->by_nginx)
		buf_printf(&head, "Content-Length: %zu\r\n", reply->body.length);
	for (const struct reply_header *header = reply->headers; header; header = header->next) {
		bool replaced = false; /* the newest of a name counts, and it stands first; cookies are many */

		for (const struct reply_header *newer = reply->headers; newer != header && strcmp(header->name, "Set-Cookie") != 0; newer = newer->next)
			replaced = replaced || !strcmp(newer->name, header->name);
		if (!replaced)
			head_line(&head, header->name, header->value);
	}
	buf_text(&head, "\r\n");
	FCGX_PutStr(head.bytes, (int)head.length, fcgi->out);
	if (strcmp(request->method, "HEAD") != 0)
		FCGX_PutStr(reply->body.bytes, (int)reply->body.length, fcgi->out);
}

static void
request_log(const struct request *request, const struct problem *problem, double seconds)
{
	char status[16], milliseconds[32];

	snprintf(status, sizeof status, "%d", request->reply.status);
	snprintf(milliseconds, sizeof milliseconds, "%.1f", seconds * 1e3);
	/* The route's pattern, not the path: paths hold tokens. What is not found is nginx's to log: anyone can ask for it. */
	log_line(!problem || problem->code == PROBLEM_not_found ? LOG_debug : request->reply.status < 500 ? LOG_info : LOG_error,
	    "request", "request_id", request->id,
	    "method", request->method, "route", request->route ? request->route->pattern : NULL, "status", status,
	    "problem", problem ? problem_name(problem) : NULL,
	    "detail", problem && request->reply.status >= 500 ? problem->detail : NULL, "milliseconds", milliseconds, NULL);
}

/* nginx asks on its internal port alone: /metrics for the portal as a whole, which every app's `status` answers alike, and
 * else for what all processes of this executable have counted. Never both: counters of two apps under one name would
 * seem to fall and rise with whoever answers, and what is the portal's would count once for each app. */
static const struct problem *
show_metrics(struct request *request, const struct service *service, const struct metrics *metrics)
{
	struct buf *out = reply_plain(request, 200, "text/plain; version=0.0.4");

	if (!strcmp(request->path, "/metrics"))
		return service->measure ? service->measure(request, out) : NULL;
	metrics_print(metrics, out);
	return NULL;
}

static double
seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void
answer(FCGX_Request *fcgi, const struct service *service, struct request *request, struct metrics *metrics)
{
	struct timespec start;
	const struct problem *problem;

	clock_gettime(CLOCK_MONOTONIC, &start);
	request->environment = fcgi->envp;
	request->body_fd = -1;
	request->id = or_empty(request_parameter(request, "PORTAL_REQUEST_ID"));
	request->method = or_empty(request_parameter(request, "REQUEST_METHOD"));
	request->path = or_empty(request_parameter(request, "DOCUMENT_URI"));
	log_request(request->id);
	problem = request_parameter(request, "PORTAL_METRICS") ? show_metrics(request, service, metrics)
	                                                       : handle(request, service, fcgi->in);
	if (!problem || problem == &problem_answered)
		problem = change_commit(request);
	db_rollback(request->db);
	if (problem) {
		reply_problem(request, problem);
		change_keep_refusal(request);
	}
	send_reply(fcgi, request);
	metrics_count(metrics, request->route, request->reply.status, seconds_since(&start),
	    problem && problem->code == PROBLEM_unavailable);
	request_log(request, problem, seconds_since(&start)); /* before the parameters, which it reads, are gone */
	log_request(NULL);
	FCGX_Finish_r(fcgi);
}

/* A connection wakes one of the processes that wait for it, not all of them. */
static int
connection_waiter(int socket)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	int waiter = epoll_create1(EPOLL_CLOEXEC);

	if (waiter < 0 || epoll_ctl(waiter, EPOLL_CTL_ADD, socket, &event) < 0)
		abort();
	return waiter;
}

/* Waits for a connection; TERM can arrive only here, so a request under way always finishes. Afterwards those that
 * wait already are still taken: false when there are none. */
static bool
connection_waits(int waiter)
{
	struct epoll_event event;
	sigset_t open;

	sigemptyset(&open);
	for (;;) {
		bool ending = processes_ending();

		if (epoll_pwait(waiter, &event, 1, ending ? 0 : -1, &open) > 0)
			return true;
		if (ending)
			return false;
	}
}

struct serving {
	const struct service *service;
	const struct config *config;
	const struct secrets *secrets;
	struct metrics *metrics;
	int socket;
};

static int
serve_requests(void *context)
{
	const struct serving *serving = context;
	struct db *db = db_new(serving->config->database_url, serving->service->role);
	struct arena *arena = arena_new();
	int waiter = connection_waiter(serving->socket);
	FCGX_Request fcgi;

	FCGX_Init();
	FCGX_InitRequest(&fcgi, serving->socket, FCGI_FAIL_ACCEPT_ON_INTR);
	while (connection_waits(waiter)) {
		/* The socket does not block: another process may have been quicker. */
		if (FCGX_Accept_r(&fcgi) < 0)
			continue;

		struct request request = {.arena = arena, .config = serving->config, .secrets = serving->secrets, .db = db};

		answer(&fcgi, serving->service, &request, serving->metrics);
		arena_reset(arena);
	}
	close(waiter);
	db_free(db);
	arena_free(arena);
	return 0;
}

int
serve(const struct service *service, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct config config;
	struct secrets *secrets = NULL;
	struct serving serving = {.service = service, .config = &config};
	int count = argc > 2 ? atoi(argv[2]) : 4;

	if (argc < 2 || argc > 3 || count < 1 || count > 256) {
		fprintf(stderr, "usage: %s SOCKET [PROCESSES]\n", service->name);
		return 2;
	}

	const struct problem *problem = config_load(arena, service->needs, &config);

	log_start(service->name, problem ? LOG_info : config.log_level);
	if (!problem && service->needs & CONFIG_SECRETS)
		problem = secrets_load(arena, config.secret_file, &secrets);
	if (!problem)
		problem = processes_socket(arena, argv[1], &serving.socket);
	if (problem) {
		log_line(LOG_error, "cannot start", "reason", problem->detail, NULL);
		return 1;
	}
	serving.secrets = secrets;
	serving.metrics = metrics_new(service->name, service->routes);

	int status = processes_run(count, serve_requests, &serving, argv[1]);

	arena_free(arena);
	return status;
}
