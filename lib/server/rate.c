/* SPDX-License-Identifier: MIT */
/*
 * The rate limit of accounts: a bucket of tokens for each, in nanoseconds of credit, as many
 * of which a token costs. A bucket that was not used for long is full, and full ones need not
 * be kept: so the table is bounded, whoever comes.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/chain.h"
#include "rpc/errors.h"
#include "server/middleware.h"
#include "util/assert.h"
#include "util/clock.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/map.h"
#include "util/mem.h"

enum { DEFAULT_BUCKETS = 10000 };

struct bucket {
    struct mcps__list link; /* in the order of their use: the latest last */
    int64_t credit, at;     /* so much at that time */
    size_t len;
    char principal[];
};

struct rate {
    char *method; /* NULL: of all */
    int64_t cost, full;
    size_t max;
    struct mcps__mutex mutex;
    struct mcps__map buckets MCPS__GUARDED;
    struct mcps__list used MCPS__GUARDED;
};

static struct bucket *bucket_of(struct mcps__list *link)
{
    return MCPS__CONTAINER_OF(link, struct bucket, link);
}

/* ---- buckets ---- */

static int64_t credit_at(const struct rate *rate, const struct bucket *bucket,
                         int64_t now)
{
    int64_t passed = now - bucket->at;

    return passed >= rate->full - bucket->credit ? rate->full : bucket->credit + passed;
}

static void drop(struct rate *rate, struct bucket *bucket) MCPS__REQUIRES(rate->mutex)
{
    bool removed =
        mcps__map_remove(&rate->buckets, bucket->principal, bucket->len, bucket);

    mcps__assert(removed);
    mcps__list_remove(&bucket->link);
    mcps__free(bucket);
}

/* Those that are full again, two for each that may come; and one if there is no room. */
static void make_room(struct rate *rate, int64_t now) MCPS__REQUIRES(rate->mutex)
{
    for (int i = 0; i < 2 && !mcps__list_is_empty(&rate->used); i++) {
        struct bucket *oldest = bucket_of(rate->used.next);

        if (rate->buckets.n_entries < rate->max &&
            credit_at(rate, oldest, now) < rate->full)
            return;
        drop(rate, oldest);
    }
}

static struct bucket *new_bucket(struct rate *rate, const char *principal, int64_t now)
    MCPS__REQUIRES(rate->mutex)
{
    size_t len = strlen(principal);
    struct bucket *bucket = mcps__calloc(1, sizeof *bucket + len + 1);

    if (!bucket)
        return NULL;
    memcpy(bucket->principal, principal, len);
    bucket->len = len;
    bucket->credit = rate->full;
    bucket->at = now;
    if (mcps__map_insert(&rate->buckets, bucket->principal, len, bucket) < 0) {
        mcps__free(bucket);
        return NULL;
    }
    mcps__list_push_back(&rate->used, &bucket->link);
    return bucket;
}

static struct bucket *get_bucket(struct rate *rate, const char *principal, int64_t now)
    MCPS__REQUIRES(rate->mutex)
{
    struct bucket *bucket =
        mcps__map_lookup(&rate->buckets, principal, strlen(principal));

    if (!bucket) {
        make_room(rate, now);
        return new_bucket(rate, principal, now);
    }
    mcps__list_remove(&bucket->link);
    mcps__list_push_back(&rate->used, &bucket->link);
    return bucket;
}

/* 0, or how long until there is a token. Without the memory for a bucket nobody is refused. */
static int64_t take(struct rate *rate, const char *principal)
{
    int64_t now = mcps__clock_now(), wait = 0;
    struct bucket *bucket;

    mcps__mutex_lock(&rate->mutex);
    bucket = get_bucket(rate, principal, now);
    if (bucket) {
        bucket->credit = credit_at(rate, bucket, now);
        bucket->at = now;
        if (bucket->credit >= rate->cost)
            bucket->credit -= rate->cost;
        else
            wait = rate->cost - bucket->credit;
    }
    mcps__mutex_unlock(&rate->mutex);
    return wait;
}

/* ---- as middleware ---- */

static void enter(mcps_request *request, void *userdata)
{
    struct rate *rate = userdata;
    char data[96];
    int64_t wait;
    int r;

    if (rate->method && strcmp(rate->method, request->method) != 0)
        return;
    wait = take(rate, mcps_request_principal(request));
    if (wait <= 0)
        return;
    snprintf(data, sizeof data, "{\"reason\":\"rate\",\"retryAfterMs\":%" PRId64 "}",
             (wait + MCPS__NS_PER_MS - 1) / MCPS__NS_PER_MS);
    r = mcps_request_refuse(request, MCPS__RPC_SERVER,
                            "Server busy: too many requests of this account", data);
    (void)r; /* without the memory for that it is served */
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    static void
    destroy(void *userdata)
{
    struct rate *rate = userdata;

    MCPS__LIST_FOREACH_SAFE (link, &rate->used)
        mcps__free(bucket_of(link));
    mcps__map_fini(&rate->buckets);
    mcps__mutex_fini(&rate->mutex);
    mcps__free(rate->method);
    mcps__free(rate);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    static int
    init(struct rate *rate, const struct mcps_rate_limit *limit)
{
    unsigned burst = limit->burst > 0 ? limit->burst : limit->per_minute;
    int r = mcps__mutex_init(&rate->mutex, MCPS__LOCK_rate);

    if (r < 0)
        return r;
    rate->cost = 60 * MCPS__NS_PER_S / limit->per_minute;
    rate->full = burst * rate->cost;
    rate->max = limit->buckets > 0 ? limit->buckets : DEFAULT_BUCKETS;
    mcps__list_init(&rate->used);
    r = mcps__map_init(&rate->buckets, rate->max);
    if (r >= 0 && limit->method) {
        rate->method = mcps__memdup(limit->method, strlen(limit->method));
        r = rate->method ? 0 : -ENOMEM;
    }
    if (r < 0)
        mcps__mutex_fini(&rate->mutex);
    return r;
}

static int new_rate(struct rate **ret, const struct mcps_rate_limit *limit)
{
    struct rate *rate = mcps__calloc(1, sizeof *rate);
    int r = rate ? init(rate, limit) : -ENOMEM;

    if (r < 0)
        mcps__free(rate);
    else
        *ret = rate;
    return r;
}

int mcps_server_add_rate_limit(mcps_server *server, const struct mcps_rate_limit *limit)
{
    struct mcps_middleware middleware =
        MCPS_MIDDLEWARE(.name = "rate limit", .enter = enter, .destroy = destroy);
    struct mcps_rate_limit all = { .struct_size = sizeof all };
    size_t size = limit ? limit->struct_size : 0;
    struct rate *rate;
    int r;

    if (!limit)
        return -EINVAL;
    memcpy(&all, limit, size < sizeof all ? size : sizeof all);
    /* More would take more than time can be counted, or cost nothing. */
    if (all.per_minute == 0 || all.per_minute > 60000000 || all.burst > 1000000)
        return -EINVAL;
    r = new_rate(&rate, &all);
    if (r < 0)
        return r;
    middleware.userdata = rate;
    return mcps__middleware_add(server, &middleware, NULL, 0);
}
