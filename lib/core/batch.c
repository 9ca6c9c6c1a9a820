/* SPDX-License-Identifier: MIT */
/* The answers to one batch; see batch.h. */
#include "config.h"

#include "core/batch.h"

#include <errno.h>
#include <stdint.h>

#include "util/mem.h"

#define BATCH_MAGIC UINT32_C(0x42617463)

int mcps__batch_new(struct mcps__batch **ret, struct mcps__sink *sink)
{
    struct mcps__batch *batch = mcps__calloc(1, sizeof *batch);
    int r;

    if (!batch)
        return -ENOMEM;
    r = mcps__mutex_init(&batch->mutex, MCPS__LOCK_batch);
    if (r < 0) {
        mcps__free(batch);
        return r;
    }
    mcps__obj_init(&batch->obj, BATCH_MAGIC);
    batch->sink = mcps__sink_ref(sink);
    mcps__list_init(&batch->answers);
    *ret = batch;
    return 0;
}

struct mcps__batch *mcps__batch_ref(struct mcps__batch *batch)
{
    MCPS__CHECK_OBJ(batch, BATCH_MAGIC);
    mcps__obj_ref(&batch->obj);
    return batch;
}

static struct mcps__piece *piece_of(struct mcps__list *link)
{
    return MCPS__CONTAINER_OF(link, struct mcps__piece, link);
}

static size_t text_of(struct mcps__list *answers)
{
    size_t len = 1;

    MCPS__LIST_FOREACH (link, answers)
        len += piece_of(link)->text_len + 1;
    return len;
}

/* There is room for all of it before each is copied and goes, so that an answer is never in
 * memory twice for longer than that. */
static int join_answers(struct mcps__buf *buf, struct mcps__blobs *blobs,
                        struct mcps__list *answers)
{
    char before = '[';
    int r = mcps__piece_begin(buf, SIZE_MAX);

    if (r >= 0)
        r = mcps__buf_reserve(buf, text_of(answers));
    if (r < 0)
        return r;
    MCPS__LIST_FOREACH_SAFE (link, answers) {
        struct mcps__piece *piece = piece_of(link);

        r = mcps__buf_append_byte(buf, before);
        if (r >= 0)
            r = mcps__blobs_append(blobs, &piece->blobs, mcps__piece_text_len(buf));
        if (r >= 0)
            r = mcps__buf_append(buf, piece->data, piece->text_len);
        if (r < 0)
            return r;
        before = ',';
        mcps__list_remove(link);
        mcps__piece_free(piece);
    }
    return mcps__buf_append_byte(buf, ']');
}

/* Without the memory for the whole the client would wait for ever: it loses its stream. */
static void send_answers(struct mcps__sink *sink, struct mcps__list *answers)
{
    struct mcps__buf buf = { .data = NULL };
    struct mcps__blobs blobs = { .items = NULL };
    struct mcps__piece *piece;
    int r;

    if (mcps__list_is_empty(answers)) {
        if (sink->single)
            mcps__sink_close(sink);
        return;
    }
    if (join_answers(&buf, &blobs, answers) < 0) {
        mcps__buf_fini(&buf);
        mcps__blobs_fini(&blobs);
        mcps__sink_break(sink);
        return;
    }
    piece = mcps__piece_end_with(&buf, &blobs);
    piece->earned = piece->last = true;
    r = mcps__sink_put(sink, piece);
    (void)r; /* the client is gone: nobody is left to be told */
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    struct mcps__batch *
    mcps__batch_unref(struct mcps__batch *batch)
{
    if (!batch)
        return NULL;
    MCPS__CHECK_OBJ(batch, BATCH_MAGIC);
    if (!mcps__obj_unref(&batch->obj))
        return NULL;
    send_answers(batch->sink, &batch->answers);
    mcps__pieces_free(&batch->answers);
    /* Not before they count for the sink: others would take what seems to be free. */
    mcps__account_uncharge_out(batch->sink->account, batch->bytes);
    mcps__sink_unref(batch->sink);
    mcps__mutex_fini(&batch->mutex);
    mcps__free(batch);
    return NULL;
}

int mcps__batch_add_under(struct mcps__batch *batch, struct mcps__piece *piece,
                          struct mcps__list *dropped)
{
    const size_t cost = piece->text_len + piece->blobs.held + 1;

    MCPS__CHECK_OBJ(batch, BATCH_MAGIC);
    if (mcps__sink_state(batch->sink) != MCPS__SINK_OPEN) {
        mcps__list_push_back(dropped, &piece->link);
        return MCPS_ECLOSED;
    }
    mcps__mutex_lock(&batch->mutex);
    batch->bytes += cost;
    mcps__account_charge_out(batch->sink->account, cost);
    mcps__list_push_back(&batch->answers, &piece->link);
    mcps__mutex_unlock(&batch->mutex);
    return 0;
}

int mcps__batch_add(struct mcps__batch *batch, struct mcps__piece *piece)
{
    struct mcps__list dropped;
    int r;

    mcps__list_init(&dropped);
    r = mcps__batch_add_under(batch, piece, &dropped);
    mcps__pieces_free(&dropped);
    return r;
}
