/* SPDX-License-Identifier: MIT */
/* Group 11: the order of progress, answers, and what clients say. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "props.h"

SCENE_STAT(cancelled);

static bool call_with_token(struct wire *wire, const char *id, const char *tool,
                            const char *token)
{
    return wire_send(
        wire,
        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"%s\",\"_meta\":{\"progressToken\":%s}}}",
        id, tool, token);
}

/* ---- F11.01: no progress after the answer ---- */

enum { N_OWN = 100 };

/* The call that a second thread reports on while its handler returns. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    mcps_call *call;
    bool over;
} helper = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, false };

/* Waits until the one before was taken, so that none is lost. */
static void help_with(mcps_call *call)
{
    pthread_mutex_lock(&helper.mutex);
    while (helper.call)
        pthread_cond_wait(&helper.changed, &helper.mutex);
    helper.call = call;
    pthread_cond_broadcast(&helper.changed);
    pthread_mutex_unlock(&helper.mutex);
}

static void set_over(bool over)
{
    pthread_mutex_lock(&helper.mutex);
    helper.over = over;
    pthread_cond_broadcast(&helper.changed);
    pthread_mutex_unlock(&helper.mutex);
}

static mcps_call *await_call(void)
{
    mcps_call *call;

    pthread_mutex_lock(&helper.mutex);
    while (!helper.call && !helper.over)
        pthread_cond_wait(&helper.changed, &helper.mutex);
    call = helper.call;
    helper.call = NULL;
    pthread_cond_broadcast(&helper.changed);
    pthread_mutex_unlock(&helper.mutex);
    return call;
}

/* Reports on until it is told that the call is over; counts what it was told else. */
static void *run_helper(void *userdata)
{
    atomic_uint *faults = userdata;
    mcps_call *call;

    for (call = await_call(); call; call = await_call()) {
        int r = 0;

        for (unsigned i = N_OWN + 1; r == 0; i++)
            r = mcps_call_progress(call, i, 0, NULL);
        if (r != MCPS_ECLOSED)
            atomic_fetch_add(faults, 1);
        mcps_call_unref(call);
    }
    return NULL;
}

static int report_and_return(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (unsigned i = 1; i <= N_OWN && r == 0; i++)
        r = mcps_call_progress(call, i, 0, NULL);
    help_with(mcps_call_ref(call));
    return r;
}

static const struct mcps_tool report_tool =
    MCPS_TOOL_STRUCT(.name = "report", .handler = report_and_return);

/* The next message, as text; as a tree a million of them would take minutes. */
static char *receive(struct wire *wire)
{
    char *text = NULL;
    int r = mcps_test_receive(wire->memory, &text, WATCHDOG_MS);

    while (r == 0 && wire_is_change(text)) {
        free(text);
        r = mcps_test_receive(wire->memory, &text, WATCHDOG_MS);
    }
    return r == 0 ? text : NULL;
}

/* Progress of the round, which must grow: by one while the handler reports, then by more if
 * what waits is more than the mark. False for anything else. */
static bool is_next_progress(const char *text, unsigned round, unsigned *last)
{
    char token[48];
    const char *value = strstr(text, "\"progress\":");
    unsigned long number = value ? strtoul(value + 11, NULL, 10) : 0;

    snprintf(token, sizeof token, "\"progressToken\":%u,", round);
    if (!strstr(text, token) || number <= *last)
        return false;
    if (*last < N_OWN && number != *last + 1)
        return false;
    *last = (unsigned)number;
    return true;
}

static bool is_answer(const char *text, const char *id)
{
    char member[48];

    snprintf(member, sizeof member, "\"id\":%s,\"result\"", id);
    return strstr(text, member) != NULL;
}

/* Progress from 1 on, at least what the handler said itself; then the answer, and then
 * nothing but the answer to a ping. */
static const char *check_round(struct wire *wire, unsigned round)
{
    char id[16];
    unsigned last = 0;
    const char *fault = NULL;
    bool answered = false, over = false;

    snprintf(id, sizeof id, "%u", round);
    if (!call_with_token(wire, id, "report", id))
        return "the call could not be sent";
    while (!over && !fault) {
        char *text = receive(wire);

        if (!text)
            return "nothing was received";
        if (!answered && is_answer(text, id)) {
            answered = true;
            if (last < N_OWN)
                fault = "progress is missing";
            else if (!wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":\"p\","
                                      "\"method\":\"ping\"}"))
                fault = "the ping could not be sent";
        } else if (answered) {
            over = true;
            if (!is_answer(text, "\"p\""))
                fault = "something after the answer";
        } else if (!is_next_progress(text, round, &last)) {
            fault = "progress is not as it should be";
        }
        if (fault)
            unit_note("%s: %s", fault, text);
        free(text);
    }
    return fault;
}

static void f11_01_no_progress_after_the_answer(void)
{
    struct act act = { .wire = { .memory = NULL } };
    atomic_uint faults = 0;
    pthread_t thread;
    bool runs = false;

    set_over(false);
    CHECK(act_begin(&act, 2, "progress_ms=0"));
    CHECK(mcps_server_add_tools(act.scene.server, &report_tool, 1) >= 0);
    runs = pthread_create(&thread, NULL, run_helper, &faults) == 0;
    CHECK(runs);
    for (unsigned round = 1; round <= unit_repeat(500, 10000); round++) {
        unit_note_on_failure("round %u", round);
        CHECK(check_round(&act.wire, round) == NULL);
    }
    CHECK(act_ok(&act));
out:
    unit_note_on_failure("%s", "");
    if (runs) {
        set_over(true);
        pthread_join(thread, NULL);
    }
    CHECK_AFTER(atomic_load(&faults) == 0);
    CHECK_AFTER(act_end(&act));
}

/* The answer is held in the middle of it: before it is given, and after. */
static bool progress_at(const char *point, int want)
{
    struct act act = { .wire = { .memory = NULL } };
    mcps_call *call = NULL;
    bool ok = false;

    set_over(false);
    CHECK(act_begin(&act, 2, "progress_ms=0"));
    CHECK(mcps_server_add_tools(act.scene.server, &report_tool, 1) >= 0);
    mcps__sync_hold(point);
    CHECK(call_with_token(&act.wire, "2", "report", "\"t\""));
    CHECK(mcps__sync_wait(point, 1));
    call = await_call();
    CHECK_INT(mcps_call_progress(call, N_OWN + 1, 0, NULL), want);
    mcps__sync_release(point);
    CHECK(wire_answer(&act.wire, "2"));
    CHECK(act_ok(&act));
    CHECK_INT(wire_messages(&act.wire, "notifications/progress"), N_OWN);
    ok = true;
out:
    mcps__sync_release(point);
    mcps_call_unref(call);
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f11_01_progress_around_the_answer(void)
{
    /* The result is complete before it is put, and closed from then on. */
    CHECK(progress_at("before_respond", MCPS_ECLOSED));
    CHECK(progress_at("after_respond", MCPS_ECLOSED));
out:;
}

/* ---- F11.03: no progress of a cancelled call ---- */

static atomic_uint flooding;

static int flood(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (unsigned i = 1; r == 0; i++) {
        r = mcps_call_progress(call, i, 0, "flood");
        atomic_store(&flooding, i);
    }
    asks_note(r);
    return r;
}

static const struct mcps_tool flood_tool =
    MCPS_TOOL_STRUCT(.name = "flood", .handler = flood);

static bool floods(void *arg)
{
    (void)arg;
    return atomic_load(&flooding) > 50;
}

/* What was sent before the cancel may come before the ping's answer, and nothing after. */
static bool cancel_flood(struct wire *wire, const char *id)
{
    struct json_object *message, *got;

    atomic_store(&flooding, 0);
    if (!call_with_token(wire, id, "flood", id) || !await(floods, NULL, "for progress") ||
        !wire_cancel(wire, id) ||
        !wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":\"p%s\",\"method\":\"ping\"}", id))
        return false;
    do {
        message = wire_next(wire, WATCHDOG_MS);
        if (!message)
            return false;
    } while (!json_object_object_get_ex(message, "id", &got));
    return json_object_get_string(got)[0] == 'p' && wire_settled(wire) &&
           json_object_object_get_ex(wire_next(wire, WATCHDOG_MS), "result", NULL) &&
           wire->next == wire->n_messages && wire_answers(wire, id) == 0;
}

static void f11_03_no_progress_of_a_cancelled_call(void)
{
    struct act act = { .wire = { .memory = NULL } };
    unsigned n = unit_repeat(5, 50);

    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &flood_tool, 1) >= 0);
    while (wire_next(&act.wire, 0))
        ; /* what hello has left */
    for (unsigned i = 0; i < n; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        CHECK(cancel_flood(&act.wire, id));
        CHECK(asks_await(i + 1));
    }
    /* Between the settling and the setting of the token it is only closed. */
    CHECK_INT(asks_ended(MCPS_ECANCELLED) + asks_ended(MCPS_ECLOSED), n);
    CHECK(scene_idle(&act.scene));
    CHECK(wire_alive(&act.wire));
    CHECK(scene_log_ok(&act.scene));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- F11.04: progress grows, and tokens have types ---- */

static int report_oddly(mcps_call *call, struct json_object *args, void *userdata)
{
    static const struct {
        double done, total;
        int result;
    } reports[] = {
        { 5, 10, 0 },
        { 3, 10, -EINVAL },
        { 5, 10, -EINVAL },
        { (double)NAN, 10, -EINVAL },
        { HUGE_VAL, 0, -EINVAL },
        { -HUGE_VAL, 0, -EINVAL },
        { -1, 10, -EINVAL },
        { 6, (double)NAN, -EINVAL },
        { 6, HUGE_VAL, -EINVAL },
        { 7.5, -1, 0 },
    };

    (void)args;
    (void)userdata;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        int r = mcps_call_progress(call, reports[i].done, reports[i].total, NULL);

        if (r != reports[i].result)
            return mcps_call_fail(call, "report %zu: %d", i, r);
    }
    door_wait();
    return mcps_call_text(call, "reported");
}

static const struct mcps_tool odd_tool =
    MCPS_TOOL_STRUCT(.name = "oddly", .handler = report_oddly);

static double number(struct json_object *params, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(params, name, &value) ? json_object_get_double(value)
                                                           : -1;
}

static bool has_token(struct json_object *params, const char *token)
{
    struct json_object *value;

    return json_object_object_get_ex(params, "progressToken", &value) &&
           strcmp(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), token) ==
               0;
}

/* Two, of 5 of 10 and of 7.5, with the token as it was sent; none if it is NULL. */
static bool has_odd_progress(const struct wire *wire, const char *token)
{
    struct json_object *params;
    unsigned n = 0;
    bool ok = true;

    for (size_t i = 0; i < wire->n_messages; i++) {
        if (!strstr(wire->messages[i], "notifications/progress") ||
            !json_object_object_get_ex(wire->parsed[i], "params", &params))
            continue;
        ok = ok && token && has_token(params, token) &&
             number(params, "progress") == (n == 0 ? 5 : 7.5) &&
             number(params, "total") == (n == 0 ? 10 : -1);
        n++;
    }
    return ok && n == (token ? 2 : 0);
}

/* Two clients use the same token at the same time. */
static bool report_to_two(const char *token, bool is_token)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };
    bool ok = false;

    unit_note_on_failure("token %s", token);
    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &odd_tool, 1) >= 0);
    CHECK(wire_connect(&other, &act.scene, NULL) && wire_hello(&other));
    CHECK(call_with_token(&act.wire, "2", "oddly", token));
    CHECK(call_with_token(&other, "2", "oddly", token));
    CHECK(door_await(2));
    door_open();
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "reported");
    CHECK_STR(answer_text(wire_answer(&other, "2")), "reported");
    CHECK(has_odd_progress(&act.wire, is_token ? token : NULL));
    CHECK(has_odd_progress(&other, is_token ? token : NULL));
    CHECK(wire_ok(&other));
    CHECK(act_ok(&act));
    ok = true;
out:
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
    unit_note_on_failure("%s", "");
    return ok;
}

static void f11_04_progress_grows_and_tokens_have_types(void)
{
    static const char *const tokens[] = { "0", "\"\"", "\"0\"", "7", "-1" };
    static const char *const no_tokens[] = { "true", "null", "[]", "{}" };

    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        CHECK(report_to_two(tokens[i], true));
    for (size_t i = 0; i < sizeof no_tokens / sizeof no_tokens[0]; i++)
        CHECK(report_to_two(no_tokens[i], false));
out:;
}

/* ---- F11.05: what a client says in one write is taken in order ---- */

static bool say_all_at_once(struct scene *scene)
{
    static const char all[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
        "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"roots\":{}},"
        "\"clientInfo\":{\"name\":\"o\",\"version\":\"1\"}}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"ask\"}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"sleep_well\"}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
        "\"requestId\":3}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"echo\",\"arguments\":{\"text\":\"after\"}}}\n";
    struct wire wire = { .memory = NULL };
    struct json_object *request;
    bool ok = false;

    CHECK(wire_connect(&wire, scene, NULL));
    CHECK(wire_send_bytes(&wire, all, sizeof all - 1));
    request = wire_await(&wire, "roots/list");
    CHECK(request && wire_give_roots(&wire, request, "file:///ordered"));
    CHECK_STR(answer_text(wire_answer(&wire, "2")), "[{\"uri\":\"file:///ordered\"}]");
    CHECK_STR(answer_text(wire_answer(&wire, "4")), "after");
    CHECK(scene_idle(scene));
    CHECK(wire_settled(&wire));
    CHECK_INT(wire_answers(&wire, "3"), 0);
    CHECK(wire_ok(&wire));
    ok = true;
out:
    wire_free(&wire);
    return ok;
}

static int sleep_well(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_sleep_ms(call, 3600000);
}

static const struct mcps_tool sleep_tool =
    MCPS_TOOL_STRUCT(.name = "sleep_well", .handler = sleep_well);

static void f11_05_taken_in_order(void)
{
    struct scene scene = { .server = NULL };
    unsigned n = unit_repeat(100, 1000);

    props_reset();
    CHECK(scene_start(&scene, 16, NULL, props, N_PROPS));
    CHECK(mcps_server_add_tools(scene.server, &sleep_tool, 1) >= 0);
    for (unsigned i = 0; i < n; i++)
        CHECK(say_all_at_once(&scene));
    CHECK(scene_wait(&scene, stat_cancelled, n));
    CHECK_INT(asks_ended(0), n);
    CHECK_INT(asks_ended_in_all(), n);
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F11.06: a slow call and a fast one ---- */

static void f11_06_a_fast_call_passes_a_slow_one(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, NULL));
    CHECK(wire_call(&act.wire, "2", "stand", NULL));
    CHECK(wire_call(&act.wire, "3", "echo", "{\"text\":\"fast\"}"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "3")), "fast");
    CHECK(door_await(1));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
    door_open();
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "stood");
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static const struct unit_test order_tests[] = {
    UNIT_TEST_ONCE(f11_01_no_progress_after_the_answer, "it has threads"),
    UNIT_TEST_ONCE(f11_01_progress_around_the_answer, "it has threads"),
    UNIT_TEST_ONCE(f11_03_no_progress_of_a_cancelled_call, "it has threads"),
    UNIT_TEST_ONCE(f11_04_progress_grows_and_tokens_have_types, "it has threads"),
    UNIT_TEST_ONCE(f11_05_taken_in_order, "it has threads"),
    UNIT_TEST_ONCE(f11_06_a_fast_call_passes_a_slow_one, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "order", order_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
