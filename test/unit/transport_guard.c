/* SPDX-License-Identifier: MIT */
/* Who may come in over HTTP: requests as they are sent, and what becomes of them. */
#include "config.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "transport/http_guard.h"

extern const struct unit_test guard_tests[];

#define N_OF(rows) (sizeof(rows) / sizeof(rows)[0])

/* ---- requests ---- */

struct request {
    char text[2000];
    struct mcps__http_parser parser;
    struct mcps__http_head head;
};

/* "POST /mcp" with these lines, each with its CRLF. 0, or the status of the refusal. */
static int read_request(struct request *request, const char *target, const char *lines)
{
    size_t len;
    int n = snprintf(request->text, sizeof request->text, "%s HTTP/1.1\r\n%s\r\n", target,
                     lines);

    mcps__http_parser_init(&request->parser, sizeof request->text);
    return mcps__http_parse(&request->parser, request->text, (size_t)n, &request->head,
                            &len) > 0
               ? 0
               : request->parser.status;
}

union address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_un local;
};

static const struct sockaddr *address_of(union address *ret, const char *text)
{
    memset(ret, 0, sizeof *ret);
    ret->any.sa_family = AF_UNIX;
    if (inet_pton(AF_INET, text, &ret->ipv4.sin_addr) == 1)
        ret->any.sa_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &ret->ipv6.sin6_addr) == 1)
        ret->any.sa_family = AF_INET6;
    return &ret->any;
}

/* How a request with these lines is judged that comes from there: 0 or a status. */
static int judge_target(const struct mcps__guard *guard, const char *target,
                        const char *lines, const char *peer, bool local_is_loopback)
{
    struct request request;
    union address address;
    struct mcps__guard_ends ends = { address_of(&address, peer), local_is_loopback };
    const char *why = NULL;
    int status = read_request(&request, target, lines);

    if (status == 0)
        status = mcps__guard_check(guard, &request.head, &ends, &why);
    unit_note_on_failure("%s, %s from %s: %s", target, lines, peer, why ? why : "let in");
    return status;
}

static int judge(const struct mcps__guard *guard, const char *lines)
{
    return judge_target(guard, "POST /mcp", lines, "127.0.0.1", true);
}

static int judge_public(const struct mcps__guard *guard, const char *lines)
{
    return judge_target(guard, "POST /mcp", lines, "203.0.113.9", false);
}

/* ---- making one ---- */

struct lines {
    unsigned n;
    char last[200];
};

static void take_line(void *userdata, enum mcps_log_level level, const char *line)
{
    struct lines *lines = userdata;

    (void)level;
    lines->n++;
    snprintf(lines->last, sizeof lines->last, "%s", line);
}

/* Gives NULL where it is refused; `said` (may be NULL) gets the latest line of the log. */
static struct mcps__guard *make(const struct mcps_http_options *options,
                                struct lines *said, int *ret_error)
{
    struct lines lines = { 0 };
    struct mcps__guard *guard = NULL;
    struct mcps__log log;
    int r = mcps__log_init(&log, take_line, said ? said : &lines, MCPS_LOG_INFO);

    if (r >= 0) {
        r = mcps__guard_new(&guard, options, &log);
        mcps__log_fini(&log);
    }
    if (ret_error)
        *ret_error = r;
    return guard;
}

/* ---- Host ---- */

static void a_loopback_connection_has_loopback_names(void)
{
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        { "localhost", 0 },
        { "localhost:8080", 0 },
        { "LOCALHOST:8080", 0 },
        { "127.0.0.1", 0 },
        { "127.0.0.1:1", 0 },
        { "127.1.2.3:8080", 0 },
        { "[::1]", 0 },
        { "[::1]:8080", 0 },
        { "evil.com", 403 },
        { "localhost.evil.com", 403 },
        { "127.0.0.1.evil.com", 403 },
        { "evil.com:127", 403 },
        { "192.0.2.7", 403 },
        { "[2001:db8::7]", 403 },
        { "0.0.0.0", 403 },
        { "localhost:80@evil.com", 400 },
        { "localhost:", 400 },
        { "localhost:80:80", 400 },
        { "localhost:8x", 400 },
        { "localhost:0", 400 },
        { "localhost:65536", 400 },
        { "localhost.", 400 },
        { "local%68ost", 400 },
        { "[fe80::1%25lo]", 400 },
        { "[::1", 400 },
        { "", 400 },
    };
    struct mcps__guard *guard = make(NULL, NULL, NULL);
    char lines[200];

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: %s\r\n", rows[i].host);
        CHECK_INT(judge(guard, lines), rows[i].status);
    }
    CHECK_INT(judge(guard, ""), 400);
    CHECK_INT(judge(guard, "Host: localhost\r\nHost: localhost\r\n"), 400);
    CHECK_INT(judge(guard, "Host: localhost\r\nHost: evil.com\r\n"), 400);
    /* Nobody asked to believe that. */
    CHECK_INT(judge(guard, "Host: evil.com\r\nX-Forwarded-Host: localhost\r\n"), 403);
    CHECK_INT(judge(guard, "Host: localhost\r\nX-Forwarded-Host: evil.com\r\n"), 0);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void a_public_connection_has_addresses(void)
{
    struct mcps__guard *guard = make(NULL, NULL, NULL);

    CHECK(guard);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7\r\n"), 0);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7:8080\r\n"), 0);
    CHECK_INT(judge_public(guard, "Host: [2001:db8::7]:8080\r\n"), 0);
    CHECK_INT(judge_public(guard, "Host: localhost:8080\r\n"), 0);
    CHECK_INT(judge_public(guard, "Host: mcp.example.com\r\n"), 403);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7.example.com\r\n"), 403);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.256\r\n"), 400);
    /* The page of that very server, and no other. */
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7\r\nOrigin: http://192.0.2.7\r\n"), 0);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7\r\nOrigin: https://192.0.2.7\r\n"), 0);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7:80\r\nOrigin: http://192.0.2.7\r\n"),
              0);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7:80\r\nOrigin: https://192.0.2.7\r\n"),
              403);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7\r\nOrigin: http://192.0.2.7:81\r\n"),
              403);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7\r\nOrigin: http://192.0.2.8\r\n"),
              403);
    CHECK_INT(judge_public(guard, "Host: 192.0.2.7\r\nOrigin: http://localhost\r\n"),
              403);
    CHECK_INT(judge_public(guard, "Host: localhost\r\nOrigin: http://localhost:1\r\n"),
              0);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void names_are_compared_by_their_parts(void)
{
    static const char *const names[] = { "mcp.example.com", "other.example:8443",
                                         "plain.example:80", "10.0.0.7", NULL };
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        { "mcp.example.com", 0 },
        { "MCP.Example.com:1234", 0 },
        { "other.example:8443", 0 },
        { "other.example:8444", 403 },
        { "other.example", 403 },
        { "plain.example", 0 }, /* the port that http implies */
        { "plain.example:80", 0 },
        { "plain.example:443", 403 },
        { "10.0.0.7:99", 0 },
        { "localhost", 0 },
        { "xmcp.example.com", 403 },
        { "mcp.example.com.evil.com", 403 },
        { "mcp.example.co", 403 },
        { "example.com", 403 },
        { "10.0.0.77", 403 },
        { "mcp.example.com:", 400 },
    };
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.names = names);
    struct mcps__guard *guard = make(&options, NULL, NULL);
    char lines[200];

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: %s\r\n", rows[i].host);
        CHECK_INT(judge(guard, lines), rows[i].status);
    }
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void a_target_with_a_host_agrees_with_it(void)
{
    static const struct {
        const char *target, *host;
        int status;
    } rows[] = {
        { "POST http://localhost/mcp", "localhost", 0 },
        { "POST http://localhost:80/mcp", "localhost:80", 0 },
        { "POST http://[::1]:8080/mcp", "[::1]:8080", 0 },
        { "POST http://evil.com/mcp", "localhost", 403 },
        { "POST http://localhost/mcp", "evil.com", 403 },
        { "POST http://evil.com/mcp", "evil.com", 403 },
        { "POST http://localhost:81/mcp", "localhost:80", 403 },
        { "POST http://localhost:80/mcp", "localhost", 403 },
        { "POST http://127.0.0.1/mcp", "localhost", 403 },
    };
    struct mcps__guard *guard = make(NULL, NULL, NULL);
    char lines[200];

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: %s\r\n", rows[i].host);
        CHECK_INT(judge_target(guard, rows[i].target, lines, "127.0.0.1", true),
                  rows[i].status);
    }
    CHECK(judge_target(guard, "POST http://me@localhost/mcp", "Host: localhost\r\n",
                       "127.0.0.1", true) == 400);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

/* ---- Origin ---- */

static void origins_of_loopback(void)
{
    static const struct {
        const char *origin;
        int status;
    } rows[] = {
        { "http://localhost", 0 },
        { "http://localhost:6274", 0 },
        { "https://127.0.0.1:8080", 0 },
        { "http://[::1]:3000", 0 },
        { "null", 403 },
        { "", 403 },
        { "file://", 403 },
        { "https://evil.com", 403 },
        { "http://localhost.evil.com", 403 },
        { "http://evil.com/http://localhost", 403 },
        { "http://localhost@evil.com", 403 },
        { "http://LOCALHOST", 403 },
        { "http://localhost/", 403 },
        { "http://localhost:", 403 },
        { "http://localhost, http://localhost", 403 },
        { "ftp://localhost", 403 },
        { "chrome-extension://localhost", 403 },
        { "http://192.0.2.7", 403 },
    };
    static const char *const methods[] = { "POST /mcp",    "GET /mcp",  "DELETE /mcp",
                                           "OPTIONS /mcp", "OPTIONS *", "PUT /x" };
    struct mcps__guard *guard = make(NULL, NULL, NULL);
    char lines[200];

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: localhost:8080\r\nOrigin: %s\r\n",
                 rows[i].origin);
        for (size_t m = 0; m < N_OF(methods); m++)
            CHECK_INT(judge_target(guard, methods[m], lines, "127.0.0.1", true),
                      rows[i].status);
    }
    CHECK_INT(judge(guard, "Host: localhost\r\nOrigin: http://localhost\r\n"
                           "Origin: http://localhost\r\n"),
              400);
    /* The Host is judged for itself. */
    CHECK_INT(judge(guard, "Host: evil.com\r\nOrigin: http://localhost\r\n"), 403);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void origins_that_the_options_name(void)
{
    static const char *const names[] = { "mcp.example.com", "other.example:8443", NULL };
    static const char *const origins[] = { "https://app.example.com",
                                           "http://dev.example:3000",
                                           "vscode-webview://abc", NULL };
    static const struct {
        const char *origin;
        int status;
    } rows[] = {
        { "https://app.example.com", 0 },
        { "https://app.example.com:443", 0 },
        { "https://app.example.com:444", 403 },
        { "http://app.example.com", 403 },
        { "https://app.example.com.evil.com", 403 },
        { "https://app.example.co", 403 },
        { "https://sub.app.example.com", 403 },
        { "http://dev.example:3000", 0 },
        { "http://dev.example", 403 },
        { "vscode-webview://abc", 0 },
        { "vscode-webview://abd", 403 },
        /* Pages on the names. */
        { "https://mcp.example.com", 0 },
        { "http://mcp.example.com:8080", 0 },
        { "app://mcp.example.com", 403 },
        { "https://other.example:8443", 0 },
        { "https://other.example", 403 },
        /* Pages of the user's machine have no business with a public name. */
        { "http://localhost", 403 },
    };
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.names = names, .origins = origins);
    struct mcps__guard *guard = make(&options, NULL, NULL);
    char lines[200];

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: mcp.example.com\r\nOrigin: %s\r\n",
                 rows[i].origin);
        CHECK_INT(judge(guard, lines), rows[i].status);
        CHECK_INT(judge_public(guard, lines), rows[i].status);
    }
    CHECK_INT(judge(guard, "Host: mcp.example.com\r\n"), 0);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void another_site_needs_an_origin(void)
{
    struct mcps__guard *guard = make(NULL, NULL, NULL);

    CHECK(guard);
    CHECK_INT(judge(guard, "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"), 403);
    CHECK_INT(judge(guard, "Host: localhost\r\nSec-Fetch-Site: Cross-Site\r\n"), 403);
    CHECK_INT(judge(guard, "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"
                           "Origin: https://evil.com\r\n"),
              403);
    CHECK_INT(judge(guard, "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"
                           "Origin: http://127.0.0.1\r\n"),
              0);
    CHECK_INT(judge(guard, "Host: localhost\r\nSec-Fetch-Site: same-origin\r\n"), 0);
    CHECK_INT(judge(guard, "Host: localhost\r\nSec-Fetch-Site: none\r\n"), 0);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void any_host_is_only_by_option(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.any_host = true);
    struct mcps__guard *guard = make(&options, NULL, NULL);

    CHECK(guard);
    CHECK_INT(judge(guard, "Host: evil.com\r\nOrigin: null\r\n"), 0);
    CHECK_INT(judge(guard, "Host: evil.com\r\nSec-Fetch-Site: cross-site\r\n"), 0);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

/* ---- proxies ---- */

static const char *const proxies[] = { "10.0.0.0/8", "192.0.2.1", "::1", NULL };

static void a_proxy_says_which_host_was_meant(void)
{
    static const char *const names[] = { "mcp.example.com", NULL };
    static const struct {
        const char *peer, *lines;
        int status;
    } rows[] = {
        { "10.1.2.3", "Host: mcp.example.com\r\n", 0 },
        { "10.1.2.3", "Host: backend\r\n", 403 },
        { "10.1.2.3", "Host: backend\r\nX-Forwarded-Host: mcp.example.com\r\n", 0 },
        { "::1", "Host: backend\r\nX-Forwarded-Host: mcp.example.com:443\r\n", 0 },
        { "10.1.2.3", "Host: mcp.example.com\r\nX-Forwarded-Host: evil.com\r\n", 403 },
        { "10.1.2.3", "Host: backend\r\nX-Forwarded-Host: evil.com,mcp.example.com\r\n",
          0 },
        { "10.1.2.3", "Host: backend\r\nX-Forwarded-Host: mcp.example.com , evil.com\r\n",
          403 },
        { "10.1.2.3",
          "Host: backend\r\nX-Forwarded-Host: evil.com\r\n"
          "X-Forwarded-Host: mcp.example.com\r\n",
          0 },
        { "10.1.2.3",
          "Host: backend\r\nX-Forwarded-Host: mcp.example.com\r\n"
          "X-Forwarded-Host: evil.com\r\n",
          403 },
        { "10.1.2.3", "Host: backend\r\nX-Forwarded-Host: a b\r\n", 400 },
        { "10.1.2.3", "Host: backend\r\nX-Forwarded-Host:\r\n", 400 },
        { "10.1.2.3", "Host: a:\r\nX-Forwarded-Host: mcp.example.com\r\n", 400 },
        /* These are none. */
        { "192.0.2.2", "Host: backend\r\nX-Forwarded-Host: mcp.example.com\r\n", 403 },
        { "192.0.2.2", "Host: mcp.example.com\r\nX-Forwarded-Host: evil.com\r\n", 0 },
        { "local", "Host: backend\r\nX-Forwarded-Host: mcp.example.com\r\n", 403 },
        /* An Origin is held against what was meant. */
        { "10.1.2.3",
          "Host: localhost\r\nX-Forwarded-Host: mcp.example.com\r\n"
          "Origin: http://localhost\r\n",
          403 },
    };
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.names = names, .proxies = proxies);
    struct mcps__guard *guard = make(&options, NULL, NULL);

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++)
        CHECK_INT(judge_target(guard, "POST /mcp", rows[i].lines, rows[i].peer, true),
                  rows[i].status);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static const struct {
    const char *peer, *lines, *client;
} clients[] = {
    { "203.0.113.9", "", "203.0.113.9" },
    { "::ffff:203.0.113.9", "", "203.0.113.9" },
    { "2001:db8::7", "", "2001:db8::7" },
    { "local", "X-Forwarded-For: 203.0.113.9\r\n", "local" },
    { "203.0.113.9", "X-Forwarded-For: 198.51.100.1\r\n", "203.0.113.9" },
    { "10.0.0.1", "", "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1" },
    { "::ffff:10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For: 1.1.1.1, 198.51.100.1\r\n", "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For: 1.1.1.1, 198.51.100.1 ,10.9.9.9,192.0.2.1\r\n",
      "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 198.51.100.1\r\n",
      "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 10.2.2.2\r\n",
      "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For: 10.3.3.3, 10.2.2.2\r\n", "10.3.3.3" },
    { "10.0.0.1", "X-Forwarded-For: 198.51.100.1:4711\r\n", "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For: [2001:db8::7]:4711\r\n", "2001:db8::7" },
    { "10.0.0.1", "X-Forwarded-For: [2001:db8::7]\r\n", "2001:db8::7" },
    { "10.0.0.1", "X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7" },
    /* What cannot be read ends the way: the last that is known is the client. */
    { "10.0.0.1", "X-Forwarded-For: 198.51.100.1, unknown\r\n", "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For: 198.51.100.1, unknown, 10.2.2.2\r\n", "10.2.2.2" },
    { "10.0.0.1", "X-Forwarded-For: 198.51.100.1,\r\n", "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For:\r\n", "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For: 127.1\r\n", "10.0.0.1" },
};

static void clients_behind_proxies(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.proxies = proxies);
    struct mcps__guard *guard = make(&options, NULL, NULL);
    char text[MCPS__ADDRESS_SIZE], lines[300];
    struct request request;
    union address address;

    CHECK(guard);
    for (size_t i = 0; i < N_OF(clients); i++) {
        snprintf(lines, sizeof lines, "Host: a\r\n%s", clients[i].lines);
        unit_note_on_failure("%s from %s", lines, clients[i].peer);
        CHECK_INT(read_request(&request, "GET /", lines), 0);
        mcps__guard_client(guard, &request.head, address_of(&address, clients[i].peer),
                           text);
        CHECK_STR(text, clients[i].client);
    }
    mcps__guard_client(guard, &request.head, NULL, text);
    CHECK_STR(text, "local");
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

static void proxies_are_known(void)
{
    static const struct {
        const char *peer;
        bool is_proxy;
    } rows[] = {
        { "10.1.2.3", true },   { "192.0.2.1", true },  { "::1", true },
        { "192.0.2.2", false }, { "127.0.0.1", false }, { "::2", false },
    };
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.proxies = proxies);
    struct mcps__guard *guard = make(&options, NULL, NULL);
    union address address;

    CHECK(guard);
    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s", rows[i].peer);
        CHECK_INT(mcps__guard_is_proxy(guard, address_of(&address, rows[i].peer)),
                  rows[i].is_proxy);
    }
    CHECK(!mcps__guard_is_proxy(guard, NULL));
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

/* ---- CORS ---- */

#define EXPOSED                                       \
    "Access-Control-Expose-Headers: Mcp-Session-Id, " \
    "MCP-Protocol-Version, WWW-Authenticate\r\n"

static void pages_may_read_answers(void)
{
    static const struct {
        const char *lines, *want;
    } rows[] = {
        { "", "Vary: Origin\r\n" },
        { "Origin: http://localhost:6274\r\n",
          "Vary: Origin\r\nAccess-Control-Allow-Origin: http://localhost:6274\r\n" EXPOSED },
        { "Origin: null\r\n", "Vary: Origin\r\n" },
        { "Origin: *\r\n", "Vary: Origin\r\n" },
    };
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.cors = true);
    struct mcps__guard *guard = make(&options, NULL, NULL),
                       *plain = make(NULL, NULL, NULL);
    struct request request;
    struct mcps__buf buf;
    char lines[300];

    mcps__buf_init(&buf, 1000);
    CHECK(guard && plain);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: localhost\r\n%s", rows[i].lines);
        unit_note_on_failure("%s", lines);
        CHECK_INT(read_request(&request, "POST /mcp", lines), 0);
        mcps__buf_clear(&buf);
        CHECK_INT(mcps__guard_write_cors(plain, &request.head, &buf), 0);
        CHECK_INT(buf.len, 0);
        CHECK_INT(mcps__guard_write_cors(guard, &request.head, &buf), 0);
        CHECK_MEM(buf.data, buf.len, rows[i].want, strlen(rows[i].want));
    }
out:
    unit_note_on_failure("%s", "");
    mcps__buf_fini(&buf);
    mcps__guard_free(guard);
    mcps__guard_free(plain);
}

#define ASKED  "Origin: http://localhost\r\n"
#define METHOD "Access-Control-Request-Method: POST\r\n"
#define GRANTED                                                         \
    "Vary: Origin\r\nAccess-Control-Allow-Origin: http://localhost\r\n" \
    "Access-Control-Allow-Methods: POST\r\n"
#define FIELDS "content-type,mcp-method, mcp-param-region"
#define KEPT   "Access-Control-Max-Age: 600\r\n"

static void pages_may_ask_before(void)
{
    static const struct {
        const char *target, *lines, *want; /* NULL: it is no such question */
    } rows[] = {
        { "OPTIONS /mcp", ASKED METHOD, GRANTED KEPT },
        { "OPTIONS /mcp", ASKED METHOD "Access-Control-Request-Headers: " FIELDS "\r\n",
          GRANTED "Access-Control-Allow-Headers: " FIELDS "\r\n" KEPT },
        { "OPTIONS /mcp", ASKED METHOD "Access-Control-Request-Headers: *\r\n",
          GRANTED KEPT },
        { "OPTIONS /mcp", ASKED METHOD "Access-Control-Request-Headers: a:b\r\n",
          GRANTED KEPT },
        { "OPTIONS /mcp", ASKED METHOD "Access-Control-Request-Headers:\r\n",
          GRANTED KEPT },
        { "OPTIONS /mcp", ASKED, NULL },
        { "OPTIONS /mcp", METHOD, NULL },
        { "OPTIONS /mcp", ASKED "Access-Control-Request-Method: *\r\n", NULL },
        { "OPTIONS /mcp", "Origin: null\r\n" METHOD, NULL },
        { "POST /mcp", ASKED METHOD, NULL },
    };
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.cors = true);
    struct mcps__guard *guard = make(&options, NULL, NULL),
                       *plain = make(NULL, NULL, NULL);
    struct request request;
    struct mcps__buf buf;
    char lines[300];

    mcps__buf_init(&buf, 1000);
    CHECK(guard && plain);
    for (size_t i = 0; i < N_OF(rows); i++) {
        snprintf(lines, sizeof lines, "Host: localhost\r\n%s", rows[i].lines);
        unit_note_on_failure("%s %s", rows[i].target, lines);
        CHECK_INT(read_request(&request, rows[i].target, lines), 0);
        mcps__buf_clear(&buf);
        CHECK_INT(mcps__guard_write_preflight(plain, &request.head, &buf), 0);
        CHECK_INT(buf.len, 0);
        CHECK_INT(mcps__guard_write_preflight(guard, &request.head, &buf),
                  rows[i].want != NULL);
        CHECK_MEM(buf.data ? buf.data : "", buf.len, rows[i].want ? rows[i].want : "",
                  rows[i].want ? strlen(rows[i].want) : 0);
    }
out:
    unit_note_on_failure("%s", "");
    mcps__buf_fini(&buf);
    mcps__guard_free(guard);
    mcps__guard_free(plain);
}

/* Where there is no room for all of the lines there is none of them. */
static void lines_come_whole(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.cors = true);
    struct mcps__guard *guard = make(&options, NULL, NULL);
    struct request request;
    struct mcps__buf buf;
    bool fits = false;
    int r;

    mcps__buf_init(&buf, 0);
    CHECK(guard);
    CHECK_INT(read_request(&request, "OPTIONS /mcp", "Host: localhost\r\n" ASKED METHOD),
              0);
    for (size_t room = 1; !fits && room < 1000; room++) {
        mcps__buf_fini(&buf);
        mcps__buf_init(&buf, room);
        CHECK_INT(mcps__buf_append(&buf, "x", 1), 0);
        r = mcps__guard_write_cors(guard, &request.head, &buf);
        CHECK(r == 0 || (r < 0 && buf.len == 1));
        buf.len = 1;
        r = mcps__guard_write_preflight(guard, &request.head, &buf);
        CHECK(r == 1 || (r < 0 && buf.len == 1));
        fits = r == 1;
    }
    CHECK(fits);
out:
    mcps__buf_fini(&buf);
    mcps__guard_free(guard);
}

/* ---- options ---- */

static void options_that_are_refused(void)
{
    static const struct {
        const char *name, *origin, *proxy, *line;
    } rows[] = {
        { "a b", NULL, NULL, "\"a b\" is not a name of a host" },
        { "https://a", NULL, NULL, "\"https://a\" is not a name of a host" },
        { "*", NULL, NULL, "\"*\" is not a name of a host" },
        { NULL, "app.example.com", NULL, "\"app.example.com\" is not an origin" },
        { NULL, "https://App.example.com", NULL, "is not an origin" },
        { NULL, "https://app.example.com/", NULL, "is not an origin" },
        { NULL, "null", NULL, "\"null\" is not an origin" },
        { NULL, NULL, "proxy.example", "\"proxy.example\" is not an address of a proxy" },
        { NULL, NULL, "10.0.0.1/8", "\"10.0.0.1/8\" is not an address of a proxy" },
    };
    struct mcps__guard *guard = NULL;
    int r;

    for (size_t i = 0; i < N_OF(rows); i++) {
        const char *names[] = { "good.example", rows[i].name, NULL };
        const char *origins[] = { "https://good.example", rows[i].origin, NULL };
        const char *listed[] = { "10.0.0.0/8", rows[i].proxy, NULL };
        const struct mcps_http_options options =
            MCPS_HTTP_OPTIONS(.names = names, .origins = origins, .proxies = listed);
        struct lines lines = { 0 };

        guard = make(&options, &lines, &r);
        unit_note_on_failure("%s", lines.last);
        CHECK(!guard);
        CHECK_INT(r, -EINVAL);
        CHECK_INT(lines.n, 1);
        CHECK(strstr(lines.last, rows[i].line) != NULL);
    }
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

/* Those of another release are shorter or longer. */
static void options_of_any_size(void)
{
    struct {
        struct mcps_http_options options;
        char more[8];
    } longer = { .options = { .struct_size = sizeof longer, .any_host = true } };
    struct mcps_http_options shorter = MCPS_HTTP_OPTIONS(.any_host = true);
    struct lines lines = { 0 };
    struct mcps__guard *guard = make(&longer.options, NULL, NULL);
    int r;

    CHECK(guard);
    CHECK_INT(judge(guard, "Host: evil.com\r\n"), 0);
    mcps__guard_free(guard);
    shorter.struct_size = offsetof(struct mcps_http_options, any_host);
    guard = make(&shorter, NULL, NULL);
    CHECK(guard);
    CHECK_INT(judge(guard, "Host: evil.com\r\n"), 403);
    mcps__guard_free(guard);
    shorter.struct_size = 0;
    guard = make(&shorter, &lines, &r);
    CHECK(!guard && r == -EINVAL && lines.n == 1);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

/* The application may free its own at once. */
static void options_are_copied(void)
{
    char name[] = "mcp.example.com", origin[] = "https://app.example.com";
    const char *names[] = { name, NULL }, *origins[] = { origin, NULL };
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.names = names, .origins = origins);
    struct mcps__guard *guard = make(&options, NULL, NULL);

    CHECK(guard);
    memset(name, 'x', sizeof name - 1);
    memset(origin, 'x', sizeof origin - 1);
    names[0] = origins[0] = NULL;
    CHECK_INT(
        judge(guard, "Host: mcp.example.com\r\nOrigin: https://app.example.com\r\n"), 0);
    CHECK_INT(judge(guard, "Host: xxxxxxxxxxxxxxx\r\n"), 403);
out:
    unit_note_on_failure("%s", "");
    mcps__guard_free(guard);
}

const struct unit_test guard_tests[] = {
    UNIT_TEST(a_loopback_connection_has_loopback_names),
    UNIT_TEST(a_public_connection_has_addresses),
    UNIT_TEST(names_are_compared_by_their_parts),
    UNIT_TEST(a_target_with_a_host_agrees_with_it),
    UNIT_TEST(origins_of_loopback),
    UNIT_TEST(origins_that_the_options_name),
    UNIT_TEST(another_site_needs_an_origin),
    UNIT_TEST(any_host_is_only_by_option),
    UNIT_TEST(a_proxy_says_which_host_was_meant),
    UNIT_TEST(clients_behind_proxies),
    UNIT_TEST(proxies_are_known),
    UNIT_TEST(pages_may_read_answers),
    UNIT_TEST(pages_may_ask_before),
    UNIT_TEST(lines_come_whole),
    UNIT_TEST(options_that_are_refused),
    UNIT_TEST(options_of_any_size),
    UNIT_TEST(options_are_copied),
    UNIT_END,
};
