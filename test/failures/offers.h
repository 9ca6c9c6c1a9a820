/* SPDX-License-Identifier: MIT */
/* What the tests of prompts, resources and completion stand on: one client after the other,
 * each of another revision, who asks the same. */
#ifndef TEST_OFFERS_H
#define TEST_OFFERS_H

#include "scene.h"

/* The revisions, the last of which is modern. */
enum { N_REVISIONS = 5 };
extern const char *const revisions[N_REVISIONS];

struct stage {
    struct scene scene;
    struct wire wire;
    int revision;
    struct mcps__buf body; /* the latest that stage_ask() gave */
};

/* A server that is not started, with no tools but the lab's. */
bool stage_open(struct stage *stage, const char *limits);
/* Starts it. */
bool stage_start(struct stage *stage);
/* A new client, of that revision. */
bool stage_greet(struct stage *stage, int revision);
/* What comes for a request: "result":{…} without what every modern result has, or
 * "error":{…}. The params are the members of the object, without its braces. */
const char *stage_ask(struct stage *stage, const char *method, const char *params);
bool stage_end(struct stage *stage);

/* What each revision gets for a request; NULL: as the one before it. */
struct reply {
    const char *method, *params;
    const char *want[N_REVISIONS];
};
/* Asks all of them of the server, as each revision: false, with a note, for one that is
 * answered in another way. */
bool stage_replies(struct stage *stage, const struct reply *replies, size_t n);

#define RESULT_(members)      "\"result\":{" members "}"
#define ERROR_(code, message) "\"error\":{\"code\":" code ",\"message\":\"" message "\"}"
#define ERROR_DATA_(code, msg, data) \
    "\"error\":{\"code\":" code ",\"message\":\"" msg "\",\"data\":" data "}"
#define NOT_FOUND_(uri)                                                             \
    {                                                                               \
        ERROR_DATA_("-32002", "Resource not found", "{\"uri\":\"" uri "\"}"), NULL, \
            NULL, NULL,                                                             \
            ERROR_DATA_("-32602", "Resource not found", "{\"uri\":\"" uri "\"}")    \
    }
#define NO_METHOD_(name) ERROR_("-32601", "Method not found: " name)

extern const struct unit_test prompt_tests[], resource_tests[], template_tests[],
    completion_tests[];

#endif
