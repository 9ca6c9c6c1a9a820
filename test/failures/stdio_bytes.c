/* SPDX-License-Identifier: MIT */
/* Group 7: what goes over stdio: F7.06 to F7.14. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json_tokener.h>

#include "pipes.h"
#include "util/clock.h"
#include "util/utf8.h"

#ifdef TEST_SANITIZED
enum { SCALE = 10 }; /* so many times less of everything */
#else
enum { SCALE = 1 };
#endif

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

/* The handshake; wire_next() then begins with what comes after it. */
static bool greet(struct wire *wire)
{
    bool ok = wire_hello(wire);

    wire->next = wire->n_messages;
    return ok;
}

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
    int busy;

    CHECK(spawn_serve(&wire));
    CHECK(greet(&wire));
    storm.pid = wire.child;
    atomic_init(&storm.over, false);
    stormy = pthread_create(&thread, NULL, send_signals, &storm) == 0;
    CHECK(stormy);
    for (int i = 0; i < n; i++) {
        CHECK(send_bytewise(&wire, i));
        while (wire_next(&wire, 0))
            ;
    }
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
    CHECK(scene_open(&scene, CHATTERERS, "out_bytes=4294967295", &chatter_tool, 1));
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

/* ---- F7.10: a bad line is a bad line ---- */

struct bad_line {
    const char *text;
    size_t len;
    int code; /* of the error that it is answered with; 0: none */
};

#define BAD_(text, code)               \
    {                                  \
        text, sizeof(text) - 1, (code) \
    }

/* After each line: exactly that error, without an id, and then the answer to a call. */
static bool goes_on_after(struct wire *wire, const struct bad_line *line, int id)
{
    struct json_object *message;
    char text[16];

    snprintf(text, sizeof text, "%d", id);
    if (!wire_send_bytes(wire, line->text, line->len) ||
        !wire_call(wire, text, "echo", "{\"text\":\"x\"}"))
        return false;
    message = wire_next(wire, WATCHDOG_MS);
    if (line->code != 0) {
        if (answer_code(message) != line->code || member(message, "id"))
            return false;
        message = wire_next(wire, WATCHDOG_MS);
    }
    return json_object_get_int(member(message, "id")) == id &&
           strcmp(answer_text(message), "x") == 0;
}

static bool is_each_survived(const struct bad_line *lines, size_t n)
{
    struct wire wire = { .memory = NULL };
    bool ok = wire_spawn_lab(&wire, "--option", "bad_messages=1000", "stdio:", NULL) &&
              greet(&wire);

    for (size_t i = 0; i < n && ok; i++) {
        ok = goes_on_after(&wire, &lines[i], (int)(10 + i));
        if (!ok)
            unit_note("after %s", lines[i].text);
    }
    for (size_t i = 0; i < wire.n_messages && ok; i++)
        ok = mcps__utf8_valid_prefix(wire.messages[i], strlen(wire.messages[i])) ==
             strlen(wire.messages[i]);
    wire_cut_input(&wire);
    ok = ok && wire_drain(&wire) && wire_ok(&wire) && wire_wait_exit(&wire) == 0;
    wire_free(&wire);
    return ok;
}

static void f7_10_a_bad_line_does_not_end_the_session(void)
{
    static const struct bad_line lines[] = {
        BAD_("NOT VALID JSON\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"\n", -32700),
        BAD_("\n", 0),
        BAD_("\r\n", 0),
        BAD_("  \t \n", -32700),
        BAD_("[]\n", -32600),
        BAD_("[1]\n", -32600),
        BAD_("\"x\"\n", -32600),
        BAD_("1\n", -32600),
        BAD_("null\n", -32600),
        BAD_("\xff\xfe\n", -32700),
        BAD_("\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n", -32700),
        BAD_("\0\0\0\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\0\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}"
             "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n",
             -32700),
    };

    CHECK(is_each_survived(lines, sizeof lines / sizeof lines[0]));
out:;
}

/* ---- F7.11: who answers errors with errors ---- */

/* Sends a ping, and as garbage to every error before its answer two lines more. Returns how
 * many errors there were, or -1. */
static int answer_errors(struct wire *wire, int serial)
{
    struct json_object *message;
    int errors = 0;

    if (!wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}", serial))
        return -1;
    for (;;) {
        message = wire_next(wire, WATCHDOG_MS);
        if (!message)
            return -1;
        if (json_object_get_int(member(message, "id")) == serial)
            return errors;
        errors++;
        if (!wire_send(wire, "what do you mean by %d?\nI do not know", errors))
            return -1;
    }
}

static int answer_errors_until_none_comes(struct wire *wire, int serial)
{
    int errors = 0, n;

    do {
        n = answer_errors(wire, serial++);
        errors += n;
    } while (n > 0);
    return n < 0 ? -1 : errors;
}

/* The clock stands still, so there are as many as there may be in a second. */
static void f7_11_errors_do_not_answer_each_other(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_start(&scene, 1, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(greet(&wire));
    CHECK(wire_send(&wire, "garbage"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 100), 10);
    for (int i = 0; i < 1000; i++)
        CHECK(wire_send(&wire, "garbage"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 200), 0);
    mcps__clock_advance(MCPS__NS_PER_S);
    for (int i = 0; i < 1000; i++)
        CHECK(wire_send(&wire, "garbage"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 300), 10);
    /* A request that can be named is not garbage, an answer is never answered. */
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":7}"));
    CHECK_INT(answer_code(wire_next(&wire, WATCHDOG_MS)), -32600);
    CHECK_INT(wire_answers(&wire, "5"), 1);
    mcps__clock_advance(MCPS__NS_PER_S);
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
                           "\"message\":\"?\"}}"));
    CHECK(wire_send(&wire,
                    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"\"}}"));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}"));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":7}"));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"1.0\",\"id\":[],\"error\":7}"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 400), 0);
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
    mcps__clock_release();
}

/* ---- F7.12: bytes that are not UTF-8 ---- */

#define TEXT_(bytes, code)                                                      \
    BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{" \
         "\"name\":\"echo\",\"arguments\":{\"text\":\"" bytes "\"}}}\n",        \
         code)

static void f7_12_invalid_utf8(void)
{
    static const struct bad_line lines[] = {
        TEXT_("\xff\xfe", -32700),
        TEXT_("\x80", -32700),
        TEXT_("\xc0\x80", -32700),
        TEXT_("\xc1\xbf", -32700),
        TEXT_("\xe0\x80\x80", -32700),
        TEXT_("\xf0\x80\x80\x80", -32700),
        TEXT_("\xed\xa0\x80", -32700),
        TEXT_("\xed\xbf\xbf", -32700),
        TEXT_("\xf4\x90\x80\x80", -32700),
        TEXT_("\xf8\x88\x80\x80\x80", -32700),
        TEXT_("\xe2\x82", -32700),
        TEXT_("\xf0\x9f\x98", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"\xff\"}\n", -32700),
        BAD_("{\"\xff\":1,\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n", -32700),
        BAD_("\xe2\x82\n", -32700),
    };

    CHECK(is_each_survived(lines, sizeof lines / sizeof lines[0]));
out:;
}

static bool wait_for_input(struct scene *scene)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    for (int i = 0; i < WATCHDOG_MS; i++) {
        if (scene_stats(scene).in_bytes > 0)
            return true;
        nanosleep(&ms, NULL);
    }
    return false;
}

/* Wherever it is cut in two, the server having read the first part by itself. */
static void f7_12_characters_across_reads(void)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\","
                               "\"params\":{\"name\":\"echo\",\"arguments\":{\"text\":\""
                               "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}}}\n";
    static const char value[] = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(scene_start(&scene, 1, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(greet(&wire));
    for (size_t i = 1; i < sizeof text - 1; i++) {
        CHECK(wire_send_bytes(&wire, text, i));
        CHECK(wait_for_input(&scene));
        CHECK(wire_send_bytes(&wire, text + i, sizeof text - 1 - i));
        CHECK_STR(answer_text(wire_next(&wire, WATCHDOG_MS)), value);
        CHECK(scene_idle(&scene)); /* and no call that would count as input */
    }
    CHECK(wire_alive(&wire));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F7.13: the ends of lines, and of the last one ---- */

static void f7_13_line_endings(void)
{
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n"
        "\r\n\n"
        "{\"jsonrpc\":\"2.0\",\r\"id\":2,\r\"method\":\"ping\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"echo\",\"arguments\":{\"text\":\"a\\r\\nb\\n\"}}}\r\n"
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"echo\",\"arguments\":{\"text\":\"the last\"}}}";
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(greet(&wire));
    CHECK(wire_send_bytes(&wire, text, sizeof text - 1));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire.n_messages, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK(!strchr(wire.messages[i], '\r'));
    CHECK_INT(wire_answers(&wire, "1"), 1);
    CHECK_INT(wire_answers(&wire, "2"), 1);
    CHECK_STR(answer_text(wire_answer(&wire, "3")), "a\r\nb\n");
    CHECK_STR(answer_text(wire_answer(&wire, "4")), "the last");
    CHECK(wire_ok(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
out:
    wire_free(&wire);
}

/* Half a message at the end is nobody's request. */
static void f7_13_half_a_message_at_the_end(void)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"pi";
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(greet(&wire));
    CHECK(wire_send_bytes(&wire, text, sizeof text - 1));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire.n_messages, 2);
    CHECK_INT(answer_code(wire.parsed[1]), -32700);
    CHECK(wire_ok(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
out:
    wire_free(&wire);
}

/* ---- F7.14: a line without an end ---- */

enum { LINE_MAX_BYTES = 16 << 20 };

/* The most memory that a process has had, in KiB. */
static long peak_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file && kb < 0 && fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmHWM: %ld", &kb) != 1)
            kb = -1;
    }
    if (file)
        fclose(file);
    return kb;
}

static bool send_times(struct wire *wire, const char *bytes, size_t len, size_t n)
{
    for (; n > 0; n--) {
        if (!wire_send_bytes(wire, bytes, len))
            return false;
    }
    return true;
}

static void f7_14_an_endless_line(void)
{
    const size_t mib = unit_repeat(64, 1024);
    char *some = malloc(65536);
    struct wire wire = { .memory = NULL };
    long before, after;

    CHECK(some != NULL);
    memset(some, 'x', 65536);
    CHECK(wire_spawn_lab(&wire, "--option", "message_bytes=16777216", "stdio:", NULL));
    CHECK(greet(&wire));
    before = peak_kb(wire.child);
    CHECK(wire_send_bytes(&wire, "\"", 1));
    CHECK(send_times(&wire, some, 65536, mib * 16));
    CHECK_INT(answer_code(wire_next(&wire, WATCHDOG_MS)), -32600);
    CHECK(wire_send_bytes(&wire, "\n", 1));
    CHECK(wire_alive(&wire));
    CHECK_INT(wire.n_messages, 3);
    after = peak_kb(wire.child);
    unit_note_on_failure("%ld KiB more", after - before);
    CHECK(before > 0);
    if (SCALE == 1)
        CHECK(after - before <= 2 * LINE_MAX_BYTES / 1024 + 1024);
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_ok(&wire));
out:
    free(some);
    wire_free(&wire);
}

/* One that is as long as a line may be, in pieces: reading it again for each would take for
 * ever. The most is the length without the LF. */
static void f7_14_a_long_line_in_small_pieces(void)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\","
                               "\"params\":{\"pad\":\"";
    static const char tail[] = "\"}}\n";
    size_t piece = unit_repeat(256 * SCALE, 1);
    size_t left = LINE_MAX_BYTES - (sizeof head - 1) - (sizeof tail - 2);
    char some[256 * SCALE];
    struct wire wire = { .memory = NULL };
    int64_t before = 0;

    memset(some, 'x', sizeof some);
    CHECK(wire_spawn_lab(&wire, "--option", "message_bytes=16777216", "stdio:", NULL));
    CHECK(greet(&wire));
    before = cpu_ms(wire.child);
    CHECK(wire_send_bytes(&wire, head, sizeof head - 1));
    CHECK(wire_send_bytes(&wire, some, left % piece));
    CHECK(send_times(&wire, some, piece, left / piece));
    CHECK(wire_send_bytes(&wire, tail, sizeof tail - 1));
    CHECK(wire_answer(&wire, "7"));
    printf("\n    %d ms of processor time for 16 MiB\n",
           (int)(cpu_ms(wire.child) - before));
    CHECK(wire_alive(&wire));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads or processes")
const struct unit_test stdio_byte_tests[] = {
    TEST_(f7_06_no_part_of_a_line_is_lost),
    TEST_(f7_07_frames_do_not_interleave),
    TEST_(f7_08_writing_all_before_reading_any),
    TEST_(f7_08_more_than_may_wait),
    TEST_(f7_09_nobody_reads_the_log),
    TEST_(f7_10_a_bad_line_does_not_end_the_session),
    TEST_(f7_11_errors_do_not_answer_each_other),
    TEST_(f7_12_invalid_utf8),
    TEST_(f7_12_characters_across_reads),
    TEST_(f7_13_line_endings),
    TEST_(f7_13_half_a_message_at_the_end),
    TEST_(f7_14_an_endless_line),
    TEST_(f7_14_a_long_line_in_small_pieces),
    UNIT_END,
};
