/* SPDX-License-Identifier: MIT */
/* The tools that tests direct; see props.h. */
#include "config.h"

#include <dirent.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "props.h"

/* ---- waiting ---- */

static void nap(void)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    nanosleep(&ms, NULL);
}

bool await(bool (*is_so)(void *arg), void *arg, const char *what)
{
    for (int i = 0; i < WATCHDOG_MS; i++) {
        if (is_so(arg))
            return true;
        nap();
    }
    unit_note("waited in vain: %s", what);
    return false;
}

bool await_uint(atomic_uint *number, unsigned value)
{
    for (int i = 0; i < WATCHDOG_MS; i++) {
        if (atomic_load(number) == value)
            return true;
        nap();
    }
    unit_note("waited for %u, it stayed at %u", value, atomic_load(number));
    return false;
}

static const char *_Atomic guarded;

static void on_alarm(int number)
{
    const char *what = atomic_load(&guarded);
    ssize_t written = write(STDERR_FILENO, "it hangs: ", 10);

    written = write(STDERR_FILENO, what, strlen(what));
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

void guard_set(const char *what)
{
    atomic_store(&guarded, what);
    signal(SIGALRM, on_alarm);
    alarm(2 * WATCHDOG_MS / 1000);
}

void guard_clear(void)
{
    alarm(0);
}

/* ---- the door ---- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool is_open;
} door = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

static atomic_uint standing;

void door_open(void)
{
    pthread_mutex_lock(&door.mutex);
    door.is_open = true;
    pthread_cond_broadcast(&door.opened);
    pthread_mutex_unlock(&door.mutex);
}

void door_wait(void)
{
    atomic_fetch_add(&standing, 1);
    pthread_mutex_lock(&door.mutex);
    while (!door.is_open)
        pthread_cond_wait(&door.opened, &door.mutex);
    pthread_mutex_unlock(&door.mutex);
    atomic_fetch_sub(&standing, 1);
}

bool door_await(unsigned n)
{
    return await_uint(&standing, n);
}

static int stand(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    door_wait();
    mcps_call_text(call, "stood");
    return 0;
}

/* ---- asking ---- */

/* Our errors lie close together; -ENOMEM and the like share a place. */
enum { ASKS_OTHER = 32 };
static atomic_uint asks[ASKS_OTHER + 1], asks_in_all;

static atomic_uint *place_of(int result)
{
    int i = result < 0 ? -5000 - result : 0;

    return &asks[i >= 0 && i < ASKS_OTHER ? i : ASKS_OTHER];
}

void asks_note(int result)
{
    atomic_fetch_add(place_of(result), 1);
    atomic_fetch_add(&asks_in_all, 1);
}

unsigned asks_ended(int result)
{
    return atomic_load(place_of(result));
}

unsigned asks_ended_in_all(void)
{
    return atomic_load(&asks_in_all);
}

bool asks_await(unsigned n)
{
    return await_uint(&asks_in_all, n);
}

static int ask(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r = mcps_call_roots(call, &roots);

    (void)args;
    (void)userdata;
    asks_note(r);
    if (r < 0)
        return r;
    mcps_call_text(call, "%s",
                   json_object_to_json_string_ext(
                       roots, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(roots);
    return 0;
}

void props_reset(void)
{
    pthread_mutex_lock(&door.mutex);
    door.is_open = false;
    pthread_mutex_unlock(&door.mutex);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        atomic_store(&asks[i], 0);
    atomic_store(&asks_in_all, 0);
    mcps__sync_reset();
}

const struct mcps_tool props[N_PROPS] = {
    MCPS_TOOL_STRUCT(.name = "stand", .handler = stand),
    MCPS_TOOL_STRUCT(.name = "ask", .handler = ask),
};

/* ---- the usual scene ---- */

bool act_begin(struct act *act, unsigned workers, const char *limits)
{
    props_reset();
    return scene_start(&act->scene, workers, limits, props, N_PROPS) &&
           wire_connect(&act->wire, &act->scene, NULL) && wire_hello(&act->wire);
}

bool act_ok(struct act *act)
{
    return scene_idle(&act->scene) && wire_settled(&act->wire) && wire_ok(&act->wire) &&
           scene_log_ok(&act->scene);
}

bool act_end(struct act *act)
{
    door_open();
    wire_free(&act->wire);
    return scene_close(&act->scene);
}

bool await_connection(struct wire *wire, struct scene *scene)
{
    for (int i = 0; i < WATCHDOG_MS; i++) {
        mcps_test_client *client;

        if (mcps_test_connect(scene->server, NULL, &client) == 0) {
            mcps_test_free(client);
            return wire_connect(wire, scene, NULL);
        }
        nap();
    }
    return false;
}

/* ---- what clients say ---- */

int64_t request_id(struct json_object *request)
{
    struct json_object *id = NULL;

    json_object_object_get_ex(request, "id", &id);
    return json_object_get_int64(id);
}

bool wire_respond(struct wire *wire, const char *id, const char *member,
                  const char *value)
{
    return wire_send(wire, "{\"jsonrpc\":\"2.0\"%s%s,\"%s\":%s}", *id ? ",\"id\":" : "",
                     id, member, value);
}

bool wire_give_roots(struct wire *wire, struct json_object *request, const char *uri)
{
    char id[32], roots[128];

    snprintf(id, sizeof id, "%lld", (long long)request_id(request));
    snprintf(roots, sizeof roots, "{\"roots\":[{\"uri\":\"%s\"}]}", uri);
    return wire_respond(wire, id, "result", roots);
}

bool wire_settled(struct wire *wire)
{
    return wire_alive(wire);
}

bool await_refusal(struct wire *wire)
{
    for (unsigned i = 100; i < 100 + WATCHDOG_MS; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        if (!wire_call(wire, id, "echo", "{\"text\":\"still here\"}"))
            return false;
        if (strcmp(answer_reason(wire_answer(wire, id)), "shutdown") == 0)
            return true;
        nap();
    }
    return false;
}

/* ---- others ---- */

struct dice dice_new(void)
{
    return (struct dice){ unit_random() | 1 };
}

uint64_t dice_below(struct dice *dice, uint64_t bound)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state % bound;
}

static unsigned count_entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

unsigned count_fds(void)
{
    return count_entries("/proc/self/fd");
}

unsigned count_threads(void)
{
    return count_entries("/proc/self/task");
}

bool await_threads(unsigned at_most)
{
    for (int i = 0; i < WATCHDOG_MS && count_threads() > at_most; i++)
        poll(NULL, 0, 1);
    return count_threads() <= at_most;
}

#ifdef HAVE_MALLINFO2
/* Allocators that replace the system's leave its numbers as they are. */
bool heap_used(size_t *ret)
{
    struct mallinfo2 before = mallinfo2();
    void *volatile probe = malloc(8192); /* not to be optimised away */
    struct mallinfo2 after = mallinfo2();

    free(probe);
    *ret = before.uordblks + before.hblkhd;
    return after.uordblks + after.hblkhd >= *ret + 8192;
}
#else
bool heap_used(size_t *ret)
{
    (void)ret;
    return false;
}
#endif
