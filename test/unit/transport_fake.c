/* SPDX-License-Identifier: MIT */
/* Peers that know no protocol; see transport_fake.h. */
#include "config.h"

#include "transport_fake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/lanes.h"
#include "proto/dispatch.h"
#include "util/mem.h"

enum {
    WAIT_S = 60,
    SLICE_MS = 5,
    SLICES_AFTER_FAILURE = 8, /* that a test waits for what may come no more */
    N_LEVELS = MCPS_LOG_DEBUG + 1
};

static struct {
    struct mcps__engine engine;
    struct fake_ways ways;
    struct mcps__peer *last;
    pthread_mutex_t mutex; /* covers all below */
    pthread_cond_t changed;
    unsigned counts[FAKE_N_EVENTS];
    int error;
    char *text;
    size_t len;
    unsigned logged[N_LEVELS];
    char last_log[N_LEVELS][200];
} fake = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* ---- noting ---- */

static void note(enum fake_event event, int error)
{
    pthread_mutex_lock(&fake.mutex);
    fake.counts[event]++;
    if (error < 0)
        fake.error = error;
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.mutex);
}

static void note_message(const char *text, size_t len)
{
    char *more;

    pthread_mutex_lock(&fake.mutex);
    more = realloc(fake.text, fake.len + len + 1);
    if (more) {
        memcpy(more + fake.len, text, len);
        more[fake.len + len] = '\n';
        fake.text = more;
        fake.len += len + 1;
    }
    pthread_mutex_unlock(&fake.mutex);
    note(FAKE_MESSAGE, 0);
}

unsigned fake_count(enum fake_event event)
{
    unsigned n;

    pthread_mutex_lock(&fake.mutex);
    n = fake.counts[event];
    pthread_mutex_unlock(&fake.mutex);
    return n;
}

#ifdef MCPS__TEST_HOOKS
bool fake_has_failed(void)
{
    return mcps__mem_has_failed();
}
#else
bool fake_has_failed(void)
{
    return false;
}
#endif

bool fake_wait(enum fake_event event, unsigned n)
{
    unsigned slices = WAIT_S * 1000 / SLICE_MS, after_failure = 0;
    struct timespec until;
    bool came;

    pthread_mutex_lock(&fake.mutex);
    while (fake.counts[event] < n && slices > 0 && after_failure < SLICES_AFTER_FAILURE) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SLICE_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&fake.changed, &fake.mutex, &until) == ETIMEDOUT) {
            slices--;
            if (fake_has_failed())
                after_failure++;
        }
    }
    came = fake.counts[event] >= n;
    pthread_mutex_unlock(&fake.mutex);
    return came;
}

bool fake_wait_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    for (unsigned i = 0; i < WAIT_S * 1000 / SLICE_MS; i++) {
        if (poll(&p, 1, SLICE_MS) == 1)
            return true;
        if (i > SLICES_AFTER_FAILURE && fake_has_failed())
            break;
    }
    return false;
}

int fake_error(void)
{
    int error;

    pthread_mutex_lock(&fake.mutex);
    error = fake.error;
    pthread_mutex_unlock(&fake.mutex);
    return error;
}

char *fake_messages(size_t *ret_len)
{
    char *copy;

    pthread_mutex_lock(&fake.mutex);
    copy = malloc(fake.len + 1);
    if (copy && fake.len > 0)
        memcpy(copy, fake.text, fake.len);
    if (copy)
        copy[fake.len] = '\0';
    *ret_len = copy ? fake.len : 0;
    pthread_mutex_unlock(&fake.mutex);
    return copy;
}

static void on_log(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    pthread_mutex_lock(&fake.mutex);
    fake.logged[level]++;
    snprintf(fake.last_log[level], sizeof fake.last_log[level], "%s", line);
    pthread_mutex_unlock(&fake.mutex);
}

unsigned fake_logged(enum mcps_log_level level)
{
    unsigned n;

    pthread_mutex_lock(&fake.mutex);
    n = fake.logged[level];
    pthread_mutex_unlock(&fake.mutex);
    return n;
}

bool fake_last_log_is(enum mcps_log_level level, const char *text)
{
    bool is;

    pthread_mutex_lock(&fake.mutex);
    is = strncmp(fake.last_log[level], text, strlen(text)) == 0;
    pthread_mutex_unlock(&fake.mutex);
    return is;
}

void fake_ended(void *userdata)
{
    (void)userdata;
    note(FAKE_ENDED, 0);
}

/* ---- the engine ---- */

bool fake_begin(const struct fake_ways *ways)
{
    const struct mcps__pool_options pool = { .workers = 1,
                                             .queued_max = 16,
                                             .json = &mcps__json_default_limits };
    struct mcps__engine *e = &fake.engine;

    memset(e, 0, sizeof *e);
    fake.ways = *ways;
    memset(fake.counts, 0, sizeof fake.counts);
    memset(fake.logged, 0, sizeof fake.logged);
    fake.error = 0;
    fake.last = NULL;
    mcps__limits_init(&e->limits);
    e->json_limits = mcps__json_default_limits;
    if (mcps__log_init(&e->log, on_log, NULL, MCPS_LOG_DEBUG) < 0)
        return false;
    mcps__log_set_rate(&e->log, 100000, 100000);
    if (mcps__accounts_init(&e->accounts) < 0)
        goto no_accounts;
    if (mcps__pool_init(&e->pool, &pool) < 0)
        goto no_pool;
    return true;
no_pool:
    mcps__accounts_fini(&e->accounts);
no_accounts:
    mcps__log_fini(&e->log);
    return false;
}

void fake_end(void)
{
    mcps__pool_fini(&fake.engine.pool);
    mcps__accounts_fini(&fake.engine.accounts);
    mcps__log_fini(&fake.engine.log);
    free(fake.text);
    fake.text = NULL;
    fake.len = 0;
}

struct mcps__engine *fake_engine(void)
{
    return &fake.engine;
}

size_t fake_accounts(void)
{
    struct mcps__accounts *accounts = &fake.engine.accounts;
    size_t n;

    mcps__mutex_lock(&accounts->mutex);
    n = accounts->map.n_entries;
    mcps__mutex_unlock(&accounts->mutex);
    return n;
}

void fake_limit(enum mcps_limit limit, uint64_t value)
{
    fake.engine.limits.values[limit] = value;
}

struct mcps__engine *mcps__engine_ref(struct mcps__engine *engine)
{
    return engine;
}

struct mcps__engine *mcps__engine_unref(struct mcps__engine *engine)
{
    (void)engine;
    return NULL;
}

/* ---- peers ---- */

int mcps__peer_new(struct mcps__peer **ret, struct mcps__engine *engine,
                   struct mcps__loop *loop, struct mcps__account *account,
                   struct mcps__sink *sink, enum mcps__peer_kind kind)
{
    unsigned n = fake_count(FAKE_MADE) - fake_count(FAKE_DISCONNECTED);
    struct mcps__peer *peer;

    if (fake.ways.max_peers > 0 && n >= fake.ways.max_peers)
        return MCPS_ELIMIT;
    peer = mcps__calloc(1, sizeof *peer);
    if (!peer)
        return -ENOMEM;
    mcps__obj_init(&peer->obj, 1);
    peer->kind = kind;
    peer->engine = engine;
    peer->loop = mcps__loop_ref(loop);
    peer->account = mcps__account_ref(account);
    peer->sink = mcps__sink_ref(sink);
    mcps__lanes_init(peer);
    pthread_mutex_lock(&fake.mutex);
    fake.last = peer;
    pthread_mutex_unlock(&fake.mutex);
    note(FAKE_MADE, 0);
    *ret = peer;
    return 0;
}

struct mcps__peer *mcps__peer_unref(struct mcps__peer *peer)
{
    if (!mcps__obj_unref(&peer->obj))
        return NULL;
    if (peer->lane.held)
        note(FAKE_HELD, 0);
    mcps__sink_unref(peer->sink);
    mcps__account_unref(peer->account);
    mcps__loop_unref(peer->loop);
    mcps__free(peer);
    note(FAKE_FREED, 0);
    return NULL;
}

void mcps__peer_end_of_input(struct mcps__peer *peer)
{
    note(FAKE_END_OF_INPUT, 0);
    if (!fake.ways.stay)
        mcps__sink_close(peer->sink);
}

void mcps__peer_lost(struct mcps__peer *peer)
{
    mcps__sink_break(peer->sink);
    note(FAKE_GONE, 0);
}

void mcps__peer_drain(struct mcps__peer *peer, int64_t deadline)
{
    (void)deadline;
    note(FAKE_DRAIN, 0);
    if (!fake.ways.stay_on_drain)
        mcps__sink_close(peer->sink);
}

void mcps__peer_disconnected(struct mcps__peer *peer)
{
    mcps__sink_close(peer->sink);
    note(FAKE_DISCONNECTED, 0);
}

struct mcps__peer *fake_peer(void)
{
    struct mcps__peer *peer;

    pthread_mutex_lock(&fake.mutex);
    peer = fake.last;
    pthread_mutex_unlock(&fake.mutex);
    return peer;
}

int fake_put(struct mcps__peer *peer, const char *message, size_t len)
{
    struct mcps__buf buf;
    int r = mcps__piece_begin(&buf, SIZE_MAX / 2);

    if (r >= 0)
        r = mcps__buf_append(&buf, message, len);
    if (r < 0) {
        mcps__buf_fini(&buf);
        return r;
    }
    return mcps__sink_put(peer->sink, mcps__piece_end(&buf));
}

/* ---- messages ---- */

void mcps__dispatch(struct mcps__peer *peer, struct mcps__scan *scan, const char *text,
                    int verdict)
{
    if (verdict <= 0) {
        note(FAKE_BAD, verdict);
        return;
    }
    if (fake.ways.echo && fake_put(peer, text, scan->pos) == -ENOMEM)
        note(FAKE_LOST_MESSAGE, -ENOMEM);
    note_message(text, scan->pos);
}

void mcps__dispatch_lost(struct mcps__peer *peer, int error)
{
    (void)peer;
    note(FAKE_LOST_MESSAGE, error);
}
