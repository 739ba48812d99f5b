/* The parts of the executable `status`. */
#pragma once

#include "request.h"

/* Appends the gauges that only the database and the store know. Problem: unavailable. */
const struct problem *measure(struct request *request, struct buf *out);
