/* SPDX-License-Identifier: MIT */
/* Group 1, F1.03 and F1.05 to F1.08: answers, descriptors and calls at the end of a peer. */
#include "config.h"

#include "close_tests.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/call.h"
#include "hands.h"
#include "transport/end.h"
#include "util/mem.h"

SCENE_STAT(dropped_answers);
SCENE_STAT(sessions);
SCENE_STAT(streams);
SCENE_STAT(queued);
SCENE_STAT(running);

static enum mcps_cancel_reason reason_now(void)
{
    return mcps_call_cancelled(atomic_load(&hands.call));
}

/* ---- F1.03: two clients in memory; what happens to a does not happen to b ---- */

struct pair {
    struct scene scene;
    struct wire a, b;
};

static bool pair_start(struct pair *p, const char *limits)
{
    return hands_open() &&
           scene_start(&p->scene, 2, limits, hands_tools, N_HANDS_TOOLS) &&
           wire_connect(&p->a, &p->scene, "a") && wire_connect(&p->b, &p->scene, "b") &&
           wire_hello(&p->a) && wire_hello(&p->b);
}

/* The client a has gone, and it was no error of anybody's. */
static bool pair_is_well(struct pair *p)
{
    return scene_wait(&p->scene, stat_sessions, 1) && wire_alive(&p->b) &&
           scene_idle(&p->scene) && wire_ok(&p->a) && wire_ok(&p->b);
}

static bool pair_end(struct pair *p)
{
    static const char *const points[] = { "before_respond", "before_cancels",
                                          "after_unlist" };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        mcps__sync_release(points[i]);
    mcps__end_fail_write(0);
    hands_let_go();
    wire_free(&p->a);
    wire_free(&p->b);
    hands_close();
    return scene_close(&p->scene);
}

/* A call of a whose handler has returned, and whose answer is not given yet. */
static bool call_held_at(struct pair *p, const char *point)
{
    mcps__sync_hold(point);
    return wire_call(&p->a, "2", "answer", NULL) && mcps__sync_wait(point, 1);
}

/* The consumer goes first: our end learns it by writing, and is held before it cancels
 * anything, so that the answer meets the broken sink. */
void f1_03_answer_to_a_broken_sink(void)
{
    struct pair p = { .scene = { .server = NULL } };

    CHECK(pair_start(&p, NULL));
    CHECK(call_held_at(&p, "before_respond"));
    mcps__sync_hold("before_cancels");
    wire_cut_output(&p.a);
    CHECK(wire_send(&p.a, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}"));
    CHECK(mcps__sync_wait("before_cancels", 1));
    mcps__sync_release("before_respond");
    CHECK(scene_wait(&p.scene, stat_dropped_answers, 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_NONE);
    CHECK_INT(scene_stats(&p.scene).cancelled, 0);
    mcps__sync_release("before_cancels");
    CHECK(pair_is_well(&p));
    CHECK_INT(scene_logged(&p.scene, "an answer was dropped"), 1);
    CHECK_INT(scene_logged(&p.scene, "(EPIPE)"), 1);
    CHECK(scene_log_ok(&p.scene));
out:
    CHECK_AFTER(pair_end(&p));
}

/* Our end goes first. */
void f1_03_answer_to_a_closed_sink(void)
{
    struct pair p = { .scene = { .server = NULL } };

    CHECK(pair_start(&p, NULL));
    CHECK(call_held_at(&p, "before_respond"));
    mcps__sync_hold("before_cancels");
    mcps__sink_close(atomic_load(&hands.call)->exchange.peer->sink);
    CHECK(mcps__sync_wait("before_cancels", 1));
    mcps__sync_release("before_respond");
    CHECK(scene_wait(&p.scene, stat_dropped_answers, 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_NONE);
    CHECK_INT(scene_stats(&p.scene).cancelled, 0);
    mcps__sync_release("before_cancels");
    CHECK(pair_is_well(&p));
    CHECK(wire_drain(&p.a));
    CHECK_INT(wire_answers(&p.a, "2"), 0);
    CHECK_INT(scene_logged(&p.scene, "an answer was dropped"), 1);
    CHECK_INT(scene_logged(&p.scene, "(MCPS_ECLOSED)"), 1);
    CHECK(scene_log_ok(&p.scene));
out:
    CHECK_AFTER(pair_end(&p));
}

/* The way it happens by itself: the answer is on its way, too late to be cancelled, while
 * the peer goes through all of its closing. */
void f1_03_answer_as_the_sink_closes(void)
{
    struct pair p = { .scene = { .server = NULL } };

    CHECK(pair_start(&p, "eof_grace_ms=0"));
    CHECK(call_held_at(&p, "after_unlist"));
    wire_cut_input(&p.a);
    CHECK(scene_wait(&p.scene, stat_streams, 1));
    mcps__sync_release("after_unlist");
    CHECK(scene_wait(&p.scene, stat_dropped_answers, 1));
    CHECK(pair_is_well(&p));
    CHECK(wire_drain(&p.a));
    CHECK_INT(wire_answers(&p.a, "2"), 0);
    CHECK_INT(scene_logged(&p.scene, "an answer was dropped"), 1);
    CHECK(scene_log_ok(&p.scene));
out:
    CHECK_AFTER(pair_end(&p));
}

static unsigned errors_in_log(struct scene *scene)
{
    unsigned n;

    pthread_mutex_lock(&scene->mutex);
    n = scene->n_logged[MCPS_LOG_ERROR];
    pthread_mutex_unlock(&scene->mutex);
    return n;
}

void f1_03_another_error_is_reported(void)
{
    struct pair p = { .scene = { .server = NULL } };

    CHECK(pair_start(&p, NULL));
    CHECK(call_held_at(&p, "before_respond"));
    mcps__end_fail_write(ENOSPC);
    mcps__sync_release("before_respond");
    CHECK(pair_is_well(&p));
    CHECK(wire_drain(&p.a));
    CHECK_INT(wire_answers(&p.a, "2"), 0);
    CHECK_INT(errors_in_log(&p.scene), 1);
    CHECK_INT(scene_logged(&p.scene, "writing failed: No space left on device"), 1);
    CHECK(scene_stats(&p.scene).lost_bytes > 0);
out:
    CHECK_AFTER(pair_end(&p));
}

/* ---- F1.05 ---- */

static void answer_after_the_end(size_t live)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 2, "eof_grace_ms=0"));
    mcps__sync_hold("before_respond");
    CHECK(wire_call(&r.wire, "2", "big", "{\"bytes\":1048576}"));
    CHECK(mcps__sync_wait("before_respond", 1));
    wire_cut_input(&r.wire);
    CHECK(scene_wait(&r.scene, stat_streams, 0));
    mcps__sync_release("before_respond");
    CHECK(runner_wait(&r));
    CHECK_INT(scene_stats(&r.scene).suppressed_answers, 1);
    CHECK_INT(scene_stats(&r.scene).answers, 0);
    CHECK_INT(scene_stats(&r.scene).out_bytes, 0);
    CHECK_INT(scene_stats(&r.scene).lost_bytes, 0);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("before_respond");
    CHECK_AFTER(runner_end(&r));
    CHECK_AFTER(mcps__mem_live() == live);
}

void f1_05_answer_after_the_end(void)
{
    answer_after_the_end(mcps__mem_live());
}

/* ---- F1.06 ---- */

enum { CHURNERS = 4, CONNECTIONS = 25 };

struct churner {
    struct scene *scene;
    unsigned number;
    unsigned rounds;
    unsigned well; /* rounds in which all that came was its own */
    pthread_t thread;
};

/* Says something of its own, gets it back, and goes in the middle of more. */
static bool churn_once(struct churner *c, struct wire *wire, unsigned round)
{
    char marker[32], arguments[64];

    snprintf(marker, sizeof marker, "%u of %u", round, c->number);
    snprintf(arguments, sizeof arguments, "{\"text\":\"%s\"}", marker);
    if (!wire_hello(wire) || !wire_call(wire, "2", "echo", arguments) ||
        strcmp(answer_text(wire_answer(wire, "2")), marker) != 0 ||
        !wire_call(wire, "3", "big", "{\"bytes\":300000}"))
        return false;
    if (round % 3 != 0)
        wire_cut_output(wire);
    if (round % 3 != 1)
        wire_cut_input(wire);
    return wire->n_messages == 2;
}

static void *churn(void *userdata)
{
    struct churner *c = userdata;
    char principal[16];

    snprintf(principal, sizeof principal, "%u", c->number);
    for (unsigned i = 0; i < c->rounds; i++) {
        struct wire wire = { .memory = NULL };

        if (wire_connect(&wire, c->scene, principal) && churn_once(c, &wire, i))
            c->well++;
        wire_free(&wire);
    }
    return NULL;
}

void f1_06_descriptors_are_not_mixed_up(void)
{
    struct scene scene = { .server = NULL };
    struct churner churners[CHURNERS];
    unsigned n = 0;

    CHECK(scene_start(&scene, 2, "eof_grace_ms=0", NULL, 0));
    for (; n < CHURNERS; n++) {
        churners[n] = (struct churner){ .scene = &scene,
                                        .number = n,
                                        .rounds = unit_repeat(1, 10) * CONNECTIONS };
        CHECK(pthread_create(&churners[n].thread, NULL, churn, &churners[n]) == 0);
    }
    while (n > 0) {
        pthread_join(churners[--n].thread, NULL);
        CHECK_INT(churners[n].well, churners[n].rounds);
    }
    CHECK(scene_wait(&scene, stat_streams, 0));
    CHECK(scene_wait(&scene, stat_sessions, 0));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    while (n > 0)
        pthread_join(churners[--n].thread, NULL);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F1.07 ---- */

enum { N_QUEUED = 50 };

/* One worker, which is busy, and calls behind. */
static bool start_queue(struct runner *r, const char *limits)
{
    char id[16];

    if (!runner_start(r, 1, limits) || !wire_call(&r->wire, "2", "wait", NULL) ||
        !hands_wait_entered(1))
        return false;
    for (int i = 0; i < N_QUEUED; i++) {
        snprintf(id, sizeof id, "%d", i + 3);
        if (!wire_call(&r->wire, id, "count", NULL))
            return false;
    }
    return scene_wait(&r->scene, stat_queued, N_QUEUED);
}

static void queue_at_the_end(const char *limits)
{
    struct runner r = { .running = false };

    unit_note_on_failure("%s", limits ? limits : "the usual grace");
    CHECK(start_queue(&r, limits));
    wire_cut_input(&r.wire);
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&hands.entered), 1);
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_DISCONNECT);
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK_INT(scene_stats(&r.scene).cancelled, 1 + N_QUEUED);
    CHECK_INT(scene_stats(&r.scene).cancelled_before_start, N_QUEUED);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

void f1_07_queued_calls_never_start(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        queue_at_the_end("eof_grace_ms=0");
        queue_at_the_end(NULL);
    }
}

/* The worker becomes free when the peer is closing, and no call is cancelled yet. */
void f1_07_none_starts_while_it_closes(void)
{
    struct runner r = { .running = false };

    CHECK(start_queue(&r, "eof_grace_ms=0"));
    mcps__sync_hold("before_cancels");
    wire_cut_input(&r.wire);
    CHECK(mcps__sync_wait("before_cancels", 1));
    hands_let_go();
    CHECK(hands_wait_left(1));
    CHECK(scene_wait(&r.scene, stat_running, 0));
    CHECK_INT(atomic_load(&hands.counted), 0);
    mcps__sync_release("before_cancels");
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK_INT(scene_stats(&r.scene).cancelled_before_start, N_QUEUED);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 2); /* the call that had run was answered in time */
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("before_cancels");
    CHECK_AFTER(runner_end(&r));
}

/* ---- F1.08 ---- */

enum { MANY = 1000 };

static atomic_int first_fault; /* the line of the first check that failed */
static atomic_uint hook_calls;

static void count_hook(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    if (reason == MCPS_CANCEL_DISCONNECT)
        atomic_fetch_add(&hook_calls, 1);
}

static void expect_at(int line, bool ok)
{
    int none = 0;

    if (!ok)
        atomic_compare_exchange_strong(&first_fault, &none, line);
}
#define EXPECT(cond) expect_at(__LINE__, (cond))

/* Everything a call can be asked, once it is over; `want` is the answer of all that would
 * say something. */
static void use_call(mcps_call *call, int want, double done)
{
    struct json_object *roots = NULL;
    int r;

    EXPECT(mcps_call_text(call, "x") == want);
    EXPECT(mcps_call_text_bytes(call, "x", 1) == want);
    EXPECT(mcps_call_fail(call, "x") == want);
    EXPECT(mcps_call_progress(call, done, 0, "x") == want);
    r = mcps_call_roots(call, &roots);
    EXPECT(r == want || r == MCPS_ECANCELLED);
    EXPECT(roots == NULL);
    EXPECT(mcps_call_sleep_ms(call, 600000) == want);
    EXPECT(mcps_call_cancelled(call) == MCPS_CANCEL_DISCONNECT);
    EXPECT(mcps_call_remaining_ms(call) == -1);
    EXPECT(strcmp(mcps_call_principal(call), "stdio") == 0);
}

static int use_after_end(mcps_call *call, struct json_object *args, void *userdata)
{
    struct pollfd fd = { .fd = mcps_call_cancel_fd(call), .events = POLLIN };

    (void)args;
    (void)userdata;
    hands_keep(call);
    atomic_fetch_add(&hands.entered, 1);
    while (poll(&fd, 1, -1) <= 0)
        ;
    for (int i = 0; i < MANY; i++) {
        use_call(call, MCPS_ECANCELLED, i);
        EXPECT(mcps_call_on_cancel(call, NULL, count_hook, NULL) == 0);
    }
    EXPECT(atomic_load(&hook_calls) == MANY);
    EXPECT(mcps_call_finish(call, 0) == 0);
    for (int i = 0; i < MANY; i++) {
        use_call(call, MCPS_ECLOSED, i);
        EXPECT(mcps_call_on_cancel(call, NULL, count_hook, NULL) == MCPS_ECLOSED);
        EXPECT(mcps_call_finish(call, 0) == -EALREADY);
    }
    EXPECT(atomic_load(&hook_calls) == MANY);
    return MCPS_PENDING;
}

static const struct mcps_tool use_tool =
    MCPS_TOOL_STRUCT(.name = "use", .handler = use_after_end);

/* The test has a reference on the call, and uses it when the server is gone. */
void f1_08_calls_of_the_library_after_the_end(void)
{
    struct runner r = { .running = false };

    atomic_store(&first_fault, 0);
    atomic_store(&hook_calls, 0);
    CHECK(runner_start(&r, 2, "eof_grace_ms=0"));
    CHECK(mcps_server_add_tools(r.scene.server, &use_tool, 1) == 0);
    CHECK(wire_send(&r.wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                             "\"params\":{\"name\":\"use\",\"_meta\":"
                             "{\"progressToken\":\"p\"}}}"));
    CHECK(hands_wait_entered(1));
    wire_cut_input(&r.wire);
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&first_fault), 0);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
    CHECK(scene_close(&r.scene));
    use_call(atomic_load(&hands.call), MCPS_ECLOSED, 1);
    CHECK_INT(atomic_load(&first_fault), 0);
out:
    CHECK_AFTER(runner_end(&r));
}
