/* The pages and the mail of signing in, with hostile text in every member, and names of browsers. */
#include "fixture.h"

#include "browser.h"
#include "templates.h"

static const char HOSTILE[] = "\"'><script>alert(1)</script><x y='";

static void
assert_harmless(const char *html)
{
	assert_null(strstr(html, "<script>"));
	assert_null(strstr(html, "<x y="));
	assert_null(strstr(html, "\"'"));
	if (!strstr(html, "<style>"))
		assert_null(strchr(html, '{'));
}

static struct page
frame(int language)
{
	return (struct page){.language = (enum language)language, .title = HOSTILE, .sender_name = HOSTILE};
}

static void
test_login_pages(void **state)
{
	static const char *const errors[] = {NULL, "address", "too_many", "wrong", "gone", "spent", HOSTILE};

	for (size_t i = 0; i < sizeof errors / sizeof *errors * 8; i++) {
		const struct login_page page = {.page = frame(i & 1), .sent = i & 2, .signed_out = i & 4, .address = HOSTILE,
		    .error = errors[i / 8], .left = (int)(i % 3)};
		struct buf out = buf_new(*state, 0);

		template_login(&out, &page);
		assert_harmless(out.bytes);
		assert_non_null(strstr(out.bytes, page.sent ? "action=\"/login/code\"" : "type=\"email\""));
	}
}

static void
test_documents_page(void **state)
{
	static const char *const states[] = {"sent", "opened", "accepted", "declined", "withdrawn", "expired", HOSTILE};

	for (size_t i = 0; i < sizeof states / sizeof *states * 32; i++) {
		const struct document_row row = {.path = "/d/abc", .sender_name = HOSTILE, .color = HOSTILE,
		    .kind = i & 2 ? "quote" : "document", .title = HOSTILE, .number = i & 4 ? HOSTILE : NULL, .project = HOSTILE,
		    .amount = HOSTILE, .currency = HOSTILE, .state = states[i / 32], .sent_at = HOSTILE, .decided_at = HOSTILE,
		    .expires = HOSTILE, .version = i & 8 ? 2 : 1, .opened = i & 16, .can_accept = i & 4, .unread = (int)(i % 3)};
		const struct sender_choice senders[] = {{HOSTILE, HOSTILE, 1, true}, {HOSTILE, HOSTILE, 2, false}};
		const struct session_row sessions[] = {{HOSTILE, HOSTILE, HOSTILE, HOSTILE, true}, {HOSTILE, HOSTILE, HOSTILE, HOSTILE, false}};
		const struct documents_page page = {.page = frame(i & 1), .address = HOSTILE, .search = HOSTILE, .narrowed = true,
		    .continued = true, .groups = {{HOSTILE, &row, 1, 1}, {HOSTILE, NULL, 0, 0}, {HOSTILE, &row, 1, 7}}, .total = 8,
		    .found = 8, .senders = senders, .sender_count = 2, .next = "/documents?after=1", .sessions = sessions,
		    .session_count = 2};
		struct buf out = buf_new(*state, 0);

		template_documents(&out, &page);
		assert_harmless(out.bytes);
		assert_non_null(strstr(out.bytes, "href=\"/d/abc\""));
	}
}

/* What lies on a locked screen is a mail's subject and how it begins: the code is in neither. */
static void
test_login_mail(void **state)
{
	for (int language = 0; language < LANGUAGES; language++) {
		const struct login_mail mail = {(enum language)language, "123456", HOSTILE, HOSTILE,
		    word((enum language)language, WORD_mail_login_subject)};
		struct buf html = buf_new(*state, 0), text = buf_new(*state, 0);

		template_login_mail_html(&html, &mail);
		assert_harmless(html.bytes);
		assert_true(strstr(html.bytes, "123456") > strstr(html.bytes, "<h1"));
		assert_null(strstr(mail.subject, "123456"));
		template_login_mail_text(&text, &mail);
		assert_true(strstr(text.bytes, "\n123456\n") > text.bytes + 60);
	}
}

static void
test_browsers(void **state)
{
	static const struct {
		const char *agent, *browser, *system;
	} cases[] = {
	    {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Linux"},
	    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPhone"},
	    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"},
	    {"Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36", "Samsung Internet", "Android"},
	    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge", "Windows"},
	    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36", "Chrome", "Mac"},
	    {"curl/8.5.0", "", ""}, {"", "", ""}, {NULL, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *browser, *system;

		browser_names(cases[i].agent, &browser, &system);
		assert_string_equal(browser, cases[i].browser);
		assert_string_equal(system, cases[i].system);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_login_pages, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_documents_page, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_login_mail, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_browsers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
