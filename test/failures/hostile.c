/* SPDX-License-Identifier: MIT */
/* Group 9: malformed and hostile input, as far as it needs no HTTP; and what its tests
 * share, see hostile.h. Shapes are in hostile_shape.c, batches in batch.c. */
#include "config.h"

#include "hostile.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TEST_SANITIZED
enum { SCALE = 10 };
#else
enum { SCALE = 1 };
#endif

/* ---- what the files share ---- */

struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &value);
    return value;
}

bool react(struct wire *wire, const char *line, size_t len, struct reaction *ret)
{
    static unsigned serial;
    struct json_object *message;
    const char *id;
    char ping[32];
    size_t n_before;

    *ret = (struct reaction){ .n = 0 };
    snprintf(ping, sizeof ping, "react-%u", ++serial);
    if (!wire_send_bytes(wire, line, len) ||
        !wire_send(wire, "%s{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"ping\"}",
                   len > 0 && line[len - 1] == '\n' ? "" : "\n", ping))
        return false;
    for (;;) {
        n_before = wire->next;
        message = wire_next(wire, WATCHDOG_MS);
        if (wire->next == n_before)
            return false;
        id = json_object_get_string(member(message, "id"));
        if (id && strcmp(id, ping) == 0)
            return true;
        if (ret->n++ == 0) {
            ret->message = message;
            ret->text = wire->messages[wire->next - 1];
        }
    }
}

bool react_to(struct wire *wire, struct reaction *ret, const char *format, ...)
{
    va_list args;
    char *text;
    int len;
    bool ok;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return false;
    unit_note_on_failure("%.300s", text);
    ok = react(wire, text, (size_t)len, ret);
    free(text);
    return ok;
}

bool is_one_error(const struct reaction *reaction, int code, const char *id)
{
    const char *got = reaction->message
                          ? json_object_to_json_string_ext(
                                member(reaction->message, "id"), JSON_C_TO_STRING_PLAIN)
                          : "";
    bool ok = reaction->n == 1 && answer_code(reaction->message) == code &&
              (id ? strcmp(got, id) == 0
                  : !json_object_object_get_ex(reaction->message, "id", NULL));

    if (!ok)
        unit_note("%zu messages, the first is %.300s", reaction->n,
                  reaction->text ? reaction->text : "none");
    return ok;
}

bool begin_with(struct scene *scene, struct wire *wire, const char *version,
                const char *limits, const struct mcps_tool *tools, size_t n_tools)
{
    bool ok = scene_start(scene, 2, limits, tools, n_tools) &&
              wire_connect(wire, scene, NULL) &&
              wire_init(wire, version, "{\"roots\":{}}");

    wire->next = wire->n_messages;
    return ok;
}

bool begin(struct scene *scene, struct wire *wire, const char *limits,
           const struct mcps_tool *tools, size_t n_tools)
{
    return begin_with(scene, wire, "2025-11-25", limits, tools, n_tools);
}

/* As wire_ok(), but that ids are used again here when their answers have come. */
static bool are_messages(const struct wire *wire)
{
    for (size_t i = 0; i < wire->n_messages; i++) {
        if (!json_object_is_type(wire->parsed[i], json_type_array) &&
            !member(wire->parsed[i], "jsonrpc")) {
            unit_note("no message: %.300s", wire->messages[i]);
            return false;
        }
    }
    return !wire->torn;
}

bool all_is_well(struct scene *scene, struct wire *wire)
{
    return wire_alive(wire) && are_messages(wire) && scene_idle(scene) &&
           scene_log_ok(scene);
}

static bool is_nothing(const struct reaction *reaction)
{
    if (reaction->n > 0)
        unit_note("there came %.300s", reaction->text);
    return reaction->n == 0;
}

/* A text of so many bytes of one kind between two others. The caller frees it. */
static char *stretch(const char *head, char c, size_t n, const char *tail)
{
    size_t head_len = strlen(head), tail_len = strlen(tail);
    char *text = malloc(head_len + n + tail_len + 1);

    if (!text)
        return NULL;
    memcpy(text, head, head_len);
    memset(text + head_len, c, n);
    memcpy(text + head_len + n, tail, tail_len + 1);
    return text;
}

/* ---- F9.02: a method that is none ---- */

static void f9_02_a_method_that_is_none(void)
{
    static const char *const bad[] = {
        "\"method\":\"\"",
        "\"method\":null",
        "\"method\":1",
        "\"method\":{}",
        "\"method\":[\"ping\"]",
        "\"method\":false",
        "\"method\":\"ping\",\"result\":{}",
        "\"method\":\"ping\",\"error\":{\"code\":1,\"message\":\"\"}",
        "\"method\":null,\"result\":{}",
        "\"method\":\"pi\\u0000ng\"",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    char *longest = stretch("\"method\":\"", 'm', 1 << 20, "\"");

    CHECK(longest && begin(&scene, &wire, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1,%s}", bad[i]));
        CHECK(is_one_error(&got, -32600, "1"));
        /* Without an id it is a notification, which is not answered. */
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",%s}", bad[i]));
        CHECK(is_nothing(&got));
    }
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1,%s}", longest));
    CHECK(is_one_error(&got, -32600, "1"));
    CHECK(strlen(got.text) < 512);
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1}"));
    CHECK(is_one_error(&got, -32600, "1"));
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}"));
    CHECK(is_nothing(&got));
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"));
    CHECK(is_nothing(&got));
    CHECK(all_is_well(&scene, &wire));
out:
    free(longest);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.03, F9.04: ids ---- */

static bool echoes_id(struct wire *wire, const char *id, const char *expected)
{
    char *want;
    struct reaction got;
    bool ok =
        react_to(wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}", id) &&
        got.n == 1 &&
        asprintf(&want, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", expected) > 0;

    if (ok && strcmp(got.text, want) != 0) {
        unit_note("got %.300s", got.text);
        ok = false;
    }
    if (got.n == 1)
        free(want);
    return ok;
}

static void f9_03_ids_of_the_wrong_kind(void)
{
    static const char *const bad[] = {
        "null",
        "true",
        "false",
        "1.5",
        "[]",
        "{}",
        "[1]",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "1e400",
        "1e30",
        "0.1",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    char *long_number = stretch("", '1', 400, ""),
         *longer_number = stretch("", '1', 600, "");
    char *long_text = stretch("\"", 'i', 257, "\""),
         *huge = stretch("\"", 'i', 1 << 20, "\"");
    const char *const too_long[] = { long_number, longer_number, long_text, huge };

    CHECK(long_number && longer_number && long_text && huge);
    CHECK(begin(&scene, &wire, "bad_messages=1000", NULL, 0));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                       bad[i]));
        CHECK(is_one_error(&got, -32600, NULL));
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                       too_long[i]));
        CHECK(is_one_error(&got, -32600, NULL));
        CHECK(strlen(got.text) < 512);
    }
    CHECK(all_is_well(&scene, &wire));
out:
    free(long_number);
    free(longer_number);
    free(long_text);
    free(huge);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void f9_04_ids_come_back_as_they_were(void)
{
    static const char *const same[] = {
        "0",
        "1",
        "-1",
        "1.0",
        "1e3",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "\"\"",
        "\"1\"",
        "\"001\"",
        "\"\xc3\xa9\"",
        "\"\\u0000\"",
        "\"a\\\"b\\\\c\"",
        "\"\xf0\x9f\x98\x80\"",
        "\"\\n\"",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    char *longest = stretch("\"", 'i', 256, "\"");

    CHECK(longest && begin(&scene, &wire, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        CHECK(echoes_id(&wire, same[i], same[i]));
    CHECK(echoes_id(&wire, longest, longest));
    /* The same value, with no more escapes than it needs. */
    CHECK(echoes_id(&wire, "\"\\u00e9\"", "\"\xc3\xa9\""));
    CHECK(echoes_id(&wire, "\"\\/\\u0041\"", "\"/A\""));
    CHECK(echoes_id(&wire, "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""));
    CHECK(all_is_well(&scene, &wire));
out:
    free(longest);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* The same of answers that a worker gives, all of them at once. */
static void f9_04_ids_of_calls_in_flight(void)
{
    static const char *const ids[] = {
        "1",    "\"1\"", "9007199254740992", "9007199254740993",
        "\"\"", "0",     "\"\xc3\xa9\"",     "-1"
    };
    const unsigned n = sizeof ids / sizeof ids[0];
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    char args[64], want[32];

    mcps__sync_reset();
    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    mcps__sync_hold("before_handler");
    for (unsigned i = 0; i < n; i++) {
        snprintf(args, sizeof args, "{\"text\":\"%u\"}", i);
        CHECK(wire_call(&wire, ids[i], "echo", args));
    }
    CHECK(mcps__sync_wait("before_handler", 2));
    mcps__sync_release("before_handler");
    for (unsigned i = 0; i < n; i++) {
        snprintf(want, sizeof want, "%u", i);
        CHECK_STR(answer_text(wire_answer(&wire, ids[i])), want);
    }
    CHECK(all_is_well(&scene, &wire));
out:
    mcps__sync_release("before_handler");
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.05: two members of one name, and names that look alike ---- */

/* Gives a text back, all of it. */
static int mirror(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *text = member(args, "text");

    (void)userdata;
    return mcps_call_text_bytes(call, json_object_get_string(text),
                                (size_t)json_object_get_string_len(text));
}

static const struct mcps_tool mirror_tool =
    MCPS_TOOL_STRUCT(.name = "mirror", .handler = mirror);

static void f9_05_members_that_are_ambiguous(void)
{
    static const struct {
        const char *text, *id; /* NULL: none, for it is what is ambiguous */
    } bad[] = {
        { "\"id\":1,\"method\":\"ping\",\"method\":\"tools/list\"", "1" },
        { "\"id\":1,\"method\":\"ping\",\"\\u006dethod\":\"tools/list\"", "1" },
        { "\"id\":1,\"method\":\"ping\",\"params\":{},\"params\":{}", "1" },
        { "\"id\":1,\"method\":\"ping\",\"params\":{\"a\":1,\"a\":2}", "1" },
        { "\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"a\":1,\"a\":2}}", "1" },
        { "\"id\":1,\"method\":\"ping\",\"x\\u0000y\":1", "1" },
        { "\"id\":1,\"method\":\"ping\",\"jsonrpc\":\"2.0\"", "1" },
        { "\"id\":1,\"id\":2,\"method\":\"ping\"", NULL },
        { "\"id\":1,\"method\":\"ping\",\"\\u0069d\":1", NULL },
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;

    CHECK(begin(&scene, &wire, NULL, &mirror_tool, 1));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",%s}", bad[i].text));
        CHECK(is_one_error(&got, -32600, bad[i].id));
    }
    /* Case counts, so this has no method, or another id. */
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1,\"Method\":\"ping\"}"));
    CHECK(is_one_error(&got, -32600, "1"));
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"ID\":1,\"id\":2,\"method\":\"ping\"}"));
    CHECK_STR(got.text, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}");
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"\\u006dethod\":\"\\u0070ing\"}"));
    CHECK_STR(got.text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
    /* A name does not end at a NUL. */
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                   "\"name\":\"echo\\u0000x\",\"arguments\":{\"text\":\"a\"}}}"));
    CHECK(is_one_error(&got, -32602, "1"));
    /* In arguments it is noticed when the tree is built. */
    CHECK(wire_call(&wire, "7", "echo", "{\"text\":\"a\",\"text\":\"b\"}"));
    CHECK_INT(answer_code(wire_answer(&wire, "7")), -32602);
    CHECK(wire_call(&wire, "8", "mirror", "{\"text\":\"a\\u0000b\"}"));
    CHECK(wire_answer(&wire, "8"));
    CHECK(strstr(wire.messages[wire.n_messages - 1], "\"a\\u0000b\""));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.06: notifications are not answered ---- */

static void f9_06_notifications_get_no_answers(void)
{
    static const char *const notifications[] = {
        "\"method\":\"notifications/unknown\"",
        "\"method\":\"notifications/initialized\"",
        "\"method\":\"notifications/initialized\",\"params\":{\"a\":1}",
        "\"method\":\"notifications/initialized\",\"params\":[]",
        "\"method\":\"notifications/cancelled\"",
        "\"method\":\"notifications/cancelled\",\"params\":7",
        "\"method\":\"notifications/cancelled\",\"params\":{}",
        "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":null}",
        "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":{}}",
        "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":99}",
        "\"method\":\"notifications/progress\",\"params\":{\"progressToken\":[]}",
        "\"method\":\"ping\"",
        "\"method\":\"tools/list\"",
        "\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}",
        "\"method\":\"initialize\",\"params\":{}",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;

    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof notifications / sizeof notifications[0]; i++) {
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",%s}", notifications[i]));
        CHECK(is_nothing(&got));
    }
    CHECK_INT(scene_stats(&scene).answers, 0);
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.09: nothing of the message before ---- */

static void f9_09_nothing_is_left_of_the_message_before(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    struct json_object *message;

    CHECK(begin(&scene, &wire, "bad_messages=1000000", NULL, 0));
    for (unsigned i = 0; i < unit_repeat(50, 500); i++) {
        CHECK(wire_call(&wire, "4", "echo", "{\"text\":\"four\"}"));
        message = wire_next(&wire, WATCHDOG_MS);
        CHECK_STR(answer_text(message), "four");
        CHECK_INT(json_object_get_int(member(message, "id")), 4);
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":!!!"));
        CHECK(is_one_error(&got, -32700, NULL));
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\""));
        CHECK(is_one_error(&got, -32700, NULL));
        CHECK(react_to(&wire, &got, "{\"id\":6}"));
        CHECK(is_one_error(&got, -32600, "6"));
        CHECK(react_to(&wire, &got,
                       "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}"));
        CHECK(is_one_error(&got, -32600, NULL));
        /* Nor the params, nor the name. */
        CHECK(react_to(&wire, &got,
                       "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\"}"));
        CHECK(is_one_error(&got, -32602, "7"));
        CHECK(wire_call(&wire, "5", "echo", NULL));
        message = wire_next(&wire, WATCHDOG_MS);
        CHECK_INT(json_object_get_int(member(message, "id")), 5);
        CHECK(answer_is_error(message));
        CHECK_STR(answer_text(message),
                  "the value: expected a member \"text\", a string, got an object "
                  "without it (schema: \"/required\")");
    }
    CHECK(wire_alive(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.10: what errors say ---- */

static int give_error(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return -EACCES;
}

static const struct mcps_tool error_tool =
    MCPS_TOOL_STRUCT(.name = "error", .handler = give_error);

static const char *message_of(struct json_object *answer)
{
    const char *text = json_object_get_string(member(member(answer, "error"), "message"));

    return text ? text : "";
}

static void f9_10_errors_say_what_they_should(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    char *method = stretch("", 'm', 100, ""), *tool = stretch("", 't', 1000, "");

    CHECK(method && tool && begin(&scene, &wire, "bad_messages=1000", &error_tool, 1));
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x/y\"}"));
    CHECK(is_one_error(&got, -32601, "1"));
    CHECK_STR(message_of(got.message), "Method not found: x/y");
    /* What a client has sent comes back to it by 64 bytes at the most. */
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}",
                   method));
    CHECK(is_one_error(&got, -32601, "1"));
    CHECK_INT(strspn(strstr(message_of(got.message), "mm"), "m"), 64);
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                   "\"name\":\"%s\"}}",
                   tool));
    CHECK(is_one_error(&got, -32602, "1"));
    CHECK(strspn(strstr(message_of(got.message), "tt"), "t") <= 64);
    CHECK(react_to(&wire, &got, "my password is secret"));
    CHECK(is_one_error(&got, -32700, NULL));
    CHECK(!strstr(got.text, "secret") && !strstr(got.text, "password"));
    CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}"));
    CHECK(is_one_error(&got, -32600, "1"));
    /* A handler that fails with no more than a number. */
    CHECK(wire_call(&wire, "2", "error", NULL));
    CHECK(answer_is_error(wire_answer(&wire, "2")));
    CHECK_STR(answer_text(wire_answer(&wire, "2")), mcps_strerror(-EACCES));
    CHECK(wire_alive(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
    CHECK(wire_call(&wire, "3", "no_result", NULL));
    CHECK_INT(answer_code(wire_answer(&wire, "3")), -32603);
    CHECK_STR(message_of(wire_answer(&wire, "3")), "The handler gave no answer");
    CHECK_INT(scene_logged(&scene, "tool no_result let go of a call"), 1);
    for (size_t i = 0; i < wire.n_messages; i++)
        CHECK(!strstr(wire.messages[i], "0x") && !strstr(wire.messages[i], ".c:"));
out:
    free(method);
    free(tool);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.11: junk by the million ---- */

static bool send_junk(struct wire *wire, struct wire *other, const char *junk, size_t n)
{
    size_t len = strlen(junk), each = 65536 / len;
    char *many = malloc(each * len);
    bool ok = many != NULL;

    for (size_t i = 0; ok && i < each; i++)
        memcpy(many + i * len, junk, len);
    for (; ok && n > each; n -= each)
        ok = wire_send_bytes(wire, many, each * len) && wire_alive(other);
    ok = ok && wire_send_bytes(wire, many, n * len) && wire_alive(wire);
    free(many);
    return ok;
}

static void f9_11_junk_is_skipped(void)
{
    const size_t n = unit_repeat(200000, 1000000) / SCALE;
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL }, other = { .memory = NULL };

    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    CHECK(wire_connect(&other, &scene, "other"));
    CHECK(wire_hello(&other));
    CHECK(send_junk(&wire, &other, "\n", n));
    CHECK(send_junk(&wire, &other, "\r\n", n));
    CHECK(send_junk(&wire, &other,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n", n));
    CHECK(send_junk(&wire, &other, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n", n));
    CHECK_INT(scene_stats(&scene).in_bytes, 0);
    CHECK_INT(scene_stats(&scene).ignored_messages, 2 * n);
    CHECK_INT(wire.n_messages, 1 + 4);
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    wire_free(&other);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.12: ids that look like something of ours ---- */

static void f9_12_ids_that_look_like_ours(void)
{
    static const char *const ids[] = { "\"_GET_stream\"", "\"\"",     "\"stdio\"",
                                       "\"init\"",        "\"null\"", "\"test\"",
                                       "\"__proto__\"",   "\"1\"",    "\"\\u0000\"",
                                       "\"tools/call\"" };
    const unsigned n = sizeof ids / sizeof ids[0];
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *ask;

    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    /* A request of ours is open, whose id is a number, too. */
    CHECK(wire_call(&wire, "\"ask\"", "roots", NULL));
    ask = wire_await(&wire, "roots/list");
    CHECK(ask != NULL);
    for (unsigned i = 0; i < n; i++)
        CHECK(wire_call(&wire, ids[i], "echo", "{\"text\":\"mine\"}"));
    CHECK(wire_call(&wire, json_object_get_string(member(ask, "id")), "add",
                    "{\"a\":1,\"b\":2}"));
    for (unsigned i = 0; i < n; i++)
        CHECK(strcmp(ids[i], "\"init\"") == 0 ||
              strcmp(answer_text(wire_answer(&wire, ids[i])), "mine") == 0);
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[]}}",
                    json_object_get_string(member(ask, "id"))));
    CHECK_STR(answer_text(wire_answer(&wire, "\"ask\"")), "[ ]");
    CHECK_STR(answer_text(wire_answer(&wire, json_object_get_string(member(ask, "id")))),
              "3");
    CHECK(wire_alive(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test hostile_tests[] = {
    TEST_(f9_02_a_method_that_is_none),
    TEST_(f9_03_ids_of_the_wrong_kind),
    TEST_(f9_04_ids_come_back_as_they_were),
    TEST_(f9_04_ids_of_calls_in_flight),
    TEST_(f9_05_members_that_are_ambiguous),
    TEST_(f9_06_notifications_get_no_answers),
    TEST_(f9_09_nothing_is_left_of_the_message_before),
    TEST_(f9_10_errors_say_what_they_should),
    TEST_(f9_11_junk_is_skipped),
    TEST_(f9_12_ids_that_look_like_ours),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "hostile", hostile_tests },
        { "shape", shape_tests },
        { "batch", batch_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 3);
}
