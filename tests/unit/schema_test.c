/* lib/schema and lib/schemas: the metadata of DESIGN's sample, and one mistake at a time in it. */

#include "fixture.h"
#include <json-c/json.h>

#include "json.h"
#include "schemas.h"

static struct json_object *value;

static const char sample[] =
    "{\"external_id\": \"T-2026-0117\", \"kind\": \"quote\", \"title\": \"Tilbud på nyt tag\", \"number\": \"2026-0117\","
    "\"project\": \"Tagrenovering\", \"amount\": {\"value\": \"184500.00\", \"currency\": \"DKK\"},"
    "\"customer\": {\"external_id\": \"K-88\", \"name\": \"Jensen Byg A/S\"},"
    "\"contacts\": [{\"external_id\": \"P-1\", \"name\": \"Mette Jensen\", \"email\": \"mette@example.dk\","
    "\"language\": \"da\", \"rights\": [\"view\", \"ask\", \"accept\"]}],"
    "\"visibility\": \"contact\", \"access_code\": null,"
    "\"accept\": {\"enabled\": true, \"identity\": \"link\", \"signature\": \"typed\"},"
    "\"message\": \"Hej Mette,\\nher er tilbuddet.\", \"language\": \"da\","
    "\"notify\": {\"on_upload\": true, \"on_change\": true, \"reminder_days\": [3, 7], \"remind_if\": \"not_decided\"},"
    "\"expires_at\": \"2026-12-31\", \"remove_at\": null, \"archive_after_days\": 90, \"revision\": false}";

static const struct problem *
check(const char *text)
{
	return metadata_parse(arena, text, strlen(text), &value);
}

/* An update that gives only MEMBER, like `"title": 3`. */
static const struct problem *
check_member(const char *member)
{
	return check(arena_printf(arena, "{\"external_id\": \"T\", %s}", member));
}

static void
assert_item(const struct problem *problem, const char *pointer, const char *words)
{
	if (!problem)
		fail_msg("%s is taken", pointer);
	assert_int_equal(problem->code, PROBLEM_invalid);
	for (const struct problem_item *item = problem->items; item; item = item->next)
		if (!strcmp(item->pointer, pointer) && strstr(item->detail, words))
			return;
	fail_msg("no item says \"%s\" of %s, but %s: %s", words, pointer, problem->items->pointer,
	    problem->items->detail);
}

static void
assert_taken(const char *member)
{
	const struct problem *problem = check_member(member);

	if (problem)
		fail_msg("%s is refused: %s", member, problem->detail);
}

static void
test_the_sample(void **state)
{
	(void)state;
	assert_null(check(sample));
	assert_null(metadata_check_creation(arena, value));
	assert_string_equal(json_text(value, "title"), "Tilbud på nyt tag");
}

static void
test_updates_and_creations(void **state)
{
	(void)state;
	assert_item(check("{}"), "/external_id", "missing");
	assert_null(check("{\"external_id\": \"T-1\"}"));

	const struct problem *problem = metadata_check_creation(arena, value);

	assert_item(problem, "/title", "missing");
	assert_item(problem, "/customer", "missing");
	assert_item(problem, "/contacts", "missing");
	assert_taken("\"customer\": {\"external_id\": \"K-88\"}, \"contacts\": []");
	problem = metadata_check_creation(arena, value);
	assert_item(problem, "/customer/name", "missing");
	assert_item(problem, "/contacts", "must not be empty");
	assert_taken("\"title\": \"T\", \"customer\": {\"name\": \"K\"}, \"visibility\": \"link\"");
	assert_null(metadata_check_creation(arena, value));
}

static void
test_no_object(void **state)
{
	(void)state;
	assert_item(check("[]"), "", "object");
	assert_item(check("null"), "", "object");
	assert_int_equal(check("{")->code, PROBLEM_bad_request);
	assert_int_equal(check("%PDF-1.7")->code, PROBLEM_bad_request);
}

static void
test_null_goes_back_to_the_default(void **state)
{
	static const char *const nullable[] = {"kind", "number", "project", "amount", "visibility", "access_code",
	    "accept", "message", "language", "notify", "expires_at", "remove_at", "archive_after_days"};
	static const char *const needed[] = {"title", "customer", "contacts", "revision"};

	(void)state;
	for (size_t i = 0; i < sizeof nullable / sizeof *nullable; i++)
		assert_taken(arena_printf(arena, "\"%s\": null", nullable[i]));
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		assert_item(check_member(arena_printf(arena, "\"%s\": null", needed[i])),
		    arena_printf(arena, "/%s", needed[i]), "null");
	assert_item(check("{\"external_id\": null}"), "/external_id", "null");
	assert_taken("\"accept\": {\"identity\": null}, \"notify\": {\"reminder_days\": null}");
}

static void
test_unknown_members(void **state)
{
	(void)state;
	assert_item(check_member("\"foo\": 1"), "/foo", "not a known member; known are: external_id, kind, title");
	assert_item(check_member("\"a/b\": 1"), "/a~1b", "known");
	assert_item(check_member("\"accept\": {\"sign\": true}"), "/accept/sign", "enabled, identity, signature");
	assert_item(check_member("\"contacts\": [{\"name\": \"M\", \"email\": \"m@example.dk\", \"x\": 1}]"),
	    "/contacts/0/x", "known");
}

static void
test_wrong_types(void **state)
{
	(void)state;
	assert_item(check_member("\"title\": 3"), "/title", "must be text");
	assert_item(check_member("\"amount\": 184500.00"), "/amount", "must be an object");
	assert_item(check_member("\"amount\": {\"value\": 1, \"currency\": \"DKK\"}"), "/amount/value", "184500.00");
	assert_item(check_member("\"contacts\": {}"), "/contacts", "must be an array");
	assert_item(check_member("\"contacts\": [\"mette@example.dk\"]"), "/contacts/0", "must be an object");
	assert_item(check_member("\"contacts\": [null]"), "/contacts/0", "null");
	assert_item(check_member("\"revision\": \"true\""), "/revision", "true or false");
	assert_item(check_member("\"archive_after_days\": \"90\""), "/archive_after_days", "whole number");
	assert_item(check_member("\"archive_after_days\": 1.5"), "/archive_after_days", "whole number");
	assert_item(check_member("\"archive_after_days\": 0"), "/archive_after_days", "from 1 to 3650");
	assert_item(check_member("\"archive_after_days\": 99999999999999999999"), "/archive_after_days", "from 1 to");
}

static void
test_texts(void **state)
{
	char *long_text = arena_alloc(arena, 402);

	(void)state;
	assert_item(check_member("\"title\": \"\""), "/title", "empty");
	assert_item(check_member("\"title\": \" \\t\""), "/title", "empty");
	assert_item(check_member("\"title\": \"to\\nlinjer\""), "/title", "one line");
	assert_item(check_member("\"message\": \"bip\\u0007\""), "/message", "control");
	assert_taken("\"message\": \"to\\r\\nlinjer\", \"number\": \"\"");
	for (int i = 0; i < 200; i++)
		strcat(long_text, "æ");
	assert_taken(arena_printf(arena, "\"title\": \"%s\"", long_text));
	assert_item(check_member(arena_printf(arena, "\"title\": \"%sx\"", long_text)), "/title", "at most 200");
}

static void
test_amounts(void **state)
{
	static const char *const good[] = {"0", "184500.00", "184500", "0.5", "999999999999.99"};
	static const char *const bad[] = {"", "-1", "1.", ".5", "1.234", "1,50", "1e3", "007", "1234567890123", " 1", "1 ",
	    "1.2.3", "kr. 5"};
	static const char *const currencies[] = {"dkk", "DK", "DKKK", "D K", "", "KR."};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_taken(arena_printf(arena, "\"amount\": {\"value\": \"%s\", \"currency\": \"DKK\"}", good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_item(check_member(arena_printf(arena, "\"amount\": {\"value\": \"%s\", \"currency\": \"DKK\"}",
		    bad[i])), "/amount/value", "amount such as");
	for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++)
		assert_item(check_member(arena_printf(arena, "\"amount\": {\"value\": \"1\", \"currency\": \"%s\"}",
		    currencies[i])), "/amount/currency", "DKK");
	assert_item(check_member("\"amount\": {\"value\": \"1\"}"), "/amount/currency", "missing");
	assert_item(check_member("\"amount\": {\"currency\": \"DKK\"}"), "/amount/value", "missing");
}

static void
test_times(void **state)
{
	static const char *const good[] = {"2026-12-31", "2024-02-29", "2000-02-29", "2026-12-31T00:00:00Z",
	    "2026-12-31T23:59:59+01:00", "2026-06-01T12:00:00.123456-05:30"};
	static const char *const bad[] = {"", "31-12-2026", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10",
	    "2026-04-31", "2026-1-1", "0026-01-01", "2026-12-31T", "2026-12-31 10:00:00Z", "2026-12-31T10:00Z",
	    "2026-12-31T10:00:00", "2026-12-31T24:00:00Z", "2026-12-31T10:60:00Z", "2026-12-31T10:00:60Z",
	    "2026-12-31T10:00:00.Z", "2026-12-31T10:00:00Zx", "2026-12-31T10:00:00+1", "2026-12-31T10:00:00+15:00",
	    "2026-12-31x", "2026-12-31T10:00:00+01:00 ", "tomorrow", "infinity"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_taken(arena_printf(arena, "\"expires_at\": \"%s\"", good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_item(check_member(arena_printf(arena, "\"expires_at\": \"%s\"", bad[i])), "/expires_at", "date");
}

static void
test_contacts(void **state)
{
	(void)state;
	assert_item(check_member("\"contacts\": [{}]"), "/contacts/0/email", "missing");
	assert_item(check_member("\"contacts\": [{\"email\": \"mette@example.dk\"}]"), "/contacts/0/name", "missing");
	assert_item(check_member("\"contacts\": [{\"name\": \"Mette\", \"email\": \"mette\"}]"), "/contacts/0/email",
	    "e-mail address");
	assert_item(check_member("\"contacts\": [{\"name\": \"A\", \"email\": \"mette@example.dk\"},"
	    "{\"name\": \"B\", \"email\": \"Mette@Example.dk\"}]"), "/contacts/1/email", "item 0");
	assert_item(check_member("\"contacts\": [{\"external_id\": \"P\", \"name\": \"A\", \"email\": \"a@example.dk\"},"
	    "{\"external_id\": \"P\", \"name\": \"B\", \"email\": \"b@example.dk\"}]"), "/contacts/1/external_id", "item 0");
	assert_taken("\"contacts\": [{\"external_id\": \"P\", \"name\": \"A\", \"email\": \"a@example.dk\"},"
	    "{\"external_id\": \"p\", \"name\": \"A\", \"email\": \"b@example.dk\"},"
	    "{\"external_id\": null, \"name\": \"A\", \"email\": \"c@example.dk\"},"
	    "{\"external_id\": null, \"name\": \"A\", \"email\": \"d@example.dk\", \"rights\": null, \"language\": \"en\"}]");
}

static void
test_rights(void **state)
{
	static const struct {
		const char *rights, *pointer, *words;
	} bad[] = {
	    {"[]", "/contacts/0/rights", "must hold \"view\""},
	    {"[\"accept\"]", "/contacts/0/rights", "must hold \"view\""},
	    {"[\"view\", \"view\"]", "/contacts/0/rights/1", "twice"},
	    {"[\"view\", \"own\"]", "/contacts/0/rights/1", "one of: view, ask, accept"},
	    {"[\"view\", 1]", "/contacts/0/rights/1", "must be text"},
	    {"[\"view\", \"ask\", \"accept\", \"view\"]", "/contacts/0/rights", "0 to 3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_item(check_member(arena_printf(arena,
		    "\"contacts\": [{\"name\": \"A\", \"email\": \"a@example.dk\", \"rights\": %s}]", bad[i].rights)),
		    bad[i].pointer, bad[i].words);
}

static void
test_reminders(void **state)
{
	(void)state;
	assert_taken("\"notify\": {\"reminder_days\": []}");
	assert_taken("\"notify\": {\"reminder_days\": [1, 365]}");
	assert_item(check_member("\"notify\": {\"reminder_days\": [3, 3]}"), "/notify/reminder_days/1", "greater");
	assert_item(check_member("\"notify\": {\"reminder_days\": [7, 3]}"), "/notify/reminder_days/1", "greater");
	assert_item(check_member("\"notify\": {\"reminder_days\": [0]}"), "/notify/reminder_days/0", "1 to 365");
	assert_item(check_member("\"notify\": {\"reminder_days\": [1, \"2\"]}"), "/notify/reminder_days/1", "whole");
	assert_item(check_member("\"notify\": {\"reminder_days\": [1,2,3,4,5,6,7,8,9,10,11]}"), "/notify/reminder_days",
	    "0 to 10");
}

static void
test_choices(void **state)
{
	(void)state;
	assert_item(check_member("\"visibility\": \"all\""), "/visibility", "must be one of: contact");
	assert_item(check_member("\"access_code\": \"12345\""), "/access_code", "6");
	assert_null(check_member("\"accept\": {\"identity\": \"email_code\", \"signature\": \"drawn\", \"reason_required\": true}"));
	assert_item(check_member("\"accept\": {\"identity\": \"mitid\"}"), "/accept/identity", "must be one of: link, email_code");
	assert_item(check_member("\"accept\": {\"signature\": \"stamped\"}"), "/accept/signature", "must be one of: none, typed, drawn");
}

static void
test_every_mistake_up_to_a_bound(void **state)
{
	const struct problem *problem = check("{\"title\": 1, \"kind\": 2, \"foo\": 3}");
	int count = 0;

	(void)state;
	assert_item(problem, "/external_id", "missing");
	assert_item(problem, "/title", "text");
	assert_item(problem, "/kind", "text");
	assert_item(problem, "/foo", "known");
	problem = check_member("\"contacts\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23]");
	for (const struct problem_item *item = problem->items; item; item = item->next)
		count++;
	assert_int_equal(count, SCHEMA_MISTAKES);
}

static const struct problem *
check_webhook(const char *text)
{
	assert_null(json_parse(arena, text, strlen(text), JSON_DEPTH, &value));
	return schema_check(arena, &schema_webhook, value, false);
}

static void
test_webhooks(void **state)
{
	(void)state;
	assert_null(check_webhook("{\"url\": \"https://example.dk/hook\"}"));
	assert_null(check_webhook("{\"url\": \"https://example.dk/hook\", \"description\": \"ERP\","
	    "\"types\": [\"document.accepted\", \"link.locked\"]}"));
	assert_item(check_webhook("{}"), "/url", "missing");
	assert_item(check_webhook("{\"url\": \"\"}"), "/url", "empty");
	assert_item(check_webhook("{\"url\": \"x\", \"types\": [\"document.eaten\"]}"), "/types/0", "document.sent");
	assert_item(check_webhook("{\"url\": \"x\", \"types\": [\"link.locked\", \"link.locked\"]}"), "/types/1", "twice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_the_sample, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_updates_and_creations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_object, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_null_goes_back_to_the_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unknown_members, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wrong_types, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_amounts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_times, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_contacts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rights, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reminders, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_choices, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_every_mistake_up_to_a_bound, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_webhooks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
