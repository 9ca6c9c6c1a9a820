/* SPDX-License-Identifier: MIT */
/*
 * What a handler says: the result of its call.
 *
 * A result is a list of blocks (texts, images, sounds, resources), and may have structured
 * content besides. What the revision of the protocol that a client speaks does not have is
 * not sent; where it would be missed there is a text in its place.
 *
 * Every function may be called on any thread by whoever has a reference on the call, also on
 * several at once; the blocks come in the order of the calls. A function adds all that it is
 * given or nothing. Each returns 0, or:
 *
 *     MCPS_ECANCELLED  the call was cancelled;
 *     MCPS_ECLOSED     it is finished;
 *     MCPS_ELIMIT      the result would exceed the limit result_bytes, in which base64 counts
 *                      as it is sent, or what the limit out_total_bytes leaves;
 *     -EINVAL          an argument is not what it must be;
 *     -ENOMEM
 *
 * Names of media types, URIs and names are not empty, and UTF-8 without control characters;
 * URIs of blocks and links are absolute, as in RFC 3986.
 * In all other text bytes that are not UTF-8 become U+FFFD. Strings and structs are borrowed
 * until the function returns; blobs are as they say.
 */
#ifndef MCPSERVER_RESULT_H
#define MCPSERVER_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include <mcpserver/base.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- text ---- */

/* Adds a text. */
MCPS_PUBLIC int mcps_call_text(mcps_call *call, const char *format, ...)
    MCPS_PRINTF(2, 3);
/* The same, of bytes that are no format. */
MCPS_PUBLIC int mcps_call_text_bytes(mcps_call *call, const char *text, size_t len);
/* The same as the first, and makes the result a tool error: the model sees it and may do
 * better. */
MCPS_PUBLIC int mcps_call_fail(mcps_call *call, const char *format, ...)
    MCPS_PRINTF(2, 3);

/* ---- bytes ---- */

enum mcps_blob_kind {
    MCPS_BLOB_COPY = 1,
    MCPS_BLOB_STATIC,
    MCPS_BLOB_TAKE,
    MCPS_BLOB_FD,
    MCPS_BLOB_FILE
};

/* Bytes, and whose they are: made by the functions below. They are sent as base64, which is
 * written while the client reads it and never exists as a whole. */
struct mcps_blob {
    const void *data MCPS_0; /* may be NULL if there are none */
    size_t len MCPS_0;
    void (*free)(void *userdata) MCPS_0;
    void *userdata MCPS_0;
    int kind MCPS_0; /* enum mcps_blob_kind */
    int fd MCPS_0;   /* of MCPS_BLOB_FD */
};

/* For the functions below. */
static inline struct mcps_blob mcps_blob_(const void *data, size_t len, int kind,
                                          void (*fn)(void *userdata), void *userdata)
{
    struct mcps_blob blob;

    blob.data = data;
    blob.len = len;
    blob.free = fn;
    blob.userdata = userdata;
    blob.kind = kind;
    blob.fd = -1;
    return blob;
}

/* Bytes that are copied before the function that gets them returns. */
static inline struct mcps_blob mcps_blob_copy(const void *data, size_t len)
{
    return mcps_blob_(data, len, MCPS_BLOB_COPY, NULL, NULL);
}

/* Bytes that stay as they are for ever. They are not copied. */
static inline struct mcps_blob mcps_blob_static(const void *data, size_t len)
{
    return mcps_blob_(data, len, MCPS_BLOB_STATIC, NULL, NULL);
}

/* The same for static structs, such as resources. */
#define MCPS_STATIC_BLOB(bytes, size) \
    MCPS_STRUCT_(mcps_blob, .data = bytes, .len = size, .kind = MCPS_BLOB_STATIC)

/* Bytes that are the library's once a function has got them, whatever that returns. They are
 * not copied. `fn` (NULL: nothing is to be done) is called once when they are no longer
 * needed: by the function itself, or later by whatever thread has the last of them, which may
 * be an I/O thread that serves others, too. It must not block. No lock of the library is held
 * then. */
static inline struct mcps_blob mcps_blob_take(const void *data, size_t len,
                                              void (*fn)(void *userdata), void *userdata)
{
    return mcps_blob_(data, len, MCPS_BLOB_TAKE, fn, userdata);
}

/*
 * The first `len` bytes of a regular file. They are read while the client takes them, by the
 * I/O thread that serves it and maybe others, and never lie in memory as a whole. The
 * descriptor is the library's once a function has got it, whatever that returns; its offset is
 * neither used nor changed. A file that is shorter is refused, -EINVAL; for one that becomes
 * shorter, or cannot be read, meanwhile, zeros are sent, for the message must be whole.
 */
static inline struct mcps_blob mcps_blob_fd(int fd, size_t len)
{
    struct mcps_blob blob = mcps_blob_(NULL, len, MCPS_BLOB_FD, NULL, NULL);

    blob.fd = fd;
    return blob;
}

/* A regular file, as it is when a function gets this, which opens it: its errors are those of
 * open(), and -EINVAL for what is no regular file. Bytes are read as with the one before. The
 * path is borrowed until the function returns. */
static inline struct mcps_blob mcps_blob_file(const char *path)
{
    return mcps_blob_(path, 0, MCPS_BLOB_FILE, NULL, NULL);
}

/* Adds an image of a media type, such as "image/png". */
MCPS_PUBLIC int mcps_call_image(mcps_call *call, const char *mime, struct mcps_blob blob);
/* Adds a sound. Clients before 2025-03-26 get a text with its type and size. */
MCPS_PUBLIC int mcps_call_audio(mcps_call *call, const char *mime, struct mcps_blob blob);

/* ---- resources ---- */

/* Adds the content of a resource. `mime` may be NULL: not known. For the handler of a resource
 * or a template (resource.h) a URI of NULL is the one that is read, and a `mime` of NULL the one
 * that it declares. */
MCPS_PUBLIC int mcps_call_resource_text(mcps_call *call, const char *uri,
                                        const char *mime, const char *text, size_t len);
MCPS_PUBLIC int mcps_call_resource_blob(mcps_call *call, const char *uri,
                                        const char *mime, struct mcps_blob blob);

/* Members are added at the end only. */
struct mcps_resource_link {
    size_t struct_size MCPS_0; /* as MCPS_RESOURCE_LINK() sets it */
    const char *uri MCPS_0;
    const char *name MCPS_0;
    const char *title MCPS_0;       /* for people; NULL: none */
    const char *description MCPS_0; /* for the model; NULL: none */
    const char *mime MCPS_0;        /* NULL: not known */
    uint64_t size MCPS_0;           /* in bytes; 0: not known */
    const char *icons MCPS_0;       /* JSON text, an array; NULL: none. From 2025-11-25 */
};

#define MCPS_RESOURCE_LINK(...)                                                        \
    MCPS_STRUCT_(mcps_resource_link, .struct_size = sizeof(struct mcps_resource_link), \
                 __VA_ARGS__)

/* Adds a link to a resource. Clients before 2025-06-18 get a text with its name and URI. */
MCPS_PUBLIC int mcps_call_resource_link(mcps_call *call,
                                        const struct mcps_resource_link *link);

/* ---- about the latest block ---- */

enum mcps_audience { MCPS_FOR_USER = 1 << 0, MCPS_FOR_ASSISTANT = 1 << 1 };

/* Members are added at the end only. */
struct mcps_annotations {
    size_t struct_size MCPS_0;     /* as MCPS_ANNOTATIONS() sets it */
    unsigned audience MCPS_0;      /* enum mcps_audience; 0: not said */
    const double *priority MCPS_0; /* from 0, optional, to 1, required; NULL: not said */
    const char *last_modified
        MCPS_0; /* as in ISO 8601; NULL: not said. From 2025-06-18 */
};

#define MCPS_ANNOTATIONS(...)                                                      \
    MCPS_STRUCT_(mcps_annotations, .struct_size = sizeof(struct mcps_annotations), \
                 __VA_ARGS__)

/* Says something of the block that was added last. -EINVAL also when there is none; -EALREADY
 * when it has annotations. */
MCPS_PUBLIC int mcps_call_annotate(mcps_call *call,
                                   const struct mcps_annotations *annotations);
/* Gives the latest block a _meta: JSON text of an object, whose keys are as those of
 * mcps_call_meta(). Not sent before 2025-06-18. -EINVAL also when there is no block; -EALREADY
 * when it has one. */
MCPS_PUBLIC int mcps_call_content_meta(mcps_call *call, const char *json);

/* ---- about the result ---- */

/* Adds a member to the _meta of the result: any JSON text. A key is a name, with a prefix such
 * as "com.example/" or without; prefixes that the protocol reserves are refused: -EINVAL.
 * MCPS_EEXISTS when there is one of that key. */
MCPS_PUBLIC int mcps_call_meta(mcps_call *call, const char *key, const char *json);

/* Makes the tree, borrowed and only read, the structured content of the result, in place of
 * what was that before. When the result has no block at its end, the JSON of the tree becomes
 * its text, and has room kept for it by the limit. Clients before 2025-06-18 get nothing but
 * that text, and so does any before 2026-07-28 if the tree is no object. */
MCPS_PUBLIC int mcps_call_structured(mcps_call *call, struct json_object *tree);

#ifdef __cplusplus
}
#endif

#endif
