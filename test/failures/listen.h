/* SPDX-License-Identifier: MIT */
/*
 * What the tests of subscriptions share: what their clients say, and what they must see, to
 * the byte.
 */
#ifndef TEST_LISTEN_H
#define TEST_LISTEN_H

#include "props.h"
#include "scene.h"
#include "unit.h"

#define LISTEN_META                                                          \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

#define SUBSCRIPTION(id) "\"io.modelcontextprotocol/subscriptionId\":" id
#define NOTIFIED(method, params)                                                       \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/" method "\",\"params\":{" params \
    "}}"
#define ACK(id, filter)                         \
    NOTIFIED("subscriptions/acknowledged",      \
             "\"_meta\":{" SUBSCRIPTION(id) "}" \
                                            ",\"notifications\":{" filter "}")
#define CHANGED(id, list) \
    NOTIFIED(list "/list_changed", "\"_meta\":{" SUBSCRIPTION(id) "}")
#define UPDATED(id, uri) \
    NOTIFIED("resources/updated", "\"uri\":\"" uri "\",\"_meta\":{" SUBSCRIPTION(id) "}")
/* What a legacy session gets. */
#define UPDATED_PLAINLY(uri) NOTIFIED("resources/updated", "\"uri\":\"" uri "\"")
#define CLOSED(id, why)                                            \
    NOTIFIED("cancelled", "\"requestId\":" id ",\"reason\":\"" why \
                          "\",\"_meta\":{" SUBSCRIPTION(id) "}")
#define ENDED(id)                                                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":" id                                                  \
    ",\"result\":{\"resultType\":\"complete\",\"_meta\":{" SUBSCRIPTION(               \
        id) ",\"io.modelcontextprotocol/serverInfo\":{\"name\":\"scene\",\"version\":" \
            "\"0\"}}}}"

extern const struct unit_test listen_legacy_tests[], listen_race_tests[],
    listen_load_tests[];

/* A server with such limits, whose client has not said anything yet; with the prompt "ask"
 * and the resource "test://a", if it has a shelf. */
bool listen_begin(struct act *act, const char *limits, bool shelf);

/* Offers something of a kind that nobody calls; destroyed at the end. */
bool offer_one(struct scene *scene, enum mcps_kind kind, const char *key);
bool withdraw_one(struct scene *scene, enum mcps_kind kind, const char *key);

/* subscriptions/listen; the filter is the inside of its object. */
bool wire_listen(struct wire *wire, const char *id, const char *filter);
/* The same, up to its acknowledgement. */
bool wire_listens(struct wire *wire, const char *id, const char *filter);
/* The next message as text; "nothing" after the watchdog. */
const char *wire_text(struct wire *wire);
/* Whether nothing more has come by the time of a ping's answer, from what was seen last. */
bool wire_quiet(struct wire *wire);
/* How many of all messages are this one. */
unsigned wire_count(const struct wire *wire, const char *text);
/* So many clients are told. */
int update(struct act *act, const char *uri);

#endif
