/* SPDX-License-Identifier: MIT */
/* Whole answers that say that something went wrong; see answer.h. */
#include "config.h"

#include "core/answer.h"

#include "rpc/message.h"

/* More than any of these answers can have. */
enum { ANSWER_MAX = 64 << 10 };

struct mcps__piece *mcps__written_piece(struct mcps__buf *buf,
                                        const struct mcps__writer *w)
{
    if (mcps__write_end(w) >= 0)
        return mcps__piece_end(buf);
    mcps__buf_fini(buf);
    return NULL;
}

struct mcps__piece *mcps__error_piece(const struct mcps__id *id, int code,
                                      const char *message, const char *data)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, ANSWER_MAX) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_write_error(&w, id, code, message, data);
    return mcps__written_piece(&buf, &w);
}

struct mcps__piece *mcps__tool_error_piece(const struct mcps__id *id, const char *text)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, ANSWER_MAX) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_result(&w, id);
    mcps__write_object(&w);
    mcps__write_key(&w, "content");
    mcps__write_array(&w);
    mcps__write_object(&w);
    mcps__write_key(&w, "type");
    mcps__write_string(&w, "text");
    mcps__write_key(&w, "text");
    mcps__write_string(&w, text);
    mcps__write_object_end(&w);
    mcps__write_array_end(&w);
    mcps__write_key(&w, "isError");
    mcps__write_bool(&w, true);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}
