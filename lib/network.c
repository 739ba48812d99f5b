/* Address rules. Every address is 16 bytes, IPv4 in its IPv4-mapped form, so that one comparison serves all. */
#include "network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS = 16, MAPPED_BITS = 96 };

struct network {
	unsigned char address[ADDRESS];
	unsigned bits;
};

#define V4(a, b, c, d, n) {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, MAPPED_BITS + (n)}

static const struct network mapped = V4(0, 0, 0, 0, 0);

/* Not globally reachable, or not one host. */
static const struct network special4[] = {
    V4(0, 0, 0, 0, 8),        /* this network */
    V4(10, 0, 0, 0, 8),       /* private */
    V4(100, 64, 0, 0, 10),    /* shared by carriers */
    V4(127, 0, 0, 0, 8),      /* loopback */
    V4(169, 254, 0, 0, 16),   /* link-local, clouds' metadata */
    V4(172, 16, 0, 0, 12),    /* private */
    V4(192, 0, 0, 0, 24),     /* protocol assignments */
    V4(192, 0, 2, 0, 24),     /* documentation */
    V4(192, 88, 99, 0, 24),   /* 6to4 relays, withdrawn */
    V4(192, 168, 0, 0, 16),   /* private */
    V4(198, 18, 0, 0, 15),    /* benchmarking */
    V4(198, 51, 100, 0, 24),  /* documentation */
    V4(203, 0, 113, 0, 24),   /* documentation */
    V4(224, 0, 0, 0, 4),      /* multicast */
    V4(240, 0, 0, 0, 4),      /* reserved, broadcast */
};

static const struct network global6 = {{0x20}, 3}; /* all that IANA gives out */

static const struct network special6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments: Teredo, benchmarking, ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff}, 20},             /* documentation */
};

/* IPv6 addresses with an IPv4 address inside, and the byte where it begins. */
static const struct {
	struct network network;
	size_t offset;
} embedding[] = {
    {{{0}, 96}, 12},                      /* IPv4-compatible; :: and ::1 too */
    {{{0x20, 0x02}, 16}, 2},              /* 6to4 */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool
contains(const struct network *network, const unsigned char address[ADDRESS])
{
	size_t whole = network->bits / 8;
	unsigned rest = network->bits % 8;

	if (memcmp(network->address, address, whole))
		return false;
	return !rest || !((network->address[whole] ^ address[whole]) >> (8 - rest));
}

static bool
any_contains(const struct network *networks, size_t count, const unsigned char address[ADDRESS])
{
	for (size_t i = 0; i < count; i++)
		if (contains(&networks[i], address))
			return true;
	return false;
}

static void
map_ipv4(unsigned char address[ADDRESS], const void *ipv4)
{
	memcpy(address, mapped.address, ADDRESS);
	memcpy(address + 12, ipv4, 4);
}

static bool
address_bytes(const struct sockaddr *from, unsigned char address[ADDRESS])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (from->sa_family) {
	case AF_INET:
		memcpy(&in, from, sizeof in);
		map_ipv4(address, &in.sin_addr);
		return true;
	case AF_INET6:
		memcpy(&in6, from, sizeof in6);
		memcpy(address, &in6.sin6_addr, ADDRESS);
		return true;
	default:
		return false;
	}
}

static bool
public_bytes(const unsigned char address[ADDRESS])
{
	if (contains(&mapped, address))
		return !any_contains(special4, COUNT(special4), address);
	for (size_t i = 0; i < COUNT(embedding); i++) {
		unsigned char inner[ADDRESS];

		if (!contains(&embedding[i].network, address))
			continue;
		map_ipv4(inner, address + embedding[i].offset);
		return !any_contains(special4, COUNT(special4), inner);
	}
	return contains(&global6, address) && !any_contains(special6, COUNT(special6), address);
}

bool
network_public(const struct sockaddr *address)
{
	unsigned char bytes[ADDRESS];

	return address_bytes(address, bytes) && public_bytes(bytes);
}

bool
network_listed(const struct network_rules *rules, const struct sockaddr *address)
{
	unsigned char bytes[ADDRESS];

	return address_bytes(address, bytes) && any_contains(rules->networks, rules->count, bytes);
}

bool
network_allowed(const struct network_rules *rules, const struct sockaddr *address)
{
	return network_public(address) || network_listed(rules, address);
}

const char *
network_text(const struct sockaddr *address, char text[NETWORK_TEXT])
{
	struct sockaddr_in in;
	unsigned char bytes[ADDRESS];

	strcpy(text, "?");
	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, text, NETWORK_TEXT);
	} else if (address_bytes(address, bytes)) {
		inet_ntop(AF_INET6, bytes, text, NETWORK_TEXT);
	}
	return text;
}

bool
network_literal(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(address, &in, sizeof in);
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(address, &in6, sizeof in6);
	else
		return false;
	return true;
}

/* Reads "address/bits"; cuts TEXT at the slash. */
static bool
parse_network(char *text, struct network *network)
{
	char *slash = strchr(text, '/');
	struct sockaddr_storage address;

	if (slash)
		*slash = '\0';
	if (!network_literal(text, &address) || !address_bytes((struct sockaddr *)&address, network->address))
		return false;

	unsigned base = address.ss_family == AF_INET ? MAPPED_BITS : 0;
	unsigned most = ADDRESS * 8 - base;
	unsigned long bits = most;

	if (slash) {
		char *end;

		if (!isdigit((unsigned char)slash[1]))
			return false;
		bits = strtoul(slash + 1, &end, 10);
		if (*end)
			return false;
	}
	network->bits = base + (unsigned)bits;
	return bits <= most;
}

bool
network_valid(struct arena *arena, const char *text)
{
	struct network network;

	return parse_network(arena_strdup(arena, text), &network);
}

static char *
trim(char *text)
{
	text += strspn(text, " \t");
	for (size_t length = strlen(text); length && strchr(" \t", text[length - 1]); length--)
		text[length - 1] = '\0';
	return text;
}

const struct problem *
network_rules_parse(struct arena *arena, const char *text, struct network_rules *rules)
{
	char *rest = arena_strdup(arena, text ? text : "");
	size_t most = 1;

	for (const char *p = rest; *p; p++)
		most += *p == ',';

	struct network *networks = arena_alloc(arena, most * sizeof *networks);
	size_t count = 0;

	*rules = (struct network_rules){0};
	if (!*trim(rest))
		return NULL;
	for (char *item; (item = strsep(&rest, ",")) != NULL;) {
		const char *shown = arena_strdup(arena, trim(item));

		if (!parse_network(trim(item), &networks[count++]))
			return problem_new(arena, PROBLEM_invalid,
			    "\"%s\" is no network: write an address and its prefix length, as in 10.1.0.0/16", shown);
	}
	*rules = (struct network_rules){.networks = networks, .count = count};
	return NULL;
}
