/* SPDX-License-Identifier: MIT */
/*
 * The registry: what the server offers, for each kind an immutable snapshot that is swapped
 * as a whole. A call pins the offer that it runs, not the snapshot.
 *
 * THREADS. Every function may be called on any thread. Snapshots are refcounted and never
 * change.
 */
#ifndef MCPS_CORE_REGISTRY_H
#define MCPS_CORE_REGISTRY_H

#include "core/offer.h"
#include "schema/arena.h"
#include "util/lock.h"
#include "util/map.h"

struct mcps__place {
    struct mcps__offer *offer; /* a reference */
    bool enabled;              /* one that is not is neither listed nor called */
};

struct mcps__snapshot {
    struct mcps__obj obj;
    struct mcps__map by_key; /* of the places */
    size_t n_places;
    struct mcps__place *places; /* in the order of their registration */
};

struct mcps__pages; /* lists.h */

enum { MCPS__CLASSES = 16 }; /* for which pages are kept */

/* The same for a class of callers. Without any pages it may become another's. */
struct mcps__class_pages {
    unsigned number;
    struct mcps__pages *pages[MCPS_N_KINDS][MCPS__N_VERSIONS];
};

struct mcps__registry {
    struct mcps__mutex
        mutex; /* covers which snapshots there are; held while one is made */
    struct mcps__snapshot
        *current[MCPS_N_KINDS] MCPS__GUARDED; /* references; never NULL */
    /* What was listed of them, as far as it was asked for: lists.h. */
    struct mcps__pages *pages[MCPS_N_KINDS][MCPS__N_VERSIONS] MCPS__GUARDED;
    struct mcps__class_pages classes[MCPS__CLASSES] MCPS__GUARDED;
    uint64_t n_drops[MCPS_N_KINDS] MCPS__GUARDED; /* of those, for who makes some */
    uint64_t next_serial MCPS__GUARDED;
    atomic_uint kinds;                /* a bit for each that was ever offered */
    atomic_bool completes;            /* some offer ever did */
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
/* Of an array of `n` structs of the application, which `make` turns into offers of that
 * kind. The destroy functions of those that were not added are called in any case. */
int mcps__registry_add(struct mcps__registry *registry, struct mcps__log *log,
                       enum mcps_kind kind, mcps__offer_make_fn *make, const void *items,
                       size_t n) MCPS_MUST_CHECK;
/* MCPS_ENOTFOUND when one of the keys is none. */
int mcps__registry_remove(struct mcps__registry *registry, struct mcps__log *log,
                          enum mcps_kind kind, const char *const *keys,
                          size_t n) MCPS_MUST_CHECK;
int mcps__registry_enable(struct mcps__registry *registry, struct mcps__log *log,
                          enum mcps_kind kind, const char *const *keys, size_t n,
                          bool enabled) MCPS_MUST_CHECK;

/* What is listed is made anew when it is asked for next. */
void mcps__registry_drop_pages(struct mcps__registry *registry);

/* Was anything ever offered of which arguments complete? */
bool mcps__registry_completes(const struct mcps__registry *registry);
/* Was anything of the kind ever offered? */
bool mcps__registry_has(const struct mcps__registry *registry, enum mcps_kind kind);
/* A reference on the current snapshot. */
struct mcps__snapshot *mcps__registry_get(struct mcps__registry *registry,
                                          enum mcps_kind kind);
/* Returns NULL; NULL is fine. Under no lock. */
struct mcps__snapshot *mcps__snapshot_unref(struct mcps__snapshot *snapshot);
/* A reference on the offer of that key, or NULL. */
struct mcps__offer *mcps__registry_find(struct mcps__registry *registry,
                                        enum mcps_kind kind, const char *key, size_t len,
                                        bool *ret_enabled);

#endif
