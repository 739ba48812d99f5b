/* What people call the browser behind a User-Agent header. A guess, shown to the reader alone: nothing depends on it. */
#pragma once

/* "Firefox" and "Linux"; "" where unknown. Strings live for ever. AGENT may be NULL. */
void browser_names(const char *agent, const char **browser, const char **system);
