/* SPDX-License-Identifier: MIT */
/* Having a client come back for its answer; see mcpserver/http.h. */
#include "config.h"

#include <errno.h>

#include "core/call.h"
#include "mcpserver/http.h"

/* It goes the way of all messages, so that what was said before is still heard before. */
int mcps_call_close_stream(mcps_call *call, unsigned retry_ms)
{
    const struct mcps__exchange *exchange = &call->exchange;
    struct mcps__piece *piece;
    struct mcps__buf buf;
    int r;

    if (exchange->peer->kind != MCPS__PEER_SESSION || exchange->peer->no_back_channel ||
        exchange->context->version < MCPS__V_2025_11_25)
        return 0;
    r = mcps__piece_begin(&buf, SIZE_MAX / 2);
    if (r < 0)
        return r;
    piece = mcps__piece_end(&buf);
    piece->ends_here = true;
    piece->retry_ms = retry_ms;
    r = mcps__exchange_put(&call->exchange, piece);
    return r == MCPS_ECLOSED || r == MCPS_ECANCELLED ? 0 : r;
}
