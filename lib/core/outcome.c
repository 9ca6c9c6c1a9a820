/* SPDX-License-Identifier: MIT */
/* What became of a request, and replacing it; see mcpserver/middleware.h. */
#include "config.h"

#include "core/chain.h"

#include <errno.h>
#include <string.h>

#include "core/answer.h"
#include "core/meta.h"
#include "json/scan.h"
#include "rpc/errors.h"
#include "rpc/message.h"
#include "util/clock.h"

/* ---- what it is ---- */

/* The text of the message behind its id; NULL when it does not begin with that. */
static const char *behind_id(const struct mcps_outcome *outcome, const char *member,
                             size_t *ret_at)
{
    static const char begin[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    const struct mcps__id *id = &outcome->request->id;
    size_t at = sizeof begin - 1 + id->len, len = strlen(member);

    if (!outcome->piece || outcome->piece->text_len < at + len ||
        memcmp(outcome->piece->data + at, member, len) != 0)
        return NULL;
    *ret_at = at + len;
    return outcome->piece->data + at + len;
}

static const char *result_text(const struct mcps_outcome *outcome, size_t *ret_at)
{
    return behind_id(outcome, ",\"result\":", ret_at);
}

enum mcps_outcome_kind mcps_outcome_kind(const mcps_outcome *outcome)
{
    size_t at;

    if (outcome->reason == MCPS_CANCEL_DISCONNECT)
        return MCPS_OUTCOME_SUPPRESSED;
    if (outcome->reason != MCPS_CANCEL_NONE)
        return MCPS_OUTCOME_CANCELLED;
    if (outcome->request->opened)
        return MCPS_OUTCOME_STREAM;
    if (!outcome->piece || !result_text(outcome, &at))
        return MCPS_OUTCOME_ERROR;
    return outcome->piece->tool_error ? MCPS_OUTCOME_TOOL_ERROR : MCPS_OUTCOME_RESULT;
}

const char *mcps_outcome_kind_name(enum mcps_outcome_kind kind)
{
    switch (kind) {
    case MCPS_OUTCOME_RESULT: return "result";
    case MCPS_OUTCOME_TOOL_ERROR: return "tool error";
    case MCPS_OUTCOME_ERROR: return "error";
    case MCPS_OUTCOME_CANCELLED: return "cancelled";
    case MCPS_OUTCOME_SUPPRESSED: return "suppressed";
    case MCPS_OUTCOME_STREAM: return "stream";
    }
    return "unknown";
}

/* An error without an id has it where the id would be; both are ours, and all codes are
 * negative. */
int mcps_outcome_code(const mcps_outcome *outcome)
{
    static const char unnamed[] = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-";
    const struct mcps__piece *piece = outcome->piece;
    size_t at = 0;
    int code = 0;

    if (mcps_outcome_kind(outcome) != MCPS_OUTCOME_ERROR)
        return 0;
    if (!piece)
        return MCPS__RPC_INTERNAL;
    if (!behind_id(outcome, ",\"error\":{\"code\":-", &at)) {
        if (piece->text_len < sizeof unnamed ||
            memcmp(piece->data, unnamed, sizeof unnamed - 1) != 0)
            return MCPS__RPC_INTERNAL;
        at = sizeof unnamed - 1;
    }
    while (at < piece->text_len && piece->data[at] >= '0' && piece->data[at] <= '9')
        code = code * 10 + (piece->data[at++] - '0');
    return -code;
}

enum mcps_cancel_reason mcps_outcome_reason(const mcps_outcome *outcome)
{
    return outcome->reason;
}

size_t mcps_outcome_bytes(const mcps_outcome *outcome)
{
    return outcome->piece ? outcome->piece->len : 0;
}

/* What was never started has waited for all of its time. */
uint64_t mcps_outcome_queued_us(const mcps_outcome *outcome)
{
    const struct mcps_request *request = outcome->request;
    int64_t end = request->started > 0 ? request->started : outcome->now;

    return (uint64_t)((end - request->received) / MCPS__NS_PER_US);
}

uint64_t mcps_outcome_run_us(const mcps_outcome *outcome)
{
    int64_t started = outcome->request->started;

    return started > 0 ? (uint64_t)((outcome->now - started) / MCPS__NS_PER_US) : 0;
}

/* ---- the result as text ---- */

static int append_from(struct mcps__buf *to, struct mcps__piece *piece, size_t offset)
{
    char memory[4096];
    int r = 0;

    while (offset < piece->len && r >= 0) {
        struct mcps__scratch scratch = { memory, sizeof memory };
        struct mcps__span span = mcps__piece_next(piece, offset, &scratch);

        r = mcps__buf_append(to, span.data, span.len);
        offset += span.len;
    }
    return r;
}

/* Up to the brace that closes the message, in whose place a NUL comes. */
static int make_json(struct mcps_outcome *outcome, size_t at)
{
    struct mcps__buf *json = &outcome->json;
    int r = mcps__buf_reserve(json, outcome->piece->len - at);

    if (r >= 0)
        r = append_from(json, outcome->piece, at);
    if (r < 0) {
        mcps__buf_fini(json);
        return r;
    }
    json->data[--json->len] = '\0';
    return 0;
}

enum { ENVELOPE_MAX = 1024 }; /* around a result: its id, and what the era asks for */

int mcps_outcome_json(mcps_outcome *outcome, const char **ret, size_t *ret_len)
{
    uint64_t max =
        mcps__limit(&outcome->request->engine->limits, MCPS_LIMIT_RESULT_BYTES);
    size_t at;
    int r = 0;

    if (!result_text(outcome, &at))
        return MCPS_ENOTFOUND;
    if (outcome->piece->len > max + ENVELOPE_MAX)
        return MCPS_ELIMIT;
    if (outcome->json.len == 0)
        r = make_json(outcome, at);
    if (r < 0)
        return r;
    *ret = outcome->json.data;
    *ret_len = outcome->json.len;
    return 0;
}

/* ---- another one ---- */

/* Whether there is an answer, in whose place another one would come. */
static bool is_answered(const struct mcps_outcome *outcome)
{
    return outcome->reason == MCPS_CANCEL_NONE && !outcome->request->opened;
}

static void put_piece(struct mcps_outcome *outcome, struct mcps__piece *piece)
{
    mcps__piece_free(outcome->piece);
    outcome->piece = piece;
    mcps__buf_fini(&outcome->json);
}

int mcps_outcome_fail(mcps_outcome *outcome, int code, const char *message,
                      const char *data)
{
    struct mcps__piece *piece = NULL;
    int r;

    if (!is_answered(outcome))
        return MCPS_ECANCELLED;
    r = mcps__seen_error(&piece, outcome->request, code, message, data);
    if (r >= 0)
        put_piece(outcome, piece);
    return r;
}

/* An object whose members are taken one by one. */
struct object {
    struct mcps__scan scan;
    const char *text;
};

/* -EINVAL for a text that is none, or has two members of one name. Ended with
 * mcps__scan_fini() in any case. */
static int open_object(struct object *object, const char *text, size_t len)
{
    struct mcps__json_limits limits = mcps__json_default_limits;
    int r;

    limits.size = limits.string = UINT32_C(1) << 30;
    limits.values = UINT32_MAX;
    object->text = text;
    mcps__scan_init(&object->scan, &limits);
    r = mcps__scan_feed(&object->scan, text, len, true);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || object->scan.type != MCPS__JSON_OBJECT ||
        mcps__scan_has_duplicates(&object->scan, text))
        return -EINVAL;
    return 0;
}

static const struct mcps__scan_member *find(const struct object *object, const char *name)
{
    return mcps__scan_find(&object->scan, object->text, MCPS__SCAN_TOP, name);
}

static void write_value(struct mcps__writer *w, const struct object *object,
                        const struct mcps__scan_member *member)
{
    mcps__write_raw(w, object->text + member->value, member->value_len);
}

/* A member, if there is one, of this object or else of that. */
static void write_either(struct mcps__writer *w, const struct object *object,
                         const struct object *other, const char *name)
{
    const struct mcps__scan_member *member = find(object, name);

    if (!member && other) {
        object = other;
        member = find(object, name);
    }
    if (!member)
        return;
    mcps__write_key(w, name);
    write_value(w, object, member);
}

/* All members of the object but those of some names, as they are. */
static void write_others(struct mcps__writer *w, const struct object *object,
                         const char *const *names, size_t n)
{
    for (uint32_t i = 0; i < object->scan.n_recorded; i++) {
        const struct mcps__scan_member *member = &object->scan.members[i];
        bool named = member->level != MCPS__SCAN_TOP;

        for (size_t k = 0; k < n; k++)
            named = named || member == find(object, names[k]);
        if (named)
            continue;
        mcps__write_raw(w, object->text + member->key - 1, member->key_len + 2);
        w->comma = false;
        if (w->error >= 0)
            w->error = mcps__buf_append_byte(w->out, ':');
        write_value(w, object, member);
    }
}

#define SERVER_KEY "io.modelcontextprotocol/serverInfo"

/* The _meta of the new result, which says whose it is. */
static int write_meta(struct mcps__writer *w, const struct mcps_outcome *outcome,
                      const struct object *result)
{
    static const char *const names[] = { SERVER_KEY };
    const struct mcps__scan_member *member = find(result, "_meta");
    struct object meta;
    int r = 0;

    mcps__write_key(w, "_meta");
    mcps__write_object(w);
    if (member) {
        r = open_object(&meta, result->text + member->value, member->value_len);
        if (r >= 0)
            write_others(w, &meta, names, 1);
        mcps__scan_fini(&meta.scan);
    }
    mcps__result_server(w, outcome->request->engine, outcome->request->context->version);
    mcps__write_object_end(w);
    return r;
}

/* Era of every result: its type first, the hints behind its members, then _meta. */
static int write_modern(struct mcps__writer *w, const struct mcps_outcome *outcome,
                        const struct object *result, const struct object *old)
{
    static const char *const names[] = { "resultType", "ttlMs", "cacheScope", "_meta" };
    static const char complete[] = "\"complete\"";

    mcps__write_object(w);
    if (find(result, names[0]) || (old && find(old, names[0]))) {
        write_either(w, result, old, names[0]);
    } else {
        mcps__write_key(w, names[0]);
        mcps__write_raw(w, complete, sizeof complete - 1);
    }
    write_others(w, result, names, sizeof names / sizeof names[0]);
    write_either(w, result, old, names[1]);
    write_either(w, result, old, names[2]);
    return write_meta(w, outcome, result);
}

static bool is_modern(const struct mcps_request *request)
{
    return request->context && mcps__context_is_modern(request->context);
}

static int write_result(struct mcps__writer *w, const struct mcps_outcome *outcome,
                        const struct object *result, const struct object *old)
{
    int r = 0;

    mcps__rpc_begin_result(w, &outcome->request->id);
    if (is_modern(outcome->request)) {
        r = write_modern(w, outcome, result, old);
        mcps__write_object_end(w);
    } else {
        mcps__write_raw(w, result->text, strlen(result->text));
    }
    mcps__rpc_end(w);
    return r;
}

static bool says_failed(const struct object *result)
{
    const struct mcps__scan_member *member = find(result, "isError");

    return member && member->value_len == 4 &&
           memcmp(result->text + member->value, "true", 4) == 0;
}

static int make_piece(struct mcps_outcome *outcome, const struct object *result,
                      const struct object *old, struct mcps__piece **ret)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r = mcps__piece_begin(&buf, SIZE_MAX / 2);

    if (r < 0)
        return r;
    mcps__write_init(&w, &buf);
    r = write_result(&w, outcome, result, old);
    *ret = mcps__written_piece(&buf, &w);
    if (r >= 0 && *ret) {
        (*ret)->tool_error = says_failed(result);
        return 0;
    }
    mcps__piece_free(*ret);
    return r < 0 ? r : -ENOMEM;
}

/* What the result that is replaced says of itself; none of it, if it cannot be read. */
static int replace_with(struct mcps_outcome *outcome, const struct object *result)
{
    struct mcps__piece *piece = NULL;
    struct object old;
    const char *text;
    size_t len;
    int r;

    if (!is_modern(outcome->request) || mcps_outcome_json(outcome, &text, &len) < 0) {
        r = make_piece(outcome, result, NULL, &piece);
    } else {
        r = open_object(&old, text, len);
        if (r != -ENOMEM)
            r = make_piece(outcome, result, r < 0 ? NULL : &old, &piece);
        mcps__scan_fini(&old.scan);
    }
    if (r >= 0)
        put_piece(outcome, piece);
    return r;
}

/* Between values JSON may have line breaks; in strings it has none. The NUL stays. */
static void put_on_one_line(struct mcps__buf *line)
{
    for (size_t i = 0; i + 1 < line->len; i++) {
        if ((unsigned char)line->data[i] < ' ')
            line->data[i] = ' ';
    }
}

int mcps_outcome_replace(mcps_outcome *outcome, const char *json)
{
    struct object result;
    struct mcps__buf line;
    int r;

    if (!is_answered(outcome))
        return MCPS_ECANCELLED;
    if (!json)
        return -EINVAL;
    mcps__buf_init(&line, SIZE_MAX);
    r = mcps__buf_append(&line, json, strlen(json) + 1);
    if (r >= 0) {
        r = open_object(&result, line.data, line.len - 1);
        if (r >= 0) {
            put_on_one_line(&line);
            r = replace_with(outcome, &result);
        }
        mcps__scan_fini(&result.scan);
    }
    mcps__buf_fini(&line);
    return r;
}
