/* SPDX-License-Identifier: MIT */
/* Messages that go out, byte by byte. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "rpc/errors.h"
#include "rpc/message.h"

extern const struct unit_test message_tests[];

static void messages_look_like_this(void)
{
    static const char want[] =
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}},"
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"roots/list\",\"params\":{}},"
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\",\"params\":{\"a\":1}},"
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32601,\"message\":"
        "\"Method not found\"}},"
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"say \\\"why\\\"\","
        "\"data\":{\"at\":3}}}]";
    struct mcps__id id, none = { .kind = MCPS__ID_NONE };
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 10000);
    mcps__id_of_number(&id, 7);
    mcps__write_init(&w, &out);
    mcps__write_array(&w);

    mcps__rpc_begin_result(&w, &id);
    mcps__write_raw(&w, "{}", 2);
    mcps__rpc_end(&w);
    mcps__rpc_begin_call(&w, &id, "roots/list");
    mcps__write_raw(&w, "{}", 2);
    mcps__rpc_end(&w);
    mcps__rpc_begin_call(&w, NULL, "notifications/x");
    mcps__write_object(&w);
    mcps__write_key(&w, "a");
    mcps__write_int(&w, 1);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    mcps__rpc_write_error(&w, &id, MCPS__RPC_METHOD_NOT_FOUND, NULL, NULL);
    mcps__rpc_write_error(&w, &none, MCPS__RPC_PARSE, "say \"why\"", "{\"at\":3}");

    mcps__write_array_end(&w);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, want, strlen(want));
out:
    mcps__buf_fini(&out);
}

const struct unit_test message_tests[] = {
    UNIT_TEST(messages_look_like_this),
    UNIT_END,
};
