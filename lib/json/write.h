/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON into a buffer, without a tree and without white space.
 *
 * The first error is kept, and everything after it ignored: write it all, then ask
 * mcps__write_end(). The caller sees to it that keys and values alternate and that what is
 * opened is closed. Nothing depends on the locale. Owned by one thread at a time.
 */
#ifndef MCPS_JSON_WRITE_H
#define MCPS_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct json_object;

struct mcps__writer {
    struct mcps__buf *out; /* borrowed */
    int error;
    bool comma; /* due before the next member or element */
};

/* Appends to `out`. */
void mcps__write_init(struct mcps__writer *w, struct mcps__buf *out);
/* 0, or the first error; `out` then ends somewhere in the middle. */
int mcps__write_end(const struct mcps__writer *w) MCPS_MUST_CHECK;

void mcps__write_object(struct mcps__writer *w);
void mcps__write_object_end(struct mcps__writer *w);
void mcps__write_array(struct mcps__writer *w);
void mcps__write_array_end(struct mcps__writer *w);

/* Text is UTF-8; each byte that is not becomes U+FFFD, so that what a tool passes on from a
 * file or a program can never break the stream. */
void mcps__write_key(struct mcps__writer *w, const char *name);
void mcps__write_string(struct mcps__writer *w, const char *text);
void mcps__write_text(struct mcps__writer *w, const char *text, size_t len);

void mcps__write_int(struct mcps__writer *w, int64_t value);
void mcps__write_uint(struct mcps__writer *w, uint64_t value);
/* The shortest of 15, 16 or 17 digits that reads back as the same value, always with a
 * fraction or an exponent. JSON has no infinity and no NaN: MCPS_EINVALID. */
void mcps__write_double(struct mcps__writer *w, double value);
/* That text alone, of at least so many digits (but for zeros at the end) and a finite value,
 * with a NUL behind it. Returns its length. */
enum { MCPS__DOUBLE_SIZE = 64 };
size_t mcps__double_text(char text[MCPS__DOUBLE_SIZE], double value, int least);
void mcps__write_bool(struct mcps__writer *w, bool value);
void mcps__write_null(struct mcps__writer *w);

/* JSON text as it is: one value, which the caller knows to be valid. */
void mcps__write_raw(struct mcps__writer *w, const char *json, size_t len);
/* A whole tree (NULL: null), borrowed and only read. MCPS__JSON_EDEPTH beyond
 * MCPS__JSON_DEPTH_MAX levels. */
void mcps__write_tree(struct mcps__writer *w, struct json_object *tree);

#endif
