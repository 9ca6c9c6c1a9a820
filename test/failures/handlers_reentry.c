/* SPDX-License-Identifier: MIT */
/* Group 12: user code that calls the library from within it, and tools that are added badly
 * or while calls run. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "handlers.h"
#include "props.h"

/* ---- F12.06: every function, from everywhere ---- */

/* Where user code is called. */
enum place { IN_HANDLER, IN_HOOK, IN_HOOK_AT_ONCE, IN_LOG, IN_DESTROY, N_PLACES };

static mcps_server *server; /* one reference, the test's */
static const char *_Atomic fault;
static atomic_uint visits[N_PLACES];

static void check(bool ok, const char *what)
{
    if (!ok)
        atomic_store(&fault, what);
}

#define EXPECT(cond) check((cond), #cond)

static int be_a_tool(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "a tool");
}

/* There is one reference, the test's, which one thread at a time borrows. */
static void call_references(bool inside)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&mutex);
    EXPECT(mcps_server_unref(mcps_server_ref(server)) == NULL);
    if (inside)
        EXPECT(mcps_server_unref(server) == server);
    pthread_mutex_unlock(&mutex);
}

/* What is about to run or stop the server from inside of it is refused. */
static void call_server(bool inside)
{
    static atomic_uint serial;
    struct mcps_stats stats = { .struct_size = sizeof stats };
    char name[32];
    const struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = name, .handler = be_a_tool);

    snprintf(name, sizeof name, "added-%u", atomic_fetch_add(&serial, 1));
    EXPECT(mcps_server_add_tools(server, &tool, 1) == 0);
    EXPECT(mcps_server_set_limit(server, MCPS_LIMIT_BATCH, 1) == MCPS_EBUSY);
    EXPECT(mcps_server_get_limit(server, MCPS_LIMIT_BATCH) == 32);
    EXPECT(mcps_server_get_limit_hits(server, MCPS_LIMIT_BATCH) == 0);
    EXPECT(mcps_server_listen(server, "stdio:") == MCPS_EBUSY);
    EXPECT(mcps_server_start(server) == MCPS_EBUSY);
    EXPECT(mcps_server_run(server) == MCPS_EBUSY);
    mcps_server_get_stats(server, &stats);
    call_references(inside);
    if (inside) {
        EXPECT(mcps_server_wait(server) == -EDEADLK);
        EXPECT(mcps_server_stop(server, 0) == -EDEADLK);
    }
}

/* From the log a client is refused, for the I/O thread cannot wait for itself. */
static void call_test_client(bool on_io)
{
    mcps_test_client *client;
    int r = mcps_test_connect(server, "inside", &client);

    EXPECT(r == (on_io ? -EDEADLK : 0));
    if (r < 0)
        return;
    EXPECT(mcps_test_send(client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}") ==
           0);
    mcps_test_cut(client, MCPS_TEST_CUT_BOTH);
    mcps_test_free(client);
}

static void note_visit(void *userdata, enum mcps_cancel_reason reason);

/* After a cancel only the refusals are left. */
static void call_call(mcps_call *call, bool cancelled)
{
    int want = cancelled ? MCPS_ECANCELLED : 0;
    struct json_object *roots;
    mcps_cancel_hook *hook = NULL;

    EXPECT(mcps_call_text(call, "text %d", 1) == want);
    EXPECT(mcps_call_text_bytes(call, "text", 4) == want);
    EXPECT(mcps_call_progress(call, cancelled ? 2 : 1, 3, NULL) == want);
    EXPECT(mcps_call_sleep_ms(call, 0) == want);
    EXPECT(mcps_call_cancel_fd(call) >= 0);
    EXPECT(mcps_call_remaining_ms(call) == -1);
    EXPECT(strcmp(mcps_call_principal(call), "test") == 0);
    EXPECT((mcps_call_cancelled(call) == MCPS_CANCEL_NONE) == !cancelled);
    if (cancelled)
        EXPECT(mcps_call_roots(call, &roots) == MCPS_ECANCELLED);
    EXPECT(mcps_call_on_cancel(call, &hook, note_visit, NULL) == 0);
    EXPECT(mcps_cancel_hook_remove(hook) == NULL);
    EXPECT(mcps_call_unref(mcps_call_ref(call)) == NULL);
}

static void note_visit(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    (void)reason;
    atomic_fetch_add(&visits[IN_HOOK_AT_ONCE], 1);
}

static void on_cancel(void *userdata, enum mcps_cancel_reason reason)
{
    EXPECT(reason == MCPS_CANCEL_CLIENT);
    call_server(true);
    call_test_client(false);
    call_call(userdata, true);
    atomic_fetch_add(&visits[IN_HOOK], 1);
}

static int reenter(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    call_server(true);
    call_test_client(false);
    call_call(call, false);
    EXPECT(mcps_call_on_cancel(call, NULL, on_cancel, call) == 0);
    atomic_fetch_add(&visits[IN_HANDLER], 1);
    EXPECT(mcps_call_sleep_ms(call, 3600000) == MCPS_ECANCELLED);
    door_wait(); /* a call that ends takes its hooks along */
    return 0;
}

static void on_destroy(void *userdata)
{
    (void)userdata;
    call_server(false);
    atomic_fetch_add(&visits[IN_DESTROY], 1);
}

/* Only of lines that the I/O thread writes: the server is set by then. */
static void on_log(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    if (!strstr(line, "an unknown notification"))
        return;
    call_server(true);
    call_test_client(true);
    atomic_fetch_add(&visits[IN_LOG], 1);
}

/* The destroy function of a tool that could not be added is called at once. */
static int add_in_vain(void)
{
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "echo", .handler = be_a_tool, .destroy = on_destroy);

    return mcps_server_add_tools(server, &tool, 1);
}

static bool open_server(struct scene *scene)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 2, .log = on_log, .log_level = MCPS_LOG_DEBUG);
    const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "reenter", .handler = reenter),
        MCPS_TOOL_STRUCT(.name = "echo", .handler = be_a_tool),
    };

    props_reset();
    atomic_store(&fault, NULL);
    for (int i = 0; i < N_PLACES; i++)
        atomic_store(&visits[i], 0);
    if (mcps_server_new(&server, &options) < 0)
        return false;
    scene->server = server;
    return mcps_server_add_tools(server, tools, 2) == 0 && mcps_server_start(server) == 0;
}

static void f12_06_every_function_from_everywhere(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    guard_set("a function that is called from inside");
    CHECK(open_server(&scene));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "reenter", NULL));
    CHECK(await_uint(&visits[IN_HANDLER], 1));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/odd\"}"));
    CHECK(wire_cancel(&wire, "2"));
    CHECK(wire_settled(&wire));
    CHECK_INT(add_in_vain(), MCPS_EEXISTS);
    CHECK(await_uint(&visits[IN_HOOK], 1));
    CHECK(await_uint(&visits[IN_LOG], 1));
    CHECK(await_uint(&visits[IN_DESTROY], 1));
    CHECK_INT(atomic_load(&visits[IN_HOOK_AT_ONCE]), 1);
    CHECK_STR(atomic_load(&fault) ? atomic_load(&fault) : "none", "none");
    door_open();
    CHECK(scene_idle(&scene));
    CHECK(wire_ok(&wire));
    CHECK_INT(mcps_server_stop(server, 0), 0);
    CHECK_STR(atomic_load(&fault) ? atomic_load(&fault) : "none", "none");
out:
    door_open();
    wire_free(&wire);
    server = mcps_server_unref(server);
    CHECK_AFTER(!server);
    guard_clear();
}

/* ---- F12.07: tools that are added while calls run ---- */

enum { N_ADDERS = 4, N_CALLERS = 4 };

struct adder {
    pthread_t thread;
    struct scene *scene;
    unsigned index, n;
    const char *fault;
};

static atomic_uint destroyed, running_tools;

static int be_added(mcps_call *call, struct json_object *args, void *userdata)
{
    const char *name = userdata;
    int r;

    (void)args;
    atomic_fetch_add(&running_tools, 1);
    r = mcps_call_text(call, "%s", name);
    atomic_fetch_sub(&running_tools, 1);
    return r;
}

static void destroy_name(void *userdata)
{
    memset(userdata, '?', strlen(userdata));
    free(userdata);
    atomic_fetch_add(&destroyed, 1);
}

static char *tool_name(unsigned adder, unsigned i)
{
    char *name = malloc(32);

    if (name)
        snprintf(name, 32, "tool-%u-%u", adder, i);
    return name;
}

/* Each tool is added, and then once more, in vain. */
static void *run_adder(void *userdata)
{
    struct adder *adder = userdata;

    for (unsigned i = 0; i < adder->n; i++) {
        char *name = tool_name(adder->index, i), *again = tool_name(adder->index, i);
        struct mcps_tool tool =
            MCPS_TOOL_STRUCT(.name = name, .handler = be_added, .userdata = name,
                             .destroy = destroy_name);

        if (mcps_server_add_tools(adder->scene->server, &tool, 1) != 0)
            adder->fault = "a tool was not added";
        tool.name = again;
        tool.userdata = again;
        if (mcps_server_add_tools(adder->scene->server, &tool, 1) != MCPS_EEXISTS)
            adder->fault = "a tool was added twice";
    }
    return NULL;
}

/* How many tools there are, all of different names; 0 when that is not so. */
static size_t list_tools(struct wire *wire, const char *id, const char **ret_last)
{
    struct json_object *answer, *result = NULL, *tools = NULL, *name = NULL;
    size_t n;

    if (!wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/list\"}", id))
        return 0;
    answer = wire_answer(wire, id);
    if (!json_object_object_get_ex(answer, "result", &result) ||
        !json_object_object_get_ex(result, "tools", &tools))
        return 0;
    n = json_object_array_length(tools);
    json_object_object_get_ex(json_object_array_get_idx(tools, n - 1), "name", &name);
    *ret_last = json_object_get_string(name);
    return n;
}

/* Lists, and calls the one that came last. */
static const char *list_and_call(struct wire *wire, unsigned n)
{
    size_t before = 0;

    for (unsigned i = 0; i < n; i++) {
        const char *last = NULL;
        char id[16];
        size_t n_tools;

        snprintf(id, sizeof id, "%u", 2 * i);
        n_tools = list_tools(wire, id, &last);
        if (n_tools == 0 || n_tools < before)
            return "the list is not as it should be";
        before = n_tools;
        if (strncmp(last, "tool-", 5) != 0)
            continue;
        snprintf(id, sizeof id, "%u", 2 * i + 1);
        if (!wire_call(wire, id, last, NULL) ||
            strcmp(answer_text(wire_answer(wire, id)), last) != 0)
            return "a tool that was listed could not be called";
    }
    return NULL;
}

static void *run_caller(void *userdata)
{
    struct adder *caller = userdata;
    struct wire wire;

    if (!wire_connect(&wire, caller->scene, NULL)) {
        caller->fault = "it did not connect";
        return NULL;
    }
    if (!wire_hello(&wire))
        caller->fault = "no handshake";
    if (!caller->fault)
        caller->fault = list_and_call(&wire, caller->n);
    wire_free(&wire);
    return NULL;
}

static bool run_all(struct scene *scene, unsigned n)
{
    struct adder all[N_ADDERS + N_CALLERS];
    bool ok = true;

    for (unsigned i = 0; i < N_ADDERS + N_CALLERS; i++) {
        all[i] = (struct adder){ .scene = scene, .index = i, .n = n };
        if (pthread_create(&all[i].thread, NULL, i < N_ADDERS ? run_adder : run_caller,
                           &all[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < N_ADDERS + N_CALLERS; i++) {
        pthread_join(all[i].thread, NULL);
        if (all[i].fault)
            unit_note("thread %u: %s", i, all[i].fault);
        ok = ok && !all[i].fault;
    }
    return ok;
}

static void f12_07_tools_added_while_calls_run(void)
{
    struct scene scene = { .server = NULL };
    unsigned n = unit_repeat(25, 250);

    props_reset();
    atomic_store(&destroyed, 0);
    CHECK(scene_start(&scene, 4, NULL, NULL, 0));
    CHECK(run_all(&scene, n));
    CHECK(scene_idle(&scene));
    CHECK_INT(atomic_load(&running_tools), 0);
    CHECK_INT(atomic_load(&destroyed), N_ADDERS * n);
    CHECK(scene_close(&scene));
    CHECK_INT(atomic_load(&destroyed), 2 * N_ADDERS * n);
out:
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F12.11: tools that cannot be added ---- */

static void count_destroyed(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&destroyed, 1);
}

static const struct {
    const char *name, *schema;
    bool no_handler;
    int result;
} bad_tools[] = {
    { NULL, NULL, false, -EINVAL },
    { "", NULL, false, -EINVAL },
    { "with space", NULL, false, -EINVAL },
    { "line\nbreak", NULL, false, -EINVAL },
    { "quote\"", NULL, false, -EINVAL },
    { "\xc3\xa9", NULL, false, -EINVAL },
    { "good", NULL, true, -EINVAL },
    { "good", "", false, -EINVAL },
    { "good", "{", false, -EINVAL },
    { "good", "[]", false, -EINVAL },
    { "good", "{}", false, -EINVAL },
    { "good", "{\"type\":\"string\"}", false, -EINVAL },
    { "good", "{\"type\":\"object\"} x", false, -EINVAL },
    { "echo", NULL, false, MCPS_EEXISTS },
};

enum { N_BAD_TOOLS = sizeof bad_tools / sizeof bad_tools[0] };

/* Alone, and behind a good one, which is not added either. */
static bool refuses_bad_tools(mcps_server *to)
{
    for (size_t i = 0; i < N_BAD_TOOLS; i++) {
        struct mcps_tool tools[] = {
            MCPS_TOOL_STRUCT(.name = "first", .handler = be_a_tool,
                             .destroy = count_destroyed),
            MCPS_TOOL_STRUCT(.name = bad_tools[i].name,
                             .input_schema = bad_tools[i].schema,
                             .handler = bad_tools[i].no_handler ? NULL : be_a_tool,
                             .destroy = count_destroyed),
        };

        if (mcps_server_add_tools(to, &tools[1], 1) != bad_tools[i].result ||
            mcps_server_add_tools(to, tools, 2) != bad_tools[i].result) {
            unit_note("bad tool %zu", i);
            return false;
        }
    }
    return true;
}

static bool refuses_bad_arguments(mcps_server *to)
{
    struct mcps_tool small = MCPS_TOOL_STRUCT(.name = "small", .handler = be_a_tool);
    char long_name[200];
    const struct mcps_tool too_long =
        MCPS_TOOL_STRUCT(.name = long_name, .handler = be_a_tool);

    memset(long_name, 'n', sizeof long_name);
    long_name[129] = '\0';
    small.struct_size = 0;
    return mcps_server_add_tools(to, NULL, 1) == -EINVAL &&
           mcps_server_add_tools(to, NULL, 0) == 0 &&
           mcps_server_add_tools(to, &small, 0) == 0 &&
           mcps_server_add_tools(to, &small, 1) == -EINVAL &&
           mcps_server_add_tools(to, &too_long, 1) == -EINVAL;
}

static void f12_11_tools_that_cannot_be_added(void)
{
    const struct mcps_tool first =
        MCPS_TOOL_STRUCT(.name = "first", .handler = be_a_tool);
    struct scene scene = { .server = NULL };

    atomic_store(&destroyed, 0);
    CHECK(scene_open(&scene, 2, NULL, NULL, 0));
    CHECK(refuses_bad_tools(scene.server));
    CHECK_INT(atomic_load(&destroyed), 3 * N_BAD_TOOLS);
    CHECK(refuses_bad_arguments(scene.server));
    CHECK_INT(mcps_server_start(scene.server), 0);
    CHECK(refuses_bad_tools(scene.server));
    CHECK_INT(mcps_server_stop(scene.server, 0), 0);
    CHECK(refuses_bad_tools(scene.server));
    CHECK_INT(mcps_server_add_tools(scene.server, &first, 1), 0);
    CHECK_INT(mcps_server_add_tools(scene.server, &first, 1), MCPS_EEXISTS);
    CHECK(scene_logged(&scene, "there is a tool echo already") >= 6);
out:
    CHECK_AFTER(scene_close(&scene));
}

const struct unit_test reentry_tests[] = {
    UNIT_TEST_ONCE(f12_06_every_function_from_everywhere, "it has threads"),
    UNIT_TEST_ONCE(f12_07_tools_added_while_calls_run, "it has threads"),
    UNIT_TEST_ONCE(f12_11_tools_that_cannot_be_added, "it has threads"),
    UNIT_END,
};
