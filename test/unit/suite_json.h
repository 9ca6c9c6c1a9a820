/* SPDX-License-Identifier: MIT */
/*
 * Parts of a JSON text as they are written, so that numbers reach the checker as the file
 * has them. Borrowed from the text. Any thread.
 */
#ifndef TEST_SUITE_JSON_H
#define TEST_SUITE_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct piece {
    const char *text;
    size_t len;
};

/* The value of an object's member; false when there is none. */
bool piece_member(struct piece object, const char *name, struct piece *ret);
/* The items of an array, which free() frees, or NULL when it is none. */
struct piece *piece_items(struct piece array, size_t *ret_n);
/* A string, decoded, and cut to what there is room for. "" when it is none. */
void piece_string(struct piece string, char *out, size_t size);
/* Is it the text `true`? */
bool piece_is_true(struct piece value);

#endif
