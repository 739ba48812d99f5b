/* Checking evidence bundles: manifest.json holds what belongs there and nothing else, since people and machines would take
 * whatever else stands in it for a part of what was signed. */
#include <json-c/json.h>
#include <string.h>

#include "bundle_checking.h"
#include "json.h"

/* What may stand at a place. Where none of these is, a plain value stands. */
static const struct place {
	const char *pointer; /* RFC 6901; "*" stands for every item */
	const char *members; /* with a blank around each; NULL: any value, which is compared as a whole */
} places[] = {
	{"", " chain decision document files format portal receipt tenant version "},
	{"/chain", " head length "},
	{"/decision", " at at_local attachments chain consent consent_sha256 contact_id disclosed_at email erased_at event_id identity"
	    " ip language link_id link_kind name proof purchase_order reason sha256 signature time_zone type user_agent version "},
	{"/decision/attachments", NULL},
	{"/decision/chain", " after before "},
	{"/decision/chain/after", " head length "},
	{"/decision/chain/before", " head length "},
	{"/decision/proof", NULL},
	{"/document", " amount customer external_id id kind number project title "},
	{"/document/amount", " currency value "},
	{"/document/customer", " external_id id name "},
	{"/files/*", " name path sha256 size "},
	{"/receipt", " event_id key_id kind made_at sha256 signed_at size "},
	{"/tenant", " id name "},
	{"/version", " attachments number pages sha256 size uploaded_at "},
	{"/version/attachments", NULL},
};

static const struct place *
place_named(const char *pointer)
{
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!strcmp(places[i].pointer, pointer))
			return &places[i];
	return NULL;
}

static void value_check(struct checking *c, const char *pointer, struct json_object *value);

static void
object_check(struct checking *c, const char *pointer, const struct place *place, struct json_object *object)
{
	json_object_object_foreach(object, name, member) {
		const char *child = json_pointer_child(c->arena, pointer, name);

		/* A blank would let a part of the list pass for a name. */
		if (strchr(name, ' ') || !strstr(place->members, arena_printf(c->arena, " %s ", name)))
			bundle_find(c, "manifest.json", "%s does not belong there", child);
		else
			value_check(c, child, member);
	}
}

static void
value_check(struct checking *c, const char *pointer, struct json_object *value)
{
	const struct place *place = place_named(pointer);

	if (!value || (place && !place->members))
		return;
	if (!strcmp(pointer, "/files") && json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			value_check(c, "/files/*", json_object_array_get_idx(value, i));
	else if (json_object_is_type(value, json_type_object) && place)
		object_check(c, pointer, place, value);
	else if (json_object_is_type(value, json_type_object) || json_object_is_type(value, json_type_array) || place)
		bundle_find(c, "manifest.json", "%s is not what belongs there", *pointer ? pointer : "it");
}

void
bundle_check_manifest(struct checking *c)
{
	value_check(c, "", c->manifest);
}
