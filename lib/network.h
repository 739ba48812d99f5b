/* Which addresses the portal may connect to on a tenant's behalf: public ones, and the networks ops list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "arena.h"
#include "problem.h"

struct network; /* one CIDR block */

/* The networks of PORTAL_WEBHOOK_ALLOW. All zero: none. */
struct network_rules {
	const struct network *networks;
	size_t count;
};

enum { NETWORK_TEXT = 64 }; /* room for an address as text, NUL included */

/* Reads comma separated CIDR blocks, IPv4 or IPv6 ("127.0.0.0/8, ::1/128"); a bare address is a block of one.
 * NULL and empty text give no networks. A bad item is an `invalid` problem that quotes it. The rules live in ARENA. */
const struct problem *network_rules_parse(struct arena *arena, const char *text, struct network_rules *rules);

/* Reads such a block alone. */
bool network_valid(struct arena *arena, const char *text);

/* Whether the address is globally reachable by the IANA special-purpose registries (RFC 6890): no loopback, private,
 * link-local, shared, multicast, reserved, documentation or benchmarking address, nor an IPv6 address that carries
 * such an IPv4 one (mapped, compatible, 6to4, NAT64). False for anything but AF_INET and AF_INET6. */
bool network_public(const struct sockaddr *address);

/* Whether ops listed the address. An IPv4-mapped IPv6 address counts as the IPv4 one. */
bool network_listed(const struct network_rules *rules, const struct sockaddr *address);

/* Public or listed. */
bool network_allowed(const struct network_rules *rules, const struct sockaddr *address);

/* The numeric address without its port, for logs; "?" for other families. Returns TEXT. */
const char *network_text(const struct sockaddr *address, char text[NETWORK_TEXT]);

/* Reads a literal IPv4 or IPv6 address, no brackets; false for anything else, such as a host name. */
bool network_literal(const char *text, struct sockaddr_storage *address);
