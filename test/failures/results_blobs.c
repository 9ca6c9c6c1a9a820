/* SPDX-License-Identifier: MIT */
/* Blobs in results: written as they are read, and freed once, whatever becomes of them. That
 * no lock is held then is asserted where they are freed. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "props.h"
#include "results.h"
#include "util/base64.h"
#include "util/mem.h"

#ifdef TEST_SANITIZED
enum { MEMORY_IS_OURS = 0 };
#else
enum { MEMORY_IS_OURS = 1 };
#endif

SCENE_STAT(streams);
SCENE_STAT(running);
SCENE_STAT(answers);
SCENE_STAT(suppressed_answers);

/* ---- bytes that are given away ---- */

enum { BIG = 12 << 20 };

static struct {
    unsigned char *bytes; /* BIG of them */
    atomic_uint freed;
} big;

static void free_big(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&big.freed, 1);
}

static bool big_begin(void)
{
    atomic_store(&big.freed, 0);
    props_reset();
    if (!big.bytes)
        big.bytes = malloc(BIG);
    for (size_t i = 0; big.bytes && i < BIG; i++)
        big.bytes[i] = (unsigned char)(i * 31 + (i >> 10));
    return big.bytes != NULL;
}

static void big_end(void)
{
    free(big.bytes);
    big.bytes = NULL;
}

static struct mcps_blob take(size_t len)
{
    return mcps_blob_take(big.bytes, len, free_big, NULL);
}

/* ---- handlers ---- */

static int give(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    return mcps_call_image(call, "image/x", take(*(const size_t *)userdata));
}

static int give_and_fail(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = give(call, args, userdata);

    return r < 0 ? r : -EIO;
}

/* Before the door and behind it. */
static int give_twice(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = give(call, args, userdata);

    mcps_call_progress(call, 1, 0, NULL); /* the test sees that it is there */
    door_wait();
    return r < 0 ? r : mcps_call_audio(call, "audio/x", take(30));
}

static mcps_call *_Atomic kept_call;

static int give_and_keep(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = give(call, args, userdata);

    if (r < 0)
        return r;
    atomic_store(&kept_call, mcps_call_ref(call));
    return MCPS_PENDING;
}

static size_t give_len = 3000, big_len = BIG;

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "give", .handler = give, .userdata = &give_len),
    MCPS_TOOL_STRUCT(.name = "give_big", .handler = give, .userdata = &big_len),
    MCPS_TOOL_STRUCT(.name = "give_and_fail", .handler = give_and_fail,
                     .userdata = &give_len),
    MCPS_TOOL_STRUCT(.name = "give_twice", .handler = give_twice, .userdata = &give_len),
    MCPS_TOOL_STRUCT(.name = "give_and_keep", .handler = give_and_keep,
                     .userdata = &give_len),
};
enum { N_TOOLS = sizeof tools / sizeof tools[0] };

static bool begin(struct act *act, const char *version, const char *limits)
{
    memset(act, 0, sizeof *act);
    return big_begin() && scene_start(&act->scene, 2, limits, tools, N_TOOLS) &&
           mcps_server_add_tools(act->scene.server, props, N_PROPS) >= 0 &&
           wire_connect(&act->wire, &act->scene, NULL) &&
           wire_init(&act->wire, version, "{}");
}

static bool end(struct act *act)
{
    bool ok = act_end(act);

    big_end();
    return ok;
}

/* Frees happen after what can be seen from outside, so they are waited for; that there are
 * no more shows at the end of the server. */
static bool await_freed(unsigned n)
{
    return await_uint(&big.freed, n);
}

/* ---- a large blob, and a client that reads little at once ---- */

#define HEAD_                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[{\"type\":\"image\"," \
    "\"data\":\""
#define TAIL_ "\",\"mimeType\":\"image/x\"}]}}\n"

/* The whole message, as it comes. */
static char *whole_message(size_t blob_len, size_t *ret_len)
{
    const size_t encoded = MCPS__BASE64_ENCODED(blob_len);
    char *text = malloc(sizeof HEAD_ + encoded + sizeof TAIL_);

    if (!text)
        return NULL;
    memcpy(text, HEAD_, sizeof HEAD_ - 1);
    mcps__base64_encode(text + sizeof HEAD_ - 1, big.bytes, blob_len);
    memcpy(text + sizeof HEAD_ - 1 + encoded, TAIL_, sizeof TAIL_ - 1);
    *ret_len = sizeof HEAD_ - 1 + encoded + sizeof TAIL_ - 1;
    return text;
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

static bool judges_memory(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return MEMORY_IS_OURS && !scene_on_valgrind() &&
           !(preloaded && strstr(preloaded, "valgrind"));
}

struct reader {
    const char *want;
    size_t want_len, got;
    long most_kb;
    size_t allocations; /* in the middle of it */
};

/* Reads in small pieces, and holds each against what is to come. */
static bool read_up_to(struct reader *reader, int fd, size_t end)
{
    char some[10000];
    unsigned n_reads = 0;

    while (reader->got < end) {
        size_t left = end - reader->got,
               most = 1 + (size_t)unit_random_below(sizeof some);
        ssize_t n = read(fd, some, most < left ? most : left);

        if (n <= 0 || memcmp(some, reader->want + reader->got, (size_t)n) != 0) {
            unit_note("at %zu", reader->got);
            return false;
        }
        reader->got += (size_t)n;
        if (n_reads++ % 64 == 0 && resident_kb() > reader->most_kb)
            reader->most_kb = resident_kb();
    }
    return true;
}

static bool read_whole(struct reader *reader, int fd)
{
    size_t before;

    if (!read_up_to(reader, fd, reader->want_len / 16))
        return false;
    before = mcps__mem_calls();
    if (!read_up_to(reader, fd, reader->want_len / 16 * 15))
        return false;
    reader->allocations = mcps__mem_calls() - before;
    return read_up_to(reader, fd, reader->want_len);
}

static void a_large_blob_is_never_there_as_base64(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reader reader = { .got = 0 };
    char *want = NULL;
    long before_kb;

    CHECK(big_begin());
    want = whole_message(BIG, &reader.want_len);
    CHECK(want != NULL);
    reader.want = want;
    CHECK(scene_open(&scene, 2, "result_bytes=17000000", tools, N_TOOLS));
    CHECK(mcps_server_listen(scene.server, "stdio:") >= 0);
    CHECK(wire_on_stdio(&wire));
    CHECK(mcps_server_start(scene.server) >= 0);
    CHECK(wire_hello(&wire) && wire_alive(&wire));
    before_kb = resident_kb();
    CHECK(wire_call(&wire, "2", "give_big", NULL));
    CHECK(read_up_to(&reader, wire.from, 1));
    CHECK_INT(atomic_load(&big.freed), 0);
    /* What is held is charged, until all of it is written. */
    CHECK_INT(scene_stats(&scene).out_bytes,
              BIG + reader.want_len - 1 - MCPS__BASE64_ENCODED(BIG));
    CHECK(read_whole(&reader, wire.from));
    CHECK(await_freed(1));
    CHECK_INT(reader.allocations, 0);
    unit_note_on_failure("%ld KiB before, %ld at the most", before_kb, reader.most_kb);
    if (judges_memory())
        CHECK(reader.most_kb < before_kb + 2048);
    CHECK(wire_alive(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    unit_note_on_failure("%s", "");
    free(want);
    CHECK_AFTER(scene_close(&scene));
    wire_free(&wire);
    CHECK_AFTER(atomic_load(&big.freed) <= 1);
    big_end();
}

/* In every state of the message: not made yet, in part written, queued behind another. */
static void a_client_that_is_cut_frees_blobs_once(void)
{
    struct act act = { .wire = { .memory = NULL } };

    for (unsigned i = 0; i < unit_repeat(9, 90); i++) {
        CHECK(begin(&act, "2025-11-25", "result_bytes=17000000 out_bytes=100000000"));
        CHECK(wire_call(&act.wire, "2", "give_big", NULL));
        if (i % 3 > 0)
            CHECK(scene_wait(&act.scene, stat_answers, 1));
        CHECK(wire_call(&act.wire, "3", "give", NULL));
        if (i % 3 > 1)
            CHECK(scene_wait(&act.scene, stat_answers, 2));
        mcps_test_cut(act.wire.memory, MCPS_TEST_CUT_BOTH);
        CHECK(scene_wait(&act.scene, stat_streams, 0));
        CHECK(scene_idle(&act.scene));
        CHECK(i % 3 < 2 || await_freed(2));
        CHECK(act_end(&act));
        CHECK(atomic_load(&big.freed) <= 2);
        CHECK(atomic_load(&big.freed) >= i % 3);
        big_end();
    }
    return;
out:
    CHECK_AFTER(end(&act));
}

/* ---- calls that do not end with an answer ---- */

static void blobs_of_a_cancelled_call(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "2025-11-25", NULL));
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
                    "{\"name\":\"give_twice\",\"_meta\":{\"progressToken\":1}}}"));
    CHECK(wire_await(&act.wire, "notifications/progress"));
    CHECK(wire_cancel(&act.wire, "2"));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(atomic_load(&big.freed), 0);
    door_open();
    CHECK(await_freed(2));
    CHECK(scene_wait(&act.scene, stat_running, 0));
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
    CHECK(act_ok(&act));
    CHECK_INT(atomic_load(&big.freed), 2);
out:
    CHECK_AFTER(end(&act));
}

/* The handler is through, and its answer made, when the call is cancelled. */
static void blobs_of_an_answer_that_is_suppressed(void)
{
    struct act act = { .wire = { .memory = NULL } };

    mcps__sync_reset();
    CHECK(begin(&act, "2025-11-25", NULL));
    mcps__sync_hold("before_respond");
    CHECK(wire_call(&act.wire, "2", "give", NULL));
    CHECK(mcps__sync_wait("before_respond", 1));
    CHECK(wire_cancel(&act.wire, "2"));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(atomic_load(&big.freed), 0);
    mcps__sync_release("before_respond");
    CHECK(await_freed(1));
    CHECK(scene_wait(&act.scene, stat_suppressed_answers, 1));
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
    CHECK(act_ok(&act));
    CHECK_INT(atomic_load(&big.freed), 1);
out:
    mcps__sync_release("before_respond");
    CHECK_AFTER(end(&act));
}

static void blobs_of_a_call_that_fails(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&act, "2025-11-25", NULL));
    CHECK(wire_call(&act.wire, "2", "give_and_fail", NULL));
    answer = wire_answer(&act.wire, "2");
    CHECK(answer_is_error(answer));
    CHECK_INT(atomic_load(&big.freed), 1);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

/* One that is finished later, and one that nobody finishes. */
static void blobs_of_a_pending_call(void)
{
    struct act act = { .wire = { .memory = NULL } };
    mcps_call *call = NULL;

    for (int i = 0; i < 2; i++) {
        CHECK(begin(&act, "2025-11-25", NULL));
        CHECK(wire_call(&act.wire, "2", "give_and_keep", NULL));
        while (!call)
            call = atomic_exchange(&kept_call, NULL);
        CHECK(scene_wait(&act.scene, stat_running, 0));
        CHECK_INT(atomic_load(&big.freed), 0);
        if (i == 0)
            CHECK_INT(mcps_call_finish(call, 0), 0);
        /* It is closed, and what is given to it now is freed at once. */
        if (i == 0)
            CHECK_INT(mcps_call_image(call, "a/b", take(3)), MCPS_ECLOSED);
        call = mcps_call_unref(call);
        CHECK_INT(answer_code(wire_answer(&act.wire, "2")), i == 0 ? 0 : -32603);
        CHECK(await_freed(i == 0 ? 2 : 1));
        CHECK(i > 0 || act_ok(&act));
        CHECK(end(&act));
    }
    return;
out:
    mcps_call_unref(call);
    CHECK_AFTER(end(&act));
}

/* A client of the first revision gets a text in place of a sound. */
static void a_blob_that_is_not_sent(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "2024-11-05", NULL));
    door_open();
    CHECK(wire_call(&act.wire, "2", "give_twice", NULL));
    CHECK(wire_answer(&act.wire, "2"));
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 1],
                 "\"[audio: audio/x, 30 bytes]\""));
    CHECK(await_freed(2));
    CHECK(act_ok(&act));
    CHECK_INT(atomic_load(&big.freed), 2);
out:
    CHECK_AFTER(end(&act));
}

/* ---- batches ---- */

#define CALL_(id, name)                                                                  \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":" \
    "\"" name "\"}}"
#define TWO_BLOBS_                                                                       \
    "{\"type\":\"image\",\"data\":\"%s\",\"mimeType\":\"image/x\"},{\"type\":\"audio\"," \
    "\"data\":\"%s\",\"mimeType\":\"audio/x\"}"

static bool has_result(const char *text, const char *result)
{
    if (strstr(text, result))
        return true;
    unit_note("no %.300s in %.300s", result, text);
    return false;
}

static void a_batch_may_have_blobs(void)
{
    struct act act = { .wire = { .memory = NULL } };
    char first[4096], second[64], want[5000];
    struct json_object *array;

    CHECK(begin(&act, "2025-03-26", NULL));
    wire_next(&act.wire, WATCHDOG_MS);
    mcps__base64_encode(first, big.bytes, give_len);
    first[MCPS__BASE64_ENCODED(give_len)] = '\0';
    mcps__base64_encode(second, big.bytes, 30);
    second[MCPS__BASE64_ENCODED(30)] = '\0';
    door_open();
    CHECK(
        wire_send(&act.wire, "[" CALL_("2", "give") "," CALL_(
                                 "3", "give_twice") "," CALL_("4", "give_and_fail") "]"));
    array = wire_next(&act.wire, WATCHDOG_MS);
    CHECK(json_object_is_type(array, json_type_array));
    CHECK_INT(json_object_array_length(array), 3);
    snprintf(want, sizeof want,
             "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[{\"type\":\"image\","
             "\"data\":\"%s\",\"mimeType\":\"image/x\"}]}}",
             first);
    CHECK(has_result(act.wire.messages[act.wire.next - 1], want));
    snprintf(want, sizeof want,
             "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[" TWO_BLOBS_ "]}}",
             first, second);
    CHECK(has_result(act.wire.messages[act.wire.next - 1], want));
    CHECK(await_freed(4));
    CHECK(act_ok(&act));
    CHECK_INT(atomic_load(&big.freed), 4);
out:
    CHECK_AFTER(end(&act));
}

/* One answer is there, and waits for the other, when the client goes. */
static void a_batch_that_nobody_waits_for(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "2025-03-26", NULL));
    CHECK(wire_send(&act.wire, "[" CALL_("2", "give") "," CALL_("3", "stand") "]"));
    CHECK(scene_wait(&act.scene, stat_answers, 1));
    CHECK(door_await(1));
    CHECK(scene_stats(&act.scene).out_bytes > give_len);
    CHECK_INT(atomic_load(&big.freed), 0);
    mcps_test_cut(act.wire.memory, MCPS_TEST_CUT_BOTH);
    CHECK(await_freed(1));
    door_open();
    CHECK(scene_idle(&act.scene));
    CHECK_INT(atomic_load(&big.freed), 1);
out:
    CHECK_AFTER(end(&act));
}

/* ---- sinks that break, servers that stop ---- */

static int keep(mcps_call *call, struct json_object *args, void *userdata)
{
    static char text[20000];
    const char *name = userdata;
    int r = 0;

    (void)args;
    memset(text, 'x', sizeof text);
    if (strcmp(name, "blob") == 0)
        r = mcps_call_image(call, "image/x", take(BIG));
    else if (strcmp(name, "text") == 0)
        r = mcps_call_text_bytes(call, text, sizeof text);
    if (r < 0)
        return r;
    atomic_store(&kept_call, mcps_call_ref(call));
    return MCPS_PENDING;
}

static char keep_blob[] = "blob", keep_text[] = "text", keep_none[] = "none";

static const struct mcps_tool keep_tools[] = {
    MCPS_TOOL_STRUCT(.name = "blob", .handler = keep, .userdata = keep_blob),
    MCPS_TOOL_STRUCT(.name = "text", .handler = keep, .userdata = keep_text),
    MCPS_TOOL_STRUCT(.name = "none", .handler = keep, .userdata = keep_none),
};

static mcps_call *begin_kept(struct wire *wire, int id, const char *tool)
{
    mcps_call *call = NULL;

    if (!wire_send(wire,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":"
                   "{\"name\":\"%s\",\"_meta\":{\"progressToken\":%d}}}",
                   id, tool, id))
        return NULL;
    while (!call)
        call = atomic_exchange(&kept_call, NULL);
    return call;
}

/* Progress is put under the locks of its call and its gate; the blobs that go because of it
 * are other calls'. So are answers, and one that comes before the I/O thread has noticed is
 * dropped under its own gate. */
static void progress_that_breaks_the_sink(void)
{
    enum { N = 5 };
    static const char *const names[N] = { "blob", "blob", "text", "none", "blob" };
    struct act act = { .wire = { .memory = NULL } };
    mcps_call *calls[N] = { NULL };

    CHECK(begin(&act, "2025-11-25", "out_bytes=1000 result_bytes=17000000"));
    CHECK(mcps_server_add_tools(act.scene.server, keep_tools, 3) >= 0);
    for (int i = 0; i < N; i++)
        calls[i] = begin_kept(&act.wire, i, names[i]);
    mcps__sync_hold("before_write");
    CHECK_INT(mcps_call_finish(calls[0], 0), 0);
    CHECK(mcps__sync_wait("before_write", 1));
    for (int i = 1; i < 3; i++)
        CHECK_INT(mcps_call_finish(calls[i], 0), 0);
    CHECK(scene_stats(&act.scene).out_bytes > 2 * BIG);
    CHECK_INT(atomic_load(&big.freed), 0);
    CHECK_INT(mcps_call_progress(calls[3], 1, 0, NULL), MCPS_ECLOSED);
    CHECK_INT(atomic_load(&big.freed), 1);
    CHECK_INT(mcps_call_finish(calls[4], 0), 0);
    CHECK_INT(atomic_load(&big.freed), 2);
    mcps__sync_release("before_write");
    CHECK(await_freed(3));
    CHECK_INT(mcps_call_finish(calls[3], 0), 0);
    for (int i = 0; i < N; i++)
        calls[i] = mcps_call_unref(calls[i]);
    CHECK(scene_wait(&act.scene, stat_streams, 0));
    CHECK(scene_idle(&act.scene));
    CHECK_INT(atomic_load(&big.freed), 3);
out:
    mcps__sync_release("before_write");
    for (int i = 0; i < N; i++)
        mcps_call_unref(calls[i]);
    CHECK_AFTER(end(&act));
}

/* While a large blob waits, others' calls may still report and ask. */
static void a_large_blob_is_no_reason_to_disconnect(void)
{
    struct act act = { .wire = { .memory = NULL } };
    mcps_call *calls[2] = { NULL };

    CHECK(begin(&act, "2025-11-25", "out_bytes=1000 result_bytes=17000000"));
    CHECK(mcps_server_add_tools(act.scene.server, keep_tools, 3) >= 0);
    calls[0] = begin_kept(&act.wire, 2, "blob");
    calls[1] = begin_kept(&act.wire, 3, "none");
    CHECK_INT(mcps_call_finish(calls[0], 0), 0);
    for (int i = 1; i < 10; i++)
        CHECK_INT(mcps_call_progress(calls[1], i, 0, NULL), 0);
    CHECK_INT(mcps_call_finish(calls[1], 0), 0);
    for (int i = 0; i < 2; i++)
        calls[i] = mcps_call_unref(calls[i]);
    CHECK(wire_answer(&act.wire, "2"));
    CHECK(wire_answer(&act.wire, "3"));
    CHECK(await_freed(1));
    CHECK(act_ok(&act));
out:
    for (int i = 0; i < 2; i++)
        mcps_call_unref(calls[i]);
    CHECK_AFTER(end(&act));
}

/* Some are written in part, some are queued. */
static void a_server_that_stops_frees_blobs(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "2025-11-25",
                "result_bytes=17000000 out_bytes=100000000 close_flush_ms=1"));
    CHECK(wire_call(&act.wire, "2", "give_big", NULL));
    CHECK(wire_call(&act.wire, "3", "give", NULL));
    CHECK(scene_wait(&act.scene, stat_answers, 2));
    CHECK(mcps_server_stop(act.scene.server, WATCHDOG_MS) >= 0);
    CHECK(await_freed(2));
out:
    CHECK_AFTER(end(&act));
}

/* ---- two threads, one call ---- */

enum { N_EACH = 200 };

static void *add_images(void *userdata)
{
    mcps_call *call = userdata;

    for (unsigned i = 0; i < N_EACH; i++) {
        const struct mcps_annotations notes =
            MCPS_ANNOTATIONS(.audience = MCPS_FOR_ASSISTANT);
        char key[16];

        snprintf(key, sizeof key, "k%u", i);
        if (mcps_call_image(call, "image/x", take(i)) < 0 ||
            mcps_call_image(call, "image/x", mcps_blob_copy(big.bytes, i)) < 0)
            return call;
        /* Of whichever block is the latest. */
        mcps_call_annotate(call, &notes);
        mcps_call_meta(call, key, "1");
    }
    return NULL;
}

static int add_together(mcps_call *call, struct json_object *args, void *userdata)
{
    pthread_t thread;
    void *failed = call, *also_failed;

    (void)args;
    (void)userdata;
    if (pthread_create(&thread, NULL, add_images, call) != 0)
        return -EAGAIN;
    also_failed = add_images(call);
    pthread_join(thread, &failed);
    return failed || also_failed ? -EIO : 0;
}

static void two_threads_add_to_one_call(void)
{
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "together", .handler = add_together);
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer, *result, *value;

    CHECK(begin(&act, "2025-11-25", NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &tool, 1) >= 0);
    CHECK(wire_call(&act.wire, "2", "together", NULL));
    answer = wire_answer(&act.wire, "2");
    CHECK(answer && !answer_is_error(answer));
    CHECK(json_object_object_get_ex(answer, "result", &result));
    CHECK(json_object_object_get_ex(result, "content", &value));
    CHECK_INT(json_object_array_length(value), 4 * N_EACH);
    for (size_t i = 0; i < (size_t)4 * N_EACH; i++) {
        struct json_object *block = json_object_array_get_idx(value, i), *data;
        char want[2 * N_EACH];
        size_t len;

        CHECK(json_object_object_get_ex(block, "data", &data));
        len = (size_t)json_object_get_string_len(data);
        mcps__base64_encode(want, big.bytes, N_EACH);
        /* But for the last group, which may be padded. */
        if (len > 4)
            CHECK_MEM(json_object_get_string(data), len - 4, want, len - 4);
    }
    CHECK(json_object_object_get_ex(result, "_meta", &value));
    CHECK_INT(json_object_object_length(value), N_EACH);
    CHECK(await_freed(2 * N_EACH));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(end(&act));
}

const struct unit_test blob_tests[] = {
    UNIT_TEST_ONCE(a_large_blob_is_never_there_as_base64, "it has threads"),
    UNIT_TEST_ONCE(a_client_that_is_cut_frees_blobs_once, "it has threads"),
    UNIT_TEST_ONCE(blobs_of_a_cancelled_call, "it has threads"),
    UNIT_TEST_ONCE(blobs_of_an_answer_that_is_suppressed, "it has threads"),
    UNIT_TEST_ONCE(blobs_of_a_call_that_fails, "it has threads"),
    UNIT_TEST_ONCE(blobs_of_a_pending_call, "it has threads"),
    UNIT_TEST_ONCE(a_blob_that_is_not_sent, "it has threads"),
    UNIT_TEST_ONCE(a_batch_may_have_blobs, "it has threads"),
    UNIT_TEST_ONCE(a_batch_that_nobody_waits_for, "it has threads"),
    UNIT_TEST_ONCE(progress_that_breaks_the_sink, "it has threads"),
    UNIT_TEST_ONCE(a_large_blob_is_no_reason_to_disconnect, "it has threads"),
    UNIT_TEST_ONCE(a_server_that_stops_frees_blobs, "it has threads"),
    UNIT_TEST_ONCE(two_threads_add_to_one_call, "it has threads"),
    UNIT_END,
};
