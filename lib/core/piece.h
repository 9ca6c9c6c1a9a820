/* SPDX-License-Identifier: MIT */
/*
 * Pieces: whole messages on their way out. The text of one is written straight into the
 * memory that it is queued in: mcps__piece_begin() leaves room for its head in front of a
 * buffer's content.
 *
 * A piece may have blobs: bytes whose base64 belongs at a place within the text. It is
 * written as the client reads it, a scratch at a time, and never exists as a whole. Where
 * something lies in the message is counted with the base64, so any offset can be gone on
 * from; nothing is remembered in between.
 *
 * THREADS. A piece belongs to one thread at a time. Whoever frees one with blobs may call a
 * function of the application, and so must hold no lock at all.
 */
#ifndef MCPS_CORE_PIECE_H
#define MCPS_CORE_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/result.h"
#include "util/buf.h"
#include "util/list.h"

/* ---- blobs ---- */

struct mcps__blob {
    const void *data;
    size_t len;
    void (*free)(void *userdata); /* NULL: nothing to do */
    void *userdata;
    int fd;         /* where the bytes are, from its beginning on; -1: in `data` */
    size_t held;    /* what counts of it as memory that the server keeps */
    size_t at;      /* in the text: its base64 comes before that byte */
    size_t wire_at; /* in the message: where the base64 begins */
};

/* Those of one message, in order. Zeroed: none. */
struct mcps__blobs {
    struct mcps__blob *items;
    size_t n, cap;
    size_t wire; /* base64 of all */
    size_t held; /* of all */
};

/* A file that is held costs as much as this many bytes: else who reads nothing of what it
 * asks for could have the process run out of descriptors. */
enum { MCPS__BLOB_FD_COST = 16 * 1024 };

/* Makes a blob that somebody gave the library's own: copies it or opens it, if that is what it
 * is, unless its base64 alone has more than `max` bytes. In every case mcps__blob_release() is
 * due. MCPS_ELIMIT; -EINVAL when it is none; -ENOMEM; of files what open() says. */
int mcps__blob_own(struct mcps_blob *blob, size_t max) MCPS_MUST_CHECK;
/* The bytes of an owned blob once more, for as long as `userdata` is kept, which `fn` lets go
 * of. They cost nothing. */
struct mcps_blob mcps__blob_share(const struct mcps_blob *blob,
                                  void (*fn)(void *userdata), void *userdata);
/* Of one that nobody owned yet, and that nobody wants: what was to be taken is let go of. No
 * lock is held. */
void mcps__blob_refuse(struct mcps_blob *blob);
/* Frees what is left of it. No lock is held. Fine for one that is zeroed or was released. */
void mcps__blob_release(struct mcps_blob *blob);

/* Takes an owned blob, which is zeroed, for a place of the text that is not before the latest
 * one's. -ENOMEM: nothing is taken. */
int mcps__blobs_add(struct mcps__blobs *blobs, struct mcps_blob *blob,
                    size_t at) MCPS_MUST_CHECK;
/* Moves all from one message to the end of another's, in which its text begins `at` so many
 * bytes of text. -ENOMEM: nothing is moved. */
int mcps__blobs_append(struct mcps__blobs *to, struct mcps__blobs *from,
                       size_t at) MCPS_MUST_CHECK;
/* Releases all. No lock is held. */
void mcps__blobs_fini(struct mcps__blobs *blobs);

/* ---- pieces ---- */

struct mcps__piece {
    struct mcps__list link;
    const void
        *owner; /* the exchange or listener that it is for, only compared; NULL: none */
    bool progress;
    bool tool_error; /* a result that says that the tool failed */
    bool earned;     /* a call's answer: the hard mark does not refuse it */
    bool last;       /* the answer to a request: a sink that is for one ends with it */
    bool ends_here;  /* no message: the client is to come back for what follows, over HTTP, */
    unsigned retry_ms; /* after so long */
    int code;        /* of an error: enum mcps__rpc_error; else 0 */
    int status;      /* of HTTP, where it is not the one of the code; else 0 */
    uint64_t serial; /* the sink's: how many were put into it by then, this one, too */
    uint64_t *ret_serial; /* told of that when it is put; NULL: nobody asks */
    size_t len;           /* of the message, with all base64 */
    size_t text_len;
    struct mcps__blobs blobs;
    char data[]; /* the text */
};

/* Makes an empty buffer for a message with at most `max` bytes of text. */
int mcps__piece_begin(struct mcps__buf *buf, size_t max) MCPS_MUST_CHECK;
/* How much text there is so far. */
size_t mcps__piece_text_len(const struct mcps__buf *buf);
/* The buffer's content as a piece, given; the buffer is empty afterwards. */
struct mcps__piece *mcps__piece_end(struct mcps__buf *buf);
/* The same with blobs, which are none afterwards. */
struct mcps__piece *mcps__piece_end_with(struct mcps__buf *buf,
                                         struct mcps__blobs *blobs);
/* NULL is fine. With blobs: no lock is held. */
void mcps__piece_free(struct mcps__piece *piece);
/* All pieces of a list, which is empty afterwards. */
void mcps__pieces_free(struct mcps__list *pieces);

/* Where base64 is written to. What is used of it is taken off its front. */
struct mcps__scratch {
    char *data;
    size_t size;
};

struct mcps__span {
    char *data;
    size_t len;
};

/* The next bytes of the message from an offset on: a run of its text, or as much of a blob's
 * base64 as fits into the scratch. Of a file that cannot be read that far they are zeros. None
 * at the end of the message, or when less than 4 bytes of scratch are left and base64 comes
 * next. They stay valid as long as the piece and the scratch. */
struct mcps__span mcps__piece_next(struct mcps__piece *piece, size_t offset,
                                   struct mcps__scratch *scratch);

#endif
