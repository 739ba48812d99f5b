/* view's handlers that stand in files of their own. */
#pragma once

#include "request.h"

handler show_check, check_pdf;
