/* SPDX-License-Identifier: MIT */
/* Prompts: what is listed, what is got, and what is refused. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "offers.h"

/* ---- handlers ---- */

static const char *const colours[] = { "red", "green", NULL };

/* Has a handler say why it fails. */
static char told[] = "told";

#define ALL(ARG, S)                                                                 \
    ARG(S, STRING, who, "For whom", MCPS_REQUIRED, .max_length = 5, .title = "Who") \
    ARG(S, ENUM, colour, NULL, MCPS_OPTIONAL, .choices = colours)                   \
    ARG(S, INT, count, "How many", MCPS_OPTIONAL, MCPS_RANGE(1, 9))                 \
    ARG(S, NUMBER, ratio, NULL, MCPS_OPTIONAL)                                      \
    ARG(S, BOOL, loud, NULL, MCPS_OPTIONAL)
MCPS_ARGS(all, ALL);

MCPS_PROMPT_HANDLER(said, all)
{
    (void)userdata;
    return mcps_call_text(call, "%s %s %lld %g %d", args->who, colours[args->colour],
                          (long long)args->count, args->ratio, args->loud);
}

MCPS_PROMPT_HANDLER(talk, mcps_no_args)
{
    const struct mcps_resource_link link = MCPS_RESOURCE_LINK(.uri = "a:l", .name = "l");
    int r = mcps_call_image(call, "a/b", mcps_blob_static("abc", 3));

    (void)args;
    (void)userdata;
    r = r < 0 ? r : mcps_call_role(call, MCPS_ROLE_ASSISTANT);
    r = r < 0 ? r : mcps_call_audio(call, "a/b", mcps_blob_static("abc", 3));
    r = r < 0 ? r : mcps_call_resource_text(call, "a:t", NULL, "t", 1);
    r = r < 0 ? r : mcps_call_role(call, MCPS_ROLE_USER);
    r = r < 0 ? r : mcps_call_resource_link(call, &link);
    r = r < 0 ? r : mcps_call_content_meta(call, "{\"a\":1}");
    r = r < 0 ? r : mcps_call_description(call, "first");
    r = r < 0 ? r : mcps_call_description(call, "\"second\"");
    return r < 0 ? r : mcps_call_meta(call, "m", "1");
}

/* Says what it got. */
static int plain(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)userdata;
    return mcps_call_text(call, "%s", json_object_to_json_string_ext(args, 0));
}

static int fail(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    mcps_call_text(call, "never seen");
    return userdata ? mcps_call_fail(call, "it \"failed\"") : -EIO;
}

static int be_busy(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return MCPS_EBUSY;
}

static int sleep_long(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_sleep_ms(call, WATCHDOG_MS);
}

/* What no prompt may say, each with its error. */
static int say_wrong(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *tree = json_object_new_object();
    int wrong = 0;

    (void)userdata;
    (void)args;
    wrong += mcps_call_structured(call, tree) != -EINVAL;
    wrong += mcps_call_role(call, (enum mcps_role)2) != -EINVAL;
    wrong += mcps_complete_value(call, "x") != -EINVAL;
    wrong += mcps_complete_total(call, 1, true) != -EINVAL;
    wrong += mcps_complete_context(call, "x") != NULL;
    wrong += mcps_call_uri(call) != NULL;
    wrong += mcps_call_resource_text(call, NULL, NULL, "x", 1) != -EINVAL;
    json_object_put(tree);
    return mcps_call_text(call, "%d", wrong);
}

static int say_wrong_as_tool(mcps_call *call, struct json_object *args, void *userdata)
{
    int wrong = 0;

    (void)args;
    (void)userdata;
    wrong += mcps_call_role(call, MCPS_ROLE_USER) != -EINVAL;
    wrong += mcps_call_description(call, "x") != -EINVAL;
    return mcps_call_text(call, "%d", wrong);
}

static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT(said, all, "Says", .title = "Sayer", .icons = "[{\"src\":\"data:,\"}]",
                .meta = "{\"x/y\":1}"),
    MCPS_PROMPT(talk, mcps_no_args, "Talks"),
    MCPS_PROMPT_STRUCT(.name = "plain", .handler = plain),
    MCPS_PROMPT_STRUCT(.name = "error", .handler = fail),
    MCPS_PROMPT_STRUCT(.name = "fail", .handler = fail, .userdata = told),
    MCPS_PROMPT_STRUCT(.name = "busy", .handler = be_busy),
    MCPS_PROMPT_STRUCT(.name = "slow", .handler = sleep_long, .timeout_ms = 1),
    MCPS_PROMPT_STRUCT(.name = "wrong", .handler = say_wrong),
    MCPS_PROMPT_STRUCT(.name = "needy", .handler = plain, .needs = MCPS_CLIENT_SAMPLING),
    MCPS_PROMPT_STRUCT(.name = "off", .handler = plain),
};
enum { N_PROMPTS = sizeof prompts / sizeof prompts[0] };

static bool begin(struct stage *stage)
{
    const char *const off = "off";

    return stage_open(stage, NULL) &&
           mcps_server_add_prompts(stage->scene.server, prompts, N_PROMPTS) >= 0 &&
           mcps_server_disable(stage->scene.server, MCPS_PROMPTS, &off, 1) >= 0 &&
           stage_start(stage);
}

/* ---- lists ---- */

#define REST                                                                            \
    "{\"name\":\"talk\",\"description\":\"Talks\"},{\"name\":\"plain\"},{\"name\":"     \
    "\"error\"},{\"name\":\"fail\"},{\"name\":\"busy\"},{\"name\":\"slow\"},{\"name\":" \
    "\"wrong\"},{\"name\":\"needy\"}]"
#define ARGS(title)                                                                  \
    "\"arguments\":[{\"name\":\"who\"," title                                        \
    "\"description\":\"For whom\",\"required\":"                                     \
    "true},{\"name\":\"colour\"},{\"name\":\"count\",\"description\":\"How many\"}," \
    "{\"name\":\"ratio\"},{\"name\":\"loud\"}]"
#define OLD_LIST \
    "\"prompts\":[{\"name\":\"said\",\"description\":\"Says\"," ARGS("") "}," REST
#define LIST(more)                                                                        \
    "\"prompts\":[{\"name\":\"said\",\"title\":\"Sayer\",\"description\":\"Says\"," ARGS( \
        "\"title\":\"Who\",") more ",\"_meta\":{\"x/y\":1}}," REST
#define ICONS ",\"icons\":[{\"src\":\"data:,\"}]"

static void prompts_are_listed_as_each_revision_knows_them(void)
{
    static const struct reply replies[] = {
        { "prompts/list",
          "",
          { RESULT_(OLD_LIST), NULL, RESULT_(LIST("")), RESULT_(LIST(ICONS)),
            RESULT_(LIST(ICONS) ",\"ttlMs\":0,\"cacheScope\":\"public\"") } },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, 1));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- getting ---- */

#define MESSAGE(role, content) "{\"role\":\"" role "\",\"content\":{" content "}}"
#define SAID(text)             MESSAGE("user", "\"type\":\"text\",\"text\":\"" text "\"")
#define GOT(messages)          RESULT_("\"messages\":[" messages "]")
#define GOT_SAID(text)         RESULT_("\"messages\":[" SAID(text) "],\"description\":\"Says\"")
#define TALKED(audio, link)                                                                                                  \
    RESULT_(                                                                                                                 \
        "\"messages\":[" MESSAGE("user", "\"type\":\"image\",\"data\":\"YWJj\",\"mimeType\":\"a/b\"") "," audio "," MESSAGE( \
            "assistant",                                                                                                     \
            "\"type\":\"resource\",\"resource\":{\"uri\":\"a:t\",\"text\":\"t\"}") "," link                                  \
                                                                                   "],\"description\":\"\\\"second\\\"\"")
#define NO_AUDIO \
    MESSAGE("assistant", "\"type\":\"text\",\"text\":\"[audio: a/b, 3 bytes]\"")
#define AUDIO \
    MESSAGE("assistant", "\"type\":\"audio\",\"data\":\"YWJj\",\"mimeType\":\"a/b\"")
#define NO_LINK SAID("[resource: l, a:l]")
#define A_LINK                                                                   \
    MESSAGE("user", "\"type\":\"resource_link\",\"uri\":\"a:l\",\"name\":\"l\"," \
                    "\"_meta\":{\"a\":1}")

static void prompts_are_got_as_each_revision_knows_them(void)
{
    static const struct reply replies[] = {
        { "prompts/get",
          "\"name\":\"said\",\"arguments\":{\"who\":\"me\",\"colour\":\"green\",\"count\":"
          "\"3\",\"ratio\":\"1.5\",\"loud\":\"true\"}",
          { GOT_SAID("me green 3 1.5 1") } },
        { "prompts/get",
          "\"name\":\"said\", \"arguments\" : { \"wh\\u006f\" : \"\\\"\\\\\" }",
          { GOT_SAID("\\\"\\\\ red 0 0 0") } },
        { "prompts/get",
          "\"name\":\"plain\",\"arguments\":{\"a\":\"1\",\"b\":\"\"}",
          { GOT(SAID("{\\\"a\\\":\\\"1\\\",\\\"b\\\":\\\"\\\"}")) } },
        { "prompts/get", "\"name\":\"plain\",\"arguments\":{ }", { GOT(SAID("{}")) } },
        { "prompts/get", "\"name\":\"plain\"", { GOT(SAID("{}")) } },
        { "prompts/get", "\"name\":\"wrong\"", { GOT(SAID("0")) } },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

static void messages_have_all_content_and_roles(void)
{
    static const char *const wants[] = { TALKED(NO_AUDIO, NO_LINK),
                                         TALKED(AUDIO, NO_LINK), TALKED(AUDIO, A_LINK),
                                         TALKED(AUDIO, A_LINK) };
    struct stage stage;
    char want[1024];

    CHECK(begin(&stage));
    for (int i = 0; i < N_REVISIONS - 1; i++) {
        unit_note_on_failure("%s", revisions[i]);
        CHECK(stage_greet(&stage, i));
        snprintf(want, sizeof want, "%.*s,\"_meta\":{\"m\":1}}",
                 (int)strlen(wants[i]) - 1, wants[i]);
        CHECK_STR(stage_ask(&stage, "prompts/get", "\"name\":\"talk\""), want);
    }
    CHECK(stage_greet(&stage, N_REVISIONS - 1));
    stage_ask(&stage, "prompts/get", "\"name\":\"talk\"");
    CHECK(strstr(stage.wire.messages[0], A_LINK "],\"description\":\"\\\"second\\\"\","
                                                "\"_meta\":{\"m\":1,\"io."));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- what is refused ---- */

#define GET(arguments) "\"name\":\"said\",\"arguments\":{" arguments "}"
#define NO_STRING(name)                                                \
    {                                                                  \
        ERROR_("-32602", "argument \\\"" name "\\\" must be a string") \
    }

static void arguments_are_strings(void)
{
    static const struct reply replies[] = {
        { "prompts/get", GET("\"who\":1"), NO_STRING("who") },
        { "prompts/get", GET("\"who\":\"x\",\"count\":3"), NO_STRING("count") },
        { "prompts/get", GET("\"who\" : true"), NO_STRING("who") },
        { "prompts/get", GET("\"who\":null"), NO_STRING("who") },
        { "prompts/get", GET("\"who\":[\"x\"]"), NO_STRING("who") },
        { "prompts/get", GET("\"a\":\"\\\\\\\"\", \"who\": {\"x\":\"y\"}"),
          NO_STRING("who") },
        { "prompts/get", "\"name\":\"plain\",\"arguments\":{\"a\":{}}", NO_STRING("a") },
        { "prompts/get",
          "\"name\":\"plain\",\"arguments\":{\"a\":\"b\\u0000\"}",
          { ERROR_("-32602",
                   "argument \\\"a\\\" must be a string without NUL characters") } },
        { "prompts/get",
          GET("\"who\":\"x\",\"count\":\"1.5\""),
          { ERROR_("-32602",
                   "argument \\\"count\\\": expected an integer from 1 to 9, got "
                   "\\\"1.5\\\"") } },
        { "prompts/get",
          GET("\"who\":\"x\",\"count\":\"10\""),
          { ERROR_("-32602",
                   "argument \\\"count\\\": expected an integer from 1 to 9, got "
                   "10") } },
        { "prompts/get",
          "\"name\":\"said\"",
          { ERROR_("-32602", "argument \\\"who\\\" is missing: expected a string of at "
                             "most 5 characters (For whom)") } },
        { "prompts/get",
          GET("\"who\":\"x\",\"foo\":\"\""),
          { ERROR_("-32602",
                   "unknown argument \\\"foo\\\": there are \\\"who\\\", \\\"colour\\\", "
                   "\\\"count\\\", \\\"ratio\\\", \\\"loud\\\"") } },
        { "prompts/get",
          "\"name\":\"said\",\"arguments\":[]",
          { ERROR_("-32602", "arguments must be an object of strings") } },
        { "prompts/get",
          "\"name\":1",
          { ERROR_("-32602", "prompts/get needs name, a string") } },
        { "prompts/get", "", { ERROR_("-32602", "prompts/get needs name, a string") } },
        { "prompts/get",
          "\"name\":\"nobody\"",
          { ERROR_("-32602", "Unknown prompt: \\\"nobody\\\"") } },
        { "prompts/get",
          "\"name\":\"off\"",
          { ERROR_("-32602", "Disabled prompt: \\\"off\\\"") } },
        { "prompts/list",
          "\"cursor\":\"x\"",
          { ERROR_("-32602", "this cursor is none that the server gave") } },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK_INT(scene_stats(&stage.scene).bad_messages > 0, 1);
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

static void what_goes_wrong_is_an_error(void)
{
    static const struct reply replies[] = {
        { "prompts/get", "\"name\":\"fail\"", { ERROR_("-32603", "it \\\"failed\\\"") } },
        { "prompts/get",
          "\"name\":\"error\"",
          { ERROR_("-32603", "Input/output error") } },
        { "prompts/get",
          "\"name\":\"busy\"",
          { ERROR_DATA_("-32000", "Server busy", "{\"reason\":\"busy\"}"), NULL, NULL,
            NULL, ERROR_DATA_("-32603", "Server busy", "{\"reason\":\"busy\"}") } },
        { "prompts/get",
          "\"name\":\"needy\"",
          { ERROR_("-32600", "This prompt needs a client that has declared more: "
                             "{\\\"requiredCapabilities\\\":{\\\"sampling\\\":{}}}"),
            NULL, NULL, NULL,
            ERROR_DATA_("-32021", "Missing required client capability",
                        "{\"requiredCapabilities\":{\"sampling\":{}}}") } },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    /* Its own time is up: no model is there to be told. */
    CHECK(strstr(stage_ask(&stage, "prompts/get", "\"name\":\"slow\""), "\"error\""));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

static void tools_are_no_prompts(void)
{
    static const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "wrong", .handler = say_wrong_as_tool);
    struct stage stage;

    CHECK(stage_open(&stage, NULL));
    CHECK_INT(mcps_server_add_tools(stage.scene.server, &tool, 1) >= 0, 1);
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    CHECK_STR(stage_ask(&stage, "tools/call", "\"name\":\"wrong\""),
              RESULT_("\"content\":[{\"type\":\"text\",\"text\":\"0\"}]"));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* A server that never offered any has none of the methods, and does not declare them; one that
 * offers the first while it runs has them from then on. */
static void methods_come_with_what_is_offered(void)
{
    static const char *const methods[] = { "prompts/list",   "prompts/get",
                                           "resources/list", "resources/templates/list",
                                           "resources/read", "completion/complete" };
    static const struct mcps_prompt one =
        MCPS_PROMPT_STRUCT(.name = "plain", .handler = plain);
    struct stage stage;
    char want[128];

    CHECK(stage_open(&stage, NULL) && stage_start(&stage));
    for (int revision = 0; revision < N_REVISIONS; revision++) {
        CHECK(stage_greet(&stage, revision));
        if (revision < N_REVISIONS - 1)
            CHECK(!strstr(stage.wire.messages[0], "prompts") &&
                  !strstr(stage.wire.messages[0], "completions"));
        for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
            snprintf(want, sizeof want, NO_METHOD_("%s"), methods[i]);
            CHECK_STR(stage_ask(&stage, methods[i], ""), want);
        }
    }
    CHECK_INT(mcps_server_add_prompts(stage.scene.server, &one, 1) >= 0, 1);
    CHECK(stage_greet(&stage, 1));
    CHECK(strstr(stage.wire.messages[0], "\"prompts\":{\"listChanged\":true}}"));
    CHECK_STR(stage_ask(&stage, "prompts/get", "\"name\":\"plain\""), GOT(SAID("{}")));
    CHECK_STR(stage_ask(&stage, "completion/complete", ""),
              NO_METHOD_("completion/complete"));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* The description counts, and one in place of another counts in its place. */
static int describe(mcps_call *call, struct json_object *args, void *userdata)
{
    static char text[1000];
    int wrong = 0;

    (void)args;
    (void)userdata;
    memset(text, 'x', sizeof text - 1);
    text[700] = '\0';
    for (int i = 0; i < 5; i++)
        wrong += mcps_call_description(call, text) != 0;
    text[700] = 'x';
    wrong += mcps_call_description(call, text) != MCPS_ELIMIT;
    wrong += mcps_call_text(call, "%.500s", text) != MCPS_ELIMIT;
    wrong += mcps_call_description(call, NULL) != 0;
    wrong += mcps_call_text(call, "%.500s", text) != 0;
    return wrong ? -EIO : 0;
}

static void a_description_has_the_limit_of_results(void)
{
    static const struct mcps_prompt one =
        MCPS_PROMPT_STRUCT(.name = "describe", .handler = describe);
    struct stage stage;

    CHECK(stage_open(&stage, "result_bytes=1000"));
    CHECK_INT(mcps_server_add_prompts(stage.scene.server, &one, 1) >= 0, 1);
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    CHECK(
        strstr(stage_ask(&stage, "prompts/get", "\"name\":\"describe\""), "xxxx\"}}]}"));
    CHECK_INT(mcps_server_get_limit_hits(stage.scene.server, MCPS_LIMIT_RESULT_BYTES), 2);
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- adding ---- */

static unsigned n_destroyed;

static void count_destroy(void *userdata)
{
    (void)userdata;
    n_destroyed++;
}

#define LISTED(ARG, S) ARG(S, LIST(INT), items, NULL, MCPS_OPTIONAL)
MCPS_ARGS(listed, LISTED);

static int typed(mcps_call *call, const void *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return 0;
}

#define TYPED(S) .typed = typed, .args = S##_fields, .args_size = sizeof(struct S)

static void wrong_prompts_are_named_in_the_log(void)
{
    static const struct {
        struct mcps_prompt prompt;
        const char *why;
    } wrong[] = {
        { { .name = "x", .handler = plain }, "has no struct_size" },
        { MCPS_PROMPT_STRUCT(.handler = plain), "has no name" },
        { MCPS_PROMPT_STRUCT(.name = "a b", .handler = plain), "a b has no name" },
        { MCPS_PROMPT_STRUCT(.name = "x"), "x has no handler" },
        { MCPS_PROMPT_STRUCT(.name = "x", .handler = plain, .typed = typed),
          "two handlers" },
        { MCPS_PROMPT_STRUCT(.name = "x", .typed = typed), "no table" },
        { MCPS_PROMPT_STRUCT(.name = "x", .handler = plain, .args = all_fields),
          "no typed handler" },
        { MCPS_PROMPT_STRUCT(.name = "x", TYPED(listed)),
          "no string can be the value of \"items\"" },
        { MCPS_PROMPT_STRUCT(.name = "x", .handler = plain, .meta = "[]"), "meta" },
        { MCPS_PROMPT_STRUCT(.name = "x", .handler = plain, .executor = "y"),
          "no executor" },
    };
    struct scene scene = { .server = NULL };

    n_destroyed = 0;
    CHECK(scene_open(&scene, 1, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mcps_prompt prompt = wrong[i].prompt;

        unit_note_on_failure("%s", wrong[i].why);
        prompt.destroy = count_destroy;
        CHECK_INT(mcps_server_add_prompts(scene.server, &prompt, 1), -EINVAL);
        CHECK(scene_logged(&scene, wrong[i].why) > 0);
        CHECK_INT(n_destroyed, prompt.struct_size > 0 ? i : 0);
    }
out:
    CHECK_AFTER(scene_close(&scene));
}

/* With every allocation failing in turn. */
static void adding_prompts_is_all_or_nothing(void)
{
    struct mcps_prompt prompt =
        MCPS_PROMPT(said, all, "Says", .title = "T", .icons = "[]");
    mcps_server *server = NULL;
    int r;

    prompt.destroy = count_destroy;
    n_destroyed = 0;
    CHECK_INT(mcps_server_new(&server, NULL), 0);
    r = mcps_server_add_prompts(server, &prompt, 1);
    CHECK_INT(n_destroyed, r < 0);
    CHECK(r >= 0);
out:
    server = mcps_server_unref(server);
    CHECK_AFTER(!server);
}

const struct unit_test prompt_tests[] = {
    UNIT_TEST_ONCE(prompts_are_listed_as_each_revision_knows_them, "it has threads"),
    UNIT_TEST_ONCE(prompts_are_got_as_each_revision_knows_them, "it has threads"),
    UNIT_TEST_ONCE(messages_have_all_content_and_roles, "it has threads"),
    UNIT_TEST_ONCE(arguments_are_strings, "it has threads"),
    UNIT_TEST_ONCE(what_goes_wrong_is_an_error, "it has threads"),
    UNIT_TEST_ONCE(tools_are_no_prompts, "it has threads"),
    UNIT_TEST_ONCE(methods_come_with_what_is_offered, "it has threads"),
    UNIT_TEST_ONCE(a_description_has_the_limit_of_results, "it has threads"),
    UNIT_TEST_ONCE(wrong_prompts_are_named_in_the_log, "it looks at the log"),
    UNIT_TEST(adding_prompts_is_all_or_nothing),
    UNIT_END,
};
