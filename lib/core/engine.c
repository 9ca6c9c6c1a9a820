/* SPDX-License-Identifier: MIT */
/* What all peers of a server share; see engine.h. */
#include "config.h"

#include "core/engine.h"

#include <errno.h>
#include <pthread.h>

#include "json/write.h"
#include "mcpserver/server.h"
#include "schema/program.h"
#include "util/mem.h"

#ifdef MCPS__TEST_HOOKS
enum { RESULTS_ARE_CHECKED = 1 };
#else
enum { RESULTS_ARE_CHECKED = 0 };
#endif

#define ENGINE_MAGIC UINT32_C(0x456e6769)

/* ---- what every client is told at first ---- */

static int end_bytes(struct mcps__bytes **ret, struct mcps__buf *buf,
                     const struct mcps__writer *w)
{
    int r = mcps__write_end(w);

    if (r >= 0)
        r = mcps__bytes_new(ret, buf->data, buf->len);
    mcps__buf_fini(buf);
    return r;
}

static void write_member(struct mcps__writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    mcps__write_key(w, name);
    mcps__write_string(w, text);
}

static int write_implementation(struct mcps__bytes **ret,
                                const struct mcps_server_options *options,
                                enum mcps__version version)
{
    bool described = version >= MCPS__V_2025_11_25;
    struct mcps__buf buf;
    struct mcps__writer w;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_object(&w);
    write_member(&w, "name", options->name);
    write_member(&w, "title", version >= MCPS__V_2025_06_18 ? options->title : NULL);
    write_member(&w, "version", options->version);
    write_member(&w, "description", described ? options->description : NULL);
    write_member(&w, "websiteUrl", described ? options->website_url : NULL);
    mcps__write_object_end(&w);
    return end_bytes(ret, &buf, &w);
}

static int write_texts(struct mcps__engine *engine,
                       const struct mcps_server_options *options)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r = 0;

    for (int i = 0; i < MCPS__N_VERSIONS && r >= 0; i++)
        r = write_implementation(&engine->implementation[i], options,
                                 (enum mcps__version)i);
    if (r < 0 || !options->instructions)
        return r;
    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_string(&w, options->instructions);
    return end_bytes(&engine->instructions, &buf, &w);
}

static void free_texts(struct mcps__engine *engine)
{
    for (int i = 0; i < MCPS__N_VERSIONS; i++)
        mcps__bytes_unref(engine->implementation[i]);
    mcps__bytes_unref(engine->instructions);
}

/* ---- lists that are calls ---- */

static void drop_listers(struct mcps__engine *engine)
{
    for (int i = 0; i < MCPS_N_KINDS; i++)
        mcps__offer_unref(engine->listers[i]);
}

static int make_listers(struct mcps__engine *engine)
{
    int r = 0;

    for (int i = 0; i < MCPS_N_KINDS && r >= 0; i++)
        r = mcps__offer_lister(&engine->listers[i], (enum mcps_kind)i);
    return r;
}

/* ---- life ---- */

/* Limits are known at the start only, and the pool copies them then. */
static int init_pool(struct mcps__engine *engine,
                     const struct mcps_server_options *options)
{
    const struct mcps__pool_options pool = {
        .workers = options->workers,
        .stack_size = options->stack_size,
        .json = &engine->json_limits,
    };

    return mcps__pool_init(&engine->pool, &pool);
}

/* That of threads which nobody gives one. */
static size_t default_stack_size(void)
{
    pthread_attr_t attr;
    size_t size = 0;

    if (pthread_attr_init(&attr) != 0)
        return 0;
    pthread_attr_getstacksize(&attr, &size);
    pthread_attr_destroy(&attr);
    return size;
}

/* A check nests as deep as there is stack for it: about 550 bytes a level. */
static unsigned nesting_for(size_t stack_size)
{
    const size_t a_level = 704, for_others = 24 << 10, least = 16;
    size_t levels;

    if (stack_size == 0)
        stack_size = default_stack_size();
    levels = stack_size > for_others ? (stack_size - for_others) / a_level : 0;
    if (levels < least)
        levels = least;
    return levels > MCPS__SCHEMA_NESTING ? 0 : (unsigned)levels;
}

static int set_schemas(struct mcps__engine *engine,
                       const struct mcps_server_options *options)
{
    const struct mcps_schema_options schemas = {
        .struct_size = sizeof schemas,
        .assert_formats = options->assert_formats,
        .documents = options->documents,
        .n_documents = options->n_documents,
        .max_nesting = nesting_for(options->stack_size),
    };

    return mcps__registry_set_schemas(&engine->registry, &schemas);
}

/* What outlasts the calls that have asked. */
static int init_asking(struct mcps__engine *engine)
{
    int r = mcps__nonces_init(&engine->used_states,
                              mcps__limit_size(&engine->limits, MCPS_LIMIT_USED_STATES));

    if (r < 0)
        return r;
    r = mcps__elicitations_init(&engine->elicitations);
    if (r < 0)
        mcps__nonces_fini(&engine->used_states);
    return r;
}

static void fini_asking(struct mcps__engine *engine)
{
    mcps__elicitations_fini(&engine->elicitations);
    mcps__nonces_fini(&engine->used_states);
}

/* One after the other; what was made is undone when the next cannot be made. */
static int init_parts(struct mcps__engine *engine,
                      const struct mcps_server_options *options)
{
    int r = mcps__log_init(&engine->log, options->log, options->log_userdata,
                           options->log_level);

    if (r < 0)
        return r;
    r = mcps__token_init(&engine->token, MCPS__LOCK_token_server, NULL);
    if (r < 0)
        goto no_token;
    r = mcps__accounts_init(&engine->accounts);
    if (r < 0)
        goto no_accounts;
    r = mcps__registry_init(&engine->registry);
    if (r < 0)
        goto no_registry;
    r = set_schemas(engine, options);
    if (r >= 0)
        r = mcps__changes_init(&engine->changes);
    if (r < 0)
        goto no_changes;
    r = mcps__control_init(&engine->control);
    if (r < 0)
        goto no_control;
    r = mcps__seals_init(&engine->seals);
    if (r < 0)
        goto no_seals;
    r = init_asking(engine);
    if (r < 0)
        goto no_asking;
    r = init_pool(engine, options);
    if (r >= 0)
        return 0;
    fini_asking(engine);
no_asking:
    mcps__seals_fini(&engine->seals);
no_seals:
    mcps__control_fini(&engine->control);
no_control:
    mcps__changes_fini(&engine->changes);
no_changes:
    mcps__registry_fini(&engine->registry);
no_registry:
    mcps__accounts_fini(&engine->accounts);
no_accounts:
    mcps__token_fini(&engine->token);
no_token:
    mcps__log_fini(&engine->log);
    return r;
}

int mcps__engine_new(struct mcps__engine **ret, const struct mcps_server_options *options)
{
    struct mcps__engine *engine = mcps__calloc(1, sizeof *engine);
    int r;

    if (!engine)
        return -ENOMEM;
    mcps__obj_init(&engine->obj, ENGINE_MAGIC);
    mcps__limits_init(&engine->limits);
    engine->json_limits = mcps__json_default_limits;
    engine->coerces = options->coerce_arguments;
    engine->checks_results =
        options->results == MCPS_RESULTS_CHECKED ||
        (options->results == MCPS_RESULTS_DEFAULT && RESULTS_ARE_CHECKED);
    engine->cache[MCPS_CACHE_READ].is_private = true;
    r = write_texts(engine, options);
    if (r >= 0)
        r = make_listers(engine);
    if (r >= 0)
        r = init_parts(engine, options);
    if (r < 0) {
        drop_listers(engine);
        free_texts(engine);
        mcps__free(engine);
        return r;
    }
    *ret = engine;
    return 0;
}

struct mcps__engine *mcps__engine_ref(struct mcps__engine *engine)
{
    MCPS__CHECK_OBJ(engine, ENGINE_MAGIC);
    mcps__obj_ref(&engine->obj);
    return engine;
}

struct mcps__engine *mcps__engine_unref(struct mcps__engine *engine)
{
    if (!engine)
        return NULL;
    MCPS__CHECK_OBJ(engine, ENGINE_MAGIC);
    if (!mcps__obj_unref(&engine->obj))
        return NULL;
    mcps__chain_fini(&engine->chain);
    drop_listers(engine);
    mcps__pool_fini(&engine->pool);
    fini_asking(engine);
    mcps__seals_fini(&engine->seals);
    mcps__control_fini(&engine->control);
    mcps__changes_fini(&engine->changes);
    mcps__registry_fini(&engine->registry);
    mcps__accounts_fini(&engine->accounts);
    mcps__token_fini(&engine->token);
    mcps__log_fini(&engine->log);
    free_texts(engine);
    mcps__free(engine);
    return NULL;
}

/* ---- start and stop ---- */

/* The scan counts in 32 bits, and no text within it can be longer than the whole. */
static void apply_limits(struct mcps__engine *engine)
{
    const struct mcps__limits *limits = &engine->limits;
    uint64_t size = mcps__limit(limits, MCPS_LIMIT_MESSAGE_BYTES);

    engine->json_limits.size = (uint32_t)size;
    engine->json_limits.string = (uint32_t)size;
    mcps__nonces_set_max(&engine->used_states,
                         mcps__limit_size(limits, MCPS_LIMIT_USED_STATES));
    mcps__pool_set_limits(&engine->pool,
                          (unsigned)mcps__limit(limits, MCPS_LIMIT_CALLS_QUEUED),
                          (unsigned)mcps__limit(limits, MCPS_LIMIT_CALLS_PARKED),
                          (unsigned)mcps__limit(limits, MCPS_LIMIT_CALLS_STUCK));
}

int mcps__engine_start(struct mcps__engine *engine)
{
    apply_limits(engine);
    mcps__control_start(&engine->control);
    mcps__executors_start(&engine->registry.executors);
    return mcps__pool_start(&engine->pool);
}

unsigned mcps__engine_stop(struct mcps__engine *engine, int64_t deadline)
{
    unsigned left = mcps__pool_stop(&engine->pool, deadline);

    left += mcps__executors_stop(&engine->registry.executors, deadline);
    return left + mcps__control_stop(&engine->control, deadline);
}
