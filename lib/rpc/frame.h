/* SPDX-License-Identifier: MIT */
/*
 * Line framing: bytes in pieces of any size become lines.
 *
 * A line ends at LF; one CR before it is dropped, and so are empty lines. What stands behind
 * the last LF when the input ends is a line, too. A line that is too long is reported once
 * and skipped up to its LF, without keeping its bytes. A line that lies whole within a piece
 * is not copied. Owned by one thread at a time.
 */
#ifndef MCPS_RPC_FRAME_H
#define MCPS_RPC_FRAME_H

#include <stdbool.h>

#include "util/buf.h"

struct mcps__frame {
    struct mcps__buf begun; /* a line whose end has not come yet */
    bool given;             /* the line in `begun` was handed out and is done with */
    bool skipping;          /* up to the LF of a line that was refused */
};

/* Lines may have `max` bytes, a CR at the end included. Allocates nothing. */
void mcps__frame_init(struct mcps__frame *frame, size_t max);
void mcps__frame_fini(struct mcps__frame *frame);

/*
 * Takes bytes off the front of *data, up to the end of a line at the most. Returns 1 and
 * gives a line, borrowed until the next call and as long as the bytes of *data; 0 when all
 * bytes are taken and more must come; MCPS_ELIMIT or -ENOMEM once for a line that is too
 * long or cannot be kept: call again.
 */
int mcps__frame_next(struct mcps__frame *frame, const char **data, size_t *len,
                     const char **ret_line, size_t *ret_len) MCPS_MUST_CHECK;

/* The input has ended: 1 and the line that was never terminated, or 0. */
int mcps__frame_end(struct mcps__frame *frame, const char **ret_line,
                    size_t *ret_len) MCPS_MUST_CHECK;

/* What there is of the line to come, to scan it while it grows; it moves when bytes come. A
 * CR that may turn out to end the line is left out. Returns the length, 0 without a text. */
size_t mcps__frame_begun(const struct mcps__frame *frame, const char **ret_text);

#endif
