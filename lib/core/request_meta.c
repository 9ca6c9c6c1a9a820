/* SPDX-License-Identifier: MIT */
/* What a request brought in its _meta; see request_meta.h, and mcpserver/meta.h. */
#include "config.h"

#include "core/request_meta.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/trace.h"
#include "json/tree.h"
#include "mcpserver/meta.h"
#include "util/mem.h"

/* ---- any member ---- */

/* A part of the text, which was a part of a message and so is a valid one. */
static int find_member(const struct mcps__param *meta, const char *key,
                       const struct mcps__json_limits *limits, struct mcps__param *ret)
{
    const struct mcps__scan_member *member = NULL;
    struct mcps__scan scan;
    int r;

    mcps__scan_init(&scan, limits);
    r = mcps__scan_feed(&scan, meta->text, meta->len, true);
    if (r >= 0)
        member = mcps__scan_find(&scan, meta->text, MCPS__SCAN_TOP, key);
    if (member)
        *ret = (struct mcps__param){ meta->text + member->value, member->value_len };
    mcps__scan_fini(&scan);
    if (r < 0)
        return r;
    return member ? 0 : MCPS_ENOTFOUND;
}

static int build(const struct mcps__param *value, const struct mcps__json_limits *limits,
                 struct json_object **ret)
{
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, limits);

    if (r < 0)
        return r;
    r = mcps__tree_build(&parser, ret, value->text, value->len);
    mcps__tree_parser_fini(&parser);
    return r;
}

int mcps_call_request_meta(mcps_call *call, const char *key, struct json_object **ret)
{
    const struct mcps__json_limits *limits = &call->exchange.peer->engine->json_limits;
    const struct mcps__param *meta = &call->params[MCPS__PARAM_META];
    struct mcps__param value = { NULL, 0 };
    int r;

    if (!key)
        return -EINVAL;
    if (!meta->text)
        return MCPS_ENOTFOUND;
    r = find_member(meta, key, limits, &value);
    if (r >= 0)
        r = build(&value, limits, ret);
    if (r < 0 && r != -ENOMEM && r != MCPS_ENOTFOUND)
        return MCPS_EINVALID;
    return r;
}

/* ---- what is known of it ---- */

enum text { TRACEPARENT, TRACESTATE, BAGGAGE, N_TEXTS };

static const char *const text_keys[N_TEXTS] = {
    [TRACEPARENT] = "traceparent",
    [TRACESTATE] = "tracestate",
    [BAGGAGE] = "baggage",
};

struct mcps__brought {
    struct json_object *texts[N_TEXTS]; /* strings; nobody refers to them but this */
    struct mcps_trace trace;
    struct mcps__client client;
};

static void free_brought(struct mcps__brought *brought)
{
    for (int i = 0; brought && i < N_TEXTS; i++)
        json_object_put(brought->texts[i]);
    mcps__free(brought);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__brought_free(struct mcps_call *call)
{
    free_brought(call->brought);
}

/* A string without a NUL in it; NULL for anything else. -ENOMEM. */
static int read_text(struct mcps_call *call, const char *key, struct json_object **ret)
{
    struct json_object *value = NULL;
    const char *text;
    int r = mcps_call_request_meta(call, key, &value);

    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return 0;
    text = json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                        : NULL;
    if (text && strlen(text) == (size_t)json_object_get_string_len(value))
        *ret = value;
    else
        json_object_put(value);
    return 0;
}

/* Each is left out if it is not what it should be. */
static void judge_trace(struct mcps__brought *brought)
{
    struct mcps_trace *trace = &brought->trace;
    const char *texts[N_TEXTS];

    for (int i = 0; i < N_TEXTS; i++)
        texts[i] = brought->texts[i] ? json_object_get_string(brought->texts[i]) : NULL;
    if (texts[TRACEPARENT] && mcps__trace_read(trace, texts[TRACEPARENT]))
        trace->traceparent = texts[TRACEPARENT];
    if (trace->traceparent && texts[TRACESTATE] && mcps__tracestate_ok(texts[TRACESTATE]))
        trace->tracestate = texts[TRACESTATE];
    if (texts[BAGGAGE] && mcps__baggage_ok(texts[BAGGAGE]))
        trace->baggage = texts[BAGGAGE];
}

static struct json_object *string_member(struct json_object *object, const char *name)
{
    struct json_object *member = NULL;

    if (!json_object_object_get_ex(object, name, &member) ||
        !json_object_is_type(member, json_type_string))
        return NULL;
    return member;
}

static int read_client(struct mcps_call *call, struct mcps__client *client)
{
    struct json_object *info = NULL, *name = NULL, *version = NULL;
    int r = mcps_call_request_meta(call, "io.modelcontextprotocol/clientInfo", &info);

    if (r == -ENOMEM)
        return r;
    if (r >= 0 && json_object_is_type(info, json_type_object)) {
        name = string_member(info, "name");
        version = string_member(info, "version");
    }
    mcps__client_keep(client, name ? json_object_get_string(name) : "",
                      name ? (size_t)json_object_get_string_len(name) : 0,
                      version ? json_object_get_string(version) : "",
                      version ? (size_t)json_object_get_string_len(version) : 0);
    json_object_put(info);
    return 0;
}

static int read_brought(struct mcps_call *call, struct mcps__brought *brought)
{
    int r = 0;

    for (int i = 0; i < N_TEXTS && r >= 0; i++)
        r = read_text(call, text_keys[i], &brought->texts[i]);
    if (r < 0)
        return r;
    judge_trace(brought);
    if (mcps__context_is_modern(call->exchange.context))
        return read_client(call, &brought->client);
    brought->client = call->exchange.context->client;
    return 0;
}

/* The first to have read it all keeps it for the call. */
static const struct mcps__brought *keep(struct mcps_call *call,
                                        struct mcps__brought *brought)
{
    const struct mcps__brought *kept;

    mcps__mutex_lock(&call->mutex);
    if (!call->brought && brought) {
        call->brought = brought;
        brought = NULL;
    }
    kept = call->brought;
    mcps__mutex_unlock(&call->mutex);
    free_brought(brought);
    return kept;
}

static int get_brought(struct mcps_call *call, const struct mcps__brought **ret)
{
    struct mcps__brought *brought;
    int r;

    *ret = keep(call, NULL);
    if (*ret)
        return 0;
    brought = mcps__calloc(1, sizeof *brought);
    r = brought ? read_brought(call, brought) : -ENOMEM;
    if (r < 0)
        free_brought(brought);
    else
        *ret = keep(call, brought);
    return r;
}

int mcps_call_trace(mcps_call *call, struct mcps_trace *ret)
{
    const struct mcps__brought *brought;
    int r = get_brought(call, &brought);

    if (r < 0)
        return r;
    *ret = brought->trace;
    return ret->traceparent ? 1 : 0;
}

int mcps_call_client(mcps_call *call, struct mcps_client_info *ret)
{
    const struct mcps__brought *brought;
    int r = get_brought(call, &brought);

    if (r < 0)
        return r;
    ret->name = brought->client.name;
    ret->version = brought->client.version;
    return 0;
}
