/* SPDX-License-Identifier: MIT */
/* Resources: what is listed, what is read, files that are odd, and what is not found. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "offers.h"
#include "props.h"
#include "util/base64.h"

/* ---- handlers ---- */

static int read_more(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = json_object_object_length(args) == 0 ? 0 : -EINVAL;

    (void)userdata;
    r = r < 0 ? r : mcps_call_resource_text(call, "a:other", "a/b", "x\"", 2);
    r = r < 0 ? r : mcps_call_content_meta(call, "{\"a\":1}");
    r = r < 0 ? r : mcps_call_resource_blob(call, NULL, NULL, mcps_blob_copy("abc", 3));
    return r < 0 ? r : mcps_call_resource_text(call, NULL, NULL, "", 0);
}

static int read_nothing(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    return userdata ? *(const int *)userdata : 0;
}

static int fail(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_fail(call, "no");
}

/* What no resource has, each with its error. */
static int say_wrong(mcps_call *call, struct json_object *args, void *userdata)
{
    const struct mcps_annotations notes = MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER);
    const struct mcps_resource_link link = MCPS_RESOURCE_LINK(.uri = "a:", .name = "l");
    struct json_object *tree = json_object_new_object();
    int wrong = 0;
    char text[8];

    (void)args;
    (void)userdata;
    wrong += mcps_call_text(call, "x") != -EINVAL;
    wrong += mcps_call_image(call, "a/b", mcps_blob_static("x", 1)) != -EINVAL;
    wrong += mcps_call_resource_link(call, &link) != -EINVAL;
    wrong += mcps_call_structured(call, tree) != -EINVAL;
    wrong += mcps_call_role(call, MCPS_ROLE_USER) != -EINVAL;
    wrong += mcps_call_description(call, "x") != -EINVAL;
    wrong += mcps_call_annotate(call, &notes) != -EINVAL;
    wrong += mcps_complete_value(call, "x") != -EINVAL;
    wrong += strcmp(mcps_call_uri(call), "a:wrong") != 0;
    json_object_put(tree);
    snprintf(text, sizeof text, "%d", wrong);
    return mcps_call_resource_text(call, NULL, NULL, text, strlen(text));
}

/* ---- resources ---- */

static const int not_there = MCPS_ENOTFOUND, input_error = -EIO;
static const double half = 0.5;
static const struct mcps_annotations modified =
    MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER, .priority = &half,
                     .last_modified = "2025-01-12T15:00:58Z");
static const struct mcps_annotations plain_notes =
    MCPS_ANNOTATIONS(.audience = MCPS_FOR_ASSISTANT);

static const struct mcps_resource resources[] = {
    MCPS_RESOURCE(.uri = "a:text", .name = "text", .text = "a\n\xc3\xa4", .mime = "a/b",
                  .description = "D", .title = "T", .size = 7, .annotations = &modified,
                  .icons = "[{\"src\":\"data:,\"}]", .meta = "{\"x/y\":1}"),
    MCPS_RESOURCE(.uri = "a:blob", .name = "blob", .blob = MCPS_STATIC_BLOB("abcd", 4),
                  .annotations = &plain_notes),
    MCPS_RESOURCE(.uri = "a:empty", .name = "empty", .text = ""),
    MCPS_RESOURCE(.uri = "a:more", .name = "more", .handler = read_more, .mime = "m/m"),
    MCPS_RESOURCE(.uri = "a:none", .name = "none", .handler = read_nothing),
    MCPS_RESOURCE(.uri = "a:lost", .name = "lost", .handler = read_nothing,
                  .userdata = (void *)(uintptr_t)&not_there),
    MCPS_RESOURCE(.uri = "a:error", .name = "error", .handler = read_nothing,
                  .userdata = (void *)(uintptr_t)&input_error),
    MCPS_RESOURCE(.uri = "a:fail", .name = "fail", .handler = fail),
    MCPS_RESOURCE(.uri = "a:wrong", .name = "wrong", .handler = say_wrong),
    MCPS_RESOURCE(.uri = "a:off", .name = "off", .text = ""),
};
enum { N_RESOURCES = sizeof resources / sizeof resources[0] };

static bool begin(struct stage *stage, const char *limits)
{
    const char *const off = "a:off";

    return stage_open(stage, limits) &&
           mcps_server_add_resources(stage->scene.server, resources, N_RESOURCES) >= 0 &&
           mcps_server_disable(stage->scene.server, MCPS_RESOURCES, &off, 1) >= 0;
}

#define REST                                                                            \
    "{\"uri\":\"a:empty\",\"name\":\"empty\"},{\"uri\":\"a:more\",\"name\":\"more\","   \
    "\"mimeType\":\"m/m\"},{\"uri\":\"a:none\",\"name\":\"none\"},{\"uri\":\"a:lost\"," \
    "\"name\":\"lost\"},{\"uri\":\"a:error\",\"name\":\"error\"},{\"uri\":\"a:fail\","  \
    "\"name\":\"fail\"},{\"uri\":\"a:wrong\",\"name\":\"wrong\"}]"
#define LIST(title, modified, more)                                                        \
    "\"resources\":[{\"uri\":\"a:text\",\"name\":\"text\"," title                          \
    "\"description\":\"D\",\"mimeType\":\"a/b\",\"size\":7,\"annotations\":{\"audience\":" \
    "[\"user\"],\"priority\":0.5" modified "}" more                                        \
    "},{\"uri\":\"a:blob\",\"name\":\"blob\",\"size\":4,\"annotations\":{\"audience\":"    \
    "[\"assistant\"]}}," REST
#define MODIFIED ",\"lastModified\":\"2025-01-12T15:00:58Z\""
#define ICONS    ",\"icons\":[{\"src\":\"data:,\"}]"
#define OWN_META ",\"_meta\":{\"x/y\":1}"
#define CACHED   ",\"ttlMs\":0,\"cacheScope\":\"public\""

static void resources_are_listed_as_each_revision_knows_them(void)
{
    static const struct reply replies[] = {
        { "resources/list",
          "",
          { RESULT_(LIST("", "", "")), NULL,
            RESULT_(LIST("\"title\":\"T\",", MODIFIED, OWN_META)),
            RESULT_(LIST("\"title\":\"T\",", MODIFIED, ICONS OWN_META)),
            RESULT_(LIST("\"title\":\"T\",", MODIFIED, ICONS OWN_META) CACHED) } },
        { "resources/templates/list",
          "",
          { RESULT_("\"resourceTemplates\":[]"), NULL, NULL, NULL,
            RESULT_("\"resourceTemplates\":[]" CACHED) } },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL) && stage_start(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- reading ---- */

#define CONTENTS(contents)                                        \
    {                                                             \
        RESULT_("\"contents\":[" contents "]"), NULL, NULL, NULL, \
            RESULT_("\"contents\":[" contents                     \
                    "],\"ttlMs\":9,\"cacheScope\":\"private\"")   \
    }
#define MORE(meta)                                                                    \
    "{\"uri\":\"a:other\",\"mimeType\":\"a/b\",\"text\":\"x\\\"\"" meta "},{\"uri\":" \
    "\"a:more\",\"mimeType\":\"m/m\",\"blob\":\"YWJj\"},{\"uri\":\"a:more\","         \
    "\"mimeType\":\"m/m\",\"text\":\"\"}"

static void resources_are_read_by_each_revision(void)
{
    static const struct reply replies[] = {
        { "resources/read", "\"uri\":\"a:text\"",
          CONTENTS(
              "{\"uri\":\"a:text\",\"mimeType\":\"a/b\",\"text\":\"a\\n\xc3\xa4\"}") },
        { "resources/read", "\"uri\":\"a:blob\"",
          CONTENTS("{\"uri\":\"a:blob\",\"blob\":\"YWJjZA==\"}") },
        { "resources/read", "\"uri\":\"\\u0061:empty\"",
          CONTENTS("{\"uri\":\"a:empty\",\"text\":\"\"}") },
        /* With answers of a user it is nobody else's. */
        { "resources/read",
          "\"uri\":\"a:empty\",\"inputResponses\":{}",
          { RESULT_("\"contents\":[{\"uri\":\"a:empty\",\"text\":\"\"}]"), NULL, NULL,
            NULL,
            RESULT_("\"contents\":[{\"uri\":\"a:empty\",\"text\":\"\"}],\"ttlMs\":0,"
                    "\"cacheScope\":\"private\"") } },
        { "resources/read",
          "\"uri\":\"a:more\"",
          { RESULT_("\"contents\":[" MORE("") "]"), NULL,
            RESULT_("\"contents\":[" MORE(",\"_meta\":{\"a\":1}") "]"), NULL,
            RESULT_("\"contents\":[" MORE(
                ",\"_meta\":{\"a\":1}") "],\"ttlMs\":9,"
                                        "\"cacheScope\":\"private\"") } },
        { "resources/read", "\"uri\":\"a:none\"", CONTENTS("") },
        { "resources/read", "\"uri\":\"a:wrong\"",
          CONTENTS("{\"uri\":\"a:wrong\",\"text\":\"0\"}") },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL));
    CHECK_INT(mcps_server_set_cache(stage.scene.server, MCPS_CACHE_READ, 9, false), 0);
    CHECK(stage_start(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

static void what_is_not_found_has_its_era_s_code(void)
{
    static const struct reply replies[] = {
        { "resources/read", "\"uri\":\"a:nobody\"", NOT_FOUND_("a:nobody") },
        { "resources/read", "\"uri\":\"a:te\"", NOT_FOUND_("a:te") },
        { "resources/read", "\"uri\":\"a:off\"", NOT_FOUND_("a:off") },
        { "resources/read", "\"uri\":\"a:lost\"", NOT_FOUND_("a:lost") },
        { "resources/read", "\"uri\":\"\"", NOT_FOUND_("") },
        { "resources/read", "\"uri\":\"a:text\\u0000\"", NOT_FOUND_("a:text\\u0000") },
        { "resources/read", "\"uri\":\"\\\"\\n\"", NOT_FOUND_("\\\"\\n") },
        { "resources/read",
          "\"uri\":1",
          { ERROR_("-32602", "resources/read needs uri, a string") } },
        { "resources/read",
          "",
          { ERROR_("-32602", "resources/read needs uri, a string") } },
        { "resources/read",
          "\"uri\":\"a:error\"",
          { ERROR_("-32603", "Input/output error") } },
        { "resources/read", "\"uri\":\"a:fail\"", { ERROR_("-32603", "no") } },
    };
    struct stage stage;

    CHECK(begin(&stage, NULL) && stage_start(&stage));
    CHECK(stage_replies(&stage, replies, sizeof replies / sizeof replies[0]));
    CHECK(scene_log_ok(&stage.scene));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- whose bytes they are ---- */

static atomic_uint n_freed, n_destroyed;

static void count_free(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_freed, 1);
}

static void count_destroy(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_destroyed, 1);
}

/* Larger than a pipe or what waits in memory: it is not all sent when it is removed. */
enum { BIG = 3 << 20 };

static void a_blob_lives_while_it_is_sent(void)
{
    static unsigned char bytes[BIG];
    struct mcps_resource resource =
        MCPS_RESOURCE(.uri = "a:big", .name = "big", .destroy = count_destroy);
    const char *const key = "a:big";
    struct stage stage;
    const char *got;

    atomic_store(&n_freed, 0);
    atomic_store(&n_destroyed, 0);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (unsigned char)(i * 31);
    resource.blob = mcps_blob_take(bytes, BIG, count_free, NULL);
    CHECK(stage_open(&stage, NULL));
    CHECK(mcps_server_add_resources(stage.scene.server, &resource, 1) >= 0);
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    /* Twice, and neither of them copies it. */
    CHECK(wire_send(&stage.wire, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":"
                                 "\"resources/read\",\"params\":{\"uri\":\"a:big\"}}"));
    got = stage_ask(&stage, "resources/read", "\"uri\":\"a:big\"");
    CHECK(got != NULL);
    CHECK(wire_answer(&stage.wire, "7") && wire_answer(&stage.wire, "1"));
    CHECK_INT(atomic_load(&n_freed), 0);
    CHECK(mcps_server_remove(stage.scene.server, MCPS_RESOURCES, &key, 1) >= 0);
    CHECK(await_uint(&n_freed, 1));
    CHECK_INT(atomic_load(&n_destroyed), 1);
    CHECK(strlen(stage.wire.messages[stage.wire.n_messages - 1]) >
          MCPS__BASE64_ENCODED((size_t)BIG));
out:
    CHECK_AFTER(stage_end(&stage));
}

/* ---- files ---- */

static char folder[] = "/tmp/offers-XXXXXX";

static void path_of(char path[64], const char *name)
{
    snprintf(path, 64, "%s/%s", folder, name);
}

static bool write_file(const char *name, const void *bytes, size_t len)
{
    char path[64];
    FILE *file;
    bool ok;

    path_of(path, name);
    file = fopen(path, "wb");
    ok = file && fwrite(bytes, 1, len, file) == len;
    return file && fclose(file) == 0 && ok;
}

static bool files_begin(void)
{
    char path[64];

    strcpy(folder, "/tmp/offers-XXXXXX");
    if (!mkdtemp(folder))
        return false;
    path_of(path, "fifo");
    return write_file("text", "a\n\xc3\xa4", 4) && write_file("bytes", "\x00\xff", 2) &&
           write_file("empty", "", 0) && mkfifo(path, 0600) == 0;
}

static void files_end(void)
{
    static const char *const names[] = { "text", "bytes", "empty", "fifo", "big" };
    char path[64];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        path_of(path, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static bool add_file(struct stage *stage, const char *uri, const char *name, bool is_text)
{
    char path[64];
    struct mcps_resource resource = MCPS_RESOURCE(.uri = uri, .name = "file");

    path_of(path, name);
    resource.path = path;
    resource.path_is_text = is_text;
    return mcps_server_add_resources(stage->scene.server, &resource, 1) >= 0;
}

static void files_are_read_as_they_are(void)
{
    static const struct reply replies[] = {
        { "resources/read",
          "\"uri\":\"a:text\"",
          { RESULT_("\"contents\":[{\"uri\":\"a:text\",\"text\":\"a\\n\xc3\xa4\"}]") } },
        { "resources/read",
          "\"uri\":\"a:raw\"",
          { RESULT_("\"contents\":[{\"uri\":\"a:raw\",\"blob\":\"YQrDpA==\"}]") } },
        { "resources/read",
          "\"uri\":\"a:empty\"",
          { RESULT_("\"contents\":[{\"uri\":\"a:empty\",\"blob\":\"\"}]") } },
        { "resources/read",
          "\"uri\":\"a:empty-text\"",
          { RESULT_("\"contents\":[{\"uri\":\"a:empty-text\",\"text\":\"\"}]") } },
        { "resources/read",
          "\"uri\":\"a:bytes\"",
          { RESULT_("\"contents\":[{\"uri\":\"a:bytes\",\"blob\":\"AP8=\"}]") } },
        { "resources/read",
          "\"uri\":\"a:no-text\"",
          { ERROR_("-32603", "a value does not have the form that was asked for") } },
        { "resources/read",
          "\"uri\":\"a:fifo\"",
          { ERROR_("-32603", "Invalid argument") } },
        { "resources/read",
          "\"uri\":\"a:folder\"",
          { ERROR_("-32603", "Invalid argument") } },
        { "resources/read",
          "\"uri\":\"a:gone\"",
          { ERROR_DATA_("-32002", "Resource not found", "{\"uri\":\"a:gone\"}") } },
        { "resources/read",
          "\"uri\":\"a:below\"",
          { ERROR_DATA_("-32002", "Resource not found", "{\"uri\":\"a:below\"}") } },
    };
    struct stage stage;

    CHECK(files_begin() && stage_open(&stage, NULL));
    CHECK(add_file(&stage, "a:text", "text", true));
    CHECK(add_file(&stage, "a:raw", "text", false));
    CHECK(add_file(&stage, "a:empty", "empty", false));
    CHECK(add_file(&stage, "a:empty-text", "empty", true));
    CHECK(add_file(&stage, "a:bytes", "bytes", false));
    CHECK(add_file(&stage, "a:no-text", "bytes", true));
    CHECK(add_file(&stage, "a:fifo", "fifo", false));
    CHECK(add_file(&stage, "a:folder", "", false));
    CHECK(add_file(&stage, "a:gone", "gone", false));
    CHECK(add_file(&stage, "a:below", "text/below", true));
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        CHECK_STR(stage_ask(&stage, replies[i].method, replies[i].params),
                  replies[i].want[0]);
    CHECK(scene_log_ok(&stage.scene));
out:
    files_end();
    CHECK_AFTER(stage_end(&stage));
}

/* It is opened at each read, and is too much at one. */
static void a_file_has_the_limit_of_results(void)
{
    static const char bytes[800];
    struct stage stage;

    CHECK(files_begin() && stage_open(&stage, "result_bytes=1000"));
    CHECK(add_file(&stage, "a:raw", "text", false));
    CHECK(add_file(&stage, "a:text", "text", true));
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    CHECK_STR(stage_ask(&stage, "resources/read", "\"uri\":\"a:raw\""),
              RESULT_("\"contents\":[{\"uri\":\"a:raw\",\"blob\":\"YQrDpA==\"}]"));
    CHECK(write_file("text", bytes, sizeof bytes));
    CHECK_STR(stage_ask(&stage, "resources/read", "\"uri\":\"a:raw\""),
              ERROR_("-32603", "a configured limit was reached"));
    CHECK_STR(stage_ask(&stage, "resources/read", "\"uri\":\"a:text\""),
              ERROR_("-32603", "a configured limit was reached"));
    CHECK_INT(mcps_server_get_limit_hits(stage.scene.server, MCPS_LIMIT_RESULT_BYTES), 2);
out:
    files_end();
    CHECK_AFTER(stage_end(&stage));
}

/* The first turn of its sending is held while it is cut. */
static void a_file_that_shrinks_is_sent_as_long_as_it_was(void)
{
    static char bytes[1 << 20], decoded[1 << 20], text[2 << 20];
    struct stage stage;
    char path[64];
    const char *got, *begin, *end;
    size_t len;

    memset(bytes, 'x', sizeof bytes);
    CHECK(files_begin() && stage_open(&stage, NULL));
    CHECK(write_file("big", bytes, sizeof bytes));
    CHECK(add_file(&stage, "a:big", "big", false));
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    mcps__sync_hold("before_write");
    CHECK(wire_send(&stage.wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                                 "\"resources/read\",\"params\":{\"uri\":\"a:big\"}}"));
    CHECK(mcps__sync_wait("before_write", 1));
    path_of(path, "big");
    CHECK_INT(truncate(path, 100000), 0);
    mcps__sync_release("before_write");
    CHECK(wire_answer(&stage.wire, "1") != NULL);
    got = stage.wire.messages[stage.wire.n_messages - 1];
    begin = strstr(got, "\"blob\":\"");
    CHECK(begin != NULL);
    begin += 8;
    end = strchr(begin, '"');
    CHECK(end != NULL);
    CHECK_INT(end - begin, MCPS__BASE64_ENCODED(sizeof bytes));
    memcpy(text, begin, (size_t)(end - begin));
    CHECK_INT(mcps__base64_decode(decoded, &len, text, (size_t)(end - begin)), 0);
    CHECK_INT(len, sizeof bytes);
    CHECK(memcmp(decoded, bytes, 100000) == 0);
    for (size_t i = sizeof decoded - 1000; i < sizeof decoded; i++)
        CHECK_INT(decoded[i], 0);
    CHECK(wire_alive(&stage.wire));
out:
    mcps__sync_reset();
    files_end();
    CHECK_AFTER(stage_end(&stage));
}

/* ---- descriptors ---- */

static unsigned n_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static int give_file(mcps_call *call, struct json_object *args, void *userdata)
{
    char path[64];
    int fd, wrong = 0;

    (void)args;
    (void)userdata;
    path_of(path, "text");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    wrong += mcps_call_image(call, "a/b", mcps_blob_fd(fd, 3)) != 0;
    wrong += mcps_call_audio(call, "a/b", mcps_blob_file(path)) != 0;
    wrong +=
        mcps_call_image(call, "a/b", mcps_blob_fd(open(path, O_RDONLY | O_CLOEXEC), 5)) !=
        -EINVAL;
    wrong += mcps_call_image(call, "", mcps_blob_file(path)) != -EINVAL;
    wrong += mcps_call_image(call, "a/b", mcps_blob_fd(-1, 0)) != -EINVAL;
    wrong += mcps_call_image(call, "a/b", mcps_blob_file(NULL)) != -EINVAL;
    wrong += mcps_call_image(call, "a/b", mcps_blob_file("/nonexistent")) != -ENOENT;
    wrong += mcps_call_image(call, "a/b", mcps_blob_file(folder)) != -EINVAL;
    return mcps_call_text(call, "%d", wrong);
}

static void descriptors_are_closed_whatever_happens(void)
{
    static const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "give", .handler = give_file);
    struct stage stage;
    unsigned before;

    CHECK(files_begin() && stage_open(&stage, NULL));
    CHECK(mcps_server_add_tools(stage.scene.server, &tool, 1) >= 0);
    CHECK(add_file(&stage, "a:text", "text", true));
    CHECK(add_file(&stage, "a:no-text", "bytes", true));
    CHECK(add_file(&stage, "a:fifo", "fifo", false));
    CHECK(add_file(&stage, "a:raw", "text", false));
    CHECK(stage_start(&stage) && stage_greet(&stage, 3));
    before = n_fds();
    CHECK_STR(stage_ask(&stage, "tools/call", "\"name\":\"give\""),
              RESULT_("\"content\":[{\"type\":\"image\",\"data\":\"YQrD\",\"mimeType\":"
                      "\"a/b\"},{\"type\":\"audio\",\"data\":\"YQrDpA==\",\"mimeType\":"
                      "\"a/b\"},{\"type\":\"text\",\"text\":\"0\"}]"));
    stage_ask(&stage, "resources/read", "\"uri\":\"a:text\"");
    stage_ask(&stage, "resources/read", "\"uri\":\"a:no-text\"");
    stage_ask(&stage, "resources/read", "\"uri\":\"a:fifo\"");
    stage_ask(&stage, "resources/read", "\"uri\":\"a:raw\"");
    CHECK(wire_alive(&stage.wire)); /* the pieces before it are freed by then */
    CHECK(scene_idle(&stage.scene));
    CHECK_INT(n_fds(), before);
out:
    files_end();
    CHECK_AFTER(stage_end(&stage));
}

/* ---- adding ---- */

static void wrong_resources_are_named_in_the_log(void)
{
    static const double two = 2;
    static const struct mcps_annotations odd = MCPS_ANNOTATIONS(.priority = &two);
    static const struct {
        struct mcps_resource resource;
        const char *why;
    } wrong[] = {
        { { .uri = "a:b", .name = "x", .text = "" }, "has no struct_size" },
        { MCPS_RESOURCE(.name = "x", .text = ""), "has no absolute URI" },
        { MCPS_RESOURCE(.uri = "b", .name = "x", .text = ""), "b has no absolute URI" },
        { MCPS_RESOURCE(.uri = "a: b", .name = "x", .text = ""), "a: b has no absolute" },
        { MCPS_RESOURCE(.uri = "a:c", .text = ""), "a:c has no name" },
        { MCPS_RESOURCE(.uri = "a:d", .name = "x"), "a:d has not exactly one" },
        { MCPS_RESOURCE(.uri = "a:e", .name = "x", .text = "", .path = "x"),
          "a:e has not exactly one" },
        { MCPS_RESOURCE(.uri = "a:f", .name = "x", .text = "\xff"),
          "a:f has a text that is no UTF-8" },
        { MCPS_RESOURCE(.uri = "a:g", .name = "x", .text = "", .mime = ""),
          "a:g: its mime" },
        { MCPS_RESOURCE(.uri = "a:h", .name = "x", .text = "", .annotations = &odd),
          "a:h: its annotations" },
        { MCPS_RESOURCE(.uri = "a:i", .name = "x", .text = "", .icons = "{}"), "icons" },
        { MCPS_RESOURCE(.uri = "a:j", .name = "x", .blob = { .kind = 77 }),
          "a:j: its blob" },
    };
    struct scene scene = { .server = NULL };

    atomic_store(&n_destroyed, 0);
    CHECK(scene_open(&scene, 1, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mcps_resource resource = wrong[i].resource;

        unit_note_on_failure("%s", wrong[i].why);
        resource.destroy = count_destroy;
        CHECK_INT(mcps_server_add_resources(scene.server, &resource, 1), -EINVAL);
        CHECK(scene_logged(&scene, wrong[i].why) > 0);
        CHECK_INT(atomic_load(&n_destroyed), i);
    }
out:
    CHECK_AFTER(scene_close(&scene));
}

/* The first fits and the second does not: neither is kept, nor what they own. */
static void blobs_of_refused_resources_are_freed(void)
{
    struct mcps_resource two[2] = {
        MCPS_RESOURCE(.uri = "a:a", .name = "x"),
        MCPS_RESOURCE(.uri = "no URI", .name = "x"),
    };
    struct scene scene = { .server = NULL };
    unsigned before;

    atomic_store(&n_freed, 0);
    CHECK(scene_open(&scene, 1, NULL, NULL, 0));
    two[0].blob = mcps_blob_take("a", 1, count_free, NULL);
    two[1].blob = mcps_blob_take("b", 1, count_free, NULL);
    CHECK_INT(mcps_server_add_resources(scene.server, two, 2), -EINVAL);
    CHECK_INT(atomic_load(&n_freed), 2);
    before = n_fds();
    two[0].blob = mcps_blob_fd(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    two[1].blob = mcps_blob_fd(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    CHECK_INT(mcps_server_add_resources(scene.server, two, 2), -EINVAL);
    CHECK_INT(n_fds(), before);
    CHECK_INT(mcps_server_add_resources(scene.server, NULL, 1), -EINVAL);
out:
    CHECK_AFTER(scene_close(&scene));
}

/* With every allocation failing in turn. */
static void adding_resources_is_all_or_nothing(void)
{
    struct mcps_resource some[3] = {
        MCPS_RESOURCE(.uri = "a:a", .name = "x", .text = "text",
                      .annotations = &modified),
        MCPS_RESOURCE(.uri = "a:b", .name = "x", .mime = "a/b", .title = "t"),
        MCPS_RESOURCE(.uri = "a:c", .name = "x", .path = "/x", .description = "d"),
    };
    mcps_server *server = NULL;
    int r;

    for (int i = 0; i < 3; i++)
        some[i].destroy = count_destroy;
    some[1].blob = mcps_blob_copy("abc", 3);
    atomic_store(&n_destroyed, 0);
    CHECK_INT(mcps_server_new(&server, NULL), 0);
    r = mcps_server_add_resources(server, some, 3);
    CHECK_INT(atomic_load(&n_destroyed), r < 0 ? 3 : 0);
    CHECK(r >= 0);
out:
    server = mcps_server_unref(server);
    CHECK_AFTER(!server);
}

const struct unit_test resource_tests[] = {
    UNIT_TEST_ONCE(resources_are_listed_as_each_revision_knows_them, "it has threads"),
    UNIT_TEST_ONCE(resources_are_read_by_each_revision, "it has threads"),
    UNIT_TEST_ONCE(what_is_not_found_has_its_era_s_code, "it has threads"),
    UNIT_TEST_ONCE(a_blob_lives_while_it_is_sent, "it has threads"),
    UNIT_TEST_ONCE(files_are_read_as_they_are, "it has threads"),
    UNIT_TEST_ONCE(a_file_has_the_limit_of_results, "it has threads"),
    UNIT_TEST_ONCE(a_file_that_shrinks_is_sent_as_long_as_it_was, "it has threads"),
    UNIT_TEST_ONCE(descriptors_are_closed_whatever_happens, "it has threads"),
    UNIT_TEST_ONCE(wrong_resources_are_named_in_the_log, "it looks at the log"),
    UNIT_TEST_ONCE(blobs_of_refused_resources_are_freed, "it looks at the log"),
    UNIT_TEST(adding_resources_is_all_or_nothing),
    UNIT_END,
};
