/* SPDX-License-Identifier: MIT */
/* Group 13, who may come in: F13.01 to F13.03, F13.13 and F13.14. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"

#define HELLO                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"    \
    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{" \
    "\"name\":\"x\",\"version\":\"1\"}}}"

/* A request from there, by that name: its status, and no session for one that is refused. */
static int knock(struct site *site, const char *method, const char *host,
                 const char *fields)
{
    struct web_request request = { .method = method, .host = host, .fields = fields };
    uint64_t before = site_sessions(site);
    int status;

    if (strcmp(method, "POST") == 0)
        request.body = HELLO;
    status = site_status(site, &request);
    if (status != 200 && (!site_idle(site) || site_sessions(site) != before)) {
        unit_note("a session for one that was refused");
        return -1;
    }
    return status;
}

/* %d is the port. */
static const struct {
    int status;
    const char *host;
} hosts[] = {
    { 200, "localhost" },
    { 200, "localhost:%d" },
    { 200, "LocalHost:%d" },
    { 200, "127.0.0.1" },
    { 200, "127.0.0.1:%d" },
    { 200, "[::1]" },
    { 200, "[::1]:%d" },
    { 200, "localhost:1" }, /* a port that is forwarded here */
    { 403, "evil.example" },
    { 403, "evil.example:%d" },
    { 403, "localhost.evil.example" },
    { 403, "127.0.0.1.evil.example" },
    { 403, "evillocalhost" },
    { 403, "xlocalhost:%d" },
    { 403, "192.0.2.7:%d" },
    { 403, "[2001:db8::1]:%d" },
    { 400, "localhost:80@evil.example" },
    { 400, "user@localhost" },
    { 400, "localhost:80:80" },
    { 400, "localhost:8x" },
    { 400, "localhost:65536" },
    { 400, "localhost:-1" },
    { 400, "local host" },
    { 400, "localhost/" },
    { 400, "localhost?x" },
    { 400, "[::1" },
    { 400, "[::1]x" },
    { 400, "::1" },
    { 400, "localhost%2eevil.example" },
};

static void f13_01_hosts(void)
{
    static const char *const methods[] = { "POST", "GET", "DELETE" };
    struct site site = { .port = 0 };
    char host[128];

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        const char *format = hosts[i].host, *mark = strstr(format, "%d");

        snprintf(host, sizeof host, "%s", format);
        if (mark)
            snprintf(host, sizeof host, "%.*s%d", (int)(mark - format), format,
                     site.port);
        unit_note_on_failure("Host: %s", host);
        CHECK_INT(knock(&site, "POST", host, NULL), hosts[i].status);
        for (int m = 1; m < 3; m++) /* one that may come in has no session there */
            CHECK_INT(knock(&site, methods[m], host, NULL),
                      hosts[i].status == 200 ? 400 : hosts[i].status);
    }
    CHECK_INT(knock(&site, "POST", "", NULL), 400);                           /* none, */
    CHECK_INT(knock(&site, "POST", "localhost", "Host: localhost\r\n"), 400); /* or two */
    CHECK_INT(knock(&site, "POST", "localhost", "Host: evil.example\r\n"), 400);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* Where the request itself names a host, it is that one. */
static void f13_01_hosts_of_targets(void)
{
    static const struct {
        int status;
        const char *target, *host;
    } cases[] = {
        { 200, "http://localhost/mcp", "localhost" },
        { 403, "http://evil.example/mcp", "evil.example" },
        { 400, "http://evil.example/mcp", "localhost" },
        { 400, "http://localhost/mcp", "evil.example" },
        { 400, "ftp://localhost/mcp", "localhost" },
        { 400, "http://user@localhost/mcp", "localhost" },
        { 400, "//localhost/mcp", "localhost" },
        { 404, "/mcp/", "localhost" },
        { 404, "/mcp/../mcp", "localhost" },
        { 404, "/%6dcp", "localhost" },
        { 200, "/mcp?key=x", "localhost" },
    };
    struct site site = { .port = 0 };
    struct web_request request = { .body = HELLO };

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status;

        unit_note_on_failure("%s, %s", cases[i].target, cases[i].host);
        request.target = cases[i].target;
        request.host = cases[i].host;
        status = site_status(&site, &request);
        /* What is not agreed about may be refused as either. */
        CHECK(status == cases[i].status ||
              (cases[i].status == 400 && (status == 403 || status == 404)));
    }
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* Also where it listens on every address, and is reached by loopback. */
static void f13_01_every_address_by_loopback(void)
{
    struct site site = { .port = 0 };
    int port;

    CHECK(site_prepare_at(&site, 2, NULL, "http://0.0.0.0:0/mcp", NULL));
    CHECK(site_start(&site));
    port = site.port;
    snprintf(site.host, sizeof site.host, "127.0.0.1");
    CHECK(port > 0);
    CHECK_INT(knock(&site, "POST", "localhost", NULL), 200);
    CHECK_INT(knock(&site, "POST", "evil.example", NULL), 403);
    /* It is said, once, that others can reach it. */
    CHECK_INT(site_logged(&site, MCPS_LOG_WARNING), 1);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

static void f13_13_loopback_alone_is_nothing_to_warn_of(void)
{
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(strncmp(site.url, "http://127.0.0.1:", 17) == 0);
    CHECK_INT(site_logged(&site, MCPS_LOG_WARNING), 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* What is opened, is so because it was said. */
static void f13_01_names_and_any_host(void)
{
    static const char *const names[] = { "mcp.example.com", "other.example:8443", NULL };
    const struct mcps_http_options named = MCPS_HTTP_OPTIONS(.names = names);
    const struct mcps_http_options any = MCPS_HTTP_OPTIONS(.any_host = true);
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, NULL, &named));
    CHECK_INT(knock(&site, "POST", "mcp.example.com", NULL), 200);
    CHECK_INT(knock(&site, "POST", "MCP.Example.com:443", NULL), 200);
    CHECK_INT(knock(&site, "POST", "other.example:8443", NULL), 200);
    CHECK_INT(knock(&site, "POST", "other.example:8444", NULL), 403);
    CHECK_INT(knock(&site, "POST", "other.example", NULL), 403);
    CHECK_INT(knock(&site, "POST", "mcp.example.com.evil.example", NULL), 403);
    CHECK_INT(knock(&site, "POST", "localhost", NULL), 200);
    CHECK_INT(
        knock(&site, "POST", "mcp.example.com", "Origin: https://mcp.example.com\r\n"),
        200);
    CHECK_INT(knock(&site, "POST", "mcp.example.com", "Origin: https://evil.example\r\n"),
              403);
    CHECK(site_ok(&site));
    CHECK(site_close(&site));
    CHECK(site_open(&site, 2, NULL, &any));
    CHECK_INT(knock(&site, "POST", "evil.example", "Origin: https://evil.example\r\n"),
              200);
    CHECK_INT(knock(&site, "POST", "", NULL), 400);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.02 and F13.03 ---- */

static const struct {
    int status;
    const char *origin;
} origins[] = {
    { 200, "http://localhost" },
    { 200, "http://localhost:3000" },
    { 200, "https://localhost:8443" },
    { 200, "http://127.0.0.1:8080" },
    { 200, "http://[::1]:8080" },
    { 403, "null" },
    { 403, "file://" },
    { 403, "https://evil.example" },
    { 403, "http://localhost.evil.example" },
    { 403, "http://evil.example/localhost" },
    { 403, "http://localhost@evil.example" },
    { 403, "http://127.0.0.1.evil.example" },
    { 403, "ftp://localhost" },
    { 403, "localhost" },
    { 403, "http://localhost:80:80" },
    { 403, "http://localhost:65536" },
    { 403, "http://localhost https://evil.example" },
    { 403, "http://localhost, https://evil.example" },
    { 403, "http://localhost/path" },
    { 403, "chrome-extension://abcdef" },
};

static void f13_02_origins(void)
{
    static const char *const methods[] = { "POST", "GET", "DELETE", "OPTIONS" };
    struct site site = { .port = 0 };
    char field[160];

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        unit_note_on_failure("Origin: %s", origins[i].origin);
        snprintf(field, sizeof field, "Origin: %s\r\n", origins[i].origin);
        CHECK_INT(knock(&site, "POST", "localhost", field), origins[i].status);
        for (int m = 1; m < 4; m++) {
            int status = knock(&site, methods[m], "localhost", field);

            CHECK((status == 403) == (origins[i].status == 403));
        }
    }
    CHECK_INT(knock(&site, "POST", "localhost",
                    "Origin: http://localhost\r\nOrigin: http://localhost\r\n"),
              400);
    CHECK_INT(knock(&site, "POST", "evil.example", "Origin: http://localhost\r\n"), 403);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

static atomic_uint asked_who;

static void refuse_everybody(mcps_http_request *request, void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&asked_who, 1);
    mcps_http_reject(request, 401, "Bearer");
}

/* It comes before the question who it is. */
static void f13_02_before_identity(void)
{
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.identify = refuse_everybody);
    struct site site = { .port = 0 };

    atomic_store(&asked_who, 0);
    CHECK(site_open(&site, 2, NULL, &options));
    CHECK_INT(knock(&site, "POST", "localhost", "Origin: null\r\n"), 403);
    CHECK_INT(knock(&site, "POST", "evil.example", NULL), 403);
    CHECK_INT(atomic_load(&asked_who), 0);
    CHECK_INT(knock(&site, "POST", "localhost", NULL), 401);
    CHECK_INT(atomic_load(&asked_who), 1);
    CHECK(site_idle(&site));
    CHECK(scene_log_ok(&site.scene));
out:
    CHECK_AFTER(site_close(&site));
}

/* Pages read answers only where that is asked for, and only those that may. */
static bool reads(struct site *site, const char *method, const char *origin,
                  const char *more, const char *allowed)
{
    struct web_request request = { .method = method };
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    char fields[512], *got;
    bool ok;

    snprintf(fields, sizeof fields, "Origin: %s\r\n%s", origin, more);
    request.fields = fields;
    if (strcmp(method, "POST") == 0)
        request.body = HELLO;
    if (site_visit(site, &web) && web_ask(&web, &request))
        answer = web_answer(&web);
    got = web_field(answer, "Access-Control-Allow-Origin");
    ok = answer && (allowed ? got && strcmp(got, allowed) == 0 : !got) && web_ok(&web);
    if (allowed && ok)
        ok = strstr(answer->head, "Vary: Origin") != NULL;
    if (!ok)
        unit_note("%s from %s: %s", method, origin, answer ? answer->head : "no answer");
    free(got);
    web_close(&web);
    return ok;
}

static void f13_02_pages_that_may_read(void)
{
    static const char *const origins_too[] = { "https://app.example.com", NULL };
    static const char preflight[] =
        "Access-Control-Request-Method: POST\r\n"
        "Access-Control-Request-Headers: content-type,mcp-session-id\r\n";
    const struct mcps_http_options without = MCPS_HTTP_OPTIONS(.origins = origins_too);
    const struct mcps_http_options with =
        MCPS_HTTP_OPTIONS(.origins = origins_too, .cors = true);
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, NULL, &without));
    CHECK(reads(&site, "POST", "https://app.example.com", "", NULL));
    CHECK(reads(&site, "OPTIONS", "https://app.example.com", preflight, NULL));
    CHECK(site_ok(&site));
    CHECK(site_close(&site));
    CHECK(site_open(&site, 2, NULL, &with));
    CHECK(reads(&site, "POST", "https://app.example.com", "", "https://app.example.com"));
    CHECK(reads(&site, "OPTIONS", "https://app.example.com", preflight,
                "https://app.example.com"));
    CHECK(reads(&site, "POST", "https://app.example.com.evil.example", "", NULL));
    CHECK(reads(&site, "OPTIONS", "https://evil.example", preflight, NULL));
    CHECK(reads(&site, "POST", "null", "", NULL));
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.14: what browsers send without asking ---- */

static void f13_14_requests_without_a_preflight(void)
{
    static const struct {
        int status;
        const char *type, *fields;
    } cases[] = {
        { 415, "text/plain", NULL },
        { 415, "text/plain;charset=UTF-8", NULL },
        { 415, "application/x-www-form-urlencoded", NULL },
        { 415, "multipart/form-data; boundary=x", NULL },
        { 415, "", NULL },
        { 403, NULL, "Sec-Fetch-Site: cross-site\r\n" },
        { 403, "text/plain", "Sec-Fetch-Site: cross-site\r\n" },
        { 200, NULL, "Sec-Fetch-Site: same-origin\r\n" },
        { 200, NULL, "Sec-Fetch-Site: none\r\n" },
        { 200, NULL, "Sec-Fetch-Site: cross-site\r\nOrigin: http://localhost:5000\r\n" },
    };
    struct site site = { .port = 0 };
    struct web_request request = { .body = HELLO };

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t sessions = site_sessions(&site);

        unit_note_on_failure("case %zu", i);
        request.type = cases[i].type;
        request.fields = cases[i].fields;
        CHECK_INT(site_status(&site, &request), cases[i].status);
        CHECK(site_idle(&site));
        CHECK_INT(site_sessions(&site), sessions + (cases[i].status == 200 ? 1 : 0));
    }
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

const struct unit_test guard_door_tests[] = {
    UNIT_TEST_ONCE(f13_01_hosts, "it has threads"),
    UNIT_TEST_ONCE(f13_01_hosts_of_targets, "it has threads"),
    UNIT_TEST_ONCE(f13_01_every_address_by_loopback, "it has threads"),
    UNIT_TEST_ONCE(f13_01_names_and_any_host, "it has threads"),
    UNIT_TEST_ONCE(f13_13_loopback_alone_is_nothing_to_warn_of, "it has threads"),
    UNIT_TEST_ONCE(f13_02_origins, "it has threads"),
    UNIT_TEST_ONCE(f13_02_before_identity, "it has threads"),
    UNIT_TEST_ONCE(f13_02_pages_that_may_read, "it has threads"),
    UNIT_TEST_ONCE(f13_14_requests_without_a_preflight, "it has threads"),
    UNIT_END,
};
