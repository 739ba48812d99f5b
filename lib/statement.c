/* The texts that are signed. */
#include "statement.h"

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
