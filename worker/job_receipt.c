/* Receipts. The program pdfreceipt makes them, since the accepted PDF is somebody else's; the worker's loop goes on
 * meanwhile. What it made is kept like an upload: rows, bytes, commit. A PDF that it fails on costs the receipt its
 * first part and nothing more: then the certificate alone is the receipt. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "encode.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "receipt/append.h"
#include "signing.h"
#include "store.h"

enum {
	PATIENCE = 75,     /* s; more than its 60 s of CPU; two of them are less than the claim's lease */
	ATTEMPTS_MOST = 5, /* of a certificate alone */
};

/* A receipt that is being made. */
struct making {
	const struct outbox_setting *setting;
	const char *tenant_id, *document_id, *version;
	int description, pdf; /* files; pdf is -1 once the certificate is made alone */
	int output, watch;    /* the child's; -1: none */
	pid_t child;
	time_t deadline;
};

static const struct problem *
failed(struct job *job, const char *what, int error)
{
	return problem_new(job->arena, PROBLEM_internal, "the receipt cannot be made: %s: %s", what, strerror(error));
}

static void
file_close(int *file)
{
	if (*file >= 0)
		close(*file);
	*file = -1;
}

static time_t
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Starts pdfreceipt with what MAKING holds. */
static const struct problem *
making_start(struct job *job, struct making *making)
{
	char path[PATH_MAX];
	char *const argv[] = {path, making->pdf >= 0 ? "combined" : "alone", NULL};
	int error = child_path("pdfreceipt", path, sizeof path);

	file_close(&making->output);
	making->output = memfd_create("receipt", MFD_CLOEXEC);
	if (making->output < 0)
		return failed(job, "memfd", errno);
	if (!error)
		error = child_start(path, argv, (int[]){making->description, making->output, -1, making->pdf}, 4, &making->child);
	if (error)
		return failed(job, path, error);
	making->deadline = seconds_now() + PATIENCE;
	/* Without it the end is seen at the next turn. */
	making->watch = pidfd_open(making->child, 0);
	if (making->watch >= 0)
		transfers_watch(making->setting->transfers, making->watch, true);
	return NULL;
}

static void
making_end(struct making *making)
{
	file_close(&making->description);
	file_close(&making->pdf);
	file_close(&making->output);
}

/* In one transaction: the rows, the bytes under their lock, the signature. */
static const struct problem *
keep_bytes(struct job *job, const struct making *making, const char *kind, const void *bytes, size_t size)
{
	struct db *db = making->setting->db;
	struct json_object *answer = NULL;
	char sha256[SHA256_HEX];

	sha256_hex(bytes, size, sha256);
	TRY(db_begin(db, job->arena));

	const struct problem *problem = db_json(db, job->arena, STATEMENT_worker_keep_receipt, &answer, making->tenant_id,
	    making->document_id, making->version, kind, sha256, arena_printf(job->arena, "%zu", size));
	bool kept = !problem && json_boolean(answer, "kept", false);

	if (kept)
		problem = store_put(job->arena, making->setting->config->store_dir, making->tenant_id, sha256, bytes, size);
	if (!problem && kept)
		problem = signing_receipt(making->setting, job->arena, json_member(answer, "receipt"));
	if (problem || !kept)
		db_rollback(db);
	else
		problem = db_commit(db, job->arena);
	if (!problem)
		job_end(job, kept ? "done" : "dropped", 0, kept ? kind : "no longer wanted");
	return problem;
}

static const struct problem *
keep(struct job *job, const struct making *making, const char *kind)
{
	struct stat status;
	const struct problem *problem;
	void *bytes;

	if (fstat(making->output, &status) < 0 || status.st_size == 0)
		return failed(job, "its file", errno);
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, making->output, 0);
	if (bytes == MAP_FAILED)
		return failed(job, "its file", errno);
	problem = keep_bytes(job, making, kind, bytes, (size_t)status.st_size);
	munmap(bytes, (size_t)status.st_size);
	return problem;
}

/* The child is gone with STATUS: keeps what it made, or has the certificate made alone. */
static const struct problem *
making_judge(struct job *job, struct making *making, int status)
{
	int made = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	const char *end = child_end(job->arena, status);

	if (made == RECEIPT_COMBINED || made == RECEIPT_CERTIFICATE)
		return keep(job, making, made == RECEIPT_COMBINED ? "combined" : "certificate");
	if (making->pdf >= 0) {
		log_line(LOG_warning, "a PDF takes no certificate; it is made alone", "job", job->id, "request_id", job->request_id,
		    "reason", end, NULL);
		file_close(&making->pdf);
		return making_start(job, making);
	}
	job_end(job, job->attempt < ATTEMPTS_MOST ? "retry" : "dead", 0,
	    arena_printf(job->arena, "pdfreceipt failed: %s", end));
	return NULL;
}

/* Looks whether the child has ended, or must. */
static void
making_look(struct job *job)
{
	struct making *making = job->work;
	const struct problem *problem;
	int status = -1;
	pid_t gone = waitpid(making->child, &status, WNOHANG);

	if (gone == 0) {
		if (seconds_now() >= making->deadline)
			kill(making->child, SIGKILL);
		return;
	}
	if (making->watch >= 0)
		transfers_watch(making->setting->transfers, making->watch, false);
	file_close(&making->watch);
	problem = making_judge(job, making, gone < 0 ? -1 : status);
	if (problem)
		job_end(job, "retry", 0, problem->detail);
	if (job->outcome)
		making_end(making);
}

/* The description as a file, which needs no second process to feed it. */
static const struct problem *
description_write(struct job *job, struct making *making, struct json_object *what)
{
	const char *url = arena_printf(job->arena, "%s/verify", making->setting->config->base_url), *text;
	size_t left;
	ssize_t written = 0;

	json_object_object_add(what, "verify_url", json_object_new_string(url));
	text = json_object_to_json_string_length(what, JSON_C_TO_STRING_PLAIN, &left);
	making->description = memfd_create("description", MFD_CLOEXEC);
	for (; making->description >= 0 && left && (written = write(making->description, text, left)) > 0; left -= (size_t)written)
		text += written;
	return making->description < 0 || left ? failed(job, "its description", errno) : NULL;
}

static const struct problem *
making_begin(struct job *job, struct making *making, struct json_object *what)
{
	const char *path = arena_printf(job->arena, "%s/%s", making->setting->config->store_dir,
	    store_path(job->arena, making->tenant_id, json_text(what, "sha256")));

	TRY(description_write(job, making, what));
	making->pdf = open(path, O_RDONLY | O_CLOEXEC);
	if (making->pdf < 0)
		return failed(job, path, errno);
	return making_start(job, making);
}

const struct problem *
job_receipt(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	struct json_object *what = job_wanted(job, row);
	struct making *making = arena_alloc(job->arena, sizeof *making);
	const struct problem *problem;

	if (!what)
		return NULL;
	*making = (struct making){
	    .setting = setting, .description = -1, .pdf = -1, .output = -1, .watch = -1,
	    .tenant_id = arena_strdup(job->arena, json_text(row, "tenant_id")),
	    .document_id = arena_strdup(job->arena, json_text(what, "document_id")),
	    .version = arena_printf(job->arena, "%d", (int)json_integer(what, "version", 0)),
	};
	problem = making_begin(job, making, what);
	if (problem) {
		making_end(making);
		return problem;
	}
	job->work = making;
	job->look = making_look;
	return NULL;
}
