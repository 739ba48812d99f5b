/* What the template compiler takes for safe. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "html_context.h"

/* Whether output is refused after TEXT. */
static bool
refused(const char *text, bool url)
{
	struct html_context html = {0};

	for (; *text; text++)
		if (html_advance(&html, *text))
			return true;
	return html_refuses(&html, url) != NULL;
}

static void
test_text_is_safe(void **state)
{
	static const char *const safe[] = {"", "<p>", "<p class=\"a\">x ", "<script src=\"/a\"></script>", "<style>p { }</style>\n<p>",
	    "<SCRIPT>a<b</ScRiPt>", "<br/>", "<input disabled>", "<a href='x'>", "<textarea>", "</p>", "<p title=\">\">"};

	(void)state;
	for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
		assert_false(refused(safe[i], false));
}

static void
test_quoted_values(void **state)
{
	(void)state;
	assert_false(refused("<p title=\"", false));
	assert_false(refused("<p title = 'a ", false));
	assert_true(refused("<a href=\"", false));
	assert_false(refused("<a href=\"", true));
	assert_true(refused("<a title=\"x\" HREF='/d/", false));
	assert_true(refused("<p style=\"color:", true));
	assert_true(refused("<iframe srcdoc=\"", true));
	assert_true(refused("<form action=\"", false));
}

static void
test_refused_places(void **state)
{
	static const char *const bad[] = {"<", "<p", "<p ", "<p class", "<p class=", "<p class=a", "<p class=\"a\" ", "<script>",
	    "<script>var a = \"", "<style>p{", "<script></style>", "<script></scrip>", "<script><</script", "<p onclick=\"", "<p ONLOAD=x>", "<!-- "};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_true(refused(bad[i], false));
		assert_true(refused(bad[i], true));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_is_safe),
	    cmocka_unit_test(test_quoted_values),
	    cmocka_unit_test(test_refused_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
