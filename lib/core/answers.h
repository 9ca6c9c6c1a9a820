/* SPDX-License-Identifier: MIT */
/*
 * What a call has beside its arguments when its handler asks: the client's answers, what is
 * asked in this run of the handler, and what outlasts the runs.
 *
 * Answers are known by a key and the digest of their question. Those that come with a request
 * are for what the round before has asked; those that come without a state are for whatever is
 * asked first under their key.
 *
 * THREADS. Made when it is needed; all of it is under the call's mutex, but for the forms that
 * handlers were given, which nobody changes.
 */
#ifndef MCPS_CORE_ANSWERS_H
#define MCPS_CORE_ANSWERS_H

#include <json-c/json_object.h>

#include "core/question.h"
#include "json/write.h"

/* A question that is asked by the end of the handler's run. */
struct mcps__wanted {
    struct mcps__wanted *next;
    struct mcps_call *call;
    struct mcps__entry *entry; /* of a request of ours, while it is waited for */
    const char *method;
    enum mcps_limit time_limit;
    struct mcps__buf params;
    char digest[MCPS__DIGEST_LEN + 1];
    const char *elicitation_id; /* of a URL; behind the key */
    char key[];                 /* with a NUL behind it */
};

/* A JSON text under a key: the result of a step that is done once, or what is kept. */
struct mcps__note {
    struct mcps__note *next;
    char *text; /* NULL: the step is being done, or */
    int error;  /* was done, and this is why its result is not here; 0: no such thing */
    size_t len;
    char key[];
};

struct mcps__answers {
    unsigned round;  /* how many rounds of questions there were before this one */
    bool with_state; /* the request has brought one */
    /* Objects by key; NULL: none. */
    struct json_object *responses; /* of this request: what clients answer with, */
    struct json_object *asked;     /* to questions with these digests; NULL: any */
    struct json_object *stored;    /* of earlier rounds: see mcps__answers_store() */
    struct json_object *used;      /* of those two, what was asked for in this run */
    struct mcps__wanted *wanted, **wanted_end;
    struct mcps__note *once, *kept;
    struct mcps__form *forms;
    struct mcps__buf urls; /* elements of data.elicitations: what -32042 says */
    unsigned missing;      /* capabilities that questions need, and the client lacks */
    const char *fault;     /* static: what the client sent is no answer; for -32602 */
    char fault_key[65];
};

struct mcps__answers *mcps__answers_new(void) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. The wanted have no entries. */
struct mcps__answers *mcps__answers_free(struct mcps__answers *answers);

/* The answer to a question: its text, appended, and 0; or the error that came in its place;
 * 1 when there is none yet. -ENOMEM. */
int mcps__answers_find(struct mcps__answers *answers,
                       const struct mcps__question *question,
                       struct mcps__buf *ret) MCPS_MUST_CHECK;
/* What was found is good, and is carried to the next round. */
int mcps__answers_use(struct mcps__answers *answers,
                      const struct mcps__question *question) MCPS_MUST_CHECK;
/* Stores {"q": digest, "a": answer}, or {"q": digest, "e": error} without a text, under a key.
 * What is no JSON is stored as MCPS_EPROTOCOL. */
int mcps__answers_store(struct mcps__answers *answers, const struct mcps__wanted *wanted,
                        int outcome, const char *text, size_t len,
                        const struct mcps__json_limits *limits) MCPS_MUST_CHECK;

/* Asks by the end of the run; takes the params of the question. -EINVAL when another question
 * is asked under the same key; -ENOMEM. */
int mcps__answers_want(struct mcps__answers *answers, struct mcps_call *call,
                       struct mcps__question *question) MCPS_MUST_CHECK;
void mcps__wanted_free(struct mcps__wanted *wanted);

/* NULL when there is none of that key. */
struct mcps__note *mcps__note_find(struct mcps__note *notes, const char *key);
/* Adds one without a text behind the others. */
struct mcps__note *mcps__note_add(struct mcps__note **notes, const char *key,
                                  size_t len) MCPS_MUST_CHECK;
void mcps__note_remove(struct mcps__note **notes, struct mcps__note *note);
/* Bytes of all that is carried for the handler. */
size_t mcps__answers_carried(const struct mcps__answers *answers);

#endif
