/* The check of uploaded PDFs. Run as
 *	pdf_test PDFCHECK FIXTURES SAMPLE
 * PDFCHECK being the program, FIXTURES the folder that `node tests/pdfs/make.js FIXTURES` wrote,
 * SAMPLE the file that `sample-quote SAMPLE` wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pdf.h"

enum { PATIENCE = 15000 };

static const char *program, *fixtures, *sample;

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* How many files this process has open. */
static int
open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Checks one file with PROGRAM, and that neither child nor descriptor is left over. */
static const struct problem *
check_with(struct arena *arena, const struct checker *checker, const char *path, struct pdf_facts *facts)
{
	int before = open_files();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	const struct problem *problem =
	    pdf_check_by(arena, checker, fd, 0, (size_t)lseek(fd, 0, SEEK_END), facts);

	assert_int_equal(close(fd), 0);
	assert_int_equal(open_files(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return problem;
}

static const struct problem *
check(struct arena *arena, const char *name, struct pdf_facts *facts)
{
	const struct checker checker = {program, PATIENCE};

	return check_with(arena, &checker, arena_printf(arena, "%s/%s", fixtures, name), facts);
}

static void
assert_pages(struct arena *arena, const char *name, int pages)
{
	struct pdf_facts facts = {0};
	const struct problem *problem = check(arena, name, &facts);

	if (problem)
		fail_msg("%s: %s", name, problem->detail);
	assert_int_equal(facts.pages, pages);
}

/* Refused as the member /file, in words that hold WORD. */
static void
assert_refused(struct arena *arena, const char *name, const char *word)
{
	struct pdf_facts facts = {0};
	const struct problem *problem = check(arena, name, &facts);

	if (!problem || problem->code != PROBLEM_pdf_invalid || !strstr(problem->detail, word))
		fail_msg("%s: %s", name, problem ? problem->detail : "taken");
	assert_string_equal(problem->items->pointer, "/file");
	assert_string_equal(problem->items->detail, problem->detail);
	assert_null(problem->items->next);
}

static void
good_ones_are_taken(void **state)
{
	const struct checker checker = {program, PATIENCE};
	struct pdf_facts facts = {0};

	assert_null(check_with(*state, &checker, sample, &facts));
	assert_int_equal(facts.pages, 2);
	assert_pages(*state, "simple.pdf", 1);
	assert_pages(*state, "pages.pdf", 120);
	assert_pages(*state, "big.pdf", 1);
}

static void
what_can_be_repaired_is_taken(void **state)
{
	assert_pages(*state, "truncated.pdf", 3);
}

static void
damaged_ones_are_refused(void **state)
{
	assert_refused(*state, "garbage.pdf", "damaged");
	assert_refused(*state, "empty.pdf", "damaged");
	assert_refused(*state, "half.pdf", "damaged");
	assert_refused(*state, "hostile_loop.pdf", "damaged");
	assert_refused(*state, "hostile_tree.pdf", "damaged");
	assert_refused(*state, "hostile_nested.pdf", "damaged");
}

static void
encrypted_ones_are_refused(void **state)
{
	const char *first = arena_printf(*state, "%s/encrypted.pdf", fixtures);

	if (access(first, F_OK))
		skip(); /* there was no program qpdf to make them */
	assert_refused(*state, "encrypted.pdf", "encrypted");
	assert_refused(*state, "password.pdf", "password");
}

static void
one_without_pages_is_refused(void **state)
{
	assert_refused(*state, "no_pages.pdf", "no pages");
}

static void
hostile_ones_are_refused_within_bounds(void **state)
{
	const char *const names[] = {"hostile_xref.pdf", "hostile_objects.pdf"};
	struct rusage used;
	time_t start = time(NULL);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_refused(*state, names[i], "512 MB");
		assert_pages(*state, "simple.pdf", 1);
	}
	assert_true(time(NULL) - start < 30);
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &used), 0);
	assert_true(used.ru_maxrss < 1024 * 1024); /* KB, of the largest child; the sanitizers' own included */
}

/* As in an upload: the PDF is one part in the middle of a spooled body. */
static void
one_in_the_middle_of_a_file_is_found(void **state)
{
	const struct checker checker = {program, PATIENCE};
	struct pdf_facts facts = {0};
	char bytes[64 * 1024];
	FILE *spool = tmpfile();
	FILE *pdf = fopen(arena_printf(*state, "%s/pages.pdf", fixtures), "r");

	assert_non_null(spool);
	assert_non_null(pdf);
	size_t size = fread(bytes, 1, sizeof bytes, pdf);

	for (int i = 0; i < 5001; i++)
		fputc('-', spool);
	assert_int_equal(fwrite(bytes, 1, size, spool), size);
	fputs("\r\n--boundary--\r\n", spool);
	fflush(spool);
	assert_null(pdf_check_by(*state, &checker, fileno(spool), 5001, size, &facts));
	assert_int_equal(facts.pages, 120);
	assert_int_equal(ftell(spool), 5001 + (long)size + 16);
	fclose(spool);
	fclose(pdf);
}

static void
signal_settings_of_the_caller_do_not_matter(void **state)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	assert_pages(*state, "simple.pdf", 1);
	assert_refused(*state, "garbage.pdf", "damaged");
	signal(SIGCHLD, SIG_IGN); /* then children vanish without a status */
	assert_pages(*state, "simple.pdf", 1);
	assert_refused(*state, "garbage.pdf", "damaged");
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* `sleep OFFSET SIZE` sleeps as many seconds as the sample has bytes. */
static void
one_that_hangs_is_killed(void **state)
{
	const struct checker checker = {"/bin/sleep", 200};
	struct pdf_facts facts;
	const struct problem *problem = check_with(*state, &checker, sample, &facts);

	assert_non_null(problem);
	assert_int_equal(problem->code, PROBLEM_pdf_invalid);
	assert_non_null(strstr(problem->detail, "too complex"));
}

static void
a_checker_that_fails_is_our_fault(void **state)
{
	const char *const programs[] = {"/nonexistent/pdfcheck", "/bin/false", "/bin/true", "/bin/echo", "/usr/bin/yes"};

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		const struct checker checker = {programs[i], 5000};
		struct pdf_facts facts;
		const struct problem *problem = check_with(*state, &checker, sample, &facts);

		assert_non_null(problem);
		assert_int_equal(problem->code, PROBLEM_internal);
	}
}

static void
the_program_beside_this_one_is_used(void **state)
{
	struct pdf_facts facts = {0};
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	assert_true(length > 0);
	self[length] = '\0';
	const char *beside = arena_printf(*state, "%.*s/pdfcheck", (int)(strrchr(self, '/') - self), self);
	int fd = open(sample, O_RDONLY | O_CLOEXEC);
	const struct problem *problem =
	    pdf_check(*state, fd, 0, (size_t)lseek(fd, 0, SEEK_END), &facts);

	close(fd);
	if (!access(beside, X_OK)) {
		assert_null(problem);
		assert_int_equal(facts.pages, 2);
	} else {
		assert_int_equal(problem->code, PROBLEM_internal);
		assert_non_null(strstr(problem->detail, beside));
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(good_ones_are_taken, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_can_be_repaired_is_taken, setup, teardown),
	    cmocka_unit_test_setup_teardown(damaged_ones_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(encrypted_ones_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_without_pages_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(hostile_ones_are_refused_within_bounds, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_in_the_middle_of_a_file_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(signal_settings_of_the_caller_do_not_matter, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_that_hangs_is_killed, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_checker_that_fails_is_our_fault, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_program_beside_this_one_is_used, setup, teardown),
	};

	if (argc != 4) {
		fprintf(stderr, "usage: %s PDFCHECK FIXTURES SAMPLE\n", argv[0]);
		return 64;
	}
	program = argv[1];
	fixtures = argv[2];
	sample = argv[3];
	return cmocka_run_group_tests_name("pdf", tests, NULL, NULL);
}
