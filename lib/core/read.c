/* SPDX-License-Identifier: MIT */
/* Reading resources: what runs, and what is answered. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/answer.h"
#include "core/call.h"
#include "core/resource.h"
#include "core/result.h"
#include "mcpserver/resource.h"
#include "rpc/errors.h"
#include "util/utf8.h"

const char *mcps_call_uri(const mcps_call *call)
{
    return call->params[MCPS__PARAM_URI].text;
}

/* ---- what does not run a handler ---- */

static void drop_offer(void *userdata)
{
    mcps__offer_unref(userdata);
}

/* The bytes stay where they are as long as somebody is sent them. */
static int read_blob(struct mcps_call *call)
{
    struct mcps_blob blob =
        mcps__blob_share(&call->offer->blob, drop_offer, mcps__offer_ref(call->offer));

    return mcps__result_blob(call, &blob);
}

static int read_bytes(int fd, char *to, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, to, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -EIO; /* it has become shorter meanwhile */
        to += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A text is escaped, so that it has to be in memory; no more of it than may be sent. */
static int say_text_of(struct mcps_call *call, const struct mcps_blob *file)
{
    struct mcps__buf text;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    r = mcps__buf_reserve(&text, file->len + 1);
    if (r >= 0)
        r = read_bytes(file->fd, text.data, file->len);
    if (r >= 0 && mcps__utf8_valid_prefix(text.data, file->len) < file->len)
        r = MCPS_EINVALID;
    if (r >= 0)
        r = mcps_call_resource_text(call, NULL, NULL, text.data, file->len);
    mcps__buf_fini(&text);
    return r;
}

/* What is not there, or is no longer reached by that name, is not found. */
static int result_of_open(int r)
{
    return r == -ENOENT || r == -ENOTDIR ? MCPS_ENOTFOUND : r;
}

static int read_file(struct mcps_call *call)
{
    struct mcps_blob file = mcps_blob_file(call->offer->path);
    const struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    int r = mcps__blob_own(&file, SIZE_MAX);

    if (r < 0)
        r = result_of_open(r);
    else if (file.len > mcps__limit_size(limits, MCPS_LIMIT_RESULT_BYTES))
        r = mcps__result_said(call, MCPS_ELIMIT);
    else if (call->offer->path_is_text)
        r = say_text_of(call, &file);
    else
        r = mcps__result_blob(call, &file);
    mcps__blob_release(&file);
    return r;
}

static int run(struct mcps_call *call)
{
    const struct mcps__offer *offer = call->offer;

    if (offer->text)
        return mcps_call_resource_text(call, NULL, NULL, offer->text, offer->text_len);
    if (offer->path)
        return read_file(call);
    if (offer->blob.kind)
        return read_blob(call);
    return mcps__arguments_run(&call->arguments, offer, call);
}

/* ---- answers ---- */

int mcps__not_found_code(const struct mcps__context *context)
{
    return mcps__context_is_modern(context) ? MCPS__RPC_INVALID_PARAMS
                                            : MCPS__RPC_RESOURCE_NOT_FOUND;
}

/* Of a URI that no resource can have the beginning is enough. */
int mcps__not_found_data(struct mcps__buf *data, const char *uri, size_t len)
{
    struct mcps__writer w;
    int r;

    if (len > MCPS_TEMPLATE_URI_MAX)
        len = mcps__utf8_valid_prefix(uri, MCPS_TEMPLATE_URI_MAX);
    mcps__buf_init(data, SIZE_MAX);
    mcps__write_init(&w, data);
    mcps__write_object(&w);
    mcps__write_key(&w, "uri");
    mcps__write_text(&w, uri, len);
    mcps__write_object_end(&w);
    r = mcps__write_end(&w);
    return r < 0 ? r : mcps__buf_append_byte(data, '\0');
}

static struct mcps__piece *not_found(struct mcps_call *call)
{
    const struct mcps__param *uri = &call->params[MCPS__PARAM_URI];
    struct mcps__piece *piece = NULL;
    struct mcps__buf data;

    if (mcps__not_found_data(&data, uri->text, uri->len) >= 0)
        piece = mcps__error_piece(&call->exchange.id,
                                  mcps__not_found_code(call->exchange.context),
                                  "Resource not found", data.data);
    mcps__buf_fini(&data);
    return piece;
}

static struct mcps__piece *error(struct mcps_call *call, int result)
{
    if (result == MCPS_ENOTFOUND)
        return not_found(call);
    return mcps__error_piece(&call->exchange.id, MCPS__RPC_INTERNAL,
                             mcps_strerror(result), NULL);
}

/* What its user was asked for is in no key of a cache. */
static void write_no_cache(struct mcps__writer *w)
{
    mcps__write_key(w, "ttlMs");
    mcps__write_uint(w, 0);
    mcps__write_key(w, "cacheScope");
    mcps__write_string(w, "private");
}

/* Only requests of the modern era have what says that one is made again. */
static void write_members(struct mcps_call *call, struct mcps__writer *w)
{
    const struct mcps__param *params = call->params;

    if (params[MCPS__PARAM_RESPONSES].text || params[MCPS__PARAM_STATE].text)
        write_no_cache(w);
    else
        mcps__result_hints(w, call->exchange.peer->engine,
                           call->exchange.context->version, MCPS_CACHE_READ);
}

const struct mcps__action mcps__action_resource = {
    .asks = true,
    .method = "resources/read",
    .shape = MCPS__SHAPE_CONTENTS,
    .texts = true,
    .run = run,
    .write_members = write_members,
    .error = error,
};
