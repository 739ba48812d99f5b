/* The certificate's sections, from facts to sentences. */
#include "sections.h"

#include <json-c/json.h>
#include <string.h>

#include "json.h"

/* The blocks that Unicode keeps for scripts read from right to left (DerivedBidiClass.txt). */
static bool
right_to_left(gunichar c)
{
	return (c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff) ||
	    (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

/* VALUE so that letters read from right to left turn nothing around but themselves (UAX #9, isolates). */
static const char *
isolated(const struct sheet *sheet, const char *value)
{
	for (const char *at = value; at && *at; at = g_utf8_next_char(at))
		if (right_to_left(g_utf8_get_char(at)))
			return arena_printf(sheet->arena, "\u2068%s\u2069", value);
	return value;
}

const char *
say_all(const struct sheet *sheet, enum word id, const struct word_value *values, size_t count)
{
	struct word_value *apart = arena_alloc(sheet->arena, count * sizeof *apart);

	for (size_t i = 0; i < count; i++)
		apart[i] = (struct word_value){values[i].name, isolated(sheet, values[i].value)};
	return word_filled(sheet->arena, word(sheet->language, id), apart, count);
}

const char *
say(const struct sheet *sheet, enum word id, const char *name, const char *value)
{
	const struct word_value values[] = {{name, value}};

	return say_all(sheet, id, values, 1);
}

static const char *
number(const struct sheet *sheet, int64_t n)
{
	return arena_printf(sheet->arena, "%lld", (long long)n);
}

const char *
local_minutes(const struct sheet *sheet, const char *time)
{
	enum { MINUTES = 16 };

	return time && strlen(time) >= MINUTES ? format_time(sheet->arena, sheet->language, arena_strndup(sheet->arena, time, MINUTES)) : time;
}

const char *
document_in_sentence(struct sheet *sheet, struct json_object *receipt)
{
	const char *n = json_text(json_member(receipt, "document"), "number");

	return n ? say(sheet, WORD_mail_in_sentence_quote_numbered, "number", n)
	         : word(sheet->language, WORD_mail_in_sentence_quote);
}

static void
pair(struct sheet *sheet, enum word name, const char *text)
{
	sheet_pair(sheet, word(sheet->language, name), text, NULL, SMALL);
}

void
section_agreement(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *document = json_member(receipt, "document"), *sender = json_member(receipt, "sender");

	sheet_heading(sheet, word(sheet->language, WORD_receipt_agreement), 40);
	sheet_pair(sheet, word(sheet->language, WORD_receipt_from), json_text(sender, "name"), json_text(sender, "reply_to"), SMALL);
	pair(sheet, WORD_receipt_to, json_text(receipt, "customer"));
	pair(sheet, WORD_proof_document, json_text(document, "title"));
	pair(sheet, WORD_mail_number, json_text(document, "number"));
	pair(sheet, WORD_proof_version, number(sheet, json_integer(document, "version", 1)));
	pair(sheet, WORD_document_project, json_text(document, "project"));
	pair(sheet, WORD_document_amount, format_amount(sheet->arena, sheet->language, json_text(document, "amount"),
	    json_text(document, "currency")));
	pair(sheet, WORD_proof_purchase_order, json_text(json_member(receipt, "evidence"), "purchase_order"));
}

/* How the person was known. */
static void
identity(struct sheet *sheet, struct json_object *evidence)
{
	struct json_object *proof = json_member(evidence, "proof");
	const char *method = json_text(evidence, "identity"), *email = json_text(evidence, "email");
	const char *sent = local_minutes(sheet, json_text(proof, "sent_at_local")), *text, *detail = NULL;
	const struct word_value values[] = {{"email", email ? email : "–"}, {"time", sent}};
	int64_t tries = json_integer(proof, "tries", 0), codes = json_integer(proof, "codes", 0);
	const struct word_value counts[] = {{"n", number(sheet, tries)}, {"codes", number(sheet, codes)}};

	if (!method || strcmp(method, "email_code") != 0)
		text = email ? say(sheet, WORD_receipt_identity_link, "email", email)
		             : word(sheet->language, WORD_receipt_identity_link_only);
	else
		text = say_all(sheet, sent ? WORD_receipt_identity_email_code_at : WORD_receipt_identity_email_code, values, 2);
	if (tries > 0)
		detail = say_all(sheet, codes > 1 ? WORD_receipt_identity_codes_tries : WORD_receipt_identity_tries, counts, 2);
	sheet_pair(sheet, word(sheet->language, WORD_receipt_identity), text, detail, SMALL);
}

static void
disclosure(struct sheet *sheet, struct json_object *receipt, struct json_object *evidence)
{
	const char *sender = json_text(json_member(receipt, "sender"), "name");
	const char *time = local_minutes(sheet, json_text(evidence, "disclosed_at_local"));
	const struct word_value values[] = {{"sender", sender}, {"time", time}};

	pair(sheet, WORD_receipt_link,
	    say_all(sheet, time ? WORD_receipt_link_shown : WORD_receipt_link_private, values, 2));
}

enum word
signature_word(struct json_object *evidence)
{
	const char *signature = json_text(evidence, "signature");

	if (signature && !strcmp(signature, "typed"))
		return WORD_receipt_signed_typed;
	return signature && !strcmp(signature, "drawn") ? WORD_receipt_signed_drawn : WORD_receipt_signed_none;
}

void
section_how(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *evidence = json_member(receipt, "evidence");
	const char *at = json_text(evidence, "at");
	const struct word_value local[] = {
	    {"time", local_minutes(sheet, json_text(evidence, "at_local"))}, {"zone", json_text(evidence, "time_zone")}};

	sheet_heading(sheet, word(sheet->language, WORD_receipt_how), 40);
	sheet_pair(sheet, word(sheet->language, WORD_proof_accepted_by), json_text(evidence, "name"),
	    json_text(evidence, "email"), SMALL);
	sheet_pair(sheet, word(sheet->language, WORD_receipt_time),
	    say_all(sheet, WORD_receipt_time_zone, local, 2),
	    at ? say(sheet, WORD_receipt_utc, "time", at) : NULL, SMALL);
	identity(sheet, evidence);
	disclosure(sheet, receipt, evidence);
	pair(sheet, WORD_receipt_signature, word(sheet->language, signature_word(evidence)));
	pair(sheet, WORD_receipt_ip, json_text(evidence, "ip"));
	pair(sheet, WORD_receipt_browser, json_text(evidence, "user_agent"));
}

void
section_consent(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *evidence = json_member(receipt, "evidence");
	const char *consent = json_text(evidence, "consent"), *sha256 = json_text(evidence, "consent_sha256");

	if (!consent)
		return;
	sheet_heading(sheet, word(sheet->language, WORD_receipt_consent), 40);
	sheet->quoting = true;
	sheet_text(sheet, BODY, SHEET_LEFT + 14, SHEET_RIGHT, consent);
	sheet->quoting = false;
	sheet->y += 5;
	sheet_text(sheet, SMALL, SHEET_LEFT, SHEET_RIGHT, word(sheet->language, WORD_receipt_consent_hint));
	if (sha256)
		sheet_text(sheet, MONO, SHEET_LEFT, SHEET_RIGHT, arena_printf(sheet->arena, "SHA-256 %s", sha256));
}

/* One file: what it is, its name and size, its fingerprint. */
static void
file(struct sheet *sheet, const char *what, const char *name, int64_t size, const char *sha256)
{
	const char *bytes = size > 0 ? format_size(sheet->arena, sheet->language, size) : "";

	sheet_pair(sheet, what, arena_printf(sheet->arena, "%s%s%s", name ? name : "", *bytes ? " · " : "", bytes),
	    arena_printf(sheet->arena, "SHA-256 %s", sha256 ? sha256 : ""), MONO);
}

void
section_files(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *document = json_member(receipt, "document"), *evidence = json_member(receipt, "evidence");
	struct json_object *attachments = json_member(evidence, "attachments");
	size_t count = attachments ? json_object_array_length(attachments) : 0;

	sheet_heading(sheet, word(sheet->language, WORD_receipt_files), 40);
	file(sheet, word(sheet->language, WORD_receipt_file_quote), json_text(document, "file_name"),
	    json_integer(document, "size", 0), json_text(evidence, "sha256"));
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(attachments, i);

		file(sheet, say(sheet, WORD_receipt_file_attachment, "n", number(sheet, json_integer(one, "n", 0))),
		    json_text(one, "name"), json_integer(one, "size", 0), json_text(one, "sha256"));
	}
}

static const struct {
	const char *type;
	enum word word;
} events[] = {
    {"document.sent", WORD_receipt_event_sent},
    {"document.updated", WORD_receipt_event_updated},
    {"document.delivered", WORD_receipt_event_delivered},
    {"document.delivery_failed", WORD_receipt_event_delivery_failed},
    {"document.opened", WORD_receipt_event_opened},
    {"document.downloaded", WORD_receipt_event_downloaded},
    {"document.attachment_downloaded", WORD_receipt_event_attachment},
    {"document.reminded", WORD_receipt_event_reminded},
    {"document.message", WORD_receipt_event_message},
    {"document.changes_requested", WORD_receipt_event_changes},
    {"document.renewal_requested", WORD_receipt_event_renewal},
    {"document.accepted", WORD_receipt_event_accepted},
    {"document.declined", WORD_receipt_event_declined},
    {"document.expired", WORD_receipt_event_expired},
    {"document.archived", WORD_receipt_event_archived},
    {"document.unarchived", WORD_receipt_event_unarchived},
    {"link.locked", WORD_receipt_event_locked},
    {"link.shared", WORD_receipt_event_shared},
    {"link.revoked", WORD_receipt_event_revoked},
    {"link.rotated", WORD_receipt_event_rotated},
};

/* Who did it: a person, or what is known of the link; the sender where there is no link. */
static const char *
event_who(struct sheet *sheet, struct json_object *event, const char *sender)
{
	const char *who = json_text(event, "who"), *kind = json_text(event, "link");

	if (who || !kind)
		return who ? who : sender;
	return word(sheet->language, !strcmp(kind, "public") ? WORD_receipt_who_public : WORD_receipt_who_guest);
}

/* An event in plain words; NULL for what is of no interest to people. */
static const char *
event_text(struct sheet *sheet, struct json_object *event, const char *sender)
{
	const char *type = json_text(event, "type");
	const char *n = number(sheet, json_integer(event, "n", 0)), *version = number(sheet, json_integer(event, "version", 1));
	bool later = !strcmp(type, "document.sent") && json_integer(event, "version", 1) > 1;
	const struct word_value values[] = {
	    {"who", event_who(sheet, event, sender)}, {"sender", sender}, {"n", later ? version : n}};

	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (!strcmp(type, events[i].type))
			return say_all(sheet, later ? WORD_receipt_event_sent_version : events[i].word, values, 3);
	return NULL;
}

void
section_history(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *history = json_member(receipt, "history");
	const char *sender = json_text(json_member(receipt, "sender"), "name");
	size_t count = history ? json_object_array_length(history) : 0;
	int64_t omitted = json_integer(receipt, "omitted", 0);

	sheet_heading(sheet, word(sheet->language, WORD_receipt_history), 40);
	if (omitted > 0)
		sheet_text(sheet, SMALL, SHEET_COLUMN, SHEET_RIGHT, say(sheet, WORD_receipt_omitted, "n", number(sheet, omitted)));
	for (size_t i = 0; i < count; i++) {
		struct json_object *event = json_object_array_get_idx(history, i);
		const char *text = event_text(sheet, event, sender);

		sheet_pair(sheet, local_minutes(sheet, json_text(event, "at")), text, NULL, SMALL);
	}
}

static void
seal(struct sheet *sheet, struct json_object *signature)
{
	enum { SHOWN = 44 };
	const char *bytes = json_text(signature, "signature");
	const struct word_value values[] = {
	    {"key", json_text(signature, "key_id")}, {"time", local_minutes(sheet, json_text(signature, "at_local"))}};

	if (bytes)
		sheet_pair(sheet, word(sheet->language, WORD_receipt_control_seal),
		    say_all(sheet, WORD_receipt_control_seal_text, values, 2),
		    arena_printf(sheet->arena, "%.*s%s", SHOWN, bytes, strlen(bytes) > SHOWN ? "…" : ""), MONO);
}

void
section_control(struct sheet *sheet, struct json_object *receipt)
{
	struct json_object *chain = json_member(json_member(json_member(receipt, "evidence"), "chain"), "after");

	sheet_heading(sheet, word(sheet->language, WORD_receipt_control), 60);
	sheet_pair(sheet, word(sheet->language, WORD_receipt_control_check), json_text(receipt, "verify_url"),
	    word(sheet->language, WORD_receipt_control_text), SMALL);
	sheet_pair(sheet, word(sheet->language, WORD_receipt_control_chain),
	    say(sheet, WORD_receipt_control_chain_text, "n", number(sheet, json_integer(chain, "length", 0))),
	    json_text(chain, "head"), MONO);
	seal(sheet, json_member(receipt, "signature"));
	sheet_pair(sheet, word(sheet->language, WORD_receipt_control_document),
	    json_text(json_member(receipt, "document"), "id"), NULL, SMALL);
}
