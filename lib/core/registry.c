/* SPDX-License-Identifier: MIT */
/* The registry's snapshots; see registry.h. Tools are made in tool.c. */
#include "config.h"

#include "core/registry.h"

#include <errno.h>
#include <string.h>

#include "core/tool.h"
#include "util/mem.h"

#define SNAPSHOT_MAGIC UINT32_C(0x536e6170)

/* ---- snapshots ---- */

static int new_snapshot(struct mcps__snapshot **ret, size_t n_offers)
{
    struct mcps__snapshot *snapshot = mcps__calloc(1, sizeof *snapshot);
    int r;

    if (!snapshot)
        return -ENOMEM;
    r = mcps__map_init(&snapshot->by_name, SIZE_MAX);
    if (r >= 0 && n_offers > 0) {
        snapshot->offers = mcps__calloc(n_offers, sizeof *snapshot->offers);
        if (!snapshot->offers)
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
    for (size_t i = 0; i < snapshot->n_offers; i++)
        mcps__tool_unref(snapshot->offers[i].tool);
    mcps__free(snapshot->offers);
    mcps__free(snapshot);
    return NULL;
}

static struct mcps__offer *find_offer(const struct mcps__snapshot *snapshot,
                                      const char *name)
{
    return mcps__map_lookup(&snapshot->by_name, name, strlen(name));
}

struct mcps__tool *mcps__snapshot_find(const struct mcps__snapshot *snapshot,
                                       const char *name, size_t len, bool *ret_enabled)
{
    struct mcps__offer *offer = mcps__map_lookup(&snapshot->by_name, name, len);

    if (!offer)
        return NULL;
    *ret_enabled = offer->enabled;
    return mcps__tool_ref(offer->tool);
}

/* There is room for it. */
static int put_tool(struct mcps__snapshot *snapshot, struct mcps__tool *tool,
                    bool enabled)
{
    struct mcps__offer *offer = &snapshot->offers[snapshot->n_offers];
    int r = mcps__map_insert(&snapshot->by_name, tool->name, strlen(tool->name), offer);

    if (r < 0)
        return r;
    *offer = (struct mcps__offer){ mcps__tool_ref(tool), enabled };
    snapshot->n_offers++;
    return 0;
}

/* ---- the registry ---- */

/* Nobody else has it yet. */
MCPS__NO_LOCK_ANALYSIS
int mcps__registry_init(struct mcps__registry *registry)
{
    int r = mcps__mutex_init(&registry->mutex, MCPS__LOCK_registry);

    if (r < 0)
        return r;
    mcps__executors_init(&registry->executors);
    registry->current = NULL;
    memset(registry->lists, 0, sizeof registry->lists);
    registry->documents = (struct mcps__arena){ .blocks = NULL };
    registry->schemas =
        (struct mcps_schema_options){ .struct_size = sizeof registry->schemas };
    r = new_snapshot(&registry->current, 0);
    if (r < 0)
        mcps__mutex_fini(&registry->mutex);
    return r;
}

static void drop_lists(struct mcps__registry *registry) MCPS__REQUIRES(registry->mutex);
static void drop_lists(struct mcps__registry *registry)
{
    for (size_t i = 0; i < MCPS__N_VERSIONS; i++)
        registry->lists[i] = mcps__bytes_unref(registry->lists[i]);
}

void mcps__registry_drop_lists(struct mcps__registry *registry)
{
    mcps__mutex_lock(&registry->mutex);
    drop_lists(registry);
    mcps__mutex_unlock(&registry->mutex);
}

/* Nobody else has it any more. */
MCPS__NO_LOCK_ANALYSIS
void mcps__registry_fini(struct mcps__registry *registry)
{
    drop_lists(registry);
    registry->current = mcps__snapshot_unref(registry->current);
    mcps__executors_fini(&registry->executors);
    mcps__arena_fini(&registry->documents);
    mcps__mutex_fini(&registry->mutex);
}

static int copy_document(struct mcps__arena *arena, struct mcps_schema_document *to,
                         const struct mcps_schema_document *from)
{
    if (!from->uri || !from->json)
        return -EINVAL;
    to->uri = mcps__arena_text(arena, from->uri, strlen(from->uri));
    to->json = mcps__arena_text(arena, from->json, strlen(from->json));
    return to->uri && to->json ? 0 : -ENOMEM;
}

int mcps__registry_set_schemas(struct mcps__registry *registry,
                               const struct mcps_schema_options *options)
{
    size_t n = options->n_documents;
    struct mcps_schema_document *documents =
        mcps__arena_get(&registry->documents, n * sizeof *documents);
    int r = documents ? 0 : -ENOMEM;

    if (n > 0 && !options->documents)
        return -EINVAL;
    for (size_t i = 0; i < n && r >= 0; i++)
        r = copy_document(&registry->documents, &documents[i], &options->documents[i]);
    if (r < 0)
        return r;
    registry->schemas = *options;
    registry->schemas.documents = documents;
    return 0;
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

/* ---- changes ---- */

enum change { ADD, REMOVE, ENABLE, DISABLE };

/* What the next snapshot is made of, beside the current one. */
struct edit {
    enum change change;
    const char *const *names; /* of tools that there are: all but ADD */
    struct mcps__tool *const *tools;
    size_t n;
    const char *fault; /* the name that cannot be, if that was what was wrong */
    bool seen;         /* clients see another list */
};

/* Which offers are named: an array of the old one's length, given. */
static int mark_named(bool **ret, const struct mcps__snapshot *old, struct edit *edit)
{
    size_t n = edit->change == ADD ? 0 : edit->n;
    bool *named = mcps__calloc(old->n_offers + 1, sizeof *named);

    if (!named)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct mcps__offer *offer = find_offer(old, edit->names[i]);

        if (!offer) {
            edit->fault = edit->names[i];
            mcps__free(named);
            return MCPS_ENOTFOUND;
        }
        named[offer - old->offers] = true;
    }
    *ret = named;
    return 0;
}

static int copy_offers(struct mcps__snapshot *snapshot, const struct mcps__snapshot *old,
                       struct edit *edit, const bool *named)
{
    int r = 0;

    for (size_t i = 0; i < old->n_offers && r >= 0; i++) {
        const struct mcps__offer *offer = &old->offers[i];
        bool enabled = named[i] ? edit->change == ENABLE : offer->enabled;

        edit->seen = edit->seen || enabled != offer->enabled;
        if (!named[i] || edit->change != REMOVE)
            r = put_tool(snapshot, offer->tool, enabled);
    }
    return r;
}

static int add_offers(struct mcps__snapshot *snapshot, struct edit *edit)
{
    int r = 0;

    for (size_t i = 0; i < edit->n && r >= 0; i++) {
        r = put_tool(snapshot, edit->tools[i], true);
        if (r == MCPS_EEXISTS)
            edit->fault = edit->tools[i]->name;
        edit->seen = true;
    }
    return r;
}

static int make_next(struct mcps__snapshot **ret, const struct mcps__snapshot *old,
                     struct edit *edit)
{
    struct mcps__snapshot *snapshot = NULL;
    bool *named = NULL;
    int r = mark_named(&named, old, edit);

    if (r >= 0)
        r = new_snapshot(&snapshot, old->n_offers + (edit->change == ADD ? edit->n : 0));
    if (r >= 0)
        r = copy_offers(snapshot, old, edit, named);
    if (r >= 0 && edit->change == ADD)
        r = add_offers(snapshot, edit);
    mcps__free(named);
    *ret = snapshot;
    return r;
}

/* Out of the lock go the old snapshot and, in the end, its tools: their destroy functions
 * are the application's. So does one that could not be finished. */
static int swap_in(struct mcps__registry *registry, struct mcps__log *log,
                   struct edit *edit)
{
    struct mcps__snapshot *next = NULL, *old = NULL;
    int r;

    mcps__mutex_lock(&registry->mutex);
    r = make_next(&next, registry->current, edit);
    if (r >= 0) {
        old = registry->current;
        registry->current = next;
        drop_lists(registry);
    }
    mcps__mutex_unlock(&registry->mutex);
    mcps__snapshot_unref(r < 0 ? next : old);
    if (edit->fault)
        mcps__log(log, MCPS_LOG_ERROR,
                  r == MCPS_EEXISTS ? "there is a tool %s already"
                                    : "there is no tool %s",
                  edit->fault);
    return r < 0 ? r : edit->seen;
}

int mcps__registry_add_tools(struct mcps__registry *registry, struct mcps__log *log,
                             const struct mcps_tool *tools, size_t n)
{
    struct mcps__tool **made = mcps__calloc(n ? n : 1, sizeof(struct mcps__tool *));
    const struct mcps__tool_context context = { &registry->schemas, log };
    struct edit edit = { .change = ADD, .tools = made, .n = n };
    int r = made ? 0 : -ENOMEM;

    for (size_t i = 0; i < n; i++) {
        struct mcps_tool tool = mcps__tool_at(tools, i);

        if (r >= 0)
            r = mcps__tool_new(&made[i], &tool, &context);
        if (r >= 0)
            r = mcps__tool_resolve(made[i], tool.executor, &registry->executors, log);
        if ((!made || !made[i]) && tool.destroy)
            tool.destroy(tool.userdata);
    }
    if (r >= 0)
        r = swap_in(registry, log, &edit);
    for (size_t i = 0; made && i < n; i++)
        mcps__tool_unref(made[i]);
    mcps__free(made);
    return r;
}

int mcps__registry_remove_tools(struct mcps__registry *registry, struct mcps__log *log,
                                const char *const *names, size_t n)
{
    struct edit edit = { .change = REMOVE, .names = names, .n = n };

    return swap_in(registry, log, &edit);
}

int mcps__registry_enable_tools(struct mcps__registry *registry, struct mcps__log *log,
                                const char *const *names, size_t n, bool enabled)
{
    struct edit edit = {
        .change = enabled ? ENABLE : DISABLE,
        .names = names,
        .n = n,
    };

    return swap_in(registry, log, &edit);
}
