/* SPDX-License-Identifier: MIT */
/* Immutable refcounted bytes; see bytes.h. */
#include "config.h"

#include "json/bytes.h"

#include <errno.h>
#include <string.h>

#include "util/mem.h"

#define BYTES_MAGIC UINT32_C(0x6d62797e)

int mcps__bytes_new(struct mcps__bytes **ret, const void *data, size_t len)
{
    struct mcps__bytes *bytes;

    if (len > SIZE_MAX - sizeof *bytes - 1)
        return -ENOMEM;
    bytes = mcps__malloc(sizeof *bytes + len + 1);
    if (!bytes)
        return -ENOMEM;
    mcps__obj_init(&bytes->obj, BYTES_MAGIC);
    bytes->len = len;
    if (len > 0)
        memcpy(bytes->data, data, len);
    bytes->data[len] = '\0';
    *ret = bytes;
    return 0;
}

struct mcps__bytes *mcps__bytes_ref(struct mcps__bytes *bytes)
{
    MCPS__CHECK_OBJ(bytes, BYTES_MAGIC);
    mcps__obj_ref(&bytes->obj);
    return bytes;
}

struct mcps__bytes *mcps__bytes_unref(struct mcps__bytes *bytes)
{
    if (!bytes)
        return NULL;
    MCPS__CHECK_OBJ(bytes, BYTES_MAGIC);
    if (mcps__obj_unref(&bytes->obj))
        mcps__free(bytes);
    return NULL;
}
