/* SPDX-License-Identifier: MIT */
/* Addresses, networks, hosts and origins; see address.h. */
#include "config.h"

#include "transport/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "schema/chars.h"

enum {
    MAPPED = 12, /* bytes before an address of IPv4 */
    MAPPED_BITS = MAPPED * 8,
    SITE = 8 /* bytes of the network that one client of IPv6 has */
};

static const unsigned char mapped[MAPPED] = { [10] = 0xff, [11] = 0xff };

/* ---- addresses ---- */

static void map(struct mcps__address *ret, const void *ipv4)
{
    memcpy(ret->bytes, mapped, MAPPED);
    memcpy(ret->bytes + MAPPED, ipv4, MCPS__ADDRESS_BYTES - MAPPED);
}

static bool is_mapped(const struct mcps__address *address)
{
    return memcmp(address->bytes, mapped, MAPPED) == 0;
}

int mcps__address_parse(struct mcps__slice text, struct mcps__address *ret)
{
    char copy[MCPS__ADDRESS_SIZE];
    struct in6_addr ipv6;
    struct in_addr ipv4;

    if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, '\0', text.len))
        return -EINVAL;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &ipv4) == 1)
        map(ret, &ipv4);
    else if (inet_pton(AF_INET6, copy, &ipv6) == 1)
        memcpy(ret->bytes, &ipv6, MCPS__ADDRESS_BYTES);
    else
        return -EINVAL;
    return 0;
}

int mcps__address_of(const struct sockaddr *socket, struct mcps__address *ret)
{
    struct sockaddr_in6 ipv6;
    struct sockaddr_in ipv4;

    switch (socket->sa_family) {
    case AF_INET:
        memcpy(&ipv4, socket, sizeof ipv4);
        map(ret, &ipv4.sin_addr);
        return 0;
    case AF_INET6:
        memcpy(&ipv6, socket, sizeof ipv6);
        memcpy(ret->bytes, &ipv6.sin6_addr, MCPS__ADDRESS_BYTES);
        return 0;
    default: return -EAFNOSUPPORT;
    }
}

void mcps__address_write(const struct mcps__address *address,
                         char text[MCPS__ADDRESS_SIZE])
{
    bool ipv4 = is_mapped(address);

    if (!inet_ntop(ipv4 ? AF_INET : AF_INET6, address->bytes + (ipv4 ? MAPPED : 0), text,
                   MCPS__ADDRESS_SIZE))
        text[0] = '\0';
}

void mcps__address_write_site(const struct mcps__address *address,
                              char text[MCPS__ADDRESS_SIZE])
{
    struct mcps__address site = *address;

    if ((address->bytes[0] & 0xe0) == 0x20) /* 2000::/3: of the whole network */
        memset(site.bytes + SITE, 0, sizeof site.bytes - SITE);
    mcps__address_write(&site, text);
}

bool mcps__address_is_loopback(const struct mcps__address *address)
{
    static const unsigned char one[MCPS__ADDRESS_BYTES] = { [15] = 1 };

    return is_mapped(address) ? address->bytes[MAPPED] == 127
                              : memcmp(address->bytes, one, sizeof one) == 0;
}

bool mcps__address_equal(const struct mcps__address *a, const struct mcps__address *b)
{
    return memcmp(a->bytes, b->bytes, MCPS__ADDRESS_BYTES) == 0;
}

/* ---- networks ---- */

/* A number from 1 to `max`, without zeros before it; 0: it is none. */
static unsigned read_number(struct mcps__slice text, unsigned max)
{
    unsigned value = 0;

    if (text.len == 0 || text.data[0] == '0')
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!mcps__ascii_is_digit(text.data[i]))
            return 0;
        value = value * 10 + (unsigned)(text.data[i] - '0');
        if (value > max)
            return 0;
    }
    return value;
}

static bool bit_of(const struct mcps__address *address, unsigned bit)
{
    return address->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* What stands behind the slash; "0" is all there are. -EINVAL. */
static int read_bits(struct mcps__slice text, unsigned before, unsigned *ret)
{
    unsigned bits = read_number(text, MCPS__ADDRESS_BYTES * 8 - before);

    if (bits == 0 && !mcps__slice_is(text, "0"))
        return -EINVAL;
    *ret = before + bits;
    return 0;
}

int mcps__network_parse(struct mcps__slice text, struct mcps__network *ret)
{
    const char *slash = text.len > 0 ? memchr(text.data, '/', text.len) : NULL;
    size_t len = slash ? (size_t)(slash - text.data) : text.len;
    struct mcps__network network = { .bits = MCPS__ADDRESS_BYTES * 8 };
    unsigned before;
    int r = mcps__address_parse((struct mcps__slice){ text.data, len }, &network.address);

    if (r >= 0 && slash) {
        before = memchr(text.data, ':', len) ? 0 : MAPPED_BITS;
        r = read_bits((struct mcps__slice){ slash + 1, text.len - len - 1 }, before,
                      &network.bits);
    }
    if (r < 0)
        return r;
    for (unsigned bit = network.bits; bit < MCPS__ADDRESS_BYTES * 8; bit++) {
        if (bit_of(&network.address, bit))
            return -EINVAL;
    }
    *ret = network;
    return 0;
}

bool mcps__network_has(const struct mcps__network *network,
                       const struct mcps__address *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    const unsigned char *a = network->address.bytes, *b = address->bytes;

    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* ---- hosts and ports ---- */

static bool is_name_char(char c)
{
    return mcps__ascii_is_letter(c) || mcps__ascii_is_digit(c) ||
           mcps__ascii_is_one_of(c, "-_");
}

/* One whose last label is a number is what some take for an address. */
static bool is_name(struct mcps__slice text)
{
    size_t label = 0, digits = 0;

    if (text.len == 0 || text.len > MCPS__HOST_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '.' && label == 0)
            return false;
        if (text.data[i] != '.' && !is_name_char(text.data[i]))
            return false;
        label = text.data[i] == '.' ? 0 : label + 1;
        digits = label == 0 ? 0 : digits + mcps__ascii_is_digit(text.data[i]);
    }
    return label > 0 && digits < label;
}

/* What stands between brackets. */
static int parse_ipv6(struct mcps__slice text, struct mcps__authority *ret)
{
    if (text.len == 0 || !memchr(text.data, ':', text.len))
        return -EINVAL;
    return mcps__address_parse(text, &ret->address);
}

static int parse_host(struct mcps__slice text, struct mcps__authority *ret)
{
    if (mcps__address_parse(text, &ret->address) >= 0)
        return 0;
    ret->name = text;
    return is_name(text) ? 0 : -EINVAL;
}

/* Nothing, or ":80". */
static int parse_port(struct mcps__slice text, unsigned *ret)
{
    if (text.len == 0)
        return 0;
    if (text.data[0] != ':')
        return -EINVAL;
    *ret = read_number((struct mcps__slice){ text.data + 1, text.len - 1 }, 65535);
    return *ret > 0 ? 0 : -EINVAL;
}

int mcps__authority_parse(struct mcps__slice text, struct mcps__authority *ret)
{
    bool in_brackets = text.len > 0 && text.data[0] == '[';
    const char *end =
        text.len > 0 ? memchr(text.data, in_brackets ? ']' : ':', text.len) : NULL;
    size_t len = end ? (size_t)(end - text.data) : text.len;
    struct mcps__authority authority = { .port = 0 };
    int r;

    if (in_brackets && !end)
        return -EINVAL;
    r = in_brackets
            ? parse_ipv6((struct mcps__slice){ text.data + 1, len - 1 }, &authority)
            : parse_host((struct mcps__slice){ text.data, len }, &authority);
    len += in_brackets;
    if (r >= 0 && end)
        r = parse_port((struct mcps__slice){ text.data + len, text.len - len },
                       &authority.port);
    if (r < 0)
        return r;
    *ret = authority;
    return 0;
}

static bool equal(struct mcps__slice a, struct mcps__slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (mcps__ascii_lower(a.data[i]) != mcps__ascii_lower(b.data[i]))
            return false;
    }
    return a.len == b.len;
}

bool mcps__authority_same_host(const struct mcps__authority *a,
                               const struct mcps__authority *b)
{
    if (a->name.data || b->name.data)
        return a->name.data && b->name.data && equal(a->name, b->name);
    return mcps__address_equal(&a->address, &b->address);
}

bool mcps__authority_is_loopback(const struct mcps__authority *authority)
{
    return authority->name.data ? mcps__slice_is_nocase(authority->name, "localhost")
                                : mcps__address_is_loopback(&authority->address);
}

/* ---- origins ---- */

/* A letter, then letters, digits and "+-.". */
static bool is_scheme(struct mcps__slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!mcps__ascii_is_letter(text.data[i]) &&
            (i == 0 || !(mcps__ascii_is_digit(text.data[i]) ||
                         mcps__ascii_is_one_of(text.data[i], "+-."))))
            return false;
    }
    return text.len > 0;
}

static bool has_upper_case(struct mcps__slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (mcps__ascii_lower(text.data[i]) != text.data[i])
            return true;
    }
    return false;
}

int mcps__origin_parse(struct mcps__slice text, struct mcps__origin *ret)
{
    const char *colon = text.len > 0 ? memchr(text.data, ':', text.len) : NULL;
    struct mcps__origin origin;
    size_t len;
    int r;

    if (!colon || has_upper_case(text))
        return -EINVAL;
    len = (size_t)(colon - text.data);
    origin.scheme = (struct mcps__slice){ text.data, len };
    if (!is_scheme(origin.scheme) || text.len - len < 3 || memcmp(colon, "://", 3) != 0)
        return -EINVAL;
    r = mcps__authority_parse((struct mcps__slice){ colon + 3, text.len - len - 3 },
                              &origin.authority);
    if (r < 0)
        return r;
    if (origin.authority.port == 0 && mcps__slice_is(origin.scheme, "http"))
        origin.authority.port = 80;
    if (origin.authority.port == 0 && mcps__slice_is(origin.scheme, "https"))
        origin.authority.port = 443;
    *ret = origin;
    return 0;
}

bool mcps__origin_equal(const struct mcps__origin *a, const struct mcps__origin *b)
{
    return equal(a->scheme, b->scheme) && a->authority.port == b->authority.port &&
           mcps__authority_same_host(&a->authority, &b->authority);
}

bool mcps__origin_is_web(const struct mcps__origin *origin)
{
    return mcps__slice_is(origin->scheme, "http") ||
           mcps__slice_is(origin->scheme, "https");
}
