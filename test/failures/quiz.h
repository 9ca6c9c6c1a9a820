/* SPDX-License-Identifier: MIT */
/*
 * Tools that ask their client, and what tests say to them.
 *
 *     wizard   a name, a step that is done once, a colour, a confirmation
 *     pick     the same, its states good for one try
 *     three    a form, a sampling and the roots at once
 *     form     one form of every type of field
 *     sample   a sampling with tools
 *     visit    a URL; need: one that is required
 *     keep     counts its rounds in what it keeps, up to three
 *     for_ever asks something else in every round
 *     shut     answers what it was told, after "accept", whatever came of its ask
 *     tell     reports progress, then asks, then reports more
 *
 * One test at a time.
 */
#ifndef TEST_QUIZ_H
#define TEST_QUIZ_H

#include <stdatomic.h>

#include "props.h"

enum { N_QUIZ = 11 };
/* The tools on an executor: NULL is workers. */
const struct mcps_tool *quiz_tools(const char *executor);

struct quiz {
    atomic_uint runs;    /* of handlers */
    atomic_uint steps;   /* done once */
    atomic_int last;     /* what the latest ask returned */
    atomic_int hooks;    /* cancel hooks that were called */
    const char *samples; /* messages for sample; NULL: a prompt */
    const char *tools;   /* for sample */
    const char *context; /* for sample */
};
extern struct quiz quiz;
void quiz_reset(void);

#define ALL_CAPABILITIES                                                                     \
    "{\"roots\":{},\"sampling\":{\"tools\":{},\"context\":{}},\"elicitation\":{\"form\":{}," \
    "\"url\":{}}}"

/* tools/call of 2026-07-28. `more` are members of the params ("" or ",…"), the capabilities JSON
 * text; NULL: all. */
bool quiz_call(struct wire *wire, const char *id, const char *tool, const char *more,
               const char *capabilities);
/* The same with answers and, if it is there, the state of an answer to the round before. */
bool quiz_retry(struct wire *wire, const char *id, const char *tool,
                const char *responses, struct json_object *before);

/* The question under a key in an answer that asks, or NULL; and how many there are. */
struct json_object *quiz_question(struct json_object *answer, const char *key);
int quiz_n_questions(struct json_object *answer);
/* "" when there is none. */
const char *quiz_state(struct json_object *answer);
const char *quiz_type(struct json_object *answer);
/* The message of an error, or "". */
const char *quiz_error(struct json_object *answer);
/* A tree as one line of text, until the next but seven. */
const char *quiz_line(struct json_object *tree);

/* Answers a request of the server. */
bool quiz_give(struct wire *wire, struct json_object *request, const char *result);

#endif
