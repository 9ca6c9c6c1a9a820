/* SPDX-License-Identifier: MIT */
/* Whole answers that say that something went wrong; see answer.h. */
#include "config.h"

#include "core/answer.h"

#include <string.h>

#include "core/close.h"
#include "rpc/message.h"

static bool is_modern(enum mcps__version version)
{
    return mcps__version_info(version)->era == MCPS__MODERN;
}

void mcps__result_begin(struct mcps__writer *w, enum mcps__version version)
{
    mcps__write_object(w);
    if (!is_modern(version))
        return;
    mcps__write_key(w, "resultType");
    mcps__write_string(w, "complete");
}

void mcps__result_server(struct mcps__writer *w, const struct mcps__engine *engine,
                         enum mcps__version version)
{
    const struct mcps__bytes *server = engine->implementation[version];

    if (!is_modern(version))
        return;
    mcps__write_key(w, "io.modelcontextprotocol/serverInfo");
    mcps__write_raw(w, server->data, server->len);
}

/* What not everybody sees is nobody else's. */
static bool is_private(const struct mcps__engine *engine, enum mcps_cache cache)
{
    return engine->cache[cache].is_private ||
           (cache != MCPS_CACHE_DISCOVER && mcps__view_is_set(&engine->view));
}

void mcps__result_hints(struct mcps__writer *w, const struct mcps__engine *engine,
                        enum mcps__version version, enum mcps_cache cache)
{
    if (!is_modern(version))
        return;
    mcps__write_key(w, "ttlMs");
    mcps__write_uint(w, engine->cache[cache].ttl_ms);
    mcps__write_key(w, "cacheScope");
    mcps__write_string(w, is_private(engine, cache) ? "private" : "public");
}

void mcps__result_end(struct mcps__writer *w, const struct mcps__engine *engine,
                      enum mcps__version version)
{
    if (is_modern(version)) {
        mcps__write_key(w, "_meta");
        mcps__write_object(w);
        mcps__result_server(w, engine, version);
        mcps__write_object_end(w);
    }
    mcps__write_object_end(w);
}

enum { HTTP_UNAVAILABLE = 503 };

enum { ENVELOPE_MAX = 512 }; /* what is around a result */

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
    struct mcps__piece *piece;
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_write_error(&w, id, code, message, data);
    piece = mcps__written_piece(&buf, &w);
    if (!piece)
        return NULL;
    piece->code = code;
    if (data && strcmp(data, MCPS__BUSY) == 0)
        piece->status = HTTP_UNAVAILABLE;
    return piece;
}

/* Copied once: there is room for all of it before it comes. */
struct mcps__piece *mcps__ready_piece(const struct mcps__id *id,
                                      const struct mcps__bytes *result)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    if (mcps__buf_reserve(&buf, result->len + ENVELOPE_MAX) < 0) {
        mcps__buf_fini(&buf);
        return NULL;
    }
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_result(&w, id);
    mcps__write_raw(&w, result->data, result->len);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

void mcps__write_tool_error(struct mcps__writer *w, const char *text)
{
    mcps__write_key(w, "content");
    mcps__write_array(w);
    mcps__write_object(w);
    mcps__write_key(w, "type");
    mcps__write_string(w, "text");
    mcps__write_key(w, "text");
    mcps__write_string(w, text);
    mcps__write_object_end(w);
    mcps__write_array_end(w);
    mcps__write_key(w, "isError");
    mcps__write_bool(w, true);
}

struct mcps__piece *mcps__tool_error_for(const struct mcps__id *id,
                                         const struct mcps__engine *engine,
                                         enum mcps__version version, const char *text)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__piece *piece;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_result(&w, id);
    mcps__result_begin(&w, version);
    mcps__write_tool_error(&w, text);
    mcps__result_end(&w, engine, version);
    mcps__rpc_end(&w);
    piece = mcps__written_piece(&buf, &w);
    if (piece)
        piece->tool_error = true;
    return piece;
}

struct mcps__piece *mcps__tool_error_piece(const struct mcps__exchange *exchange,
                                           const char *text)
{
    return mcps__tool_error_for(&exchange->id, exchange->peer->engine,
                                exchange->context->version, text);
}
