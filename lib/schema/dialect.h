/* SPDX-License-Identifier: MIT */
/* What a schema may say, by its $schema. */
#ifndef MCPS_SCHEMA_DIALECT_H
#define MCPS_SCHEMA_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

/* Drafts as bits, so that a keyword can be of several. */
enum mcps__draft { MCPS__DRAFT_07 = 1 << 0, MCPS__DRAFT_2020 = 1 << 1 };

enum mcps__vocabulary {
    MCPS__VOC_CORE = 1 << 0,
    MCPS__VOC_APPLICATOR = 1 << 1,
    MCPS__VOC_UNEVALUATED = 1 << 2,
    MCPS__VOC_VALIDATION = 1 << 3,
    MCPS__VOC_META_DATA = 1 << 4,
    MCPS__VOC_FORMAT = 1 << 5,
    MCPS__VOC_FORMAT_ASSERTION = 1 << 6,
    MCPS__VOC_CONTENT = 1 << 7,
    MCPS__VOC_ALL = (1 << 6) - 1 + (1 << 7) /* all that are on without being named */
};

struct mcps__dialect {
    enum mcps__draft draft;
    unsigned vocabularies; /* enum mcps__vocabulary */
};

extern const struct mcps__dialect mcps__dialect_2020_12, mcps__dialect_draft_07;

/* The dialect of that $schema, or NULL. An empty fragment counts for nothing. */
const struct mcps__dialect *mcps__dialect_find(const char *uri, size_t len);
/* The vocabulary of that URI, or 0. */
unsigned mcps__vocabulary_find(const char *uri);

#endif
