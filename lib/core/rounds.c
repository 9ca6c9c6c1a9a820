/* SPDX-License-Identifier: MIT */
/* What a handler does once in all rounds, and keeps for the next; see mcpserver/ask.h. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/ask.h"
#include "core/meta.h"
#include "core/result.h"
#include "core/seal.h"
#include "json/tree.h"
#include "util/mem.h"

/* May anything be noted under the key? */
static int check(struct mcps_call *call, const char *key) MCPS__REQUIRES(call->mutex)
{
    int r = mcps__result_check(call);

    if (r < 0)
        return r;
    if (!mcps__question_key_ok(key))
        return -EINVAL;
    return mcps__ask_answers(call) ? 0 : -ENOMEM;
}

/* Would so many bytes more still fit? What else there is in a state is seen in the end. */
static int check_room(struct mcps_call *call, size_t more) MCPS__REQUIRES(call->mutex)
{
    struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    size_t size = mcps__answers_carried(call->answers) + more;

    if (MCPS__SEALED_LEN(size) <= mcps__limit(limits, MCPS_LIMIT_STATE_BYTES))
        return 0;
    mcps__limit_hit(limits, MCPS_LIMIT_STATE_BYTES);
    return MCPS_ELIMIT;
}

/* ---- once ---- */

static int parse(struct json_object **ret, const struct mcps_call *call,
                 const struct mcps__buf *text)
{
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, &call->exchange.peer->engine->json_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, ret, text->data, text->len);
    mcps__tree_parser_fini(&parser);
    return r;
}

/* The result of a step that was done, appended; or else the step is begun: 1. */
static int look_up(struct mcps_call *call, const char *key, struct mcps__buf *ret)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__note *note;
    int r = check(call, key);

    if (r < 0)
        return r;
    note = mcps__note_find(call->answers->once, key);
    if (note && note->error < 0)
        return note->error;
    if (note)
        return note->text ? mcps__buf_append(ret, note->text, note->len) : MCPS_EBUSY;
    note = mcps__note_add(&call->answers->once, key, strlen(key));
    return note ? 1 : -ENOMEM;
}

static int write_text(struct mcps__buf *out, struct json_object *tree)
{
    struct mcps__writer w;
    int r;

    mcps__write_init(&w, out);
    mcps__write_tree(&w, tree);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__buf_append_byte(out, '\0');
    /* It is too deep, or has a number that JSON does not have. */
    return r >= 0 || r == -ENOMEM ? r : -EINVAL;
}

/* A step that was done stays done, even if its result cannot be kept: then the error is. */
static int note_result(struct mcps_call *call, const char *key, struct mcps__buf *text,
                       int r) MCPS__REQUIRES(call->mutex)
{
    struct mcps__note *note = mcps__note_find(call->answers->once, key);

    if (r >= 0)
        r = check_room(call, text->len);
    if (r < 0) {
        note->error = r;
        return r;
    }
    note->text = text->data;
    note->len = text->len - 1;
    mcps__buf_init(text, SIZE_MAX);
    return 0;
}

static void forget(struct mcps_call *call, const char *key)
{
    mcps__mutex_lock(&call->mutex);
    mcps__note_remove(&call->answers->once, mcps__note_find(call->answers->once, key));
    mcps__mutex_unlock(&call->mutex);
}

static int run(struct mcps_call *call, const char *key, mcps_once_fn *fn, void *userdata,
               struct json_object **ret)
{
    struct json_object *tree = NULL;
    struct mcps__buf text;
    int r;

    mcps__lock_assert_none_held();
    r = fn(call, userdata, &tree);
    if (r < 0) {
        forget(call, key);
        json_object_put(tree);
        return r;
    }
    mcps__buf_init(&text, SIZE_MAX);
    r = write_text(&text, tree);
    mcps__mutex_lock(&call->mutex);
    r = note_result(call, key, &text, r);
    mcps__mutex_unlock(&call->mutex);
    mcps__buf_fini(&text);
    if (r >= 0 && ret)
        *ret = tree;
    else
        json_object_put(tree);
    return r < 0 ? r : 0;
}

int mcps_call_once(mcps_call *call, const char *key, mcps_once_fn *fn, void *userdata,
                   struct json_object **ret)
{
    struct mcps__buf text;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    mcps__mutex_lock(&call->mutex);
    r = look_up(call, key, &text);
    mcps__mutex_unlock(&call->mutex);
    if (r > 0)
        r = run(call, key, fn, userdata, ret);
    else if (r == 0 && ret)
        r = parse(ret, call, &text);
    mcps__buf_fini(&text);
    return r;
}

/* ---- keeping ---- */

static int replace(struct mcps_call *call, const char *key, struct mcps__buf *text)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__note *note = mcps__note_find(call->answers->kept, key);
    int r = check_room(call, strlen(key) + text->len);

    if (r < 0)
        return r;
    if (!note)
        note = mcps__note_add(&call->answers->kept, key, strlen(key));
    if (!note)
        return -ENOMEM;
    mcps__free(note->text);
    note->text = text->data;
    note->len = text->len - 1;
    mcps__buf_init(text, SIZE_MAX);
    return 0;
}

static int keep(struct mcps_call *call, const char *key, struct mcps__buf *text)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__note *note;
    int r = check(call, key);

    if (r < 0 || text->len > 0)
        return r < 0 ? r : replace(call, key, text);
    note = mcps__note_find(call->answers->kept, key);
    if (note)
        mcps__note_remove(&call->answers->kept, note);
    return 0;
}

int mcps_call_keep(mcps_call *call, const char *key, const char *json)
{
    struct mcps__buf text;
    int r = 0;

    mcps__buf_init(&text, SIZE_MAX);
    if (json)
        r = mcps__meta_value(&text, json);
    if (r >= 0 && json)
        r = mcps__buf_append_byte(&text, '\0');
    if (r >= 0) {
        mcps__mutex_lock(&call->mutex);
        r = keep(call, key, &text);
        mcps__mutex_unlock(&call->mutex);
    }
    mcps__buf_fini(&text);
    return r;
}

const char *mcps_call_kept(mcps_call *call, const char *key)
{
    const struct mcps__note *note = NULL;

    mcps__mutex_lock(&call->mutex);
    if (call->answers && key)
        note = mcps__note_find(call->answers->kept, key);
    mcps__mutex_unlock(&call->mutex);
    return note ? note->text : NULL;
}
