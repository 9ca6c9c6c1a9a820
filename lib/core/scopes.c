/* SPDX-License-Identifier: MIT */
/* Scopes; see scopes.h. */
#include "config.h"

#include "core/scopes.h"

#include <errno.h>
#include <string.h>

#include "util/mem.h"

#define SCOPES_MAGIC UINT32_C(0x53636f70)

int mcps__scopes_new(struct mcps__scopes **ret, const char *const *scopes)
{
    struct mcps__scopes *copy;
    size_t n = 0, bytes = 0;
    char *text;

    *ret = NULL;
    if (!scopes)
        return 0;
    for (; scopes[n]; n++)
        bytes += strlen(scopes[n]) + 1;
    copy = mcps__malloc(sizeof *copy + (n + 1) * sizeof copy->items[0] + bytes);
    if (!copy)
        return -ENOMEM;
    mcps__obj_init(&copy->obj, SCOPES_MAGIC);
    text = (char *)&copy->items[n + 1];
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(scopes[i]) + 1;

        memcpy(text, scopes[i], size);
        copy->items[i] = text;
        text += size;
    }
    copy->items[n] = NULL;
    *ret = copy;
    return 0;
}

struct mcps__scopes *mcps__scopes_ref(struct mcps__scopes *scopes)
{
    if (!scopes)
        return NULL;
    MCPS__CHECK_OBJ(scopes, SCOPES_MAGIC);
    mcps__obj_ref(&scopes->obj);
    return scopes;
}

struct mcps__scopes *mcps__scopes_unref(struct mcps__scopes *scopes)
{
    if (!scopes)
        return NULL;
    MCPS__CHECK_OBJ(scopes, SCOPES_MAGIC);
    if (mcps__obj_unref(&scopes->obj))
        mcps__free(scopes);
    return NULL;
}
