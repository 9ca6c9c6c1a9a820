/* SPDX-License-Identifier: MIT */
/* Blocks of content; see content.h. */
#include "config.h"

#include "core/content.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/meta.h"
#include "rpc/message.h"
#include "schema/format.h"
#include "util/base64.h"
#include "util/utf8.h"

/* Around the content of a result: the envelope with its id, and what closes it. */
enum { ENVELOPE_MAX = 1024 };

/* ---- what revisions have ---- */

static bool has_audio(const struct mcps__content *content)
{
    return content->version >= MCPS__V_2025_03_26;
}

/* Also the _meta of blocks, and when something was modified. */
static bool has_links(const struct mcps__content *content)
{
    return content->version >= MCPS__V_2025_06_18;
}

static bool has_icons(const struct mcps__content *content)
{
    return content->version >= MCPS__V_2025_11_25;
}

/* ---- life ---- */

void mcps__content_init(struct mcps__content *content)
{
    *content = (struct mcps__content){ .n_blocks = 0 };
    mcps__buf_init(&content->buf, 0);
}

void mcps__content_fini(struct mcps__content *content)
{
    mcps__buf_fini(&content->buf);
    mcps__blobs_fini(&content->blobs);
    mcps__content_init(content);
}

int mcps__content_begin(struct mcps__content *content, const struct mcps__id *id,
                        enum mcps__version version, enum mcps__shape shape, size_t limit)
{
    static const char *const names[] = {
        [MCPS__SHAPE_CONTENT] = "content",
        [MCPS__SHAPE_MESSAGES] = "messages",
        [MCPS__SHAPE_CONTENTS] = "contents",
        [MCPS__SHAPE_VALUES] = "values",
    };
    struct mcps__writer *w = &content->writer;
    int r;

    limit = limit < SIZE_MAX / 4 ? limit : SIZE_MAX / 4;
    if (content->buf.data) {
        content->limit = limit < content->max ? limit : content->max;
        return 0;
    }
    r = mcps__piece_begin(&content->buf, limit + ENVELOPE_MAX);
    if (r < 0)
        return r;
    mcps__write_init(w, &content->buf);
    mcps__rpc_begin_result(w, id);
    mcps__result_begin(w, version);
    if (shape == MCPS__SHAPE_VALUES) {
        mcps__write_key(w, "completion");
        mcps__write_object(w);
    }
    mcps__write_key(w, names[shape]);
    mcps__write_array(w);
    content->version = version;
    content->shape = shape;
    content->limit = content->max = limit;
    content->begin = content->buf.len;
    r = mcps__write_end(w);
    if (r < 0)
        mcps__buf_fini(&content->buf);
    return r;
}

void mcps__content_end(struct mcps__content *content)
{
    mcps__write_array_end(&content->writer);
}

/* ---- all of it or nothing ---- */

/* Does it keep to the limit, with so many bytes more? Each of these is far below SIZE_MAX. */
static bool fits(const struct mcps__content *content, size_t n_blocks, size_t more)
{
    size_t used = content->buf.len - content->begin + content->reserved +
                  (n_blocks == 0 ? content->fallback : 0);

    return used <= content->limit && content->blobs.wire <= content->limit - used &&
           more <= content->limit - used - content->blobs.wire;
}

int mcps__content_reserve(struct mcps__content *content, size_t reserved, size_t fallback)
{
    const size_t before = content->reserved, fallback_before = content->fallback;

    content->reserved = reserved;
    content->fallback = fallback;
    if (reserved <= content->limit && fallback <= content->limit &&
        fits(content, content->n_blocks, 0))
        return 0;
    content->reserved = before;
    content->fallback = fallback_before;
    return MCPS_ELIMIT;
}

void mcps__content_unlimit(struct mcps__content *content)
{
    content->limit = SIZE_MAX / 2;
    content->buf.max = SIZE_MAX;
}

/* Where the writer goes back to. */
struct mark {
    struct mcps__writer writer;
    size_t len;
    char last[2]; /* the bytes before, which may be overwritten */
};

static struct mark begin(struct mcps__content *content)
{
    const char *end = content->buf.data + content->buf.len;

    return (struct mark){
        .writer = content->writer,
        .len = content->buf.len,
        .last = { end[-2], end[-1] },
    };
}

static int give_up(struct mcps__content *content, const struct mark *mark, int r)
{
    content->writer = mark->writer;
    content->buf.len = mark->len;
    memcpy(content->buf.data + mark->len - sizeof mark->last, mark->last,
           sizeof mark->last);
    return r;
}

/* What the writer has met; what it has written may be too much. */
static int check(struct mcps__content *content, size_t n_blocks, size_t more)
{
    int r = mcps__write_end(&content->writer);

    if (r >= 0 && !fits(content, n_blocks, more))
        r = MCPS_ELIMIT;
    return r;
}

/* The brackets at the end of a block. */
static void close_block(struct mcps__content *content)
{
    mcps__write_object_end(&content->writer);
    if (content->shape == MCPS__SHAPE_MESSAGES)
        mcps__write_object_end(&content->writer);
}

/* The end of a block, with a blob (NULL: none) for a place of the text. */
static int end(struct mcps__content *content, const struct mark *mark,
               struct mcps_blob *blob, size_t at)
{
    int r;

    close_block(content);
    r = check(content, content->n_blocks + 1, blob ? MCPS__BASE64_ENCODED(blob->len) : 0);
    if (r >= 0 && blob)
        r = mcps__blobs_add(&content->blobs, blob, at);
    if (r < 0)
        return give_up(content, mark, r);
    content->n_blocks++;
    content->annotated = false;
    content->has_meta = false;
    return 0;
}

/* ---- parts of blocks ---- */

/* Opens a block, and the message that it is. */
static void write_type(struct mcps__content *content, const char *type)
{
    struct mcps__writer *w = &content->writer;

    if (content->shape == MCPS__SHAPE_MESSAGES) {
        mcps__write_object(w);
        mcps__write_key(w, "role");
        mcps__write_string(w, content->assistant ? "assistant" : "user");
        mcps__write_key(w, "content");
    }
    mcps__write_object(w);
    mcps__write_key(w, "type");
    mcps__write_string(w, type);
}

static void write_member(struct mcps__writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    mcps__write_key(w, name);
    mcps__write_string(w, text);
}

/* An empty string, in which a blob will be: gives the place. */
static size_t write_place(struct mcps__content *content, const char *name)
{
    mcps__write_key(&content->writer, name);
    mcps__write_raw(&content->writer, "\"\"", 2);
    return mcps__piece_text_len(&content->buf) - 1;
}

/* Has the result blocks of all types? */
static bool has_blocks(const struct mcps__content *content)
{
    return content->shape == MCPS__SHAPE_CONTENT ||
           content->shape == MCPS__SHAPE_MESSAGES;
}

bool mcps__is_name(const char *text)
{
    size_t len = text ? strlen(text) : 0;

    if (len == 0 || mcps__utf8_valid_prefix(text, len) < len)
        return false;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0))
            return false;
    }
    return true;
}

/* Clients refuse a whole message for one that is none. */
static bool is_uri(const char *text)
{
    return text && mcps__format_find("uri")->fits(text, strlen(text));
}

/* ---- blocks ---- */

int mcps__content_text(struct mcps__content *content, const char *text, size_t len)
{
    struct mcps__writer *w = &content->writer;
    struct mark mark = begin(content);

    if (!has_blocks(content))
        return -EINVAL;
    write_type(content, "text");
    mcps__write_key(w, "text");
    mcps__write_text(w, text, len);
    return end(content, &mark, NULL, 0);
}

static int add_binary(struct mcps__content *content, const char *type, const char *mime,
                      struct mcps_blob *blob)
{
    struct mcps__writer *w = &content->writer;
    struct mark mark = begin(content);
    size_t at;

    if (!has_blocks(content))
        return -EINVAL;
    write_type(content, type);
    at = write_place(content, "data");
    write_member(w, "mimeType", mime);
    return end(content, &mark, blob, at);
}

int mcps__content_image(struct mcps__content *content, const char *mime,
                        struct mcps_blob *blob)
{
    return mcps__is_name(mime) ? add_binary(content, "image", mime, blob) : -EINVAL;
}

/* A text of parts, in place of what the client does not know. */
static int add_substitute(struct mcps__content *content, const char *const *parts,
                          size_t n)
{
    struct mcps__buf buf;
    int r = 0;

    mcps__buf_init(&buf, content->limit);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = mcps__buf_append_str(&buf, parts[i]);
    if (r >= 0)
        r = mcps__content_text(content, buf.data, buf.len);
    mcps__buf_fini(&buf);
    return r;
}

int mcps__content_audio(struct mcps__content *content, const char *mime,
                        struct mcps_blob *blob)
{
    char size[32];
    const char *const parts[] = { "[audio: ", mime, size };

    if (!mcps__is_name(mime))
        return -EINVAL;
    if (has_audio(content))
        return add_binary(content, "audio", mime, blob);
    snprintf(size, sizeof size, ", %zu bytes]", blob->len);
    return add_substitute(content, parts, sizeof parts / sizeof parts[0]);
}

/* Up to where its content comes. The result of reading one has it bare, and a URI that may be
 * as the client wrote it. */
static bool begin_resource(struct mcps__content *content, const char *uri,
                           const char *mime)
{
    struct mcps__writer *w = &content->writer;

    if (content->shape == MCPS__SHAPE_VALUES ||
        !(has_blocks(content) ? is_uri(uri) : mcps__is_name(uri)) ||
        (mime && !mcps__is_name(mime)))
        return false;
    if (has_blocks(content)) {
        write_type(content, "resource");
        mcps__write_key(w, "resource");
    }
    mcps__write_object(w);
    write_member(w, "uri", uri);
    write_member(w, "mimeType", mime);
    return true;
}

/* The block around it is closed by its own end. */
static void end_resource(struct mcps__content *content)
{
    if (has_blocks(content))
        mcps__write_object_end(&content->writer);
}

int mcps__content_resource_text(struct mcps__content *content, const char *uri,
                                const char *mime, const char *text, size_t len)
{
    struct mcps__writer *w = &content->writer;
    struct mark mark = begin(content);

    if (!begin_resource(content, uri, mime))
        return -EINVAL;
    mcps__write_key(w, "text");
    mcps__write_text(w, text, len);
    end_resource(content);
    return end(content, &mark, NULL, 0);
}

int mcps__content_resource_blob(struct mcps__content *content, const char *uri,
                                const char *mime, struct mcps_blob *blob)
{
    struct mark mark = begin(content);
    size_t at;

    if (!begin_resource(content, uri, mime))
        return -EINVAL;
    at = write_place(content, "blob");
    end_resource(content);
    return end(content, &mark, blob, at);
}

/* ---- values of completions ---- */

int mcps__content_value(struct mcps__content *content, const char *value)
{
    struct mark mark = begin(content);
    int r;

    if (content->shape != MCPS__SHAPE_VALUES)
        return -EINVAL;
    mcps__write_string(&content->writer, value);
    r = check(content, content->n_blocks + 1, 0);
    if (r < 0)
        return give_up(content, &mark, r);
    content->n_blocks++;
    return 0;
}

/* ---- links ---- */

static int write_link(struct mcps__content *content,
                      const struct mcps_resource_link *link,
                      const struct mcps__buf *icons)
{
    struct mcps__writer *w = &content->writer;
    struct mark mark = begin(content);

    write_type(content, "resource_link");
    write_member(w, "uri", link->uri);
    write_member(w, "name", link->name);
    write_member(w, "title", link->title);
    write_member(w, "description", link->description);
    write_member(w, "mimeType", link->mime);
    if (link->size > 0) {
        mcps__write_key(w, "size");
        mcps__write_uint(w, link->size);
    }
    if (link->icons && has_icons(content)) {
        mcps__write_key(w, "icons");
        mcps__write_raw(w, icons->data, icons->len);
    }
    return end(content, &mark, NULL, 0);
}

/* The older half of a struct is there, and what its owner does not know of is zero. */
static bool read_link(struct mcps_resource_link *ret,
                      const struct mcps_resource_link *link)
{
    const size_t known = sizeof *ret;

    *ret = (struct mcps_resource_link){ .struct_size = known };
    if (!link || link->struct_size < offsetof(struct mcps_resource_link, title))
        return false;
    memcpy(ret, link, link->struct_size < known ? link->struct_size : known);
    return is_uri(ret->uri) && mcps__is_name(ret->name) &&
           (!ret->mime || mcps__is_name(ret->mime));
}

int mcps__content_link(struct mcps__content *content,
                       const struct mcps_resource_link *link)
{
    struct mcps_resource_link all;
    struct mcps__buf icons;
    int r = 0;

    if (!has_blocks(content) || !read_link(&all, link))
        return -EINVAL;
    mcps__buf_init(&icons, content->limit);
    if (all.icons)
        r = mcps__meta_array(&icons, all.icons);
    if (r >= 0 && has_links(content)) {
        r = write_link(content, &all, &icons);
    } else if (r >= 0) {
        const char *const parts[] = { "[resource: ", all.name, ", ", all.uri, "]" };

        r = add_substitute(content, parts, sizeof parts / sizeof parts[0]);
    }
    mcps__buf_fini(&icons);
    return r;
}

/* ---- the latest block ---- */

/* The block is opened again: its last bytes are the brackets that close it. */
static struct mark reopen(struct mcps__content *content)
{
    struct mark mark = begin(content);

    content->buf.len -= content->shape == MCPS__SHAPE_MESSAGES ? 2 : 1;
    content->writer.comma = true;
    return mark;
}

static int close_again(struct mcps__content *content, const struct mark *mark)
{
    int r;

    close_block(content);
    r = check(content, content->n_blocks, 0);
    return r < 0 ? give_up(content, mark, r) : 0;
}

static void write_audience(struct mcps__writer *w, unsigned audience)
{
    mcps__write_key(w, "audience");
    mcps__write_array(w);
    if (audience & MCPS_FOR_USER)
        mcps__write_string(w, "user");
    if (audience & MCPS_FOR_ASSISTANT)
        mcps__write_string(w, "assistant");
    mcps__write_array_end(w);
}

bool mcps__annotations_read(struct mcps_annotations *ret,
                            const struct mcps_annotations *annotations)
{
    const size_t known = sizeof *ret;

    *ret = (struct mcps_annotations){ .struct_size = known };
    if (!annotations ||
        annotations->struct_size < offsetof(struct mcps_annotations, priority))
        return false;
    memcpy(ret, annotations,
           annotations->struct_size < known ? annotations->struct_size : known);
    return (ret->audience & ~(unsigned)(MCPS_FOR_USER | MCPS_FOR_ASSISTANT)) == 0 &&
           (!ret->priority || (*ret->priority >= 0 && *ret->priority <= 1)) &&
           (!ret->last_modified || mcps__is_name(ret->last_modified));
}

void mcps__annotations_write(struct mcps__writer *w,
                             const struct mcps_annotations *annotations,
                             bool with_modified)
{
    mcps__write_object(w);
    if (annotations->audience)
        write_audience(w, annotations->audience);
    if (annotations->priority) {
        mcps__write_key(w, "priority");
        mcps__write_double(w, *annotations->priority);
    }
    if (with_modified)
        write_member(w, "lastModified", annotations->last_modified);
    mcps__write_object_end(w);
}

int mcps__content_annotate(struct mcps__content *content,
                           const struct mcps_annotations *annotations)
{
    struct mcps__writer *w = &content->writer;
    struct mcps_annotations all;
    struct mark mark;
    int r;

    if (!mcps__annotations_read(&all, annotations) || content->n_blocks == 0 ||
        !has_blocks(content))
        return -EINVAL;
    if (content->annotated)
        return -EALREADY;
    mark = reopen(content);
    mcps__write_key(w, "annotations");
    mcps__annotations_write(w, &all, has_links(content));
    r = close_again(content, &mark);
    content->annotated = r >= 0;
    return r;
}

int mcps__content_meta(struct mcps__content *content, const char *json)
{
    struct mcps__buf meta;
    struct mark mark;
    int r;

    if (content->n_blocks == 0 || content->shape == MCPS__SHAPE_VALUES)
        return -EINVAL;
    if (content->has_meta)
        return -EALREADY;
    mcps__buf_init(&meta, content->limit);
    r = mcps__meta_object(&meta, json);
    if (r >= 0 && has_links(content)) {
        mark = reopen(content);
        mcps__write_key(&content->writer, "_meta");
        mcps__write_raw(&content->writer, meta.data, meta.len);
        r = close_again(content, &mark);
    }
    mcps__buf_fini(&meta);
    content->has_meta = r >= 0;
    return r;
}

/* ---- a text that is JSON ---- */

/* A quote and a backslash get a backslash before them; a space of one line may be anything
 * that is written with two characters. */
size_t mcps__content_text_max(const char *json, size_t len)
{
    size_t size = sizeof "{\"type\":\"text\",\"text\":\"\"}" - 1;

    for (size_t i = 0; i < len; i++)
        size += json[i] == '"' || json[i] == '\\' ? 2 : 1;
    return size;
}
