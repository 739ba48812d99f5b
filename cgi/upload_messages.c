/* upload: the sender's answers to customers. */
#include "upload.h"

#include <json-c/json.h>

/* POST /api/v1/documents/{id}/messages: {text, version, page}, mailed to the contacts who may ask; all that they have
 * written counts as read then. {"read": true} alone says only that. 201 with a message, else 200. */
const struct problem *
post_message(struct request *request)
{
	struct json_object *given = NULL, *answer = NULL;
	const char *id, *fingerprint;

	TRY(sender_id(request, "document", &id));
	TRY(change_json(request, &schema_message, true, &given, &fingerprint));
	if (!json_text(given, "text") && !json_boolean(given, "read", false))
		return upload_refused(request, "/text", PROBLEM_invalid, "is needed, unless `read` is true");
	TRY(change_begin(request, fingerprint));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_post_message, &answer, request->tenant_id, id,
	    json_canonical(request->arena, given), request->id));
	if (!answer)
		return sender_not_found(request, "document");
	reply_json(request, json_member(answer, "message") ? 201 : 200, answer);
	return NULL;
}
