/* SPDX-License-Identifier: MIT */
/*
 * What one change costs that 10 000 streams are told of: announcing it, and the messages into
 * the sinks of 200 peers, beside nothing but a copy of as many messages. Nothing is written.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/close.h"
#include "core/listen.h"
#include "mcpserver/mcpserver.h"

enum { N_PEERS = 200, N_STREAMS = 50 };

static struct mcps__engine *engine;
static struct mcps__loop *loop;
static struct mcps__peer *peers[N_PEERS];
static struct mcps__list taken;
static struct mcps__piece *sample; /* one message, for the copies */

static void must(int r)
{
    if (r < 0)
        abort();
}

/* The transport is somebody else's matter. */
static void flush(struct mcps__post *post)
{
    mcps__sink_unref(MCPS__CONTAINER_OF(post, struct mcps__sink, post));
}

static void open_streams(struct mcps__peer *peer, struct mcps__context *context)
{
    struct mcps__id id;
    struct mcps__listen_request request = { .peer = peer, .context = context, .sink = peer->sink, .id = &id };
    const char *why;

    request.lists[MCPS__CHANGED_TOOLS] = true;
    for (int i = 0; i < N_STREAMS; i++) {
        mcps__id_of_number(&id, i);
        must(mcps__listen_open(&request, &why));
    }
}

static void make_peer(int i, struct mcps__context *context)
{
    char principal[16];
    struct mcps__account *account;
    struct mcps__sink *sink;

    snprintf(principal, sizeof principal, "p%d", i);
    must(mcps__account_get(&engine->accounts, principal, &account));
    must(mcps__sink_new(&sink, loop, account, &engine->limits, flush));
    must(mcps__peer_new(&peers[i], engine, loop, account, sink,
                           MCPS__PEER_STREAM));
    mcps__sink_unref(sink);
    mcps__account_unref(account);
    open_streams(peers[i], context);
}

/* As if all was written: with the messages, as the transport frees them, too. */
static size_t take_all(void)
{
    size_t n = 0;

    for (int i = 0; i < N_PEERS; i++) {
        struct mcps__released released = { 0 };
        struct mcps__list pieces;

        mcps__list_init(&pieces);
        n += mcps__sink_take(peers[i]->sink, &pieces, SIZE_MAX, SIZE_MAX);
        MCPS__LIST_FOREACH (node, &pieces)
            released.text += MCPS__CONTAINER_OF(node, struct mcps__piece, link)->text_len;
        mcps__sink_written(peers[i]->sink, released);
        mcps__list_splice(&taken, &pieces);
    }
    return n;
}

static void announce(void *arg)
{
    (void)arg;
    mcps__changes_announce(&engine->changes, MCPS_TOOLS);
}

/* Once more, so that what was told rests no more: the limit of the time is 0. */
static void change(void *arg)
{
    announce(arg);
    mcps__loop_run(loop);
    if (take_all() != (size_t)N_PEERS * N_STREAMS)
        abort();
    mcps__pieces_free(&taken);
}

static void copy_only(void *arg)
{
    size_t size = sizeof *sample + sample->text_len;

    (void)arg;
    for (int i = 0; i < N_PEERS * N_STREAMS; i++) {
        struct mcps__piece *copy = malloc(size);

        if (!copy)
            abort();
        memcpy(copy, sample, size);
        mcps__list_push_back(&taken, &copy->link);
    }
    MCPS__LIST_FOREACH_SAFE (node, &taken) {
        mcps__list_remove(node);
        free(MCPS__CONTAINER_OF(node, struct mcps__piece, link));
    }
}

static void make_all(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "bench", .version = "1", .workers = 1);
    struct mcps__context *context;

    must(mcps__engine_new(&engine, &options));
    engine->limits.values[MCPS_LIMIT_LIST_CHANGED_MS] = 0;
    must(mcps__loop_new(&loop, &engine->pool));
    must(mcps__context_new(&context, MCPS__V_2026_07_28, 0, NULL));
    mcps__list_init(&taken);
    for (int i = 0; i < N_PEERS; i++)
        make_peer(i, context);
    mcps__context_unref(context);
    mcps__loop_run(loop);
    take_all();
    mcps__pieces_free(&taken);
    announce(NULL);
    mcps__loop_run(loop);
    take_all();
    sample = MCPS__CONTAINER_OF(taken.next, struct mcps__piece, link);
    mcps__list_remove(&sample->link);
    mcps__pieces_free(&taken);
}

static void free_all(void)
{
    mcps__piece_free(sample);
    for (int i = 0; i < N_PEERS; i++) {
        mcps__peer_disconnected(peers[i]);
        mcps__peer_unref(peers[i]);
    }
    mcps__loop_close(loop);
    mcps__loop_unref(loop);
    mcps__engine_unref(engine);
}

int main(void)
{
    double copies, all;

    make_all();
    copies = bench_best(copy_only, NULL);
    all = bench_best(change, NULL);
    printf("one change, %d streams of %d peers, %zu bytes each\n", N_PEERS * N_STREAMS,
           N_PEERS, sample->text_len);
    printf("  %-36s %10.0f us\n", "as many copies", copies * 1e6);
    printf("  %-36s %10.0f us   %5.1f x the copies' time\n", "announced, made and queued",
           all * 1e6, all / copies);
    free_all();
    return 0;
}
