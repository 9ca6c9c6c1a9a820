/* SPDX-License-Identifier: MIT */
/* The methods of the modern era, and the contexts of its requests; see modern.h. */
#include "config.h"

#include "proto/modern.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "json/text.h"
#include "proto/capabilities.h"
#include "proto/completion.h"
#include "proto/mirror_check.h"
#include "proto/offers.h"
#include "proto/prompts.h"
#include "proto/resources.h"
#include "proto/subscriptions.h"
#include "rpc/errors.h"
#include "util/utf8.h"

#define N_OF(table) (sizeof(table) / sizeof(table)[0])

#define VERSION_HEADER "MCP-Protocol-Version"

/* ---- what requests say of themselves ---- */

enum meta { META_VERSION, META_CAPABILITIES, META_INFO, N_META };

static const struct {
    const char *name, *wanted;
    enum mcps__json_type type;
    bool required;
} fields[N_META] = {
    [META_VERSION] = { "io.modelcontextprotocol/protocolVersion",
                       "_meta needs io.modelcontextprotocol/protocolVersion, a string",
                       MCPS__JSON_STRING, true },
    [META_CAPABILITIES] = { "io.modelcontextprotocol/clientCapabilities",
                            "_meta needs io.modelcontextprotocol/clientCapabilities, an object",
                            MCPS__JSON_OBJECT, true },
    [META_INFO] = { "io.modelcontextprotocol/clientInfo",
                    "io.modelcontextprotocol/clientInfo must be an object",
                    MCPS__JSON_OBJECT, false },
};

static const struct mcps__scan_member *find_field(const struct mcps__request *request,
                                                  enum meta field)
{
    return mcps__scan_find(request->scan, request->text, MCPS__SCAN_META,
                           fields[field].name);
}

/* How much the request wants to be logged of it: nothing, unless it says so. -EINVAL,
 * -ENOMEM. */
static int read_log_levels(const struct mcps__request *request, unsigned *ret)
{
    const struct mcps__scan_member *member =
        mcps__scan_find(request->scan, request->text, MCPS__SCAN_META,
                        "io.modelcontextprotocol/logLevel");
    int level;

    *ret = 0;
    if (!member)
        return 0;
    if (member->type != MCPS__JSON_STRING)
        return -EINVAL;
    level = mcps__request_log_level(request, member);
    if (level < 0)
        return level;
    *ret = (unsigned)level + 1;
    return 0;
}

/* NULL, or what is missing. */
static const char *meta_fault(const struct mcps__request *request)
{
    for (int i = 0; i < N_META; i++) {
        const struct mcps__scan_member *member = find_field(request, (enum meta)i);

        if (member ? member->type != fields[i].type : fields[i].required)
            return fields[i].wanted;
    }
    return NULL;
}

/* ---- contexts ---- */

static int read_members(const struct mcps__request *request, const char *of,
                        const char *text, size_t len, unsigned *declared);

/* The bits of a member's name as it is written, and of what is in it, which is of interest on
 * one level only. */
static int read_capability(const struct mcps__request *request, const char *of,
                           const struct mcps__scan_member *m, const char *text,
                           unsigned *declared)
{
    struct mcps__buf name;
    int r;

    mcps__buf_init(&name, SIZE_MAX);
    r = mcps__text_decode(&name, text + m->key, m->key_len);
    if (r >= 0)
        r = mcps__buf_append_byte(&name, '\0');
    if (r >= 0)
        *declared |= mcps__capability_by_name(of, name.data, name.len - 1);
    if (r >= 0 && !of)
        r = read_members(request, name.data, text + m->value, m->value_len, declared);
    mcps__buf_fini(&name);
    return r;
}

/* Scans an object again, on its own: the members of what is in _meta are not recorded. */
static int read_members(const struct mcps__request *request, const char *of,
                        const char *text, size_t len, unsigned *declared)
{
    struct mcps__scan scan;
    int r;

    mcps__scan_init(&scan, &request->peer->engine->json_limits);
    r = mcps__scan_feed(&scan, text, len, true);
    for (uint32_t i = 0; r >= 0 && i < scan.n_recorded; i++) {
        const struct mcps__scan_member *m = &scan.members[i];

        if (m->level == MCPS__SCAN_TOP && m->type == MCPS__JSON_OBJECT)
            r = read_capability(request, of, m, text, declared);
    }
    mcps__scan_fini(&scan);
    return r < 0 ? r : 0;
}

enum { KEPT_MAX = 4096 }; /* bytes of capabilities that are kept to be compared */

static int new_context(const struct mcps__request *request, enum mcps__version version,
                       const char *text, size_t len, struct mcps__context **ret)
{
    struct mcps__bytes *text_kept = NULL;
    unsigned declared = 0;
    int r = read_members(request, NULL, text, len, &declared);

    if (r >= 0 && len <= KEPT_MAX)
        r = mcps__bytes_new(&text_kept, text, len);
    if (r >= 0)
        r = mcps__context_new(ret, version, mcps__capabilities_of(version, declared),
                              text_kept);
    mcps__bytes_unref(text_kept);
    return r;
}

static bool declares(const struct mcps__context *context, enum mcps__version version,
                     const char *text, size_t len)
{
    return context && context->version == version && context->declared->len == len &&
           memcmp(context->declared->data, text, len) == 0;
}

/* With a reference. The peer keeps the latest, for a client says the same again and again;
 * but not what is too large to be kept by everybody who is connected. */
static int find_context(const struct mcps__request *request, enum mcps__version version,
                        struct mcps__context **ret)
{
    struct mcps__peer *peer = request->peer;
    const struct mcps__scan_member *member = find_field(request, META_CAPABILITIES);
    const char *text;
    int r;

    mcps__assert(member); /* it was checked to be there */
    text = request->text + member->value;
    if (declares(peer->modern, version, text, member->value_len)) {
        *ret = mcps__context_ref(peer->modern);
        return 0;
    }
    r = new_context(request, version, text, member->value_len, ret);
    if (r >= 0 && (*ret)->declared) {
        mcps__context_unref(peer->modern);
        peer->modern = mcps__context_ref(*ret);
    }
    return r;
}

/* ---- versions ---- */

static void write_versions(struct mcps__writer *w)
{
    mcps__write_array(w);
    for (int i = 0; i < MCPS__N_VERSIONS; i++) {
        const struct mcps__version_info *info = mcps__version_info((enum mcps__version)i);

        if (info->era == MCPS__MODERN)
            mcps__write_string(w, info->text);
    }
    mcps__write_array_end(w);
}

enum { QUOTED_MAX = 128 }; /* bytes of a version in an error */

static void write_refusal(struct mcps__writer *w, const struct mcps__buf *requested)
{
    size_t len = requested->len < QUOTED_MAX ? requested->len : QUOTED_MAX;

    mcps__write_object(w);
    mcps__write_key(w, "supported");
    write_versions(w);
    mcps__write_key(w, "requested");
    mcps__write_text(w, requested->data, mcps__utf8_valid_prefix(requested->data, len));
    mcps__write_object_end(w);
}

static void refuse_version(const struct mcps__request *request,
                           const struct mcps__buf *requested)
{
    struct mcps__buf data;
    struct mcps__writer w;

    mcps__buf_init(&data, SIZE_MAX);
    mcps__write_init(&w, &data);
    write_refusal(&w, requested);
    if (mcps__write_end(&w) < 0 || mcps__buf_append_byte(&data, '\0') < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else
        mcps__request_refuse(request, MCPS__RPC_UNSUPPORTED_VERSION, NULL, data.data);
    mcps__buf_fini(&data);
}

/* ---- methods ---- */

static void discover(const struct mcps__request *request)
{
    const struct mcps__engine *engine = request->peer->engine;
    const struct mcps__capabilities capabilities = mcps__capabilities_now(engine);
    enum mcps__version version = request->context->version;
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__request_begin_result(request, &buf, &w) < 0)
        return;
    mcps__write_key(&w, "supportedVersions");
    write_versions(&w);
    mcps__write_key(&w, "capabilities");
    mcps__capabilities_write(&w, &capabilities, version);
    if (engine->instructions) {
        mcps__write_key(&w, "instructions");
        mcps__write_raw(&w, engine->instructions->data, engine->instructions->len);
    }
    mcps__result_hints(&w, engine, version, MCPS_CACHE_DISCOVER);
    mcps__request_end_result(request, &buf, &w);
}

static const struct mcps__method requests[] = {
    { "server/discover", discover, false },
    { "tools/list", mcps__tools_list, false },
    { "tools/call", mcps__tools_call, false },
    { "prompts/list", mcps__prompts_list, false },
    { "prompts/get", mcps__prompts_get, false },
    { "resources/list", mcps__resources_list, false },
    { "resources/templates/list", mcps__templates_list, false },
    { "resources/read", mcps__resources_read, false },
    { "completion/complete", mcps__completion_complete, false },
    { "subscriptions/listen", mcps__subscriptions_listen, false },
};

/* Whether the header says a version that no handshake is for. */
static bool header_claims(const struct mcps__request *request)
{
    struct mcps__slice version;

    if (!request->headers)
        return false;
    version = mcps__headers_get(request->headers, VERSION_HEADER);
    return version.data &&
           mcps__version_by_name(MCPS__LEGACY, version.data, version.len) < 0;
}

bool mcps__modern_claims(const struct mcps__request *request)
{
    if (strcmp(request->env->method, "server/discover") == 0 || header_claims(request))
        return true;
    for (int i = 0; i < N_META; i++) {
        if (find_field(request, (enum meta)i))
            return true;
    }
    return false;
}

static void refuse_capabilities(const struct mcps__request *request, int error)
{
    char message[128];

    if (error == -ENOMEM) {
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
        return;
    }
    snprintf(message, sizeof message, "clientCapabilities cannot be read: %s",
             mcps__json_strerror(error));
    mcps__request_refuse_params(request, message);
}

static void serve(const struct mcps__request *request, enum mcps__version version)
{
    struct mcps__request own = *request;
    const struct mcps__method *method;
    int r = read_log_levels(request, &own.log_levels);

    if (r == -EINVAL) {
        mcps__request_refuse_params(
            request, "io.modelcontextprotocol/logLevel must be one of the eight levels");
        return;
    }
    if (r >= 0)
        r = find_context(request, version, &own.context);
    if (r < 0) {
        refuse_capabilities(request, r);
        return;
    }
    method = mcps__request_method(&own, requests, N_OF(requests));
    if (mcps__request_begin(&own)) {
        if (method)
            method->handle(&own);
        else
            mcps__request_refuse_method(&own);
        mcps__request_end(&own);
    }
    mcps__context_unref(own.context);
}

static void refuse_header(const struct mcps__request *request, const char *why)
{
    mcps__request_refuse_form(request, MCPS__RPC_HEADER_MISMATCH, why);
}

/* What intermediaries route by is what is done: the headers say what the body says. In this
 * order, which clients rely on: the version, whether it is known, the rest. */
static bool check_headers(const struct mcps__request *request,
                          const struct mcps__buf *version)
{
    struct mcps__slice said;

    if (!request->headers)
        return true;
    said = mcps__headers_get(request->headers, VERSION_HEADER);
    if (said.len == version->len && memcmp(said.data, version->data, said.len) == 0)
        return true;
    refuse_header(request, "Header mismatch: MCP-Protocol-Version says another version "
                           "than _meta");
    return false;
}

static bool check_mirror(const struct mcps__request *request)
{
    const char *why;
    int r;

    if (!request->headers)
        return true;
    r = mcps__mirror_check(request->headers, request->env, request->scan, request->text,
                           &why);
    if (r == MCPS_EPROTOCOL)
        refuse_header(request, why);
    else if (r < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    return r >= 0;
}

static void serve_version(const struct mcps__request *request,
                          const struct mcps__buf *name)
{
    int version;

    if (!check_headers(request, name))
        return;
    version = mcps__version_by_name(MCPS__MODERN, name->data, name->len);
    if (version < 0)
        refuse_version(request, name);
    else if (check_mirror(request))
        serve(request, (enum mcps__version)version);
}

/* NULL, or what is missing before the body is looked at. */
static const char *header_fault(const struct mcps__request *request)
{
    if (!request->headers || mcps__headers_get(request->headers, VERSION_HEADER).data)
        return NULL;
    return "Header mismatch: MCP-Protocol-Version is missing";
}

void mcps__modern_request(const struct mcps__request *request)
{
    struct mcps__buf version;
    const char *fault;

    if (!mcps__request_check_id(request))
        return;
    if (request->batch) {
        mcps__request_refuse(request, MCPS__RPC_INVALID_REQUEST,
                             "Revision 2026-07-28 has no batches", NULL);
        return;
    }
    fault = header_fault(request);
    if (fault) {
        refuse_header(request, fault);
        return;
    }
    fault = meta_fault(request);
    if (fault) {
        mcps__request_refuse_form(request, MCPS__RPC_INVALID_PARAMS, fault);
        return;
    }
    if (mcps__request_decode(&version, request, find_field(request, META_VERSION)) < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else
        serve_version(request, &version);
    mcps__buf_fini(&version);
}
