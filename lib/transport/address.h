/* SPDX-License-Identifier: MIT */
/*
 * Where somebody is: hosts with ports as URIs and fields of HTTP write them, addresses, and
 * networks of addresses. Nothing is looked up, nothing is repaired: what has not exactly the
 * form that it should have is refused, so that two texts are only ever compared by what they
 * mean.
 *
 * Every address is kept as one of IPv6; one of IPv4 is mapped (::ffff:192.0.2.7), so that a
 * client of a socket for both has one address. Any thread.
 */
#ifndef MCPS_TRANSPORT_ADDRESS_H
#define MCPS_TRANSPORT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "mcpserver/base.h"
#include "rpc/headers.h"

enum {
    MCPS__ADDRESS_BYTES = 16,
    MCPS__ADDRESS_SIZE = 46, /* room for its text, and a NUL */
    MCPS__HOST_MAX = 253     /* bytes of a name */
};

struct mcps__address {
    unsigned char bytes[MCPS__ADDRESS_BYTES];
};

/* "192.0.2.7", "2001:db8::7": the text of exactly one address, without brackets, port or zone.
 * -EINVAL. */
int mcps__address_parse(struct mcps__slice text,
                        struct mcps__address *ret) MCPS_MUST_CHECK;
/* Of a socket; -EAFNOSUPPORT when that is none of IP. */
int mcps__address_of(const struct sockaddr *socket,
                     struct mcps__address *ret) MCPS_MUST_CHECK;
void mcps__address_write(const struct mcps__address *address,
                         char text[MCPS__ADDRESS_SIZE]);
/* What stands for all addresses of one client: of the IPv6 of the whole network it has 64 bits. */
void mcps__address_write_site(const struct mcps__address *address,
                              char text[MCPS__ADDRESS_SIZE]);
/* 127.0.0.0/8 and ::1. */
bool mcps__address_is_loopback(const struct mcps__address *address);
bool mcps__address_equal(const struct mcps__address *a, const struct mcps__address *b);

struct mcps__network {
    struct mcps__address address;
    unsigned bits; /* of the 128 of an address that all in the network have in common */
};

/* "10.0.0.0/8", "2001:db8::/32", or an address, which is a network of one. The bits behind the
 * prefix must be zero: -EINVAL. */
int mcps__network_parse(struct mcps__slice text,
                        struct mcps__network *ret) MCPS_MUST_CHECK;
bool mcps__network_has(const struct mcps__network *network,
                       const struct mcps__address *address);

/* "localhost:8080", "192.0.2.7", "[::1]:80": a host and its port. */
struct mcps__authority {
    struct mcps__slice name; /* of letters, digits and "-._"; .data NULL: an address */
    struct mcps__address address; /* if it is one */
    unsigned port;                /* 1 to 65535; 0: none is said */
};

/* -EINVAL for anything else: user names, escapes, zones, empty labels or ports. The name is a
 * part of the text. */
int mcps__authority_parse(struct mcps__slice text,
                          struct mcps__authority *ret) MCPS_MUST_CHECK;
/* Compares the hosts, names in any case, and not the ports. */
bool mcps__authority_same_host(const struct mcps__authority *a,
                               const struct mcps__authority *b);
/* "localhost" and addresses of loopback. */
bool mcps__authority_is_loopback(const struct mcps__authority *authority);

/* "https://app.example.com": what a browser says of where a page is from. */
struct mcps__origin {
    struct mcps__slice scheme;
    struct mcps__authority authority; /* with the port that the scheme implies: 80, 443 */
};

/* In lower case, as browsers write it; -EINVAL for anything else, "null" included. */
int mcps__origin_parse(struct mcps__slice text, struct mcps__origin *ret) MCPS_MUST_CHECK;
bool mcps__origin_equal(const struct mcps__origin *a, const struct mcps__origin *b);
/* Is it a page of http or https? */
bool mcps__origin_is_web(const struct mcps__origin *origin);

#endif
