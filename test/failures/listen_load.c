/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand streams of two hundred clients, of whom one in ten never reads, while something
 * changes again and again; see listen.h. Time is shown, and not judged.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/changes.h"
#include "core/listen.h"
#include "listen.h"

#ifdef TEST_SANITIZED
enum { IS_WATCHED = 1 };
#else
enum { IS_WATCHED = 0 };
#endif

enum {
    CLIENTS = 200,
    STREAMS = 50, /* of each client */
    CHANGES = 30,
    PERIOD_MS = 100,
    STALLED = 10,     /* one in so many does not read */
    WAITING_MAX = 512 /* bytes of messages that may wait for one stream */
};

SCENE_STAT(listens);
SCENE_STAT(answers);

static uint64_t stat_settled(const struct mcps_stats *stats)
{
    return stats->changes_sent + stats->changes_dropped;
}

struct client {
    mcps_test_client *memory;
    unsigned told[STREAMS]; /* how often each was told */
    bool pong;              /* the answer to its ping has come */
    const char *fault;
};

struct crowd {
    struct act act; /* whose wire listens to nothing */
    struct client clients[CLIENTS];
    unsigned n_clients, n_streams, n_changes;
    unsigned n_announced;
    atomic_bool over;
    pthread_t reader;
    bool reads;
};

static struct crowd crowd;

static bool is_stalled(unsigned i)
{
    return i % STALLED == STALLED - 1;
}

static void set_size(void)
{
    bool small = IS_WATCHED || getenv("MCPS_TEST_VALGRIND") != NULL;

    memset(&crowd, 0, sizeof crowd);
    crowd.n_clients = small ? CLIENTS / 10 : CLIENTS;
    crowd.n_streams = small ? STREAMS / 5 : STREAMS;
    crowd.n_changes = small ? CHANGES / 3 : CHANGES;
}

/* ---- clients ---- */

/* What a message is about, by its text: no tree is made of a hundred thousand of them. */
static void look_at(struct client *client, const char *text)
{
    static const char key[] = "\"io.modelcontextprotocol/subscriptionId\":";
    const char *id = strstr(text, key);
    unsigned long stream = id ? strtoul(id + sizeof key - 1, NULL, 10) : 0;

    if (strstr(text, "\"id\":\"pong\""))
        client->pong = true;
    else if (!id || stream >= crowd.n_streams)
        client->fault = "a message is of no stream";
    else if (!strstr(text, "subscriptions/acknowledged"))
        client->told[stream]++;
}

/* One message, if there is one; whether there was. */
static bool receive(struct client *client, unsigned timeout_ms)
{
    char *text;
    int r = mcps_test_receive(client->memory, &text, timeout_ms);

    if (r < 0) {
        if (r != MCPS_ETIMEDOUT)
            client->fault = "it was disconnected";
        return false;
    }
    look_at(client, text);
    free(text);
    return true;
}

/* All that was put for it before. */
static bool catch_up(struct client *client)
{
    client->pong = false;
    if (mcps_test_send(client->memory,
                       "{\"jsonrpc\":\"2.0\",\"id\":\"pong\",\"method\":\"ping\"}") < 0)
        return false;
    while (!client->pong && !client->fault && receive(client, WATCHDOG_MS))
        ;
    return client->pong;
}

static bool all_catch_up(void)
{
    for (unsigned i = 0; i < crowd.n_clients; i++) {
        if (!is_stalled(i) && !catch_up(&crowd.clients[i])) {
            unit_note("client %u: %s", i,
                      crowd.clients[i].fault ? crowd.clients[i].fault : "no answer");
            return false;
        }
    }
    return true;
}

static bool open_streams(struct client *client)
{
    char request[512];

    for (unsigned i = 0; i < crowd.n_streams; i++) {
        snprintf(request, sizeof request,
                 "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"subscriptions/listen\","
                 "\"params\":{\"notifications\":{\"toolsListChanged\":true,"
                 "\"resourceSubscriptions\":[\"test://a\"]}," LISTEN_META "}}",
                 i);
        if (mcps_test_send(client->memory, request) < 0)
            return false;
    }
    return true;
}

/* Its output waits for it from then on. */
static bool stall(struct client *client)
{
    return mcps_test_send(
               client->memory,
               "{\"jsonrpc\":\"2.0\",\"id\":\"big\",\"method\":\"tools/call\","
               "\"params\":{\"name\":\"big\",\"arguments\":{\"bytes\":500000}," LISTEN_META
               "}}") == 0;
}

static bool connect_all(void)
{
    char principal[16];

    for (unsigned i = 0; i < crowd.n_clients; i++) {
        snprintf(principal, sizeof principal, "p%u", i);
        if (mcps_test_connect(crowd.act.scene.server, principal,
                              &crowd.clients[i].memory) < 0)
            return false;
    }
    return true;
}

static bool listen_all(void)
{
    for (unsigned i = 0; i < crowd.n_clients; i++) {
        if (!open_streams(&crowd.clients[i]) || !catch_up(&crowd.clients[i]))
            return false;
    }
    return true;
}

static bool stall_some(void)
{
    unsigned n_stalled = 0;

    for (unsigned i = 0; i < crowd.n_clients; i++) {
        if (is_stalled(i) && !stall(&crowd.clients[i]))
            return false;
        n_stalled += is_stalled(i);
    }
    return scene_wait(&crowd.act.scene, stat_answers, n_stalled);
}

static void *read_all(void *arg)
{
    (void)arg;
    while (!atomic_load(&crowd.over)) {
        for (unsigned i = 0; i < crowd.n_clients; i++) {
            while (!is_stalled(i) && receive(&crowd.clients[i], 0))
                ;
        }
    }
    return NULL;
}

/* ---- figures ---- */

static double thread_ms(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* The time that the I/O thread has taken so far: this runs there. */
static int say_time(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%d", (int)(thread_ms() * 1000));
}

static double io_ms(struct wire *wire)
{
    static unsigned serial;
    char id[16];

    snprintf(id, sizeof id, "%u", ++serial);
    if (!wire_send(wire,
                   "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\","
                   "\"params\":{\"name\":\"time\"," LISTEN_META "}}",
                   id))
        return 0;
    return atof(answer_text(wire_answer(wire, id))) / 1000;
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

/* ---- changes ---- */

/* Everybody is told of each. */
static bool announce(void)
{
    const char *echo = "echo";
    mcps_server *server = crowd.act.scene.server;
    unsigned i = crowd.n_announced++;

    if (i % 2 == 0)
        return update(&crowd.act, "test://a") == (int)crowd.n_clients;
    return (i % 4 == 1 ? mcps_server_disable(server, MCPS_TOOLS, &echo, 1)
                       : mcps_server_enable(server, MCPS_TOOLS, &echo, 1)) == 0;
}

static bool all_settled(void)
{
    return scene_wait(&crowd.act.scene, stat_settled,
                      (uint64_t)crowd.n_announced * crowd.n_clients * crowd.n_streams);
}

static void nap(void)
{
    const struct timespec period = { .tv_nsec = PERIOD_MS * 1000000L };

    nanosleep(&period, NULL);
}

static bool change_often(void)
{
    double io = io_ms(&crowd.act.wire), here = thread_ms(), longest = 0;

    for (unsigned i = 0; i < crowd.n_changes; i++) {
        double before = thread_ms();

        if (!announce())
            return false;
        if (thread_ms() - before > longest)
            longest = thread_ms() - before;
        nap();
    }
    here = thread_ms() - here;
    io = io_ms(&crowd.act.wire) - io;
    printf(
        "(one change takes %.1f ms of the I/O thread, %.2f ms at most of who announces) ",
        io / crowd.n_changes, longest);
    return all_settled();
}

/* Each that reads was told of the last one, once more than before. */
static bool last_is_told(void)
{
    static unsigned before[CLIENTS][STREAMS];

    for (unsigned i = 0; i < crowd.n_clients; i++)
        memcpy(before[i], crowd.clients[i].told, sizeof before[i]);
    if (!announce() || !all_settled() || !all_catch_up())
        return false;
    for (unsigned i = 0; i < crowd.n_clients; i++) {
        for (unsigned k = 0; k < crowd.n_streams && !is_stalled(i); k++) {
            if (crowd.clients[i].told[k] == before[i][k] + 1)
                continue;
            unit_note("client %u, stream %u: told %u times, then %u", i, k, before[i][k],
                      crowd.clients[i].told[k]);
            return false;
        }
    }
    return true;
}

static bool stop_reading(void)
{
    atomic_store(&crowd.over, true);
    if (crowd.reads)
        pthread_join(crowd.reader, NULL);
    crowd.reads = false;
    return all_catch_up();
}

static void ten_thousand_streams(void)
{
    struct mcps_tool timer =
        MCPS_TOOL_STRUCT(.name = "time", .handler = say_time, .executor = MCPS_INLINE);
    struct scene *scene = &crowd.act.scene;
    unsigned n, n_stalled;
    uint64_t before;
    long kb;

    set_size();
    n = crowd.n_clients * crowd.n_streams;
    n_stalled = crowd.n_clients / STALLED * crowd.n_streams;
    CHECK(listen_begin(&crowd.act, "list_changed_ms=10 write_stall_ms=3600000", true));
    CHECK_INT(mcps_server_add_tools(scene->server, &timer, 1), 0);
    CHECK(connect_all() && all_catch_up());
    kb = resident_kb();
    CHECK(listen_all());
    CHECK(scene_wait(scene, stat_listens, n));
    printf(
        "(%u streams: %zu bytes each and %zu a subscription; %ld KiB resident for all) ",
        n, mcps__listen_size(), sizeof(struct mcps__subscription), resident_kb() - kb);
    CHECK(stall_some());
    before = scene_stats(scene).out_bytes;
    crowd.reads = pthread_create(&crowd.reader, NULL, read_all, NULL) == 0;
    CHECK(crowd.reads);
    kb = resident_kb();
    CHECK(change_often());
    CHECK(stop_reading());
    CHECK(last_is_told());
    printf("(%ld KiB more after %u changes; %u messages, %u needless) ",
           resident_kb() - kb, crowd.n_announced,
           (unsigned)scene_stats(scene).changes_sent,
           (unsigned)scene_stats(scene).changes_dropped);
    /* One message of each kind waits for a stream that is not read. */
    CHECK(scene_stats(scene).out_bytes <= before + (uint64_t)n_stalled * WAITING_MAX);
    CHECK(scene_stats(scene).changes_dropped >=
          (uint64_t)n_stalled * (crowd.n_announced - 2));
    CHECK_INT(scene_stats(scene).listens, n);
    CHECK(scene_log_ok(scene));
out:
    if (crowd.reads)
        stop_reading();
    for (unsigned i = 0; i < crowd.n_clients; i++)
        mcps_test_free(crowd.clients[i].memory);
    CHECK_AFTER(act_end(&crowd.act));
}

const struct unit_test listen_load_tests[] = {
    UNIT_TEST_ONCE(ten_thousand_streams, "it has threads"),
    UNIT_END,
};
