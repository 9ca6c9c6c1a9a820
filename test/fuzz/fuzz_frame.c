/* SPDX-License-Identifier: MIT */
/*
 * Line framing against a model that sees the whole input at once. The first byte of the
 * input is the seed of the pieces, the second the longest line.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "rpc/frame.h"

/* The next line of the model: false at the end of the input. */
struct model {
    const char *at, *end;
    size_t max;
    const char *line;
    size_t len;
    bool too_long;
};

static bool model_next(struct model *m)
{
    while (m->at < m->end) {
        const char *lf = memchr(m->at, '\n', (size_t)(m->end - m->at));
        const char *line_end = lf ? lf : m->end;

        m->line = m->at;
        m->len = (size_t)(line_end - m->at);
        m->at = lf ? lf + 1 : m->end;
        m->too_long = m->len > m->max;
        if (m->len > 0 && m->line[m->len - 1] == '\r')
            m->len--;
        if (m->too_long || m->len > 0)
            return true;
    }
    return false;
}

static void check_line(struct model *m, const char *line, size_t len)
{
    FUZZ_CHECK(model_next(m));
    FUZZ_CHECK(!m->too_long);
    FUZZ_CHECK(m->len == len && memcmp(m->line, line, len) == 0);
}

static void feed_piece(struct mcps__frame *frame, struct model *m, const char *piece,
                       size_t len)
{
    const char *line;
    size_t line_len;

    for (;;) {
        int r = mcps__frame_next(frame, &piece, &len, &line, &line_len);

        if (r == 0)
            break;
        if (r == 1) {
            check_line(m, line, line_len);
        } else {
            FUZZ_CHECK(r == MCPS_ELIMIT);
            FUZZ_CHECK(model_next(m));
            FUZZ_CHECK(m->too_long);
        }
    }
    FUZZ_CHECK(len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 2, *line;
    struct mcps__frame frame;
    struct model model;
    size_t left = size - 2, line_len;
    uint32_t seed;

    if (size < 2)
        return 0;
    seed = data[0];
    model = (struct model){ .at = text, .end = text + left, .max = data[1] };
    mcps__frame_init(&frame, data[1]);
    while (left > 0) {
        size_t piece = fuzz_piece(&seed, left);

        feed_piece(&frame, &model, text, piece);
        text += piece;
        left -= piece;
    }
    if (mcps__frame_end(&frame, &line, &line_len) == 1)
        check_line(&model, line, line_len);
    FUZZ_CHECK(!model_next(&model));
    mcps__frame_fini(&frame);
    return 0;
}
