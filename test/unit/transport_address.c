/* SPDX-License-Identifier: MIT */
/* Addresses, networks, hosts with ports, origins: what is taken for one, and what is not. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "transport/address.h"

extern const struct unit_test address_tests[];

#define N_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static struct mcps__slice slice(const char *text)
{
    return (struct mcps__slice){ text, strlen(text) };
}

/* ---- addresses and networks ---- */

static void addresses(void)
{
    static const struct {
        const char *text, *written; /* NULL: it is none */
        bool loopback;
    } rows[] = {
        { "127.0.0.1", "127.0.0.1", true },
        { "127.255.0.9", "127.255.0.9", true },
        { "128.0.0.1", "128.0.0.1", false },
        { "::1", "::1", true },
        { "0:0:0:0:0:0:0:1", "::1", true },
        { "::2", "::2", false },
        { "::", "::", false },
        { "::ffff:127.0.0.1", "127.0.0.1", true },
        { "::ffff:192.0.2.7", "192.0.2.7", false },
        { "2001:DB8::7", "2001:db8::7", false },
        { "2001:db8:1111:2222:3333:4444:5555:6666",
          "2001:db8:1111:2222:3333:4444:5555:6666", false },
        { "", NULL, false },
        { "localhost", NULL, false },
        { "127.1", NULL, false },
        { "127.0.0.01", NULL, false },
        { "127.0.0.256", NULL, false },
        { "0x7f.0.0.1", NULL, false },
        { "2130706433", NULL, false },
        { " 127.0.0.1", NULL, false },
        { "127.0.0.1 ", NULL, false },
        { "[::1]", NULL, false },
        { "fe80::1%eth0", NULL, false },
        { "fe80::1%25eth0", NULL, false },
        { "1:2:3:4:5:6:7:8:9", NULL, false },
        { "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", NULL, false },
    };
    struct mcps__address address;
    char text[MCPS__ADDRESS_SIZE];

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(mcps__address_parse(slice(rows[i].text), &address),
                  rows[i].written ? 0 : -EINVAL);
        if (!rows[i].written)
            continue;
        mcps__address_write(&address, text);
        CHECK_STR(text, rows[i].written);
        CHECK_INT(mcps__address_is_loopback(&address), rows[i].loopback);
    }
    CHECK_INT(mcps__address_parse((struct mcps__slice){ "::1\0", 4 }, &address), -EINVAL);
    CHECK_INT(mcps__address_parse((struct mcps__slice){ NULL, 0 }, &address), -EINVAL);
out:
    unit_note_on_failure("%s", "");
}

static void sites(void)
{
    static const char *const rows[][2] = {
        { "192.0.2.7", "192.0.2.7" },
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { "::1", "::1" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
        { "fe80::1", "fe80::1" },
        { "64:ff9b::c000:207", "64:ff9b::c000:207" },
        { "3fff:1:2:3:4::", "3fff:1:2:3::" },
    };
    struct mcps__address address;
    char text[MCPS__ADDRESS_SIZE];

    for (size_t i = 0; i < N_OF(rows); i++) {
        CHECK_INT(mcps__address_parse(slice(rows[i][0]), &address), 0);
        mcps__address_write_site(&address, text);
        CHECK_STR(text, rows[i][1]);
    }
out:;
}

static void addresses_of_sockets(void)
{
    struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(80) };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct mcps__address a, b, c;

    ipv4.sin_addr.s_addr = htonl(0xc0000207);
    CHECK_INT(mcps__address_of((struct sockaddr *)&ipv4, &a), 0);
    CHECK_INT(mcps__address_parse(slice("192.0.2.7"), &b), 0);
    CHECK(mcps__address_equal(&a, &b));
    /* The same client, of a socket for both. */
    memcpy(&ipv6.sin6_addr, b.bytes, sizeof b.bytes);
    CHECK_INT(mcps__address_of((struct sockaddr *)&ipv6, &c), 0);
    CHECK(mcps__address_equal(&a, &c));
    ipv6.sin6_addr = in6addr_loopback;
    CHECK_INT(mcps__address_of((struct sockaddr *)&ipv6, &c), 0);
    CHECK(mcps__address_is_loopback(&c) && !mcps__address_equal(&a, &c));
    CHECK_INT(mcps__address_of((struct sockaddr *)&local, &c), -EAFNOSUPPORT);
out:;
}

static void networks(void)
{
    static const struct {
        const char *text, *inside,
            *outside; /* NULL: it is none, or everything is inside */
    } rows[] = {
        { "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
        { "10.0.0.0/8", "10.0.0.0", "9.255.255.255" },
        { "10.0.0.0/8", "::ffff:10.1.2.3", "a00::" },
        { "192.0.2.128/25", "192.0.2.128", "192.0.2.127" },
        { "192.0.2.4/30", "192.0.2.7", "192.0.2.8" },
        { "192.0.2.7/32", "192.0.2.7", "192.0.2.6" },
        { "192.0.2.7", "192.0.2.7", "192.0.2.6" },
        { "0.0.0.0/0", "203.0.113.1", "2001:db8::1" },
        { "::1", "::1", "127.0.0.1" },
        { "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
        { "2001:db8:8000::/33", "2001:db8:8000::1", "2001:db8:7fff::" },
        { "::/0", "2001:db8::1", NULL },
        { "::/0", "127.0.0.1", NULL },
        { "::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1" },
        { "10.0.0.1/8", NULL, NULL },
        { "2001:db8::1/64", NULL, NULL },
        { "10.0.0.0/33", NULL, NULL },
        { "::/129", NULL, NULL },
        { "10.0.0.0/", NULL, NULL },
        { "10.0.0.0/08", NULL, NULL },
        { "10.0.0.0/-8", NULL, NULL },
        { "10.0.0.0/8 ", NULL, NULL },
        { "10.0.0.0/8/8", NULL, NULL },
        { "10.0.0.0/00", NULL, NULL },
        { "10.0.0.0/4294967304", NULL, NULL },
        { "10.0.0/8", NULL, NULL },
        { "/8", NULL, NULL },
        { "", NULL, NULL },
        { "localhost", NULL, NULL },
    };
    struct mcps__network network;
    struct mcps__address address;

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s with %s", rows[i].text,
                             rows[i].inside ? rows[i].inside : "nothing");
        CHECK_INT(mcps__network_parse(slice(rows[i].text), &network),
                  rows[i].inside ? 0 : -EINVAL);
        if (!rows[i].inside)
            continue;
        CHECK_INT(mcps__address_parse(slice(rows[i].inside), &address), 0);
        CHECK(mcps__network_has(&network, &address));
        if (!rows[i].outside)
            continue;
        CHECK_INT(mcps__address_parse(slice(rows[i].outside), &address), 0);
        CHECK(!mcps__network_has(&network, &address));
    }
out:
    unit_note_on_failure("%s", "");
}

/* ---- hosts and ports ---- */

/* 252 bytes of the 253 that a name may have. */
#define LABEL "a23456789-b23456789-c23456789-d23456789-e23456789-f23456789-12"
#define LONG  LABEL "." LABEL "." LABEL "." LABEL "."

static void hosts_and_ports(void)
{
    static const struct {
        const char *text, *host; /* the host it is the same as; NULL: it is none */
        unsigned port;
    } rows[] = {
        { "localhost", "localhost", 0 },
        { "LocalHost:80", "localhost", 80 },
        { "a.b-c_d.example:65535", "A.B-C_D.EXAMPLE", 65535 },
        { "3f2a9c", "3f2a9c", 0 },
        { "1.2.3.a", "1.2.3.a", 0 },
        { "127.0.0.1:1", "127.0.0.1", 1 },
        { "[::1]", "[0:0::1]", 0 },
        { "[::1]:8080", "[::1]", 8080 },
        { "[::ffff:192.0.2.7]", "192.0.2.7", 0 },
        { LONG "x", LONG "X", 0 },
        { LONG "xx", NULL, 0 },
        { "", NULL, 0 },
        { ":80", NULL, 0 },
        { ":", NULL, 0 },
        { "localhost:", NULL, 0 },
        { "localhost:0", NULL, 0 },
        { "localhost:080", NULL, 0 },
        { "localhost:65536", NULL, 0 },
        { "localhost:4294967376", NULL, 0 },
        { "localhost:80:80", NULL, 0 },
        { "localhost:8x", NULL, 0 },
        { "localhost:+80", NULL, 0 },
        { "localhost:-1", NULL, 0 },
        { "localhost: 80", NULL, 0 },
        { "localhost:80@evil.com", NULL, 0 },
        { "me@localhost", NULL, 0 },
        { "localhost.", NULL, 0 },
        { ".localhost", NULL, 0 },
        { "a..b", NULL, 0 },
        { "local%68ost", NULL, 0 },
        { "localhost/", NULL, 0 },
        { "localhost, localhost", NULL, 0 },
        { "\xc3\xa9", NULL, 0 },
        { "*", NULL, 0 },
        { "127.1", NULL, 0 },
        { "127.0.0.1.", NULL, 0 },
        { "127.0.0.256", NULL, 0 },
        { "example.1", NULL, 0 },
        { "::1", NULL, 0 },
        { "[::1", NULL, 0 },
        { "[]", NULL, 0 },
        { "[::1]80", NULL, 0 },
        { "[::1]:", NULL, 0 },
        { "[fe80::1%25eth0]", NULL, 0 },
        { "[127.0.0.1]", NULL, 0 },
        { "[v1.x]", NULL, 0 },
        { "[[::1]]", NULL, 0 },
    };
    struct mcps__authority got, want;

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(mcps__authority_parse(slice(rows[i].text), &got),
                  rows[i].host ? 0 : -EINVAL);
        if (!rows[i].host)
            continue;
        CHECK_INT(mcps__authority_parse(slice(rows[i].host), &want), 0);
        CHECK(mcps__authority_same_host(&got, &want));
        CHECK_INT(got.port, rows[i].port);
    }
    CHECK_INT(mcps__authority_parse((struct mcps__slice){ NULL, 0 }, &got), -EINVAL);
out:
    unit_note_on_failure("%s", "");
}

static void hosts_that_are_others(void)
{
    static const char *const rows[][2] = {
        { "localhost", "localhost.evil.com" },
        { "localhost", "evillocalhost" },
        { "localhost", "localhos" },
        { "localhost", "127.0.0.1" },
        { "127.0.0.1", "127.0.0.2" },
        { "[::1]", "127.0.0.1" },
        { "a", "b" },
    };
    struct mcps__authority a, b;

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s and %s", rows[i][0], rows[i][1]);
        CHECK_INT(mcps__authority_parse(slice(rows[i][0]), &a), 0);
        CHECK_INT(mcps__authority_parse(slice(rows[i][1]), &b), 0);
        CHECK(!mcps__authority_same_host(&a, &b) && !mcps__authority_same_host(&b, &a));
    }
    CHECK_INT(mcps__authority_parse(slice("LOCALHOST:1"), &a), 0);
    CHECK(mcps__authority_is_loopback(&a));
    CHECK_INT(mcps__authority_parse(slice("localhost.evil.com"), &a), 0);
    CHECK(!mcps__authority_is_loopback(&a));
    CHECK_INT(mcps__authority_parse(slice("127.9.9.9"), &a), 0);
    CHECK(mcps__authority_is_loopback(&a));
    CHECK_INT(mcps__authority_parse(slice("192.0.2.7"), &a), 0);
    CHECK(!mcps__authority_is_loopback(&a));
out:
    unit_note_on_failure("%s", "");
}

/* ---- origins ---- */

static void origins(void)
{
    static const struct {
        const char *text, *same; /* NULL: it is none */
        unsigned port;
        bool web;
    } rows[] = {
        { "http://localhost", "http://localhost:80", 80, true },
        { "https://app.example.com", "https://app.example.com:443", 443, true },
        { "https://[::1]:8080", "https://[0::1]:8080", 8080, true },
        { "chrome-extension://abcdef", "chrome-extension://abcdef", 0, false },
        { "a+b.c-1://x:7", "a+b.c-1://x:7", 7, false },
        { "null", NULL, 0, false },
        { "", NULL, 0, false },
        { "localhost", NULL, 0, false },
        { "http:", NULL, 0, false },
        { "http:/localhost", NULL, 0, false },
        { "http://", NULL, 0, false },
        { "file://", NULL, 0, false },
        { "://localhost", NULL, 0, false },
        { "1http://localhost", NULL, 0, false },
        { "http://LOCALHOST", NULL, 0, false },
        { "HTTP://localhost", NULL, 0, false },
        { "http://localhost/", NULL, 0, false },
        { "http://localhost:", NULL, 0, false },
        { "http://localhost http://localhost", NULL, 0, false },
        { "http://me@localhost", NULL, 0, false },
        { "http//localhost:1", NULL, 0, false },
        { "*", NULL, 0, false },
    };
    static const char *const others[][2] = {
        { "http://localhost", "https://localhost" },
        { "http://localhost:443", "https://localhost" },
        { "https://a.example", "https://b.example" },
        { "https://a.example", "https://a.example:8443" },
    };
    struct mcps__origin got, want;

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(mcps__origin_parse(slice(rows[i].text), &got),
                  rows[i].same ? 0 : -EINVAL);
        if (!rows[i].same)
            continue;
        CHECK_INT(mcps__origin_parse(slice(rows[i].same), &want), 0);
        CHECK(mcps__origin_equal(&got, &want));
        CHECK_INT(got.authority.port, rows[i].port);
        CHECK_INT(mcps__origin_is_web(&got), rows[i].web);
    }
    for (size_t i = 0; i < N_OF(others); i++) {
        unit_note_on_failure("%s and %s", others[i][0], others[i][1]);
        CHECK_INT(mcps__origin_parse(slice(others[i][0]), &got), 0);
        CHECK_INT(mcps__origin_parse(slice(others[i][1]), &want), 0);
        CHECK(!mcps__origin_equal(&got, &want));
    }
out:
    unit_note_on_failure("%s", "");
}

const struct unit_test address_tests[] = {
    UNIT_TEST(addresses),
    UNIT_TEST(sites),
    UNIT_TEST(addresses_of_sockets),
    UNIT_TEST(networks),
    UNIT_TEST(hosts_and_ports),
    UNIT_TEST(hosts_that_are_others),
    UNIT_TEST(origins),
    UNIT_END,
};
