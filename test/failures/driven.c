/* SPDX-License-Identifier: MIT */
/* What drives the servers of these tests, and the tools that they run; see driven.h. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

/* ---- what the tests stand on ---- */

struct noted noted;

static int note(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *text = NULL;
    unsigned i = atomic_fetch_add(&noted.n_run, 1);

    (void)userdata;
    if (json_object_object_get_ex(args, "text", &text) && i < sizeof noted.names - 1)
        noted.names[i] = json_object_get_string(text)[0];
    if (noted.takes_ns > 0)
        mcps__clock_advance(noted.takes_ns);
    return mcps_call_text(call, "noted");
}

static int try(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    noted.result = noted.fn(call);
    return mcps_call_text(call, "tried");
}

static int later(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_store(&noted.kept, mcps_call_ref(call));
    return MCPS_PENDING;
}

void note_tools(struct mcps_tool tools[N_NOTE_TOOLS], const char *executor)
{
    const struct mcps_tool all[N_NOTE_TOOLS] = {
        MCPS_TOOL_STRUCT(.name = "note", .handler = note, .executor = executor),
        MCPS_TOOL_STRUCT(.name = "try", .handler = try, .executor = executor),
        MCPS_TOOL_STRUCT(.name = "later", .handler = later, .executor = executor),
    };

    memcpy(tools, all, sizeof all);
}

bool stage_open(struct stage *stage, unsigned workers, const char *limits,
                const char *executor)
{
    struct mcps_tool tools[N_NOTE_TOOLS];

    memset(stage, 0, sizeof *stage);
    memset(&noted, 0, sizeof noted);
    props_reset();
    note_tools(tools, executor);
    return scene_open(&stage->scene, workers, limits, props, N_PROPS) &&
           mcps_executor_new(&stage->host, stage->scene.server, "host") >= 0 &&
           mcps_server_add_tools(stage->scene.server, tools, N_NOTE_TOOLS) >= 0;
}

bool stage_begin(struct stage *stage, unsigned workers, const char *limits,
                 const char *executor)
{
    return stage_open(stage, workers, limits, executor) &&
           mcps_server_start_driven(stage->scene.server) >= 0 &&
           wire_connect(&stage->wire, &stage->scene, NULL) &&
           greet_driven(stage, &stage->wire);
}

void stage_end(struct stage *stage)
{
    mcps_call *kept = atomic_exchange(&noted.kept, NULL);

    door_open();
    mcps_call_unref(kept);
    wire_free(&stage->wire);
    mcps_executor_unref(stage->host);
    stage->host = NULL;
    CHECK_AFTER(scene_close(&stage->scene));
}

bool is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

int settle(struct stage *stage)
{
    mcps_server *server = stage->scene.server;
    int fd = mcps_server_get_fd(server), r;

    do
        r = mcps_server_process(server);
    while (r >= 0 &&
           (r > 0 || is_readable(fd) || mcps_server_get_timeout_ms(server) == 0));
    return r;
}

void take_in(struct wire *wire)
{
    while (wire_next(wire, 0)) {
        /* It is kept. */
    }
}

struct json_object *answered(struct stage *stage, struct wire *wire, const char *id)
{
    struct pollfd p = { .fd = mcps_server_get_fd(stage->scene.server), .events = POLLIN };

    for (int i = 0; i < WATCHDOG_MS / 10 && settle(stage) >= 0; i++) {
        take_in(wire);
        if (wire_answers(wire, id) > 0)
            return wire_answer(wire, id);
        if (wire->closed || mcps__mem_has_failed())
            return NULL;
        poll(&p, 1, 10);
    }
    return NULL;
}

bool greet_driven(struct stage *stage, struct wire *wire)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":\"init\",\"method\":\"initialize\","
                     "\"params\":{\"protocolVersion\":\"2025-11-25\","
                     "\"capabilities\":{\"roots\":{}},"
                     "\"clientInfo\":{\"name\":\"wire\",\"version\":\"1\"}}}") &&
           answered(stage, wire, "\"init\"") &&
           wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}") &&
           settle(stage) >= 0;
}

bool alive(struct stage *stage)
{
    static unsigned n;
    char id[32];

    snprintf(id, sizeof id, "\"ping %u\"", n++);
    return wire_send(&stage->wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                     id) &&
           answered(stage, &stage->wire, id) != NULL;
}

#ifdef HAVE_EPOLL_CREATE1
static const struct unit_suite suites[] = {
    { "driven", driven_tests },        { "driven_stop", driven_stop_tests },
    { "misuse", driven_misuse_tests }, { "stdio", driven_stdio_tests },
    { "executors", executor_tests },   { "inline", inline_tests },
};
#else

static void it_is_refused_without_epoll(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, 2, NULL, NULL));
    CHECK_INT(mcps_server_start_driven(stage.scene.server), -ENOSYS);
    CHECK_INT(scene_logged(&stage.scene, "cannot be driven"), 1);
    CHECK_INT(mcps_server_start(stage.scene.server), 0);
out:
    stage_end(&stage);
}

static const struct unit_test refused_tests[] = {
    UNIT_TEST_ONCE(it_is_refused_without_epoll, "it has threads"),
    UNIT_END,
};
static const struct unit_suite suites[] = { { "refused", refused_tests } };
#endif

int main(int argc, char **argv)
{
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
