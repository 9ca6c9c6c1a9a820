/* SPDX-License-Identifier: MIT */
/*
 * A growable byte buffer with a limit. Owned by one thread at a time.
 *
 * Appending either appends everything or changes nothing and returns -ENOMEM, or
 * MCPS_ELIMIT when the buffer would grow beyond its limit.
 */
#ifndef MCPS_UTIL_BUF_H
#define MCPS_UTIL_BUF_H

#include <stddef.h>

#include "mcpserver/base.h"

struct mcps__buf {
    char *data; /* NULL while nothing was ever needed */
    size_t len, cap, max;
};

/* Starts empty, without allocating; holds at most `max` bytes. */
void mcps__buf_init(struct mcps__buf *buf, size_t max);
/* Frees the memory; the buffer is then as after mcps__buf_init(). */
void mcps__buf_fini(struct mcps__buf *buf);
/* Empties the buffer and keeps its memory. */
void mcps__buf_clear(struct mcps__buf *buf);
/* Empties the buffer and keeps its memory only if it is no larger than `keep`. */
void mcps__buf_shrink(struct mcps__buf *buf, size_t keep);

/* Makes room for `more` bytes behind the content: write at data + len, then add to len. */
int mcps__buf_reserve(struct mcps__buf *buf, size_t more) MCPS_MUST_CHECK;
int mcps__buf_append(struct mcps__buf *buf, const void *data, size_t len) MCPS_MUST_CHECK;
int mcps__buf_append_str(struct mcps__buf *buf, const char *text) MCPS_MUST_CHECK;
int mcps__buf_append_byte(struct mcps__buf *buf, char byte) MCPS_MUST_CHECK;
/* Drops the first `len` bytes and moves the rest to the front. */
void mcps__buf_consume(struct mcps__buf *buf, size_t len);

#endif
