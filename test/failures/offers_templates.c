/* SPDX-License-Identifier: MIT */
/* Templates: which of them a URI is of, what their handlers get, and what is screened. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "offers.h"

/* ---- handlers ---- */

static const char *const colours[] = { "red", "green", NULL };

#define PAINT(ARG, S)                                             \
    ARG(S, ENUM, colour, NULL, MCPS_REQUIRED, .choices = colours) \
    ARG(S, INT, shade, NULL, MCPS_OPTIONAL, MCPS_RANGE(0, 9))     \
    ARG(S, STRING, note, NULL, MCPS_OPTIONAL)
MCPS_ARGS(paint, PAINT);

MCPS_TEMPLATE_HANDLER(mix, paint)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%s %lld %s", colours[args->colour],
                       (long long)args->shade, args->has_note ? args->note : "-");

    (void)userdata;
    return mcps_call_resource_text(call, NULL, NULL, text, (size_t)len);
}

/* Says what it got, and whose it is. */
static int plain(mcps_call *call, struct json_object *args, void *userdata)
{
    const char *json =
        json_object_to_json_string_ext(args, JSON_C_TO_STRING_NOSLASHESCAPE);
    int r = mcps_call_resource_text(call, NULL, NULL, json, strlen(json));

    return r < 0 ? r
                 : mcps_call_resource_text(call, "a:who", "text/plain", userdata,
                                           strlen(userdata));
}

static int not_found(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return MCPS_ENOTFOUND;
}

static char one[] = "1", two[] = "2", three[] = "3", any[] = "any";

static const struct mcps_template templates[] = {
    MCPS_TEMPLATE_STRUCT(.uri_template = "t://x/{id}", .name = "first", .handler = plain,
                         .description = "D", .mime = "m/m", .title = "T",
                         .icons = "[{\"src\":\"data:,\"}]", .meta = "{\"x/y\":1}",
                         .userdata = one),
    MCPS_TEMPLATE_STRUCT(.uri_template = "t://x/{name}", .name = "second",
                         .handler = plain, .userdata = two),
    MCPS_TEMPLATE_STRUCT(.uri_template = "t://{+path}", .name = "third", .handler = plain,
                         .userdata = three),
    MCPS_TEMPLATE("p://{colour}{?shade,note}", mix, paint, "Mixes"),
    MCPS_TEMPLATE_STRUCT(.uri_template = "lost:{x}", .name = "lost",
                         .handler = not_found),
    MCPS_TEMPLATE_STRUCT(.uri_template = "any:{+x}", .name = "any", .handler = plain,
                         .any_values = true, .userdata = any),
    MCPS_TEMPLATE_STRUCT(.uri_template = "off:{x}", .name = "off", .handler = plain),
};
enum { N_TEMPLATES = sizeof templates / sizeof templates[0] };

static const struct mcps_resource resources[] = {
    MCPS_RESOURCE(.uri = "t://x/fixed", .name = "fixed", .text = "fixed"),
    MCPS_RESOURCE(.uri = "t://x/off", .name = "off", .text = "off"),
};

static bool begin(struct stage *stage)
{
    const char *const template_off = "off:{x}", *const off = "t://x/off";
    mcps_server *server;

    if (!stage_open(stage, NULL))
        return false;
    server = stage->scene.server;
    return mcps_server_add_templates(server, templates, N_TEMPLATES) >= 0 &&
           mcps_server_add_resources(server, resources, 2) >= 0 &&
           mcps_server_disable(server, MCPS_TEMPLATES, &template_off, 1) >= 0 &&
           mcps_server_disable(server, MCPS_RESOURCES, &off, 1) >= 0 &&
           stage_start(stage);
}

/* ---- lists ---- */

#define REST                                                                              \
    "{\"uriTemplate\":\"t://x/{name}\",\"name\":\"second\"},{\"uriTemplate\":"            \
    "\"t://{+path}\",\"name\":\"third\"},{\"uriTemplate\":\"p://{colour}{?shade,note}\"," \
    "\"name\":\"mix\",\"description\":\"Mixes\"},{\"uriTemplate\":\"lost:{x}\",\"name\":" \
    "\"lost\"},{\"uriTemplate\":\"any:{+x}\",\"name\":\"any\"}]"
#define CACHED ",\"ttlMs\":0,\"cacheScope\":\"public\""
#define LIST(title, more)                                                              \
    "\"resourceTemplates\":[{\"uriTemplate\":\"t://x/{id}\",\"name\":\"first\"," title \
    "\"description\":\"D\",\"mimeType\":\"m/m\"" more "}," REST

static void templates_are_listed_as_each_revision_knows_them(void)
{
    static const struct reply replies[] = {
        { "resources/templates/list",
          "",
          { RESULT_(LIST("", "")), NULL,
            RESULT_(LIST("\"title\":\"T\",", ",\"_meta\":{\"x/y\":1}")),
            RESULT_(LIST("\"title\":\"T\",",
                         ",\"icons\":[{\"src\":\"data:,\"}],\"_meta\":{\"x/y\":1}")),
            RESULT_(LIST("\"title\":\"T\",",
                         ",\"icons\":[{\"src\":\"data:,\"}],\"_meta\":{\"x/y\":1}")
                        CACHED) } },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, 1));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- matching ---- */

#define READ_(contents)                                                                  \
    {                                                                                    \
        RESULT_("\"contents\":[" contents "]"), NULL, NULL, NULL,                        \
            RESULT_("\"contents\":[" contents "],\"ttlMs\":0,\"cacheScope\":\"private\"") \
    }
#define OF_(uri, mime, values, who)                                                     \
    READ_("{\"uri\":\"" uri "\"" mime ",\"text\":\"{" values "}\"},{\"uri\":\"a:who\"," \
          "\"mimeType\":\"text/plain\",\"text\":\"" who "\"}")
#define MM_ ",\"mimeType\":\"m/m\""

static void the_first_template_that_matches_reads(void)
{
    static const struct reply replies[] = {
        { "resources/read", "\"uri\":\"t://x/123\"",
          OF_("t://x/123", MM_, "\\\"id\\\":\\\"123\\\"", "1") },
        { "resources/read", "\"uri\":\"t://x/a%20%C3%A4\"",
          OF_("t://x/a%20%C3%A4", MM_, "\\\"id\\\":\\\"a \xc3\xa4\\\"", "1") },
        { "resources/read", "\"uri\":\"t://x/a/b\"",
          OF_("t://x/a/b", "", "\\\"path\\\":\\\"x/a/b\\\"", "3") },
        { "resources/read", "\"uri\":\"t://x/fixed\"",
          READ_("{\"uri\":\"t://x/fixed\",\"text\":\"fixed\"}") },
        /* What is disabled is not read by another way. */
        { "resources/read", "\"uri\":\"t://x/off\"", NOT_FOUND_("t://x/off") },
        { "resources/read", "\"uri\":\"off:x\"", NOT_FOUND_("off:x") },
        { "resources/read", "\"uri\":\"lost:x\"", NOT_FOUND_("lost:x") },
        { "resources/read", "\"uri\":\"lost:\"", NOT_FOUND_("lost:") },
        /* The template itself is none of its URIs. */
        { "resources/read", "\"uri\":\"lost:{x}\"", NOT_FOUND_("lost:{x}") },
        { "resources/read", "\"uri\":\"nobody:x\"", NOT_FOUND_("nobody:x") },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

static void values_become_what_the_table_says(void)
{
    static const struct reply replies[] = {
        { "resources/read", "\"uri\":\"p://green?shade=7&note=a%22b\"",
          READ_(
              "{\"uri\":\"p://green?shade=7&note=a%22b\",\"text\":\"green 7 a\\\"b\"}") },
        { "resources/read", "\"uri\":\"p://red\"",
          READ_("{\"uri\":\"p://red\",\"text\":\"red 0 -\"}") },
        { "resources/read",
          "\"uri\":\"p://blue\"",
          { ERROR_("-32602", "argument \\\"colour\\\": expected one of \\\"red\\\", "
                             "\\\"green\\\", got \\\"blue\\\"") } },
        { "resources/read",
          "\"uri\":\"p://red?shade=10\"",
          { ERROR_("-32602",
                   "argument \\\"shade\\\": expected an integer from 0 to 9, got 10") } },
        { "resources/read", "\"uri\":\"p://red?other=1\"",
          NOT_FOUND_("p://red?other=1") },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- what clients may try ---- */

static void f9_13_values_that_lead_elsewhere_are_not_found(void)
{
    static const struct reply replies[] = {
        { "resources/read", "\"uri\":\"t://x/..\"", NOT_FOUND_("t://x/..") },
        { "resources/read", "\"uri\":\"t://a/../b\"", NOT_FOUND_("t://a/../b") },
        { "resources/read", "\"uri\":\"t://a/%2e%2E/b\"", NOT_FOUND_("t://a/%2e%2E/b") },
        { "resources/read", "\"uri\":\"t:///etc/passwd\"",
          NOT_FOUND_("t:///etc/passwd") },
        { "resources/read", "\"uri\":\"t://x/a%2fb\"", NOT_FOUND_("t://x/a%2fb") },
        { "resources/read", "\"uri\":\"t://x/a%5Cb\"", NOT_FOUND_("t://x/a%5Cb") },
        { "resources/read", "\"uri\":\"t://x/a%00b\"", NOT_FOUND_("t://x/a%00b") },
        { "resources/read", "\"uri\":\"t://x/%252e%252e\"",
          NOT_FOUND_("t://x/%252e%252e") },
        { "resources/read", "\"uri\":\"t://x/%ff\"", NOT_FOUND_("t://x/%ff") },
        { "resources/read", "\"uri\":\"t://x/%g0\"", NOT_FOUND_("t://x/%g0") },
        /* Who wants all of them gets all of them. */
        { "resources/read", "\"uri\":\"any:../x\"",
          OF_("any:../x", "", "\\\"x\\\":\\\"../x\\\"", "any") },
    };
    struct stage stage;

    CHECK(begin(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
    CHECK(scene_stats(&stage.scene).bad_messages >= 10);
out:
    CHECK_AFTER(stage_end(&stage));
}

/* 64 KiB of what a matcher could go astray in. Time is not judged here: that the steps are
 * bounded is shown where they are counted, in the unit tests of templates. */
static void f9_13_long_uris_are_not_matched(void)
{
    static const char *const parts[] = { "a/", "%2e%2e/", "%", "//", "?&=", "x" };
    enum { SIZE = 65536 };
    struct stage stage;
    char *params = malloc(SIZE + 64);

    CHECK(params != NULL);
    CHECK(begin(&stage) && stage_greet(&stage, 3));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = (size_t)sprintf(params, "\"uri\":\"any:");

        unit_note_on_failure("%s", parts[i]);
        while (len < SIZE)
            len += (size_t)sprintf(params + len, "%s", parts[i]);
        strcpy(params + len, "\"");
        CHECK(strstr(stage_ask(&stage, "resources/read", params),
                     "\"code\":-32002,\"message\":\"Resource not found\""));
        /* No more than the beginning comes back. */
        CHECK(stage.body.len < MCPS_TEMPLATE_URI_MAX + 128);
    }
    /* The longest that is looked at, and one more. */
    memset(params, 'x', MCPS_TEMPLATE_URI_MAX + 64);
    memcpy(params, "\"uri\":\"any:", 11);
    strcpy(params + 7 + MCPS_TEMPLATE_URI_MAX, "\"");
    CHECK(strstr(stage_ask(&stage, "resources/read", params), "\"result\""));
    params[7 + MCPS_TEMPLATE_URI_MAX] = 'x';
    strcpy(params + 7 + MCPS_TEMPLATE_URI_MAX + 1, "\"");
    CHECK(strstr(stage_ask(&stage, "resources/read", params), "-32002"));
    CHECK(wire_alive(&stage.wire));
out:
    free(params);
    CHECK_AFTER(stage_end(&stage));
}

/* ---- adding ---- */

static unsigned n_destroyed;

static void count_destroy(void *userdata)
{
    (void)userdata;
    n_destroyed++;
}

static int typed(mcps_call *call, const void *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return 0;
}

#define JSONS(ARG, S) ARG(S, JSON, x, NULL, MCPS_OPTIONAL)
MCPS_ARGS(jsons, JSONS);

#define TYPED(S)             .typed = typed, .args = S##_fields, .args_size = sizeof(struct S)
#define TEMPLATE_(text, ...) MCPS_TEMPLATE_STRUCT(.uri_template = text, __VA_ARGS__)

static void wrong_templates_are_named_in_the_log(void)
{
    static const struct {
        struct mcps_template one;
        const char *why;
    } wrong[] = {
        { { .uri_template = "a:", .name = "x", .handler = plain }, "has no struct_size" },
        { MCPS_TEMPLATE_STRUCT(.name = "x", .handler = plain), "has no text" },
        { TEMPLATE_("a:{x}", .handler = plain), "a:{x} has no name" },
        { TEMPLATE_("a:{x}", .name = "x"), "a:{x} has no handler" },
        { TEMPLATE_("a:{x}", .name = "x", .handler = plain, .typed = typed),
          "two handlers" },
        { TEMPLATE_("a:{x}", .name = "x", .typed = typed), "no table of arguments" },
        { TEMPLATE_("a:{x}", .name = "x", .handler = plain, .args = paint_fields),
          "no typed handler" },
        { TEMPLATE_("a:{x", .name = "x", .handler = plain), "a:{x: its text" },
        { TEMPLATE_("a:{x*}", .name = "x", .handler = plain), "a:{x*}: its text" },
        { TEMPLATE_("a:{colour}{shade}", .name = "x", TYPED(paint)),
          "the template has no variable \"note\"" },
        { TEMPLATE_("a:{colour}{shade}{note}{more}", .name = "x", TYPED(paint)),
          "it has no field for the variable \"more\"" },
        { TEMPLATE_("a:{y}{x}", .name = "x", TYPED(jsons)),
          "no string can be the value of \"x\"" },
        { TEMPLATE_("a:{x}", .name = "x", .handler = plain, .mime = "\n"), "its mime" },
    };
    struct scene scene = { .server = NULL };

    n_destroyed = 0;
    CHECK(scene_open(&scene, 1, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mcps_template bad = wrong[i].one;

        unit_note_on_failure("%s", wrong[i].why);
        bad.destroy = count_destroy;
        CHECK_INT(mcps_server_add_templates(scene.server, &bad, 1), -EINVAL);
        CHECK(scene_logged(&scene, wrong[i].why) > 0);
        CHECK_INT(n_destroyed, i);
    }
out:
    CHECK_AFTER(scene_close(&scene));
}

/* With every allocation failing in turn. */
static void adding_templates_is_all_or_nothing(void)
{
    struct mcps_template added =
        MCPS_TEMPLATE("p://{colour}{?shade,note}", mix, paint, "Mixes", .mime = "a/b");
    mcps_server *server = NULL;
    int r;

    added.destroy = count_destroy;
    n_destroyed = 0;
    CHECK_INT(mcps_server_new(&server, NULL), 0);
    r = mcps_server_add_templates(server, &added, 1);
    CHECK_INT(n_destroyed, r < 0);
    CHECK(r >= 0);
out:
    server = mcps_server_unref(server);
    CHECK_AFTER(!server);
}

const struct unit_test template_tests[] = {
    UNIT_TEST_ONCE(templates_are_listed_as_each_revision_knows_them, "it has threads"),
    UNIT_TEST_ONCE(the_first_template_that_matches_reads, "it has threads"),
    UNIT_TEST_ONCE(values_become_what_the_table_says, "it has threads"),
    UNIT_TEST_ONCE(f9_13_values_that_lead_elsewhere_are_not_found, "it has threads"),
    UNIT_TEST_ONCE(f9_13_long_uris_are_not_matched, "it has threads"),
    UNIT_TEST_ONCE(wrong_templates_are_named_in_the_log, "it looks at the log"),
    UNIT_TEST(adding_templates_is_all_or_nothing),
    UNIT_END,
};
