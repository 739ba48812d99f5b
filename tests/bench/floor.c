/* The floor of the measurements: the least program that does the same durable work as an executable, behind
 * the same nginx. One prepared statement selects the row and inserts one event; the answer is fixed.
 *
 *   floor page SOCKET PROCESSES BYTES     a page of BYTES bytes; an empty answer at /empty
 *   floor download SOCKET PROCESSES       the row's file by X-Accel-Redirect
 *   floor accept SOCKET PROCESSES         303
 *   floor upload SOCKET PROCESSES FOLDER  the spooled body: SHA-256, write, fsync, rename, one row
 *   floor write FOLDER PROCESSES SECONDS  the same work without HTTP; prints files per second
 *
 * The database is PORTAL_DATABASE_URL; documents.sql makes what the statements use. */
#include <fcgiapp.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"

enum { PROCESSES_MOST = 64, TOKEN = 33, MB = 1024 * 1024 };

struct floor {
	PGconn *database;
	char *page;         /* of `page`: head and body */
	size_t page_size;
	const char *folder; /* of `upload` */
};

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* A commit is as durable as the portal's: relaxed for a page, which only records that it was fetched. */
static PGconn *
connect_database(bool relaxed)
{
	static const char statement[] =
	    "WITH e AS (INSERT INTO bench.event (token_id, type, request_id, personal) VALUES ($1, $2, $3, $4))"
	    " SELECT name, path FROM bench.document WHERE token_id = $1";
	PGconn *database = PQconnectdb(getenv("PORTAL_DATABASE_URL"));

	if (PQstatus(database) != CONNECTION_OK) {
		fprintf(stderr, "%s", PQerrorMessage(database));
		exit(1);
	}
	if (relaxed)
		PQclear(PQexec(database, "SET synchronous_commit = off"));
	PQclear(PQprepare(database, "floor", statement, 0, NULL));
	return database;
}

/* The row behind the token in the path /d/{token}…, NULL when there is none; an event is written. */
static PGresult *
row_load(struct floor *floor, FCGX_Request *request, const char *type)
{
	const char *path = FCGX_GetParam("DOCUMENT_URI", request->envp);
	char token[64] = "", id[UUID_TEXT];
	unsigned char bytes[TOKEN];

	if (!path || sscanf(path, "/d/%63[^/]", token) != 1 || !base64url_decode(token, bytes, sizeof bytes))
		return NULL;
	uuid_encode(bytes + 1, id);

	const char *const values[] = {id, type, FCGX_GetParam("PORTAL_REQUEST_ID", request->envp),
	    FCGX_GetParam("REMOTE_ADDR", request->envp)};
	PGresult *row = PQexecPrepared(floor->database, "floor", 4, values, NULL, NULL, 0);

	if (PQresultStatus(row) == PGRES_TUPLES_OK && PQntuples(row) == 1)
		return row;
	PQclear(row);
	return NULL;
}

static void
refuse(FCGX_Request *request)
{
	FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", request->out);
}

static void
answer_page(struct floor *floor, FCGX_Request *request)
{
	const char *path = FCGX_GetParam("DOCUMENT_URI", request->envp);

	if (path && !strcmp(path, "/empty")) {
		FCGX_PutS("Status: 204 No Content\r\n\r\n", request->out);
		return;
	}

	PGresult *row = row_load(floor, request, "fetched");

	if (row)
		FCGX_PutStr(floor->page, (int)floor->page_size, request->out);
	else
		refuse(request);
	PQclear(row);
}

static void
answer_download(struct floor *floor, FCGX_Request *request)
{
	PGresult *row = row_load(floor, request, "downloaded");

	if (row)
		FCGX_FPrintF(request->out, "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"%s\"\r\n"
		    "X-Accel-Redirect: /internal/store/%s\r\n\r\n", PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1));
	else
		refuse(request);
	PQclear(row);
}

static void
answer_accept(struct floor *floor, FCGX_Request *request)
{
	char form[4096];

	FCGX_GetStr(form, sizeof form, request->in);

	PGresult *row = row_load(floor, request, "accepted");

	if (row)
		FCGX_PutS("Status: 303 See Other\r\nLocation: /\r\n\r\n", request->out);
	else
		refuse(request);
	PQclear(row);
}

/* SHA-256, write, fsync, rename, commit. */
static bool
store(const struct floor *floor, const void *bytes, size_t size)
{
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX], fresh[512], path[512];

	if (!EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL))
		return false;
	hex_encode(digest, sizeof digest, hex);
	snprintf(fresh, sizeof fresh, "%s/%d.new", floor->folder, (int)getpid());
	snprintf(path, sizeof path, "%s/%s", floor->folder, hex);

	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	bool fine = fd >= 0 && write(fd, bytes, size) == (ssize_t)size && fsync(fd) == 0 && close(fd) == 0 &&
	    rename(fresh, path) == 0;
	const char *const values[] = {hex};
	PGresult *result = fine ? PQexecParams(floor->database, "INSERT INTO bench.file (sha256) VALUES ($1)"
	    " ON CONFLICT DO NOTHING", 1, NULL, values, NULL, NULL, 0) : NULL;

	fine = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return fine;
}

static void
answer_upload(struct floor *floor, FCGX_Request *request)
{
	const char *spooled = FCGX_GetParam("PORTAL_BODY_FILE", request->envp);

	if (!spooled || !*spooled) { /* nginx asks about the key */
		FCGX_PutS("Status: 204 No Content\r\n\r\n", request->out);
		return;
	}

	int fd = open(spooled, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &status) == 0)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes != MAP_FAILED && store(floor, bytes, (size_t)status.st_size))
		FCGX_PutS("Status: 201 Created\r\n\r\n", request->out);
	else
		refuse(request);
	if (bytes != MAP_FAILED)
		munmap(bytes, (size_t)status.st_size);
	if (fd >= 0)
		close(fd);
}

static const struct kind {
	const char *name;
	void (*answer)(struct floor *floor, FCGX_Request *request);
} kinds[] = {{"page", answer_page}, {"download", answer_download}, {"accept", answer_accept}, {"upload", answer_upload}};

static void
page_make(struct floor *floor, int bytes)
{
	static const char head[] = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n";

	floor->page_size = sizeof head - 1 + (size_t)bytes;
	floor->page = malloc(floor->page_size);
	if (!floor->page)
		fail("malloc");
	memset(floor->page, 'x', floor->page_size);
	memcpy(floor->page, head, sizeof head - 1);
}

static void
serve_floor(const struct kind *kind, int socket, const char *argument)
{
	struct floor floor = {.folder = argument, .database = connect_database(kind->answer == answer_page)};
	FCGX_Request request;

	if (kind->answer == answer_page)
		page_make(&floor, atoi(argument));
	FCGX_Init();
	FCGX_InitRequest(&request, socket, 0);
	while (FCGX_Accept_r(&request) == 0) {
		kind->answer(&floor, &request);
		FCGX_Finish_r(&request);
	}
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* How many files this process stores until END. */
static int
write_files(const char *folder, double end)
{
	struct floor floor = {.folder = folder, .database = connect_database(false)};
	unsigned *bytes = malloc(MB);
	int count = 0;

	if (!bytes)
		fail("malloc");
	for (int i = 0; i < MB / (int)sizeof *bytes; i++)
		bytes[i] = (unsigned)i * 2654435761U;
	bytes[0] = (unsigned)getpid();
	for (; now() < end; count++) {
		bytes[1] = (unsigned)count;
		if (!store(&floor, bytes, MB))
			fail(folder);
	}
	return count;
}

static void
write_all(const char *folder, int processes, double seconds)
{
	double end = now() + seconds;
	int ends[2], sum = 0;

	if (pipe(ends))
		fail("pipe");
	for (int i = 0; i < processes; i++) {
		if (fork() == 0) {
			int count = write_files(folder, end);

			_exit(write(ends[1], &count, sizeof count) != sizeof count);
		}
	}
	for (int i = 0, count = 0; i < processes && read(ends[0], &count, sizeof count) == sizeof count; i++)
		sum += count;
	printf("%.1f\n", sum / seconds);
}

int
main(int argc, char **argv)
{
	int processes = argc > 3 ? atoi(argv[3]) : 0;
	const struct kind *kind = NULL;

	for (size_t i = 0; argc > 1 && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(argv[1], kinds[i].name))
			kind = &kinds[i];
	if (processes < 1 || processes > PROCESSES_MOST) {
		fprintf(stderr, "usage: see the head of floor.c\n");
		return 2;
	}
	if (!kind) {
		write_all(argv[2], processes, argc > 4 ? atof(argv[4]) : 1);
		return 0;
	}

	FCGX_Init();
	int socket = FCGX_OpenSocket(argv[2], 1024);

	if (socket < 0)
		fail(argv[2]);
	chmod(argv[2], 0660);
	/* The parent serves too: when it ends, by whatever signal, the others do. */
	for (int i = 1; i < processes; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			break;
		}
	}
	serve_floor(kind, socket, argc > 4 ? argv[4] : "0");
	return 0;
}
