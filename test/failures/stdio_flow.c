/* SPDX-License-Identifier: MIT */
/* Group 7: much of it, from many, slowly: F7.06 to F7.09. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json_tokener.h>

#include "pipes.h"

/* Has each request from 0 to n - 1 exactly one answer? Those refused as busy are counted. */
static bool each_once(const struct wire *wire, int n, int *ret_busy)
{
    unsigned char *seen = calloc((size_t)n, 1);
    int busy = 0, found = 0;

    for (size_t i = 0; seen && i < wire->n_messages; i++) {
        struct json_object *id = member(wire->parsed[i], "id");
        int place = json_object_is_type(id, json_type_int) ? json_object_get_int(id) : -1;

        if (place < 0 || place >= n || member(wire->parsed[i], "method"))
            continue;
        if (seen[place]++ > 0)
            unit_note("a second answer to %d", place);
        else
            found++;
        busy += strcmp(answer_reason(wire->parsed[i]), "busy") == 0;
    }
    if (found < n)
        unit_note("%d of %d were answered", found, n);
    for (int i = 0; seen && i < n; i++)
        found -= seen[i] > 1;
    free(seen);
    *ret_busy = busy;
    return found == n;
}

/* Receives so many messages more. */
static bool receive(struct wire *wire, size_t n)
{
    for (; n > 0; n--) {
        if (!wire_next(wire, WATCHDOG_MS))
            return false;
    }
    return true;
}

/* ---- F7.06: a line in pieces, while much else happens ---- */

struct storm {
    pid_t pid;
    atomic_bool over;
};

static void *send_signals(void *userdata)
{
    const struct timespec pause = { .tv_nsec = 100000 };
    struct storm *storm = userdata;

    while (!atomic_load(&storm->over)) {
        kill(storm->pid, SIGUSR1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static bool send_bytewise(struct wire *wire, int id)
{
    char text[256];
    int len =
        snprintf(text, sizeof text,
                 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":"
                 "{\"name\":\"big\",\"arguments\":{\"bytes\":65536}}}\n",
                 id);

    for (int i = 0; i < len; i++) {
        if (!wire_send_bytes(wire, &text[i], 1))
            return false;
    }
    return true;
}

static void f7_06_no_part_of_a_line_is_lost(void)
{
    const int n = 200;
    struct wire wire = { .memory = NULL };
    struct storm storm;
    pthread_t thread;
    bool stormy = false;
    size_t end;
    int busy;

    CHECK(spawn_serve(&wire));
    CHECK(greet(&wire));
    end = wire.next + (size_t)n;
    storm.pid = wire.child;
    atomic_init(&storm.over, false);
    stormy = pthread_create(&thread, NULL, send_signals, &storm) == 0;
    CHECK(stormy);
    for (int i = 0; i < n; i++) {
        CHECK(send_bytewise(&wire, i));
        while (wire_next(&wire, 0))
            ;
    }
    CHECK(receive(&wire, end - wire.next));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK(each_once(&wire, n, &busy));
    CHECK_INT(busy, 0);
    for (size_t i = 1; i < wire.n_messages; i++)
        CHECK_INT(strlen(answer_text(wire.parsed[i])), 65536);
    atomic_store(&storm.over, true);
    pthread_join(thread, NULL);
    stormy = false;
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_ok(&wire));
out:
    if (stormy) {
        atomic_store(&storm.over, true);
        pthread_join(thread, NULL);
    }
    wire_free(&wire);
}

/* ---- F7.07: many writers, short writes ---- */

enum { CHATTERERS = 32 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1;
    return *state >> 33;
}

/* Progress with messages of 1 byte to 256 KiB, most of them small. */
static int chatter(mcps_call *call, struct json_object *args, void *userdata)
{
    int who = json_object_get_int(member(args, "who"));
    int steps = json_object_get_int(member(args, "steps"));
    uint64_t state = (uint64_t)who;
    char *text = malloc((256 << 10) + 1);
    int r = text ? 0 : -ENOMEM;

    (void)userdata;
    for (int i = 1; i <= steps && r >= 0; i++) {
        size_t len = 1 + next_random(&state) % (UINT64_C(1) << next_random(&state) % 19);

        memset(text, 'A' + who, len);
        text[len] = '\0';
        r = mcps_call_progress(call, i, steps, text);
    }
    free(text);
    return r < 0 ? r : mcps_call_text(call, "%d", who);
}

static const struct mcps_tool chatter_tool =
    MCPS_TOOL_STRUCT(.name = "chatter", .handler = chatter);

struct listener {
    struct mcps__buf in;
    int steps, n_answers;
    int done[CHATTERERS]; /* the latest progress of each */
};

/* In the order of its call, whole, and of one writer. */
static bool is_proper_progress(struct listener *l, struct json_object *params)
{
    int who = json_object_get_int(member(params, "progressToken"));
    const char *text = json_object_get_string(member(params, "message"));
    const char only[2] = { (char)('A' + who), '\0' };

    if (who < 0 || who >= CHATTERERS || !text || strspn(text, only) != strlen(text))
        return false;
    return json_object_get_int(member(params, "progress")) == ++l->done[who];
}

static bool hear_line(struct listener *l, const char *line)
{
    struct json_object *message = json_tokener_parse(line);
    struct json_object *params = member(message, "params");
    int who = json_object_get_int(member(message, "id"));
    bool ok = params ? is_proper_progress(l, params)
                     : message && who >= 0 && who < CHATTERERS &&
                           l->done[who]++ == l->steps && /* once, and behind them all */
                           answer_text(message)[0] != '\0';

    l->n_answers += ok && !params;
    if (!ok)
        unit_note("out of order, or torn: %.200s", line);
    json_object_put(message);
    return ok;
}

static bool hear_lines(struct listener *l)
{
    char *start = l->in.data, *end = NULL;

    if (l->in.len > 0)
        end = memchr(start, '\n', l->in.len);
    while (end) {
        *end = '\0';
        if (!hear_line(l, start))
            return false;
        start = end + 1;
        end = memchr(start, '\n', l->in.len - (size_t)(start - l->in.data));
    }
    mcps__buf_consume(&l->in, (size_t)(start - l->in.data));
    return true;
}

static bool listen_in_random_sizes(struct listener *l, int fd)
{
    char some[8192];
    ssize_t n;

    while (l->n_answers < CHATTERERS) {
        n = read(fd, some, 1 + unit_random_below(sizeof some));
        if (n <= 0 || mcps__buf_append(&l->in, some, (size_t)n) < 0 || !hear_lines(l))
            return false;
    }
    return l->in.len == 0;
}

static void frames_do_not_interleave(bool non_blocking)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct listener listener = { .steps = (int)unit_repeat(60 / SCALE, 300) };
    char id[16], args[64];

    mcps__buf_init(&listener.in, SIZE_MAX);
    CHECK(scene_open(&scene, CHATTERERS, "out_bytes=4294967295 progress_ms=0", &chatter_tool, 1));
    CHECK(mcps_server_listen(scene.server, "stdio:") >= 0);
    CHECK(wire_on_stdio(&wire));
    CHECK(fcntl(wire.from, F_SETPIPE_SZ, 4096) == 4096);
    if (non_blocking)
        CHECK(fcntl(1, F_SETFL, O_WRONLY | O_NONBLOCK) == 0);
    CHECK(mcps_server_start(scene.server) >= 0);
    CHECK(greet(&wire));
    for (int i = 0; i < CHATTERERS; i++) {
        snprintf(id, sizeof id, "%d", i);
        snprintf(args, sizeof args, "{\"who\":%d,\"steps\":%d}", i, listener.steps);
        CHECK(wire_send(&wire,
                        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\","
                        "\"params\":{\"name\":\"chatter\",\"arguments\":%s,"
                        "\"_meta\":{\"progressToken\":%s}}}",
                        id, args, id));
    }
    CHECK(listen_in_random_sizes(&listener, wire.from));
    CHECK(wire_alive(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    mcps__buf_fini(&listener.in);
    CHECK_AFTER(scene_close(&scene));
    wire_free(&wire);
}

static void f7_07_frames_do_not_interleave(void)
{
    frames_do_not_interleave(false);
    frames_do_not_interleave(true);
}

/* ---- F7.08: a client that writes all before it reads any ---- */

static const char padding[] =
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static bool send_padded(struct wire *wire, int id)
{
    return wire_send(
        wire,
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":"
        "{\"name\":\"add\",\"arguments\":{\"a\":1,\"b\":2,\"pad\":\"%s\"}}}",
        id, padding);
}

static void f7_08_writing_all_before_reading_any(void)
{
    const int n = 10000 / SCALE;
    struct wire wire = { .memory = NULL };
    int busy;

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(greet(&wire));
    for (int i = 0; i < n; i++)
        CHECK(send_padded(&wire, i));
    CHECK(receive(&wire, (size_t)n));
    CHECK(each_once(&wire, n, &busy));
    CHECK(wire_alive(&wire));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK_INT(wire.n_messages, n + 2);
out:
    wire_free(&wire);
}

struct writer {
    struct wire *wire;
    int n;
    bool ok;
};

static void *write_all(void *userdata)
{
    struct writer *writer = userdata;

    writer->ok = true;
    for (int i = 0; i < writer->n && writer->ok; i++)
        writer->ok = send_padded(writer->wire, i);
    return NULL;
}

/* Beyond the mark the server does not read either; that ends when the client reads. */
static void f7_08_more_than_may_wait(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct writer writer = { &wire, 10000 / SCALE, false };
    pthread_t thread;
    bool writes = false;
    int busy;

    CHECK(scene_open(&scene, 2, "out_bytes=20000", NULL, 0));
    CHECK(mcps_server_listen(scene.server, "stdio:") >= 0);
    CHECK(wire_on_stdio(&wire));
    CHECK(mcps_server_start(scene.server) >= 0);
    CHECK(greet(&wire));
    writes = pthread_create(&thread, NULL, write_all, &writer) == 0;
    CHECK(writes);
    while (mcps_server_get_limit_hits(scene.server, MCPS_LIMIT_OUT_BYTES) == 0)
        sched_yield();
    CHECK(scene_stats(&scene).out_bytes <= 4 * 20000);
    CHECK(receive(&wire, (size_t)writer.n));
    pthread_join(thread, NULL);
    writes = false;
    CHECK(writer.ok);
    CHECK(each_once(&wire, writer.n, &busy));
    CHECK(wire_alive(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
    if (writes)
        pthread_join(thread, NULL);
    wire_free(&wire);
}

/* ---- F7.09: nobody reads stderr ---- */

static void f7_09_nobody_reads_the_log(void)
{
    const int rounds = 320 / SCALE, each = 31;
    struct wire wire = { .memory = NULL };
    char id[16];
    int busy;

    CHECK(wire_spawn_lab(&wire, "--log", "7", "stdio:", NULL));
    CHECK(fcntl(wire.stderr_fd, F_SETPIPE_SZ, 4096) == 4096);
    CHECK(greet(&wire));
    for (int i = 0; i < rounds; i++) {
        for (int k = 0; k < each; k++) {
            snprintf(id, sizeof id, "%d", i * each + k);
            CHECK(wire_call(&wire, id, "echo", "{\"text\":\"a secret\"}"));
            CHECK(wire_send(&wire,
                            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/%d\"}", i));
        }
        CHECK(receive(&wire, (size_t)each));
    }
    CHECK(each_once(&wire, rounds * each, &busy));
    CHECK_INT(busy, 0);
    CHECK(wire_call(&wire, "\"s\"", "stats", NULL));
    CHECK(!strstr(answer_text(wire_answer(&wire, "\"s\"")), "\"log_dropped\": 0,"));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
out:
    wire_free(&wire);
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads or processes")
const struct unit_test stdio_flow_tests[] = {
    TEST_(f7_06_no_part_of_a_line_is_lost),      TEST_(f7_07_frames_do_not_interleave),
    TEST_(f7_08_writing_all_before_reading_any), TEST_(f7_08_more_than_may_wait),
    TEST_(f7_09_nobody_reads_the_log),           UNIT_END,
};
