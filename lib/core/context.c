/* SPDX-License-Identifier: MIT */
/* The context of a request; see context.h. */
#include "config.h"

#include "core/context.h"

#include <errno.h>
#include <string.h>

#include "util/mem.h"

#define CONTEXT_MAGIC UINT32_C(0x436f6e74)

static const struct mcps__version_info infos[] = {
#define XX(name, text, batches) { text, batches },
    MCPS__VERSION_MAP(XX)
#undef XX
};

const struct mcps__version_info *mcps__version_info(enum mcps__version version)
{
    return &infos[version];
}

int mcps__version_by_name(const char *text, size_t len)
{
    for (int i = 0; i < MCPS__N_VERSIONS; i++) {
        if (strlen(infos[i].text) == len && memcmp(infos[i].text, text, len) == 0)
            return i;
    }
    return MCPS_ENOTFOUND;
}

int mcps__context_new(struct mcps__context **ret, enum mcps__version version,
                      unsigned capabilities)
{
    struct mcps__context *context = mcps__calloc(1, sizeof *context);

    if (!context)
        return -ENOMEM;
    mcps__obj_init(&context->obj, CONTEXT_MAGIC);
    context->version = version;
    context->capabilities = capabilities;
    *ret = context;
    return 0;
}

struct mcps__context *mcps__context_ref(struct mcps__context *context)
{
    MCPS__CHECK_OBJ(context, CONTEXT_MAGIC);
    mcps__obj_ref(&context->obj);
    return context;
}

struct mcps__context *mcps__context_unref(struct mcps__context *context)
{
    if (!context)
        return NULL;
    MCPS__CHECK_OBJ(context, CONTEXT_MAGIC);
    if (mcps__obj_unref(&context->obj))
        mcps__free(context);
    return NULL;
}
