/* SPDX-License-Identifier: MIT */
/* The envelope: kinds, refusals with their codes, and what can be answered. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/envelope.h"
#include "rpc/errors.h"

extern const struct unit_test envelope_tests[];

struct reading {
    struct mcps__scan scan;
    struct mcps__envelope env;
    int result; /* of the scan if that refused the text, else of the envelope */
};

static void read_message(struct reading *r, const char *text, size_t len, bool batches)
{
    mcps__scan_init(&r->scan, &mcps__json_default_limits);
    r->result = mcps__scan_feed(&r->scan, text, len, true);
    if (r->result == 1)
        r->result = mcps__envelope_read(&r->env, &r->scan, text, batches);
}

#define M(rest) "{\"jsonrpc\":\"2.0\"," rest "}"

static void tells_kinds_apart(void)
{
    static const struct {
        const char *text;
        enum mcps__envelope_kind kind;
        const char *id, *method, *body;
    } rows[] = {
        { M("\"id\":1,\"method\":\"ping\""), MCPS__ENVELOPE_REQUEST, "1", "ping", NULL },
        { M("\"method\":\"ping\",\"id\":\"\""), MCPS__ENVELOPE_REQUEST, "\"\"", "ping",
          NULL },
        { M("\"id\":0,\"method\":\"tools/list\",\"params\":{\"a\":1}"),
          MCPS__ENVELOPE_REQUEST, "0", "tools/list", "{\"a\":1}" },
        { M("\"method\":\"notifications/initialized\""), MCPS__ENVELOPE_NOTIFICATION,
          NULL, "notifications/initialized", NULL },
        { M("\"id\":7,\"result\":{}"), MCPS__ENVELOPE_RESULT, "7", "", "{}" },
        { M("\"id\":7,\"error\":{\"code\":1}"), MCPS__ENVELOPE_ERROR, "7", "",
          "{\"code\":1}" },
        { M("\"error\":{}"), MCPS__ENVELOPE_ERROR, NULL, "", "{}" },
        { M("\"id\":null,\"error\":{}"), MCPS__ENVELOPE_ERROR, NULL, "", "{}" },
        { M("\"\\u006dethod\":\"\\u0070ing\",\"i\\u0064\":3"), MCPS__ENVELOPE_REQUEST,
          "3", "ping", NULL },
        { "{\"jsonrpc\":\"\\u0032.0\",\"method\":\"x\"}", MCPS__ENVELOPE_NOTIFICATION,
          NULL, "x", NULL },
        { M("\"id\":1,\"method\":\"x\",\"more\":{\"id\":2},\"ID\":3,\"Method\":4"),
          MCPS__ENVELOPE_REQUEST, "1", "x", NULL },
    };
    struct reading r = { 0 };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = rows[i].text;

        unit_note_on_failure("%s", text);
        read_message(&r, text, strlen(text), false);
        CHECK_INT(r.result, 0);
        CHECK_INT(r.env.kind, rows[i].kind);
        CHECK_STR(r.env.method, rows[i].method);
        CHECK_INT(r.env.id.kind != MCPS__ID_NONE, rows[i].id != NULL);
        if (rows[i].id)
            CHECK_MEM(r.env.id.text, r.env.id.len, rows[i].id, strlen(rows[i].id));
        CHECK_INT(r.env.body != NULL, rows[i].body != NULL);
        if (rows[i].body)
            CHECK_MEM(text + r.env.body->value, r.env.body->value_len, rows[i].body,
                      strlen(rows[i].body));
        mcps__scan_fini(&r.scan);
    }
out:
    mcps__scan_fini(&r.scan);
}

#define RQ          MCPS__ENVELOPE_REQUEST
#define NF          MCPS__ENVELOPE_NOTIFICATION
#define UK          MCPS__ENVELOPE_UNKNOWN
#define RS          MCPS__ENVELOPE_RESULT
#define ER          MCPS__ENVELOPE_ERROR
#define BAD_REQUEST MCPS__RPC_INVALID_REQUEST
#define BAD_PARAMS  MCPS__RPC_INVALID_PARAMS

static void refuses_with_code_kind_and_id(void)
{
    static const struct {
        const char *text;
        enum mcps__envelope_kind kind;
        int code;
        const char *id;
    } rows[] = {
        { "1", UK, BAD_REQUEST, NULL },
        { "null", UK, BAD_REQUEST, NULL },
        { "\"x\"", UK, BAD_REQUEST, NULL },
        { "[]", UK, BAD_REQUEST, NULL },
        { "[1]", UK, BAD_REQUEST, NULL },
        { "{}", UK, BAD_REQUEST, NULL },
        { "{\"id\":1}", UK, BAD_REQUEST, "1" },
        { M("\"id\":1"), UK, BAD_REQUEST, "1" },
        { M("\"Method\":\"ping\",\"id\":1"), UK, BAD_REQUEST, "1" },
        /* the version */
        { "{\"id\":1,\"method\":\"ping\"}", RQ, BAD_REQUEST, "1" },
        { "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", RQ, BAD_REQUEST, "1" },
        { "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", RQ, BAD_REQUEST, "1" },
        { "{\"jsonrpc\":\"2.0 \",\"id\":1,\"method\":\"ping\"}", RQ, BAD_REQUEST, "1" },
        { "{\"jsonrpc\":null,\"method\":\"ping\"}", NF, BAD_REQUEST, NULL },
        /* ids: invalid is not absent */
        { M("\"id\":null,\"method\":\"ping\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":true,\"method\":\"ping\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":1.5,\"method\":\"ping\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":[],\"method\":\"ping\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":{},\"method\":\"ping\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":9223372036854775808,\"method\":\"ping\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":null,\"result\":{}"), RS, BAD_REQUEST, NULL },
        { M("\"result\":{}"), RS, BAD_REQUEST, NULL },
        /* methods */
        { M("\"id\":1,\"method\":\"\""), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":null"), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":1"), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":{}"), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":\"ping\\u0000x\""), RQ, BAD_REQUEST, "1" },
        { M("\"method\":1"), NF, BAD_REQUEST, NULL },
        /* params */
        { M("\"id\":1,\"method\":\"x\",\"params\":[]"), RQ, BAD_PARAMS, "1" },
        { M("\"id\":1,\"method\":\"x\",\"params\":null"), RQ, BAD_PARAMS, "1" },
        { M("\"id\":1,\"method\":\"x\",\"params\":\"y\""), RQ, BAD_PARAMS, "1" },
        { M("\"method\":\"x\",\"params\":7"), NF, BAD_PARAMS, NULL },
        { M("\"id\":1,\"method\":\"x\",\"params\":{\"_meta\":null}"), RQ, BAD_PARAMS,
          "1" },
        { M("\"id\":1,\"method\":\"x\",\"params\":{\"_meta\":[]}"), RQ, BAD_PARAMS, "1" },
        /* both kinds at once */
        { M("\"id\":1,\"method\":\"x\",\"result\":{}"), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":\"x\",\"error\":{}"), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"result\":{},\"error\":{}"), RS, BAD_REQUEST, "1" },
        { M("\"id\":1,\"result\":1"), RS, BAD_REQUEST, "1" },
        { M("\"id\":1,\"error\":\"no\""), ER, BAD_REQUEST, "1" },
        /* duplicates, at every level that routing looks at */
        { M("\"id\":1,\"id\":2,\"method\":\"x\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":1,\"\\u0069d\":1,\"method\":\"x\""), RQ, BAD_REQUEST, NULL },
        { M("\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\""), RQ, BAD_REQUEST,
          "1" },
        { M("\"id\":1,\"method\":\"x\",\"extra\":1,\"extra\":1"), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":\"x\",\"params\":{\"n\":1,\"n\":2}"), RQ, BAD_REQUEST,
          "1" },
        { M("\"id\":1,\"method\":\"x\",\"params\":{\"_meta\":{\"p\":1,\"p\":2}}"), RQ,
          BAD_REQUEST, "1" },
        /* a NUL in a key, at any depth */
        { M("\"id\":1,\"method\":\"x\",\"method\\u0000\":\"y\""), RQ, BAD_REQUEST, "1" },
        { M("\"id\":1,\"method\":\"x\",\"params\":{\"a\":[{\"\\u0000\":1}]}"), RQ,
          BAD_REQUEST, "1" },
    };
    struct reading r = { 0 };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        read_message(&r, rows[i].text, strlen(rows[i].text), false);
        CHECK_INT(r.result, MCPS_EPROTOCOL);
        CHECK_INT(r.env.kind, rows[i].kind);
        CHECK_INT(r.env.code, rows[i].code);
        CHECK(r.env.why != NULL);
        CHECK_INT(strlen(r.env.method), r.env.method_len);
        CHECK_INT(r.env.id.kind != MCPS__ID_NONE, rows[i].id != NULL);
        if (rows[i].id)
            CHECK_MEM(r.env.id.text, r.env.id.len, rows[i].id, strlen(rows[i].id));
        mcps__scan_fini(&r.scan);
    }
out:
    mcps__scan_fini(&r.scan);
}

static void method_names_have_a_limit(void)
{
    char name[MCPS__METHOD_MAX + 2], text[400];
    struct reading r = { 0 };

    for (int len = MCPS__METHOD_MAX; len <= MCPS__METHOD_MAX + 1; len++) {
        memset(name, 'm', sizeof name);
        name[len] = '\0';
        snprintf(text, sizeof text, M("\"id\":1,\"method\":\"%s\""), name);
        read_message(&r, text, strlen(text), false);
        CHECK_INT(r.result, len <= MCPS__METHOD_MAX ? 0 : MCPS_EPROTOCOL);
        if (r.result == 0)
            CHECK_STR(r.env.method, name);
        mcps__scan_fini(&r.scan);
    }
out:
    mcps__scan_fini(&r.scan);
}

static void batches_are_refused_unless_allowed(void)
{
    static const char text[] = "[" M("\"id\":1,\"method\":\"ping\"") ",{\"x\":1},3]";
    struct reading r = { 0 }, element = { 0 };
    const struct mcps__scan_member *m;

    read_message(&r, text, strlen(text), false);
    CHECK_INT(r.result, MCPS_EPROTOCOL);
    CHECK_INT(r.env.code, MCPS__RPC_INVALID_REQUEST);
    mcps__scan_fini(&r.scan);

    read_message(&r, "[]", 2, true);
    CHECK_INT(r.result, MCPS_EPROTOCOL);
    mcps__scan_fini(&r.scan);

    read_message(&r, text, strlen(text), true);
    CHECK_INT(r.result, 0);
    CHECK_INT(r.env.kind, MCPS__ENVELOPE_BATCH);
    CHECK_INT(r.scan.n_recorded, 3);
    m = &r.scan.members[0];
    read_message(&element, text + m->value, m->value_len, false);
    CHECK_INT(element.result, 0);
    CHECK_STR(element.env.method, "ping");
out:
    mcps__scan_fini(&element.scan);
    mcps__scan_fini(&r.scan);
}

static void every_json_error_has_a_code(void)
{
    CHECK_INT(mcps__rpc_code_of_json(MCPS__JSON_EVALUE), MCPS__RPC_PARSE);
    CHECK_INT(mcps__rpc_code_of_json(MCPS__JSON_EUTF8), MCPS__RPC_PARSE);
    CHECK_INT(mcps__rpc_code_of_json(MCPS__JSON_EDEPTH), MCPS__RPC_INVALID_REQUEST);
    CHECK_INT(mcps__rpc_code_of_json(MCPS__JSON_ESIZE), MCPS__RPC_INVALID_REQUEST);
    CHECK_INT(mcps__rpc_code_of_json(MCPS__JSON_EDUPLICATE), MCPS__RPC_INVALID_REQUEST);
    CHECK_INT(mcps__rpc_code_of_json(-12), MCPS__RPC_INTERNAL);
#define XX(name, code, text, use) CHECK_STR(mcps__rpc_strerror(MCPS__RPC_##name), text);
    MCPS__RPC_ERROR_MAP(XX)
#undef XX
    CHECK_STR(mcps__rpc_strerror(-32001), "Server error");
out:;
}

const struct unit_test envelope_tests[] = {
    UNIT_TEST(tells_kinds_apart),           UNIT_TEST(refuses_with_code_kind_and_id),
    UNIT_TEST(method_names_have_a_limit),   UNIT_TEST(batches_are_refused_unless_allowed),
    UNIT_TEST(every_json_error_has_a_code), UNIT_END,
};
