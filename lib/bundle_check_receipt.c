/* Checking evidence bundles: the receipt, which no line of the history can name, and the statement that signs it. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_checking.h"
#include "json.h"
#include "statement.h"

/* Without a statement there must be no receipt; why there is none is told. */
static void
none_check(struct checking *c)
{
	if (bundle_member(c, "receipt.pdf"))
		bundle_find(c, "receipt.pdf", "is named by no signed statement: nothing vouches for it");
	else if (json_member(c->manifest, "receipt"))
		bundle_find(c, "receipt.pdf", "is missing, manifest.json names it");
	else if (c->accepted && json_text(json_member(c->manifest, "decision"), "erased_at"))
		bundle_note(c, "receipt.pdf", "is not here: it was erased, since it named who accepted");
	else if (c->accepted)
		bundle_note(c, "receipt.pdf", "is not here: this bundle was made before the receipt was ready");
}

/* The statement that must have been signed, as the files and lines have it; what only it says is taken from TEXT. */
static const char *
statement_expected(struct checking *c, const char *text)
{
	const struct zip_member *receipt = bundle_member(c, "receipt.pdf");
	const struct receipt_statement statement = {.tenant_id = json_text(json_member(c->manifest, "tenant"), "id"),
	    .document_id = json_text(json_member(c->manifest, "document"), "id"),
	    .version = (int)json_integer(json_member(c->manifest, "version"), "number", 0),
	    .event_id = json_text(c->lines[c->decided], "id"), .kind = bundle_value(c, text, "kind"),
	    .size = receipt ? receipt->size : atoll(bundle_value(c, text, "size")),
	    .sha256 = receipt ? receipt->sha256 : bundle_value(c, text, "sha256"), .made = bundle_value(c, text, "made"),
	    .at = bundle_value(c, text, "at"), .key_id = bundle_value(c, text, "key")};

	if (!statement.tenant_id || !statement.document_id || !statement.event_id)
		return "";
	return receipt_statement_text(c->arena, &statement);
}

/* The same in the manifest. */
static void
manifest_check(struct checking *c, const char *text)
{
	static const struct bundle_pair pairs[] = {{"kind", "kind"}, {"sha256", "sha256"}, {"event_id", "event"},
	    {"made_at", "made"}, {"signed_at", "at"}, {"key_id", "key"}, {NULL, NULL}};
	struct json_object *claimed = json_member(c->manifest, "receipt");
	bool same = json_integer(claimed, "size", -1) == atoll(bundle_value(c, text, "size"));

	for (const struct bundle_pair *pair = pairs; pair->here; pair++)
		same = same && bundle_same(json_text(claimed, pair->here), bundle_value(c, text, pair->there));
	if (!same)
		bundle_find(c, "manifest.json", "its receipt is not the one that signatures/receipt.txt names");
}

void
bundle_check_receipt(struct checking *c)
{
	const struct zip_member *receipt = bundle_member(c, "receipt.pdf");
	const char *text;

	bundle_account(c, "receipt.pdf");
	if (!bundle_member(c, "signatures/receipt.txt") && !bundle_member(c, "signatures/receipt.sig")) {
		none_check(c);
		return;
	}
	text = bundle_check_statement(c, "receipt");
	if (!receipt)
		bundle_find(c, "receipt.pdf", "is missing, signatures/receipt.txt names it");
	if (!text)
		return;
	manifest_check(c, text);
	if (receipt && strcmp(bundle_value(c, text, "sha256"), receipt->sha256) != 0)
		bundle_find(c, "receipt.pdf", "is not the file that signatures/receipt.txt names");
	else if (!c->accepted || strcmp(text, statement_expected(c, text)) != 0)
		bundle_find(c, "signatures/receipt.txt", "is not about the receipt of this version's acceptance");
}
