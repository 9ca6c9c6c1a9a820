/* SPDX-License-Identifier: MIT */
/* What a schema may say, by its $schema; see dialect.h. */
#include "config.h"

#include "schema/dialect.h"

#include <string.h>

const struct mcps__dialect mcps__dialect_2020_12 = { MCPS__DRAFT_2020, MCPS__VOC_ALL };
const struct mcps__dialect mcps__dialect_draft_07 = { MCPS__DRAFT_07, MCPS__VOC_ALL };

const struct mcps__dialect *mcps__dialect_find(const char *uri, size_t len)
{
    static const struct {
        const char *uri;
        const struct mcps__dialect *dialect;
    } dialects[] = {
        { "https://json-schema.org/draft/2020-12/schema", &mcps__dialect_2020_12 },
        { "http://json-schema.org/draft-07/schema", &mcps__dialect_draft_07 },
        { "https://json-schema.org/draft-07/schema", &mcps__dialect_draft_07 },
    };

    if (len > 0 && uri[len - 1] == '#')
        len--;
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++)
        if (strlen(dialects[i].uri) == len && memcmp(dialects[i].uri, uri, len) == 0)
            return dialects[i].dialect;
    return NULL;
}

unsigned mcps__vocabulary_find(const char *uri)
{
    static const char prefix[] = "https://json-schema.org/draft/2020-12/vocab/";
    static const struct {
        const char *name;
        unsigned bit;
    } vocabularies[] = {
        { "core", MCPS__VOC_CORE },
        { "applicator", MCPS__VOC_APPLICATOR },
        { "unevaluated", MCPS__VOC_UNEVALUATED },
        { "validation", MCPS__VOC_VALIDATION },
        { "meta-data", MCPS__VOC_META_DATA },
        { "format-annotation", MCPS__VOC_FORMAT },
        { "format-assertion", MCPS__VOC_FORMAT_ASSERTION },
        { "content", MCPS__VOC_CONTENT },
    };

    if (strncmp(uri, prefix, sizeof prefix - 1) != 0)
        return 0;
    for (size_t i = 0; i < sizeof vocabularies / sizeof vocabularies[0]; i++)
        if (strcmp(uri + sizeof prefix - 1, vocabularies[i].name) == 0)
            return vocabularies[i].bit;
    return 0;
}
