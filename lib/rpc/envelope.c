/* SPDX-License-Identifier: MIT */
/* The envelope of a message; see envelope.h. */
#include "config.h"

#include "rpc/envelope.h"

#include <string.h>

#include "json/text.h"
#include "rpc/errors.h"

/* The members that JSON-RPC knows; all others are ignored. */
enum slot { JSONRPC, ID, METHOD, PARAMS, RESULT, ERROR, N_SLOTS };

static const char *const slot_names[N_SLOTS] = { "jsonrpc", "id",     "method",
                                                 "params",  "result", "error" };

struct slots {
    const struct mcps__scan_member *member[N_SLOTS];
    const char *text;
};

static const char duplicate_member[] = "a message has two members of one name";

static int refuse(struct mcps__envelope *env, int code, const char *why)
{
    env->code = code;
    env->why = why;
    return MCPS_EPROTOCOL;
}

static int refuse_request(struct mcps__envelope *env, const char *why)
{
    return refuse(env, MCPS__RPC_INVALID_REQUEST, why);
}

static void find_slots(struct slots *slots, const struct mcps__scan *scan,
                       const char *text)
{
    *slots = (struct slots){ .text = text };
    for (int i = 0; i < N_SLOTS; i++)
        slots->member[i] = mcps__scan_find(scan, text, MCPS__SCAN_TOP, slot_names[i]);
}

static void tell_kind(struct mcps__envelope *env, const struct slots *slots)
{
    if (slots->member[METHOD])
        env->kind =
            slots->member[ID] ? MCPS__ENVELOPE_REQUEST : MCPS__ENVELOPE_NOTIFICATION;
    else if (slots->member[RESULT])
        env->kind = MCPS__ENVELOPE_RESULT;
    else if (slots->member[ERROR])
        env->kind = MCPS__ENVELOPE_ERROR;
}

static bool has_type(const struct mcps__scan_member *m, enum mcps__json_type type)
{
    return m->type == type;
}

/* The errors that answer a text without a readable id have none, or null. */
static bool may_lack_id(const struct mcps__envelope *env, const struct slots *slots)
{
    const struct mcps__scan_member *id = slots->member[ID];

    return env->kind == MCPS__ENVELOPE_ERROR && (!id || has_type(id, MCPS__JSON_NULL));
}

static int read_id(struct mcps__envelope *env, const struct slots *slots)
{
    const struct mcps__scan_member *id = slots->member[ID];
    const char *why = NULL;
    int r;

    if (env->kind == MCPS__ENVELOPE_NOTIFICATION || may_lack_id(env, slots))
        return 0;
    if (!id)
        return env->kind == MCPS__ENVELOPE_UNKNOWN
                   ? 0
                   : refuse_request(env, "a result must have the id of its request");
    r = mcps__id_read(&env->id, slots->text + id->value, id->value_len,
                      (enum mcps__json_type)id->type, &why);
    return r == MCPS_EINVALID ? refuse_request(env, why) : r;
}

static int read_version(struct mcps__envelope *env, const struct slots *slots)
{
    const struct mcps__scan_member *version = slots->member[JSONRPC];

    if (!version)
        return refuse_request(env, "the member jsonrpc is missing");
    if (!has_type(version, MCPS__JSON_STRING) ||
        !mcps__text_equal(slots->text + version->value + 1, version->value_len - 2, "2.0",
                          3))
        return refuse_request(env, "the member jsonrpc must be \"2.0\"");
    return 0;
}

/* Decodes in place of a buffer: a method's name is short. */
static int read_method(struct mcps__envelope *env, const struct slots *slots)
{
    const struct mcps__scan_member *m = slots->member[METHOD];
    struct mcps__buf name = { .data = env->method,
                              .cap = MCPS__METHOD_MAX,
                              .max = MCPS__METHOD_MAX };

    if (!has_type(m, MCPS__JSON_STRING))
        return refuse_request(env, "the method must be a string");
    if (m->value_len - 2 > MCPS__METHOD_MAX)
        return refuse_request(env, "the method's name is longer than 128 bytes");
    /* Cannot fail: decoding makes nothing longer, and there is room. */
    if (mcps__text_decode(&name, slots->text + m->value + 1, m->value_len - 2) < 0)
        return MCPS_ELIMIT;
    if (name.len == 0)
        return refuse_request(env, "the method's name is empty");
    if (memchr(env->method, '\0', name.len)) {
        env->method[0] = '\0';
        return refuse_request(env, "the method's name has a NUL character in it");
    }
    env->method[name.len] = '\0';
    env->method_len = (uint16_t)name.len;
    return 0;
}

static int read_params(struct mcps__envelope *env, const struct mcps__scan *scan,
                       const struct slots *slots)
{
    const struct mcps__scan_member *meta;

    env->body = slots->member[PARAMS];
    if (!env->body)
        return 0;
    if (!has_type(env->body, MCPS__JSON_OBJECT))
        return refuse(env, MCPS__RPC_INVALID_PARAMS, "params must be an object");
    meta = mcps__scan_find(scan, slots->text, MCPS__SCAN_PARAMS, "_meta");
    if (meta && !has_type(meta, MCPS__JSON_OBJECT))
        return refuse(env, MCPS__RPC_INVALID_PARAMS, "params._meta must be an object");
    return 0;
}

static int read_call(struct mcps__envelope *env, const struct mcps__scan *scan,
                     const struct slots *slots)
{
    int r;

    if (slots->member[RESULT] || slots->member[ERROR])
        return refuse_request(env,
                              "a message has both a method and a result or an error");
    r = read_method(env, slots);
    return r < 0 ? r : read_params(env, scan, slots);
}

static int read_response(struct mcps__envelope *env, const struct slots *slots)
{
    if (slots->member[RESULT] && slots->member[ERROR])
        return refuse_request(env, "a response has both a result and an error");
    env->body = slots->member[env->kind == MCPS__ENVELOPE_RESULT ? RESULT : ERROR];
    if (!has_type(env->body, MCPS__JSON_OBJECT))
        return refuse_request(env, "a result and an error must be objects");
    return 0;
}

static bool has_two_ids(const struct mcps__scan *scan, const struct slots *slots)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < scan->n_recorded; i++) {
        const struct mcps__scan_member *m = &scan->members[i];

        n += m->level == MCPS__SCAN_TOP &&
             mcps__text_equal(slots->text + m->key, m->key_len, "id", 2);
    }
    return n > 1;
}

static int read_batch(struct mcps__envelope *env, const struct mcps__scan *scan,
                      bool allowed)
{
    if (!allowed)
        return refuse_request(env, "this revision of the protocol has no batches");
    if (scan->n_recorded == 0)
        return refuse_request(env, "a batch is empty");
    env->kind = MCPS__ENVELOPE_BATCH;
    return 0;
}

int mcps__envelope_read(struct mcps__envelope *env, struct mcps__scan *scan,
                        const char *text, bool allow_batch)
{
    struct slots slots;
    bool duplicates;
    int r;

    env->kind = MCPS__ENVELOPE_UNKNOWN;
    env->id.kind = MCPS__ID_NONE;
    env->method_len = 0;
    env->method[0] = '\0';
    env->body = NULL;
    env->code = 0;
    env->why = NULL;

    if (scan->type == MCPS__JSON_ARRAY)
        return read_batch(env, scan, allow_batch);
    if (scan->type != MCPS__JSON_OBJECT)
        return refuse_request(env, "a message must be an object");
    find_slots(&slots, scan, text);
    tell_kind(env, &slots);

    /* The id first, so that whatever else is wrong can be answered. */
    duplicates = mcps__scan_has_duplicates(scan, text);
    if (duplicates && has_two_ids(scan, &slots))
        return refuse_request(env, duplicate_member);
    r = read_id(env, &slots);
    if (r < 0)
        return r;
    if (duplicates)
        return refuse_request(env, duplicate_member);
    if (scan->nul_in_key)
        return refuse_request(env, "a member name has a NUL character in it");
    r = read_version(env, &slots);
    if (r < 0)
        return r;
    switch (env->kind) {
    case MCPS__ENVELOPE_REQUEST:
    case MCPS__ENVELOPE_NOTIFICATION: return read_call(env, scan, &slots);
    case MCPS__ENVELOPE_RESULT:
    case MCPS__ENVELOPE_ERROR: return read_response(env, &slots);
    default: return refuse_request(env, "a message has no method, result or error");
    }
}
