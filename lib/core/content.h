/* SPDX-License-Identifier: MIT */
/*
 * The content of a result: blocks, written straight into the message that will have them, for
 * the revision of the protocol that the client speaks.
 *
 * THREADS. Whoever has it has it alone, such as by the lock of its call. Nothing here calls
 * the application but mcps__content_fini().
 */
#ifndef MCPS_CORE_CONTENT_H
#define MCPS_CORE_CONTENT_H

#include "core/context.h"
#include "core/piece.h"
#include "json/write.h"
#include "rpc/id.h"

/* What a result has its blocks in. */
enum mcps__shape {
    MCPS__SHAPE_CONTENT,  /* of tools: an array of them */
    MCPS__SHAPE_MESSAGES, /* of prompts: each is a message of somebody's */
    MCPS__SHAPE_CONTENTS, /* of resources: nothing but texts and blobs, each with its URI */
    MCPS__SHAPE_VALUES    /* of completions: strings */
};

struct mcps__content {
    struct mcps__buf buf; /* of the answer, up to the end of the latest block */
    struct mcps__writer writer;
    struct mcps__blobs blobs;
    enum mcps__version version;
    enum mcps__shape shape;
    bool assistant;  /* messages from now on are the assistant's */
    size_t begin;    /* the text before the first block */
    size_t limit;    /* for all blocks, with base64, and what is reserved */
    size_t max;      /* the limit at the beginning, which later ones do not pass */
    size_t reserved; /* for what comes behind the blocks */
    size_t fallback; /* for a block that is added at the end if there is none */
    size_t n_blocks;
    bool annotated, has_meta; /* the latest block */
};

/* Nothing is written yet. */
void mcps__content_init(struct mcps__content *content);
/* With no lock held. */
void mcps__content_fini(struct mcps__content *content);

/* Begins the answer, up to the first block, if that was not done. The limit counts from now on,
 * and may be another each time. */
int mcps__content_begin(struct mcps__content *content, const struct mcps__id *id,
                        enum mcps__version version, enum mcps__shape shape,
                        size_t limit) MCPS_MUST_CHECK;
/* Sets what is to be reserved, if there is room for it: MCPS_ELIMIT. */
int mcps__content_reserve(struct mcps__content *content, size_t reserved,
                          size_t fallback) MCPS_MUST_CHECK;
/* Lifts the limit, for the end of the answer. */
void mcps__content_unlimit(struct mcps__content *content);

/* Each adds a block, or nothing; -EINVAL where the shape does not have it. A blob that is taken is zeroed; it is left as it is when the
 * client gets a text in its place. */
int mcps__content_text(struct mcps__content *content, const char *text,
                       size_t len) MCPS_MUST_CHECK;
int mcps__content_image(struct mcps__content *content, const char *mime,
                        struct mcps_blob *blob) MCPS_MUST_CHECK;
int mcps__content_audio(struct mcps__content *content, const char *mime,
                        struct mcps_blob *blob) MCPS_MUST_CHECK;
int mcps__content_resource_text(struct mcps__content *content, const char *uri,
                                const char *mime, const char *text,
                                size_t len) MCPS_MUST_CHECK;
int mcps__content_resource_blob(struct mcps__content *content, const char *uri,
                                const char *mime, struct mcps_blob *blob) MCPS_MUST_CHECK;
int mcps__content_link(struct mcps__content *content,
                       const struct mcps_resource_link *link) MCPS_MUST_CHECK;
/* A value of a completion. */
int mcps__content_value(struct mcps__content *content, const char *value) MCPS_MUST_CHECK;
/* What was said about something, complete: false when it cannot be. */
bool mcps__annotations_read(struct mcps_annotations *ret,
                            const struct mcps_annotations *annotations);
/* Writes the object. */
void mcps__annotations_write(struct mcps__writer *w,
                             const struct mcps_annotations *annotations,
                             bool with_modified);
/* Of the latest block. */
int mcps__content_annotate(struct mcps__content *content,
                           const struct mcps_annotations *annotations) MCPS_MUST_CHECK;
int mcps__content_meta(struct mcps__content *content, const char *json) MCPS_MUST_CHECK;

/* Is it the name of a media type, a URI, a name: something, and nothing but text? */
bool mcps__is_name(const char *text);

/* Closes what holds the blocks: members of the result follow. */
void mcps__content_end(struct mcps__content *content);

/* The most bytes that a text block with this JSON text in it has. */
size_t mcps__content_text_max(const char *json, size_t len);

#endif
