/* Counters in shared memory. */
#include "metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { STATUSES = 600, BUCKETS = 11 };

/* Upper bounds in seconds. */
static const double bounds[BUCKETS] = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5};

struct route_counts {
	atomic_uint_fast64_t statuses[STATUSES];
	atomic_uint_fast64_t buckets[BUCKETS + 1]; /* each for itself; the last is everything slower */
	atomic_uint_fast64_t microseconds;
};

struct metrics {
	const char *executable;
	const struct route *routes;
	size_t route_count;
	atomic_uint_fast64_t database_failures;
	struct route_counts counts[]; /* by route; the last for requests without one */
};

struct metrics *
metrics_new(const char *executable, const struct route *routes)
{
	struct metrics *metrics;
	size_t count = 0;

	while (routes[count].method)
		count++;
	metrics = mmap(NULL, sizeof *metrics + (count + 1) * sizeof metrics->counts[0], PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (metrics == MAP_FAILED)
		abort();
	metrics->executable = executable;
	metrics->routes = routes;
	metrics->route_count = count;
	return metrics;
}

void
metrics_count(struct metrics *metrics, const struct route *route, int status, double seconds, bool database_failed)
{
	size_t index = route ? (size_t)(route - metrics->routes) : metrics->route_count;
	struct route_counts *counts = &metrics->counts[index];
	size_t bucket = 0;

	while (bucket < BUCKETS && seconds > bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&counts->statuses[status >= 0 && status < STATUSES ? status : 0], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&counts->buckets[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&counts->microseconds, (uint_fast64_t)(seconds * 1e6), memory_order_relaxed);
	if (database_failed)
		atomic_fetch_add_explicit(&metrics->database_failures, 1, memory_order_relaxed);
}

/* The labels that name a route. Patterns hold nothing that would need escaping. */
static const char *
labels(struct arena *arena, const struct metrics *metrics, size_t index)
{
	bool known = index < metrics->route_count;

	return arena_printf(arena, "executable=\"%s\",method=\"%s\",route=\"%s\"", metrics->executable,
	    known ? metrics->routes[index].method : "", known ? metrics->routes[index].pattern : "unknown");
}

static void
requests_print(const struct metrics *metrics, struct buf *out)
{
	buf_text(out, "# HELP portal_requests_total Requests answered.\n# TYPE portal_requests_total counter\n");
	for (size_t i = 0; i <= metrics->route_count; i++)
		for (int status = 0; status < STATUSES; status++) {
			uint_fast64_t count = atomic_load_explicit(&metrics->counts[i].statuses[status], memory_order_relaxed);

			if (count)
				buf_printf(out, "portal_requests_total{%s,status=\"%d\"} %llu\n", labels(out->arena, metrics, i), status,
				    (unsigned long long)count);
		}
}

static void
latency_print(const struct metrics *metrics, size_t index, struct buf *out)
{
	const struct route_counts *counts = &metrics->counts[index];
	const char *names = labels(out->arena, metrics, index);
	unsigned long long total = 0;

	for (size_t bucket = 0; bucket <= BUCKETS; bucket++) {
		const char *bound = bucket < BUCKETS ? arena_printf(out->arena, "%g", bounds[bucket]) : "+Inf";

		total += atomic_load_explicit(&counts->buckets[bucket], memory_order_relaxed);
		buf_printf(out, "portal_request_seconds_bucket{%s,le=\"%s\"} %llu\n", names, bound, total);
	}
	buf_printf(out, "portal_request_seconds_sum{%s} %.6f\n", names,
	    (double)atomic_load_explicit(&counts->microseconds, memory_order_relaxed) / 1e6);
	buf_printf(out, "portal_request_seconds_count{%s} %llu\n", names, total);
}

void
metrics_print(const struct metrics *metrics, struct buf *out)
{
	requests_print(metrics, out);
	buf_text(out, "# HELP portal_request_seconds Time to answer, without nginx.\n# TYPE portal_request_seconds histogram\n");
	for (size_t i = 0; i <= metrics->route_count; i++)
		latency_print(metrics, i, out);
	buf_printf(out, "# HELP portal_database_failures_total Requests that the database could not serve.\n"
	    "# TYPE portal_database_failures_total counter\nportal_database_failures_total{executable=\"%s\"} %llu\n",
	    metrics->executable, (unsigned long long)atomic_load_explicit(&metrics->database_failures, memory_order_relaxed));
}
