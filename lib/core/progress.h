/* SPDX-License-Identifier: MIT */
/*
 * Progress that comes faster than the limit progress_ms: the latest is held back, and goes out
 * when the time is over, which a timer of the home thread sees to, or just before the answer.
 * Calls that report slowly, or not at all, never set it.
 */
#ifndef MCPS_CORE_PROGRESS_H
#define MCPS_CORE_PROGRESS_H

#include "core/call.h"

/* The parts of making and freeing a call that are about its progress. No lock is held. */
void mcps__progress_init(struct mcps_call *call);
void mcps__progress_fini(struct mcps_call *call);

/* Puts what is held back. Any thread, under no lock. */
void mcps__progress_flush(struct mcps_call *call);

/* [home] Nothing can be held back any more: clears the timer. */
void mcps__progress_disarm(struct mcps_call *call);

#endif
