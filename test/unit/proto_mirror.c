/* SPDX-License-Identifier: MIT */
/* What a request says in its body and in fields of HTTP. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/mirror_check.h"

extern const struct unit_test mirror_check_tests[];

#define N_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static struct mcps__slice slice(const char *text)
{
    return (struct mcps__slice){ text, text ? strlen(text) : 0 };
}

/* ---- Mcp-Method, Mcp-Name ---- */

/* A message with these two fields (NULL: none). What the check says; -1: it is no message. */
static int check_message(const char *body, const char *method, const char *name,
                         const char **ret_why)
{
    struct mcps__header items[3] = { { slice("Host"), slice("a") } };
    struct mcps__headers headers = { items, 1 };
    struct mcps__envelope env;
    struct mcps__scan scan;
    int r = -1;

    if (method)
        items[headers.n++] = (struct mcps__header){ slice("mcp-method"), slice(method) };
    if (name)
        items[headers.n++] = (struct mcps__header){ slice("MCP-NAME"), slice(name) };
    mcps__scan_init(&scan, &mcps__json_default_limits);
    if (mcps__scan_feed(&scan, body, strlen(body), true) == 1 &&
        mcps__envelope_read(&env, &scan, body, false) >= 0)
        r = mcps__mirror_check(&headers, &env, &scan, body, ret_why);
    mcps__scan_fini(&scan);
    return r;
}

#define REQUEST(method, params) \
    "{\"params\":" params ",\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"" method "\"}"
#define CALL(name) REQUEST("tools/call", "{\"name\":\"" name "\"}")

static const struct {
    const char *body, *method, *name, *why; /* NULL: it is let in */
} messages[] = {
    { REQUEST("tools/list", "{}"), "tools/list", NULL, NULL },
    { REQUEST("tools/list", "{}"), "tools/list", "whatever", NULL },
    { REQUEST("tools/list", "{}"), NULL, NULL, "Mcp-Method is missing" },
    { REQUEST("tools/list", "{}"), "", NULL, "Mcp-Method is not" },
    { REQUEST("tools/list", "{}"), "TOOLS/LIST", NULL, "Mcp-Method is not" },
    { REQUEST("tools/list", "{}"), "tools/lis", NULL, "Mcp-Method is not" },
    { REQUEST("tools/list", "{}"), "tools/list2", NULL, "Mcp-Method is not" },
    { REQUEST("tools/list", "{}"), "=?base64?dG9vbHMvbGlzdA==?=", NULL,
      "Mcp-Method is not" },
    { REQUEST("tools\\/list", "{}"), "tools/list", NULL, NULL },
    { CALL("echo"), "tools/call", "echo", NULL },
    { CALL("echo"), "tools/call", NULL, "Mcp-Name is missing" },
    { CALL("echo"), "tools/call", "", "Mcp-Name is not" },
    { CALL("echo"), "tools/call", "Echo", "Mcp-Name is not" },
    { CALL("echo"), "tools/call", "ech", "Mcp-Name is not" },
    { CALL("echo"), "tools/call", "echo2", "Mcp-Name is not" },
    { CALL("echo"), "tools/call", "=?base64?ZWNobw==?=", NULL },
    { CALL(""), "tools/call", "", NULL },
    { CALL(""), "tools/call",
      "=?base64?"
      "?=",
      NULL },
    { CALL(""), "tools/call", "x", "Mcp-Name is not" },
    /* Whatever way a body writes it. */
    { CALL("\\u0065c\\u0068o"), "tools/call", "echo", NULL },
    { CALL("a\\/b\\\\\\\""), "tools/call", "a/b\\\"", NULL },
    { CALL("\\u00e9"), "tools/call", "=?base64?w6k=?=", NULL },
    { CALL("\xc3\xa9"), "tools/call", "=?base64?w6k=?=", NULL },
    { CALL("\\ud83d\\ude00\\n"), "tools/call", "=?base64?8J+YgAo=?=", NULL },
    { CALL("\\ud83d\\ude00"), "tools/call", "=?base64?8J+YgQ==?=", "Mcp-Name is not" },
    { CALL("a\\u0000"), "tools/call", "=?base64?YQA=?=", NULL },
    { CALL("a\\u0000"), "tools/call", "a", "Mcp-Name is not" },
    /* Beyond ASCII there is nothing but base64. */
    { CALL("\xc3\xa9"), "tools/call", "\xc3\xa9", "Mcp-Name has characters" },
    { CALL("\xc3\xa9"), "tools/call", "\xe9", "Mcp-Name has characters" },
    { CALL("a\\u007f"), "tools/call", "a\x7f", "Mcp-Name has characters" },
    { CALL("a\\tb c"), "tools/call", "a\tb c", NULL },
    /* The table of the conformance suite. */
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG8=?=", NULL },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG8?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVs!!!bG8=?=", "Mcp-Name has malformed" },
    { CALL("SGVsbG8="), "tools/call", "SGVsbG8=", NULL },
    { CALL("=?base64?SGVsbG8="), "tools/call", "=?base64?SGVsbG8=", NULL },
    { CALL("SGVsbG8=?="), "tools/call", "SGVsbG8=?=", NULL },
    { CALL("=?BASE64?SGVsbG8=?="), "tools/call", "=?BASE64?SGVsbG8=?=", NULL },
    { CALL("Hello"), "tools/call", "=?BASE64?SGVsbG8=?=", "Mcp-Name is not" },
    { CALL("=?base64?SGVsbG8=?="), "tools/call",
      "=?base64?SGVsbG8=?=", "Mcp-Name is not" },
    { CALL("=?base64?literal?="), "tools/call",
      "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", NULL },
    { CALL("=?base64?="), "tools/call", "=?base64?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG9=?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVs bG8=?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG8==?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG8=SGVs?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG8_?=", "Mcp-Name has malformed" },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbG8h?=", "Mcp-Name is not" },
    { CALL("Hello"), "tools/call", "=?base64?SGVsbA==?=", "Mcp-Name is not" },
    /* The other two. */
    { REQUEST("prompts/get", "{\"name\":\"p\"}"), "prompts/get", "p", NULL },
    { REQUEST("prompts/get", "{\"name\":\"p\"}"), "prompts/get", "q", "Mcp-Name is not" },
    { REQUEST("resources/read", "{\"name\":\"n\",\"uri\":\"file:///a\"}"),
      "resources/read", "file:///a", NULL },
    { REQUEST("resources/read", "{\"name\":\"n\",\"uri\":\"file:///a\"}"),
      "resources/read", "n", "Mcp-Name is not" },
    { REQUEST("resources/read", "{\"uri\":\"a\"}"), "resources/read", NULL,
      "Mcp-Name is missing" },
    { REQUEST("resources/subscribe", "{\"uri\":\"a\"}"), "resources/subscribe", NULL,
      NULL },
    /* Bodies that lack it are somebody else's business, unless a field is there. */
    { REQUEST("tools/call", "{}"), "tools/call", NULL, NULL },
    { REQUEST("tools/call", "{\"name\":7}"), "tools/call", NULL, NULL },
    { REQUEST("tools/call", "{}"), "tools/call", "echo", "Mcp-Name names" },
    { REQUEST("tools/call", "{\"name\":7}"), "tools/call", "7", "Mcp-Name names" },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}", "tools/call", "a",
      "Mcp-Name names" },
    /* Notifications. */
    { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", NULL, NULL, NULL },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", "notifications/x", NULL,
      NULL },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", "notifications/y", NULL,
      "Mcp-Method is not" },
};

static void messages_say_the_same(void)
{
    const char *why;

    for (size_t i = 0; i < N_OF(messages); i++) {
        why = "";
        unit_note_on_failure("%s with %s and %s", messages[i].body,
                             messages[i].method ? messages[i].method : "none",
                             messages[i].name ? messages[i].name : "none");
        CHECK_INT(
            check_message(messages[i].body, messages[i].method, messages[i].name, &why),
            messages[i].why ? MCPS_EPROTOCOL : 0);
        CHECK(strncmp(why, messages[i].why ? messages[i].why : "",
                      messages[i].why ? strlen(messages[i].why) : 1) == 0);
    }
out:
    unit_note_on_failure("%s", "");
}

/* Base64 is decoded in pieces; a URI may be long. */
static void long_names(void)
{
    static char body[3000], field[3000];
    const char *why;
    size_t n;

    for (size_t groups = 60; groups < 200; groups++) {
        n = (size_t)snprintf(
            body, sizeof body,
            "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"resources/read\","
            "\"params\":{\"uri\":\"");
        for (size_t i = 0; i < groups; i++)
            n += (size_t)snprintf(body + n, sizeof body - n, "Man");
        snprintf(body + n, sizeof body - n, "\"}}");
        n = (size_t)snprintf(field, sizeof field, "=?base64?");
        for (size_t i = 0; i < groups; i++)
            n += (size_t)snprintf(field + n, sizeof field - n, "TWFu");
        snprintf(field + n, sizeof field - n, "?=");
        unit_note_on_failure("%zu groups", groups);
        CHECK_INT(check_message(body, "resources/read", field, &why), 0);
        field[n - 1] = 'v';
        CHECK_INT(check_message(body, "resources/read", field, &why), MCPS_EPROTOCOL);
        /* The last byte of the first piece, of which the next knows nothing. */
        field[n - 1] = 'u';
        n = groups > 64 ? 9 + 256 : n;
        field[n - 1] = 'v';
        CHECK_INT(check_message(body, "resources/read", field, &why), MCPS_EPROTOCOL);
        field[9] = '=';
        CHECK_INT(check_message(body, "resources/read", field, &why), MCPS_EPROTOCOL);
        CHECK_STR(why, "Mcp-Name has malformed base64");
    }
out:
    unit_note_on_failure("%s", "");
}

/* ---- Mcp-Param-… ---- */

static const char *const in_a[] = { "a" }, *const in_b[] = { "b" };
static const char *const in_o_x[] = { "o", "x" }, *const in_o_y[] = { "o", "y" };
static const char *const in_o_p_z[] = { "o", "p", "z" };
static const char *const in_odd[] = { "\xc3\xa9\"\\" };

/* As the schema has them: those whose paths begin alike stand together. */
static const struct mcps__mirrored_param list[] = {
    { "Mcp-Param-A", in_a, 1 },     { "Mcp-Param-X", in_o_x, 2 },
    { "Mcp-Param-Z", in_o_p_z, 3 }, { "Mcp-Param-Y", in_o_y, 2 },
    { "Mcp-Param-B", in_b, 1 },     { "Mcp-Param-Odd", in_odd, 1 },
};

/* Fields are "A=value", up to three. The arguments are copied, so that a sanitizer sees every
 * step beyond their end. */
static int check_args(const char *args, const char *const fields[3], const char **ret_why,
                      const char **ret_header)
{
    struct mcps__header items[4] = { { slice("mcp-param-unknown"), slice("\xff") } };
    struct mcps__headers headers = { items, 1 };
    size_t len = args ? strlen(args) : 0;
    char names[3][40], *copy = malloc(len + 1);
    int r;

    if (!copy)
        return -1;
    if (args)
        memcpy(copy, args, len);
    for (size_t i = 0; i < 3 && fields[i]; i++) {
        const char *value = strchr(fields[i], '=') + 1;

        snprintf(names[i], sizeof names[i], "MCP-Param-%.*s",
                 (int)(value - fields[i] - 1), fields[i]);
        items[headers.n++] = (struct mcps__header){ slice(names[i]), slice(value) };
    }
    copy = realloc(copy, len > 0 ? len : 1);
    r = mcps__mirror_check_params(&headers, list, N_OF(list), args ? copy : NULL, len,
                                  ret_why, ret_header);
    free(copy);
    return r;
}

static const char missing[] = "is missing", differs[] = "is not what";
static const char malformed[] = "malformed base64", not_plain[] = "must be in base64";
static const char surplus[] = "an argument that is not there";

static const struct {
    const char *args, *fields[3], *why, *header; /* NULL: it is let in */
} calls[] = {
    { NULL, { NULL }, NULL, NULL },
    { "{}", { NULL }, NULL, NULL },
    { "{\"c\":1}", { NULL }, NULL, NULL },
    { NULL, { "A=x" }, surplus, NULL },
    { "{}", { "A=x" }, surplus, NULL },
    { "{}", { "A=" }, surplus, NULL },
    { "{\"a\":\"x\"}", { "A=x" }, NULL, NULL },
    { "{\"a\":\"x\"}", { NULL }, missing, "Mcp-Param-A" },
    { "{\"a\":\"x\"}", { "A=X" }, differs, "Mcp-Param-A" },
    { "{\"a\":\"x\"}", { "A=" }, differs, "Mcp-Param-A" },
    { "{\"a\":\"\"}", { "A=" }, NULL, NULL },
    { "{\"a\":\"\"}", { NULL }, missing, "Mcp-Param-A" },
    { "{\"a\":\"x\"}", { "A=x", "B=y" }, surplus, NULL },
    { "{\"a\":\"x\",\"b\":\"y\"}", { "B=y", "A=x" }, NULL, NULL },
    { "{\"a\":\"x\",\"b\":\"y\"}", { "B=x", "A=y" }, differs, "Mcp-Param-A" },
    { "{\"a\":\"x\",\"b\":\"y\"}", { "A=x" }, missing, "Mcp-Param-B" },
    { "{\"a\":null}", { NULL }, NULL, NULL },
    { "{\"a\":null}", { "A=null" }, surplus, NULL },
    { "{\"a\":null,\"b\":1}", { "A=null", "B=1" }, surplus, NULL },
    /* Encoded, and what must be. */
    { "{\"a\":\"Hello, \xe4\xb8\x96\xe7\x95\x8c\"}",
      { "A==?base64?SGVsbG8sIOS4lueVjA==?=" },
      NULL,
      NULL },
    { "{\"a\":\" padded \"}", { "A==?base64?IHBhZGRlZCA=?=" }, NULL, NULL },
    { "{\"a\":\" padded \"}", { "A=padded" }, differs, "Mcp-Param-A" },
    { "{\"a\":\"line1\\nline2\"}", { "A==?base64?bGluZTEKbGluZTI=?=" }, NULL, NULL },
    { "{\"a\":\"Hello\"}", { "A==?base64?SGVsbG8?=" }, malformed, "Mcp-Param-A" },
    { "{\"a\":\"\xc3\xa9\"}", { "A=\xc3\xa9" }, not_plain, "Mcp-Param-A" },
    { "{\"a\":7}", { "A=\xc3\xa9" }, differs, "Mcp-Param-A" },
    /* Booleans. */
    { "{\"a\":true}", { "A=true" }, NULL, NULL },
    { "{\"a\":false}", { "A=false" }, NULL, NULL },
    { "{\"a\":true}", { "A=True" }, differs, "Mcp-Param-A" },
    { "{\"a\":true}", { "A=1" }, differs, "Mcp-Param-A" },
    { "{\"a\":false}", { NULL }, missing, "Mcp-Param-A" },
    { "{\"a\":true}", { "A==?base64?dHJ1ZQ==?=" }, NULL, NULL },
    /* Integers are compared as numbers. */
    { "{\"a\":42}", { "A=42" }, NULL, NULL },
    { "{\"a\":42}", { "A=42.0" }, NULL, NULL },
    { "{\"a\":42.00}", { "A=42" }, NULL, NULL },
    { "{\"a\":4.2e1}", { "A=42" }, NULL, NULL },
    { "{\"a\":-7}", { "A=-7" }, NULL, NULL },
    { "{\"a\":0}", { "A=0" }, NULL, NULL },
    { "{\"a\":0}", { "A=-0" }, NULL, NULL },
    { "{\"a\":42}", { "A==?base64?NDI=?=" }, NULL, NULL },
    { "{\"a\":42}", { "A==?base64?NDM=?=" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=43" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=42.5" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=042" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=+42" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=42." }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=4.2e1" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=0x2a" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=42 " }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=" }, differs, "Mcp-Param-A" },
    { "{\"a\":42}", { "A=-" }, differs, "Mcp-Param-A" },
    { "{\"a\":1.5}", { "A=1.5" }, differs, "Mcp-Param-A" },
    { "{\"a\":9007199254740991}", { "A=9007199254740991" }, NULL, NULL },
    { "{\"a\":-9007199254740991}", { "A=-9007199254740991" }, NULL, NULL },
    { "{\"a\":9007199254740992}", { "A=9007199254740992" }, differs, "Mcp-Param-A" },
    { "{\"a\":9007199254740993}", { "A=9007199254740992" }, differs, "Mcp-Param-A" },
    { "{\"a\":18446744073709551658}", { "A=42" }, differs, "Mcp-Param-A" },
    /* What came counts, whatever was asked for. */
    { "{\"a\":\"42\"}", { "A=42" }, NULL, NULL },
    { "{\"a\":\"42\"}", { "A=42.0" }, differs, "Mcp-Param-A" },
    { "{\"a\":[1]}", { NULL }, NULL, NULL },
    { "{\"a\":{\"a\":1}}", { NULL }, NULL, NULL },
    { "{\"a\":[1]}", { "A=[1]" }, differs, "Mcp-Param-A" },
    { "{\"a\":{}}", { "A={}" }, differs, "Mcp-Param-A" },
    /* Deeper, and at no other place of that name. */
    { "{\"o\":{\"x\":\"1\",\"p\":{\"z\":2},\"y\":true}}",
      { "X=1", "Z=2", "Y=true" },
      NULL,
      NULL },
    { "{\"o\":{\"y\":true,\"p\":{\"z\":2},\"x\":\"1\"}}",
      { "X=1", "Z=2", "Y=true" },
      NULL,
      NULL },
    { "{\"o\":{\"p\":{\"z\":2}}}", { "Z=3" }, differs, "Mcp-Param-Z" },
    { "{\"o\":{\"p\":{\"z\":2}}}", { NULL }, missing, "Mcp-Param-Z" },
    { "{\"o\":{\"p\":{\"x\":1,\"a\":2},\"a\":3,\"z\":4},\"x\":5,\"z\":6}",
      { NULL },
      NULL,
      NULL },
    { "{\"o\":{\"p\":[{\"z\":2}]}}", { NULL }, NULL, NULL },
    { "{\"o\":null}", { NULL }, NULL, NULL },
    { "{\"o\":\"x\"}", { NULL }, NULL, NULL },
    { "{\"o\":\"x\"}", { "X=x" }, surplus, NULL },
    { "{\"o\":{\"p\":3}}", { "Z=3" }, surplus, NULL },
    /* However it is written. */
    { "{ \"c\" : [ \"}\" , {\"a\":\"]\\\"\"} ] ,\r\n\t\"\\u0061\" : \"x\" , \"d\":{} }",
      { "A=x" },
      NULL,
      NULL },
    { "{\"c\":\"\\\\\",\"a\":\"x\"}", { "A=x" }, NULL, NULL },
    { "{\"c\":\"\\\\\\\"a\\\":1\",\"a\":\"x\"}", { "A=x" }, NULL, NULL },
    { "{\"\xc3\xa9\xc3\xa9\xc3\xa9\":\"\xc3\xa9\xc3\xa9\xc3\xa9\",\"a\":\"x\"}",
      { "A=x" },
      NULL,
      NULL },
    { "{\"\\u00e9\\\"\\\\\":\"x\"}", { "Odd=x" }, NULL, NULL },
    { "{\"\xc3\xa9\\\"\\u005c\":\"x\"}", { NULL }, missing, "Mcp-Param-Odd" },
    { "{\"c\":-1.5e3,\"d\":true,\"e\":null,\"a\":1}", { "A=1" }, NULL, NULL },
    { "{\"aa\":1,\"A\":2,\"\":3}", { NULL }, NULL, NULL },
    { "{\"a\":1 }", { "A=1" }, NULL, NULL },
};

static void arguments_say_the_same(void)
{
    const char *why, *header;

    for (size_t i = 0; i < N_OF(calls); i++) {
        why = header = "";
        unit_note_on_failure("%s with %s", calls[i].args ? calls[i].args : "none",
                             calls[i].fields[0] ? calls[i].fields[0] : "nothing");
        CHECK_INT(check_args(calls[i].args, calls[i].fields, &why, &header),
                  calls[i].why ? MCPS_EPROTOCOL : 0);
        CHECK(strstr(why, calls[i].why ? calls[i].why : "") != NULL);
        if (!calls[i].why)
            CHECK_STR(why, "");
        CHECK_STR(header ? header : "none", calls[i].header ? calls[i].header
                                            : calls[i].why  ? "none"
                                                            : "");
    }
    /* Of a tool without any nothing is looked at. */
    CHECK_INT(mcps__mirror_check_params(NULL, NULL, 0, "x", 1, &why, &header), 0);
    CHECK_INT(check_args("{\"a\":1}", calls[0].fields, &why, NULL), MCPS_EPROTOCOL);
out:
    unit_note_on_failure("%s", "");
}

const struct unit_test mirror_check_tests[] = {
    UNIT_TEST(messages_say_the_same),
    UNIT_TEST(long_names),
    UNIT_TEST(arguments_say_the_same),
    UNIT_END,
};
