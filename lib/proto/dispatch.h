/* SPDX-License-Identifier: MIT */
/*
 * From the text of a message to what is done about it, for both eras. On the home thread of
 * the peer.
 */
#ifndef MCPS_PROTO_DISPATCH_H
#define MCPS_PROTO_DISPATCH_H

#include "core/peer.h"
#include "json/scan.h"

/*
 * Handles one message. `verdict` is what the scan said of the text in the end: 1, or an
 * error; the scan may be one of another text afterwards. What is answered at once is put
 * into the peer's sink, calls are collected by the peer's loop. Nothing of the text is kept.
 */
void mcps__dispatch(struct mcps__peer *peer, struct mcps__scan *scan, const char *text,
                    int verdict);

/* Handles a message that could not even be kept: MCPS_ELIMIT (it was too long), -ENOMEM. */
void mcps__dispatch_lost(struct mcps__peer *peer, int error);

#endif
