/* SPDX-License-Identifier: MIT */
/*
 * What the JSON floor shares: types of values, limits, and what can be wrong with a text.
 */
#ifndef MCPS_JSON_JSON_H
#define MCPS_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

enum mcps__json_type {
    MCPS__JSON_OBJECT,
    MCPS__JSON_ARRAY,
    MCPS__JSON_STRING,
    MCPS__JSON_NUMBER,
    MCPS__JSON_BOOL,
    MCPS__JSON_NULL
};

/* XX(name, default, text): one list makes the struct, the defaults and doc/limits.md. */
#define MCPS__JSON_LIMIT_MAP(XX)                                                         \
    XX(size, 4u << 20, "bytes of one text")                                              \
    XX(depth, 64, "arrays and objects inside each other; 64 is also the most")           \
    XX(string, 4u << 20, "bytes of one string or key, as written between the quotes")    \
    XX(number, 512, "characters of one number")                                          \
    XX(values, 256u << 10,                                                               \
       "values of one text, through all arrays and objects; an object counts as 8, an "  \
       "array as 2, after their memory")                                                 \
    XX(name, 1024,                                                                       \
       "bytes of a member's name as written, in a message, its params and their _meta; " \
       "1024 is also the most")                                                          \
    XX(members, 128,                                                                     \
       "members of a message, of its params and of their _meta together; also the "      \
       "messages of one batch. 0: none are recorded, nor counted")

enum {
    MCPS__JSON_DEPTH_MAX = 64, /* the scan's stack is one bit a level, in one word */
    MCPS__JSON_NAME_MAX = 1024 /* names are decoded on the stack */
};

struct mcps__json_limits {
#define XX(name, value, text) uint32_t name;
    MCPS__JSON_LIMIT_MAP(XX)
#undef XX
};

extern const struct mcps__json_limits mcps__json_default_limits;

/* XX(name, value, limit, text): what can be wrong with a text; `limit` tells a text that
 * exceeds a limit from one that is not JSON. */
#define MCPS__JSON_ERROR_MAP(XX)                                                     \
    XX(EMPTY, -5101, false, "there is no value")                                     \
    XX(END, -5102, false, "the text ends too early")                                 \
    XX(VALUE, -5103, false, "a value was expected")                                  \
    XX(KEY, -5104, false, "a member name in double quotes was expected")             \
    XX(COLON, -5105, false, "a colon was expected behind a member name")             \
    XX(OBJECT_NEXT, -5106, false, "a comma or } was expected behind a member")       \
    XX(ARRAY_NEXT, -5107, false, "a comma or ] was expected behind an element")      \
    XX(TRAILING, -5108, false, "something follows the value")                        \
    XX(LITERAL, -5109, false, "a word that is not true, false or null")              \
    XX(NUMBER, -5110, false, "a malformed number")                                   \
    XX(CONTROL, -5111, false, "a control character in a string that is not escaped") \
    XX(ESCAPE, -5112, false, "an escape in a string that JSON does not have")        \
    XX(SURROGATE, -5113, false, "half of a surrogate pair in a string")              \
    XX(UTF8, -5114, false, "bytes that are not UTF-8")                               \
    XX(BOM, -5115, false, "a byte order mark at the beginning")                      \
    XX(SIZE, -5121, true, "the text is too long")                                    \
    XX(DEPTH, -5122, true, "arrays and objects are nested too deep")                 \
    XX(STRING, -5123, true, "a string is too long")                                  \
    XX(NUMBER_LENGTH, -5124, true, "a number has too many characters")               \
    XX(RANGE, -5125, true, "a number is out of range")                               \
    XX(VALUES, -5126, true, "there are too many values")                             \
    XX(NAME, -5128, true, "a member name is too long")                               \
    XX(MEMBERS, -5127, true, "there are too many members")                           \
    XX(DUPLICATE, -5131, false, "an object has two members of one name")             \
    XX(NUL_KEY, -5132, false, "a member name has a NUL character in it")

enum mcps__json_error {
#define XX(name, value, limit, text) MCPS__JSON_E##name = (value),
    MCPS__JSON_ERROR_MAP(XX)
#undef XX
};

/* The text of an error of the map, or what mcps_strerror() says of another. Static. */
const char *mcps__json_strerror(int error);
/* "DEPTH": the name in the map, or NULL. Static. */
const char *mcps__json_error_name(int error);
/* Does the error say that a limit was reached? */
bool mcps__json_error_is_limit(int error);

#endif
