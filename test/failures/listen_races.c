/* SPDX-License-Identifier: MIT */
/* Changes that meet the beginning and the end of a stream; see listen.h. */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "listen.h"

SCENE_STAT(listens);

#define URIS_A   "\"resourceSubscriptions\":[\"test://a\"]"
#define STOPPING "The server stops"

static const char *const points[] = { "before_listener_shown",   "after_listener_shown",
                                      "before_announce",         "before_listen_left",
                                      "after_listen_left",       "before_cancels",
                                      "between_news_and_telling" };

static bool end(struct act *act)
{
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        mcps__sync_release(points[i]);
    return act_end(act);
}

/* How many clients were told by the latest. */
static atomic_int n_told;

static void change(void *arg)
{
    atomic_store(&n_told, update(arg, "test://a"));
}

static void *change_here(void *arg)
{
    change(arg);
    return NULL;
}

/* ---- the beginning ---- */

/* A change just before the stream is visible is told to nobody; just after that, it comes
 * behind the acknowledgement. */
static void acknowledged_before_anything_else(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    mcps__sync_hold("before_listener_shown");
    CHECK(wire_listen(&act.wire, "1", URIS_A));
    CHECK(mcps__sync_wait("before_listener_shown", 1));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK_INT(scene_stats(&act.scene).out_bytes, 0); /* so it is not acknowledged yet */
    mcps__sync_release("before_listener_shown");
    CHECK_STR(wire_text(&act.wire), ACK("1", URIS_A));
    CHECK(wire_quiet(&act.wire));
    mcps__sync_hold("after_listener_shown");
    CHECK(wire_listen(&act.wire, "2", URIS_A));
    CHECK(mcps__sync_wait("after_listener_shown", 1));
    CHECK_INT(update(&act, "test://a"), 1);
    /* It is in the sink already, whatever the other thread does. */
    CHECK(scene_stats(&act.scene).out_bytes > 0);
    mcps__sync_release("after_listener_shown");
    CHECK(wire_await(&act.wire, "notifications/subscriptions/acknowledged"));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_count(&act.wire, UPDATED("2", "test://a")), 1);
    for (size_t i = 0; i < act.wire.n_messages; i++) {
        if (strcmp(act.wire.messages[i], ACK("2", URIS_A)) == 0)
            break;
        CHECK(strcmp(act.wire.messages[i], UPDATED("2", "test://a")) != 0);
    }
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

/* A change that was on its way before the stream was there comes after it, too. */
static void announced_before_it_was_there(void)
{
    struct act act = { .scene = { .server = NULL } };
    pthread_t thread;
    bool started = false;

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    mcps__sync_hold("before_announce");
    started = pthread_create(&thread, NULL, change_here, &act) == 0;
    CHECK(started && mcps__sync_wait("before_announce", 1));
    CHECK(wire_listen(&act.wire, "1", URIS_A));
    CHECK_STR(wire_text(&act.wire), ACK("1", URIS_A));
    mcps__sync_release("before_announce");
    CHECK_STR(wire_text(&act.wire), UPDATED("1", "test://a"));
    CHECK(act_ok(&act));
out:
    mcps__sync_release("before_announce");
    if (started)
        pthread_join(thread, NULL);
    CHECK_AFTER(end(&act));
}

/* One that comes while others are told is told as well. */
static void changed_while_it_is_told(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    mcps__sync_once("between_news_and_telling", change, &act);
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK(wire_alive(&act.wire) && wire_alive(&act.wire));
    CHECK_INT(atomic_load(&n_told), 1);
    CHECK_INT(scene_stats(&act.scene).changes_sent +
                  scene_stats(&act.scene).changes_dropped,
              2);
    CHECK_INT(wire_count(&act.wire, UPDATED("1", "test://a")),
              scene_stats(&act.scene).changes_sent);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

/* ---- the end ---- */

/* Something changes as the client's cancel is dealt with: at a point, that many are told. */
static void cancel_against_a_change(const char *point, int n)
{
    struct act act = { .scene = { .server = NULL } };

    unit_note_on_failure("at %s", point);
    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    atomic_store(&n_told, -1);
    mcps__sync_once(point, change, &act);
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK(wire_quiet(&act.wire));
    CHECK_INT(atomic_load(&n_told), n);
    CHECK_INT(wire_answers(&act.wire, "1"), 0);
    CHECK_INT(scene_stats(&act.scene).listens, 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

static void a_cancel_and_a_change(void)
{
    cancel_against_a_change("before_listen_left", 1);
    cancel_against_a_change("after_listen_left", 0);
}

/* What waits for its hour when the stream is cancelled is forgotten. */
static void cancelled_with_something_due(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=3600000", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED("1", "test://a"));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK(wire_quiet(&act.wire));
    CHECK(wire_listens(&act.wire, "2", URIS_A));
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED("2", "test://a"));
    CHECK(wire_quiet(&act.wire));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

/* The end of a stream is its two messages, whatever changes meanwhile. */
static void stop_against_a_change(const char *point, int n)
{
    struct act act = { .scene = { .server = NULL } };

    unit_note_on_failure("at %s", point);
    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    atomic_store(&n_told, -1);
    mcps__sync_once(point, change, &act);
    CHECK_INT(mcps_server_stop(act.scene.server, 0), 0);
    CHECK_INT(atomic_load(&n_told), n);
    CHECK(wire_drain(&act.wire));
    CHECK_INT(act.wire.n_messages, 3);
    CHECK_STR(act.wire.messages[1], CLOSED("1", STOPPING));
    CHECK_STR(act.wire.messages[2], ENDED("1"));
    CHECK(wire_ok(&act.wire));
out:
    CHECK_AFTER(end(&act));
}

static void a_stop_and_a_change(void)
{
    stop_against_a_change("before_listen_left", 1);
    stop_against_a_change("after_listen_left", 0);
    stop_against_a_change("before_cancels", 0);
}

/* Progress of a call pours into the same sink. */
static int report(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    for (double i = 1; mcps_call_cancelled(call) == MCPS_CANCEL_NONE; i++)
        (void)!mcps_call_progress(call, i, 0, NULL);
    return 0;
}

static void *stop(void *arg)
{
    struct act *act = arg;

    return mcps_server_stop(act->scene.server, 0) < 0 ? act : NULL;
}

static bool end_amid_progress(void)
{
    struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = "report", .handler = report);
    struct act act = { .scene = { .server = NULL } };
    pthread_t thread;
    void *failed = NULL;
    bool started = false, ok = false;
    size_t i = 0;

    CHECK(listen_begin(&act, NULL, true));
    CHECK_INT(mcps_server_add_tools(act.scene.server, &tool, 1), 0);
    CHECK(wire_hello(&act.wire));
    CHECK(wire_listens(&act.wire, "1", ""));
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                               "\"params\":{\"name\":\"report\",\"_meta\":"
                               "{\"progressToken\":7}}}"));
    CHECK(wire_await(&act.wire, "notifications/progress"));
    started = pthread_create(&thread, NULL, stop, &act) == 0;
    CHECK(started && wire_drain(&act.wire));
    while (i < act.wire.n_messages && strcmp(act.wire.messages[i], CLOSED("1", STOPPING)))
        i++;
    CHECK(i + 1 < act.wire.n_messages);
    CHECK_STR(act.wire.messages[i + 1], ENDED("1"));
    ok = true;
out:
    if (started)
        pthread_join(thread, &failed);
    return end(&act) && ok && !failed;
}

static void nothing_between_the_two_of_an_end(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(end_amid_progress());
    }
out:;
}

/* The stop comes while a change is about to be told: it is told, or it is not. */
static void stopped_before_it_is_told(void)
{
    struct act act = { .scene = { .server = NULL } };
    size_t n;

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    mcps__sync_hold("between_news_and_telling");
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK(mcps__sync_wait("between_news_and_telling", 1));
    mcps_server_request_stop(act.scene.server);
    mcps__sync_release("between_news_and_telling");
    CHECK_INT(mcps_server_stop(act.scene.server, 0), 0);
    CHECK(wire_drain(&act.wire));
    n = act.wire.n_messages;
    CHECK_INT(n, 3 + wire_count(&act.wire, UPDATED("1", "test://a")));
    CHECK_STR(act.wire.messages[n - 2], CLOSED("1", STOPPING));
    CHECK_STR(act.wire.messages[n - 1], ENDED("1"));
out:
    CHECK_AFTER(end(&act));
}

/* The client is gone while it is about to be told. */
static void f11_08_a_change_for_the_dead(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    CHECK(wire_hello(&act.wire));
    mcps__sync_hold("between_news_and_telling");
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK(mcps__sync_wait("between_news_and_telling", 1));
    wire_free(&act.wire);
    CHECK_INT(update(&act, "test://a"), 1);
    mcps__sync_release("between_news_and_telling");
    CHECK(scene_wait(&act.scene, stat_listens, 0));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK(scene_idle(&act.scene) && scene_log_ok(&act.scene));
    /* And the other way round: the change comes while the end is dealt with. */
    CHECK(wire_connect(&act.wire, &act.scene, NULL));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    atomic_store(&n_told, -1);
    mcps__sync_once("before_listen_left", change, &act);
    wire_free(&act.wire);
    CHECK(scene_wait(&act.scene, stat_listens, 0));
    CHECK_INT(atomic_load(&n_told), 1);
    CHECK(scene_idle(&act.scene) && scene_log_ok(&act.scene));
out:
    CHECK_AFTER(end(&act));
}

/* ---- freely ---- */

enum { N_CHANGERS = 2, N_CLIENTS = 4 };

struct player {
    pthread_t thread;
    struct act *act;
    struct dice dice;
    atomic_bool *over;
    const char *fault;
};

static void *change_often(void *arg)
{
    static const char *const uris[] = { "test://a", "test://b", "test://c" };
    struct player *player = arg;
    mcps_server *server = player->act->scene.server;

    while (!atomic_load(player->over)) {
        if (mcps_server_resource_updated(server, uris[dice_below(&player->dice, 3)]) < 0)
            player->fault = "a change could not be announced";
        if (dice_below(&player->dice, 8) == 0) {
            const char *echo = "echo";

            if (mcps_server_disable(server, MCPS_TOOLS, &echo, 1) < 0 ||
                mcps_server_enable(server, MCPS_TOOLS, &echo, 1) < 0)
                player->fault = "the list could not be changed";
        }
    }
    return NULL;
}

/* Between its acknowledgement and its cancel, and nowhere else. */
static const char *check_stream(struct wire *wire, const char *id, size_t from)
{
    char mine[96], ack[] = "notifications/subscriptions/acknowledged";
    bool begun = false;

    snprintf(mine, sizeof mine, "\"io.modelcontextprotocol/subscriptionId\":%s}", id);
    for (size_t i = from; i < wire->n_messages; i++) {
        bool is_ack = strstr(wire->messages[i], ack) != NULL;

        if (!strstr(wire->messages[i], mine))
            continue;
        if (is_ack == begun)
            return begun ? "acknowledged twice" : "not acknowledged first";
        begun = true;
    }
    return begun ? NULL : "not acknowledged";
}

#define URIS_ABC "\"resourceSubscriptions\":[\"test://a\",\"test://b\",\"test://c\"]"

static const char *live(struct player *player, struct wire *wire, unsigned round)
{
    static const char *const filters[] = {
        "\"toolsListChanged\":true",
        URIS_A,
        ("\"toolsListChanged\":true," URIS_ABC),
        "",
    };
    char id[16];
    size_t from = wire->n_messages, n;

    snprintf(id, sizeof id, "%u", round);
    if (!wire_listens(wire, id, filters[dice_below(&player->dice, 4)]))
        return "not acknowledged";
    for (uint64_t i = dice_below(&player->dice, 4); i > 0; i--)
        wire_next(wire, 1);
    if (dice_below(&player->dice, 8) == 0)
        return "gone"; /* with its stream */
    if (!wire_cancel(wire, id) || !wire_alive(wire))
        return "it is dead";
    n = wire->n_messages;
    if (!wire_alive(wire) || wire->n_messages != n + 1)
        return "something came after the cancel";
    return check_stream(wire, id, from);
}

static void *come_and_go(void *arg)
{
    struct player *player = arg;
    struct wire wire = { .memory = NULL };
    unsigned rounds = unit_repeat(5, 50);

    for (unsigned i = 0; i < rounds && !player->fault; i++) {
        if (!wire.memory && !wire_connect(&wire, &player->act->scene, NULL)) {
            player->fault = "it could not connect";
            break;
        }
        player->fault = live(player, &wire, i);
        if (player->fault && strcmp(player->fault, "gone") == 0) {
            player->fault = NULL;
            wire_free(&wire);
        }
    }
    wire_free(&wire);
    return NULL;
}

static bool play(struct player *players, unsigned n)
{
    unsigned started = 0;
    bool ok = true;

    for (; started < n; started++) {
        if (pthread_create(&players[started].thread, NULL,
                           started < N_CHANGERS ? change_often : come_and_go,
                           &players[started]) != 0)
            break;
    }
    for (unsigned i = started; i-- > 0;) {
        if (i + 1 == N_CHANGERS)
            atomic_store(players[i].over, true);
        pthread_join(players[i].thread, NULL);
        if (players[i].fault)
            unit_note("player %u: %s", i, players[i].fault);
        ok = ok && !players[i].fault;
    }
    return ok && started == n;
}

static void all_at_once(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct player players[N_CHANGERS + N_CLIENTS];
    atomic_bool over = false;

    CHECK(listen_begin(&act, "list_changed_ms=1", true));
    for (int i = 0; i < N_CHANGERS + N_CLIENTS; i++)
        players[i] = (struct player){ .act = &act, .dice = dice_new(), .over = &over };
    CHECK(play(players, N_CHANGERS + N_CLIENTS));
    CHECK(scene_wait(&act.scene, stat_listens, 0));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

/* The stop at any moment: each stream ends with its two messages, one after the other. */
static bool stop_freely(uint64_t n_reads)
{
    struct act act = { .scene = { .server = NULL } };
    struct player changer = { .act = &act, .dice = dice_new() };
    atomic_bool over = false;
    bool started = false;
    size_t n;

    changer.over = &over;
    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", URIS_A));
    started = pthread_create(&changer.thread, NULL, change_often, &changer) == 0;
    CHECK(started);
    for (uint64_t i = 0; i < n_reads; i++)
        wire_next(&act.wire, 0);
    CHECK_INT(mcps_server_stop(act.scene.server, 0), 0);
    CHECK(wire_drain(&act.wire));
    n = act.wire.n_messages;
    CHECK_STR(act.wire.messages[n - 2], CLOSED("1", STOPPING));
    CHECK_STR(act.wire.messages[n - 1], ENDED("1"));
    CHECK_INT(wire_answers(&act.wire, "1"), 1);
    atomic_store(&over, true);
    pthread_join(changer.thread, NULL);
    CHECK(!changer.fault && end(&act));
    return true;
out:
    atomic_store(&over, true);
    if (started)
        pthread_join(changer.thread, NULL);
    CHECK_AFTER(end(&act));
    return false;
}

static void stopped_freely(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        if (!stop_freely(unit_random_below(200)))
            return;
    }
}

const struct unit_test listen_race_tests[] = {
    UNIT_TEST_ONCE(acknowledged_before_anything_else, "it has threads"),
    UNIT_TEST_ONCE(announced_before_it_was_there, "it has threads"),
    UNIT_TEST_ONCE(changed_while_it_is_told, "it has threads"),
    UNIT_TEST_ONCE(a_cancel_and_a_change, "it has threads"),
    UNIT_TEST_ONCE(cancelled_with_something_due, "it has threads"),
    UNIT_TEST_ONCE(a_stop_and_a_change, "it has threads"),
    UNIT_TEST_ONCE(nothing_between_the_two_of_an_end, "it has threads"),
    UNIT_TEST_ONCE(stopped_before_it_is_told, "it has threads"),
    UNIT_TEST_ONCE(f11_08_a_change_for_the_dead, "it has threads"),
    UNIT_TEST_ONCE(all_at_once, "it has threads"),
    UNIT_TEST_ONCE(stopped_freely, "it has threads"),
    UNIT_END,
};
