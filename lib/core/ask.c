/* SPDX-License-Identifier: MIT */
/*
 * Asking the client during a call; see mcpserver/ask.h and ask.h.
 *
 * A question whose answer is there gets it. For the others it depends: where the client is asked
 * by the result of its request, or where no thread may wait, they are noted, and the handler
 * passes MCPS_EINPUT up (replay.c, unwind.c). Otherwise they are sent here, all at once, and
 * the worker parks until the last is answered.
 */
#include "config.h"

#include "core/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/answer.h"
#include "core/elicitations.h"
#include "core/result.h"
#include "rpc/message.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

enum { ENVELOPE_MAX = 512 };

/* ---- messages ---- */

struct mcps__piece *mcps__ask_piece(const struct mcps__entry *entry, const char *method,
                                    const struct mcps__buf *params)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__id id;

    if (mcps__piece_begin(&buf, ENVELOPE_MAX + params->len) < 0)
        return NULL;
    mcps__id_of_number(&id, entry->serial);
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, &id, method);
    mcps__write_object(&w);
    mcps__write_key(&w, "_meta");
    mcps__write_object(&w);
    mcps__write_key(&w, "progressToken");
    mcps__write_int(&w, entry->serial);
    mcps__write_object_end(&w);
    if (params->len > 2)
        mcps__write_raw(&w, params->data + 1, params->len - 2);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

static struct mcps__piece *cancel_piece(int64_t serial, const char *reason)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, ENVELOPE_MAX) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/cancelled");
    mcps__write_object(&w);
    mcps__write_key(&w, "requestId");
    mcps__write_int(&w, serial);
    mcps__write_key(&w, "reason");
    mcps__write_string(&w, reason);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

/* A courtesy to the client, which may stop what it does for us. Not through the gate, for
 * that of a cancelled call is shut; not when the client does not keep up. The stream of the call
 * may have ended, and then its session has another. */
void mcps__ask_cancel(struct mcps__entry *entry, int why)
{
    struct mcps__peer *peer = entry->exchange->peer;
    struct mcps__sink *sink = entry->exchange->sink;
    struct mcps__piece *piece;
    int r;

    if (peer->sink && mcps__sink_state(sink) != MCPS__SINK_OPEN)
        sink = peer->sink;
    if (mcps__sink_waiting(sink) > sink->soft_mark)
        return;
    piece = cancel_piece(entry->serial, mcps_strerror(why));
    if (!piece)
        return;
    r = mcps__sink_put(sink, piece);
    (void)r; /* a client that is gone needs no courtesy */
}

/* ---- what can be asked ---- */

struct asked {
    struct mcps__question question;
    struct mcps__entry *entry; /* while it is waited for */
    bool open;                 /* there is no outcome yet */
    int outcome;
};

/* The end of input may come before the call asks: then it is settled as those are that were
 * waiting at that moment. */
int mcps__ask_check(struct mcps_call *call)
{
    struct mcps__peer *peer = call->exchange.peer;
    int r = 0;

    if (mcps_call_cancelled(call) != MCPS_CANCEL_NONE)
        return MCPS_ECANCELLED;
    mcps__mutex_lock(&peer->mutex);
    if (peer->no_back_channel)
        r = MCPS_ENOCHANNEL;
    else if (peer->no_client)
        r = MCPS_ECLOSED;
    else if (!peer->ready)
        r = MCPS_ENOTREADY;
    mcps__mutex_unlock(&peer->mutex);
    return r;
}

static int check_call(struct mcps_call *call)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_check(call);
    mcps__mutex_unlock(&call->mutex);
    return r >= 0 && !call->action->asks ? -EINVAL : r;
}

struct mcps__answers *mcps__ask_answers(struct mcps_call *call)
{
    if (!call->answers)
        call->answers = mcps__answers_new();
    return call->answers;
}

static void complain(struct mcps_call *call, enum mcps_log_level level, const char *what,
                     const struct mcps_question *of, const char *why)
{
    mcps__log(&call->exchange.peer->engine->log, level, "%s of %s %s: %s: %s",
              of->key ? of->key : "", mcps__kind_noun(call->offer->kind),
              call->offer->key, what, why);
}

/* ---- answers ---- */

/* An answer that was found to be good outlasts the round. */
static int use(struct mcps_call *call, const struct asked *asked)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__answers_use(call->answers, &asked->question);
    mcps__mutex_unlock(&call->mutex);
    return r;
}

/* What a client of the modern era has sent is no answer to anything: its request is refused,
 * whatever the handler makes of it. */
static void refuse(struct mcps_call *call, const struct asked *asked)
{
    struct mcps__answers *answers;

    mcps__mutex_lock(&call->mutex);
    answers = call->answers;
    answers->fault = asked->question.method;
    snprintf(answers->fault_key, sizeof answers->fault_key, "%s",
             asked->question.of->key);
    mcps__mutex_unlock(&call->mutex);
}

/* Reads an answer. In the modern era a form that is filled in wrongly is asked for again. */
static int read_answer(struct mcps_call *call, struct asked *asked, const char *text,
                       size_t len, bool *ret_again)
{
    char why[MCPS__ARGS_ERROR_SIZE];
    struct mcps__question *question = &asked->question;
    int r = mcps__question_read(question, call->exchange.peer->engine, text, len, why,
                                sizeof why);

    *ret_again = r == MCPS_EINVALID && mcps__context_is_modern(call->exchange.context);
    if (r == MCPS_EINVALID || r == MCPS_EPROTOCOL)
        complain(call, MCPS_LOG_WARNING, "the answer is not as it should be",
                 question->of, why);
    return r;
}

static int find(struct mcps_call *call, struct asked *asked, struct mcps__buf *text)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = call->answers ? mcps__answers_find(call->answers, &asked->question, text) : 1;
    mcps__mutex_unlock(&call->mutex);
    return r;
}

/* Finds the answer, if it came with the request or in an earlier round. An error of ours. */
static int recall(struct mcps_call *call, struct asked *asked)
{
    struct mcps__buf text;
    bool again;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    r = find(call, asked, &text);
    asked->open = r > 0;
    asked->outcome = r > 0 ? MCPS_EINPUT : r;
    if (r == 0) {
        r = read_answer(call, asked, text.data, text.len, &again);
        asked->outcome = r;
        asked->open = again;
        if (r == MCPS_EPROTOCOL && mcps__context_is_modern(call->exchange.context))
            refuse(call, asked);
        else if (r >= 0)
            r = use(call, asked);
    }
    mcps__buf_fini(&text);
    return r == -ENOMEM ? r : 0;
}

/* ---- by the end of the handler's run ---- */

static int want(struct mcps_call *call, struct asked *asked)
{
    struct mcps__answers *answers;
    int r = -ENOMEM;

    mcps__mutex_lock(&call->mutex);
    answers = mcps__ask_answers(call);
    if (answers)
        r = mcps__answers_want(answers, call, &asked->question);
    mcps__mutex_unlock(&call->mutex);
    if (r == -EINVAL)
        complain(call, MCPS_LOG_ERROR, "it cannot be asked", asked->question.of,
                 "its key is that of another question");
    asked->outcome = MCPS_EINPUT;
    return r;
}

static int want_all(struct mcps_call *call, struct asked *asked, size_t n)
{
    int r = 0;

    for (size_t i = 0; i < n && r >= 0; i++) {
        if (asked[i].open)
            r = want(call, &asked[i]);
    }
    return r < 0 ? r : MCPS_EINPUT;
}

/* ---- by requests, while this thread waits ---- */

/* Before the request can reach the client, the entry is in the map. */
static int send_one(struct mcps_call *call, struct asked *asked)
{
    struct mcps__question *question = &asked->question;
    struct mcps__piece *piece =
        mcps__ask_piece(asked->entry, question->method, &question->params);
    int r = -ENOMEM;

    if (!piece)
        return r;
    r = mcps__elicitations_note(call->exchange.peer, mcps__elicitation_id(question->of));
    if (r >= 0)
        r = mcps__pending_insert(asked->entry);
    if (r < 0) {
        mcps__piece_free(piece);
        return r;
    }
    r = mcps__exchange_put(asked->entry->exchange, piece);
    MCPS__SYNC_POINT("after_pending_insert");
    return r < 0 && mcps__pending_remove(asked->entry) ? r : 0;
}

static void wait_for_one(struct mcps_call *call, struct asked *asked)
{
    struct mcps__bytes *text = NULL;
    bool again;
    int r = mcps__entry_wait(asked->entry, &text);

    if (r == MCPS_ETIMEDOUT || r == MCPS_ECANCELLED)
        mcps__ask_cancel(asked->entry, r);
    if (r >= 0)
        r = read_answer(call, asked, text->data, text->len, &again);
    mcps__bytes_unref(text);
    asked->outcome = r;
}

static int new_entries(struct mcps_call *call, struct asked *asked, size_t n)
{
    const struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    int r = 0;

    for (size_t i = 0; i < n && r >= 0; i++) {
        if (asked[i].open)
            r = mcps__entry_new(&asked[i].entry, &call->exchange,
                                mcps__limit_ns(limits, asked[i].question.time_limit));
    }
    return r;
}

/* No entry is in the map when it returns. */
static void send_and_wait(struct mcps_call *call, struct asked *asked, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!asked[i].open)
            continue;
        asked[i].outcome = send_one(call, &asked[i]);
        asked[i].open = asked[i].outcome >= 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (asked[i].open)
            wait_for_one(call, &asked[i]);
    }
}

static int ask_waiting(struct mcps_call *call, struct asked *asked, size_t n)
{
    struct mcps__engine *engine = call->exchange.peer->engine;
    int r = new_entries(call, asked, n);

    if (r >= 0)
        r = mcps__pool_park(&engine->pool, &call->job);
    if (r == MCPS_EBUSY)
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_CALLS_PARKED);
    if (r < 0)
        return r;
    send_and_wait(call, asked, n);
    mcps__pool_unpark(&engine->pool, &call->job);
    return 0;
}

/* Nothing takes the place of this thread, or it is the one that would read the answer. */
static bool must_not_wait(struct mcps_call *call)
{
    return mcps__loop_is_home(call->exchange.peer->loop) || !mcps__pool_may_park();
}

static int ask_legacy(struct mcps_call *call, struct asked *asked, size_t n)
{
    int r = mcps__ask_check(call);

    if (r < 0)
        return r;
    if (!must_not_wait(call))
        return ask_waiting(call, asked, n);
    return mcps__pool_runs(&call->job) ? want_all(call, asked, n) : MCPS_EBUSY;
}

/* ---- both ---- */

static int ask_open(struct mcps_call *call, struct asked *asked, size_t n)
{
    size_t n_open = 0;

    for (size_t i = 0; i < n; i++)
        n_open += asked[i].open;
    if (n_open == 0)
        return 0;
    if (mcps__context_is_modern(call->exchange.context))
        return want_all(call, asked, n);
    return ask_legacy(call, asked, n);
}

/* For the error of a call that ends because of it. */
static void note_missing(struct mcps_call *call, const struct mcps__question *question)
{
    mcps__mutex_lock(&call->mutex);
    if (call->answers)
        call->answers->missing |=
            question->capability & ~call->exchange.context->capabilities;
    mcps__mutex_unlock(&call->mutex);
}

static int make(struct mcps_call *call, struct asked *asked,
                const struct mcps_question *of)
{
    char why[MCPS__ARGS_ERROR_SIZE] = "";
    int r = mcps__question_make(&asked->question, of, call->exchange.context, why,
                                sizeof why);

    if (r == -EINVAL)
        complain(call, MCPS_LOG_ERROR, "it cannot be asked", of, why);
    if (r == MCPS_ECAPABILITY)
        note_missing(call, &asked->question);
    return r;
}

static bool is_asked_before(const struct asked *asked, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(asked[k].question.of->key, asked[i].question.of->key) == 0)
            return true;
    }
    return false;
}

/* The elements have the size that the first one names. */
static struct mcps_question *question_at(struct mcps_question *questions, size_t i)
{
    return (void *)((char *)questions + i * questions->struct_size);
}

/* The client learns at once of all that it lacks. */
static int make_all(struct mcps_call *call, struct asked *asked,
                    struct mcps_question *questions, size_t n)
{
    int r = 0, lacks = 0;

    for (size_t i = 0; i < n && r >= 0; i++) {
        r = make(call, &asked[i], question_at(questions, i));
        if (r == MCPS_ECAPABILITY) {
            lacks = r;
            r = 0;
        }
        if (r >= 0 && is_asked_before(asked, i)) {
            complain(call, MCPS_LOG_ERROR, "it cannot be asked", asked[i].question.of,
                     "another one has its key");
            r = -EINVAL;
        }
    }
    if (r >= 0)
        r = lacks;
    for (size_t i = 0; i < n && r >= 0; i++)
        r = recall(call, &asked[i]);
    return r;
}

/* What is said of all: MCPS_EINPUT, or the first error. */
static int verdict(struct mcps_call *call, const struct asked *asked, size_t n)
{
    struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    int r = 0;

    for (size_t i = 0; i < n; i++) {
        int outcome = asked[i].outcome;

        if (outcome == MCPS_ETIMEDOUT)
            mcps__limit_hit(limits, asked[i].question.time_limit);
        if (outcome == MCPS_EINPUT || (outcome < 0 && r == 0))
            r = outcome;
    }
    return r;
}

/* Forms live until the call is finished; trees are the caller's. */
static void give(struct mcps_call *call, struct asked *asked, struct mcps_question *to)
{
    struct mcps__question *question = &asked->question;
    struct mcps__form *form = question->form;
    struct mcps__answers *answers = NULL;

    to->json = question->json;
    question->json = NULL;
    if (!form || asked->outcome != MCPS_ACCEPTED)
        return;
    mcps__mutex_lock(&call->mutex);
    answers = call->answers;
    form->next = answers->forms;
    answers->forms = form;
    mcps__mutex_unlock(&call->mutex);
    question->form = NULL;
    to->form = mcps__args_struct(&form->args);
}

static int make_answers(struct mcps_call *call)
{
    bool made;

    mcps__mutex_lock(&call->mutex);
    made = mcps__ask_answers(call) != NULL;
    mcps__mutex_unlock(&call->mutex);
    return made ? 0 : -ENOMEM;
}

/* An answer that was lost with the client leaves nothing to be said to it. */
static int ask(struct mcps_call *call, struct asked *asked,
               struct mcps_question *questions, size_t n)
{
    int r = check_call(call);

    if (r >= 0)
        r = make_answers(call);
    if (r >= 0)
        r = make_all(call, asked, questions, n);
    if (r >= 0)
        r = ask_open(call, asked, n);
    for (size_t i = 0; i < n; i++) {
        if (r < 0 && asked[i].open)
            asked[i].outcome = r;
    }
    if (r >= 0 || r == MCPS_EINPUT)
        r = verdict(call, asked, n);
    if (r == MCPS_ECLOSED && !MCPS__MUTATED(M3))
        mcps__exchange_suppress(&call->exchange);
    return r;
}

int mcps_call_ask(mcps_call *call, struct mcps_question *questions, size_t n)
{
    struct asked *asked;
    int r;

    mcps__lock_assert_none_held();
    if (n == 0)
        return 0;
    if (!questions || questions->struct_size < sizeof *questions)
        return -EINVAL;
    asked = mcps__calloc(n, sizeof *asked);
    if (!asked)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        asked[i].open = true;
    r = ask(call, asked, questions, n);
    for (size_t i = 0; i < n; i++) {
        struct mcps_question *to = question_at(questions, i);

        to->outcome = asked[i].outcome;
        to->form = NULL;
        to->json = NULL;
        if (r >= 0)
            give(call, &asked[i], to);
        mcps__entry_unref(asked[i].entry);
        mcps__question_fini(&asked[i].question);
    }
    mcps__free(asked);
    return r;
}

/* ---- one question ---- */

int mcps_call_elicit(mcps_call *call, const char *key, const char *message,
                     const struct mcps_field *fields, size_t size, const void **ret)
{
    struct mcps_question question =
        MCPS_QUESTION_(.kind = MCPS_QUESTION_FORM, .key = key, .message = message,
                       .fields = fields, .fields_size = size);
    int r = mcps_call_ask(call, &question, 1);

    if (r < 0)
        return r;
    if (question.outcome == MCPS_ACCEPTED)
        *ret = question.form;
    return question.outcome;
}

int mcps_call_elicit_url(mcps_call *call, const char *key, const char *message,
                         const char *url, const char *elicitation_id)
{
    struct mcps_question question = MCPS_ASK_URL(key, message, url, elicitation_id);
    int r = mcps_call_ask(call, &question, 1);

    return r < 0 ? r : question.outcome;
}

static int ask_for_tree(struct mcps_call *call, struct mcps_question *question,
                        struct json_object **ret)
{
    int r = mcps_call_ask(call, question, 1);

    if (r >= 0)
        *ret = question->json;
    return r;
}

int mcps_call_sample(mcps_call *call, const char *key,
                     const struct mcps_sampling *sampling, struct json_object **ret)
{
    struct mcps_question question = MCPS_ASK_SAMPLING(key, sampling);

    return ask_for_tree(call, &question, ret);
}

int mcps_call_roots(mcps_call *call, struct json_object **ret_roots)
{
    struct mcps_question question = MCPS_ASK_ROOTS("roots");

    return ask_for_tree(call, &question, ret_roots);
}

unsigned mcps_call_roots_changes(const mcps_call *call)
{
    return atomic_load(&call->exchange.peer->n_roots_changes);
}

/* ---- a URL before anything else ---- */

static void write_required(struct mcps__writer *w, const struct mcps__question *question)
{
    mcps__write_raw(w, question->params.data, question->params.len);
}

/* Adds it to what the error says. */
static int add_required(struct mcps_call *call, const struct mcps__question *question)
{
    struct mcps__answers *answers;
    struct mcps__writer w;
    int r = -ENOMEM;

    mcps__mutex_lock(&call->mutex);
    answers = mcps__ask_answers(call);
    if (answers) {
        mcps__write_init(&w, &answers->urls);
        w.comma = answers->urls.len > 0;
        write_required(&w, question);
        r = mcps__write_end(&w);
    }
    mcps__mutex_unlock(&call->mutex);
    return r;
}

static int require(struct mcps_call *call, const struct mcps_question *of)
{
    struct asked asked = { .entry = NULL };
    int r = make(call, &asked, of);

    if (r >= 0)
        r = mcps__elicitations_note(call->exchange.peer, mcps__elicitation_id(of));
    if (r >= 0)
        r = add_required(call, &asked.question);
    mcps__question_fini(&asked.question);
    return r < 0 ? r : MCPS_EINPUT;
}

int mcps_call_require_url(mcps_call *call, const char *key, const char *message,
                          const char *url, const char *elicitation_id)
{
    const struct mcps_question question = MCPS_ASK_URL(key, message, url, elicitation_id);
    int r = check_call(call);

    if (r < 0)
        return r;
    if (!mcps_call_client_can(call, MCPS_CLIENT_ELICITATION_URL)) {
        r = mcps_call_fail(call, "%s: %s", message, url);
        return r < 0 ? r : MCPS_EINPUT;
    }
    if (mcps__context_is_modern(call->exchange.context))
        return mcps_call_elicit_url(call, key, message, url, elicitation_id);
    return require(call, &question);
}
