/* SPDX-License-Identifier: MIT */
/* Sinks: what is put is taken in order, or dropped; the marks; the end. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/batch.h"
#include "core/sink.h"
#include "util/mem.h"

extern const struct unit_test sink_tests[];

/* ---- pieces ---- */

static struct mcps__piece *piece_new(const char *text, size_t len)
{
    struct mcps__buf buf;

    if (mcps__piece_begin(&buf, len) < 0 || mcps__buf_append(&buf, text, len) < 0) {
        mcps__buf_fini(&buf);
        return NULL;
    }
    return mcps__piece_end(&buf);
}

/* ---- a sink, and what its transport sees ---- */

struct line {
    struct mcps__limits limits;
    struct mcps__accounts accounts;
    struct mcps__loop *loop;
    struct mcps__account *account;
    struct mcps__sink *sink;
    struct mcps__list taken;
    bool made;
};

static unsigned n_flushes;

static void flush(struct mcps__post *post)
{
    n_flushes++;
    mcps__sink_unref(MCPS__CONTAINER_OF(post, struct mcps__sink, post));
}

static bool line_make(struct line *line, size_t soft_mark)
{
    n_flushes = 0;
    *line = (struct line){ .made = false };
    mcps__list_init(&line->taken);
    mcps__limits_init(&line->limits);
    line->limits.values[MCPS_LIMIT_OUT_BYTES] = soft_mark;
    line->made = mcps__accounts_init(&line->accounts) == 0;
    return line->made && mcps__loop_new(&line->loop, NULL) == 0 &&
           mcps__account_get(&line->accounts, "ann", &line->account) == 0 &&
           mcps__sink_new(&line->sink, line->loop, line->account, &line->limits, flush) ==
               0;
}

static void line_end(struct line *line)
{
    MCPS__LIST_FOREACH_SAFE (node, &line->taken) {
        mcps__piece_free(MCPS__CONTAINER_OF(node, struct mcps__piece, link));
    }
    if (line->loop)
        mcps__loop_close(line->loop);
    mcps__sink_unref(line->sink);
    mcps__account_unref(line->account);
    mcps__loop_unref(line->loop);
    if (line->made)
        mcps__accounts_fini(&line->accounts);
}

/* Puts a text of an owner; -ENOMEM when it could not be made. */
static int put(struct line *line, const char *text, const void *owner, bool progress)
{
    struct mcps__piece *piece = piece_new(text, strlen(text));

    if (!piece)
        return -ENOMEM;
    piece->owner = owner;
    piece->progress = progress;
    return mcps__sink_put(line->sink, piece);
}

/* How often the transport is told in one turn of the loop. */
static unsigned told(struct line *line)
{
    unsigned before = n_flushes;

    mcps__loop_run(line->loop);
    return n_flushes - before;
}

/* Takes everything, and says it was written. */
static const char *take_all(struct line *line)
{
    static char text[1000];
    size_t len = 0;

    mcps__sink_take(line->sink, &line->taken, SIZE_MAX, SIZE_MAX);
    while (!mcps__list_is_empty(&line->taken)) {
        struct mcps__list *node = mcps__list_first(&line->taken);
        struct mcps__piece *piece = MCPS__CONTAINER_OF(node, struct mcps__piece, link);

        mcps__list_remove(node);
        if (len + piece->len < sizeof text)
            memcpy(text + len, piece->data, piece->len);
        len += piece->len;
        mcps__piece_free(piece);
    }
    mcps__sink_written(line->sink, (struct mcps__released){ len, 0 });
    text[len < sizeof text ? len : 0] = '\0';
    return text;
}

static uint64_t n_hits(struct line *line)
{
    return atomic_load(&line->limits.hits[MCPS_LIMIT_OUT_BYTES]);
}

/* What waits, as the sink, the account and all accounts count it. */
#define CHECK_WAITING(line, bytes)                                    \
    do {                                                              \
        CHECK_INT(mcps__sink_waiting((line)->sink), (bytes));         \
        CHECK_INT(atomic_load(&(line)->account->out_bytes), (bytes)); \
        CHECK_INT(atomic_load(&(line)->accounts.out_bytes), (bytes)); \
    } while (0)

/* ---- putting and taking ---- */

static void the_transport_is_told_when_there_is_something_new(void)
{
    struct line line;

    CHECK(line_make(&line, 1000));
    CHECK_INT(told(&line), 0);
    CHECK_INT(put(&line, "one", NULL, false), 0);
    CHECK_INT(put(&line, "two", NULL, false), 0);
    CHECK_INT(told(&line), 1);
    /* It was told, and has not looked yet. */
    CHECK_INT(put(&line, "three", NULL, false), 0);
    CHECK_INT(told(&line), 0);
    CHECK_WAITING(&line, 11);
    CHECK_STR(take_all(&line), "onetwothree");
    CHECK_WAITING(&line, 0);
    CHECK_INT(put(&line, "four", NULL, false), 0);
    CHECK_INT(told(&line), 1);
    CHECK_STR(take_all(&line), "four");
out:
    line_end(&line);
}

static void what_is_taken_waits_until_it_is_written(void)
{
    struct line line;

    CHECK(line_make(&line, 1000));
    CHECK_INT(put(&line, "abcdef", NULL, false), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    CHECK_WAITING(&line, 6);
    mcps__sink_written(line.sink, (struct mcps__released){ 2, 0 });
    CHECK_WAITING(&line, 4);
    CHECK_INT(put(&line, "gh", NULL, false), 0);
    CHECK_WAITING(&line, 6);
    mcps__sink_written(line.sink, (struct mcps__released){ 4, 0 });
    CHECK_WAITING(&line, 2);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    /* What the transport still has when everybody lets go counts no more. */
    CHECK_WAITING(&line, 2);
    mcps__loop_run(line.loop);
    line.sink = mcps__sink_unref(line.sink);
    CHECK_INT(atomic_load(&line.accounts.out_bytes), 0);
out:
    line_end(&line);
}

/* Two that belong together, with nothing between; not even the hard mark parts them. */
static int put_both(struct line *line, const char *first, const char *second)
{
    struct mcps__piece *pieces[2] = { piece_new(first, strlen(first)),
                                      piece_new(second, strlen(second)) };
    struct mcps__list dropped;
    int r;

    if (!pieces[0] || !pieces[1]) {
        mcps__piece_free(pieces[0]);
        mcps__piece_free(pieces[1]);
        return -ENOMEM;
    }
    mcps__list_init(&dropped);
    r = mcps__sink_put_both_under(line->sink, pieces[0], pieces[1], &dropped);
    mcps__pieces_free(&dropped);
    return r;
}

static void two_go_together(void)
{
    struct line line;

    CHECK(line_make(&line, 1));
    CHECK_INT(put_both(&line, "one", "two"), 0);
    CHECK_INT(told(&line), 1);
    CHECK_INT(put_both(&line, "three", "four"), 0);
    CHECK_STR(take_all(&line), "onetwothreefour");
    mcps__sink_close(line.sink);
    CHECK_INT(put_both(&line, "five", "six"), MCPS_ECLOSED);
    CHECK_WAITING(&line, 0);
    CHECK_STR(take_all(&line), "");
out:
    line_end(&line);
}

/* Each is known by its serial until the transport has taken it. */
static void what_is_queued_is_known(void)
{
    struct line line;
    struct mcps__piece *piece;
    uint64_t serials[3] = { 0 };

    CHECK(line_make(&line, 1000));
    CHECK(!mcps__sink_has_queued(line.sink, 0));
    for (int i = 0; i < 3; i++) {
        piece = piece_new("abc", 3);
        CHECK(piece != NULL);
        piece->ret_serial = &serials[i];
        CHECK_INT(mcps__sink_put(line.sink, piece), 0);
    }
    CHECK(serials[0] < serials[1] && serials[1] < serials[2]);
    CHECK(mcps__sink_has_queued(line.sink, serials[0]));
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 2, 6), 2);
    CHECK(!mcps__sink_has_queued(line.sink, serials[0]));
    CHECK(!mcps__sink_has_queued(line.sink, serials[1]));
    CHECK(mcps__sink_has_queued(line.sink, serials[2]));
    CHECK_STR(take_all(&line), "abcabcabc");
    CHECK(!mcps__sink_has_queued(line.sink, serials[2]));
out:
    line_end(&line);
}

static void taking_has_two_bounds(void)
{
    struct line line;

    CHECK(line_make(&line, 1000));
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 100), 0);
    for (unsigned i = 0; i < 8; i++)
        CHECK_INT(put(&line, "abc", NULL, false), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 2, 100), 2);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 6), 2);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 8), 2);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 2), 1);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 100), 1);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 100), 0);
    CHECK_WAITING(&line, 24);
out:
    line_end(&line);
}

static void an_exchange_can_be_forgotten(void)
{
    static const char one, two;
    struct line line;

    CHECK(line_make(&line, 6));
    CHECK_INT(put(&line, "a", &one, false), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    CHECK_INT(put(&line, "b", &one, true), 0);
    CHECK_INT(put(&line, "c", &two, false), 0);
    CHECK_INT(put(&line, "d", NULL, false), 0);
    CHECK_INT(put(&line, "e", &one, false), 0);
    CHECK_INT(told(&line), 1);
    mcps__sink_forget(line.sink, &one);
    /* What was taken stays, and below the mark there is nothing to tell. */
    CHECK_WAITING(&line, 3);
    CHECK_INT(told(&line), 0);
    mcps__sink_forget(line.sink, &line);
    CHECK_WAITING(&line, 3);
    CHECK_STR(take_all(&line), "acd");
out:
    line_end(&line);
}

/* The transport may have stopped to read from the client, with nothing left to write. */
static void forgetting_tells_when_less_than_the_mark_is_left(void)
{
    static const char one, two;
    struct line line;

    CHECK(line_make(&line, 6));
    CHECK_INT(put(&line, "abc", &one, false), 0);
    CHECK_INT(put(&line, "def", &two, false), 0);
    CHECK_INT(told(&line), 1);
    mcps__sink_forget(line.sink, &line);
    CHECK_INT(told(&line), 0);
    mcps__sink_forget(line.sink, &two);
    CHECK_INT(told(&line), 1);
    mcps__sink_forget(line.sink, &one);
    CHECK_INT(told(&line), 0);
    CHECK_WAITING(&line, 0);
    CHECK_INT(put(&line, "x", &one, false), 0);
    CHECK_INT(told(&line), 1);
out:
    line_end(&line);
}

/* ---- the marks ---- */

static bool overflowed(struct mcps__sink *sink)
{
    bool is;

    mcps__mutex_lock(&sink->mutex);
    is = sink->overflowed;
    mcps__mutex_unlock(&sink->mutex);
    return is;
}

static void above_the_soft_mark_progress_is_replaced(void)
{
    static const char one, two;
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(put(&line, "p1", &one, true), 0);
    CHECK_INT(put(&line, "q1", &two, true), 0);
    CHECK_INT(put(&line, "p2", &one, true), 0);
    CHECK_INT(put(&line, "m1.", &one, false), 0);
    /* 9 bytes wait: one less than the mark. */
    CHECK_INT(put(&line, "p", &one, true), 0);
    CHECK_INT(n_hits(&line), 0);
    CHECK_WAITING(&line, 10);
    /* At the mark the latest of its own goes, and only that. */
    CHECK_INT(put(&line, "p4", &one, true), 0);
    CHECK_INT(n_hits(&line), 1);
    CHECK_WAITING(&line, 11);
    CHECK_INT(put(&line, "q2.", &two, true), 0);
    CHECK_INT(n_hits(&line), 2);
    CHECK_WAITING(&line, 12);
    CHECK_INT(put(&line, "p5", &one, true), 0);
    /* An answer replaces nothing. */
    CHECK_INT(put(&line, "m2", &one, false), 0);
    CHECK_INT(n_hits(&line), 3);
    /* And is not replaced. */
    CHECK_INT(put(&line, "p6", &one, true), 0);
    CHECK_INT(n_hits(&line), 4);
    CHECK_STR(take_all(&line), "p1p2m1.q2.m2p6");
    CHECK_WAITING(&line, 0);
out:
    line_end(&line);
}

static void taken_progress_is_not_replaced(void)
{
    static const char one;
    struct line line;

    CHECK(line_make(&line, 4));
    CHECK_INT(put(&line, "p1..", &one, true), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    /* What is taken counts for the mark, too. */
    CHECK_INT(put(&line, "p2", &one, true), 0);
    CHECK_INT(n_hits(&line), 0);
    CHECK_INT(put(&line, "p3", &one, true), 0);
    CHECK_INT(n_hits(&line), 1);
    CHECK_STR(take_all(&line), "p1..p3");
out:
    line_end(&line);
}

static void at_four_times_the_mark_the_sink_breaks(void)
{
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(put(&line, "0123456789", NULL, false), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    CHECK_INT(put(&line, "0123456789012345678901234567a", NULL, false), 0);
    CHECK_WAITING(&line, 39);
    CHECK_INT(told(&line), 1);
    /* One byte less than the mark still passes. What is taken counts. */
    CHECK_INT(put(&line, "b", NULL, false), 0);
    CHECK_WAITING(&line, 40);
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_OPEN);
    CHECK(!overflowed(line.sink));
    CHECK_INT(n_hits(&line), 0);
    CHECK_INT(put(&line, "x", NULL, false), MCPS_ELIMIT);
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_BROKEN);
    CHECK(overflowed(line.sink));
    CHECK_INT(n_hits(&line), 1);
    CHECK_INT(told(&line), 1);
    /* What the transport has is the transport's. */
    CHECK_WAITING(&line, 10);
    CHECK_INT(put(&line, "y", NULL, false), -EPIPE);
    CHECK_INT(n_hits(&line), 1);
    CHECK_INT(told(&line), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 100), 0);
    mcps__sink_written(line.sink, (struct mcps__released){ 10, 0 });
    CHECK_WAITING(&line, 0);
out:
    line_end(&line);
}

static void exactly_four_times_the_mark_is_too_much(void)
{
    struct line line;

    CHECK(line_make(&line, 3));
    CHECK_INT(put(&line, "0123456789ab", NULL, false), 0);
    CHECK_INT(put(&line, "", NULL, false), MCPS_ELIMIT);
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_BROKEN);
out:
    line_end(&line);
}

/* ---- blobs ---- */

static unsigned n_freed;

static void count_free(void *userdata)
{
    (void)userdata;
    n_freed++;
}

/* Two characters, and a blob of so many bytes between them. */
static int put_blob(struct line *line, struct mcps_blob blob, bool earned)
{
    struct mcps__buf buf;
    struct mcps__blobs blobs = { .items = NULL };
    struct mcps__piece *piece;
    int r = mcps__piece_begin(&buf, 2);

    if (r >= 0)
        r = mcps__buf_append(&buf, "<>", 2);
    if (r >= 0)
        r = mcps__blob_own(&blob, SIZE_MAX);
    if (r >= 0)
        r = mcps__blobs_add(&blobs, &blob, 1);
    mcps__blob_release(&blob);
    if (r < 0) {
        mcps__buf_fini(&buf);
        return r;
    }
    piece = mcps__piece_end_with(&buf, &blobs);
    piece->earned = earned;
    return mcps__sink_put(line->sink, piece);
}

static struct mcps_blob taken_blob(size_t len)
{
    static const char bytes[1000];

    return mcps_blob_take(bytes, len, count_free, NULL);
}

static void what_blobs_hold_is_charged(void)
{
    static const char bytes[300];
    struct line line;
    struct mcps__released released = { 0 };
    struct mcps__piece *piece;

    n_freed = 0;
    CHECK(line_make(&line, 1000));
    CHECK_INT(put_blob(&line, taken_blob(300), true), 0);
    CHECK_WAITING(&line, 302);
    CHECK_INT(put_blob(&line, mcps_blob_copy(bytes, 300), true), 0);
    CHECK_WAITING(&line, 604);
    CHECK_INT(put_blob(&line, mcps_blob_static(bytes, 300), true), 0);
    CHECK_WAITING(&line, 606);
    /* A bound of bytes is one of the wire. */
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 10, 803), 1);
    CHECK_WAITING(&line, 606);
    piece = MCPS__CONTAINER_OF(line.taken.next, struct mcps__piece, link);
    CHECK_INT(piece->len, 402);
    /* It is kept to the end. */
    mcps__piece_release(piece, 0, 401, &released);
    CHECK_INT(released.text + released.blobs, 0);
    mcps__piece_release(piece, 401, 402, &released);
    mcps__piece_release(piece, 402, 402, &released);
    CHECK_INT(released.text, 2);
    CHECK_INT(released.blobs, 300);
    mcps__sink_written(line.sink, released);
    CHECK_WAITING(&line, 304);
    CHECK_INT(n_freed, 0);
    mcps__pieces_free(&line.taken);
    CHECK_INT(n_freed, 1);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    mcps__loop_run(line.loop);
    line.sink = mcps__sink_unref(line.sink);
    CHECK_INT(atomic_load(&line.accounts.out_bytes), 0);
out:
    line_end(&line);
}

static void blobs_do_not_count_for_the_hard_mark(void)
{
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(put_blob(&line, taken_blob(900), true), 0);
    CHECK_INT(told(&line), 1);
    CHECK_INT(put(&line, "0123456789", NULL, false), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    CHECK_INT(put(&line, "0123456789012345678901234567", NULL, false), 0);
    CHECK_WAITING(&line, 940);
    CHECK_INT(n_hits(&line), 0);
    CHECK_INT(put(&line, "x", NULL, false), MCPS_ELIMIT);
    CHECK_INT(n_hits(&line), 1);
out:
    line_end(&line);
}

/* Also by another message that was too much: the blobs go with no lock held, which is
 * asserted where they are freed. */
static void a_broken_sink_frees_blobs_once(void)
{
    struct line line;

    n_freed = 0;
    CHECK(line_make(&line, 10));
    CHECK_INT(put_blob(&line, taken_blob(100), true), 0);
    CHECK_INT(put_blob(&line, taken_blob(200), true), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    CHECK_INT(put(&line, "0123456789012345678901234567890123456789", NULL, false), 0);
    CHECK_INT(put(&line, "too much", NULL, false), MCPS_ELIMIT);
    CHECK_INT(n_freed, 1);
    CHECK_WAITING(&line, 102);
    /* On the wire: what waited, and what broke it. */
    CHECK_INT(mcps__sink_lost(line.sink), 2 + 268 + 40 + 8);
    CHECK_INT(put_blob(&line, taken_blob(300), true), -EPIPE);
    CHECK_INT(n_freed, 2);
    mcps__sink_break(line.sink);
    mcps__pieces_free(&line.taken);
    CHECK_INT(n_freed, 3);
    mcps__sink_written(line.sink, (struct mcps__released){ 2, 100 });
    CHECK_WAITING(&line, 0);
out:
    line_end(&line);
}

/* ---- the end ---- */

static void a_closed_sink_is_still_written(void)
{
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_OPEN);
    CHECK_INT(put(&line, "last", NULL, false), 0);
    CHECK_INT(told(&line), 1);
    mcps__sink_close(line.sink);
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_CLOSED);
    CHECK_INT(told(&line), 1);
    CHECK_INT(put(&line, "late", NULL, false), MCPS_ECLOSED);
    CHECK_WAITING(&line, 4);
    mcps__sink_close(line.sink);
    CHECK_INT(told(&line), 0);
    CHECK_STR(take_all(&line), "last");
    CHECK_WAITING(&line, 0);
    CHECK_INT(n_hits(&line), 0);
out:
    line_end(&line);
}

static void a_broken_sink_drops_what_waits(void)
{
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(put(&line, "one", NULL, false), 0);
    CHECK_INT(put(&line, "two", NULL, false), 0);
    CHECK_INT(mcps__sink_take(line.sink, &line.taken, 1, 1), 1);
    CHECK_INT(told(&line), 1);
    mcps__sink_close(line.sink);
    mcps__sink_break(line.sink);
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_BROKEN);
    CHECK(!overflowed(line.sink));
    CHECK_INT(told(&line), 1);
    CHECK_WAITING(&line, 3);
    CHECK_INT(put(&line, "late", NULL, false), -EPIPE);
    mcps__sink_break(line.sink);
    mcps__sink_close(line.sink);
    CHECK_INT(mcps__sink_state(line.sink), MCPS__SINK_BROKEN);
    CHECK_INT(told(&line), 0);
    mcps__sink_written(line.sink, (struct mcps__released){ 3, 0 });
    CHECK_WAITING(&line, 0);
out:
    line_end(&line);
}

/* The loop has ended: nobody is told, and nothing is left behind. */
static void a_sink_outlives_its_loop(void)
{
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(put(&line, "one", NULL, false), 0);
    mcps__loop_close(line.loop);
    CHECK_INT(n_flushes, 1);
    CHECK_STR(take_all(&line), "one");
    CHECK_INT(put(&line, "two", NULL, false), 0);
    mcps__sink_close(line.sink);
    mcps__sink_break(line.sink);
    CHECK_INT(n_flushes, 1);
    CHECK_WAITING(&line, 0);
    CHECK(mcps__sink_ref(line.sink) == line.sink);
    CHECK(mcps__sink_unref(line.sink) == NULL);
    CHECK(mcps__sink_unref(NULL) == NULL);
out:
    line_end(&line);
}

static void what_nobody_took_is_freed(void)
{
    struct line line;

    CHECK(line_make(&line, 10));
    CHECK_INT(put(&line, "one", NULL, false), 0);
    CHECK_INT(told(&line), 1);
    line.sink = mcps__sink_unref(line.sink);
    CHECK_INT(atomic_load(&line.account->out_bytes), 0);
out:
    line_end(&line);
}

/* ---- threads ---- */

enum { N_PUTTERS = 3, N_PUTS = 3000 };

struct putter {
    struct line *line;
    unsigned n_failed;
    char owner;
};

/* Progress, with a message between now and then. */
static void *put_many(void *userdata)
{
    struct putter *putter = userdata;

    for (unsigned i = 0; i < N_PUTS; i++) {
        if (put(putter->line, "0123456789", &putter->owner, i % 10 != 0) < 0)
            putter->n_failed++;
        if (i % 100 == 0)
            mcps__sink_forget(putter->line->sink, putter);
    }
    return NULL;
}

static struct line *flushed_line;

static void flush_all(struct mcps__post *post)
{
    take_all(flushed_line);
    mcps__sink_unref(MCPS__CONTAINER_OF(post, struct mcps__sink, post));
}

static void many_threads_put_into_one_sink(void)
{
    struct line line;
    struct putter putters[N_PUTTERS];
    pthread_t threads[N_PUTTERS];
    unsigned n = 0;

    CHECK(line_make(&line, 1u << 20));
    flushed_line = &line;
    line.sink->post.fn = flush_all;
    for (; n < N_PUTTERS; n++) {
        putters[n] = (struct putter){ .line = &line };
        if (pthread_create(&threads[n], NULL, put_many, &putters[n]) != 0)
            break;
    }
    for (unsigned i = 0; i < 200; i++) {
        struct pollfd p = { .fd = mcps__loop_fd(line.loop), .events = POLLIN };

        if (poll(&p, 1, 1) == 1)
            mcps__loop_run(line.loop);
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    /* Told, or nothing is there. */
    mcps__loop_run(line.loop);
    CHECK_INT(n, N_PUTTERS);
    for (unsigned i = 0; i < n; i++)
        CHECK_INT(putters[i].n_failed, 0);
    CHECK_WAITING(&line, 0);
out:
    line_end(&line);
}

/* ---- the answers to a batch ---- */

static size_t n_charged; /* at the moment when a blob is let go of */

static void look_at_charged(void *userdata)
{
    const struct line *line = userdata;

    n_charged = atomic_load(&line->accounts.out_bytes);
}

static struct mcps__piece *piece_with_blob(struct line *line, const char *text)
{
    struct mcps_blob blob = mcps_blob_take("abc", 3, look_at_charged, line);
    struct mcps__blobs blobs = { .items = NULL };
    struct mcps__piece *piece = NULL;
    struct mcps__buf buf;
    bool ok = mcps__piece_begin(&buf, SIZE_MAX) == 0;

    ok = ok && mcps__buf_append_str(&buf, text) == 0;
    ok = mcps__blob_own(&blob, SIZE_MAX) == 0 && ok;
    if (ok && mcps__blobs_add(&blobs, &blob, mcps__piece_text_len(&buf)) == 0)
        piece = mcps__piece_end_with(&buf, &blobs);
    mcps__buf_fini(&buf);
    mcps__blobs_fini(&blobs);
    mcps__blob_release(&blob);
    return piece;
}

/* The answers count until what is made of them does, or is gone. */
static void a_batch_counts_until_it_is_sent(void)
{
    struct line line;
    struct mcps__batch *batch = NULL;
    struct mcps__piece *piece;
    size_t before;

    CHECK(line_make(&line, 1000));
    CHECK_INT(mcps__batch_new(&batch, line.sink), 0);
    piece = piece_new("1", 1);
    CHECK(piece && mcps__batch_add(batch, piece) == 0);
    piece = piece_with_blob(&line, "2");
    CHECK(piece && mcps__batch_add(batch, piece) == 0);
    before = atomic_load(&line.accounts.out_bytes);
    CHECK(before > 0);
    mcps__sink_break(line.sink);
    n_charged = 0;
    batch = mcps__batch_unref(batch);
    CHECK(n_charged >= before);
    CHECK_WAITING(&line, 0);
out:
    mcps__batch_unref(batch);
    line_end(&line);
}

static void a_batch_is_joined_in_order(void)
{
    struct line line;
    struct mcps__batch *batch = NULL;
    struct mcps__piece *piece;

    CHECK(line_make(&line, 1000));
    CHECK_INT(mcps__batch_new(&batch, line.sink), 0);
    for (unsigned i = 0; i < 3; i++) {
        piece = piece_new("\"x\"", 3);
        CHECK(piece && mcps__batch_add(batch, piece) == 0);
    }
    batch = mcps__batch_unref(batch);
    CHECK_WAITING(&line, sizeof "[\"x\",\"x\",\"x\"]" - 1);
    CHECK_STR(take_all(&line), "[\"x\",\"x\",\"x\"]");
    CHECK_WAITING(&line, 0);
out:
    mcps__batch_unref(batch);
    line_end(&line);
}

const struct unit_test sink_tests[] = {
    UNIT_TEST(the_transport_is_told_when_there_is_something_new),
    UNIT_TEST(what_is_taken_waits_until_it_is_written),
    UNIT_TEST(two_go_together),
    UNIT_TEST(what_is_queued_is_known),
    UNIT_TEST(taking_has_two_bounds),
    UNIT_TEST(an_exchange_can_be_forgotten),
    UNIT_TEST(forgetting_tells_when_less_than_the_mark_is_left),
    UNIT_TEST(above_the_soft_mark_progress_is_replaced),
    UNIT_TEST(taken_progress_is_not_replaced),
    UNIT_TEST(at_four_times_the_mark_the_sink_breaks),
    UNIT_TEST(exactly_four_times_the_mark_is_too_much),
    UNIT_TEST(what_blobs_hold_is_charged),
    UNIT_TEST(blobs_do_not_count_for_the_hard_mark),
    UNIT_TEST(a_broken_sink_frees_blobs_once),
    UNIT_TEST(a_closed_sink_is_still_written),
    UNIT_TEST(a_broken_sink_drops_what_waits),
    UNIT_TEST(a_sink_outlives_its_loop),
    UNIT_TEST(what_nobody_took_is_freed),
    UNIT_TEST(a_batch_counts_until_it_is_sent),
    UNIT_TEST(a_batch_is_joined_in_order),
    UNIT_TEST_ONCE(many_threads_put_into_one_sink, "it makes thousands"),
    UNIT_END,
};
