/* SPDX-License-Identifier: MIT */
/* Strings that are taken for the values that they hold, by a table and by a schema alike. */
#include "config.h"

#include "schemas.h"

#include <stdio.h>
#include <string.h>

#include "props.h"

#define POINT(ARG, S)                     \
    ARG(S, NUMBER, x, "X", MCPS_REQUIRED) \
    ARG(S, STRING, label, "Label", MCPS_OPTIONAL)
MCPS_ARGS(point, POINT);

static const char *const colours[] = { "red", "1", NULL };

#define VALUES(ARG, S)                                                        \
    ARG(S, INT, i, "I", MCPS_OPTIONAL, MCPS_MAX(99))                          \
    ARG(S, NUMBER, d, "D", MCPS_OPTIONAL)                                     \
    ARG(S, BOOL, b, "B", MCPS_OPTIONAL)                                       \
    ARG(S, STRING, s, "S", MCPS_OPTIONAL)                                     \
    ARG(S, ENUM, e, "E", MCPS_OPTIONAL, .choices = colours)                   \
    ARG(S, LIST(INT), ii, "II", MCPS_OPTIONAL)                                \
    ARG(S, OBJECT(point), o, "O", MCPS_OPTIONAL)                              \
    ARG(S, LIST(OBJECT(point)), oo, "OO", MCPS_OPTIONAL)                      \
    ARG(S, JSON, n, "N", MCPS_OPTIONAL, .schema_json = "{\"type\":\"null\"}") \
    ARG(S, JSON, j, "J", MCPS_OPTIONAL,                                       \
        .schema_json = "{\"type\":[\"string\",\"integer\"]}")                 \
    ARG(S, JSON, any, "Any", MCPS_OPTIONAL)                                   \
    ARG(S, LIST(JSON), jj, "JJ", MCPS_OPTIONAL, .schema_json = "{\"type\":\"boolean\"}")
MCPS_ARGS(values, VALUES);

/* The same in words. */
#define POINT_TEXT                                                                 \
    "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"number\"},\"label\":{" \
    "\"type\":\"string\"}},\"required\":[\"x\"],\"additionalProperties\":false}"
static const char values_text[] =
    "{\"type\":\"object\",\"properties\":{\"i\":{\"type\":\"integer\",\"maximum\":99},"
    "\"d\":{\"type\":\"number\"},\"b\":{\"type\":\"boolean\"},\"s\":{\"type\":\"string\"},"
    "\"e\":{\"enum\":[\"red\",\"1\"]},"
    "\"ii\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},\"o\":" POINT_TEXT
    ",\"oo\":{\"type\":\"array\",\"items\":" POINT_TEXT "},\"n\":{\"type\":\"null\"},"
    "\"j\":{\"type\":[\"string\",\"integer\"]},\"any\":{},"
    "\"jj\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}}},"
    "\"additionalProperties\":false}";

MCPS_TOOL_HANDLER(take_values, values)
{
    char text[600];
    int len =
        snprintf(text, sizeof text, "i=%d d=%g b=%d s=%s e=%d ii=%zu:%d", (int)args->i,
                 args->d, args->b, args->s ? args->s : "", args->e, args->ii.n,
                 args->ii.n > 0 ? (int)args->ii.items[args->ii.n - 1] : 0);

    (void)userdata;
    desk_handled();
    snprintf(text + len, sizeof text - (size_t)len,
             " o=%g,%s oo=%zu:%g n=%d j=%s any=%s jj=%s", args->o.x,
             args->o.label ? args->o.label : "", args->oo.n,
             args->oo.n > 0 ? args->oo.items[args->oo.n - 1].x : 0,
             args->has_n && !args->n,
             args->j ? json_object_to_json_string_ext(args->j, 0) : "",
             args->any ? json_object_to_json_string_ext(args->any, 0) : "",
             args->jj.n > 0 ? json_object_to_json_string_ext(args->jj.items[0], 0) : "");
    return mcps_call_text(call, "%s", text);
}

static void fill_tools(struct mcps_tool tools[2])
{
    tools[0] = (struct mcps_tool)MCPS_TOOL_NAMED("table", take_values, values, NULL);
    tools[1] = desk_tool("text", values_text);
}

/* What is sent, what each handler gets, and how many strings were taken for something else.
 * Without a handler: what is said of it. */
static const struct {
    const char *sent, *table, *text;
    unsigned n;
} taken[] = {
#define REST " e=0 ii=0:0 o=0, oo=0:0 n=0 j= any= jj="
    { "{\"i\":\"5\"}", "i=5 d=0 b=0 s=" REST, "{\"i\":5}", 1 },
    { "{\"i\":\" -5\\n\"}", "i=-5 d=0 b=0 s=" REST, "{\"i\":-5}", 1 },
    { "{\"i\":\"\\u0035\\u0030\"}", "i=50 d=0 b=0 s=" REST, "{\"i\":50}", 1 },
    { "{\"d\":\"1.5\"}", "i=0 d=1.5 b=0 s=" REST, "{\"d\":1.5}", 1 },
    { "{\"d\":\"15\"}", "i=0 d=15 b=0 s=" REST, "{\"d\":15}", 1 },
    { "{\"b\":\"true\"}", "i=0 d=0 b=1 s=" REST, "{\"b\":true}", 1 },
    { "{\"b\":\" false \"}", "i=0 d=0 b=0 s=" REST, "{\"b\":false}", 1 },
    { "{\"s\":\"5\"}", "i=0 d=0 b=0 s=5" REST, "{\"s\":\"5\"}", 0 },
    { "{\"e\":\"1\"}",
      "i=0 d=0 b=0 s= e=1 ii=0:0 o=0, oo=0:0 n=0 j= any= jj=", "{\"e\":\"1\"}", 0 },
    { "{\"n\":\"null\"}",
      "i=0 d=0 b=0 s= e=0 ii=0:0 o=0, oo=0:0 n=1 j= any= jj=", "{\"n\":null}", 1 },
    { "{\"j\":\"7\",\"any\":\"[7]\"}",
      "i=0 d=0 b=0 s= e=0 ii=0:0 o=0, oo=0:0 n=0 j=\"7\" any=\"[7]\" jj=",
      "{\"j\":\"7\",\"any\":\"[7]\"}", 0 },
    { "{\"ii\":\"[1,2]\"}",
      "i=0 d=0 b=0 s= e=0 ii=2:2 o=0, oo=0:0 n=0 j= any= jj=", "{\"ii\":[1,2]}", 1 },
    { "{\"ii\":\"[\\u0031 , \\\"2\\\"]\"}",
      "i=0 d=0 b=0 s= e=0 ii=2:2 o=0, oo=0:0 n=0 j= any= jj=", "{\"ii\":[1,2]}", 2 },
    { "{\"ii\":[\"1\",2,\"3.0\"]}",
      "i=0 d=0 b=0 s= e=0 ii=3:3 o=0, oo=0:0 n=0 j= any= jj=", "{\"ii\":[1,2,3.0]}", 2 },
    { "{\"ii\":\" [ ] \"}", "i=0 d=0 b=0 s=" REST, "{\"ii\":[]}", 1 },
    { "{\"o\":\"{\\\"x\\\":1,\\\"label\\\":\\\"5\\\"}\"}",
      "i=0 d=0 b=0 s= e=0 ii=0:0 o=1,5 oo=0:0 n=0 j= any= jj=",
      "{\"o\":{\"x\":1,\"label\":\"5\"}}", 1 },
    { "{\"oo\":\"[\\\"{\\\\\\\"x\\\\\\\":\\\\\\\"2\\\\\\\"}\\\"]\",\"i\":\"7\"}",
      "i=7 d=0 b=0 s= e=0 ii=0:0 o=0, oo=1:2 n=0 j= any= jj=",
      "{\"oo\":[{\"x\":2}],\"i\":7}", 4 },
    { "{\"jj\":[\"true\"]}", "i=0 d=0 b=0 s= e=0 ii=0:0 o=0, oo=0:0 n=0 j= any= jj=true",
      "{\"jj\":[true]}", 1 },
    { "{\"jj\":\"[\\\"true\\\"]\"}",
      "i=0 d=0 b=0 s= e=0 ii=0:0 o=0, oo=0:0 n=0 j= any= jj=true", "{\"jj\":[true]}", 2 },
#undef REST
};

/* Strings that hold nothing that is wanted. */
static const struct {
    const char *sent, *table, *text;
    unsigned n;
} refused[] = {
    { "{\"i\":\"5.5\"}", "argument \"i\": expected an integer of at most 99, got \"5.5\"",
      "at \"/i\": expected an integer, got \"5.5\" (schema: \"/properties/i/type\")", 0 },
    { "{\"i\":\"007\"}", "argument \"i\": expected an integer of at most 99, got \"007\"",
      "at \"/i\": expected an integer, got \"007\" (schema: \"/properties/i/type\")", 0 },
    { "{\"i\":\"+5\"}", "argument \"i\": expected an integer of at most 99, got \"+5\"",
      "at \"/i\": expected an integer, got \"+5\" (schema: \"/properties/i/type\")", 0 },
    { "{\"i\":\"5 6\"}", "argument \"i\": expected an integer of at most 99, got \"5 6\"",
      "at \"/i\": expected an integer, got \"5 6\" (schema: \"/properties/i/type\")", 0 },
    { "{\"i\":\"\"}", "argument \"i\": expected an integer of at most 99, got \"\"",
      "at \"/i\": expected an integer, got \"\" (schema: \"/properties/i/type\")", 0 },
    { "{\"i\":\" \"}", "argument \"i\": expected an integer of at most 99, got \" \"",
      "at \"/i\": expected an integer, got \" \" (schema: \"/properties/i/type\")", 0 },
    { "{\"i\":\"5\\u0000\"}",
      "argument \"i\": expected an integer of at most 99, got \"5\\u0000\"",
      "at \"/i\": expected an integer, got \"5\\u0000\" (schema: \"/properties/i/type\")",
      0 },
    { "{\"i\":\"\\\"5\\\"\"}",
      "argument \"i\": expected an integer of at most 99, got \"\\\"5\\\"\"",
      "at \"/i\": expected an integer, got \"\\\"5\\\"\" (schema: \"/properties/i/type\")",
      0 },
    { "{\"i\":\"100\"}", "argument \"i\": expected an integer of at most 99, got 100",
      "at \"/i\": expected at most 99, got 100 (schema: \"/properties/i/maximum\")", 1 },
    { "{\"d\":\"NaN\"}", "argument \"d\": expected a number, got \"NaN\"",
      "at \"/d\": expected a number, got \"NaN\" (schema: \"/properties/d/type\")", 0 },
    { "{\"b\":\"True\"}", "argument \"b\": expected true or false, got \"True\"",
      "at \"/b\": expected true or false, got \"True\" (schema: \"/properties/b/type\")",
      0 },
    { "{\"b\":\"1\"}", "argument \"b\": expected true or false, got \"1\"",
      "at \"/b\": expected true or false, got \"1\" (schema: \"/properties/b/type\")",
      0 },
    { "{\"b\":\"null\"}", "argument \"b\": expected true or false, got \"null\"",
      "at \"/b\": expected true or false, got \"null\" (schema: \"/properties/b/type\")",
      0 },
    { "{\"s\":5}", "argument \"s\": expected a string, got 5",
      "at \"/s\": expected a string, got 5 (schema: \"/properties/s/type\")", 0 },
    { "{\"n\":\"nul\"}", "argument \"n\": expected null, got \"nul\"",
      "at \"/n\": expected null, got \"nul\" (schema: \"/properties/n/type\")", 0 },
    { "{\"ii\":\"1,2\"}", "argument \"ii\": expected an array, got \"1,2\"",
      "at \"/ii\": expected an array, got \"1,2\" (schema: \"/properties/ii/type\")", 0 },
    { "{\"ii\":\"[1,2\"}", "argument \"ii\": expected an array, got \"[1,2\"",
      "at \"/ii\": expected an array, got \"[1,2\" (schema: \"/properties/ii/type\")",
      0 },
    { "{\"ii\":\"[1.5]\"}", "argument \"ii[0]\": expected an integer of 64 bits, got 1.5",
      "at \"/ii/0\": expected an integer, got 1.5 (schema: \"/properties/ii/items/type\")",
      1 },
    { "{\"ii\":\"{}\"}", "argument \"ii\": expected an array, got \"{}\"",
      "at \"/ii\": expected an array, got \"{}\" (schema: \"/properties/ii/type\")", 0 },
    { "{\"o\":\"{\\\"x\\\":1,\\\"y\\\":2}\"}",
      "unknown argument \"o.y\": there are \"x\", \"label\"",
      "at \"/o\": expected no members but \"x\", \"label\", got \"y\" (schema: \"/properties/o/additionalProperties\")",
      1 },
    { "{\"o\":\"{}\"}", "argument \"o.x\" is missing: expected a number (X)",
      "at \"/o\": expected a member \"x\", a number, got an object without it (schema: \"/properties/o/required\")",
      1 },
};

enum {
    N_TAKEN = sizeof taken / sizeof taken[0],
    N_REFUSED = sizeof refused / sizeof refused[0]
};

static unsigned n_coerced(struct desk *desk)
{
    return (unsigned)scene_stats(&desk->scene).coerced;
}

static void strings_are_taken_if_asked(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .coerce_arguments = true);
    struct desk desk = { .modern = false };
    struct mcps_tool tools[2];
    unsigned n = 0;

    fill_tools(tools);
    CHECK(desk_open(&desk, &options, tools, 2));
    for (unsigned i = 0; i < N_TAKEN; i++) {
        DESK_TAKES(&desk, "table", taken[i].sent, taken[i].table);
        CHECK_INT(n_coerced(&desk), n += taken[i].n);
        DESK_TAKES(&desk, "text", taken[i].sent, taken[i].text);
        CHECK_INT(n_coerced(&desk), n += taken[i].n);
    }
    for (unsigned i = 0; i < N_REFUSED; i++) {
        unit_note_on_failure("%s", refused[i].sent);
        DESK_REFUSES(&desk, "table", refused[i].sent, refused[i].table);
        CHECK_INT(n_coerced(&desk), n += refused[i].n);
        DESK_REFUSES(&desk, "text", refused[i].sent, refused[i].text);
        CHECK_INT(n_coerced(&desk), n += refused[i].n);
    }
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

static void strings_stay_strings_if_not(void)
{
    struct desk desk = { .modern = false };
    struct mcps_tool tools[2];

    fill_tools(tools);
    CHECK(desk_open(&desk, NULL, tools, 2));
    for (unsigned i = 0; i < N_TAKEN; i++) {
        unit_note_on_failure("%s", taken[i].sent);
        if (taken[i].n > 0) {
            CHECK(desk_call(&desk, "table", taken[i].sent) && desk.is_error);
            CHECK(desk_call(&desk, "text", taken[i].sent) && desk.is_error);
        } else {
            DESK_TAKES(&desk, "table", taken[i].sent, taken[i].table);
            DESK_TAKES(&desk, "text", taken[i].sent, taken[i].text);
        }
        CHECK_INT(n_coerced(&desk), 0);
    }
    DESK_REFUSES(&desk, "table", "{\"i\":\"5\"}",
                 "argument \"i\": expected an integer of at most 99, got \"5\"");
    DESK_REFUSES(
        &desk, "text", "{\"i\":\"5\"}",
        "at \"/i\": expected an integer, got \"5\" (schema: \"/properties/i/type\")");
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

/* ---- secrets ---- */

#define SECRETS(ARG, S)                                                  \
    ARG(S, INT, pin, "Pin", MCPS_REQUIRED | MCPS_SECRET, MCPS_MAX(9999)) \
    ARG(S, LIST(NUMBER), codes, "Codes", MCPS_OPTIONAL | MCPS_SECRET)
MCPS_ARGS(secrets, SECRETS);

MCPS_TOOL_HANDLER(take_secrets, secrets)
{
    (void)userdata;
    desk_handled();
    return mcps_call_text(
        call, "%s",
        args->pin == 1234 && args->codes.n == 2 && args->codes.items[1] == 5.25 ? "yes"
                                                                                : "no");
}

static void secrets_are_taken_and_not_told(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .coerce_arguments = true);
    const struct mcps_tool tool = MCPS_TOOL_NAMED("secrets", take_secrets, secrets, NULL);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, &options, &tool, 1));
    DESK_TAKES(&desk, "secrets", "{\"pin\":\"1234\",\"codes\":\"[1,\\\"5.25\\\"]\"}",
               "yes");
    CHECK_INT(n_coerced(&desk), 3);
    DESK_REFUSES(
        &desk, "secrets", "{\"pin\":\"98765\",\"codes\":\"[1,\\\"x31337\\\"]\"}",
        "argument \"pin\": expected an integer of at most 9999, got a number\nargument \"codes[1]\": expected a number, got a string");
    CHECK(scene_logged(&desk.scene, "98765") == 0 &&
          scene_logged(&desk.scene, "31337") == 0);
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

const struct unit_test schema_coerce_tests[] = {
    UNIT_TEST_ONCE(strings_are_taken_if_asked, "it has threads"),
    UNIT_TEST_ONCE(strings_stay_strings_if_not, "it has threads"),
    UNIT_TEST_ONCE(secrets_are_taken_and_not_told, "it has threads"),
    UNIT_END,
};
