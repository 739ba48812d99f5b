/* What message's files share: limits, and the handlers that message_share.c has. */
#pragma once

#include "request.h"

enum { FORM_MOST = 64 * 1024, NAME_MOST = 200 };

/* A text of several lines, trimmed; NULL when nothing is left. Browsers send CR LF for a line break that they count as
 * one character: LF is what stands here. */
const char *form_lines(struct request *request, const struct form *form, const char *name);

handler share, unshare;
