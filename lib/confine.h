/* For programs that open untrusted files: what could hurt is given up before the first byte is looked at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* From now on this process has at most MEMORY bytes, CPU seconds, writes files of at most FILE bytes, leaves no core,
 * gains no privilege, and ends with its parent. What it was already denied stays so. */
bool confine(size_t memory, unsigned cpu, size_t file);
