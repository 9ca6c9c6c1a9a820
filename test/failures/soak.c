/* SPDX-License-Identifier: MIT */
/*
 * The soak: a million calls of eight clients with random cancels and cuts, after each of
 * which every call has exactly one outcome: it was answered once, or it was not because its
 * client cancelled it or cut the connection.
 *
 * A cancel may cross an answer that is on its way. But a call whose handler has noticed the
 * cancel was suppressed before: what that handler says is never seen.
 */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "props.h"

enum { N_CLIENTS = 8, SESSION_MAX = 400, WINDOW = 32 };

static atomic_uint_fast64_t n_entered;

/* Takes a while now and then. Fails only when it notices that it was cancelled. */
static int work(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *member = NULL;
    int ms;

    (void)userdata;
    atomic_fetch_add_explicit(&n_entered, 1, memory_order_relaxed);
    json_object_object_get_ex(args, "ms", &member);
    ms = json_object_get_int(member);
    if (ms > 0 && mcps_call_sleep_ms(call, (unsigned)ms) < 0)
        return MCPS_ECANCELLED;
    if (ms < 0)
        sched_yield();
    return mcps_call_text(call, "worked %d", ms);
}

static const struct mcps_tool work_tool =
    MCPS_TOOL_STRUCT(.name = "work", .handler = work);

struct client {
    pthread_t thread;
    struct scene *scene;
    struct dice dice;
    uint64_t n_calls; /* that it is to make */
    uint64_t n_answered, n_cancelled, n_cut;
    char fault[160];
};

struct session {
    struct client *client;
    mcps_test_client *end;
    unsigned n_calls, n_sent, n_open; /* to be sent, sent, expected to be answered */
    bool cut;
    unsigned char answers[SESSION_MAX];
    bool cancelled[SESSION_MAX];
};

static bool fail(struct client *client, const char *what, const char *text)
{
    snprintf(client->fault, sizeof client->fault, "%s: %s", what, text);
    return false;
}

/* ---- one message ---- */

static bool say(struct session *session, const char *text)
{
    int r = mcps_test_send(session->end, text);

    return r == 0 ? true : fail(session->client, "sending", mcps_strerror(r));
}

static bool send_call(struct session *session)
{
    char text[160];
    int ms = 0;

    if (dice_below(&session->client->dice, 16) == 0)
        ms = (int)dice_below(&session->client->dice, 4) - 1;
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"work\",\"arguments\":{\"ms\":%d}}}",
             session->n_sent, ms);
    session->n_sent++;
    session->n_open++;
    return say(session, text);
}

static bool send_cancel(struct session *session)
{
    unsigned back = (unsigned)dice_below(&session->client->dice, WINDOW) + 1;
    unsigned id;
    char text[128];

    if (back > session->n_sent)
        return true;
    id = session->n_sent - back;
    if (session->cancelled[id])
        return true;
    session->cancelled[id] = true;
    if (session->answers[id] == 0)
        session->n_open--;
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
             "\"requestId\":%u}}",
             id);
    return say(session, text);
}

/* An answer is counted. */
static bool take(struct session *session, const char *text, bool *ret_ping)
{
    const char *id = strstr(text, "\"id\":");
    unsigned long n;

    if (strstr(text, "\"id\":\"p\"")) {
        *ret_ping = true;
        return true;
    }
    if (!id || !(strstr(text, "\"result\"") || strstr(text, "\"error\"")))
        return fail(session->client, "unexpected", text);
    n = strtoul(id + 5, NULL, 10);
    if (n >= session->n_sent || session->answers[n] > 0)
        return fail(session->client, "a second answer", text);
    if (strstr(text, "isError"))
        return fail(session->client, "the answer of a cancelled call", text);
    session->answers[n] = 1;
    if (!session->cancelled[n])
        session->n_open--;
    return true;
}

static bool receive(struct session *session, unsigned timeout_ms, bool *ret_ping,
                    bool *ret_closed)
{
    char *text = NULL;
    int r = mcps_test_receive(session->end, &text, timeout_ms);
    bool ok = true;

    if (r == 0)
        ok = take(session, text, ret_ping);
    *ret_closed = r == MCPS_ECLOSED || r == MCPS_EPROTOCOL;
    if (r == MCPS_ETIMEDOUT && timeout_ms >= WATCHDOG_MS)
        ok = fail(session->client, "nothing was received", "watchdog");
    free(text);
    return ok;
}

/* ---- one session ---- */

static bool shake_hands(struct session *session)
{
    char *text = NULL;
    bool ok = say(session, "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"initialize\","
                           "\"params\":{\"protocolVersion\":\"2025-11-25\","
                           "\"capabilities\":{},\"clientInfo\":{\"name\":\"s\","
                           "\"version\":\"1\"}}}") &&
              mcps_test_receive(session->end, &text, WATCHDOG_MS) == 0;

    free(text);
    return ok && say(session, "{\"jsonrpc\":\"2.0\","
                              "\"method\":\"notifications/initialized\"}");
}

/* The connection ends now, in one of three ways; what is left to be read is read. */
static bool cut(struct session *session)
{
    bool ping = false, closed = false;

    session->cut = true;
    switch (dice_below(&session->client->dice, 3)) {
    case 0: mcps_test_cut(session->end, MCPS_TEST_CUT_BOTH); return true;
    case 1: mcps_test_cut(session->end, MCPS_TEST_CUT_RECEIVING); return true;
    default: break;
    }
    mcps_test_cut(session->end, MCPS_TEST_CUT_SENDING);
    while (!closed) {
        if (!receive(session, WATCHDOG_MS, &ping, &closed))
            return false;
    }
    return true;
}

/* Every call that is to be answered has been. */
static bool end_well(struct session *session)
{
    bool ping = false, closed = false;

    if (!say(session, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}"))
        return false;
    while (!ping) {
        if (!receive(session, WATCHDOG_MS, &ping, &closed))
            return false;
        if (closed)
            return fail(session->client, "the server has closed", "without a cut");
    }
    return true;
}

static bool play(struct session *session)
{
    struct dice *dice = &session->client->dice;
    bool ping = false, closed = false;

    while (session->n_sent < session->n_calls || session->n_open > 0) {
        bool full = session->n_open >= WINDOW || session->n_sent == session->n_calls;

        if (!full && !send_call(session))
            return false;
        if (dice_below(dice, 16) == 0 && !send_cancel(session))
            return false;
        if (dice_below(dice, 512) == 0)
            return cut(session);
        if (session->n_open > 0 &&
            !receive(session, full ? WATCHDOG_MS : 0, &ping, &closed))
            return false;
        if (closed)
            return fail(session->client, "the server has closed", "without a cut");
    }
    return end_well(session);
}

/* What became of each call. */
static bool judge(struct session *session)
{
    struct client *client = session->client;

    for (unsigned i = 0; i < session->n_sent; i++) {
        if (session->answers[i] > 0)
            client->n_answered++;
        else if (session->cancelled[i])
            client->n_cancelled++;
        else if (session->cut)
            client->n_cut++;
        else
            return fail(client, "a call", "without an outcome");
    }
    return true;
}

static uint64_t run_session(struct client *client, uint64_t left)
{
    struct session session = { .client = client };
    int r =
        mcps_test_connect(client->scene->server, left % 2 ? "odd" : "even", &session.end);

    session.n_calls = left < SESSION_MAX ? (unsigned)left : SESSION_MAX;
    if (r < 0)
        fail(client, "connecting", mcps_strerror(r));
    else if (shake_hands(&session) && play(&session))
        judge(&session);
    mcps_test_free(session.end);
    return session.n_sent;
}

static void *run_client(void *userdata)
{
    struct client *client = userdata;
    uint64_t left = client->n_calls;

    while (left > 0 && !client->fault[0])
        left -= run_session(client, left);
    return NULL;
}

/* ---- the soak ---- */

static bool run_clients(struct scene *scene, uint64_t n_calls, uint64_t *ret_sum)
{
    struct client clients[N_CLIENTS];
    bool ok = true;

    *ret_sum = 0;
    for (int i = 0; i < N_CLIENTS; i++) {
        clients[i] = (struct client){ .scene = scene,
                                      .dice = dice_new(),
                                      .n_calls = n_calls / N_CLIENTS };
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
            abort();
    }
    for (int i = 0; i < N_CLIENTS; i++) {
        const struct client *client = &clients[i];

        pthread_join(client->thread, NULL);
        if (client->fault[0])
            unit_note("client %d: %s", i, client->fault);
        ok = ok && !client->fault[0];
        *ret_sum += client->n_answered + client->n_cancelled + client->n_cut;
        printf("%s%" PRIu64 "+%" PRIu64 "+%" PRIu64, i ? ", " : "\n      ",
               client->n_answered, client->n_cancelled, client->n_cut);
    }
    printf(" answered+cancelled+cut ");
    return ok;
}

static void every_call_has_one_outcome(void)
{
    struct scene scene = { .server = NULL };
    uint64_t n_calls = unit_repeat(20000, 1000000), sum;
    struct mcps_stats stats;

    props_reset();
    atomic_store(&n_entered, 0);
    CHECK(scene_start(&scene, 4, "eof_grace_ms=1 calls_per_account=1024", &work_tool, 1));
    CHECK(run_clients(&scene, n_calls, &sum));
    CHECK_INT(sum, n_calls);
    CHECK(scene_idle(&scene));
    stats = scene_stats(&scene);
    /* On the server's side each handler that was entered has ended in one of three ways. */
    CHECK_INT(stats.answers + stats.dropped_answers + stats.suppressed_answers,
              atomic_load(&n_entered));
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test soak_tests[] = {
    UNIT_TEST_ONCE(every_call_has_one_outcome, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "soak", soak_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
