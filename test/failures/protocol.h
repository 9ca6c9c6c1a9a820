/* SPDX-License-Identifier: MIT */
/*
 * A server in this process and one client of a revision, where everything that the server sends
 * is held against the protocol's schema of that revision; see protocol_talk.c.
 */
#ifndef TEST_PROTOCOL_H
#define TEST_PROTOCOL_H

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"
#include "mcpserver/test.h"
#include "unit.h"

#define MODERN "2026-07-28"
#define META   "io.modelcontextprotocol/"

enum { BOOK_MAX = 80 };

/* The schema of a revision, and what of it is compiled. */
struct book {
    char *text;
    const char *key; /* of the definitions */
    struct json_object *tree;
    struct {
        const char *name;
        mcps_schema *schema;
    } definitions[BOOK_MAX];
    size_t n;
    mcps_schema_scratch *scratch;
};

struct talk {
    mcps_server *server;
    mcps_test_client *client;
    const char *revision;
    bool modern;
    const char *capabilities;  /* of the client: JSON text */
    const char *action;        /* of its user: "accept" and so on */
    const char *meta;          /* more members of _meta for the next request, or NULL */
    struct json_object *asked; /* methods, by id */
    struct json_object *seen;  /* how often each definition was sent */
    struct json_object *heard; /* all that was received, an array */
    struct book book;
    unsigned serial;
};

/* The folder of a revision's schema in `path`; false where there is none, which is said. */
bool protocol_find(const char *revision, char *path, size_t size);

/* A client of that revision for a server that runs; the book stays open where it is open. A
 * handshake is made where there is one. Needs talk_end() in any case; the server is not its. */
bool talk_begin(struct talk *talk, mcps_server *server, const char *revision,
                const char *capabilities);
void talk_end(struct talk *talk);

/* A request, and the result or error of its answer when everything is answered that the server
 * wanted to know first; NULL if something that came on the way is not as it should be. Params
 * are the members of an object, "" for none. Borrowed until talk_end(). */
struct json_object *talk_result(struct talk *talk, const char *method, const char *format,
                                ...) MCPS_PRINTF(3, 4);
struct json_object *talk_error(struct talk *talk, const char *method, const char *format,
                               ...) MCPS_PRINTF(3, 4);
/* One round of that: the whole answer. */
struct json_object *talk_ask(struct talk *talk, const char *method, const char *params);
/* A request that is not answered at once; its id goes to *ret. */
bool talk_send(struct talk *talk, const char *method, const char *params, char ret[32]);
bool talk_notify(struct talk *talk, const char *method, const char *params);
/* Receives until the definition was sent so often. */
bool talk_await(struct talk *talk, const char *definition, int n);
/* Receives until that id is answered: the answer. */
struct json_object *talk_answer(struct talk *talk, const char *id);

int talk_seen(struct talk *talk, const char *definition);
/* A member of a member …, up to NULL; NULL where there is none. */
struct json_object *member(struct json_object *object, ...);

extern const struct unit_test protocol_example_tests[];

#endif
