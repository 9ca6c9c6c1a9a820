/* SPDX-License-Identifier: MIT */
/*
 * The answers to one batch (revision 2025-03-26), which go out together as an array when the
 * last of them is there. Requests that are never answered leave no trace in it. Until then
 * they count as output of the account, but not of the sink: it would hold the calls that
 * they wait for.
 *
 * THREADS. Any thread.
 */
#ifndef MCPS_CORE_BATCH_H
#define MCPS_CORE_BATCH_H

#include "core/sink.h"

struct mcps__batch {
    struct mcps__obj obj;    /* one reference for each answer that is still to come */
    struct mcps__sink *sink; /* a reference */
    struct mcps__mutex mutex;
    struct mcps__list answers MCPS__GUARDED; /* pieces */
    size_t bytes MCPS__GUARDED;              /* charged for them, with a separator each */
};

int mcps__batch_new(struct mcps__batch **ret, struct mcps__sink *sink) MCPS_MUST_CHECK;
struct mcps__batch *mcps__batch_ref(struct mcps__batch *batch);
/* Returns NULL; NULL is fine. The last one sends what there is. With no lock held of rank
 * "batch" or higher. */
struct mcps__batch *mcps__batch_unref(struct mcps__batch *batch);
/* Takes the piece. Results as of mcps__sink_put(). */
int mcps__batch_add(struct mcps__batch *batch, struct mcps__piece *piece) MCPS_MUST_CHECK;
/* The same under a gate, as mcps__sink_put_under(). */
int mcps__batch_add_under(struct mcps__batch *batch, struct mcps__piece *piece,
                          struct mcps__list *dropped) MCPS_MUST_CHECK;

#endif
