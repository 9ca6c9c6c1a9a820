/* SPDX-License-Identifier: MIT */
/* Line framing; see frame.h. */
#include "config.h"

#include "rpc/frame.h"

#include <string.h>

enum { KEPT = 2048 }; /* bytes of memory that an idle connection may keep */

void mcps__frame_init(struct mcps__frame *frame, size_t max)
{
    *frame = (struct mcps__frame){ 0 };
    mcps__buf_init(&frame->begun, max);
}

void mcps__frame_fini(struct mcps__frame *frame)
{
    mcps__buf_fini(&frame->begun);
}

/* Gives a line, unless nothing is left of it without its CR. */
static int give(const char *line, size_t len, const char **ret_line, size_t *ret_len)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len == 0)
        return 0;
    *ret_line = line;
    *ret_len = len;
    return 1;
}

/* Some bytes of a line, and whether they are its last. */
static int add_piece(struct mcps__frame *f, const char *piece, size_t len, bool ends,
                     const char **ret_line, size_t *ret_len)
{
    int r;

    if (f->skipping) {
        f->skipping = !ends;
        return 0;
    }
    if (ends && f->begun.len == 0 && len <= f->begun.max)
        return give(piece, len, ret_line, ret_len);
    r = mcps__buf_append(&f->begun, piece, len);
    if (r < 0) {
        mcps__buf_shrink(&f->begun, KEPT);
        f->skipping = !ends;
        return r;
    }
    if (!ends)
        return 0;
    f->given = true;
    return give(f->begun.data, f->begun.len, ret_line, ret_len);
}

int mcps__frame_next(struct mcps__frame *frame, const char **data, size_t *len,
                     const char **ret_line, size_t *ret_len)
{
    while (*len > 0) {
        const char *piece = *data, *lf;
        size_t piece_len;
        int r;

        if (frame->given) {
            mcps__buf_shrink(&frame->begun, KEPT);
            frame->given = false;
        }
        lf = memchr(piece, '\n', *len);
        piece_len = lf ? (size_t)(lf - piece) : *len;
        *data += piece_len + (lf ? 1 : 0);
        *len -= piece_len + (lf ? 1 : 0);
        r = add_piece(frame, piece, piece_len, lf != NULL, ret_line, ret_len);
        if (r != 0)
            return r;
    }
    return 0;
}

int mcps__frame_end(struct mcps__frame *frame, const char **ret_line, size_t *ret_len)
{
    if (frame->given || frame->begun.len == 0)
        return 0;
    frame->given = true;
    return give(frame->begun.data, frame->begun.len, ret_line, ret_len);
}

size_t mcps__frame_begun(const struct mcps__frame *frame, const char **ret_text)
{
    size_t len = frame->given ? 0 : frame->begun.len;

    *ret_text = frame->begun.data;
    return len > 0 && frame->begun.data[len - 1] == '\r' ? len - 1 : len;
}
