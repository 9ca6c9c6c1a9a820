/* SPDX-License-Identifier: MIT */
/*
 * Writing messages: the envelope by hand, around whatever the caller writes between. Errors
 * are kept by the writer, as in json/write.h.
 */
#ifndef MCPS_RPC_MESSAGE_H
#define MCPS_RPC_MESSAGE_H

#include "json/write.h"
#include "rpc/id.h"

/* Up to and with the member "result", whose value comes next; then mcps__rpc_end(). */
void mcps__rpc_begin_result(struct mcps__writer *w, const struct mcps__id *id);
/* Up to and with the member "params", whose value, an object, comes next; then
 * mcps__rpc_end(). Without an id (NULL) it is a notification. */
void mcps__rpc_begin_call(struct mcps__writer *w, const struct mcps__id *id,
                          const char *method);
void mcps__rpc_end(struct mcps__writer *w);

/* A whole error response. Without an id (NULL, or MCPS__ID_NONE) the member is left out.
 * Without a message the code's own text is sent. `data` is JSON text, or NULL. */
void mcps__rpc_write_error(struct mcps__writer *w, const struct mcps__id *id, int code,
                           const char *message, const char *data);

#endif
