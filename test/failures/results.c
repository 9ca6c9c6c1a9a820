/* SPDX-License-Identifier: MIT */
/* Results with every kind of content: the exact bytes that each revision gets of them. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "props.h"
#include "results.h"

static const char *const versions[] = { "2024-11-05", "2025-03-26", "2025-06-18",
                                        "2025-11-25" };
enum { N_VERSIONS = sizeof versions / sizeof versions[0] };

/* ---- what is said, and what comes of it ---- */

/* A handler says something, and says what it got for that. */
struct saying {
    const char *name;
    int (*say)(mcps_call *call);
    const char *want[N_VERSIONS]; /* the result; NULL: as the one before */
};

static const struct saying *said;
static atomic_int said_result;

static int say(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_store(&said_result, said->say(call));
    return 0;
}

static const struct mcps_tool say_tool = MCPS_TOOL_STRUCT(.name = "say", .handler = say);

#define TEXT_(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define CONTENT_(x) "{\"content\":[" x "]}"

static int say_image(mcps_call *call)
{
    return mcps_call_image(call, "image/png", mcps_blob_copy("abcd", 4));
}

static int say_no_image(mcps_call *call)
{
    return mcps_call_image(call, "image/\"x\"", mcps_blob_static(NULL, 0));
}

static int say_audio(mcps_call *call)
{
    return mcps_call_audio(call, "audio/wav", mcps_blob_static("abc", 3));
}

static int say_resource_text(mcps_call *call)
{
    int r = mcps_call_resource_text(call, "file:///a%C3%A4", "text/plain", "x\n\xff", 3);

    return r < 0 ? r : mcps_call_resource_text(call, "b:", NULL, "", 0);
}

static int say_resource_blob(mcps_call *call)
{
    int r = mcps_call_resource_blob(call, "a:b", "a/b", mcps_blob_copy("12345", 5));

    return r < 0 ? r : mcps_call_resource_blob(call, "c:d", NULL, mcps_blob_copy("6", 1));
}

static int say_link(mcps_call *call)
{
    const struct mcps_resource_link link =
        MCPS_RESOURCE_LINK(.uri = "file:///a", .name = "a\"b", .title = "T",
                           .description = "D", .mime = "a/b", .size = 12345678901,
                           .icons = "[\n{\"src\":\"x:y\"}]");

    return mcps_call_resource_link(call, &link);
}

static int say_short_link(mcps_call *call)
{
    struct mcps_resource_link link =
        MCPS_RESOURCE_LINK(.uri = "a:b", .name = "n", .title = "not known of");

    link.struct_size = offsetof(struct mcps_resource_link, title);
    return mcps_call_resource_link(call, &link);
}

static int say_annotated(mcps_call *call)
{
    static const double half = 0.5;
    const struct mcps_annotations all =
        MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER | MCPS_FOR_ASSISTANT,
                         .priority = &half, .last_modified = "2025-01-12T15:00:58Z");
    const struct mcps_annotations user = MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER);
    int r = mcps_call_text(call, "one");

    r = r < 0 ? r : mcps_call_annotate(call, &all);
    r = r < 0 ? r : mcps_call_image(call, "a/b", mcps_blob_static("xyz", 3));
    r = r < 0 ? r : mcps_call_annotate(call, &user);
    return r < 0 ? r : mcps_call_text(call, "two");
}

static int say_content_meta(mcps_call *call)
{
    int r = mcps_call_resource_blob(call, "a:", NULL, mcps_blob_static("1", 1));

    r = r < 0 ? r : mcps_call_content_meta(call, "{\"com.example/a\":\n[1]}");
    return r < 0 ? r : mcps_call_text(call, "x");
}

static int say_meta(mcps_call *call)
{
    int r = mcps_call_meta(call, "com.example/a", "{\"b\":[1,\r\n2]}");

    r = r < 0 ? r : mcps_call_text(call, "x");
    return r < 0 ? r : mcps_call_meta(call, "b", "null");
}

static int say_tree(mcps_call *call, const char *json)
{
    struct json_object *tree = json_tokener_parse(json);
    int r = mcps_call_structured(call, tree);

    json_object_put(tree);
    return r;
}

static int say_structured(mcps_call *call)
{
    return say_tree(call, "{\"a\":\"b\\\\\",\"c\":[1]}");
}

static int say_structured_and_text(mcps_call *call)
{
    int r = say_tree(call, "{\"a\":1}");

    r = r < 0 ? r : mcps_call_text(call, "x");
    return r < 0 ? r : say_tree(call, "{\"a\":2}");
}

static int say_no_object(mcps_call *call)
{
    return say_tree(call, "[1,\"2\"]");
}

static int say_all(mcps_call *call)
{
    int r = say_tree(call, "{}");

    r = r < 0 ? r : mcps_call_meta(call, "m", "1");
    return r < 0 ? r : mcps_call_fail(call, "no");
}

#define LINK_(icons)                                                         \
    "{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"a\\\"b\"," \
    "\"title\":\"T\",\"description\":\"D\",\"mimeType\":\"a/b\","            \
    "\"size\":12345678901" icons "}"
#define IMAGE_     "{\"type\":\"image\",\"data\":\"eHl6\",\"mimeType\":\"a/b\""
#define NOTES_     ",\"annotations\":{\"audience\":[\"user\",\"assistant\"],\"priority\":0.5"
#define JSON_TEXT_ "{\\\"a\\\":\\\"b\\\\\\\\\\\",\\\"c\\\":[1]}"

static const struct saying sayings[] = {
    { "image",
      say_image,
      { CONTENT_("{\"type\":\"image\",\"data\":\"YWJjZA==\","
                 "\"mimeType\":\"image/png\"}") } },
    { "empty image",
      say_no_image,
      { CONTENT_("{\"type\":\"image\",\"data\":\"\","
                 "\"mimeType\":\"image/\\\"x\\\"\"}") } },
    { "audio",
      say_audio,
      { CONTENT_(TEXT_("[audio: audio/wav, 3 bytes]")),
        CONTENT_("{\"type\":\"audio\",\"data\":\"YWJj\",\"mimeType\":\"audio/wav\"}") } },
    { "resource with text",
      say_resource_text,
      { CONTENT_("{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///a%C3%A4\","
                 "\"mimeType\":\"text/plain\",\"text\":\"x\\n\xef\xbf\xbd\"}},"
                 "{\"type\":\"resource\",\"resource\":{\"uri\":\"b:\","
                 "\"text\":\"\"}}") } },
    { "resource with a blob",
      say_resource_blob,
      { CONTENT_("{\"type\":\"resource\",\"resource\":{\"uri\":\"a:b\","
                 "\"mimeType\":\"a/b\",\"blob\":\"MTIzNDU=\"}},"
                 "{\"type\":\"resource\",\"resource\":{\"uri\":\"c:d\","
                 "\"blob\":\"Ng==\"}}") } },
    { "link",
      say_link,
      { CONTENT_(TEXT_("[resource: a\\\"b, file:///a]")), NULL, CONTENT_(LINK_("")),
        CONTENT_(LINK_(",\"icons\":[ {\"src\":\"x:y\"}]")) } },
    { "short link",
      say_short_link,
      { CONTENT_(TEXT_("[resource: n, a:b]")), NULL,
        CONTENT_("{\"type\":\"resource_link\",\"uri\":\"a:b\",\"name\":\"n\"}") } },
    { "annotations",
      say_annotated,
      { CONTENT_("{\"type\":\"text\",\"text\":\"one\"" NOTES_ "}}," IMAGE_
                 ",\"annotations\":{\"audience\":[\"user\"]}}," TEXT_("two")),
        NULL,
        CONTENT_("{\"type\":\"text\",\"text\":\"one\"" NOTES_
                 ",\"lastModified\":\"2025-01-12T15:00:58Z\"}}," IMAGE_
                 ",\"annotations\":{\"audience\":[\"user\"]}}," TEXT_("two")) } },
    { "_meta of a block",
      say_content_meta,
      { CONTENT_("{\"type\":\"resource\",\"resource\":{\"uri\":\"a:\","
                 "\"blob\":\"MQ==\"}}," TEXT_("x")),
        NULL,
        CONTENT_(
            "{\"type\":\"resource\",\"resource\":{\"uri\":\"a:\","
            "\"blob\":\"MQ==\"},\"_meta\":{\"com.example/a\": [1]}}," TEXT_("x")) } },
    { "_meta",
      say_meta,
      { "{\"content\":[" TEXT_(
          "x") "],\"_meta\":{\"com.example/a\":{\"b\":[1,  2]},\"b\":null}}" } },
    { "structured",
      say_structured,
      { CONTENT_(TEXT_(JSON_TEXT_)), NULL,
        "{\"content\":[" TEXT_(JSON_TEXT_) "],\"structuredContent\":"
                                           "{\"a\":\"b\\\\\",\"c\":[1]}}" } },
    { "structured, and a text",
      say_structured_and_text,
      { CONTENT_(TEXT_("x")), NULL,
        "{\"content\":[" TEXT_("x") "],\"structuredContent\":{\"a\":2}}" } },
    { "no object", say_no_object, { CONTENT_(TEXT_("[1,\\\"2\\\"]")) } },
    { "all members",
      say_all,
      { "{\"content\":[" TEXT_("no") "],\"isError\":true,\"_meta\":{\"m\":1}}", NULL,
        "{\"content\":[" TEXT_(
            "no") "],\"structuredContent\":{},\"isError\":true,\"_meta\":{\"m\":1}}" } },
};
enum { N_SAYINGS = sizeof sayings / sizeof sayings[0] };

static bool is_said(struct wire *wire, const char *want)
{
    char text[2000];

    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":%s}", want);
    atomic_store(&said_result, 1);
    return wire_call(wire, "2", "say", NULL) && wire_next(wire, WATCHDOG_MS) &&
           unit_check_int(atomic_load(&said_result), 0, "what the handler got", __FILE__,
                          __LINE__) &&
           unit_check_str(wire->messages[wire->next - 1], text, "the answer", __FILE__,
                          __LINE__);
}

static void each_revision_gets_what_it_knows(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(scene_start(&scene, 2, NULL, &say_tool, 1));
    for (unsigned v = 0; v < N_VERSIONS; v++) {
        CHECK(wire_connect(&wire, &scene, NULL));
        CHECK(wire_init(&wire, versions[v], "{}"));
        wire_next(&wire, WATCHDOG_MS);
        for (unsigned i = 0; i < N_SAYINGS; i++) {
            unsigned known = v;

            while (!sayings[i].want[known])
                known--;
            said = &sayings[i];
            unit_note_on_failure("%s in %s", said->name, versions[v]);
            CHECK(is_said(&wire, said->want[known]));
        }
        wire_free(&wire);
    }
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    unit_note_on_failure("%s", "");
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- what is refused ---- */

static unsigned n_wrong;

static void expect(int got, int want, const char *what)
{
    if (got != want)
        n_wrong++;
    if (got != want)
        unit_note("%s: got %s, not %s", what, mcps_error_name(got),
                  mcps_error_name(want));
}

#define EXPECT(call, want) expect((call), (want), #call)

static void say_wrong_names(mcps_call *call)
{
    static const char *const bad[] = { NULL, "", "a\n", "\x7f", "\xff", "a\xc2\x85" };
    static const char *const no_uris[] = { "notes/1", "a: b", "a:%zz", "a:\xc3\xbc" };
    struct mcps_resource_link link = MCPS_RESOURCE_LINK(.uri = "a:", .name = "n");
    const struct mcps_blob blob = mcps_blob_static("x", 1);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT(mcps_call_image(call, bad[i], blob), -EINVAL);
        EXPECT(mcps_call_audio(call, bad[i], blob), -EINVAL);
        EXPECT(mcps_call_resource_text(call, bad[i], NULL, "x", 1), -EINVAL);
        EXPECT(mcps_call_resource_blob(call, bad[i], NULL, blob), -EINVAL);
        link.uri = bad[i];
        EXPECT(mcps_call_resource_link(call, &link), -EINVAL);
        link.uri = "a:";
        link.name = bad[i];
        EXPECT(mcps_call_resource_link(call, &link), -EINVAL);
        link.name = "n";
        if (!bad[i])
            continue;
        link.mime = bad[i];
        EXPECT(mcps_call_resource_link(call, &link), -EINVAL);
        link.mime = NULL;
        EXPECT(mcps_call_resource_text(call, "a:", bad[i], "x", 1), -EINVAL);
        EXPECT(mcps_call_resource_blob(call, "a:", bad[i], blob), -EINVAL);
    }
    for (size_t i = 0; i < sizeof no_uris / sizeof no_uris[0]; i++) {
        EXPECT(mcps_call_resource_text(call, no_uris[i], NULL, "x", 1), -EINVAL);
        EXPECT(mcps_call_resource_blob(call, no_uris[i], NULL, blob), -EINVAL);
        link.uri = no_uris[i];
        EXPECT(mcps_call_resource_link(call, &link), -EINVAL);
    }
    link.uri = "a:";
    link.icons = "{}";
    EXPECT(mcps_call_resource_link(call, &link), -EINVAL);
    link.struct_size = 0;
    EXPECT(mcps_call_resource_link(call, &link), -EINVAL);
    EXPECT(mcps_call_resource_link(call, NULL), -EINVAL);
}

static void say_wrong_annotations(mcps_call *call)
{
    const double wrong[] = { -0.1, 1.1, (double)NAN };
    struct mcps_annotations notes = MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER);

    EXPECT(mcps_call_annotate(call, &notes), -EINVAL); /* of nothing */
    EXPECT(mcps_call_content_meta(call, "{}"), -EINVAL);
    EXPECT(mcps_call_text(call, "x"), 0);
    notes.audience = 4;
    EXPECT(mcps_call_annotate(call, &notes), -EINVAL);
    notes.audience = 0;
    notes.last_modified = "";
    EXPECT(mcps_call_annotate(call, &notes), -EINVAL);
    notes.last_modified = NULL;
    for (unsigned i = 0; i < 3; i++) {
        notes.priority = &wrong[i];
        EXPECT(mcps_call_annotate(call, &notes), -EINVAL);
    }
    notes.priority = NULL;
    notes.struct_size = 0;
    EXPECT(mcps_call_annotate(call, &notes), -EINVAL);
    EXPECT(mcps_call_annotate(call, NULL), -EINVAL);
    notes.struct_size = sizeof notes;
    EXPECT(mcps_call_annotate(call, &notes), 0);
    EXPECT(mcps_call_annotate(call, &notes), -EALREADY);
    EXPECT(mcps_call_content_meta(call, NULL), -EINVAL);
    EXPECT(mcps_call_content_meta(call, "[]"), -EINVAL);
    EXPECT(mcps_call_content_meta(call, "{\"mcp.dev/a\":1}"), -EINVAL);
    EXPECT(mcps_call_content_meta(call, "{\"a\":1}"), 0);
    EXPECT(mcps_call_content_meta(call, "{\"a\":1}"), -EALREADY);
}

static void say_wrong_members(mcps_call *call)
{
    struct json_object *number = json_object_new_double((double)INFINITY);
    struct json_object *deep = json_object_new_array();

    for (int i = 0; i < 70; i++) {
        struct json_object *outer = json_object_new_array();

        json_object_array_add(outer, deep);
        deep = outer;
    }
    EXPECT(mcps_call_meta(call, NULL, "1"), -EINVAL);
    EXPECT(mcps_call_meta(call, "", "1"), -EINVAL);
    EXPECT(mcps_call_meta(call, "io.modelcontextprotocol/x", "1"), -EINVAL);
    EXPECT(mcps_call_meta(call, "a", NULL), -EINVAL);
    EXPECT(mcps_call_meta(call, "a", "{"), -EINVAL);
    EXPECT(mcps_call_meta(call, "a", "1"), 0);
    EXPECT(mcps_call_meta(call, "ab", "2"), 0);
    EXPECT(mcps_call_meta(call, "a", "2"), MCPS_EEXISTS);
    EXPECT(mcps_call_structured(call, number), -EINVAL);
    EXPECT(mcps_call_structured(call, deep), -EINVAL);
    json_object_put(number);
    json_object_put(deep);
}

static int say_wrong(mcps_call *call)
{
    n_wrong = 0;
    say_wrong_names(call);
    say_wrong_annotations(call);
    say_wrong_members(call);
    return n_wrong ? -1 : 0;
}

static void what_is_refused_leaves_no_trace(void)
{
    static const struct saying wrong = { "what is wrong", say_wrong, { NULL } };
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &say_tool, 1) >= 0);
    wire_next(&act.wire, WATCHDOG_MS);
    said = &wrong;
    CHECK(is_said(&act.wire,
                  "{\"content\":[{\"type\":\"text\",\"text\":\"x\",\"annotations\":{},"
                  "\"_meta\":{\"a\":1}}],\"_meta\":{\"a\":1,\"ab\":2}}"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- the limit ---- */

enum { LIMIT = 1000 };

static atomic_uint n_freed;

static void count_free(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_freed, 1);
}

/* As many of them as fit; one of each then has no room, whatever it is. */
static int say_up_to_the_limit(mcps_call *call)
{
    static const char bytes[LIMIT];
    const struct mcps_annotations notes = MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER);
    const int around =
        sizeof "{\"type\":\"image\",\"data\":\"\",\"mimeType\":\"a/b\"}" - 1;
    const size_t most = (size_t)(LIMIT - around) / 4 * 3;

    n_wrong = 0;
    atomic_store(&n_freed, 0);
    EXPECT(
        mcps_call_image(call, "a/b", mcps_blob_take(bytes, most + 1, count_free, NULL)),
        MCPS_ELIMIT);
    EXPECT(mcps_call_image(call, "a/b", mcps_blob_take(bytes, LIMIT, count_free, NULL)),
           MCPS_ELIMIT);
    EXPECT((int)atomic_load(&n_freed), 2);
    EXPECT(mcps_call_image(call, "a/b", mcps_blob_take(bytes, most, count_free, NULL)),
           0);
    EXPECT((int)atomic_load(&n_freed), 2);
    EXPECT(mcps_call_text(call, "x"), MCPS_ELIMIT);
    EXPECT(mcps_call_annotate(call, &notes), MCPS_ELIMIT);
    EXPECT(mcps_call_content_meta(call, "{\"a\":1}"), MCPS_ELIMIT);
    EXPECT(mcps_call_meta(call, "a", "1"), MCPS_ELIMIT);
    EXPECT(say_tree(call, "{}"), MCPS_ELIMIT);
    EXPECT(mcps_call_resource_blob(call, "a:", NULL, mcps_blob_static(NULL, 0)),
           MCPS_ELIMIT);
    return n_wrong ? -1 : 0;
}

/* Its text, which nobody has said, has its room, too: {"a":""} and what is around it, 66 bytes
 * in all. When another is said it needs none. */
static int say_much_that_is_structured(mcps_call *call)
{
    static char text[LIMIT];
    int r = 0;

    n_wrong = 0;
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < 470 && r == 0; i++) {
        struct json_object *tree = json_object_new_object();

        json_object_object_add(tree, "a", json_object_new_string_len(text, (int)i));
        r = mcps_call_structured(call, tree);
        EXPECT(r, 66 + 2 * i <= LIMIT ? 0 : MCPS_ELIMIT);
        json_object_put(tree);
        r = 0;
    }
    EXPECT(mcps_call_text_bytes(call, text, 400), 0);
    EXPECT(mcps_call_meta(call, "a", "1"), 0);
    return n_wrong ? -1 : 0;
}

static void a_result_has_its_limit_with_everything(void)
{
    static const struct saying up_to = { "up to the limit",
                                         say_up_to_the_limit,
                                         { NULL } };
    static const struct saying much = { "much", say_much_that_is_structured, { NULL } };
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer, *result, *value;

    CHECK(act_begin(&act, 2, "result_bytes=1000"));
    CHECK(mcps_server_add_tools(act.scene.server, &say_tool, 1) >= 0);
    said = &up_to;
    CHECK(wire_call(&act.wire, "2", "say", NULL));
    answer = wire_answer(&act.wire, "2");
    CHECK_INT(atomic_load(&said_result), 0);
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_RESULT_BYTES), 8);
    CHECK(json_object_object_get_ex(answer, "result", &result));
    CHECK(json_object_object_get_ex(result, "content", &value));
    CHECK_INT(json_object_array_length(value), 1);
    CHECK(await_uint(&n_freed, 3));
    said = &much;
    CHECK(wire_call(&act.wire, "3", "say", NULL));
    answer = wire_answer(&act.wire, "3");
    CHECK_INT(atomic_load(&said_result), 0);
    CHECK(json_object_object_get_ex(answer, "result", &result));
    CHECK(json_object_object_get_ex(result, "structuredContent", &value));
    CHECK_INT(strlen(answer_text(answer)), 400);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static int say_more_than_there_is_room(mcps_call *call)
{
    static char text[70000];

    n_wrong = 0;
    memset(text, 'x', sizeof text);
    EXPECT(mcps_call_text_bytes(call, text, sizeof text), MCPS_ELIMIT);
    EXPECT(mcps_call_text_bytes(call, text, 60000), 0);
    return n_wrong ? -1 : 0;
}

/* Calls that were admitted while there was room do not fill the server together. */
static void a_result_has_the_room_that_is_left(void)
{
    static const struct saying saying = { "more than there is room",
                                          say_more_than_there_is_room,
                                          { NULL } };
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, "out_total_bytes=1000"));
    CHECK(mcps_server_add_tools(act.scene.server, &say_tool, 1) >= 0);
    said = &saying;
    CHECK(wire_call(&act.wire, "2", "say", NULL));
    CHECK_INT(strlen(answer_text(wire_answer(&act.wire, "2"))), 60000);
    CHECK_INT(atomic_load(&said_result), 0);
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_OUT_TOTAL_BYTES),
              1);
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_RESULT_BYTES), 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static const struct unit_test content_tests[] = {
    UNIT_TEST_ONCE(each_revision_gets_what_it_knows, "it has threads"),
    UNIT_TEST_ONCE(what_is_refused_leaves_no_trace, "it has threads"),
    UNIT_TEST_ONCE(a_result_has_its_limit_with_everything, "it has threads"),
    UNIT_TEST_ONCE(a_result_has_the_room_that_is_left, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "content", content_tests },
        { "blobs", blob_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
