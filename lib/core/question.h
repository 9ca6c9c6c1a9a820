/* SPDX-License-Identifier: MIT */
/*
 * Questions to a client: what an application asks made into the method and the params of a
 * request, and the client's answer read.
 *
 * THREADS. A question belongs to one thread.
 */
#ifndef MCPS_CORE_QUESTION_H
#define MCPS_CORE_QUESTION_H

#include <json-c/json_object.h>

#include "core/context.h"
#include "core/crypto.h"
#include "core/engine.h"
#include "mcpserver/ask.h"
#include "schema/args.h"
#include "util/buf.h"

/* The struct that an answer was decoded into, with all that it points to. */
struct mcps__form {
    struct mcps__form *next;
    struct mcps__table *table;
    struct mcps__args args;
    char *text;
};

/* Returns NULL; NULL is fine. */
struct mcps__form *mcps__form_free(struct mcps__form *form);

/* What a question is told apart by: the beginning of the SHA-256 of its method and params, as
 * base64url. */
enum { MCPS__DIGEST_BYTES = 16, MCPS__DIGEST_LEN = 22 };

struct mcps__question {
    const struct mcps_question *of; /* borrowed */
    const char *method;             /* static */
    unsigned capability;            /* of enum mcps_client_capabilities */
    enum mcps_limit time_limit;     /* of the answer, where it is a request of its own */
    struct mcps__buf params;        /* JSON text of an object, with a NUL behind it */
    char digest[MCPS__DIGEST_LEN + 1];
    struct mcps__table *table; /* of FORM, until it is the form's */
    /* The answer. */
    struct mcps__form *form;
    struct json_object *json;
};

/* Is this a key? */
bool mcps__question_key_ok(const char *key);

/* Makes a question for a client. -EINVAL when it is none, with a sentence in `reterr`;
 * MCPS_ECAPABILITY when the client cannot be asked that; -ENOMEM and the like. In every case
 * mcps__question_fini() is due. */
int mcps__question_make(struct mcps__question *question, const struct mcps_question *of,
                        const struct mcps__context *context, char *reterr,
                        size_t reterr_size) MCPS_MUST_CHECK;
void mcps__question_fini(struct mcps__question *question);

/* Reads the result that a client has answered with: enum mcps_reply, and the question has
 * what is given with it. MCPS_EPROTOCOL when it is no such result, MCPS_EINVALID when the form
 * is not filled in as it should be, both with a sentence in `reterr`
 * (MCPS__ARGS_ERROR_SIZE); -ENOMEM. */
int mcps__question_read(struct mcps__question *question,
                        const struct mcps__engine *engine, const char *text, size_t len,
                        char *reterr, size_t reterr_size) MCPS_MUST_CHECK;

#endif
