/* The tenant's own texts: variables that are refused, and filling in the others. */

#include "fixture.h"

#include "json.h"
#include "texts.h"

static const struct problem *
check(const char *json)
{
	struct json_object *texts = NULL;

	assert_null(json_parse(arena, json, strlen(json), JSON_DEPTH, &texts));
	return texts_check(arena, texts);
}

/* One mistake, at POINTER, which names WORD. */
static void
refused(const char *json, const char *pointer, const char *word_)
{
	const struct problem *problem = check(json);

	assert_non_null(problem);
	assert_int_equal(problem->code, PROBLEM_invalid);
	assert_string_equal(problem->items->pointer, pointer);
	assert_non_null(strstr(problem->items->detail, word_));
	assert_null(problem->items->next);
}

static void
test_every_variable(void **state)
{
	(void)state;
	assert_null(texts_check(arena, NULL));
	assert_null(check("{}"));
	assert_null(check("{\"da\": null, \"en\": {\"welcome\": null}}"));
	assert_null(check("{\"da\": {\"mail_body\": \"{kunde}{kontakt}{virksomhed}{projekt}{titel}{nummer}{udløb}{besked}{link}\","
	    "\"mail_subject\": \"{kunde}{kontakt}{virksomhed}{projekt}{titel}{nummer}{udløb}\","
	    "\"welcome\": \"{besked} {kunde}\", \"thanks\": \"{kontakt} {udløb}\", \"consent\": \"{kunde} {titel}\","
	    "\"access\": \"{virksomhed}\"}, \"en\": {\"mail_body\": \"{link} {kunde}\"}}"));
}

static void
test_unknown_variables(void **state)
{
	(void)state;
	refused("{\"da\": {\"mail_body\": \"Hej {foo}\"}}", "/texts/da/mail_body", "{foo} is no variable");
	refused("{\"en\": {\"thanks\": \"Dear {customer}\"}}", "/texts/en/thanks", "{customer} is no variable");
	refused("{\"da\": {\"consent\": \"{Kunde}\"}}", "/texts/da/consent", "{Kunde}");
	refused("{\"da\": {\"consent\": \"{ kunde }\"}}", "/texts/da/consent", "{ kunde }");
	refused("{\"da\": {\"welcome\": \"{{foo}}\"}}", "/texts/da/welcome", "{foo}");
	refused("{\"da\": {\"welcome\": \"{kunde} {udlob}\"}}", "/texts/da/welcome", "{udlob}");
}

static void
test_out_of_place(void **state)
{
	(void)state;
	refused("{\"da\": {\"mail_subject\": \"{link}\"}}", "/texts/da/mail_subject", "{link} cannot stand");
	refused("{\"da\": {\"mail_subject\": \"{besked}\"}}", "/texts/da/mail_subject", "{besked} cannot stand");
	refused("{\"da\": {\"welcome\": \"{link}\"}}", "/texts/da/welcome", "{link} cannot stand");
	refused("{\"da\": {\"access\": \"{titel}\"}}", "/texts/da/access", "here are {virksomhed}");
}

static void
test_braces_that_are_text(void **state)
{
	(void)state;
	assert_null(check("{\"da\": {\"welcome\": \"a {b c} { } {} {se vilkår} {kunde} } {\"}}"));
	assert_null(check("{\"da\": {\"welcome\": \"{kunde\\n}\"}}"));
	assert_null(check("{\"da\": {\"welcome\": \"{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\"}}"));
}

static void
test_mistakes_are_bounded(void **state)
{
	const struct problem *problem = check("{\"da\": {\"welcome\": \"{a}{b}{c}{d}{e}{f}{g}\", \"thanks\": \"{h}\"}}");
	int count = 0;

	(void)state;
	for (const struct problem_item *item = problem->items; item; item = item->next)
		count++;
	assert_int_equal(count, 6);
}

static void
test_fill(void **state)
{
	struct text_values values = {.customer = "Jensen Byg A/S", .contact = "Mette Jensen", .sender = "Nordtag ApS",
	    .project = "Tagrenovering", .title = "{nummer} <b>&", .number = "2026-0117", .expires = "2026-12-31",
	    .message = "Hej\nMette", .link = "https://portal.example/d/abc"};

	assert_string_equal(texts_fill(*state, LANGUAGE_DA,
	    "{kunde}|{kontakt}|{virksomhed}|{projekt}|{titel}|{nummer}|{udløb}|{besked}|{link}|{foo}|{", &values),
	    "Jensen Byg A/S|Mette Jensen|Nordtag ApS|Tagrenovering|{nummer} <b>&|2026-0117|31. december 2026|Hej\nMette|"
	    "https://portal.example/d/abc|{foo}|{");
	values.expires = "2026-12-31T14:05";
	assert_string_equal(texts_fill(*state, LANGUAGE_EN, "{udløb}", &values), "31 December 2026 at 14:05");
	values = (struct text_values){.customer = "Jensen Byg A/S"};
	assert_string_equal(texts_fill(*state, LANGUAGE_DA, "Kære {kontakt}{projekt}", &values), "Kære Jensen Byg A/S");
	assert_null(texts_fill(*state, LANGUAGE_DA, " {projekt}\n", &values));
	assert_null(texts_fill(*state, LANGUAGE_DA, "", &values));
	assert_null(texts_fill(*state, LANGUAGE_DA, NULL, &values));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_variable, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unknown_variables, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_out_of_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_braces_that_are_text, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mistakes_are_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fill, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
