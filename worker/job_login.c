/* Mails with a code to sign in. The portal itself sends them: an address may be known to several tenants. */
#include <json-c/json.h>
#include <string.h>

#include "job.h"
#include "json.h"
#include "mail.h"
#include "one_time_code.h"
#include "page.h"
#include "templates.h"

/* The portal's address as people read it: "tilbud.example". */
static const char *
site_of(struct arena *arena, const char *base_url)
{
	return arena_strdup(arena, strstr(base_url, "://") + 3);
}

const struct problem *
job_login(const struct outbox_setting *setting, struct job *job, struct json_object *row)
{
	struct arena *arena = job->arena;
	struct json_object *what = job_wanted(job, row);
	struct buf text = buf_new(arena, 0), html = buf_new(arena, 0);
	struct login_mail page = {.host = site_of(arena, setting->config->base_url)};
	struct mail mail = {.from_name = "Dokumentportal"};

	if (!what)
		return NULL;
	page.code = one_time_code(arena, setting->secrets, "login", json_text(what, "challenge"));
	if (!page.code)
		return problem_new(arena, PROBLEM_internal, "there is no key for codes");
	page.language = language_parse(json_text(what, "language"), LANGUAGE_DA);
	page.address = arena_strdup(arena, json_text(what, "address"));
	page.subject = word(page.language, WORD_mail_login_subject);
	template_login_mail_text(&text, &page);
	template_login_mail_html(&html, &page);
	mail.to_address = page.address;
	mail.subject = page.subject;
	mail.text = text.bytes;
	mail.html = html.bytes;
	mail.language = language_tag(page.language);
	return job_send(setting, job, &mail);
}
