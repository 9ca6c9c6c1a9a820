/* SPDX-License-Identifier: MIT */
/* Pieces and their blobs; see piece.h. */
#include "config.h"

#include "core/piece.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/assert.h"
#include "util/base64.h"
#include "util/lock.h"
#include "util/mem.h"

enum {
    WASTE_ALLOWED = 1024, /* bytes of a piece's memory that are not worth a realloc() */
    FIRST_BLOBS = 4,
    READ_BYTES = 3 * 2048 /* of a file at once: whole groups */
};

/* ---- blobs ---- */

static int copy_blob(struct mcps_blob *blob)
{
    char *copy = mcps__memdup(blob->data, blob->len);

    if (!copy)
        return -ENOMEM;
    *blob = (struct mcps_blob){ .data = copy,
                                .len = blob->len,
                                .free = mcps__free,
                                .userdata = copy,
                                .kind = MCPS_BLOB_TAKE };
    return 0;
}

static void close_fd(void *userdata)
{
    close((int)(intptr_t)userdata);
}

/* From here on the descriptor is closed when the blob is released. */
static void take_fd(struct mcps_blob *blob, int fd)
{
    *blob = (struct mcps_blob){ .len = blob->len,
                                .free = close_fd,
                                .userdata = (void *)(intptr_t)fd,
                                .kind = MCPS_BLOB_FD,
                                .fd = fd };
}

/* Only of a regular file the bytes lie still, and reading them waits for nobody. */
static int measure(int fd, uint64_t *ret_size)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    *ret_size = (uint64_t)st.st_size;
    return 0;
}

static int own_fd(struct mcps_blob *blob)
{
    uint64_t size = 0;
    int r;

    if (blob->fd < 0)
        return -EINVAL;
    take_fd(blob, blob->fd);
    r = measure(blob->fd, &size);
    return r >= 0 && blob->len > size ? -EINVAL : r;
}

/* A FIFO must not be waited for. */
static int own_file(struct mcps_blob *blob)
{
    const char *path = blob->data;
    uint64_t size = 0;
    int fd, r;

    blob->data = NULL;
    if (!path)
        return -EINVAL;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    take_fd(blob, fd);
    r = measure(fd, &size);
    if (r < 0)
        return r;
    if (size > SIZE_MAX / 4)
        return MCPS_ELIMIT;
    blob->len = (size_t)size;
    return 0;
}

static int own_bytes(const struct mcps_blob *blob)
{
    return !blob->data && blob->len > 0 ? -EINVAL : 0;
}

static int own(struct mcps_blob *blob)
{
    switch (blob->kind) {
    case MCPS_BLOB_COPY:
    case MCPS_BLOB_STATIC:
    case MCPS_BLOB_TAKE: return own_bytes(blob);
    case MCPS_BLOB_FD: return own_fd(blob);
    case MCPS_BLOB_FILE: return own_file(blob);
    default: return -EINVAL;
    }
}

int mcps__blob_own(struct mcps_blob *blob, size_t max)
{
    int r;

    /* Only what is taken has somebody who frees it. */
    if (blob->kind != MCPS_BLOB_TAKE)
        blob->free = NULL;
    r = own(blob);
    if (r < 0)
        return r;
    if (blob->len > max || MCPS__BASE64_ENCODED(blob->len) > max)
        return MCPS_ELIMIT;
    if (blob->kind == MCPS_BLOB_COPY && blob->len > 0)
        r = copy_blob(blob);
    return r;
}

struct mcps_blob mcps__blob_share(const struct mcps_blob *blob,
                                  void (*fn)(void *userdata), void *userdata)
{
    return (struct mcps_blob){
        .data = blob->data,
        .len = blob->len,
        .free = fn,
        .userdata = userdata,
        .kind = blob->kind == MCPS_BLOB_FD ? MCPS_BLOB_FD : MCPS_BLOB_STATIC,
        .fd = blob->fd,
    };
}

static void call_free(void (*fn)(void *userdata), void *userdata)
{
    if (!fn)
        return;
    mcps__lock_assert_none_held();
    fn(userdata);
}

void mcps__blob_release(struct mcps_blob *blob)
{
    const struct mcps_blob released = *blob;

    *blob = (struct mcps_blob){ .data = NULL };
    call_free(released.free, released.userdata);
}

static int reserve_blobs(struct mcps__blobs *blobs, size_t more)
{
    size_t cap = blobs->cap > 0 ? blobs->cap : FIRST_BLOBS;
    struct mcps__blob *items;

    if (more <= blobs->cap - blobs->n)
        return 0;
    while (cap - blobs->n < more)
        cap *= 2;
    items = mcps__realloc(blobs->items, cap * sizeof *items);
    if (!items)
        return -ENOMEM;
    blobs->items = items;
    blobs->cap = cap;
    return 0;
}

static void push_blob(struct mcps__blobs *blobs, struct mcps__blob blob, size_t at)
{
    mcps__assert(blobs->n == 0 || blobs->items[blobs->n - 1].at <= at);
    blob.at = at;
    blob.wire_at = at + blobs->wire;
    blobs->items[blobs->n++] = blob;
    blobs->wire += MCPS__BASE64_ENCODED(blob.len);
    blobs->held += blob.held;
}

static size_t cost_of(const struct mcps_blob *blob)
{
    if (blob->kind == MCPS_BLOB_TAKE)
        return blob->len;
    return blob->kind == MCPS_BLOB_FD && blob->free == close_fd ? MCPS__BLOB_FD_COST : 0;
}

int mcps__blobs_add(struct mcps__blobs *blobs, struct mcps_blob *blob, size_t at)
{
    int r = reserve_blobs(blobs, 1);

    if (r < 0)
        return r;
    push_blob(blobs,
              (struct mcps__blob){ .data = blob->data,
                                   .len = blob->len,
                                   .free = blob->free,
                                   .userdata = blob->userdata,
                                   .fd = blob->kind == MCPS_BLOB_FD ? blob->fd : -1,
                                   .held = cost_of(blob) },
              at);
    *blob = (struct mcps_blob){ .data = NULL };
    return 0;
}

int mcps__blobs_append(struct mcps__blobs *to, struct mcps__blobs *from, size_t at)
{
    int r = from->n > 0 ? reserve_blobs(to, from->n) : 0;

    if (r < 0)
        return r;
    for (size_t i = 0; i < from->n; i++)
        push_blob(to, from->items[i], at + from->items[i].at);
    mcps__free(from->items);
    *from = (struct mcps__blobs){ .items = NULL };
    return 0;
}

void mcps__blob_refuse(struct mcps_blob *blob)
{
    if (blob->kind == MCPS_BLOB_FD && blob->fd >= 0)
        take_fd(blob, blob->fd);
    else if (blob->kind != MCPS_BLOB_TAKE)
        blob->free = NULL;
    mcps__blob_release(blob);
}

void mcps__blobs_fini(struct mcps__blobs *blobs)
{
    for (size_t i = 0; i < blobs->n; i++)
        call_free(blobs->items[i].free, blobs->items[i].userdata);
    mcps__free(blobs->items);
    *blobs = (struct mcps__blobs){ .items = NULL };
}

/* ---- pieces ---- */

/* A message's text follows its head in one buffer. */
enum { HEAD = offsetof(struct mcps__piece, data) };

_Static_assert(offsetof(struct mcps__piece, data) == sizeof(struct mcps__piece),
               "the content of a piece begins where its head ends");

int mcps__piece_begin(struct mcps__buf *buf, size_t max)
{
    int r;

    mcps__buf_init(buf, max > SIZE_MAX - HEAD ? SIZE_MAX : max + HEAD);
    r = mcps__buf_reserve(buf, HEAD);
    if (r == 0)
        buf->len = HEAD;
    return r;
}

size_t mcps__piece_text_len(const struct mcps__buf *buf)
{
    return buf->len - HEAD;
}

struct mcps__piece *mcps__piece_end_with(struct mcps__buf *buf, struct mcps__blobs *blobs)
{
    struct mcps__piece *piece = (void *)buf->data;
    size_t len = buf->len, waste = buf->cap - len;

    mcps__assert(len >= HEAD);
    mcps__buf_init(buf, buf->max);
    /* A buffer doubles as it grows. */
    if (waste > WASTE_ALLOWED && waste > len / 4) {
        struct mcps__piece *smaller = mcps__realloc(piece, len);

        if (smaller)
            piece = smaller;
    }
    mcps__list_init(&piece->link);
    piece->owner = NULL;
    piece->progress = false;
    piece->tool_error = false;
    piece->earned = piece->last = piece->ends_here = false;
    piece->code = piece->status = 0;
    piece->serial = 0;
    piece->ret_serial = NULL;
    piece->text_len = len - HEAD;
    piece->len = piece->text_len + blobs->wire;
    piece->blobs = *blobs;
    *blobs = (struct mcps__blobs){ .items = NULL };
    return piece;
}

struct mcps__piece *mcps__piece_end(struct mcps__buf *buf)
{
    struct mcps__blobs none = { .items = NULL };

    return mcps__piece_end_with(buf, &none);
}

void mcps__piece_free(struct mcps__piece *piece)
{
    if (!piece)
        return;
    mcps__blobs_fini(&piece->blobs);
    mcps__free(piece);
}

void mcps__pieces_free(struct mcps__list *pieces)
{
    MCPS__LIST_FOREACH_SAFE (node, pieces) {
        mcps__list_remove(node);
        mcps__piece_free(MCPS__CONTAINER_OF(node, struct mcps__piece, link));
    }
}

/* ---- what comes next ---- */

/* How many of the blobs begin at an offset of the message or before it. */
static size_t n_begun(const struct mcps__blobs *blobs, size_t offset)
{
    size_t low = 0, high = blobs->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (blobs->items[middle].wire_at <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What cannot be read is zeros: the message has said already how long it is. */
static void read_all(int fd, char *to, size_t len, size_t offset)
{
    while (len > 0) {
        ssize_t n = pread(fd, to, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        to += n;
        len -= (size_t)n;
        offset += (size_t)n;
    }
    memset(to, 0, len);
}

static void encode_file(char *out, int fd, size_t offset, size_t len)
{
    char bytes[READ_BYTES];

    while (len > 0) {
        size_t n = len < READ_BYTES ? len : READ_BYTES;

        read_all(fd, bytes, n, offset);
        mcps__base64_encode(out, bytes, n);
        out += MCPS__BASE64_ENCODED(n);
        offset += n;
        len -= n;
    }
}

/* Whole groups of four characters, from the one on that the offset is in. */
static struct mcps__span encode(const struct mcps__blob *blob, size_t offset,
                                struct mcps__scratch *scratch)
{
    size_t group = offset / 4, skip = offset % 4, n_groups = scratch->size / 4;
    size_t left = blob->len - group * 3, len = left / 3 < n_groups ? left : n_groups * 3;
    struct mcps__span span = { scratch->data + skip, 0 };

    if (n_groups == 0)
        return span;
    if (blob->fd >= 0)
        encode_file(scratch->data, blob->fd, group * 3, len);
    else
        mcps__base64_encode(scratch->data, (const char *)blob->data + group * 3, len);
    scratch->data += MCPS__BASE64_ENCODED(len);
    scratch->size -= MCPS__BASE64_ENCODED(len);
    span.len = MCPS__BASE64_ENCODED(len) - skip;
    return span;
}

struct mcps__span mcps__piece_next(struct mcps__piece *piece, size_t offset,
                                   struct mcps__scratch *scratch)
{
    const struct mcps__blobs *blobs = &piece->blobs;
    size_t n = n_begun(blobs, offset), at = offset, end = piece->text_len;

    mcps__assert(offset <= piece->len);
    if (n > 0) {
        const struct mcps__blob *blob = &blobs->items[n - 1];
        size_t in_blob = offset - blob->wire_at,
               encoded = MCPS__BASE64_ENCODED(blob->len);

        if (in_blob < encoded)
            return encode(blob, in_blob, scratch);
        at = blob->at + in_blob - encoded;
    }
    if (n < blobs->n)
        end = blobs->items[n].at;
    return (struct mcps__span){ piece->data + at, end - at };
}
