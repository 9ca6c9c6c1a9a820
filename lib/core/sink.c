/* SPDX-License-Identifier: MIT */
/*
 * Sinks; see sink.h. Memory is freed, and the loop told, after the mutex was let go: what
 * is dropped goes to a list first.
 */
#include "config.h"

#include "core/sink.h"

#include <errno.h>
#include <stdint.h>

#include "util/assert.h"
#include "util/mem.h"

#define SINK_MAGIC UINT32_C(0x6d73696e)

enum { HARD_MARK = 4 /* times the soft one */ };

static inline struct mcps__piece *piece_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__piece, link);
}

/* What it holds of memory. */
static inline size_t cost_of(const struct mcps__piece *piece)
{
    return piece->text_len + piece->blobs.held;
}

/* ---- life ---- */

int mcps__sink_new(struct mcps__sink **ret, struct mcps__loop *loop,
                   struct mcps__account *account, struct mcps__limits *limits,
                   mcps__post_fn *flush)
{
    struct mcps__sink *sink = mcps__malloc(sizeof *sink);
    int r;

    if (!sink)
        return -ENOMEM;
    *sink = (struct mcps__sink){
        .limits = limits,
        .soft_mark = mcps__limit_size(limits, MCPS_LIMIT_OUT_BYTES),
        .state = MCPS__SINK_OPEN,
    };
    r = mcps__mutex_init(&sink->mutex, MCPS__LOCK_sink);
    if (r < 0) {
        mcps__free(sink);
        return r;
    }
    mcps__obj_init(&sink->obj, SINK_MAGIC);
    sink->loop = mcps__loop_ref(loop);
    sink->account = mcps__account_ref(account);
    mcps__post_init(&sink->post, flush);
    mcps__list_init(&sink->queue);
    *ret = sink;
    return 0;
}

struct mcps__sink *mcps__sink_ref(struct mcps__sink *sink)
{
    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__obj_ref(&sink->obj);
    return sink;
}

MCPS__NO_LOCK_ANALYSIS
static void sink_free(struct mcps__sink *sink)
{
    mcps__pieces_free(&sink->queue);
    mcps__account_uncharge_out(sink->account,
                               sink->queued_bytes + sink->taken_bytes + sink->blob_bytes);
    mcps__mutex_fini(&sink->mutex);
    mcps__account_unref(sink->account);
    mcps__loop_unref(sink->loop);
    mcps__free(sink);
}

struct mcps__sink *mcps__sink_unref(struct mcps__sink *sink)
{
    if (!sink)
        return NULL;
    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    if (mcps__obj_unref(&sink->obj))
        sink_free(sink);
    return NULL;
}

/* Has the transport look at the sink. The reference is the post's. */
static void tell(struct mcps__sink *sink)
{
    mcps__sink_ref(sink);
    if (!mcps__loop_post(sink->loop, &sink->post))
        mcps__sink_unref(sink);
}

/* ---- under the mutex ---- */

static size_t waiting(const struct mcps__sink *sink) MCPS__REQUIRES(sink->mutex);
static size_t waiting(const struct mcps__sink *sink)
{
    return sink->queued_bytes + sink->taken_bytes + sink->blob_bytes;
}

static void drop(struct mcps__sink *sink, struct mcps__piece *piece,
                 struct mcps__list *dropped) MCPS__REQUIRES(sink->mutex);
static void drop(struct mcps__sink *sink, struct mcps__piece *piece,
                 struct mcps__list *dropped)
{
    mcps__list_remove(&piece->link);
    mcps__list_push_back(dropped, &piece->link);
    sink->queued_bytes -= piece->text_len;
    sink->blob_bytes -= piece->blobs.held;
    mcps__account_uncharge_out(sink->account, cost_of(piece));
}

static void break_locked(struct mcps__sink *sink, struct mcps__list *dropped)
    MCPS__REQUIRES(sink->mutex);
static void break_locked(struct mcps__sink *sink, struct mcps__list *dropped)
{
    sink->state = MCPS__SINK_BROKEN;
    MCPS__LIST_FOREACH_SAFE (node, &sink->queue) {
        sink->lost_bytes += piece_of(node)->len;
        drop(sink, piece_of(node), dropped);
    }
}

/* From the end: what is replaced comes to the end, and so is soon found the next time. */
static struct mcps__piece *last_progress(struct mcps__sink *sink, const void *owner)
    MCPS__REQUIRES(sink->mutex);
static struct mcps__piece *last_progress(struct mcps__sink *sink, const void *owner)
{
    struct mcps__piece *piece;

    for (struct mcps__list *node = sink->queue.prev; node != &sink->queue;
         node = node->prev) {
        piece = piece_of(node);
        if (piece->progress && piece->owner == owner)
            return piece;
    }
    return NULL;
}

/* Queues the piece, or drops it. Says whether the transport has to be told. */
static int put_locked(struct mcps__sink *sink, struct mcps__piece *piece,
                      struct mcps__list *dropped, bool *ret_tell)
    MCPS__REQUIRES(sink->mutex);
static int put_locked(struct mcps__sink *sink, struct mcps__piece *piece,
                      struct mcps__list *dropped, bool *ret_tell)
{
    size_t before = waiting(sink);
    struct mcps__piece *old = NULL;

    if (sink->state != MCPS__SINK_OPEN) {
        mcps__list_push_back(dropped, &piece->link);
        return sink->state == MCPS__SINK_CLOSED ? MCPS_ECLOSED : -EPIPE;
    }
    if (!piece->earned && (before - sink->blob_bytes) / HARD_MARK >= sink->soft_mark) {
        mcps__list_push_back(dropped, &piece->link);
        break_locked(sink, dropped);
        sink->lost_bytes += piece->len;
        sink->overflowed = true;
        mcps__limit_hit(sink->limits, MCPS_LIMIT_OUT_BYTES);
        *ret_tell = true;
        return MCPS_ELIMIT;
    }
    /* At the mark, too: the transport may be waiting for room, and is to stop reading. */
    *ret_tell = mcps__list_is_empty(&sink->queue) ||
                (before <= sink->soft_mark && cost_of(piece) > sink->soft_mark - before);
    if (piece->progress && before >= sink->soft_mark)
        old = last_progress(sink, piece->owner);
    if (old) {
        drop(sink, old, dropped);
        mcps__limit_hit(sink->limits, MCPS_LIMIT_OUT_BYTES);
    }
    mcps__list_push_back(&sink->queue, &piece->link);
    piece->serial = ++sink->n_put;
    if (piece->ret_serial)
        *piece->ret_serial = piece->serial;
    piece->ret_serial = NULL;
    sink->queued_bytes += piece->text_len;
    sink->blob_bytes += piece->blobs.held;
    mcps__account_charge_out(sink->account, cost_of(piece));
    if (piece->last && sink->single)
        sink->state = MCPS__SINK_CLOSED;
    return 0;
}

/* ---- any thread ---- */

int mcps__sink_put_under(struct mcps__sink *sink, struct mcps__piece *piece,
                         struct mcps__list *dropped)
{
    bool to_tell = false;
    int r;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    r = put_locked(sink, piece, dropped, &to_tell);
    mcps__mutex_unlock(&sink->mutex);
    if (to_tell)
        tell(sink);
    return r;
}

int mcps__sink_put_both_under(struct mcps__sink *sink, struct mcps__piece *first,
                              struct mcps__piece *second, struct mcps__list *dropped)
{
    bool tell_first = false, tell_second = false;
    int r;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    first->earned = second->earned = true;
    mcps__mutex_lock(&sink->mutex);
    r = put_locked(sink, first, dropped, &tell_first);
    if (r >= 0)
        r = put_locked(sink, second, dropped, &tell_second);
    else
        mcps__list_push_back(dropped, &second->link);
    mcps__mutex_unlock(&sink->mutex);
    if (tell_first || tell_second)
        tell(sink);
    return r;
}

bool mcps__sink_has_queued(struct mcps__sink *sink, uint64_t serial)
{
    bool has;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    has = serial > sink->last_taken;
    mcps__mutex_unlock(&sink->mutex);
    return has;
}

int mcps__sink_put(struct mcps__sink *sink, struct mcps__piece *piece)
{
    struct mcps__list dropped;
    int r;

    mcps__list_init(&dropped);
    r = mcps__sink_put_under(sink, piece, &dropped);
    mcps__pieces_free(&dropped);
    return r;
}

void mcps__sink_forget(struct mcps__sink *sink, const void *owner)
{
    struct mcps__list dropped;
    bool was_above, is_above;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__assert(owner != NULL);
    mcps__list_init(&dropped);
    mcps__mutex_lock(&sink->mutex);
    was_above = waiting(sink) >= sink->soft_mark;
    MCPS__LIST_FOREACH_SAFE (node, &sink->queue) {
        if (piece_of(node)->owner == owner)
            drop(sink, piece_of(node), &dropped);
    }
    is_above = waiting(sink) >= sink->soft_mark;
    mcps__mutex_unlock(&sink->mutex);
    /* The transport may have stopped to read, and has written nothing that would tell it. */
    if (was_above && !is_above)
        tell(sink);
    mcps__pieces_free(&dropped);
}

void mcps__sink_close(struct mcps__sink *sink)
{
    bool closed;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    closed = sink->state == MCPS__SINK_OPEN;
    if (closed)
        sink->state = MCPS__SINK_CLOSED;
    mcps__mutex_unlock(&sink->mutex);
    if (closed)
        tell(sink);
}

void mcps__sink_break(struct mcps__sink *sink)
{
    struct mcps__list dropped;
    bool broken;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__list_init(&dropped);
    mcps__mutex_lock(&sink->mutex);
    broken = sink->state != MCPS__SINK_BROKEN;
    if (broken)
        break_locked(sink, &dropped);
    mcps__mutex_unlock(&sink->mutex);
    if (broken)
        tell(sink);
    mcps__pieces_free(&dropped);
}

enum mcps__sink_state mcps__sink_state(struct mcps__sink *sink)
{
    enum mcps__sink_state state;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    state = sink->state;
    mcps__mutex_unlock(&sink->mutex);
    return state;
}

size_t mcps__sink_waiting(struct mcps__sink *sink)
{
    size_t bytes;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    bytes = waiting(sink);
    mcps__mutex_unlock(&sink->mutex);
    return bytes;
}

/* ---- the I/O thread ---- */

size_t mcps__sink_take(struct mcps__sink *sink, struct mcps__list *to, size_t n,
                       size_t bytes)
{
    size_t n_taken = 0, taken = 0, text = 0;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    MCPS__LIST_FOREACH_SAFE (node, &sink->queue) {
        size_t len = piece_of(node)->len;

        if (n_taken > 0 && (n_taken >= n || len > bytes || taken > bytes - len))
            break;
        mcps__list_remove(node);
        mcps__list_push_back(to, node);
        sink->last_taken = piece_of(node)->serial;
        taken += len;
        text += piece_of(node)->text_len;
        n_taken++;
    }
    sink->queued_bytes -= text;
    sink->taken_bytes += text;
    mcps__mutex_unlock(&sink->mutex);
    return n_taken;
}

void mcps__piece_release(const struct mcps__piece *piece, size_t from, size_t to,
                         struct mcps__released *released)
{
    if (piece->blobs.n == 0) {
        released->text += to - from;
    } else if (from < to && to == piece->len) {
        released->text += piece->text_len;
        released->blobs += piece->blobs.held;
    }
}

void mcps__sink_written(struct mcps__sink *sink, struct mcps__released released)
{
    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    mcps__assert(released.text <= sink->taken_bytes);
    mcps__assert(released.blobs <= sink->blob_bytes);
    sink->taken_bytes -= released.text;
    sink->blob_bytes -= released.blobs;
    mcps__mutex_unlock(&sink->mutex);
    mcps__account_uncharge_out(sink->account, released.text + released.blobs);
}

size_t mcps__sink_lost(struct mcps__sink *sink)
{
    size_t bytes;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    bytes = sink->lost_bytes;
    sink->lost_bytes = 0;
    mcps__mutex_unlock(&sink->mutex);
    return bytes;
}

bool mcps__sink_overflowed(struct mcps__sink *sink)
{
    bool overflowed;

    MCPS__CHECK_OBJ(sink, SINK_MAGIC);
    mcps__mutex_lock(&sink->mutex);
    overflowed = sink->overflowed;
    mcps__mutex_unlock(&sink->mutex);
    return overflowed;
}
