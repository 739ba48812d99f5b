/* The texts that are signed. */
#include "statement.h"

#include <inttypes.h>

const char *
head_statement_text(struct arena *arena, const struct head_statement *statement)
{
	return arena_printf(arena, "dokumentportal-head-1\ntenant %s\ndocument %s\nlength %d\nhead %s\nat %s\nkey %s\n",
	    statement->tenant_id, statement->document_id, statement->length, statement->head, statement->at,
	    statement->key_id);
}

const char *
tenant_statement_text(struct arena *arena, const struct tenant_statement *statement)
{
	return arena_printf(arena,
	    "dokumentportal-tenant-1\ntenant %s\nnumber %d\nprevious %s\nsignatures %d\nlist %s\nat %s\nkey %s\n",
	    statement->tenant_id, statement->number, statement->previous, statement->signatures, statement->list_sha256,
	    statement->at, statement->key_id);
}

const char *
receipt_statement_text(struct arena *arena, const struct receipt_statement *statement)
{
	return arena_printf(arena, "dokumentportal-receipt-1\ntenant %s\ndocument %s\nversion %d\nevent %s\nkind %s\nsize %" PRId64
	    "\nsha256 %s\nmade %s\nat %s\nkey %s\n", statement->tenant_id, statement->document_id, statement->version,
	    statement->event_id, statement->kind, statement->size, statement->sha256, statement->made, statement->at,
	    statement->key_id);
}
