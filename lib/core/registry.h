/* SPDX-License-Identifier: MIT */
/*
 * The registry: what the server offers, as an immutable snapshot that is swapped as a whole.
 * A call pins the tool that it runs, not the snapshot.
 *
 * THREADS. Every function may be called on any thread. Snapshots and tools are refcounted
 * and never change, but for a tool's count of calls.
 */
#ifndef MCPS_CORE_REGISTRY_H
#define MCPS_CORE_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/context.h"
#include "core/executor.h"
#include "json/bytes.h"
#include "mcpserver/tool.h"
#include "schema/arena.h"
#include "schema/table.h"
#include "util/lock.h"
#include "util/log.h"
#include "util/map.h"
#include "util/obj.h"

/* The members of a tool's description, in the order in which they are sent. */
enum mcps__tool_part {
    MCPS__TOOL_NAME,
    MCPS__TOOL_TITLE,
    MCPS__TOOL_DESCRIPTION,
    MCPS__TOOL_INPUT,
    MCPS__TOOL_OUTPUT,
    MCPS__TOOL_ANNOTATIONS,
    MCPS__TOOL_ICONS,
    MCPS__TOOL_META,
    MCPS__N_TOOL_PARTS
};

struct mcps__tool {
    struct mcps__obj obj;
    mcps_tool_fn *handler; /* this, or the next with its table */
    mcps_typed_fn *typed;
    mcps_schema *input;  /* of the handler's tree; NULL: any object */
    mcps_schema *output; /* of structured results given as a tree; NULL: none */
    struct mcps__table *args;
    struct mcps__table *result; /* NULL: structured results have none */
    void *userdata;
    void (*destroy)(void *userdata);
    unsigned needs; /* of enum mcps_client_capabilities */
    unsigned timeout_ms, max_parallel;
    struct mcps__pool *pool; /* an executor's, where it runs; NULL: on workers, or */
    bool on_loop;            /* on the I/O thread */
    atomic_uint n_calls;
    char *name;
    struct mcps__bytes *parts[MCPS__N_TOOL_PARTS]; /* JSON values; NULL: not there */
    bool object_output; /* its outputSchema is for objects, which older clients know */
};

struct mcps__tool *mcps__tool_ref(struct mcps__tool *tool);
/* Returns NULL; NULL is fine. Under no lock: the tool's destroy() may be called. */
struct mcps__tool *mcps__tool_unref(struct mcps__tool *tool);

struct mcps__offer {
    struct mcps__tool *tool; /* a reference */
    bool enabled;            /* one that is not is neither listed nor called */
};

struct mcps__snapshot {
    struct mcps__obj obj;
    struct mcps__map by_name; /* of the offers */
    size_t n_offers;
    struct mcps__offer *offers; /* in the order of their registration */
};

struct mcps__registry {
    struct mcps__mutex mutex; /* covers which snapshot it is; held while one is made */
    struct mcps__snapshot *current MCPS__GUARDED; /* a reference; never NULL */
    /* The results of tools/list for it, as far as they were asked for: lists.h. */
    struct mcps__bytes *lists[MCPS__N_VERSIONS] MCPS__GUARDED;
    struct mcps__executors executors; /* has no need of the mutex */
    struct mcps__arena documents;     /* that they may refer to, copied */
    struct mcps_schema_options
        schemas; /* how those of tools are compiled; never changes */
};

int mcps__registry_init(struct mcps__registry *registry) MCPS_MUST_CHECK;
void mcps__registry_fini(struct mcps__registry *registry);
/* How schemas of tools are compiled from now on, before anybody adds one. Copies the
 * documents. -EINVAL, -ENOMEM. */
int mcps__registry_set_schemas(struct mcps__registry *registry,
                               const struct mcps_schema_options *options) MCPS_MUST_CHECK;

/*
 * Changes of the registry: all that was asked for, or none of it. They say in the log what is
 * wrong, and return 1 when clients see another list than before, 0 when they do not.
 */
/* The destroy functions of tools that were not added are called in any case. */
int mcps__registry_add_tools(struct mcps__registry *registry, struct mcps__log *log,
                             const struct mcps_tool *tools, size_t n) MCPS_MUST_CHECK;
/* MCPS_ENOTFOUND when one of the names is none. */
int mcps__registry_remove_tools(struct mcps__registry *registry, struct mcps__log *log,
                                const char *const *names, size_t n) MCPS_MUST_CHECK;
int mcps__registry_enable_tools(struct mcps__registry *registry, struct mcps__log *log,
                                const char *const *names, size_t n,
                                bool enabled) MCPS_MUST_CHECK;

/* What is listed is made anew when it is asked for next. */
void mcps__registry_drop_lists(struct mcps__registry *registry);

/* A reference on the current snapshot. */
struct mcps__snapshot *mcps__registry_get(struct mcps__registry *registry);
/* Returns NULL; NULL is fine. Under no lock. */
struct mcps__snapshot *mcps__snapshot_unref(struct mcps__snapshot *snapshot);
/* A reference on the tool of that name, or NULL. */
struct mcps__tool *mcps__snapshot_find(const struct mcps__snapshot *snapshot,
                                       const char *name, size_t len, bool *ret_enabled);

#endif
