/* Limits that a process sets on itself and cannot lift. */
#include "confine.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer maps terabytes of shadow, which no limit on address space allows: let it watch itself. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "hard_rss_limit_mb=640:abort_on_error=1:detect_leaks=0";
}
#endif

/* At most MOST, or less where we were already given less, which nobody may raise. */
static bool
limit(int resource, rlim_t most)
{
	struct rlimit given;

	if (getrlimit(resource, &given))
		return false;
	if (given.rlim_max < most) /* RLIM_INFINITY is the largest number */
		most = given.rlim_max;
	return !setrlimit(resource, &(struct rlimit){most, most});
}

bool
confine(size_t memory, unsigned cpu, size_t file)
{
#ifdef __SANITIZE_ADDRESS__
	(void)memory;
#else
	if (!limit(RLIMIT_AS, memory))
		return false;
#endif
	return limit(RLIMIT_CPU, cpu) && limit(RLIMIT_FSIZE, file) && limit(RLIMIT_CORE, 0) &&
	    !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) &&
	    !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}
