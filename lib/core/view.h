/* SPDX-License-Identifier: MIT */
/*
 * Who sees what: the application's word on each offer, by the class of who asks. What is hidden
 * is answered as what does not exist, byte for byte, so that nothing of it is told: not that
 * it is disabled, busy, or in want of something.
 *
 * THREADS. It never changes after the start. The application is called under no lock, and not
 * on an I/O thread, but for offers that are inline.
 */
#ifndef MCPS_CORE_VIEW_H
#define MCPS_CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/server.h"

struct mcps__offer;
struct mcps__piece;

struct mcps__view {
    mcps_classify_fn *classify;
    mcps_visible_fn *visible; /* NULL: everybody sees everything */
    void *userdata;
};

static inline bool mcps__view_is_set(const struct mcps__view *view)
{
    return view->visible != NULL;
}

/* The class of who called; 0 where there are none. */
unsigned mcps__view_class(const struct mcps_call *call);
/* Does a class see the offer? */
bool mcps__view_shows(const struct mcps__view *view, unsigned caller_class,
                      const struct mcps__offer *offer);

/* The sentence on what is called by a key and is not there: "Unknown tool: ..". */
enum { MCPS__UNKNOWN_SIZE = 160 };
void mcps__view_sentence(char text[MCPS__UNKNOWN_SIZE], const char *what,
                         const char *noun, const char *key, size_t len);
/* The answer to a call of what is hidden. Given; NULL without memory. */
struct mcps__piece *mcps__view_unknown(struct mcps_call *call);

#endif
