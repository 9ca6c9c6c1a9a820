/* SPDX-License-Identifier: MIT */
/*
 * Numbers compared exactly, whatever they are written like: integers of 64 bits as such,
 * doubles where those tell, and otherwise the decimal digits that json-c keeps of a number's
 * text (json_object_new_double_s()). A double without such a text is the shortest decimal
 * that reads back as the same; so is one whose text has 17 digits and a fraction and is but what
 * json-c writes of any double ("0.10000000000000001"). A text that is no number, or not this one,
 * is not looked at. Infinities equal nothing and are beyond every limit; NaN fits none.
 */
#ifndef MCPS_SCHEMA_NUM_H
#define MCPS_SCHEMA_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

struct json_object;

/* A number of a schema: immutable once made, any thread, many at once. */
struct mcps__num {
    bool
        is_int; /* has the value below exactly; otherwise the double and the digits tell */
    bool negative;
    uint64_t magnitude;
    double value;     /* the nearest double, in any case */
    char *digits;     /* of the value without sign, leading and trailing zeros; owned */
    size_t n_digits;  /* 0: the value is 0 */
    int32_t exponent; /* the value is 0.digits * 10^exponent */
    char *text;       /* as it is to be shown; owned */
};

/* `v` is an int or a double of json-c. -ENOMEM. MCPS_ELIMIT for one of more than 1024 digits,
 * or an exponent beyond 4 digits. MCPS_EINVALID for infinities and NaN. */
int mcps__num_init(struct mcps__num *num, struct json_object *v) MCPS_MUST_CHECK;
/* Fine for one that is zeroed. */
void mcps__num_fini(struct mcps__num *num);

/* The following take an int or a double `v` of a tree that belongs to this thread. Those that
 * return an int return -ENOMEM, too; none allocates for integers and for doubles that are not
 * near to what they are compared with. MCPS_ELIMIT as above. */

/* *ret is less than 0, 0, or more, as `v` is less than `num`, the same, or more.
 * MCPS_EINVALID for NaN. */
int mcps__num_compare(struct json_object *v, const struct mcps__num *num,
                      int *ret) MCPS_MUST_CHECK;
/* Has it no fraction? 1 or 0. 1.0 and 1e300 have none. */
int mcps__num_is_integer(struct json_object *v) MCPS_MUST_CHECK;
/* 1 or 0. */
int mcps__num_is_multiple(struct json_object *v,
                          const struct mcps__num *of) MCPS_MUST_CHECK;
/* Is it what multipleOf can be: more than 0, and of at most 19 digits? */
bool mcps__num_is_divisor(const struct mcps__num *num);
/* Are two values the same number? 1 or 0. */
int mcps__num_equal(struct json_object *a, struct json_object *b) MCPS_MUST_CHECK;
/* A keyed hash, the same for two values that are the same number. */
int mcps__num_hash(struct json_object *v, const uint64_t seed[2],
                   uint64_t *ret) MCPS_MUST_CHECK;

#endif
