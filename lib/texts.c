/* The tenant's own texts: which variables may stand where, and filling them in. */
#include "texts.h"

#include <json-c/json.h>
#include <string.h>

#include "json.h"
#include "locale.h"

enum { NAME_MOST = 60, MISTAKES_MOST = 5 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The texts, as bits of where a variable may stand. */
enum {
	IN_SUBJECT = 1 << 0,
	IN_BODY = 1 << 1,
	IN_WELCOME = 1 << 2,
	IN_THANKS = 1 << 3,
	IN_CONSENT = 1 << 4,
	IN_ACCESS = 1 << 5,
	IN_PAGES = IN_WELCOME | IN_THANKS | IN_CONSENT,
	BEHIND_THE_CODE = IN_SUBJECT | IN_BODY | IN_PAGES,
};

static const struct {
	const char *name;
	int place;
} members[] = {
    {"mail_subject", IN_SUBJECT}, {"mail_body", IN_BODY}, {"welcome", IN_WELCOME},
    {"thanks", IN_THANKS}, {"consent", IN_CONSENT}, {"access", IN_ACCESS},
};

static const struct {
	const char *name;
	int places;
} variables[] = {
    {"kunde", BEHIND_THE_CODE}, {"kontakt", BEHIND_THE_CODE}, {"virksomhed", BEHIND_THE_CODE | IN_ACCESS},
    {"projekt", BEHIND_THE_CODE}, {"titel", BEHIND_THE_CODE}, {"nummer", BEHIND_THE_CODE},
    {"udløb", BEHIND_THE_CODE}, {"besked", IN_BODY | IN_PAGES}, {"link", IN_BODY},
};

/* The places of a variable, 0 for none of ours. */
static int
places_of(const char *name)
{
	for (size_t i = 0; i < COUNT(variables); i++)
		if (!strcmp(variables[i].name, name))
			return variables[i].places;
	return 0;
}

/* "{kunde}, {titel} and {link}": what may stand at PLACE. */
static const char *
variables_at(struct arena *arena, int place)
{
	struct buf out = buf_new(arena, 0);
	size_t left = 0;

	for (size_t i = 0; i < COUNT(variables); i++)
		left += (variables[i].places & place) != 0;
	for (size_t i = 0; i < COUNT(variables); i++) {
		if (!(variables[i].places & place))
			continue;
		if (out.length)
			buf_text(&out, left == 1 ? " and " : ", ");
		buf_printf(&out, "{%s}", variables[i].name);
		left--;
	}
	return out.bytes;
}

/* The next word in braces at or after *TEXT, blanks around it left in, so that "{ kunde }" is told as well;
 * *TEXT moves past it. NULL when there is none. */
static const char *
word_in_braces(struct arena *arena, const char **text)
{
	const char *open;

	while ((open = strchr(*text, '{'))) {
		const char *start = open + 1;
		const char *word = start + strspn(start, " ");
		const char *end = word + strcspn(word, "{} \t\r\n");
		const char *close = end + strspn(end, " ");

		*text = start;
		if (end > word && end - word <= NAME_MOST && *close == '}') {
			*text = close + 1;
			return arena_strndup(arena, start, (size_t)(close - start));
		}
	}
	return NULL;
}

static void
text_check(struct arena *arena, const char *text, int place, const char *pointer, struct problem **problem)
{
	const char *name;
	int mistakes = 0;

	while (text && mistakes < MISTAKES_MOST && (name = word_in_braces(arena, &text))) {
		int places = places_of(name);

		if (places & place)
			continue;
		mistakes++;
		problem_add(arena, problem, pointer, places ? "{%s} cannot stand in this text; here are %s"
		    : "{%s} is no variable; here are %s", name, variables_at(arena, place));
	}
}

const struct problem *
texts_check(struct arena *arena, struct json_object *texts)
{
	struct problem *problem = NULL;

	for (int language = 0; language < LANGUAGES; language++) {
		const char *tag = language_tag((enum language)language);
		struct json_object *given = json_member(texts, tag);

		for (size_t i = 0; i < COUNT(members); i++)
			text_check(arena, json_text(given, members[i].name), members[i].place,
			    arena_printf(arena, "/texts/%s/%s", tag, members[i].name), &problem);
	}
	return problem;
}

const char *
texts_fill(struct arena *arena, enum language language, const char *text, const struct text_values *values)
{
	const struct word_value filled[] = {
	    {"kunde", values->customer}, {"kontakt", values->contact ? values->contact : values->customer},
	    {"virksomhed", values->sender}, {"projekt", values->project}, {"titel", values->title},
	    {"nummer", values->number}, {"udløb", format_time(arena, language, values->expires)},
	    {"besked", values->message}, {"link", values->link},
	};

	_Static_assert(COUNT(filled) == COUNT(variables), "every variable has a value");
	if (!text)
		return NULL;
	text = word_filled(arena, text, filled, COUNT(filled));
	return text[strspn(text, " \t\r\n")] ? text : NULL;
}
