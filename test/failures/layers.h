/* SPDX-License-Identifier: MIT */
/* The tests of what lies around calls that stand in other files than main(). */
#ifndef TEST_LAYERS_H
#define TEST_LAYERS_H

#include "props.h"

/* Members of the params of a request of 2026-07-28; more members of _meta, with a comma
 * before each. */
#define MODERN_META(more)                                                    \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}" more "}"

#define REQUEST(id, method, params)                                                    \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params \
    "}}\n"

extern const struct unit_test say_tests[], chain_tests[], view_tests[], hidden_tests[];

#endif
