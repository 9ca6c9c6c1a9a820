/* SPDX-License-Identifier: MIT */
/*
 * Who was asked to send its user to which URL, by the ids of the elicitations: so that the
 * client can be told when that is complete. Only revision 2025-11-25 has a word for it.
 *
 * THREADS. Every function may be called on any thread, with no lock held of rank
 * "elicitations" or higher.
 */
#ifndef MCPS_CORE_ELICITATIONS_H
#define MCPS_CORE_ELICITATIONS_H

#include <stddef.h>

#include "mcpserver/ask.h"
#include "util/list.h"
#include "util/lock.h"

struct mcps__engine;
struct mcps__peer;

/* A part of the engine. */
struct mcps__elicitations {
    struct mcps__mutex mutex;              /* covers all below */
    struct mcps__list items MCPS__GUARDED; /* the oldest first; each refers to its peer */
    size_t n MCPS__GUARDED;
};

int mcps__elicitations_init(struct mcps__elicitations *all) MCPS_MUST_CHECK;
/* All peers are gone. */
void mcps__elicitations_fini(struct mcps__elicitations *all);

/* The id of a question, if it is of a URL; or NULL. */
static inline const char *mcps__elicitation_id(const struct mcps_question *question)
{
    return question->kind == MCPS_QUESTION_URL ? question->elicitation_id : NULL;
}

/* Notes the peer of a question with such an id (NULL: nothing), until it is told or gone.
 * Beyond the limit elicitations the oldest is forgotten of the same account, or of all if it
 * has none. -ENOMEM. */
int mcps__elicitations_note(struct mcps__peer *peer, const char *id) MCPS_MUST_CHECK;
/* The peer is gone. */
void mcps__elicitations_drop(struct mcps__peer *peer);
/* Tells the client. MCPS_ENOTFOUND; MCPS_ECLOSED; -ENOMEM. */
int mcps__elicitations_complete(struct mcps__engine *engine,
                                const char *id) MCPS_MUST_CHECK;

#endif
