/* SPDX-License-Identifier: MIT */
/*
 * The scan: one validating pass over a JSON text, which can be fed as it arrives.
 *
 * The caller keeps the text in one piece and shows ever more of it; the scan keeps only a
 * position and a few words of state. It checks all of RFC 8259, UTF-8 and the limits, and
 * records where the members of a message lie (those of the text's own object, of its
 * "params", and of the "_meta" in those), so that nothing else has to be parsed to route a
 * message. Of a text that is an array, a batch, it records the elements.
 *
 * Owned by one thread at a time. The verdict, and the place of an error, do not depend on
 * the pieces in which a text is fed.
 */
#ifndef MCPS_JSON_SCAN_H
#define MCPS_JSON_SCAN_H

#include "json/json.h"

enum mcps__scan_level {
    MCPS__SCAN_TOP = 1, /* member of the text's object, or element of its array */
    MCPS__SCAN_PARAMS,
    MCPS__SCAN_META
};

struct mcps__scan_member {
    uint32_t key, key_len;     /* offset of the text between the quotes, as written */
    uint32_t value, value_len; /* offset of the value, with its quotes or brackets */
    uint8_t level;             /* enum mcps__scan_level */
    uint8_t type;              /* enum mcps__json_type */
    bool key_escaped;
    uint64_t key_hash; /* only where keys had to be compared with care */
};

struct mcps__scan {
    struct mcps__json_limits limits;
    size_t pos;    /* the first byte that is not scanned yet; of an error, its place */
    size_t string; /* where the string or key begins that is being scanned */
    uint32_t key, key_len; /* the latest key, between its quotes */
    bool key_escaped;
    uint8_t seen;     /* in the string or key that is being scanned */
    uint64_t objects; /* one bit a level, the innermost lowest: is it an object? */
    uint32_t depth;
    uint32_t recorded; /* members are recorded while the depth is from 1 to this */
    uint32_t n_values;
    int state;       /* of the grammar, or the error that ended the scan */
    bool nul_in_key; /* some key has \u0000 in it; the message layer refuses that */
    uint8_t type;    /* enum mcps__json_type of the whole text */
    struct mcps__scan_member *members;
    uint32_t n_recorded, cap_recorded;
    uint32_t open[MCPS__SCAN_META + 1]; /* the member being scanned at each level */
};

/* Limits above what the scan can do are lowered to that. Allocates nothing. */
void mcps__scan_init(struct mcps__scan *scan, const struct mcps__json_limits *limits);
void mcps__scan_fini(struct mcps__scan *scan);
/* Makes ready for another text, and keeps the memory for the members. */
void mcps__scan_reset(struct mcps__scan *scan);

/*
 * Goes on with a text (NULL while it is empty), of which `len` bytes are there by now: those of earlier calls,
 * unchanged (though the memory may have moved), and what came since. `last` says that no
 * more will come. Returns 1 when the whole text is one JSON value, 0 when more must come
 * (never with `last`), or an error of enum mcps__json_error or -ENOMEM; `scan->pos` is then
 * its place, and every further call returns it again.
 */
int mcps__scan_feed(struct mcps__scan *scan, const char *text, size_t len,
                    bool last) MCPS_MUST_CHECK;

/* The member of a level whose key stands for `name`, or NULL. Borrowed until the reset. */
const struct mcps__scan_member *mcps__scan_find(const struct mcps__scan *scan,
                                                const char *text,
                                                enum mcps__scan_level level,
                                                const char *name);

/* Has a level two members of one name? At most limits.members keys are compared, pair by
 * pair, each of limits.name bytes at the most. */
bool mcps__scan_has_duplicates(struct mcps__scan *scan, const char *text);

#endif
