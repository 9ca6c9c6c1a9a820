/* SPDX-License-Identifier: MIT */
/* F3.01: the pending map under everything at once. */
#include "config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "ask.h"
#include "props.h"

enum { N_CLIENTS = 8, N_CALLS = 8, N_ASKS = 20 };

/* Asks again and again, until the call is at its end. */
static int ask_often(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r = 0;

    (void)args;
    (void)userdata;
    for (int i = 0; i < N_ASKS && r != MCPS_ECLOSED && r != MCPS_ECANCELLED; i++) {
        r = mcps_call_roots(call, &roots);
        asks_note(r);
        if (r >= 0)
            json_object_put(roots);
    }
    return r;
}

static const struct mcps_tool storm_tools[] = {
    MCPS_TOOL_STRUCT(.name = "often", .handler = ask_often),
    MCPS_TOOL_STRUCT(.name = "hasty", .handler = ask_often, .timeout_ms = 5),
};

struct client {
    pthread_t thread;
    struct scene *scene;
    struct dice dice;
    unsigned sessions;
    const char *fault; /* NULL: none */
};

/* One request of the server is answered, refused, or ignored; sometimes a call goes. */
static bool respond(struct client *client, struct wire *wire, struct json_object *request)
{
    char id[32];

    snprintf(id, sizeof id, "%lld", (long long)request_id(request));
    if (dice_below(&client->dice, 40) == 0) {
        char call_id[16];

        snprintf(call_id, sizeof call_id, "%u",
                 (unsigned)dice_below(&client->dice, N_CALLS));
        if (!wire_cancel(wire, call_id))
            return false;
    }
    switch (dice_below(&client->dice, 3)) {
    case 0: return wire_respond(wire, id, "result", "{\"roots\":[]}");
    case 1: return wire_respond(wire, id, "error", "{\"code\":-1,\"message\":\"no\"}");
    default: return true;
    }
}

static bool start_calls(struct wire *wire)
{
    char id[16];

    for (unsigned i = 0; i < N_CALLS; i++) {
        snprintf(id, sizeof id, "%u", i);
        if (!wire_call(wire, id, i % 2 ? "hasty" : "often", NULL))
            return false;
    }
    return true;
}

/* Up to a random moment, at which the session ends in a random way. */
static const char *play(struct client *client, struct wire *wire)
{
    uint64_t left = 1 + dice_below(&client->dice, N_CALLS * N_ASKS);

    if (!wire_hello(wire) || !start_calls(wire))
        return "the session did not begin";
    while (left-- > 0) {
        struct json_object *message = wire_next(wire, 20);

        if (!message)
            break; /* all asks are ignored ones, or all calls have ended */
        if (json_object_object_get_ex(message, "method", NULL) &&
            json_object_object_get_ex(message, "id", NULL) &&
            !respond(client, wire, message))
            return "a message could not be sent";
    }
    switch (dice_below(&client->dice, 3)) {
    case 0: wire_cut_input(wire); return wire_drain(wire) ? NULL : "it did not close";
    case 1: wire_cut_output(wire); return NULL;
    default: return NULL;
    }
}

static void *run_client(void *userdata)
{
    struct client *client = userdata;
    struct wire wire;

    for (unsigned i = 0; i < client->sessions && !client->fault; i++) {
        if (!wire_connect(&wire, client->scene, i % 2 ? "odd" : "even")) {
            client->fault = "it did not connect";
            break;
        }
        client->fault = play(client, &wire);
        if (!client->fault && !wire_ok(&wire))
            client->fault = "a message is not as it should be";
        wire_free(&wire);
    }
    return NULL;
}

static bool run_clients(struct scene *scene, unsigned sessions)
{
    struct client clients[N_CLIENTS];
    unsigned n;
    bool ok = true;

    for (n = 0; n < N_CLIENTS; n++) {
        clients[n] =
            (struct client){ .scene = scene, .dice = dice_new(), .sessions = sessions };
        if (pthread_create(&clients[n].thread, NULL, run_client, &clients[n]) != 0)
            break;
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(clients[i].thread, NULL);
        if (clients[i].fault)
            unit_note("client %u: %s", i, clients[i].fault);
        ok = ok && !clients[i].fault;
    }
    return ok && n == N_CLIENTS;
}

/* Each takes valgrind many seconds. */
static unsigned n_sessions(void)
{
    return getenv("MCPS_TEST_VALGRIND") ? 1 : unit_repeat(8, 400);
}

static void f3_01_pending_map_under_everything(void)
{
    struct scene scene = { .server = NULL };
    unsigned known;

    props_reset();
    CHECK(scene_start(&scene, N_CLIENTS * N_CALLS,
                      "roots_ms=2 eof_grace_ms=0 calls_parked=1024 asks_per_peer=1024 "
                      "calls_per_account=1024",
                      storm_tools, 2));
    CHECK(run_clients(&scene, n_sessions()));
    CHECK(scene_idle(&scene));
    known = asks_ended(0) + asks_ended(MCPS_EREFUSED) + asks_ended(MCPS_ETIMEDOUT) +
            asks_ended(MCPS_ECANCELLED) + asks_ended(MCPS_ECLOSED);
    CHECK_INT(asks_ended_in_all(), known);
    /* How many of each depends on how fast the machine is. */
    printf("(%u answered, %u refused, %u timed out, %u cancelled, %u closed) ",
           asks_ended(0), asks_ended(MCPS_EREFUSED), asks_ended(MCPS_ETIMEDOUT),
           asks_ended(MCPS_ECANCELLED), asks_ended(MCPS_ECLOSED));
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
}

const struct unit_test ask_storm_tests[] = {
    UNIT_TEST_ONCE(f3_01_pending_map_under_everything, "it has threads"),
    UNIT_END,
};
