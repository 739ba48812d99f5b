/* Reading and checking the forms of a decision. */
#include "accept_form.h"

#include <string.h>

#include "signature_image.h"
#include "utf8.h"

enum { NAME_MOST = 200, ORDER_MOST = 100, REASON_MOST = 2000 };

static bool
too_long(const char *text, size_t most)
{
	return text && utf8_length(text) > most;
}

static bool
is(const struct form *form, const char *name, const char *value)
{
	const char *given = form_get(form, name);

	return given && !strcmp(given, value);
}

/* Field `signature`, a PNG as data URL; with `sign` "typed" the name serves, whatever was drawn before. */
static void
signature_read(struct request *request, const struct form *form, struct link_decision *decision, struct page_form *shown)
{
	const char *url = form_trimmed(request->arena, form, "signature");
	const unsigned char *bytes = NULL;
	size_t size = 0;
	enum signature_fault fault = SIGNATURE_BLANK;

	if (is(form, "sign", "typed") || (!url && !is(form, "sign", "drawn")))
		return;
	if (url) {
		bytes = signature_image_decode(request->arena, url, &size);
		fault = bytes ? signature_image_clean(request->arena, bytes, size, &bytes, &size) : SIGNATURE_BAD;
	}
	if (fault == SIGNATURE_FINE)
		decision->signature = signature_image_base64(request->arena, bytes, size);
	else
		shown->signature_fault = fault;
}

const struct problem *
accept_form_read(struct request *request, const struct form *form, struct link_decision *decision,
    struct page_form *shown)
{
	int64_t version = 0;

	TRY(form_int(request->arena, form, "version", 1, INT32_MAX, &version));
	decision->version = (int)version;
	decision->sha256 = form_get(form, "sha256");
	decision->consent_sha256 = form_trimmed(request->arena, form, "consent_sha256");
	/* The language that the page, and so the consent, was shown in. */
	request_language_choose(request, form_get(form, "lang"));
	decision->language = request->language_asked;
	decision->name = shown->name = form_trimmed(request->arena, form, "name");
	decision->purchase_order = shown->purchase_order = form_trimmed(request->arena, form, "purchase_order");
	decision->reason = shown->reason = form_trimmed(request->arena, form, "reason");
	shown->email = form_trimmed(request->arena, form, "email");
	shown->consent = is(form, "consent", "yes");
	signature_read(request, form, decision, shown);
	if (!version || !decision->sha256)
		return problem_new(request->arena, PROBLEM_bad_request, "the form lacks `version` or `sha256`");
	return NULL;
}

static const char *
name_error(enum language language, const char *name)
{
	if (!name)
		return word(language, WORD_accept_name_missing);
	return too_long(name, NAME_MOST) || !utf8_one_line(name) ? word(language, WORD_accept_name_bad) : NULL;
}

static void
accepting_check(enum language language, struct page_form *form)
{
	form->name_error = name_error(language, form->name);
	if (too_long(form->purchase_order, ORDER_MOST) || (form->purchase_order && !utf8_one_line(form->purchase_order)))
		form->purchase_order_error = word(language, WORD_accept_order_bad);
	if (form->signature_fault)
		form->signature_error = word(language,
		    form->signature_fault == SIGNATURE_BLANK ? WORD_accept_signature_blank : WORD_accept_signature_bad);
	if (!form->consent)
		form->consent_error = word(language, WORD_accept_consent_missing);
}

static void
declining_check(enum language language, struct page_form *form)
{
	if (form->name)
		form->name_error = name_error(language, form->name);
	form->reason_error = form_text_error(language, form->reason, REASON_MOST, WORD_decline_reason_bad);
}

bool
accept_form_wrong(struct request *request, const struct link_decision *decision, struct page_form *form)
{
	form->declining = !strcmp(decision->type, "declined");
	(form->declining ? declining_check : accepting_check)(request->language, form);
	if (form->name_error || form->purchase_order_error || form->consent_error || form->signature_error
	    || form->reason_error)
		form->error = word(request->language, WORD_form_error);
	return form->error;
}
