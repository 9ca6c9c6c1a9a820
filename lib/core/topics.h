/* SPDX-License-Identifier: MIT */
/*
 * Topics: what can change, each with the beginning of the messages that say so; see
 * changes.h.
 *
 * THREADS. Any, with the mutex of the changes.
 */
#ifndef MCPS_CORE_TOPICS_H
#define MCPS_CORE_TOPICS_H

#include "core/changes.h"

/* The topic of a resource, with a reference; made, if there is none yet. -ENOMEM. */
int mcps__topic_get(struct mcps__topic **ret, struct mcps__changes *changes,
                    const char *uri, size_t len) MCPS_MUST_CHECK;
struct mcps__topic *mcps__topic_ref(struct mcps__topic *topic);
void mcps__topic_unref(struct mcps__changes *changes, struct mcps__topic *topic);

#endif
