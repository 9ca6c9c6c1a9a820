/* SPDX-License-Identifier: MIT */
/* The registry's snapshots; see registry.h. Offers are made in offer.c, tool.c and others. */
#include "config.h"

#include "core/registry.h"

#include <errno.h>
#include <string.h>

#include "core/lists.h"
#include "util/mem.h"

#define SNAPSHOT_MAGIC UINT32_C(0x536e6170)

/* ---- snapshots ---- */

static int new_snapshot(struct mcps__snapshot **ret, size_t n_places)
{
    struct mcps__snapshot *snapshot = mcps__calloc(1, sizeof *snapshot);
    int r;

    if (!snapshot)
        return -ENOMEM;
    r = mcps__map_init(&snapshot->by_key, SIZE_MAX);
    if (r >= 0 && n_places > 0) {
        snapshot->places = mcps__calloc(n_places, sizeof *snapshot->places);
        if (!snapshot->places)
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
    mcps__map_fini(&snapshot->by_key);
    for (size_t i = 0; i < snapshot->n_places; i++)
        mcps__offer_unref(snapshot->places[i].offer);
    mcps__free(snapshot->places);
    mcps__free(snapshot);
    return NULL;
}

static struct mcps__place *find_place(const struct mcps__snapshot *snapshot,
                                      const char *key)
{
    return mcps__map_lookup(&snapshot->by_key, key, strlen(key));
}

/* There is room for it. */
static int put_offer(struct mcps__snapshot *snapshot, struct mcps__offer *offer,
                     bool enabled)
{
    struct mcps__place *place = &snapshot->places[snapshot->n_places];
    int r = mcps__map_insert(&snapshot->by_key, offer->key, strlen(offer->key), place);

    if (r < 0)
        return r;
    *place = (struct mcps__place){ mcps__offer_ref(offer), enabled };
    snapshot->n_places++;
    return 0;
}

/* ---- the registry ---- */

static void drop_pages(struct mcps__registry *registry, size_t kind)
    MCPS__REQUIRES(registry->mutex);
static void drop_pages(struct mcps__registry *registry, size_t kind)
{
    for (size_t i = 0; i < MCPS__N_VERSIONS; i++)
        registry->pages[kind][i] = mcps__pages_unref(registry->pages[kind][i]);
    for (size_t k = 0; k < MCPS__CLASSES; k++) {
        struct mcps__pages **pages = registry->classes[k].pages[kind];

        for (size_t i = 0; i < MCPS__N_VERSIONS; i++)
            pages[i] = mcps__pages_unref(pages[i]);
    }
    registry->n_drops[kind]++;
}

void mcps__registry_drop_pages(struct mcps__registry *registry)
{
    mcps__mutex_lock(&registry->mutex);
    for (size_t kind = 0; kind < MCPS_N_KINDS; kind++)
        drop_pages(registry, kind);
    mcps__mutex_unlock(&registry->mutex);
}

/* Nobody else has it any more. */
MCPS__NO_LOCK_ANALYSIS
void mcps__registry_fini(struct mcps__registry *registry)
{
    for (size_t kind = 0; kind < MCPS_N_KINDS; kind++) {
        drop_pages(registry, kind);
        registry->current[kind] = mcps__snapshot_unref(registry->current[kind]);
    }
    mcps__executors_fini(&registry->executors);
    mcps__arena_fini(&registry->documents);
    mcps__mutex_fini(&registry->mutex);
}

/* Nobody else has it yet. */
MCPS__NO_LOCK_ANALYSIS
int mcps__registry_init(struct mcps__registry *registry)
{
    int r = mcps__mutex_init(&registry->mutex, MCPS__LOCK_registry);

    if (r < 0)
        return r;
    mcps__executors_init(&registry->executors);
    memset(registry->current, 0, sizeof registry->current);
    memset(registry->pages, 0, sizeof registry->pages);
    memset(registry->n_drops, 0, sizeof registry->n_drops);
    registry->next_serial = 1;
    atomic_init(&registry->kinds, 0);
    atomic_init(&registry->completes, false);
    registry->documents = (struct mcps__arena){ .blocks = NULL };
    registry->schemas =
        (struct mcps_schema_options){ .struct_size = sizeof registry->schemas };
    for (size_t kind = 0; kind < MCPS_N_KINDS && r >= 0; kind++)
        r = new_snapshot(&registry->current[kind], 0);
    if (r < 0)
        mcps__registry_fini(registry);
    return r;
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

bool mcps__registry_has(const struct mcps__registry *registry, enum mcps_kind kind)
{
    return atomic_load(&registry->kinds) & 1u << kind;
}

bool mcps__registry_completes(const struct mcps__registry *registry)
{
    return atomic_load(&registry->completes);
}

struct mcps__snapshot *mcps__registry_get(struct mcps__registry *registry,
                                          enum mcps_kind kind)
{
    struct mcps__snapshot *snapshot;

    mcps__mutex_lock(&registry->mutex);
    snapshot = registry->current[kind];
    mcps__obj_ref(&snapshot->obj);
    mcps__mutex_unlock(&registry->mutex);
    return snapshot;
}

struct mcps__offer *mcps__registry_find(struct mcps__registry *registry,
                                        enum mcps_kind kind, const char *key, size_t len,
                                        bool *ret_enabled)
{
    struct mcps__offer *offer = NULL;
    struct mcps__place *place;

    mcps__mutex_lock(&registry->mutex);
    place = mcps__map_lookup(&registry->current[kind]->by_key, key, len);
    if (place) {
        *ret_enabled = place->enabled;
        offer = mcps__offer_ref(place->offer);
    }
    mcps__mutex_unlock(&registry->mutex);
    return offer;
}

/* ---- changes ---- */

enum change { ADD, REMOVE, ENABLE, DISABLE };

/* What the next snapshot is made of, beside the current one. */
struct edit {
    enum mcps_kind kind;
    enum change change;
    const char *const *keys; /* of offers that there are: all but ADD */
    struct mcps__offer *const *offers;
    size_t n;
    const char *fault; /* the key that cannot be, if that was what was wrong */
    bool seen;         /* clients see another list */
};

/* Which places are named: an array of the old one's length, given. */
static int mark_named(bool **ret, const struct mcps__snapshot *old, struct edit *edit)
{
    size_t n = edit->change == ADD ? 0 : edit->n;
    bool *named = mcps__calloc(old->n_places + 1, sizeof *named);

    if (!named)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct mcps__place *place = find_place(old, edit->keys[i]);

        if (!place) {
            edit->fault = edit->keys[i];
            mcps__free(named);
            return MCPS_ENOTFOUND;
        }
        named[place - old->places] = true;
    }
    *ret = named;
    return 0;
}

/* One that is removed was seen only while it was enabled. */
static int copy_places(struct mcps__snapshot *snapshot, const struct mcps__snapshot *old,
                       struct edit *edit, const bool *named)
{
    int r = 0;

    for (size_t i = 0; i < old->n_places && r >= 0; i++) {
        const struct mcps__place *place = &old->places[i];
        bool enabled = named[i] ? edit->change == ENABLE : place->enabled;

        edit->seen = edit->seen || enabled != place->enabled;
        if (!named[i] || edit->change != REMOVE)
            r = put_offer(snapshot, place->offer, enabled);
    }
    return r;
}

static int add_offers(struct mcps__snapshot *snapshot, struct edit *edit)
{
    int r = 0;

    for (size_t i = 0; i < edit->n && r >= 0; i++) {
        r = put_offer(snapshot, edit->offers[i], true);
        if (r == MCPS_EEXISTS)
            edit->fault = edit->offers[i]->key;
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
        r = new_snapshot(&snapshot, old->n_places + (edit->change == ADD ? edit->n : 0));
    if (r >= 0)
        r = copy_places(snapshot, old, edit, named);
    if (r >= 0 && edit->change == ADD)
        r = add_offers(snapshot, edit);
    mcps__free(named);
    *ret = snapshot;
    return r;
}

static void take_serials(struct mcps__registry *registry, const struct edit *edit)
    MCPS__REQUIRES(registry->mutex);
static void take_serials(struct mcps__registry *registry, const struct edit *edit)
{
    for (size_t i = 0; edit->change == ADD && i < edit->n; i++)
        edit->offers[i]->serial = registry->next_serial++;
}

/* Out of the lock go the old snapshot and, in the end, its offers: their destroy functions
 * are the application's. So does one that could not be finished. */
static int swap_in(struct mcps__registry *registry, struct mcps__log *log,
                   struct edit *edit)
{
    struct mcps__snapshot *next = NULL, *old = NULL;
    const char *noun = mcps__kind_noun(edit->kind);
    int r;

    mcps__mutex_lock(&registry->mutex);
    r = make_next(&next, registry->current[edit->kind], edit);
    if (r >= 0) {
        take_serials(registry, edit);
        old = registry->current[edit->kind];
        registry->current[edit->kind] = next;
        drop_pages(registry, edit->kind);
    }
    mcps__mutex_unlock(&registry->mutex);
    mcps__snapshot_unref(r < 0 ? next : old);
    if (edit->fault)
        mcps__log(log, MCPS_LOG_ERROR,
                  r == MCPS_EEXISTS ? "there is a %s %s already" : "there is no %s %s",
                  noun, edit->fault);
    return r < 0 ? r : edit->seen;
}

int mcps__registry_add(struct mcps__registry *registry, struct mcps__log *log,
                       enum mcps_kind kind, mcps__offer_make_fn *make, const void *items,
                       size_t n)
{
    struct mcps__offer **made = mcps__calloc(n ? n : 1, sizeof(struct mcps__offer *));
    const struct mcps__offer_context context = { &registry->schemas, &registry->executors,
                                                 log };
    struct mcps__offer *unused = NULL;
    struct edit edit = { .kind = kind, .change = ADD, .offers = made, .n = n };
    int r = made ? 0 : -ENOMEM;

    /* Each is made, whatever became of those before it: so all are destroyed alike. */
    for (size_t i = 0; i < n; i++) {
        int one = make(made ? &made[i] : &unused, items, i, &context);

        if (!made)
            unused = mcps__offer_unref(unused);
        r = r < 0 ? r : one;
    }
    if (r >= 0)
        r = swap_in(registry, log, &edit);
    if (r >= 0 && n > 0)
        atomic_fetch_or(&registry->kinds, 1u << kind);
    for (size_t i = 0; made && i < n; i++) {
        if (r >= 0 && made[i]->completes)
            atomic_store(&registry->completes, true);
        mcps__offer_unref(made[i]);
    }
    mcps__free(made);
    return r;
}

int mcps__registry_remove(struct mcps__registry *registry, struct mcps__log *log,
                          enum mcps_kind kind, const char *const *keys, size_t n)
{
    struct edit edit = { .kind = kind, .change = REMOVE, .keys = keys, .n = n };

    return swap_in(registry, log, &edit);
}

int mcps__registry_enable(struct mcps__registry *registry, struct mcps__log *log,
                          enum mcps_kind kind, const char *const *keys, size_t n,
                          bool enabled)
{
    struct edit edit = {
        .kind = kind,
        .change = enabled ? ENABLE : DISABLE,
        .keys = keys,
        .n = n,
    };

    return swap_in(registry, log, &edit);
}
