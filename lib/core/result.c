/* SPDX-License-Identifier: MIT */
/*
 * What a handler says of its result, and the end of that; see result.h and
 * mcpserver/result.h. The blocks themselves are in content.c.
 */
#include "config.h"

#include "core/result.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/answer.h"
#include "core/close.h"
#include "core/meta.h"
#include "core/replay.h"
#include "rpc/errors.h"
#include "rpc/message.h"
#include "schema/complain.h"
#include "util/utf8.h"

/* ---- life ---- */

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    void
    mcps__result_init(struct mcps_call *call)
{
    mcps__content_init(&call->content);
    mcps__buf_init(&call->structured, SIZE_MAX);
    mcps__buf_init(&call->meta, SIZE_MAX);
    mcps__buf_init(&call->meta_keys, SIZE_MAX);
    mcps__buf_init(&call->description, SIZE_MAX);
    mcps__buf_init(&call->fault, SIZE_MAX);
    call->progress = -HUGE_VAL;
    call->progress_sent = -HUGE_VAL;
}

/* Blobs are released with no lock held. */
void mcps__result_restart(struct mcps_call *call)
{
    struct mcps__content said;

    mcps__mutex_lock(&call->mutex);
    said = call->content;
    mcps__content_init(&call->content);
    mcps__buf_fini(&call->structured);
    call->structured_sent = false;
    mcps__buf_fini(&call->meta);
    mcps__buf_fini(&call->meta_keys);
    mcps__buf_fini(&call->fault);
    call->failed = false;
    call->misfit = false;
    if (call->progress > call->progress_sent)
        call->progress_sent = call->progress;
    call->progress = -HUGE_VAL;
    mcps__mutex_unlock(&call->mutex);
    mcps__content_fini(&said);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__result_fini(struct mcps_call *call)
{
    mcps__content_fini(&call->content);
    mcps__buf_fini(&call->structured);
    mcps__buf_fini(&call->meta);
    mcps__buf_fini(&call->meta_keys);
    mcps__buf_fini(&call->description);
    mcps__buf_fini(&call->fault);
}

/* ---- saying something ---- */

int mcps__result_check(struct mcps_call *call)
{
    if (call->finished)
        return MCPS_ECLOSED;
    if (mcps__token_reason(&call->exchange.token) != MCPS_CANCEL_NONE)
        return MCPS_ECANCELLED;
    return 0;
}

enum { SMALL = 64 * 1024 };

/* What there is room for beside all output that waits; a little always. */
static size_t room_of(const struct mcps_call *call)
{
    const struct mcps__peer *peer = call->exchange.peer;
    size_t room = mcps__account_room_out(
        peer->account,
        mcps__limit_size(&peer->engine->limits, MCPS_LIMIT_OUT_TOTAL_BYTES));

    return room > SMALL ? room : SMALL;
}

static size_t own_limit_of(const struct mcps_call *call)
{
    return mcps__limit_size(&call->exchange.peer->engine->limits,
                            MCPS_LIMIT_RESULT_BYTES);
}

static size_t limit_of(const struct mcps_call *call)
{
    size_t room = room_of(call), own = own_limit_of(call);

    return room < own ? room : own;
}

/* Up to the content's first block, once; with what there is room for at this moment. */
static int begin_result(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    return mcps__content_begin(&call->content, &call->exchange.id,
                               call->exchange.context->version, call->action->shape,
                               limit_of(call));
}

int mcps__result_open(struct mcps_call *call)
{
    int r = mcps__result_check(call);

    return r < 0 ? r : begin_result(call);
}

int mcps__result_said(struct mcps_call *call, int r)
{
    if (r == MCPS_ELIMIT)
        mcps__limit_hit(&call->exchange.peer->engine->limits,
                        room_of(call) < own_limit_of(call) ? MCPS_LIMIT_OUT_TOTAL_BYTES
                                                           : MCPS_LIMIT_RESULT_BYTES);
    return r;
}

/* ---- text ---- */

enum { FAULT_MAX = 1024 }; /* bytes of the message of an error */

/* The first word counts. */
static int keep_fault(struct mcps_call *call, const char *text, size_t len)
    MCPS__REQUIRES(call->mutex)
{
    int r;

    if (call->failed)
        return 0;
    if (len > FAULT_MAX)
        len = mcps__utf8_valid_prefix(text, FAULT_MAX);
    r = mcps__buf_append(&call->fault, text, len);
    return r < 0 ? r : mcps__buf_append_byte(&call->fault, '\0');
}

static int say_bytes(struct mcps_call *call, const char *text, size_t len, bool failed)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = failed && !call->action->to_model
                ? keep_fault(call, text, len)
                : mcps__content_text(&call->content, text, len);
    if (r >= 0)
        call->failed = call->failed || failed;
    mcps__mutex_unlock(&call->mutex);
    return mcps__result_said(call, r);
}

static int say(struct mcps_call *call, bool failed, const char *format, va_list args)
    MCPS_PRINTF(3, 0);

static int say(struct mcps_call *call, bool failed, const char *format, va_list args)
{
    char small[256];
    struct mcps__buf large;
    va_list again;
    int len, r;

    va_copy(again, args);
    len = vsnprintf(small, sizeof small, format, args);
    if (len < 0) {
        r = -EINVAL;
    } else if ((size_t)len < sizeof small) {
        r = say_bytes(call, small, (size_t)len, failed);
    } else {
        mcps__buf_init(&large, (size_t)len + 1);
        r = mcps__buf_reserve(&large, (size_t)len + 1);
        if (r >= 0) {
            vsnprintf(large.data, (size_t)len + 1, format, again);
            r = say_bytes(call, large.data, (size_t)len, failed);
        }
        mcps__buf_fini(&large);
    }
    va_end(again);
    return r;
}

int mcps_call_text(mcps_call *call, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = say(call, false, format, args);
    va_end(args);
    return r;
}

int mcps_call_fail(mcps_call *call, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = say(call, true, format, args);
    va_end(args);
    return r;
}

int mcps_call_text_bytes(mcps_call *call, const char *text, size_t len)
{
    return say_bytes(call, text, len, false);
}

/* ---- bytes ---- */

enum block { IMAGE, AUDIO, RESOURCE };

static int add_blob(struct mcps__content *content, enum block block, const char *uri,
                    const char *mime, struct mcps_blob *blob)
{
    switch (block) {
    case IMAGE: return mcps__content_image(content, mime, blob);
    case AUDIO: return mcps__content_audio(content, mime, blob);
    case RESOURCE: return mcps__content_resource_blob(content, uri, mime, blob);
    }
    return -EINVAL;
}

/* Of a handler that reads a resource, what it leaves open is of that one. */
static void fill_in(const struct mcps_call *call, const char **uri, const char **mime)
{
    if (call->action->shape != MCPS__SHAPE_CONTENTS)
        return;
    if (!*uri)
        *uri = call->params[MCPS__PARAM_URI].text;
    if (!*mime)
        *mime = call->offer->mime;
}

/* What the content does not take is released here, on every way. */
static int say_owned(struct mcps_call *call, enum block block, const char *uri,
                     const char *mime, struct mcps_blob *blob)
{
    int r;

    fill_in(call, &uri, &mime);
    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = add_blob(&call->content, block, uri, mime, blob);
    mcps__mutex_unlock(&call->mutex);
    mcps__blob_release(blob);
    return mcps__result_said(call, r);
}

int mcps__result_blob(struct mcps_call *call, struct mcps_blob *blob)
{
    return say_owned(call, RESOURCE, NULL, NULL, blob);
}

static int say_blob(struct mcps_call *call, enum block block, const char *uri,
                    const char *mime, struct mcps_blob *blob)
{
    int r = mcps__blob_own(blob, limit_of(call));

    if (r >= 0)
        return say_owned(call, block, uri, mime, blob);
    mcps__blob_release(blob);
    return mcps__result_said(call, r);
}

int mcps_call_image(mcps_call *call, const char *mime, struct mcps_blob blob)
{
    return say_blob(call, IMAGE, NULL, mime, &blob);
}

int mcps_call_audio(mcps_call *call, const char *mime, struct mcps_blob blob)
{
    return say_blob(call, AUDIO, NULL, mime, &blob);
}

int mcps_call_resource_blob(mcps_call *call, const char *uri, const char *mime,
                            struct mcps_blob blob)
{
    return say_blob(call, RESOURCE, uri, mime, &blob);
}

/* ---- other blocks, and what is said of them ---- */

int mcps_call_resource_text(mcps_call *call, const char *uri, const char *mime,
                            const char *text, size_t len)
{
    int r;

    fill_in(call, &uri, &mime);
    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = mcps__content_resource_text(&call->content, uri, mime, text, len);
    mcps__mutex_unlock(&call->mutex);
    return mcps__result_said(call, r);
}

int mcps_call_resource_link(mcps_call *call, const struct mcps_resource_link *link)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = mcps__content_link(&call->content, link);
    mcps__mutex_unlock(&call->mutex);
    return mcps__result_said(call, r);
}

int mcps_call_annotate(mcps_call *call, const struct mcps_annotations *annotations)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = mcps__content_annotate(&call->content, annotations);
    mcps__mutex_unlock(&call->mutex);
    return mcps__result_said(call, r);
}

int mcps_call_content_meta(mcps_call *call, const char *json)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = mcps__content_meta(&call->content, json);
    mcps__mutex_unlock(&call->mutex);
    return mcps__result_said(call, r);
}

/* ---- the members behind the content ---- */

static size_t structured_size(size_t len)
{
    return len > 0 ? len + sizeof ",\"structuredContent\":" - 1 : 0;
}

/* Keys that are there, each with a NUL behind it. */
static bool has_key(const struct mcps__buf *keys, const char *key)
{
    size_t len;

    for (size_t at = 0; at < keys->len; at += len + 1) {
        len = strlen(keys->data + at);
        if (strcmp(keys->data + at, key) == 0)
            return true;
    }
    return false;
}

/* The text of the member is there already, without a comma. */
static int add_meta(struct mcps_call *call, const char *key,
                    const struct mcps__buf *member) MCPS__REQUIRES(call->mutex)
{
    struct mcps__content *content = &call->content;
    size_t around = call->meta.len > 0 ? 1 : sizeof ",\"_meta\":{}" - 1;
    size_t key_size = strlen(key) + 1;
    int r;

    if (has_key(&call->meta_keys, key))
        return MCPS_EEXISTS;
    r = mcps__buf_reserve(&call->meta, member->len + 1);
    if (r >= 0)
        r = mcps__buf_reserve(&call->meta_keys, key_size);
    if (r >= 0)
        r = mcps__content_reserve(content, content->reserved + around + member->len,
                                  content->fallback);
    if (r >= 0 && call->meta.len > 0)
        r = mcps__buf_append_byte(&call->meta, ',');
    if (r >= 0)
        r = mcps__buf_append(&call->meta, member->data, member->len);
    if (r >= 0)
        r = mcps__buf_append(&call->meta_keys, key, key_size);
    return r;
}

/* A valid key is written as it is. */
static int write_member(struct mcps__buf *member, const char *key, const char *json)
{
    int r;

    if (!key || !mcps__meta_key_ok(key, strlen(key)))
        return -EINVAL;
    r = mcps__buf_append_byte(member, '"');
    if (r >= 0)
        r = mcps__buf_append_str(member, key);
    if (r >= 0)
        r = mcps__buf_append_str(member, "\":");
    return r < 0 ? r : mcps__meta_value(member, json);
}

int mcps_call_meta(mcps_call *call, const char *key, const char *json)
{
    struct mcps__buf member;
    int r;

    mcps__buf_init(&member, limit_of(call));
    r = write_member(&member, key, json);
    if (r >= 0) {
        mcps__mutex_lock(&call->mutex);
        r = mcps__result_open(call);
        if (r >= 0)
            r = add_meta(call, key, &member);
        mcps__mutex_unlock(&call->mutex);
    }
    mcps__buf_fini(&member);
    return mcps__result_said(call, r);
}

/* ---- structured content ---- */

/* From the revision of 2026 on it is any value. */
static bool is_sent(const struct mcps__context *context, bool is_object)
{
    return context->version >= MCPS__V_2025_06_18 &&
           (is_object || context->version > MCPS__V_2025_11_25);
}

/* Swaps the text with the one before. */
static int set_structured(struct mcps_call *call, struct mcps__buf *json, bool is_object)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__content *content = &call->content;
    const struct mcps__buf before = call->structured;
    bool sent = is_sent(call->exchange.context, is_object);
    size_t reserved = content->reserved;
    int r;

    if (call->action->shape != MCPS__SHAPE_CONTENT)
        return -EINVAL;
    if (call->structured_sent)
        reserved -= structured_size(before.len);
    if (sent)
        reserved += structured_size(json->len);
    r = mcps__content_reserve(content, reserved,
                              mcps__content_text_max(json->data, json->len));
    if (r < 0)
        return r;
    call->structured = *json;
    call->structured_sent = sent;
    *json = before;
    return 0;
}

int mcps__call_structured_text(struct mcps_call *call, struct mcps__buf *json,
                               bool is_object)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        r = set_structured(call, json, is_object);
    mcps__mutex_unlock(&call->mutex);
    mcps__buf_fini(json);
    return mcps__result_said(call, r);
}

static int refuse_result(struct mcps_call *call, const char *why)
{
    mcps__log(&call->exchange.peer->engine->log, MCPS_LOG_ERROR,
              "tool %s gave a result that does not fit what it declares: %s",
              call->offer->key, why);
    mcps__mutex_lock(&call->mutex);
    call->misfit = true;
    mcps__mutex_unlock(&call->mutex);
    return -EINVAL;
}

/* NULL where results are not checked. -ENOMEM. */
static int new_scratch(struct mcps_call *call, mcps_schema_scratch **ret)
{
    *ret = NULL;
    return call->exchange.peer->engine->checks_results ? mcps_schema_scratch_new(ret) : 0;
}

static int check_tree(struct mcps_call *call, struct json_object *tree)
{
    mcps_schema_scratch *scratch = NULL;
    int r = call->offer->output ? new_scratch(call, &scratch) : 0;

    if (r < 0 || !scratch)
        return r;
    r = mcps_schema_check(call->offer->output, tree, scratch, 1);
    if (r == MCPS_ELIMIT)
        MCPS__COUNT(call->exchange.peer->engine, unchecked);
    if (r == MCPS_EINVALID || r == MCPS_ELIMIT)
        r = refuse_result(call, mcps_schema_error_at(scratch, 0)->text);
    mcps_schema_scratch_free(scratch);
    return r;
}

int mcps_call_structured(mcps_call *call, struct json_object *tree)
{
    struct mcps__buf json;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&json, limit_of(call));
    mcps__write_init(&w, &json);
    mcps__write_tree(&w, tree);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = check_tree(call, tree);
    if (r >= 0)
        return mcps__call_structured_text(call, &json,
                                          json_object_is_type(tree, json_type_object));
    mcps__buf_fini(&json);
    /* Else it is too deep, or has a number that JSON does not have. */
    return r == MCPS_ELIMIT || r == -ENOMEM ? mcps__result_said(call, r) : -EINVAL;
}

int mcps_call_struct(mcps_call *call, const struct mcps_field *fields, const void *value)
{
    char why[MCPS__COMPLAINT_SIZE];
    mcps_schema_scratch *scratch = NULL;
    struct mcps__buf json;
    struct mcps__writer w;
    int r;

    if (!call->offer->result || !mcps__table_is_of(call->offer->result, fields))
        return refuse_result(call, "its table is another one");
    r = call->offer->result->trees ? new_scratch(call, &scratch) : 0;
    if (r < 0)
        return r;
    mcps__buf_init(&json, limit_of(call));
    mcps__write_init(&w, &json);
    r = mcps__table_encode(call->offer->result, value, &w, scratch, why, sizeof why);
    mcps_schema_scratch_free(scratch);
    if (r >= 0)
        r = mcps__write_end(&w);
    if (r >= 0)
        return mcps__call_structured_text(call, &json, true);
    mcps__buf_fini(&json);
    return r == MCPS_EINVALID ? refuse_result(call, why) : mcps__result_said(call, r);
}

/* ---- the answer ---- */

/* NULL, or why the tool has broken its word, by which clients take it: what declares its
 * results must give them. */
static const char *broken_word(struct mcps_call *call, int result)
    MCPS__REQUIRES(call->mutex)
{
    if (!call->offer->parts[MCPS__PART_OUTPUT] || call->failed ||
        call->structured.len > 0)
        return NULL;
    if (call->misfit)
        return "the tool gave a result that does not fit what it declares";
    return result < 0 ? NULL : "the tool declares a structured result, but gave none";
}

static void write_meta(struct mcps_call *call, struct mcps__writer *w)
    MCPS__REQUIRES(call->mutex)
{
    mcps__write_key(w, "_meta");
    mcps__write_object(w);
    if (call->meta.len > 0)
        mcps__write_raw(w, call->meta.data, call->meta.len);
    mcps__result_server(w, call->exchange.peer->engine, call->exchange.context->version);
    mcps__write_object_end(w);
}

MCPS__NO_LOCK_ANALYSIS /* the mutex is held, which a table cannot say */
    static void
    write_tool_members(struct mcps_call *call, struct mcps__writer *w)
{
    if (call->structured.len > 0 && call->structured_sent) {
        mcps__write_key(w, "structuredContent");
        mcps__write_raw(w, call->structured.data, call->structured.len);
    }
    if (call->failed) {
        mcps__write_key(w, "isError");
        mcps__write_bool(w, true);
    }
}

const struct mcps__action mcps__action_tool = {
    .method = "tools/call",
    .shape = MCPS__SHAPE_CONTENT,
    .to_model = true,
    .asks = true,
    .write_members = write_tool_members,
};

/* The members of a result behind its blocks. */
static void write_members(struct mcps_call *call, struct mcps__writer *w)
    MCPS__REQUIRES(call->mutex)
{
    if (call->action->write_members)
        call->action->write_members(call, w);
    if (call->meta.len > 0 || mcps__context_is_modern(call->exchange.context))
        write_meta(call, w);
}

/* What was let in can also be ended. */
static struct mcps__piece *end_result(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    struct mcps__content *content = &call->content;
    struct mcps__writer *w = &content->writer;
    struct mcps__piece *piece;
    int r = begin_result(call);

    if (r < 0)
        return NULL;
    mcps__content_unlimit(content);
    if (content->n_blocks == 0 && call->structured.len > 0)
        r = mcps__content_text(content, call->structured.data, call->structured.len);
    mcps__content_end(content);
    write_members(call, w);
    mcps__write_object_end(w);
    mcps__rpc_end(w);
    if (r < 0 || mcps__write_end(w) < 0)
        return NULL;
    piece = mcps__piece_end_with(&content->buf, &content->blobs);
    piece->tool_error = call->failed;
    return piece;
}

/* An error that the handler has nothing to say about is the tool's, and the model's to see;
 * only "busy" means that there was no call at all. */
static struct mcps__piece *error_piece(struct mcps_call *call, int result)
    MCPS__REQUIRES(call->mutex)
{
    const struct mcps__id *id = &call->exchange.id;

    if (result == MCPS_EBUSY)
        return mcps__error_piece(
            id, mcps__context_code(call->exchange.context, MCPS__RPC_SERVER),
            "Server busy", MCPS__BUSY);
    if (call->action->to_model)
        return mcps__tool_error_piece(&call->exchange, mcps_strerror(result));
    if (call->action->error && !call->failed)
        return call->action->error(call, result);
    return mcps__error_piece(
        id, MCPS__RPC_INTERNAL,
        call->fault.len > 0 ? call->fault.data : mcps_strerror(result), NULL);
}

/* Has the handler given a result, good or bad, that is sent as such? */
static bool has_result(const struct mcps_call *call, int result)
    MCPS__REQUIRES(call->mutex)
{
    return call->failed ? call->action->to_model : result >= 0;
}

struct mcps__piece *mcps__result_piece(struct mcps_call *call, int result)
{
    const struct mcps__id *id = &call->exchange.id;
    struct mcps__piece *piece = NULL;
    struct mcps__content rest;
    const char *broken;

    mcps__mutex_lock(&call->mutex);
    piece = mcps__replay_piece(call, &result);
    broken = piece ? NULL : broken_word(call, result);
    if (broken)
        piece = mcps__tool_error_piece(&call->exchange, broken);
    else if (!piece && has_result(call, result))
        piece = end_result(call);
    else if (!piece)
        piece = error_piece(call, result);
    rest = call->content;
    mcps__content_init(&call->content);
    mcps__buf_fini(&call->structured);
    mcps__buf_fini(&call->meta);
    mcps__buf_fini(&call->meta_keys);
    mcps__mutex_unlock(&call->mutex);
    mcps__content_fini(&rest); /* blobs, too: with no lock held */
    if (broken)
        mcps__log(&call->exchange.peer->engine->log, MCPS_LOG_ERROR, "tool %s: %s",
                  call->offer->key, broken);
    if (piece)
        return piece;
    return mcps__error_piece(id, MCPS__RPC_INTERNAL, "Out of memory", NULL);
}
