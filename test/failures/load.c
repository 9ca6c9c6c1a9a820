/* SPDX-License-Identifier: MIT */
/* Group 8: overload, as far as it needs no HTTP: F8.01 to F8.05, F8.11. */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"
#include "unit.h"
#include "util/clock.h"
#include "util/mem.h"

#ifdef TEST_SANITIZED
enum { SCALE = 10, MEMORY_IS_OURS = 0 }; /* so many times less of everything */
#else
enum { SCALE = 1, MEMORY_IS_OURS = 1 };
#endif

SCENE_STAT(answers);
SCENE_STAT(streams);
SCENE_STAT(running);

static void nap(void)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    nanosleep(&ms, NULL);
}

/* Not if somebody watches it, who keeps books of his own. */
static bool judges_memory(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return MEMORY_IS_OURS && !(preloaded && strstr(preloaded, "valgrind"));
}

static long resident_kb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (file && fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

static uint64_t hits(struct scene *scene, enum mcps_limit limit)
{
    return mcps_server_get_limit_hits(scene->server, limit);
}

/* ---- F8.01: a client that does not read ---- */

/* Progress of 1 KiB each, as fast as it goes. */
static int flood(mcps_call *call, struct json_object *args, void *userdata)
{
    int64_t steps = json_object_get_int64(member(args, "steps"));
    char text[1024];
    int r = 0;

    (void)userdata;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int64_t i = 1; i <= steps && r >= 0; i++)
        r = mcps_call_progress(call, (double)i, 0, text);
    return r < 0 ? r : mcps_call_text(call, "done");
}

static const struct mcps_tool flood_tool =
    MCPS_TOOL_STRUCT(.name = "flood", .handler = flood);

/* The most output that waits for clients until so many answers were given. */
static uint64_t most_waiting(struct scene *scene, uint64_t answers)
{
    struct mcps_stats stats = scene_stats(scene);
    uint64_t most = 0;

    for (int i = 0; i < WATCHDOG_MS && stats.answers < answers; i++) {
        if (stats.out_bytes > most)
            most = stats.out_bytes;
        nap();
        stats = scene_stats(scene);
    }
    return stats.out_bytes > most ? stats.out_bytes : most;
}

/* Progress that grows, up to the last, and then the answer. Counts it. */
static bool is_whole_flood(struct wire *wire, int steps, int *ret_n)
{
    struct json_object *message;
    int done = 0, n = 0, before;

    for (;;) {
        message = wire_next(wire, WATCHDOG_MS);
        if (!message || !member(message, "method"))
            break;
        before = done;
        done = json_object_get_int(member(member(message, "params"), "progress"));
        if (done <= before)
            return false;
        n++;
    }
    *ret_n = n;
    return done == steps && strcmp(answer_text(message), "done") == 0;
}

static void f8_01_progress_to_one_who_does_not_read(void)
{
    const int steps = (int)unit_repeat(100000, 1000000) / SCALE, mark = 100000;
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    uint64_t most, dropped;
    long before, after;
    int received = 0;

    CHECK(scene_start(&scene, 2, "out_bytes=100000 progress_ms=0", &flood_tool, 1));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    wire.next = wire.n_messages;
    before = resident_kb();
    CHECK(wire_send(&wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
                    "\"name\":\"flood\",\"arguments\":{\"steps\":%d},"
                    "\"_meta\":{\"progressToken\":\"p\"}}}",
                    steps));
    most = most_waiting(&scene, 1);
    after = resident_kb();
    CHECK_INT(scene_stats(&scene).answers, 1);
    /* The mark, and a message that was put below it, and one that was put above it. */
    CHECK(most > (uint64_t)mark / 2 && most <= (uint64_t)mark + 3 * 1200);
    unit_note_on_failure("%ld KiB more", after - before);
    CHECK(!judges_memory() || after - before < 16 * 1024);
    /* It begins to read: all that was not replaced is there, and the last of it is. */
    CHECK(is_whole_flood(&wire, steps, &received));
    dropped = (uint64_t)(steps - received);
    CHECK(received < steps);
    /* The connection itself was at the mark, too: once, or once again since. */
    CHECK(hits(&scene, MCPS_LIMIT_OUT_BYTES) >= dropped);
    CHECK(hits(&scene, MCPS_LIMIT_OUT_BYTES) <= dropped + 2);
    CHECK(wire_alive(&wire));
    CHECK(wire_ok(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

enum { N_LISTS = 500, LIST_MARK = 10000 };

/* Requests for more than the hard mark, in less than is read at once. */
static const char *many_lists(void)
{
    static char text[40000];
    size_t len = 0;

    for (int i = 0; i < N_LISTS; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "%s{\"jsonrpc\":\"2.0\",\"id\":\"l%d\",\"method\":"
                                "\"tools/list\"}",
                                i > 0 ? "\n" : "", i);
    return text;
}

static struct scene *marked_scene;

static uint64_t stat_marked(const struct mcps_stats *stats)
{
    (void)stats;
    return hits(marked_scene, MCPS_LIMIT_OUT_BYTES) > 0;
}

/* Who asks and never reads is not kept up with for ever, nor for more than there is room for. */
static void f8_01_answers_to_one_who_does_not_read(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL }, other = { .memory = NULL };

    CHECK(scene_start(&scene, 2, "out_bytes=10000 write_stall_ms=300", NULL, 0));
    CHECK(wire_connect(&wire, &scene, "one"));
    CHECK(wire_connect(&other, &scene, "other"));
    CHECK(wire_hello(&wire) && wire_hello(&other));
    CHECK(wire_send(&wire, "%s", many_lists()));
    marked_scene = &scene;
    CHECK(scene_wait(&scene, stat_marked, 1));
    CHECK(scene_stats(&scene).out_bytes <= LIST_MARK + LIST_MARK);
    CHECK(scene_wait(&scene, stat_streams, 1));
    CHECK(scene_idle(&scene));
    CHECK_INT(scene_logged(&scene, "it took no output for"), 1);
    /* What it can still read is whole, up to where the stream was cut. */
    CHECK(wire_drain(&wire));
    wire.torn = false;
    CHECK(wire_ok(&wire));
    CHECK(wire_alive(&other));
    CHECK(wire_ok(&other));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    wire_free(&other);
    CHECK_AFTER(scene_close(&scene));
}

/* Who asks for a lot at once, and reads, gets it all, whatever the mark is. */
static void f8_01_answers_to_one_who_reads_late(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    char id[16];

    CHECK(scene_start(&scene, 2, "out_bytes=10000", NULL, 0));
    CHECK(wire_connect(&wire, &scene, "one") && wire_hello(&wire));
    CHECK(wire_send(&wire, "%s", many_lists()));
    marked_scene = &scene;
    CHECK(scene_wait(&scene, stat_marked, 1));
    for (int i = 0; i < N_LISTS; i++) {
        snprintf(id, sizeof id, "\"l%d\"", i);
        CHECK(wire_answer(&wire, id) != NULL);
    }
    CHECK(wire_alive(&wire) && wire_ok(&wire));
    CHECK(scene_idle(&scene) && scene_log_ok(&scene));
    CHECK_INT(scene_stats(&scene).in_bytes, 0);
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F8.02, F8.03: who does not read delays nobody else ---- */

enum { N_STALLED = 10, N_READERS = 10, BIG = 3 << 20 };

static bool stall(struct wire *wire, struct scene *scene)
{
    char args[64];

    snprintf(args, sizeof args, "{\"bytes\":%d}", BIG);
    return wire_connect(wire, scene, "stalled") && wire_hello(wire) &&
           wire_call(wire, "2", "big", args) && wire_call(wire, "3", "big", args);
}

static bool are_all_served(struct wire *readers, int rounds)
{
    char id[16];

    for (int round = 0; round < rounds; round++) {
        snprintf(id, sizeof id, "%d", 10 + round);
        for (int i = 0; i < N_READERS; i++) {
            if (!wire_call(&readers[i], id, "echo", "{\"text\":\"hello\"}"))
                return false;
        }
        for (int i = N_READERS - 1; i >= 0; i--) {
            if (strcmp(answer_text(wire_answer(&readers[i], id)), "hello") != 0)
                return false;
        }
    }
    return true;
}

static void f8_02_who_does_not_read_delays_nobody(void)
{
    struct scene scene = { .server = NULL };
    struct wire stalled[N_STALLED] = { { .memory = NULL } };
    struct wire readers[N_READERS] = { { .memory = NULL } };

    CHECK(scene_start(&scene, 2, NULL, NULL, 0));
    for (int i = 0; i < N_STALLED; i++)
        CHECK(stall(&stalled[i], &scene));
    for (int i = 0; i < N_READERS; i++) {
        CHECK(wire_connect(&readers[i], &scene, i % 2 ? "reader" : "stalled"));
        CHECK(wire_hello(&readers[i]));
    }
    CHECK(are_all_served(readers, 20));
    /* Their handlers have not waited for them, either. */
    CHECK(scene_wait(&scene, stat_running, 0));
    CHECK_INT(scene_stats(&scene).streams, N_STALLED + N_READERS);
    CHECK(scene_stats(&scene).out_bytes > (uint64_t)N_STALLED * BIG);
    CHECK(are_all_served(readers, 20));
    for (int i = 0; i < N_STALLED; i++) {
        CHECK_INT(strlen(answer_text(wire_answer(&stalled[i], "2"))), BIG);
        CHECK_INT(strlen(answer_text(wire_answer(&stalled[i], "3"))), BIG);
        CHECK(wire_alive(&stalled[i]));
        CHECK(wire_ok(&stalled[i]));
    }
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    for (int i = 0; i < N_STALLED; i++)
        wire_free(&stalled[i]);
    for (int i = 0; i < N_READERS; i++)
        wire_free(&readers[i]);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F8.04: a write that makes no progress ---- */

SCENE_STAT(ignored_messages);

/* Has the I/O thread look at its timers once more: that comes before what it reads. */
static bool turn(struct scene *scene, struct wire *wire)
{
    uint64_t before = scene_stats(scene).ignored_messages;

    return wire_send(wire, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}") &&
           scene_wait(scene, stat_ignored_messages, before + 1);
}

static bool wait_for_less(struct scene *scene, uint64_t bytes)
{
    for (int i = 0; i < WATCHDOG_MS; i++) {
        if (scene_stats(scene).out_bytes < bytes)
            return true;
        nap();
    }
    return false;
}

/* The time counts from the last byte that was taken, not from the first that waits. */
static void f8_04_a_write_stall(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL }, other = { .memory = NULL };
    uint64_t waiting;
    char some[8192];

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_open(&scene, 2, "write_stall_ms=2000", NULL, 0));
    CHECK(mcps_server_listen(scene.server, "stdio:") == 0);
    CHECK(wire_on_stdio(&wire)); /* a pipe, from which as much is read as is wanted */
    CHECK(mcps_server_start(scene.server) == 0);
    CHECK(wire_connect(&other, &scene, "other"));
    CHECK(wire_hello(&wire) && wire_hello(&other));
    CHECK(wire_call(&wire, "2", "big", "{\"bytes\":3000000}"));
    CHECK(scene_wait(&scene, stat_answers, 1));
    CHECK(wait_for_less(&scene, 3000000)); /* the pipe is full */
    for (int i = 0; i < 5; i++) {
        CHECK(turn(&scene, &wire));
        mcps__clock_advance(1500 * MCPS__NS_PER_MS);
        CHECK(turn(&scene, &wire));
        CHECK_INT(scene_stats(&scene).streams, 2);
        waiting = scene_stats(&scene).out_bytes;
        CHECK(read(wire.from, some, sizeof some) == sizeof some);
        CHECK(wait_for_less(&scene, waiting));
    }
    CHECK(turn(&scene, &wire));
    mcps__clock_advance(1999 * MCPS__NS_PER_MS);
    CHECK(turn(&scene, &wire));
    CHECK_INT(scene_stats(&scene).streams, 2);
    mcps__clock_advance(2 * MCPS__NS_PER_MS);
    CHECK(scene_wait(&scene, stat_streams, 1));
    CHECK_INT(hits(&scene, MCPS_LIMIT_WRITE_STALL_MS), 1);
    CHECK_INT(scene_logged(&scene, "it took no output for 2000 ms"), 1);
    CHECK(scene_idle(&scene));
    CHECK(scene_stats(&scene).lost_bytes > 2500000);
    CHECK(wire_alive(&other));
    CHECK(wire_ok(&other));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&other);
    CHECK_AFTER(scene_close(&scene));
    wire_free(&wire);
    mcps__clock_release();
}

/* ---- tools that end otherwise ---- */

static int doze(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_sleep_ms(call, 600000);
}

static const struct mcps_tool mixed_tools[] = {
    MCPS_TOOL_STRUCT(.name = "doze", .handler = doze),
    MCPS_TOOL_STRUCT(.name = "late", .handler = doze, .timeout_ms = 1),
};

/* ---- F8.05: a flood of calls ---- */

/* What has become of requests 0 to n - 1 of a client too busy to keep what it receives. */
struct tally {
    mcps_test_client *client;
    int n, n_answers, n_busy, n_wrong;
    unsigned char *seen;
};

static void tally_line(struct tally *t, const char *line)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    long id = -1;
    bool busy = strstr(line, "\"reason\":\"busy\"") != NULL;

    if (strncmp(line, head, sizeof head - 1) == 0)
        id = strtol(line + sizeof head - 1, NULL, 10);
    if (id < 0 || id >= t->n || t->seen[id]++ > 0 || (!busy && strstr(line, "\"error\"")))
        t->n_wrong++;
    t->n_answers++;
    t->n_busy += busy;
}

/* Receives what is there, or waits for something. */
static bool tally_some(struct tally *t, unsigned timeout_ms)
{
    char *line;
    int r = mcps_test_receive(t->client, &line, timeout_ms);

    if (r < 0)
        return false;
    tally_line(t, line);
    free(line);
    return true;
}

/* Never waits for anything but to be read, so that it is as fast as can be. */
static bool send_and_tally(struct tally *t, const char *data, size_t len)
{
    while (len > 0) {
        long n = mcps_test_send_bytes(t->client, data, len, 0);

        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
        while (tally_some(t, 0) && t->n_wrong == 0)
            ;
        if (n == 0 && !tally_some(t, WATCHDOG_MS))
            return false;
    }
    return true;
}

static bool flood_with_calls(struct tally *t)
{
    char text[64 * 128];
    size_t len = 0;

    for (int i = 0; i < t->n; i++) {
        len += (size_t)snprintf(
            text + len, sizeof text - len,
            "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{"
            "\"name\":\"spin\",\"arguments\":{\"us\":200}}}\n",
            i);
        if (len > sizeof text - 128 || i == t->n - 1) {
            if (!send_and_tally(t, text, len))
                return false;
            len = 0;
        }
    }
    while (t->n_answers < t->n && tally_some(t, WATCHDOG_MS))
        ;
    return t->n_answers == t->n;
}

struct bystander {
    struct scene *scene;
    struct wire wire;
    atomic_bool over;
    const char *wrong; /* what did not go well; NULL: nothing */
    unsigned rounds;
    uint64_t most_queued;
};

static bool answer_roots(struct wire *wire)
{
    struct json_object *ask = wire_await(wire, "roots/list");

    return ask &&
           wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"roots\":[]}}",
                     json_object_get_int(member(ask, "id")));
}

/* A call, one that asks back, and one that is cancelled. */
static const char *live_one_round(struct bystander *b)
{
    char echo[16], roots[16], asleep[16];

    snprintf(echo, sizeof echo, "\"e%u\"", b->rounds);
    snprintf(roots, sizeof roots, "\"r%u\"", b->rounds);
    snprintf(asleep, sizeof asleep, "\"s%u\"", b->rounds);
    if (!wire_call(&b->wire, echo, "echo", "{\"text\":\"hello\"}") ||
        strcmp(answer_text(wire_answer(&b->wire, echo)), "hello") != 0)
        return "a call was not answered";
    if (!wire_call(&b->wire, asleep, "doze", NULL) ||
        !wire_call(&b->wire, roots, "roots", NULL) || !answer_roots(&b->wire) ||
        strcmp(answer_text(wire_answer(&b->wire, roots)), "[ ]") != 0)
        return "a call that asks was not answered";
    if (!wire_cancel(&b->wire, asleep) || !wire_alive(&b->wire))
        return "a cancel was not heard";
    return wire_answers(&b->wire, asleep) > 0 ? "a cancelled call was answered" : NULL;
}

static void *live(void *userdata)
{
    struct bystander *b = userdata;
    uint64_t queued;

    while (!atomic_load(&b->over) && !b->wrong) {
        if (b->rounds < 200) {
            b->wrong = live_one_round(b);
            b->rounds++;
        }
        queued = scene_stats(b->scene).queued;
        if (queued > b->most_queued)
            b->most_queued = queued;
        nap();
    }
    return NULL;
}

/* One account has at most half of the queue, as it has a quarter of it by default. */
static void f8_05_a_flood_of_calls(void)
{
    struct scene scene = { .server = NULL };
    struct tally t = { .n = (int)unit_repeat(100000, 100000) / SCALE };
    struct bystander b = { .scene = &scene };
    pthread_t thread;
    bool lives = false;
    long before;

    t.seen = calloc((size_t)t.n, 1);
    CHECK(t.seen != NULL);
    CHECK(scene_start(&scene, 4,
                      "calls_queued=64 calls_per_account=32 calls_per_peer=1000",
                      mixed_tools, 2));
    CHECK(wire_connect(&b.wire, &scene, "bystander"));
    CHECK(wire_hello(&b.wire));
    CHECK(mcps_test_connect(scene.server, "flood", &t.client) == 0);
    CHECK(mcps_test_send(t.client,
                         "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
                         "\"params\":{\"protocolVersion\":\"2025-11-25\","
                         "\"capabilities\":{},\"clientInfo\":{\"name\":\"f\","
                         "\"version\":\"1\"}}}") == 0);
    CHECK(tally_some(&t, WATCHDOG_MS));
    t.seen[0] = 0;
    t.n_answers = 0;
    before = resident_kb();
    lives = pthread_create(&thread, NULL, live, &b) == 0;
    CHECK(lives);
    CHECK(flood_with_calls(&t));
    atomic_store(&b.over, true);
    pthread_join(thread, NULL);
    lives = false;
    CHECK_INT(t.n_wrong, 0);
    CHECK(t.n_busy > 0 && t.n_busy < t.n);
    printf("\n    %d of %d refused; %u rounds of a bystander; at most %u queued\n",
           t.n_busy, t.n, b.rounds, (unsigned)b.most_queued);
    CHECK_STR(b.wrong ? b.wrong : "", "");
    CHECK(b.rounds > 0);
    CHECK(b.most_queued <= 64);
    CHECK(!judges_memory() || resident_kb() - before < 32 * 1024);
    CHECK(wire_ok(&b.wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    atomic_store(&b.over, true);
    if (lives)
        pthread_join(thread, NULL);
    mcps_test_free(t.client);
    wire_free(&b.wire);
    free(t.seen);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F8.11: what a call leaves behind ---- */

enum { PER_ROUND = 20, CANCELLED = 4 };

/* One call of a kind that its number tells; a cancel behind it for some. */
static size_t write_mixed(char *text, size_t max, unsigned id, unsigned kind)
{
    static const char *const params[PER_ROUND] = {
        [0] = "\"name\":\"fail\",\"arguments\":{\"text\":\"no\"}",
        [1] = "\"name\":\"fail\",\"arguments\":{}",
        [2] = "\"name\":\"there is none\"",
        [3] = "\"name\":7",
        [4] = "\"name\":\"doze\"",
        [5] = "\"name\":\"doze\"",
        [6] = "\"name\":\"doze\"",
        [7] = "\"name\":\"doze\",\"_meta\":{\"progressToken\":1}",
        [8] = "\"name\":\"late\"",
        [9] = "\"name\":\"roots\"",
        [10] = ("\"name\":\"progress\",\"arguments\":{\"steps\":3,\"ms\":0},"
                "\"_meta\":{\"progressToken\":\"p\"}"),
    };
    const char *what =
        params[kind] ? params[kind] : "\"name\":\"echo\",\"arguments\":{\"text\":\"x\"}";
    int len = snprintf(text, max,
                       "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"tools/call\","
                       "\"params\":{%s}}\n",
                       id, what);

    if (kind >= 4 && kind < 4 + CANCELLED)
        len += snprintf(text + len, max - (size_t)len,
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                        "\"params\":{\"requestId\":%u}}\n",
                        id);
    return (size_t)len;
}

/* Receives one message, and answers it if it asks. 1 for an answer, 0 for another, or -1. */
static int receive_one(mcps_test_client *client)
{
    char *line, reply[128];
    const char *id;
    int r = mcps_test_receive(client, &line, WATCHDOG_MS);

    if (r < 0)
        return -1;
    if (strstr(line, "\"roots/list\"")) {
        id = strstr(line, "\"id\":");
        snprintf(reply, sizeof reply,
                 "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{\"roots\":[]}}",
                 id ? strtol(id + 5, NULL, 10) : 0);
        r = mcps_test_send(client, reply) < 0 ? -1 : 0;
    } else {
        r = strstr(line, "\"method\"") ? 0 : 1;
    }
    free(line);
    return r;
}

static bool run_round(mcps_test_client *client, unsigned round)
{
    char text[PER_ROUND * 256];
    size_t len = 0;
    int left = PER_ROUND - CANCELLED, r = 0;

    for (unsigned kind = 0; kind < PER_ROUND; kind++)
        len += write_mixed(text + len, sizeof text - len, round * PER_ROUND + kind, kind);
    if (mcps_test_send_bytes(client, text, len, WATCHDOG_MS) != (long)len)
        return false;
    for (; left > 0 && r >= 0; left -= r > 0 ? 1 : 0)
        r = receive_one(client);
    return r >= 0;
}

/* Another client that goes while its calls run, or wait. */
static bool come_and_go(struct scene *scene)
{
    struct wire wire = { .memory = NULL };
    bool ok = wire_connect(&wire, scene, "other") && wire_hello(&wire) &&
              wire_call(&wire, "2", "doze", NULL) && wire_call(&wire, "3", "roots", NULL);

    wire_free(&wire);
    return ok;
}

static bool run_rounds(struct scene *scene, mcps_test_client *client, unsigned from,
                       unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (!run_round(client, i) || (i % 100 == 0 && !come_and_go(scene))) {
            unit_note("in round %u", i);
            return false;
        }
    }
    return scene_idle(scene);
}

static void f8_11_nothing_is_left_of_calls(void)
{
    const unsigned rounds = unit_repeat(20000, 1000000) / PER_ROUND / SCALE;
    struct scene scene = { .server = NULL };
    mcps_test_client *client = NULL;
    struct mcps_stats stats;
    long early, late;
    size_t blocks;

    CHECK(scene_open(&scene, 4, NULL, mixed_tools, 2));
    memset(scene.log, 0, 1 << 20); /* which is memory that it has from the beginning */
    CHECK(mcps_server_start(scene.server) == 0);
    CHECK(mcps_test_connect(scene.server, NULL, &client) == 0);
    CHECK(mcps_test_send(client,
                         "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
                         "\"params\":{\"protocolVersion\":\"2025-11-25\","
                         "\"capabilities\":{\"roots\":{}},\"clientInfo\":{"
                         "\"name\":\"f\",\"version\":\"1\"}}}") == 0);
    CHECK_INT(receive_one(client), 1);
    CHECK(mcps_test_send(client, "{\"jsonrpc\":\"2.0\",\"method\":"
                                 "\"notifications/initialized\"}") == 0);
    CHECK(run_rounds(&scene, client, 0, rounds / 10));
    early = resident_kb();
    blocks = mcps__mem_live();
    CHECK(run_rounds(&scene, client, rounds / 10, rounds));
    late = resident_kb();
    printf("\n    %ld KiB after %u calls, %ld KiB after %u\n", early,
           rounds / 10 * PER_ROUND, late, rounds * PER_ROUND);
    /* Threads that come and go leave their allocator's arenas, which is not by the call. */
    CHECK(!judges_memory() || late - early <= early / 50 + 1024);
    /* But for a few threads more or less, which come and go with calls that ask. */
    CHECK(mcps__mem_live() <= blocks + 20);
    stats = scene_stats(&scene);
    CHECK_INT(stats.sessions, 1);
    CHECK_INT(stats.accounts, 1);
    CHECK_INT(stats.in_bytes, 0);
    CHECK(stats.cancelled >= (uint64_t)rounds * (CANCELLED + 1));
    CHECK(stats.threads <= 4 + 4 + 1);
    CHECK(scene_log_ok(&scene));
out:
    mcps_test_free(client);
    CHECK_AFTER(scene_close(&scene));
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads")
static const struct unit_test load_tests[] = {
    TEST_(f8_01_progress_to_one_who_does_not_read),
    TEST_(f8_01_answers_to_one_who_does_not_read),
    TEST_(f8_01_answers_to_one_who_reads_late),
    TEST_(f8_02_who_does_not_read_delays_nobody),
    TEST_(f8_04_a_write_stall),
    TEST_(f8_05_a_flood_of_calls),
    TEST_(f8_11_nothing_is_left_of_calls),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "load", load_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
