/* SPDX-License-Identifier: MIT */
/* Written messages as pieces, and whole answers that say that something went wrong. Any
 * thread. */
#ifndef MCPS_CORE_ANSWER_H
#define MCPS_CORE_ANSWER_H

#include "core/sink.h"
#include "json/write.h"
#include "rpc/id.h"

/* What was written into a buffer that began with mcps__piece_begin(), as a piece. Given; NULL
 * when the writer has met an error: the buffer is freed then. */
struct mcps__piece *mcps__written_piece(struct mcps__buf *buf,
                                        const struct mcps__writer *w);

/* An error of the protocol. `id` may be NULL; `message` NULL is the code's own; `data` is
 * JSON text or NULL. Given; NULL when there is no memory. */
struct mcps__piece *mcps__error_piece(const struct mcps__id *id, int code,
                                      const char *message, const char *data);

/* A result that is a tool error with one text. Given; NULL when there is no memory. */
struct mcps__piece *mcps__tool_error_piece(const struct mcps__id *id, const char *text);

#endif
