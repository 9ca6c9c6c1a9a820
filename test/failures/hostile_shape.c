/* SPDX-License-Identifier: MIT */
/* Group 9: JSON of a wrong shape (F9.01), and too deep (F9.07). */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

/* ---- F9.01: valid JSON of the wrong shape ---- */

/* One value of each type. */
enum { NULL_, BOOL_, NUMBER_, FRACTION_, STRING_, ARRAY_, OBJECT_, N_TYPES };

static const char *const values[N_TYPES] = {
    [NULL_] = "null",    [BOOL_] = "true", [NUMBER_] = "7",  [FRACTION_] = "1.5",
    [STRING_] = "\"x\"", [ARRAY_] = "[]",  [OBJECT_] = "{}",
};

/* A request with a place for a value, and which types are refused there, and how. */
struct place {
    const char *method, *params; /* with @ for the value */
    unsigned fine;               /* bits of the types that are not refused */
    int code;                    /* of the refusal */
};

#define BIT_(type)  (1u << (type))
#define CALL_(rest) "tools/call", "\"params\":{" rest "}"

static const struct place places[] = {
    { "ping", "\"params\":@", BIT_(OBJECT_), -32602 },
    { "ping", "\"params\":{\"_meta\":@}", BIT_(OBJECT_), -32602 },
    { "ping", "\"params\":{\"unknown\":@},\"unknown\":@", ~0u, 0 },
    { "tools/list", "\"params\":@", BIT_(OBJECT_), -32602 },
    { "tools/list", "\"params\":{\"_meta\":@}", BIT_(OBJECT_), -32602 },
    { "tools/list", "\"params\":{\"cursor\":@}", 0, -32602 },
    { "tools/list", "\"params\":{\"unknown\":@}", ~0u, 0 },
    { "tools/call", "\"params\":@", 0, -32602 },
    { CALL_("\"name\":@"), 0, -32602 },
    { CALL_("\"name\":@,\"arguments\":{\"text\":\"a\"}"), 0, -32602 },
    { CALL_("\"arguments\":@"), 0, -32602 },
    { CALL_("\"name\":\"count\",\"arguments\":@"), BIT_(OBJECT_), -32602 },
    { CALL_("\"name\":\"count\",\"_meta\":@"), BIT_(OBJECT_), -32602 },
    { CALL_("\"name\":\"count\",\"_meta\":{\"progressToken\":@}"), ~0u, 0 },
    { CALL_("\"name\":\"count\",\"unknown\":@"), ~0u, 0 },
    { "initialize", "\"params\":@", 0, -32600 }, /* a second time */
    { "x/y", "\"params\":{\"a\":@}", 0, -32601 },
};

static atomic_uint entered;

static int count(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)userdata;
    if (json_object_is_type(args, json_type_object))
        atomic_fetch_add(&entered, 1);
    return 0;
}

static const struct mcps_tool count_tool =
    MCPS_TOOL_STRUCT(.name = "count", .handler = count);

enum { PARAMS_MAX = 512 };

/* Puts the value where the form has its mark. */
static void fill(char to[PARAMS_MAX], const char *form, const char *value)
{
    for (; *form; form++) {
        if (*form == '@')
            to = stpcpy(to, value);
        else
            *to++ = *form;
    }
    *to = '\0';
}

/* Refused with its id, or answered with a result. */
static bool is_treated(struct wire *wire, const struct place *place, int type,
                       unsigned id)
{
    char params[PARAMS_MAX], name[16];
    struct reaction got;
    bool fine = place->fine & BIT_(type);

    snprintf(name, sizeof name, "%u", id);
    fill(params, place->params, values[type]);
    if (!react_to(wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"%s\",%s}", id,
                  place->method, params))
        return false;
    if (fine) /* perhaps only now, if it is a worker that answers */
        return member(wire_answer(wire, name), "result");
    /* Params of another type are wrong for any method. */
    return is_one_error(&got,
                        strcmp(place->params, "\"params\":@") == 0 && type != OBJECT_
                            ? -32602
                            : place->code,
                        name);
}

static void f9_01_params_of_the_wrong_shape(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    unsigned id = 100, fine = 0;

    atomic_store(&entered, 0);
    CHECK(begin(&scene, &wire, NULL, &count_tool, 1));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (int type = 0; type < N_TYPES; type++) {
            CHECK(is_treated(&wire, &places[i], type, id++));
            wire.next = wire.n_messages;
            if (strstr(places[i].params, "count"))
                fine += (places[i].fine & BIT_(type)) != 0;
        }
    }
    CHECK(scene_idle(&scene));
    CHECK_INT(atomic_load(&entered), fine);
    CHECK_INT(scene_stats(&scene).answers, fine);
    CHECK(wire_ok(&wire));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* Each request without params at all, and with huge ones. */
static void f9_01_params_that_are_missing_or_huge(void)
{
    static const char huge_name[] =
        "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\","
        "\"params\":{\"name\":\"";
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    const size_t head = sizeof huge_name - 1, n = 2 << 20;
    char *huge = malloc(head + n + 4);

    CHECK(huge != NULL);
    memcpy(huge, huge_name, head);
    memset(huge + head, 'n', n);
    memcpy(huge + head + n, "\"}}", 4);
    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}"));
    CHECK(is_one_error(&got, -32602, "1"));
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}"));
    CHECK(got.n == 1 && member(got.message, "result"));
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\","
                   "\"params\":{}}"));
    CHECK(is_one_error(&got, -32602, "3"));
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\","
                   "\"params\":{\"name\":\"\"}}"));
    CHECK(is_one_error(&got, -32602, "4"));
    CHECK(react(&wire, huge, head + n + 3, &got));
    CHECK(is_one_error(&got, -32602, "9"));
    CHECK(strlen(got.text) < 512);
    CHECK(all_is_well(&scene, &wire));
out:
    free(huge);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* An initialize that is refused begins nothing, and another one may follow. */
static void f9_01_initialize_of_the_wrong_shape(void)
{
    static const struct {
        const char *params; /* with @ */
        unsigned fine;
    } forms[] = {
        { "{\"protocolVersion\":@,\"capabilities\":{},\"clientInfo\":{\"name\":\"a\","
          "\"version\":\"1\"}}",
          BIT_(STRING_) },
        { "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":@,\"clientInfo\":{"
          "\"name\":\"a\",\"version\":\"1\"}}",
          BIT_(OBJECT_) },
        { "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":@}",
          0 },
        { "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{"
          "\"name\":@,\"version\":\"1\"}}",
          BIT_(STRING_) },
        { "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{"
          "\"name\":\"a\",\"version\":@}}",
          BIT_(STRING_) },
        { "{\"capabilities\":{},\"clientInfo\":{\"name\":\"a\",\"version\":\"1\"},"
          "\"x\":@}",
          0 },
        { "{\"protocolVersion\":\"2025-11-25\",\"clientInfo\":{\"name\":\"a\","
          "\"version\":\"1\"},\"x\":@}",
          0 },
        { "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"x\":@}", 0 },
        { "@", 0 },
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    char params[PARAMS_MAX], name[16];
    unsigned id = 0;

    CHECK(scene_start(&scene, 1, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (int type = 0; type < N_TYPES; type++) {
            if (forms[i].fine & BIT_(type))
                continue;
            snprintf(name, sizeof name, "%u", ++id);
            fill(params, forms[i].params, values[type]);
            CHECK(react_to(&wire, &got,
                           "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"initialize\","
                           "\"params\":%s}",
                           id, params));
            CHECK(is_one_error(&got, -32602, name));
            CHECK(react_to(
                &wire, &got,
                "{\"jsonrpc\":\"2.0\",\"id\":\"t%u\",\"method\":\"tools/list\"}", id));
            CHECK_INT(answer_code(got.message), -32600);
        }
    }
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "1000", "echo", "{\"text\":\"x\"}"));
    CHECK_STR(answer_text(wire_answer(&wire, "1000")), "x");
    CHECK(wire_ok(&wire));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* What a client answers to us is no less its own. Whatever it is, it is the answer: the call
 * does not wait for another. */
static void f9_01_answers_of_the_wrong_shape(void)
{
    static const char *const results[] = {
        "\"result\":{}",
        "\"result\":{\"roots\":null}",
        "\"result\":{\"roots\":7}",
        "\"result\":{\"roots\":{}}",
        "\"result\":{\"roots\":\"x\"}",
        "\"error\":{}",
        "\"error\":{\"code\":\"x\",\"message\":7}",
        "\"error\":{\"code\":-1,\"message\":\"no\"}",
        "\"result\":null",
        "\"result\":7",
        "\"result\":[]",
        "\"error\":null",
        "\"error\":7",
        "\"error\":\"\"",
        "\"result\":{},\"error\":{}",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    struct json_object *ask;
    char id[16];

    CHECK(begin(&scene, &wire, "roots_ms=3600000", NULL, 0));
    for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++) {
        unit_note_on_failure("%s", results[i]);
        snprintf(id, sizeof id, "%u", i);
        CHECK(wire_call(&wire, id, "roots", NULL));
        ask = wire_await(&wire, "roots/list");
        CHECK(ask != NULL);
        CHECK(react_to(&wire, &got, "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}",
                       json_object_get_string(member(ask, "id")), results[i]));
        CHECK(answer_is_error(wire_answer(&wire, id)));
        wire.next = wire.n_messages;
    }
    CHECK(wire_ok(&wire));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F9.07: depth ---- */

/* What is nested: arrays, objects, one in the other. */
struct nesting {
    const char *open[2], *close[2]; /* at even and at odd levels */
};

static const struct nesting nestings[] = {
    { { "[", "[" }, { "]", "]" } },
    { { "{\"a\":", "{\"a\":" }, { "}", "}" } },
    { { "[", "{\"a\":" }, { "]", "}" } },
};

/* A text with so many levels between two others, whose outermost is level 0. The caller
 * frees it. */
static char *nest(const char *head, const struct nesting *nesting, size_t depth,
                  const char *tail)
{
    size_t max = strlen(head) + strlen(tail) + 6 * depth + 8;
    char *text = malloc(max), *at;

    if (!text)
        return NULL;
    at = stpcpy(text, head);
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, nesting->open[i % 2]);
    at = stpcpy(at, "1");
    for (size_t i = depth; i-- > 0;)
        at = stpcpy(at, nesting->close[i % 2]);
    stpcpy(at, tail);
    return text;
}

/* Where it is nested, and how deep that place lies. */
static const struct {
    const char *head, *tail;
    size_t depth;
} spots[] = {
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"ignored\":",
      ",\"params\":{\"name\":\"count\"}}", 1 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"count\","
      "\"ignored\":",
      "}}", 2 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"count\","
      "\"_meta\":{\"m\":",
      "}}}", 3 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"count\","
      "\"arguments\":{\"deep\":",
      "}}}", 3 },
};

static bool is_stopped_at_64(struct wire *wire, size_t spot,
                             const struct nesting *nesting, size_t depth)
{
    char *text =
        nest(spots[spot].head, nesting, depth - spots[spot].depth, spots[spot].tail);
    struct reaction got;
    bool ok = text && react(wire, text, strlen(text), &got);

    unit_note_on_failure("spot %zu, nesting %d, depth %zu", spot,
                         (int)(nesting - nestings), depth);
    if (ok && depth > 64)
        ok = is_one_error(&got, -32600, NULL);
    else if (ok && got.n == 0)
        got.message = wire_next(wire, WATCHDOG_MS);
    ok = ok && (depth > 64 || member(got.message, "result"));
    free(text);
    return ok;
}

/* With stacks as small as they may be, so that nothing may recurse for long. */
static mcps_server *small_server(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "small", .workers = 2);
    mcps_server *server;

#ifdef TEST_SANITIZED
    options.stack_size = 0; /* their frames are larger than any code's */
#else
    options.stack_size = 64 << 10;
#endif
    if (mcps_server_new(&server, &options) < 0)
        return NULL;
    if (mcps_server_add_tools(server, &count_tool, 1) < 0 ||
        mcps_server_set_limit(server, MCPS_LIMIT_MESSAGE_BYTES, 16 << 20) < 0 ||
        mcps_server_set_limit(server, MCPS_LIMIT_BAD_MESSAGES, 1000) < 0 ||
        mcps_server_start(server) < 0)
        return mcps_server_unref(server);
    return server;
}

static void f9_07_depth(void)
{
    static const size_t depths[] = { 63, 64, 65, 66, 10000, 1000000 };
    struct scene scene = { .server = small_server() };
    struct wire wire = { .memory = NULL };

    CHECK(scene.server != NULL);
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    wire.next = wire.n_messages;
    for (size_t spot = 0; spot < sizeof spots / sizeof spots[0]; spot++) {
        for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
            for (int k = 0; k < 3; k++)
                CHECK(is_stopped_at_64(&wire, spot, &nestings[k], depths[i]));
        }
    }
    CHECK(wire_alive(&wire));
out:
    wire_free(&wire);
    if (scene.server)
        CHECK_AFTER(!mcps_server_unref(scene.server));
}

/* A thing that cannot be read is not known to be an answer; the call goes on to wait. */
static void f9_07_depth_of_answers_to_us(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    struct json_object *ask;
    char head[128], *text = NULL;

    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    for (size_t depth = 63; depth <= 66; depth++) {
        CHECK(wire_call(&wire, "5", "roots", NULL));
        ask = wire_await(&wire, "roots/list");
        CHECK(ask != NULL);
        snprintf(
            head, sizeof head,
            "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[],\"_meta\":{\"n\":",
            json_object_get_string(member(ask, "id")));
        text = nest(head, &nestings[2], depth - 3, "}}}");
        CHECK(text && react(&wire, text, strlen(text), &got));
        free(text);
        text = NULL;
        if (depth > 64) {
            CHECK(is_one_error(&got, -32600, NULL));
            CHECK(wire_send(&wire, "%s0}}}", head));
            got.n = 0;
        }
        if (got.n == 0)
            got.message = wire_next(&wire, WATCHDOG_MS);
        CHECK(member(got.message, "result") && !answer_is_error(got.message));
    }
    CHECK(all_is_well(&scene, &wire));
out:
    free(text);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void f9_07_depth_of_schemas(void)
{
    static const size_t depths[] = { 63, 64, 65, 10000, 1000000 };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct mcps_tool tool = count_tool;
    struct reaction got;
    char name[32], *schema = NULL;
    int r;

    CHECK(begin(&scene, &wire, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        for (int k = 0; k < 3; k++) {
            free(schema);
            schema =
                nest("{\"type\":\"object\",\"x\":", &nestings[k], depths[i] - 1, "}");
            CHECK(schema != NULL);
            snprintf(name, sizeof name, "deep-%zu-%d", i, k);
            tool.name = name;
            tool.input_schema = schema;
            r = mcps_server_add_tools(scene.server, &tool, 1);
            unit_note_on_failure("depth %zu", depths[i]);
            CHECK_INT(r, depths[i] <= 64 ? 0 : -EINVAL);
        }
    }
    /* Those that were added are in the list, which is too deep for this client's parser. */
    CHECK(react_to(&wire, &got,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
    CHECK(got.n == 1 && strstr(got.text, "\"deep-0-0\"") &&
          strstr(got.text, "\"deep-1-2\"") && !strstr(got.text, "\"deep-2-"));
out:
    free(schema);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test shape_tests[] = {
    TEST_(f9_01_params_of_the_wrong_shape),
    TEST_(f9_01_params_that_are_missing_or_huge),
    TEST_(f9_01_initialize_of_the_wrong_shape),
    TEST_(f9_01_answers_of_the_wrong_shape),
    TEST_(f9_07_depth),
    TEST_(f9_07_depth_of_answers_to_us),
    TEST_(f9_07_depth_of_schemas),
    UNIT_END,
};
