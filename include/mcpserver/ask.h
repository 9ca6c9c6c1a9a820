/* SPDX-License-Identifier: MIT */
/*
 * Asking the client during a call: its user, by a form or a URL; its model; its roots. One
 * way for all revisions of the protocol:
 *
 *     #define NAME_FORM(ARG, S) ARG(S, STRING, name, "Your name", MCPS_REQUIRED)
 *     MCPS_FORM(name_form, NAME_FORM);
 *
 *     const struct name_form *form;
 *     int r = name_form_ask(call, "name", "Who are you?", &form);
 *
 *     if (r < 0)
 *         return r;
 *     return r == MCPS_ACCEPTED ? mcps_call_text(call, "Hello, %s", form->name)
 *                               : mcps_call_text(call, "As you like");
 *
 * Where the client is asked by a request of its own (up to 2025-11-25), the function waits for
 * the answer. Where it is asked by the result of its request (2026-07-28), and on threads that
 * cannot wait, the function returns MCPS_EINPUT, the handler passes that up, and is RUN AGAIN
 * FROM THE TOP when the client has answered; the function then returns the answer. What a
 * handler does besides asking must not mind that: what may happen only once goes into
 * mcps_call_once(). doc/asking.md has the rules.
 *
 * Every question has a key: 1 to 64 letters, digits and "_-.", and one key is one question of
 * the call. An answer belongs to its key and its question: the same key with another question
 * is asked again.
 *
 * Every function may be called by whoever has a reference on the call, and returns what the
 * handler may pass up:
 *
 *     MCPS_EINPUT       the client must be asked first
 *     MCPS_ECAPABILITY  the client did not declare it, or its revision has no words for it;
 *                       passed up, a client of 2026-07-28 gets the error -32021
 *     MCPS_ENOCHANNEL   no request can reach this client
 *     MCPS_ENOTREADY    the client's handshake is not over
 *     MCPS_ETIMEDOUT    no answer within the limits roots_ms, sampling_ms, elicit_ms
 *     MCPS_EREFUSED     the client answered with an error
 *     MCPS_EPROTOCOL    its answer is not of the form that the protocol says
 *     MCPS_EINVALID     its answer does not fit the form that was asked (the log says where)
 *     MCPS_EBUSY        too many calls wait, or this thread cannot wait and is not the handler's
 *     MCPS_ELIMIT       a limit: asks_per_peer, state_bytes, rounds
 *     MCPS_ECLOSED      the client is gone, or the call is finished
 *     MCPS_ECANCELLED   the call was cancelled
 *     -EINVAL           the question is none (the log says why), or the call is no tools/call,
 *                       prompts/get or resources/read; -ENOMEM
 */
#ifndef MCPSERVER_ASK_H
#define MCPSERVER_ASK_H

#include <stddef.h>

#include <mcpserver/args.h>
#include <mcpserver/base.h>
#include <mcpserver/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a question that was answered. */
enum mcps_reply {
    MCPS_ACCEPTED = 0,
    MCPS_DECLINED = 1, /* the user said no */
    MCPS_DISMISSED = 2 /* the user did not want to say anything */
};

/* ---- the user ---- */

/* Declares struct S and its table like MCPS_ARGS(), and S_ask(call, key, message, &form), which
 * is mcps_call_elicit() for it. Forms are flat: INT, NUMBER, BOOL, STRING, ENUM and LIST(ENUM),
 * and no secrets, which forms must not ask for. */
#define MCPS_FORM(S, LIST)                                                             \
    MCPS_ARGS(S, LIST);                                                                \
    MCPS_UNUSED_ static inline int S##_ask(mcps_call *call, const char *key,           \
                                           const char *message, const struct S **ret)  \
    {                                                                                  \
        const void *form = NULL;                                                       \
        int r =                                                                        \
            mcps_call_elicit(call, key, message, S##_fields, sizeof(struct S), &form); \
                                                                                       \
        if (r == MCPS_ACCEPTED)                                                        \
            *ret = MCPS_CAST_(const struct S *, form);                                 \
        return r;                                                                      \
    }                                                                                  \
    struct S

/* Asks for a form to be filled in. Returns enum mcps_reply or an error; with MCPS_ACCEPTED
 * gives *ret, the struct of `size` bytes that `fields` describes, which lives until the call is
 * finished and belongs to it. */
MCPS_PUBLIC int mcps_call_elicit(mcps_call *call, const char *key, const char *message,
                                 const struct mcps_field *fields, size_t size,
                                 const void **ret) MCPS_MUST_CHECK;

/* Asks the user to visit a URL, for what must not pass through the client (from 2025-11-25 on).
 * MCPS_ACCEPTED says that the user agreed to go there, not that anything is done. The id names
 * it for mcps_server_elicitation_complete(); no two have the same. */
MCPS_PUBLIC int mcps_call_elicit_url(mcps_call *call, const char *key,
                                     const char *message, const char *url,
                                     const char *elicitation_id) MCPS_MUST_CHECK;

/* The call cannot go on before the user has visited a URL. A client of 2025-11-25 gets the error
 * -32042 that says so, and calls again when the user was there; one of 2026-07-28 is asked as by
 * mcps_call_elicit_url(), with what that returns; others get a tool error that names the URL. In
 * the first case and the last it returns MCPS_EINPUT, to be passed up. */
MCPS_PUBLIC int mcps_call_require_url(mcps_call *call, const char *key,
                                      const char *message, const char *url,
                                      const char *elicitation_id) MCPS_MUST_CHECK;

/* ---- the model ---- */

/* Zero is "not said". Members are added at the end only. Texts of JSON are one value each. */
struct mcps_sampling {
    size_t struct_size MCPS_0;        /* as MCPS_SAMPLING() sets it */
    const char *prompt MCPS_0;        /* the text of one message of the user's; or */
    const char *messages MCPS_0;      /* JSON: an array of messages */
    unsigned max_tokens MCPS_0;       /* must be said */
    const char *system_prompt MCPS_0; /* what the model is told beforehand */
    const double *temperature MCPS_0;
    const char *const *stop_sequences MCPS_0; /* and a NULL behind the last */
    const char *model_preferences MCPS_0;     /* JSON: an object */
    const char *tools MCPS_0;       /* JSON: an array; for MCPS_CLIENT_SAMPLING_TOOLS */
    const char *tool_choice MCPS_0; /* JSON: an object; with tools */
    /* "none", "thisServer", "allServers"; from 2025-11-25 on the last two are for
     * MCPS_CLIENT_SAMPLING_CONTEXT. */
    const char *include_context MCPS_0;
    const char *metadata MCPS_0; /* JSON: an object */
};

#define MCPS_SAMPLING(...) \
    MCPS_STRUCT_(mcps_sampling, .struct_size = sizeof(struct mcps_sampling), __VA_ARGS__)

/* Has the client's model write a message. Gives the result, an object with "role", "content",
 * "model", which json_object_put() frees. 0 or an error. A message of the user's that has a
 * tool_result has nothing else, and answers each tool_use of the message before it: -EINVAL. */
MCPS_PUBLIC int mcps_call_sample(mcps_call *call, const char *key,
                                 const struct mcps_sampling *sampling,
                                 struct json_object **ret) MCPS_MUST_CHECK;

/* ---- the roots ---- */

/* Asks the client for its roots, with the key "roots". Gives the array of roots, which
 * json_object_put() frees. 0 or an error. */
MCPS_PUBLIC int mcps_call_roots(mcps_call *call,
                                struct json_object **ret_roots) MCPS_MUST_CHECK;

/* How often this client has said that its roots have changed (up to 2025-11-25): what was asked
 * for before the number grew may be out of date. Any thread. */
MCPS_PUBLIC unsigned mcps_call_roots_changes(const mcps_call *call);

/* ---- several at once ---- */

enum mcps_question_kind {
    MCPS_QUESTION_FORM,
    MCPS_QUESTION_URL,
    MCPS_QUESTION_SAMPLING,
    MCPS_QUESTION_ROOTS
};

/* One question and its answer. The macros make it; members are added at the end only. */
struct mcps_question {
    size_t struct_size MCPS_0;
    enum mcps_question_kind kind MCPS_0;
    const char *key MCPS_0;
    const char *message MCPS_0;                     /* of FORM and URL */
    const struct mcps_field *fields MCPS_0;         /* of FORM */
    size_t fields_size MCPS_0;                      /* of their struct */
    const char *url MCPS_0, *elicitation_id MCPS_0; /* of URL */
    const struct mcps_sampling *sampling MCPS_0;    /* of SAMPLING */
    /* Set by mcps_call_ask(): */
    int outcome MCPS_0;              /* enum mcps_reply, or an error */
    const void *form MCPS_0;         /* of FORM: the struct, if it is MCPS_ACCEPTED */
    struct json_object *json MCPS_0; /* of SAMPLING and ROOTS: given to the caller */
};

#define MCPS_QUESTION_(...) \
    MCPS_STRUCT_(mcps_question, .struct_size = sizeof(struct mcps_question), __VA_ARGS__)
#define MCPS_ASK_FORM(S, key_, message_)                                         \
    MCPS_QUESTION_(.kind = MCPS_QUESTION_FORM, .key = key_, .message = message_, \
                   .fields = S##_fields, .fields_size = sizeof(struct S))
#define MCPS_ASK_URL(key_, message_, url_, id_)                                 \
    MCPS_QUESTION_(.kind = MCPS_QUESTION_URL, .key = key_, .message = message_, \
                   .url = url_, .elicitation_id = id_)
#define MCPS_ASK_SAMPLING(key_, sampling_) \
    MCPS_QUESTION_(.kind = MCPS_QUESTION_SAMPLING, .key = key_, .sampling = sampling_)
#define MCPS_ASK_ROOTS(key_) MCPS_QUESTION_(.kind = MCPS_QUESTION_ROOTS, .key = key_)

/* Asks all of them at once. 0 when all were answered: each has its outcome and its answer.
 * Otherwise an error, MCPS_EINPUT before any other and the first in order among those; the
 * outcomes then are what is known of each, and there are no answers. All outcomes are set but
 * after -EINVAL and -ENOMEM. */
MCPS_PUBLIC int mcps_call_ask(mcps_call *call, struct mcps_question *questions,
                              size_t n) MCPS_MUST_CHECK;

/* ---- what outlasts a round ---- */

/* Does something, and gives what came of it in *ret (NULL: null), which the library takes. 0, or
 * an error, after which it counts as not done. */
typedef int mcps_once_fn(mcps_call *call, void *userdata, struct json_object **ret);

/* Has `fn` called once in all rounds of a call, however often its handler is run; later rounds
 * get what it gave. Gives *ret (may be NULL), which json_object_put() frees. The result travels
 * through the client, sealed, and counts for the limit state_bytes: MCPS_ELIMIT if it is too
 * large for that, -EINVAL if it is too deep. It was done then all the same, and is not done
 * again: later ones get that error, too. MCPS_EBUSY while another thread does it; what `fn`
 * returned; and the errors of all functions of a call. */
MCPS_PUBLIC int mcps_call_once(mcps_call *call, const char *key, mcps_once_fn *fn,
                               void *userdata, struct json_object **ret) MCPS_MUST_CHECK;

/* Keeps a JSON text for the rounds to come, in place of what was kept under the key; NULL: no
 * longer. -EINVAL when it is no JSON; MCPS_ELIMIT beyond the limit state_bytes. */
MCPS_PUBLIC int mcps_call_keep(mcps_call *call, const char *key,
                               const char *json) MCPS_MUST_CHECK;
/* What an earlier round, or this one, has kept: JSON text; NULL: nothing. Borrowed until
 * something else is kept under the key, or the call is finished. */
MCPS_PUBLIC const char *mcps_call_kept(mcps_call *call, const char *key);

#ifdef __cplusplus
}
#endif

#endif
