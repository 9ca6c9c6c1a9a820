/* SPDX-License-Identifier: MIT */
/* Group 1: the transport closes while handlers run. */
#include "config.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "scene.h"
#include "unit.h"

/* ---- F1.02: handlers that wait for the client when its input ends ---- */

static atomic_uint roots_closed;

static int ask_roots(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r = mcps_call_roots(call, &roots);

    (void)args;
    (void)userdata;
    if (r == MCPS_ECLOSED)
        atomic_fetch_add(&roots_closed, 1);
    if (r >= 0)
        json_object_put(roots);
    return r;
}

static const struct mcps_tool ask_tool =
    MCPS_TOOL_STRUCT(.name = "ask", .handler = ask_roots);

static void f1_02_parked_in_roots_at_the_end_of_input(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    atomic_store(&roots_closed, 0);
    CHECK(scene_start(&scene, 2, "eof_grace_ms=0", &ask_tool, 1));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "ask", NULL));
    CHECK(wire_call(&wire, "3", "ask", NULL));
    CHECK(wire_await(&wire, "roots/list"));
    CHECK(wire_await(&wire, "roots/list"));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK(scene_idle(&scene));
    CHECK_INT(atomic_load(&roots_closed), 2);
    CHECK_INT(wire_answers(&wire, "2"), 0);
    CHECK_INT(wire_answers(&wire, "3"), 0);
    CHECK(wire_ok(&wire));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test close_tests[] = {
    UNIT_TEST_ONCE(f1_02_parked_in_roots_at_the_end_of_input, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "close", close_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
