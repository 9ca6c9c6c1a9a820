/* SPDX-License-Identifier: MIT */
/* Completion of the arguments of prompts and the variables of templates. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "offers.h"

static const char *const colours[] = { "red", "Rose", "green", "r\xc3\xb6tlich", NULL };

#define PAINT(ARG, S)                                             \
    ARG(S, ENUM, colour, NULL, MCPS_REQUIRED, .choices = colours) \
    ARG(S, STRING, city, NULL, MCPS_REQUIRED)                     \
    ARG(S, INT, n, NULL, MCPS_OPTIONAL)
MCPS_ARGS(paint, PAINT);

static int typed(mcps_call *call, const void *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_resource_text(call, NULL, NULL, "", 0);
}

/* Says what it was asked. */
static int echo(mcps_call *call, const char *argument, const char *value, void *userdata)
{
    const char *city = mcps_complete_context(call, "city");
    int r = mcps_complete_value(call, argument);

    (void)userdata;
    r = r < 0 ? r : mcps_complete_value(call, value);
    r = r < 0 || !city ? r : mcps_complete_value(call, city);
    return r < 0 || mcps_complete_context(call, "nothing") == NULL ? r : -EIO;
}

/* As many values as the value says, and what else is to be said of them. */
static int count(mcps_call *call, const char *argument, const char *value, void *userdata)
{
    unsigned n = 0;
    int r = 0;

    (void)userdata;
    if (sscanf(value, "%u", &n) != 1)
        return -EIO;
    for (unsigned i = 0; i < n && r >= 0; i++)
        r = mcps_complete_value(call, "x");
    if (r >= 0 && strcmp(argument, "city") == 0)
        r = mcps_complete_total(call, 1000, true);
    if (r >= 0 && n == 3)
        r = mcps_call_fail(call, "three");
    return r;
}

static int say_wrong(mcps_call *call, const char *argument, const char *value,
                     void *userdata)
{
    int wrong = 0;
    char text[16];

    (void)argument;
    (void)value;
    (void)userdata;
    wrong += mcps_complete_value(call, NULL) != -EINVAL;
    wrong += mcps_call_text(call, "x") != -EINVAL;
    wrong += mcps_call_resource_text(call, "a:b", NULL, "x", 1) != -EINVAL;
    wrong += mcps_call_content_meta(call, "{}") != -EINVAL;
    wrong += mcps_call_uri(call) != NULL;
    snprintf(text, sizeof text, "%d", wrong);
    return mcps_complete_value(call, text);
}

static int sleep_long(mcps_call *call, const char *argument, const char *value,
                      void *userdata)
{
    (void)argument;
    (void)value;
    (void)userdata;
    return mcps_call_sleep_ms(call, WATCHDOG_MS);
}

/* Finishes the call itself. */
static int finish(mcps_call *call, const char *argument, const char *value,
                  void *userdata)
{
    int r = mcps_complete_value(call, value);

    (void)argument;
    (void)userdata;
    return r < 0 || mcps_call_finish(call, 0) < 0 ? -EIO : MCPS_PENDING;
}

static int text(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "x");
}

#define TYPED(S) .typed = typed, .args = S##_fields, .args_size = sizeof(struct S)

static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT_STRUCT(.name = "enum", TYPED(paint)),
    MCPS_PROMPT_STRUCT(.name = "echo", TYPED(paint), .complete = echo),
    MCPS_PROMPT_STRUCT(.name = "count", TYPED(paint), .complete = count),
    MCPS_PROMPT_STRUCT(.name = "wrong", .handler = text, .complete = say_wrong),
    MCPS_PROMPT_STRUCT(.name = "slow", .handler = text, .complete = sleep_long,
                       .timeout_ms = 1),
    MCPS_PROMPT_STRUCT(.name = "here", .handler = text, .complete = finish,
                       .executor = MCPS_INLINE, .max_parallel = 1),
    MCPS_PROMPT_STRUCT(.name = "none", .handler = text),
    MCPS_PROMPT_STRUCT(.name = "off", TYPED(paint)),
};

static const struct mcps_template templates[] = {
    MCPS_TEMPLATE_STRUCT(.uri_template = "a:{colour}/{city}{?n}", .name = "enum",
                         TYPED(paint)),
    MCPS_TEMPLATE_STRUCT(.uri_template = "b:{x}", .name = "echo", .handler = text,
                         .complete = echo),
    MCPS_TEMPLATE_STRUCT(.uri_template = "c:{x}", .name = "none", .handler = text),
};

static const struct mcps_resource resource =
    MCPS_RESOURCE(.uri = "a:fixed", .name = "fixed", .text = "");

static bool begin(struct stage *stage, const char *limits)
{
    const char *const off = "off";
    mcps_server *server;

    if (!stage_open(stage, limits))
        return false;
    server = stage->scene.server;
    return mcps_server_add_prompts(server, prompts, sizeof prompts / sizeof prompts[0]) >=
               0 &&
           mcps_server_add_templates(server, templates,
                                     sizeof templates / sizeof templates[0]) >= 0 &&
           mcps_server_add_resources(server, &resource, 1) >= 0 &&
           mcps_server_disable(server, MCPS_PROMPTS, &off, 1) >= 0 && stage_start(stage);
}

#define OF(name, argument, value)                       \
    "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"" name \
    "\"},\"argument\":{\"name\":\"" argument "\",\"value\":\"" value "\"}"
#define OF_URI(uri, argument, value)                    \
    "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"" uri \
    "\"},\"argument\":{\"name\":\"" argument "\",\"value\":\"" value "\"}"
#define VALUES(values, total, more)                                    \
    RESULT_("\"completion\":{\"values\":[" values "],\"total\":" total \
            ",\"hasMore\":" more "}")
#define NOTHING  VALUES("", "0", "false")
#define COMPLETE "completion/complete"

static void arguments_complete_in_each_revision(void)
{
    static const struct reply replies[] = {
        { COMPLETE,
          OF("enum", "colour", "r"),
          { VALUES("\"red\",\"Rose\",\"r\xc3\xb6tlich\"", "3", "false") } },
        { COMPLETE, OF("enum", "colour", "RO"), { VALUES("\"Rose\"", "1", "false") } },
        { COMPLETE,
          OF("enum", "colour", ""),
          { VALUES("\"red\",\"Rose\",\"green\",\"r\xc3\xb6tlich\"", "4", "false") } },
        { COMPLETE, OF("enum", "colour", "redder"), { NOTHING } },
        { COMPLETE, OF("enum", "city", "r"), { NOTHING } },
        { COMPLETE,
          OF("none", "x", "r"),
          { ERROR_("-32602", "Unknown argument: \\\"x\\\"") } },
        { COMPLETE, OF("wrong", "x", ""), { VALUES("\"0\"", "1", "false") } },
        { COMPLETE,
          OF("echo", "city", "a\\\"b"),
          { VALUES("\"city\",\"a\\\"b\"", "2", "false") } },
        { COMPLETE, OF("here", "x", "y"), { VALUES("\"y\"", "1", "false") } },
        /* A function is asked of all arguments. */
        { COMPLETE,
          OF("echo", "colour", "r"),
          { VALUES("\"colour\",\"r\"", "2", "false") } },
        { COMPLETE,
          OF_URI("a:{colour}/{city}{?n}", "colour", "g"),
          { VALUES("\"green\"", "1", "false") } },
        { COMPLETE, OF_URI("a:{colour}/{city}{?n}", "n", "1"), { NOTHING } },
        { COMPLETE, OF_URI("b:{x}", "x", "y"), { VALUES("\"x\",\"y\"", "2", "false") } },
        { COMPLETE, OF_URI("c:{x}", "x", "y"), { NOTHING } },
        { COMPLETE, OF_URI("a:fixed", "x", "y"), { NOTHING } },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

#define WITH(context) OF("echo", "colour", "r") ",\"context\":" context
#define IGNORED       VALUES("\"colour\",\"r\"", "2", "false")

static void the_context_is_known_from_2025_06_18_on(void)
{
    static const struct reply replies[] = {
        { COMPLETE,
          WITH("{\"arguments\":{\"a\":\"\",\"ci\\u0074y\":\"K\\u00f6ln\",\"b\":\"x\"}}"),
          { IGNORED, NULL, VALUES("\"colour\",\"r\",\"K\xc3\xb6ln\"", "3", "false") } },
        { COMPLETE,
          WITH("{\"arguments\":{\"city\":\"\"}}"),
          { IGNORED, NULL, VALUES("\"colour\",\"r\",\"\"", "3", "false") } },
        { COMPLETE, WITH("{}"), { IGNORED } },
        { COMPLETE, WITH("{\"arguments\":{}}"), { IGNORED } },
        { COMPLETE,
          WITH("{\"arguments\":{\"city\":1}}"),
          { IGNORED, NULL,
            ERROR_("-32602", "context argument \\\"city\\\" must be a string") } },
        { COMPLETE,
          WITH("{\"arguments\":{\"city\":\"a\\u0000b\"}}"),
          { IGNORED, NULL,
            ERROR_("-32602", "context argument \\\"city\\\" must be a string without NUL "
                             "characters") } },
        { COMPLETE,
          WITH("{\"arguments\":[]}"),
          { IGNORED, NULL,
            ERROR_("-32602", "arguments of context must be an object of strings") } },
        { COMPLETE,
          WITH("[]"),
          { IGNORED, NULL, ERROR_("-32602", "context must be an object") } },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

#define NEEDS "completion/complete needs ref and argument, both objects"

static void wrong_questions_are_told_what_is_wrong(void)
{
    static const struct reply replies[] = {
        { COMPLETE, "", { ERROR_("-32602", NEEDS) } },
        { COMPLETE, "\"ref\":{},\"argument\":1", { ERROR_("-32602", NEEDS) } },
        { COMPLETE, "\"ref\":\"x\",\"argument\":{}", { ERROR_("-32602", NEEDS) } },
        { COMPLETE,
          "\"ref\":{},\"argument\":{}",
          { ERROR_("-32602", "the type of ref must be ref/prompt or ref/resource") } },
        { COMPLETE,
          "\"ref\":{\"type\":\"ref/tool\",\"name\":\"x\"},\"argument\":{}",
          { ERROR_("-32602", "the type of ref must be ref/prompt or ref/resource") } },
        { COMPLETE,
          "\"ref\":{\"type\":\"ref/prompt\",\"uri\":\"x\"},\"argument\":{}",
          { ERROR_("-32602", "ref/prompt needs name, a string") } },
        { COMPLETE,
          "\"ref\":{\"type\":\"ref/resource\",\"name\":\"x\"},\"argument\":{}",
          { ERROR_("-32602", "ref/resource needs uri, a string") } },
        { COMPLETE,
          "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"x\"},\"argument\":{\"name\":\"x\"}",
          { ERROR_("-32602", "argument needs name and value, both strings") } },
        { COMPLETE,
          OF("enum", "colour", "\\u0000"),
          { ERROR_("-32602", "argument needs name and value, both strings") } },
        { COMPLETE,
          OF("nobody", "x", ""),
          { ERROR_("-32602", "Unknown prompt: \\\"nobody\\\"") } },
        { COMPLETE,
          OF("off", "colour", ""),
          { ERROR_("-32602", "Disabled prompt: \\\"off\\\"") } },
        { COMPLETE,
          OF("enum", "color", ""),
          { ERROR_("-32602", "Unknown argument: \\\"color\\\"") } },
        { COMPLETE,
          OF_URI("a:x", "colour", ""),
          { ERROR_("-32602", "Unknown resource template: \\\"a:x\\\"") } },
        { COMPLETE,
          OF_URI("b:{x}", "y", ""),
          { ERROR_("-32602", "Unknown argument: \\\"y\\\"") } },
        { COMPLETE,
          OF("count", "n", "none"),
          { ERROR_("-32603", "Input/output error") } },
        { COMPLETE, OF("count", "n", "3"), { ERROR_("-32603", "three") } },
        { COMPLETE,
          OF("slow", "n", ""),
          { ERROR_DATA_("-32000", "The call took too long", "{\"reason\":\"timeout\"}"),
            NULL, NULL, NULL,
            ERROR_DATA_("-32603", "The call took too long",
                        "{\"reason\":\"timeout\"}") } },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* How many times the text stands in another. */
static unsigned count_of(const char *all, const char *part)
{
    unsigned n = 0;

    for (const char *at = strstr(all, part); at; at = strstr(at + 1, part))
        n++;
    return n;
}

static void a_hundred_values_at_the_most(void)
{
    static const struct {
        const char *params, *end;
        unsigned n;
    } cases[] = {
        { OF("count", "n", "100"), "],\"total\":100,\"hasMore\":false}}", 100 },
        { OF("count", "n", "101"), "],\"total\":101,\"hasMore\":true}}", 100 },
        { OF("count", "n", "5000"), "],\"total\":5000,\"hasMore\":true}}", 100 },
        { OF("count", "city", "2"), "],\"total\":1000,\"hasMore\":true}}", 2 },
        { OF("count", "city", "1001"), "],\"total\":1001,\"hasMore\":true}}", 100 },
        { OF("count", "n", "0"), "[],\"total\":0,\"hasMore\":false}}", 0 },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL) && stage_greet(&stage, 3));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = stage_ask(&stage, COMPLETE, cases[i].params);

        CHECK(strstr(got, cases[i].end));
        CHECK_INT(count_of(got, "\"x\""), cases[i].n);
    }
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

static void values_have_the_limit_of_results(void)
{
    struct stage stage;

    CHECK(begin(&stage, "result_bytes=200") && stage_greet(&stage, 3));
    CHECK_STR(stage_ask(&stage, COMPLETE, OF("count", "n", "60")),
              ERROR_("-32603", "a configured limit was reached"));
    CHECK_INT(mcps_server_get_limit_hits(stage.scene.server, MCPS_LIMIT_RESULT_BYTES), 1);
out:
    CHECK_AFTER(stage_end(&stage));
}

static void the_capability_is_declared_from_2025_03_26_on(void)
{
    struct stage stage;

    CHECK(begin(&stage, NULL));
    for (int i = 0; i < N_REVISIONS - 1; i++) {
        CHECK(stage_greet(&stage, i));
        CHECK_INT(strstr(stage.wire.messages[0], "\"completions\":{}") != NULL, i > 0);
    }
    CHECK(stage_greet(&stage, N_REVISIONS - 1));
    CHECK(strstr(stage_ask(&stage, "server/discover", ""), "\"completions\":{}"));
out:
    CHECK_AFTER(stage_end(&stage));
}

const struct unit_test completion_tests[] = {
    UNIT_TEST_ONCE(arguments_complete_in_each_revision, "it has threads"),
    UNIT_TEST_ONCE(the_context_is_known_from_2025_06_18_on, "it has threads"),
    UNIT_TEST_ONCE(wrong_questions_are_told_what_is_wrong, "it has threads"),
    UNIT_TEST_ONCE(a_hundred_values_at_the_most, "it has threads"),
    UNIT_TEST_ONCE(values_have_the_limit_of_results, "it has threads"),
    UNIT_TEST_ONCE(the_capability_is_declared_from_2025_03_26_on, "it has threads"),
    UNIT_END,
};
