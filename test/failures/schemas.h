/* SPDX-License-Identifier: MIT */
/*
 * What the tests of schemas in a server share: a desk is a server with options and a client,
 * who is shown what became of each call.
 */
#ifndef TEST_SCHEMAS_H
#define TEST_SCHEMAS_H

#include "scene.h"

extern const struct unit_test schema_table_tests[], schema_coerce_tests[],
    schema_header_tests[], schema_result_tests[];

struct desk {
    struct scene scene;
    struct wire wire;
    bool modern;   /* the client is of the modern era */
    int code;      /* of the latest answer, if it was an error of the protocol; or 0 */
    bool is_error; /* it was a tool error */
    unsigned n_handled; /* handlers that said so in the latest call */
};

/* NULL options: one worker, all defaults. */
bool desk_open(struct desk *desk, const struct mcps_server_options *options,
               const struct mcps_tool *tools, size_t n_tools);
/* Another client, in place of the one that is there. */
bool desk_connect(struct desk *desk, const char *version);
/* Calls a tool and returns its first text, or the message of the error; NULL when there is
 * no answer. Borrowed as the answer is. */
const char *desk_call(struct desk *desk, const char *tool, const char *arguments);
/* The same: is it what was wanted, from a handler that ran? Or a tool error from none? */
bool desk_takes(struct desk *desk, const char *tool, const char *arguments,
                const char *want);
bool desk_refuses(struct desk *desk, const char *tool, const char *arguments,
                  const char *want);
/* CLEAN and WIRE. */
bool desk_ok(struct desk *desk);
/* Fine for one that is zeroed. */
void desk_close(struct desk *desk);

/* A tool that says its arguments as JSON text, and that it was called. */
struct mcps_tool desk_tool(const char *name, const char *input_schema);
int desk_say(mcps_call *call, struct json_object *args, void *userdata);
/* A handler was called. */
void desk_handled(void);

/* Says that the test is skipped, where the library has no regular expressions. */
bool desk_lacks_patterns(void);

/* At that place, what takes too long to check of an array that is nested deep: each level is
 * gone through twice. */
#define DESK_SLOW(place)                                                               \
    "{\"allOf\":[{\"items\":{\"$ref\":\"#" place "\"}},{\"items\":{\"$ref\":\"#" place \
    "\"}}]}"
#define DESK_SLOW_VALUE "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]"

#define DESK_TAKES(desk, tool, arguments, want) \
    CHECK(desk_takes((desk), (tool), (arguments), (want)))
#define DESK_REFUSES(desk, tool, arguments, want) \
    CHECK(desk_refuses((desk), (tool), (arguments), (want)))

#endif
