/* Every page and mail, in both languages, with hostile text in every member. */

#include "fixture.h"
#include <stdio.h>

#include "templates.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char HOSTILE[] = "\"'><script>alert(1)</script><x y='";
static const char HASH[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

static size_t
occurrences(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)))
		n++, text++;
	return n;
}

/* A rendered page holds no markup of the input, and no placeholder that was left open. */
static void
assert_clean(const char *html)
{
	assert_int_equal(occurrences(html, "<script"), occurrences(html, "<script defer src=\"/static/"));
	assert_null(strstr(html, "<x y="));
	assert_null(strstr(html, "\"'"));
	assert_int_equal(occurrences(html, "<!doctype html>"), 1);
	assert_int_equal(occurrences(html, "</html>"), 1);
	if (!strstr(html, "<style>"))
		assert_null(strchr(html, '{'));
	for (const char *c = html; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\n')
			fail_msg("a control character at %td", c - html);
}

static const struct page_attachment hostile_attachment = {1, HOSTILE, HOSTILE, 1};
static const struct page_decision hostile_decision = {true, true, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE, true, true};

static const struct page_message hostile_thread[] = {
    {1, false, true, false, "changes", HOSTILE, HOSTILE, HOSTILE, 1, 2}, {2, true, false, true, "message", NULL, HOSTILE, HOSTILE, 2, 3},
    {3, false, false, false, "renewal", HOSTILE, NULL, HOSTILE, 2, 0}, {4, false, false, false, HOSTILE, NULL, HOSTILE, HOSTILE, 1, 0},
};

static const struct page_share hostile_shares[] = {
    {HOSTILE, HOSTILE, HOSTILE, HOSTILE, false}, {HOSTILE, HOSTILE, NULL, HOSTILE, true},
};

static const struct page_identity hostile_identity = {"email_code", true, true, HOSTILE, HOSTILE, true, HOSTILE};

static struct document_page
hostile_document(enum language language, const char *state)
{
	return (struct document_page){
	    .page = {language, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE}, .welcome = HOSTILE,
	    .path = HOSTILE, .state = state, .kind = "quote", .number = HOSTILE, .project = HOSTILE,
	    .message = HOSTILE, .document_title = HOSTILE, .amount = HOSTILE, .currency = HOSTILE,
	    .customer_name = HOSTILE, .contact_name = HOSTILE, .sent_at = HOSTILE, .expires = HOSTILE,
	    .version = 2, .sha256 = HOSTILE, .attachments = &hostile_attachment, .attachment_count = 1,
	    .can_accept = true, .typed_signature = true, .purchase_order = true, .consent = HOSTILE,
	    .thanks = HOSTILE, .decision = &hostile_decision,
	    .drawn_signature = true, .reason_required = true, .identity = &hostile_identity, .consent_sha256 = HOSTILE,
	    .form = {.error = HOSTILE, .name = HOSTILE, .purchase_order = HOSTILE, .reason = HOSTILE, .name_error = HOSTILE,
	        .consent_error = HOSTILE, .purchase_order_error = HOSTILE, .reason_error = HOSTILE, .email = HOSTILE,
	        .email_error = HOSTILE, .identity_error = HOSTILE, .code_error = HOSTILE, .signature_error = HOSTILE,
	        .consent = true},
	    .changed = true,
	    .conversation = {hostile_thread, COUNT(hostile_thread), 4, true, true, true, true, HOSTILE, NULL, HOSTILE,
	        {"message", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE}},
	    .sharing = {true, hostile_shares, COUNT(hostile_shares), HOSTILE, true, NULL,
	        {true, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE}}};
}

static void
test_hostile_documents(void **state)
{
	static const char *const states[] = {"sent", "opened", "accepted", "declined", "withdrawn", "expired", "", HOSTILE};

	for (int language = 0; language < LANGUAGES; language++)
		for (size_t i = 0; i < COUNT(states) * 4; i++) {
			struct document_page d = hostile_document((enum language)language, states[i / 4]);
			struct buf out = buf_new(*state, 0);

			d.form.declining = i & 1;
			d.contact_name = i & 1 ? HOSTILE : NULL;
			d.conversation.sent = i & 1 ? "shared" : "message";
			d.conversation.form.kind = i & 1 ? "message" : page_is(d.state, "expired") ? "renewal" : "changes";
			d.kind = i & 2 ? "document" : "quote";
			template_document(&out, &d);
			assert_clean(out.bytes);
			assert_non_null(strstr(out.bytes, "&lt;script&gt;"));
			assert_null(strstr(out.bytes, "href=\"&quot;")); /* a path that is none is not linked */
		}
}

/* The least that can be known: every optional member NULL. */
static void
test_bare_documents(void **state)
{
	static const char *const states[] = {"sent", "opened", "accepted", "declined", "withdrawn", "expired"};

	for (int language = 0; language < LANGUAGES; language++)
		for (size_t i = 0; i < COUNT(states); i++) {
			const struct document_page d = {.page = {.language = (enum language)language, .title = "T"},
			    .path = "/d/abc", .state = states[i], .kind = "document", .document_title = "T",
			    .customer_name = "Jensen Byg A/S", .version = 1, .sha256 = HASH};
			struct buf out = buf_new(*state, 0);

			template_document(&out, &d);
			assert_clean(out.bytes);
			assert_null(strstr(out.bytes, "tilbud"));
			assert_null(strstr(out.bytes, "<form"));
		}
}

static struct document_page
quote(enum language language)
{
	return (struct document_page){.page = {.language = language, .title = "Tilbud på nyt tag", .sender_name = "Nordtag ApS"},
	    .path = "/d/abc", .state = "sent", .kind = "quote", .number = "2026-0117",
	    .document_title = "Tilbud på nyt tag", .amount = "184500.00", .currency = "DKK",
	    .customer_name = "Jensen Byg A/S", .contact_name = "Mette Jensen", .expires = "2026-12-31", .days_left = 38,
	    .version = 3, .sha256 = HASH, .size = 83120, .pages = 2, .can_accept = true, .consent = "Ja & amen"};
}

static void
test_quote(void **state)
{
	struct document_page d = quote(LANGUAGE_DA);
	struct buf out = buf_new(*state, 0);

	template_document(&out, &d);
	assert_non_null(strstr(out.bytes, "<html lang=\"da\">"));
	assert_non_null(strstr(out.bytes, "184.500,00 kr."));
	assert_non_null(strstr(out.bytes, "Gælder til og med 31. december 2026"));
	assert_non_null(strstr(out.bytes, "38 dage endnu"));
	assert_non_null(strstr(out.bytes, "PDF, 2 sider, 83 KB"));
	assert_non_null(strstr(out.bytes, "action=\"/d/abc/accept\""));
	assert_non_null(strstr(out.bytes, "name=\"version\" value=\"3\""));
	assert_non_null(strstr(out.bytes, HASH));
	assert_non_null(strstr(out.bytes, "Ja &amp; amen"));
	assert_non_null(strstr(out.bytes, "Accepter tilbud"));
}

static void
test_plurals(void **state)
{
	struct document_page d = quote(LANGUAGE_EN);
	struct buf out = buf_new(*state, 0);

	d.days_left = d.pages = 1;
	template_document(&out, &d);
	assert_non_null(strstr(out.bytes, "1 day left"));
	assert_non_null(strstr(out.bytes, "PDF, 1 page, 83 KB"));
	d.days_left = 0;
	template_document(&out, &d);
	assert_non_null(strstr(out.bytes, "today is the last day"));
}

static void
test_without_right_to_accept(void **state)
{
	struct document_page d = quote(LANGUAGE_DA);
	struct buf out = buf_new(*state, 0);

	d.can_accept = false;
	template_document(&out, &d);
	assert_null(strstr(out.bytes, "<form"));
	assert_null(strstr(out.bytes, "#accept"));
	assert_non_null(strstr(out.bytes, "kan ikke accepteres her"));
}

static void
test_refused_form(void **state)
{
	struct document_page d = quote(LANGUAGE_DA);
	struct buf out = buf_new(*state, 0);

	d.form = (struct page_form){.error = "Fejl", .name = "M", .name_error = "Skriv navn", .consent = true};
	template_document(&out, &d);
	assert_non_null(strstr(out.bytes, "role=\"alert\""));
	assert_non_null(strstr(out.bytes, "href=\"#name\""));
	assert_non_null(strstr(out.bytes, "value=\"M\" aria-invalid=\"true\" aria-describedby=\"name-error\""));
	assert_non_null(strstr(out.bytes, "id=\"name-error\">Skriv navn"));
	assert_non_null(strstr(out.bytes, " checked>"));
	assert_null(strstr(out.bytes, "<details class=\"decline\" open"));
}

static void
test_withdrawn_shows_no_file(void **state)
{
	struct document_page d = quote(LANGUAGE_EN);
	struct buf out = buf_new(*state, 0);

	d.state = "withdrawn";
	template_document(&out, &d);
	assert_null(strstr(out.bytes, "/file"));
	assert_null(strstr(out.bytes, "/download"));
	assert_null(strstr(out.bytes, "<form"));
	assert_non_null(strstr(out.bytes, "has been withdrawn"));
}

static void
test_receipt(void **state)
{
	const struct page_decision decision = {.accepted = true, .mine = true, .at = "2026-11-23T14:31", .name = "Mette Jensen",
	    .email = "mette@example.dk", .version = 3, .sha256 = HASH, .receipt = true};
	struct document_page d = quote(LANGUAGE_DA);
	struct buf out = buf_new(*state, 0);

	d.state = "accepted";
	d.can_accept = false;
	d.decision = &decision;
	template_document(&out, &d);
	assert_non_null(strstr(out.bytes, "Tilbuddet er accepteret"));
	assert_non_null(strstr(out.bytes, "23. november 2026 kl. 14.31"));
	assert_non_null(strstr(out.bytes, "mette@example.dk"));
	assert_non_null(strstr(out.bytes, HASH));
	assert_non_null(strstr(out.bytes, "/receipt\">Hent kvittering<"));
	assert_null(strstr(out.bytes, "<form"));
}

static void
test_check(void **state)
{
	const struct check_match match = {false, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE};

	for (int language = 0; language < LANGUAGES; language++) {
		struct check_page page = {
		    {(enum language)language, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE}, CHECK_ANSWERED, true, &match, 1};

		for (int matches = 1; matches >= 0; matches--) {
			struct buf out = buf_new(*state, 0);

			page.match_count = (size_t)matches;
			template_check(&out, &page);
			assert_clean(out.bytes);
			assert_int_equal(strstr(out.bytes, "outcome accepted") != NULL, matches);
		}
	}
}

static void
test_notices(void **state)
{
	for (int language = 0; language < LANGUAGES; language++) {
		const struct notice_page hostile = {{(enum language)language, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE},
		    HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE};
		const struct notice_page bare = {
		    .page = {.language = (enum language)language, .title = "T"}, .heading = "T", .text = "T", .back_path = "/d/abc"};
		struct buf out = buf_new(*state, 0);

		template_notice(&out, &hostile);
		assert_clean(out.bytes);
		out = buf_new(*state, 0);
		template_notice(&out, &bare);
		assert_clean(out.bytes);
		assert_non_null(strstr(out.bytes, "href=\"/d/abc\""));
	}
}

static void
test_mails(void **state)
{
	static const char *const kinds[] = {"upload", "change", "reminder", "expiring", "accepted", "declined", "locked", "message", "changes",
	    "renewal", "shared", "?"};

	for (size_t i = 0; i < COUNT(kinds) * LANGUAGES * 64; i++) {
		const struct mail_page m = {.language = (enum language)(i / COUNT(kinds) % LANGUAGES), .kind = kinds[i % COUNT(kinds)],
		    .sender_name = HOSTILE, .color = HOSTILE, .reply_to = HOSTILE, .subject = HOSTILE,
		    .document_title = HOSTILE, .number = i & 16 ? HOSTILE : NULL, .project = HOSTILE, .customer_name = HOSTILE,
		    .contact_name = HOSTILE, .amount = HOSTILE, .currency = HOSTILE, .expires = HOSTILE, .message = HOSTILE,
		    .link = "https://portal.example/d/abc", .decided_by = HOSTILE, .decided_at = HOSTILE,
		    .sha256 = HOSTILE, .reason = HOSTILE, .purchase_order = HOSTILE, .version = 1, .quote = i & 32,
		    .body = i & 64 ? HOSTILE : NULL, .body_end = i & 64 ? HOSTILE : NULL, .own_subject = i & 64 ? HOSTILE : NULL,
		    .opened = i & 128, .can_accept = i & 256, .to_sender = i & 512, .previous_amount = i & 128 ? HOSTILE : NULL,
		    .previous_title = i & 256 ? HOSTILE : NULL, .sent_at = HOSTILE, .happened_at = HOSTILE,
		    .text = i & 128 ? HOSTILE : NULL, .author = i & 256 ? HOSTILE : NULL, .about_version = i & 4, .about_page = i & 8,
		    .shared_by = i & 2 ? HOSTILE : NULL};
		struct buf html = buf_new(*state, 0), text = buf_new(*state, 0), subject = buf_new(*state, 0);

		template_mail_html(&html, &m);
		assert_clean(html.bytes);
		assert_non_null(strstr(html.bytes, "href=\"https://portal.example/d/abc\""));
		template_mail_text(&text, &m);
		assert_int_equal(occurrences(text.bytes, m.link), 1);
		assert_non_null(strstr(text.bytes, "\nhttps://portal.example/d/abc\n"));
		assert_non_null(strstr(text.bytes, HOSTILE)); /* text stays as it is */
		assert_null(strchr(text.bytes, '{'));
		assert_null(strstr(text.bytes, "\n\n\n"));
		template_mail_subject(&subject, &m);
		assert_null(strchr(subject.bytes, '{'));
		assert_null(strchr(subject.bytes, '\n'));
	}
}

static void
test_mail_subject(void **state)
{
	struct mail_page m = {.language = LANGUAGE_DA, .kind = "upload", .sender_name = "Nordtag ApS",
	    .document_title = "Tilbud på nyt tag", .number = "2026-0117", .quote = true};
	struct buf out = buf_new(*state, 0);

	template_mail_subject(&out, &m);
	assert_string_equal(out.bytes, "Tilbud 2026-0117 fra Nordtag ApS: Tilbud på nyt tag");
	m.kind = "change";
	m.number = NULL;
	out = buf_new(*state, 0);
	template_mail_subject(&out, &m);
	assert_string_equal(out.bytes, "Ny version af tilbud fra Nordtag ApS: Tilbud på nyt tag");
}

static const char *
mail_text(const struct mail_page *m)
{
	struct buf text = buf_new(arena, 0);

	template_mail_text(&text, m);
	return text.bytes;
}

static const char *
mail_subject(const struct mail_page *m)
{
	struct buf subject = buf_new(arena, 0);

	template_mail_subject(&subject, m);
	return subject.bytes;
}

static struct mail_page
mail(enum language language, const char *kind)
{
	return (struct mail_page){.language = language, .kind = kind, .sender_name = "Nordtag ApS",
	    .document_title = "Tilbud på nyt tag", .number = "2026-0117", .quote = true, .can_accept = true,
	    .customer_name = "Jensen Byg A/S", .contact_name = "Mette Jensen", .amount = "179900.00", .currency = "DKK",
	    .sent_at = "2026-11-23T09:00", .expires = "2026-12-31", .link = "https://portal.example/d/abc", .version = 2};
}

/* A mail about a change says what changed, and only that. */
static void
test_change_mail(void **state)
{
	struct mail_page m = mail(LANGUAGE_DA, "change");
	struct buf html = buf_new(*state, 0);

	m.previous_amount = "184500.00";
	m.previous_currency = "DKK";
	template_mail_html(&html, &m);
	assert_non_null(strstr(html.bytes, "179.900,00 kr. (før 184.500,00 kr.)"));
	assert_non_null(strstr(mail_text(&m), "\nBeløb: 179.900,00 kr. (før 184.500,00 kr.)\nVersion: 2\n"));
	assert_non_null(strstr(mail_text(&m), "\nTitel: Tilbud på nyt tag\n"));
	m.previous_title = "Tag";
	m.amount = m.currency = NULL;
	assert_non_null(strstr(mail_text(&m), "\nTitel: Tilbud på nyt tag (før Tag)\n"));
	assert_non_null(strstr(mail_text(&m), "\nBeløb: ikke oplyst (før 184.500,00 kr.)\n"));
	m.previous_amount = NULL;
	assert_null(strstr(mail_text(&m), "Beløb"));
}

static void
test_reminders(void **state)
{
	struct mail_page m = mail(LANGUAGE_DA, "reminder");

	(void)state;
	assert_string_equal(mail_subject(&m), "Påmindelse om tilbud 2026-0117 fra Nordtag ApS: Tilbud på nyt tag");
	assert_non_null(strstr(mail_text(&m), "sendte et tilbud til Jensen Byg A/S den 23. november 2026. Du kan læse det"));
	m.opened = true;
	assert_non_null(strstr(mail_text(&m), "hører gerne fra dig"));
	m.can_accept = false;
	assert_null(strstr(mail_text(&m), "hører gerne fra dig"));
	m.kind = "expiring";
	assert_string_equal(mail_subject(&m), "Tilbud 2026-0117 fra Nordtag ApS gælder kun til og med 31. december 2026");
	m.expires = "2026-12-31T12:00";
	assert_string_equal(mail_subject(&m), "Tilbud 2026-0117 fra Nordtag ApS gælder kun til 31. december 2026 kl. 12.00");
}

/* A customer who is a person, in every mail. */
static void
test_person(void **state)
{
	static const char *const kinds[] = {"upload", "reminder", "expiring", "link"};
	static const char *const told[] = {"har sendt et tilbud til dig.", "sendte et tilbud til dig den 23. november 2026",
	    "Tilbuddet fra Nordtag ApS til dig gælder kun", "Tilbuddet til dig finder du nu her"};
	struct mail_page m = mail(LANGUAGE_DA, "upload");

	(void)state;
	m.contact_name = m.customer_name = "Mette Jensen";
	for (size_t i = 0; i < COUNT(kinds); i++) {
		m.kind = kinds[i];
		assert_non_null(strstr(mail_text(&m), told[i]));
		assert_int_equal(occurrences(mail_text(&m), "Mette"), 1); /* the greeting */
	}
	m.kind = "declined";
	m.decided_by = "Mette Jensen";
	m.decided_at = "2026-11-23T14:31";
	assert_non_null(strstr(mail_text(&m), "Du sagde nej tak til tilbuddet den"));
	m.decided_by = "Ole Hansen";
	assert_non_null(strstr(mail_text(&m), "Ole Hansen sagde nej tak til tilbuddet den"));
	m.to_sender = true;
	assert_non_null(strstr(mail_text(&m), "Ole Hansen hos Mette Jensen sagde nej tak"));
	m.kind = "renewal";
	m.author = "Mette Jensen";
	assert_non_null(strstr(mail_text(&m), "Mette Jensen ønsker et nyt tilbud i stedet for tilbud 2026-0117, som er udløbet."));
	m.kind = "changes";
	m.author = NULL;
	assert_non_null(strstr(mail_text(&m), "En læser ønsker ændringer i tilbud 2026-0117 til Mette Jensen:"));
}

static void
test_locked_mail(void **state)
{
	struct mail_page m = mail(LANGUAGE_EN, "locked");

	(void)state;
	m.to_sender = true;
	m.contact_name = NULL;
	m.message = "Hidden";
	m.happened_at = "2026-11-23T14:31";
	assert_string_equal(mail_subject(&m), "Closed for an hour: a visitor to the link to quote 2026-0117 for Jensen Byg A/S");
	assert_non_null(strstr(mail_text(&m), "everybody else the link still works"));
	m.whole_link = true;
	assert_string_equal(mail_subject(&m), "Closed for an hour: the link to quote 2026-0117 for Jensen Byg A/S");
	assert_null(strstr(mail_text(&m), "still works"));
	assert_non_null(strstr(mail_text(&m), "Time: 23 November 2026 at 14:31\n"));
	assert_null(strstr(mail_text(&m), "Hidden"));
	assert_null(strstr(mail_text(&m), "Valid"));
}

static void
test_own_words(void **state)
{
	static const char *const kinds[] = {"upload", "change", "reminder", "expiring"};
	static const char *const subjects[] = {"Vores tilbud", "Ny version: Vores tilbud", "Påmindelse: Vores tilbud",
	    "Udløber snart: Vores tilbud"};
	struct buf html = buf_new(*state, 0);
	struct mail_page m = mail(LANGUAGE_DA, "upload");

	m.own_subject = "Vores tilbud";
	m.body = "Hej Mette\n\nSe det her:";
	m.body_end = "Venlig hilsen";
	m.kind = "reminder";
	assert_int_equal(strncmp(mail_text(&m), "Har du set tilbuddet?\n\nHej Mette\n", 33), 0);
	m.kind = "upload";
	assert_int_equal(strncmp(mail_text(&m), m.body, strlen(m.body)), 0);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		m.kind = kinds[i];
		assert_string_equal(mail_subject(&m), subjects[i]);
		assert_non_null(strstr(mail_text(&m),
		    "Hej Mette\n\nSe det her:\n\nhttps://portal.example/d/abc\n\nVenlig hilsen\n\nTitel: "));
		assert_null(strstr(mail_text(&m), "Kære"));
	}
	template_mail_html(&html, &m);
	assert_non_null(strstr(html.bytes, "Hej Mette\n<br>\n<br>Se det her:\n</p>"));
	assert_non_null(strstr(html.bytes, "Venlig hilsen\n</p>"));
}

static void
test_code(void **state)
{
	static const char *const errors[] = {NULL, "wrong", "locked"};

	for (size_t i = 0; i < COUNT(errors) * LANGUAGES * 2; i++) {
		const struct code_page c = {.page = {(enum language)(i & 1), HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE},
		    .path = "/d/abc", .access = i & 2 ? HOSTILE : NULL, .error = errors[i / 4]};
		struct buf out = buf_new(*state, 0);

		template_code(&out, &c);
		assert_clean(out.bytes);
		assert_non_null(strstr(out.bytes, "action=\"/d/abc/code\""));
		assert_non_null(strstr(out.bytes, "<label for=\"code\">"));
		assert_int_equal(occurrences(out.bytes, "aria-describedby=\"code-error code-hint\""), c.error ? 1 : 0);
		assert_int_equal(occurrences(out.bytes, "id=\"code-error\""), c.error ? 1 : 0);
		assert_int_equal(occurrences(out.bytes, " value="), 1); /* the language; never the code */
	}
}

static void
test_logo_and_welcome(void **state)
{
	struct document_page d = quote(LANGUAGE_DA);
	struct buf out = buf_new(*state, 0);

	template_document(&out, &d);
	assert_null(strstr(out.bytes, "<img"));
	assert_null(strstr(out.bytes, "welcome"));
	d.page.logo = "/d/abc/logo";
	d.welcome = "Velkommen <b>\nMette";
	d.message = "Beskeden";
	out = buf_new(*state, 0);
	template_document(&out, &d);
	assert_non_null(strstr(out.bytes, "<img class=\"logo\" src=\"/d/abc/logo\" alt=\"Nordtag ApS\">"));
	assert_non_null(strstr(out.bytes, "Velkommen &lt;b&gt;\nMette</p>"));
	assert_true(strstr(out.bytes, "Velkommen") < strstr(out.bytes, "Beskeden"));
}

static void
test_lines(void **state)
{
	const char *text = "a\r\n\nb\r";

	assert_string_equal(page_line(*state, &text), "a");
	assert_string_equal(page_line(*state, &text), "");
	assert_string_equal(page_line(*state, &text), "b");
	assert_null(page_line(*state, &text));
	text = NULL;
	assert_null(page_line(*state, &text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_hostile_documents, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bare_documents, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_quote, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_plurals, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_without_right_to_accept, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused_form, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_withdrawn_shows_no_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_receipt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_check, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_notices, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mails, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mail_subject, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_change_mail, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reminders, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_locked_mail, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_person, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_own_words, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_code, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_logo_and_welcome, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
