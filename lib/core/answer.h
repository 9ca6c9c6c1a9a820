/* SPDX-License-Identifier: MIT */
/* Whole answers that say that something went wrong, as pieces. Any thread. */
#ifndef MCPS_CORE_ANSWER_H
#define MCPS_CORE_ANSWER_H

#include "core/sink.h"
#include "rpc/id.h"

/* An error of the protocol. `id` may be NULL; `message` NULL is the code's own; `data` is
 * JSON text or NULL. Given; NULL when there is no memory. */
struct mcps__piece *mcps__error_piece(const struct mcps__id *id, int code,
                                      const char *message, const char *data);

/* A result that is a tool error with one text. Given; NULL when there is no memory. */
struct mcps__piece *mcps__tool_error_piece(const struct mcps__id *id, const char *text);

#endif
