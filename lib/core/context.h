/* SPDX-License-Identifier: MIT */
/*
 * The context of a request: the version that its client speaks, and what the client can do.
 * Immutable, and shared by many requests: those of a legacy session, or modern ones that
 * declare the same.
 */
#ifndef MCPS_CORE_CONTEXT_H
#define MCPS_CORE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "json/bytes.h"
#include "json/write.h"
#include "mcpserver/tool.h"
#include "util/obj.h"

/* XX(name, text, era, batches): the revisions of the protocol, oldest first. */
#define MCPS__VERSION_MAP(XX)                   \
    XX(2024_11_05, "2024-11-05", LEGACY, false) \
    XX(2025_03_26, "2025-03-26", LEGACY, true)  \
    XX(2025_06_18, "2025-06-18", LEGACY, false) \
    XX(2025_11_25, "2025-11-25", LEGACY, false) \
    XX(2026_07_28, "2026-07-28", MODERN, false)

enum mcps__version {
#define XX(name, text, era, batches) MCPS__V_##name,
    MCPS__VERSION_MAP(XX)
#undef XX
        MCPS__N_VERSIONS
};

enum mcps__era {
    MCPS__LEGACY, /* a handshake says once what holds for all requests */
    MCPS__MODERN  /* each request says it */
};

struct mcps__version_info {
    const char *text;
    enum mcps__era era;
    bool batches;
};

/* Static. */
const struct mcps__version_info *mcps__version_info(enum mcps__version version);
/* The version of an era that has that name, or MCPS_ENOTFOUND. */
int mcps__version_by_name(enum mcps__era era, const char *text,
                          size_t len) MCPS_MUST_CHECK;

/* What a client calls itself, as much of it as is kept. Empty: it did not say. */
struct mcps__client {
    char name[128], version[64];
};

/* Keeps what fits of two texts, without what is no UTF-8 any more, or follows a NUL. */
void mcps__client_keep(struct mcps__client *client, const char *name, size_t name_len,
                       const char *version, size_t version_len);

struct mcps__context {
    struct mcps__obj obj;
    enum mcps__version version;
    unsigned capabilities; /* of enum mcps_client_capabilities */
    struct mcps__bytes
        *declared; /* modern: the text that they were read from, if it is kept */
    struct mcps__client client; /* legacy; a modern request brings its own */
};

/* Takes a reference on `declared`, which may be NULL. */
int mcps__context_new(struct mcps__context **ret, enum mcps__version version,
                      unsigned capabilities,
                      struct mcps__bytes *declared) MCPS_MUST_CHECK;
struct mcps__context *mcps__context_ref(struct mcps__context *context);
/* Returns NULL; NULL is fine. */
struct mcps__context *mcps__context_unref(struct mcps__context *context);

static inline bool mcps__context_is_modern(const struct mcps__context *context)
{
    return mcps__version_info(context->version)->era == MCPS__MODERN;
}

/* The code of an error that is the server's: the modern era has none of its own for them. */
int mcps__context_code(const struct mcps__context *context, int code);

/* The level of that name in the protocol, or -EINVAL; and back. Static. */
int mcps__log_level_by_name(const char *name, size_t len) MCPS_MUST_CHECK;
const char *mcps__log_level_name(enum mcps_log_level level);

/* Bits, for mcps__capabilities_of() alone, that stand for an object of that name among the
 * capabilities that a client declares, or in the one called `of` (NULL: none). */
unsigned mcps__capability_by_name(const char *of, const char *name, size_t len);
/* enum mcps_client_capabilities for what was declared, as far as the revision knows it. */
unsigned mcps__capabilities_of(enum mcps__version version, unsigned declared);
/* Writes the data of the error -32021: that those are missing, as an object of objects. */
void mcps__write_missing(struct mcps__writer *w, unsigned missing);

#endif
