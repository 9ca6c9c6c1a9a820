/* SPDX-License-Identifier: MIT */
/*
 * The conformance fixture in this process, and one client of either era. The suite looks less
 * closely than its terms say; here all is held against them to the letter.
 */
#ifndef TEST_BOOTH_H
#define TEST_BOOTH_H

#include "quiz.h"

struct booth {
    struct scene scene;
    struct wire wire;
    bool modern;
    unsigned serial; /* of requests */
};

/* A server with nothing but the fixture's offers, and a client that declares everything. */
bool booth_open(struct booth *booth, bool modern);
/* The probes, while the client is there still. */
bool booth_ok(struct booth *booth);
/* Fine for one that is zeroed. */
bool booth_close(struct booth *booth);

/* Sends a request: its id is booth->serial. The params are the members of an object. */
bool booth_send(struct booth *booth, const char *method, const char *params);
/* The answer to the latest. */
struct json_object *booth_answer(struct booth *booth);
/* The same for a request, as text: its result without what every result of the era has, and has
 * to have; or its error. Until the next but seven. */
const char *booth_ask(struct booth *booth, const char *method, const char *params);
/* The same for a tool with such arguments (NULL: none are sent). */
const char *booth_call(struct booth *booth, const char *tool, const char *arguments);
/* Takes off a result what every one has; false where it lacks. */
bool booth_strip(const struct booth *booth, const char *method,
                 struct json_object *result);

/* A member of a tree, or NULL. */
struct json_object *booth_member(struct json_object *tree, const char *name);

#define PNG                                                                              \
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAE" \
    "lFTkSuQmCC"
#define WAV        "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA=="
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define GIVES(...) "{\"content\":[" __VA_ARGS__ "]}"

/* Runs a test in each era, with a booth of its own. */
void booth_in_both_eras(bool (*test)(struct booth *booth));

extern const struct unit_test fixture_ask_tests[], fixture_round_tests[];

#endif
