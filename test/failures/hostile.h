/* SPDX-License-Identifier: MIT */
/* What the files of group 9 share: a line, and what comes of it at once. */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "scene.h"

extern const struct unit_test hostile_tests[], shape_tests[], batch_tests[];

struct reaction {
    size_t n;                    /* messages that came */
    struct json_object *message; /* the first, and its text; NULL: none */
    const char *text;
};

/* Sends a line, and a ping behind it: what comes before the answer to that is the reaction.
 * False when the ping is not answered. The wire must be read through wire_next() only. */
bool react(struct wire *wire, const char *line, size_t len, struct reaction *ret);
/* The same, printf-like, of a line that is a text. */
bool react_to(struct wire *wire, struct reaction *ret, const char *format, ...)
    MCPS_PRINTF(3, 4);
/* One error of that code, without an id or with the one that is given as JSON text. */
bool is_one_error(const struct reaction *reaction, int code, const char *id);

/* NULL for what is not there. */
struct json_object *member(struct json_object *object, const char *name);
/* A scene and a client whose handshake is over, and read. */
bool begin(struct scene *scene, struct wire *wire, const char *limits,
           const struct mcps_tool *tools, size_t n_tools);
bool begin_with(struct scene *scene, struct wire *wire, const char *version,
                const char *limits, const struct mcps_tool *tools, size_t n_tools);
/* ALIVE, WIRE, CLEAN, LOG. */
bool all_is_well(struct scene *scene, struct wire *wire);

#endif
