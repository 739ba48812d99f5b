/* upload: mails that came back after the mail server had taken them. */
#include "upload.h"

#include <json-c/json.h>
#include <string.h>

#include "mail.h"

/* {message_id, email, reason} as the database takes it: {job | email, reason}. */
static const struct problem *
report_read(struct request *request, struct json_object *given, const char **report)
{
	const char *message_id = json_text(given, "message_id"), *email = json_text(given, "email");
	const char *job = message_id ? mail_id_read(request->arena, message_id) : NULL;

	if (!message_id == !email)
		return upload_refused(request, message_id ? "/email" : "/message_id", PROBLEM_invalid,
		    message_id ? "goes without message_id" : "is needed, or email");
	if (message_id && !job)
		return upload_refused(request, "/message_id", PROBLEM_invalid, "is not the Message-ID of a mail that the portal sent");
	if (job) {
		json_object_object_del(given, "message_id");
		json_object_object_add(given, "job", json_object_new_string(job));
	}
	*report = json_canonical(request->arena, given);
	return NULL;
}

/* POST /api/v1/bounces: {message_id | email, reason}. The contact is marked `bounced`, and document.delivery_failed tells of
 * it. 200 with those marked now: {bounced: [{document_id, external_id, contact_id, email}]}. */
const struct problem *
report_bounce(struct request *request)
{
	struct json_object *given = NULL, *answer = NULL;
	const char *fingerprint, *report = NULL;

	TRY(change_json(request, &schema_bounce, false, &given, &fingerprint));
	TRY(report_read(request, given, &report));
	TRY(change_begin(request, fingerprint));
	TRY(db_json(request->db, request->arena, STATEMENT_sender_bounce, &answer, request->tenant_id, report, request->id));
	if (!answer)
		return sender_not_found(request, json_text(given, "job") ? "mail" : "contact with this address");
	reply_json(request, 200, answer);
	return NULL;
}
