/* SPDX-License-Identifier: MIT */
/* A growable byte buffer with a limit; see buf.h. */
#include "config.h"

#include "util/buf.h"

#include <errno.h>
#include <string.h>

#include "util/mem.h"

enum { FIRST_CAP = 256 };

void mcps__buf_init(struct mcps__buf *buf, size_t max)
{
    *buf = (struct mcps__buf){ .max = max };
}

void mcps__buf_fini(struct mcps__buf *buf)
{
    mcps__free(buf->data);
    mcps__buf_init(buf, buf->max);
}

void mcps__buf_clear(struct mcps__buf *buf)
{
    buf->len = 0;
}

void mcps__buf_shrink(struct mcps__buf *buf, size_t keep)
{
    buf->len = 0;
    if (buf->cap > keep)
        mcps__buf_fini(buf);
}

/* Doubles, so that appending byte by byte costs linear time. */
static int grow(struct mcps__buf *buf, size_t need)
{
    size_t cap = buf->cap > 0 ? buf->cap : FIRST_CAP;
    char *data;

    if (cap > buf->max)
        cap = buf->max;
    while (cap < need)
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    data = mcps__realloc(buf->data, cap);
    if (!data)
        return -ENOMEM;
    buf->data = data;
    buf->cap = cap;
    return 0;
}

int mcps__buf_reserve(struct mcps__buf *buf, size_t more)
{
    if (more <= buf->cap - buf->len)
        return 0;
    if (more > buf->max - buf->len)
        return MCPS_ELIMIT;
    return grow(buf, buf->len + more);
}

int mcps__buf_append(struct mcps__buf *buf, const void *data, size_t len)
{
    int r = mcps__buf_reserve(buf, len);

    if (r < 0)
        return r;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return 0;
}

int mcps__buf_append_str(struct mcps__buf *buf, const char *text)
{
    return mcps__buf_append(buf, text, strlen(text));
}

int mcps__buf_append_byte(struct mcps__buf *buf, char byte)
{
    return mcps__buf_append(buf, &byte, 1);
}

void mcps__buf_consume(struct mcps__buf *buf, size_t len)
{
    buf->len -= len;
    if (buf->len > 0)
        memmove(buf->data, buf->data + len, buf->len);
}
