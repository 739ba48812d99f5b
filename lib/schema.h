/* JSON against tables: a schema lists the members of an object, their types and limits. Every mistake is told, with the
 * JSON pointer of the member at fault, so that a sender can mend a document in one go. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "problem.h"

struct json_object;

enum { SCHEMA_MISTAKES = 20 }; /* no more are told at once */

enum schema_type {
	SCHEMA_text,     /* one line, `min` to `max` characters; blank counts as empty */
	SCHEMA_lines,    /* the same with line breaks and tabs */
	SCHEMA_email,    /* addr-spec, as mail_address_valid() has it */
	SCHEMA_boolean,
	SCHEMA_integer,  /* `min` to `max` */
	SCHEMA_amount,   /* text: "184500.00", 1 to 12 digits, at most two decimals, not negative */
	SCHEMA_currency, /* text: three capital letters (ISO 4217) */
	SCHEMA_color,    /* text: "#rrggbb" */
	SCHEMA_choice,   /* text: one of `choices` */
	SCHEMA_time,     /* text (RFC 3339): "2026-12-31" or "2026-12-31T23:59:59.5+01:00", a real date */
	SCHEMA_object,   /* of `members` */
	SCHEMA_array,    /* of `items`, `min` to `max` of them */
};

/* One member, or in `items` the items of an array (then without a name). Tables of members end with an empty name;
 * lists of words end with NULL. */
struct schema_member {
	const char *name;
	enum schema_type type;
	bool required; /* must be there, an array not empty; in a partial check it may be left out */
	bool key;      /* must be there even in a partial check */
	bool nullable;
	bool not_yet;  /* part of the contract, but a later release brings it: only null is taken */
	int64_t min, max;
	const char *const *choices;
	const char *const *later; /* choices that a later release brings */
	const struct schema_member *members;
	bool whole;    /* of an object: is replaced, not merged, so a partial check needs its required members too */
	const struct schema_member *items;
	bool unique;               /* of an array: no item twice */
	bool ascending;            /* of integers: each greater than the one before */
	const char *must_hold;     /* of choices: this one must be among them */
	const char *const *distinct; /* of objects: members whose text no two items share; e-mail ignores case */
};

struct schema {
	const struct schema_member *members;
};

/* Checks VALUE, which may be NULL, for an object that fits SCHEMA. PARTIAL is for updates: members may be missing.
 * Arrays are always checked whole, since an update replaces them. Problem: invalid, with an item per mistake. */
const struct problem *schema_check(struct arena *arena, const struct schema *schema, struct json_object *value,
    bool partial);
