/* SPDX-License-Identifier: MIT */
/*
 * Ids of requests, and progress tokens, which have the same form: strings and integers,
 * never mixed up (1 is not "1"), and given back as they came.
 *
 * An id is a plain value: copy it, compare it, there is nothing to free.
 */
#ifndef MCPS_RPC_ID_H
#define MCPS_RPC_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/json.h"

/* Bytes of an id as JSON text: a string of 256 bytes that need no escape, in its quotes. */
enum { MCPS__ID_TEXT_MAX = 258 };

enum mcps__id_kind { MCPS__ID_NONE, MCPS__ID_NUMBER, MCPS__ID_STRING };

struct mcps__id {
    uint8_t kind; /* enum mcps__id_kind */
    uint16_t len;
    int64_t number; /* of a number: 7.0 and 7 are the same id */
    /* What goes back: a number as it was written, a string with no more escapes than it
     * needs, so that equal strings have equal texts. */
    char text[MCPS__ID_TEXT_MAX];
};

/* Reads a JSON value that the scan has accepted. MCPS_EINVALID, with a sentence on why in
 * *reterr_why (static), for what is no id; -ENOMEM. */
int mcps__id_read(struct mcps__id *ret, const char *text, size_t len,
                  enum mcps__json_type type, const char **reterr_why) MCPS_MUST_CHECK;

/* The id of a request of our own. */
void mcps__id_of_number(struct mcps__id *ret, int64_t number);

/* Copies no more of `text` than is used. */
void mcps__id_copy(struct mcps__id *to, const struct mcps__id *from);

bool mcps__id_equal(const struct mcps__id *a, const struct mcps__id *b);

#endif
