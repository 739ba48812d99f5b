/* Names of browsers and systems in User-Agent headers. */
#include "browser.h"

#include <stddef.h>
#include <string.h>

struct mark {
	const char *part, *name;
};

/* Browsers name those they descend from as well, so the youngest stands first. */
static const struct mark browsers[] = {
    {"SamsungBrowser/", "Samsung Internet"}, {"EdgiOS/", "Edge"}, {"EdgA/", "Edge"}, {"Edg/", "Edge"}, {"OPR/", "Opera"},
    {"DuckDuckGo/", "DuckDuckGo"}, {"Vivaldi/", "Vivaldi"}, {"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
    {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {NULL, ""},
};

static const struct mark systems[] = {
    {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
    {"Macintosh", "Mac"}, {"Linux", "Linux"}, {NULL, ""},
};

static const char *
name_in(const char *agent, const struct mark *marks)
{
	while (marks->part && !strstr(agent, marks->part))
		marks++;
	return marks->name;
}

void
browser_names(const char *agent, const char **browser, const char **system)
{
	*browser = name_in(agent ? agent : "", browsers);
	*system = name_in(agent ? agent : "", systems);
}
