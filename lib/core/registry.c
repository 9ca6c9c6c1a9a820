/* SPDX-License-Identifier: MIT */
/* The registry's snapshots; see registry.h. Tools are made in tool.c. */
#include "config.h"

#include "core/registry.h"

#include <errno.h>
#include <string.h>

#include "core/tool.h"
#include "json/write.h"
#include "util/mem.h"

#define SNAPSHOT_MAGIC UINT32_C(0x536e6170)

/* ---- snapshots ---- */

static int new_snapshot(struct mcps__snapshot **ret, size_t n_tools)
{
    struct mcps__snapshot *snapshot = mcps__calloc(1, sizeof *snapshot);
    int r;

    if (!snapshot)
        return -ENOMEM;
    r = mcps__map_init(&snapshot->by_name, SIZE_MAX);
    if (r >= 0 && n_tools > 0) {
        snapshot->tools = mcps__calloc(n_tools, sizeof(struct mcps__tool *));
        if (!snapshot->tools)
            r = -ENOMEM;
    }
    if (r < 0) {
        mcps__free(snapshot);
        return r;
    }
    mcps__obj_init(&snapshot->obj, SNAPSHOT_MAGIC);
    *ret = snapshot;
    return 0;
}

struct mcps__snapshot *mcps__snapshot_unref(struct mcps__snapshot *snapshot)
{
    if (!snapshot)
        return NULL;
    MCPS__CHECK_OBJ(snapshot, SNAPSHOT_MAGIC);
    if (!mcps__obj_unref(&snapshot->obj))
        return NULL;
    mcps__map_fini(&snapshot->by_name);
    for (size_t i = 0; i < snapshot->n_tools; i++)
        mcps__tool_unref(snapshot->tools[i]);
    mcps__free(snapshot->tools);
    mcps__bytes_unref(snapshot->list[0]);
    mcps__bytes_unref(snapshot->list[1]);
    mcps__free(snapshot);
    return NULL;
}

struct mcps__tool *mcps__snapshot_find(const struct mcps__snapshot *snapshot,
                                       const char *name, size_t len)
{
    struct mcps__tool *tool = mcps__map_lookup(&snapshot->by_name, name, len);

    return tool ? mcps__tool_ref(tool) : NULL;
}

/* There is room for it. */
static int put_tool(struct mcps__snapshot *snapshot, struct mcps__tool *tool)
{
    int r = mcps__map_insert(&snapshot->by_name, tool->name, strlen(tool->name), tool);

    if (r >= 0)
        snapshot->tools[snapshot->n_tools++] = mcps__tool_ref(tool);
    return r;
}

static int write_list(struct mcps__snapshot *snapshot, int variant)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_object(&w);
    mcps__write_key(&w, "tools");
    mcps__write_array(&w);
    for (size_t i = 0; i < snapshot->n_tools; i++) {
        const struct mcps__bytes *listed = snapshot->tools[i]->listed[variant];

        mcps__write_raw(&w, listed->data, listed->len);
    }
    mcps__write_array_end(&w);
    mcps__write_object_end(&w);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__bytes_new(&snapshot->list[variant], buf.data, buf.len);
    mcps__buf_fini(&buf);
    return r;
}

static int write_lists(struct mcps__snapshot *snapshot)
{
    int r = write_list(snapshot, 0);

    return r < 0 ? r : write_list(snapshot, 1);
}

/* ---- the registry ---- */

/* Nobody else has it yet. */
MCPS__NO_LOCK_ANALYSIS
int mcps__registry_init(struct mcps__registry *registry)
{
    int r = mcps__mutex_init(&registry->mutex, MCPS__LOCK_registry);

    if (r < 0)
        return r;
    registry->current = NULL;
    r = new_snapshot(&registry->current, 0);
    if (r >= 0)
        r = write_lists(registry->current);
    if (r < 0)
        mcps__registry_fini(registry);
    return r;
}

/* Nobody else has it any more. */
MCPS__NO_LOCK_ANALYSIS
void mcps__registry_fini(struct mcps__registry *registry)
{
    registry->current = mcps__snapshot_unref(registry->current);
    mcps__mutex_fini(&registry->mutex);
}

struct mcps__snapshot *mcps__registry_get(struct mcps__registry *registry)
{
    struct mcps__snapshot *snapshot;

    mcps__mutex_lock(&registry->mutex);
    snapshot = registry->current;
    mcps__obj_ref(&snapshot->obj);
    mcps__mutex_unlock(&registry->mutex);
    return snapshot;
}

/* The current snapshot and the new tools as another. *ret_clash is the name of a tool that
 * there is already, if that is what was wrong. */
static int extend(struct mcps__snapshot **ret, const struct mcps__snapshot *old,
                  struct mcps__tool *const *tools, size_t n, const char **ret_clash)
{
    struct mcps__snapshot *snapshot = NULL;
    int r = new_snapshot(&snapshot, old->n_tools + n);

    for (size_t i = 0; r >= 0 && i < old->n_tools; i++)
        r = put_tool(snapshot, old->tools[i]);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = put_tool(snapshot, tools[i]);
        if (r == MCPS_EEXISTS)
            *ret_clash = tools[i]->name;
    }
    if (r >= 0)
        r = write_lists(snapshot);
    if (r < 0)
        mcps__snapshot_unref(snapshot);
    else
        *ret = snapshot;
    return r;
}

/* Out of the lock go the old snapshot and, in the end, the tools: their destroy functions
 * are the application's. */
static int swap_in(struct mcps__registry *registry, struct mcps__log *log,
                   struct mcps__tool *const *tools, size_t n)
{
    struct mcps__snapshot *snapshot = NULL, *old = NULL;
    const char *clash = NULL;
    int r;

    mcps__mutex_lock(&registry->mutex);
    r = extend(&snapshot, registry->current, tools, n, &clash);
    if (r >= 0) {
        old = registry->current;
        registry->current = snapshot;
    }
    mcps__mutex_unlock(&registry->mutex);
    mcps__snapshot_unref(old);
    if (clash)
        mcps__log(log, MCPS_LOG_ERROR, "there is a tool %s already", clash);
    return r;
}

int mcps__registry_add_tools(struct mcps__registry *registry, struct mcps__log *log,
                             const struct mcps_tool *tools, size_t n)
{
    struct mcps__tool **made = mcps__calloc(n ? n : 1, sizeof(struct mcps__tool *));
    int r = made ? 0 : -ENOMEM;

    for (size_t i = 0; i < n; i++) {
        struct mcps_tool tool = mcps__tool_at(tools, i);

        if (r >= 0)
            r = mcps__tool_new(&made[i], &tool, log);
        if ((!made || !made[i]) && tool.destroy)
            tool.destroy(tool.userdata);
    }
    if (r >= 0)
        r = swap_in(registry, log, made, n);
    for (size_t i = 0; made && i < n; i++)
        mcps__tool_unref(made[i]);
    mcps__free(made);
    return r;
}
