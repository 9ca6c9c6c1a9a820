/* SPDX-License-Identifier: MIT */
/*
 * What every result has for the era of its client, written messages as pieces, and whole
 * answers that say that something went wrong. Any thread.
 */
#ifndef MCPS_CORE_ANSWER_H
#define MCPS_CORE_ANSWER_H

#include "core/exchange.h"
#include "core/sink.h"
#include "json/write.h"
#include "rpc/id.h"

/* Opens the object of a result, and closes it. */
void mcps__result_begin(struct mcps__writer *w, enum mcps__version version);
void mcps__result_end(struct mcps__writer *w, const struct mcps__engine *engine,
                      enum mcps__version version);
/* The member of a result's _meta that says whose it is, where the era has one. */
void mcps__result_server(struct mcps__writer *w, const struct mcps__engine *engine,
                         enum mcps__version version);
/* How long the result may be kept, in the era that says so. */
void mcps__result_hints(struct mcps__writer *w, const struct mcps__engine *engine,
                        enum mcps__version version, enum mcps_cache cache);

/* What was written into a buffer that began with mcps__piece_begin(), as a piece. Given; NULL
 * when the writer has met an error: the buffer is freed then. */
struct mcps__piece *mcps__written_piece(struct mcps__buf *buf,
                                        const struct mcps__writer *w);

/* An error of the protocol. `id` may be NULL; `message` NULL is the code's own; `data` is
 * JSON text or NULL. Given; NULL when there is no memory. */
struct mcps__piece *mcps__error_piece(const struct mcps__id *id, int code,
                                      const char *message, const char *data);

/* A result that is there already, as JSON text. Given; NULL when there is no memory. */
struct mcps__piece *mcps__ready_piece(const struct mcps__id *id,
                                      const struct mcps__bytes *result);

/* The members of a result that is a tool error with one text. */
void mcps__write_tool_error(struct mcps__writer *w, const char *text);
/* A result that is a tool error with one text. Given; NULL when there is no memory. */
struct mcps__piece *mcps__tool_error_for(const struct mcps__id *id,
                                         const struct mcps__engine *engine,
                                         enum mcps__version version, const char *text);
/* The same, for the request of an exchange. */
struct mcps__piece *mcps__tool_error_piece(const struct mcps__exchange *exchange,
                                           const char *text);

#endif
