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
#include <stddef.h>

#include "json/bytes.h"
#include "mcpserver/tool.h"
#include "util/lock.h"
#include "util/log.h"
#include "util/map.h"
#include "util/obj.h"

struct mcps__tool {
    struct mcps__obj obj;
    mcps_tool_fn *handler;
    void *userdata;
    void (*destroy)(void *userdata);
    unsigned timeout_ms, max_parallel;
    atomic_uint n_calls;
    char *name;                    /* and its descriptions as they stand in a list: */
    struct mcps__bytes *listed[2]; /* without and with what came with 2025-06-18 */
};

struct mcps__tool *mcps__tool_ref(struct mcps__tool *tool);
/* Returns NULL; NULL is fine. Under no lock: the tool's destroy() may be called. */
struct mcps__tool *mcps__tool_unref(struct mcps__tool *tool);

struct mcps__snapshot {
    struct mcps__obj obj;
    struct mcps__map by_name;
    size_t n_tools;
    struct mcps__tool **tools;   /* references, in the order of their registration */
    struct mcps__bytes *list[2]; /* the result of tools/list, as `listed` */
};

struct mcps__registry {
    struct mcps__mutex mutex; /* covers which snapshot it is; held while one is made */
    struct mcps__snapshot *current MCPS__GUARDED; /* a reference; never NULL */
};

int mcps__registry_init(struct mcps__registry *registry) MCPS_MUST_CHECK;
void mcps__registry_fini(struct mcps__registry *registry);

/* All or none. Says in the log what is wrong with a tool. The destroy functions of tools
 * that were not added are called in any case. */
int mcps__registry_add_tools(struct mcps__registry *registry, struct mcps__log *log,
                             const struct mcps_tool *tools, size_t n) MCPS_MUST_CHECK;

/* A reference on the current snapshot. */
struct mcps__snapshot *mcps__registry_get(struct mcps__registry *registry);
/* Returns NULL; NULL is fine. Under no lock. */
struct mcps__snapshot *mcps__snapshot_unref(struct mcps__snapshot *snapshot);
/* A reference on the tool of that name, or NULL. */
struct mcps__tool *mcps__snapshot_find(const struct mcps__snapshot *snapshot,
                                       const char *name, size_t len);

#endif
