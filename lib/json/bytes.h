/* SPDX-License-Identifier: MIT */
/*
 * Immutable bytes that many hold: JSON texts that are made once and sent often, such as
 * schemas and pages of lists. Every function may be called on any thread.
 */
#ifndef MCPS_JSON_BYTES_H
#define MCPS_JSON_BYTES_H

#include <stddef.h>

#include "util/obj.h"

struct mcps__bytes {
    struct mcps__obj obj;
    size_t len;
    char data[]; /* and a NUL behind them */
};

/* Copies the data. Gives the first reference in *ret. -ENOMEM. */
int mcps__bytes_new(struct mcps__bytes **ret, const void *data,
                    size_t len) MCPS_MUST_CHECK;
struct mcps__bytes *mcps__bytes_ref(struct mcps__bytes *bytes);
/* Returns NULL; NULL is fine. */
struct mcps__bytes *mcps__bytes_unref(struct mcps__bytes *bytes);

#endif
