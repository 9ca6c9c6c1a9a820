/* SPDX-License-Identifier: MIT */
/* Completing an argument; see completion.h. */
#include "config.h"

#include "proto/completion.h"

#include <string.h>

#include "core/answer.h"
#include "core/call.h"
#include "core/complete.h"
#include "json/text.h"
#include "proto/offers.h"
#include "proto/strings.h"
#include "rpc/errors.h"
#include "rpc/message.h"

/* What a request says, decoded. */
struct question {
    const struct mcps__request *request;
    struct mcps__buf type; /* of the reference: "ref/prompt" or "ref/resource" */
    struct mcps__buf key;  /* its name or URI */
    struct mcps__buf argument, value;
    struct mcps__buf context; /* other arguments: names and values, a NUL behind each */
};

static void question_init(struct question *q, const struct mcps__request *request)
{
    q->request = request;
    mcps__buf_init(&q->type, SIZE_MAX);
    mcps__buf_init(&q->key, SIZE_MAX);
    mcps__buf_init(&q->argument, SIZE_MAX);
    mcps__buf_init(&q->value, SIZE_MAX);
    mcps__buf_init(&q->context, SIZE_MAX);
}

static void question_fini(struct question *q)
{
    mcps__buf_fini(&q->type);
    mcps__buf_fini(&q->key);
    mcps__buf_fini(&q->argument);
    mcps__buf_fini(&q->value);
    mcps__buf_fini(&q->context);
}

/* ---- reading a request ---- */

/* What stands where; an object within the params, of which the scan has recorded nothing. */
struct object {
    struct mcps__scan scan;
    const char *text;
};

static int object_scan(struct object *object, const struct mcps__request *request,
                       const struct mcps__scan_member *member)
{
    int r;

    object->text = request->text + member->value;
    mcps__scan_init(&object->scan, &request->peer->engine->json_limits);
    r = mcps__scan_feed(&object->scan, object->text, member->value_len, true);
    return r < 0 ? r : 0;
}

static const struct mcps__scan_member *
object_find(const struct object *object, const char *name, enum mcps__json_type type)
{
    const struct mcps__scan_member *member =
        mcps__scan_find(&object->scan, object->text, MCPS__SCAN_TOP, name);

    return member && member->type == type ? member : NULL;
}

/* A string of the object, with a NUL behind it that does not count. 0: it is not there, or has
 * a NUL within. */
static int object_string(struct mcps__buf *ret, const struct object *object,
                         const char *name)
{
    const struct mcps__scan_member *member = object_find(object, name, MCPS__JSON_STRING);
    int r;

    if (!member)
        return 0;
    r = mcps__text_decode(ret, object->text + member->value + 1, member->value_len - 2);
    if (r >= 0)
        r = mcps__buf_append_byte(ret, '\0');
    if (r < 0)
        return r;
    ret->len--;
    return strlen(ret->data) == ret->len;
}

/* Each of these gives 1, 0 when the request has been refused, or an error. */

static int refuse(const struct question *q, const char *why)
{
    mcps__request_refuse_params(q->request, why);
    return 0;
}

static int read_ref_members(struct question *q, const struct object *ref)
{
    bool is_prompt;
    int r = object_string(&q->type, ref, "type");

    if (r < 0)
        return r;
    is_prompt = r > 0 && strcmp(q->type.data, "ref/prompt") == 0;
    if (r == 0 || (!is_prompt && strcmp(q->type.data, "ref/resource") != 0))
        return refuse(q, "the type of ref must be ref/prompt or ref/resource");
    r = object_string(&q->key, ref, is_prompt ? "name" : "uri");
    if (r == 0)
        return refuse(q, is_prompt ? "ref/prompt needs name, a string"
                                   : "ref/resource needs uri, a string");
    return r;
}

static int read_argument_members(struct question *q, const struct object *argument)
{
    int r = object_string(&q->argument, argument, "name");

    if (r > 0)
        r = object_string(&q->value, argument, "value");
    return r == 0 ? refuse(q, "argument needs name and value, both strings") : r;
}

static int read_context_members(struct question *q, const struct object *context)
{
    const struct mcps__scan_member *arguments =
        mcps__scan_find(&context->scan, context->text, MCPS__SCAN_TOP, "arguments");
    const char *text;
    int r;

    if (!arguments)
        return 1;
    if (arguments->type != MCPS__JSON_OBJECT)
        return refuse(q, "arguments of context must be an object of strings");
    text = context->text + arguments->value;
    if (!mcps__strings_check(q->request, "context argument", text, arguments->value_len))
        return 0;
    r = mcps__strings_decode(&q->context, text, arguments->value_len);
    return r < 0 ? r : 1;
}

static int read_object(struct question *q, const struct mcps__scan_member *member,
                       int (*read)(struct question *q, const struct object *object))
{
    struct object object;
    int r = object_scan(&object, q->request, member);

    if (r >= 0)
        r = read(q, &object);
    mcps__scan_fini(&object.scan);
    return r;
}

/* Revisions before 2025-06-18 have no context. */
static int read_question(struct question *q)
{
    const struct mcps__request *request = q->request;
    bool wrong = false, wrong_context = false;
    const struct mcps__scan_member *ref =
        mcps__request_param(request, "ref", MCPS__JSON_OBJECT, &wrong);
    const struct mcps__scan_member *argument =
        mcps__request_param(request, "argument", MCPS__JSON_OBJECT, &wrong);
    const struct mcps__scan_member *context =
        mcps__request_param(request, "context", MCPS__JSON_OBJECT, &wrong_context);
    bool has_context = mcps__request_version(request) >= MCPS__V_2025_06_18;
    int r;

    if (!ref || !argument)
        return refuse(q, "completion/complete needs ref and argument, both objects");
    if (wrong_context && has_context)
        return refuse(q, "context must be an object");
    r = read_object(q, ref, read_ref_members);
    if (r > 0)
        r = read_object(q, argument, read_argument_members);
    if (r > 0 && context && has_context)
        r = read_object(q, context, read_context_members);
    return r;
}

/* ---- answering ---- */

static struct mcps__piece *nothing_piece(const struct mcps__request *request)
{
    enum mcps__version version = mcps__request_version(request);
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_result(&w, &request->env->id);
    mcps__result_begin(&w, version);
    mcps__write_key(&w, "completion");
    mcps__write_object(&w);
    mcps__write_key(&w, "values");
    mcps__write_array(&w);
    mcps__write_array_end(&w);
    mcps__write_key(&w, "total");
    mcps__write_uint(&w, 0);
    mcps__write_key(&w, "hasMore");
    mcps__write_bool(&w, false);
    mcps__write_object_end(&w);
    mcps__result_end(&w, request->peer->engine, version);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

static struct mcps__piece *unknown_piece(const struct question *q)
{
    char message[MCPS__UNKNOWN_SIZE];

    mcps__view_sentence(message, "Unknown", "argument", q->argument.data,
                        q->argument.len);
    MCPS__COUNT(q->request->peer->engine, bad_messages);
    return mcps__error_piece(&q->request->env->id, MCPS__RPC_INVALID_PARAMS, message,
                             NULL);
}

/* Answers without a handler. Who may not see the offer must not be told: then a call has the
 * answer. */
static void answer_by(const struct question *q, struct mcps__call_request *call,
                      struct mcps__piece *piece)
{
    if (!piece) {
        mcps__request_refuse(q->request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    } else if (mcps__view_is_set(&q->request->peer->engine->view)) {
        call->refusal = piece;
        mcps__offers_call(q->request, call);
    } else {
        mcps__request_answer(q->request, piece);
    }
}

static struct mcps__param param_of(const struct mcps__buf *buf)
{
    return (struct mcps__param){ buf->data, buf->len };
}

/* Of a resource itself there is nothing to complete. */
static void complete(const struct question *q, struct mcps__call_request *call)
{
    const struct mcps__offer *offer = call->offer;

    if (offer->kind == MCPS_RESOURCES)
        answer_by(q, call, nothing_piece(q->request));
    else if (!mcps__complete_knows(offer, q->argument.data, q->argument.len))
        answer_by(q, call, unknown_piece(q));
    else if (!offer->completes)
        answer_by(q, call, nothing_piece(q->request));
    else
        mcps__offers_call(q->request, call);
}

/* NULL when there is none that is enabled. */
static struct mcps__offer *find_resource(const struct question *q)
{
    bool enabled = false;
    struct mcps__offer *offer =
        mcps__registry_find(&q->request->peer->engine->registry, MCPS_RESOURCES,
                            q->key.data, q->key.len, &enabled);

    return enabled ? offer : mcps__offer_unref(offer);
}

static void answer(const struct question *q)
{
    bool is_prompt = strcmp(q->type.data, "ref/prompt") == 0;
    struct mcps__param params[MCPS__N_PARAMS] = {
        [MCPS__PARAM_ARGUMENT] = param_of(&q->argument),
        [MCPS__PARAM_VALUE] = param_of(&q->value),
        [MCPS__PARAM_CONTEXT] = param_of(&q->context),
    };
    struct mcps__call_request call = {
        .action = &mcps__action_complete,
        .params = params,
    };

    if (!mcps__offers_params(q->request, params))
        return;
    if (!is_prompt)
        call.offer = find_resource(q);
    if (!call.offer)
        call.offer = mcps__offers_find(
            q->request, is_prompt ? MCPS_PROMPTS : MCPS_TEMPLATES, &q->key);
    if (call.offer)
        complete(q, &call);
    mcps__offer_unref(call.offer);
}

void mcps__completion_complete(const struct mcps__request *request)
{
    struct question question;
    int r;

    if (!mcps__registry_completes(&request->peer->engine->registry)) {
        mcps__request_refuse_method(request);
        return;
    }
    question_init(&question, request);
    r = read_question(&question);
    if (r > 0)
        answer(&question);
    else if (r < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    question_fini(&question);
}
