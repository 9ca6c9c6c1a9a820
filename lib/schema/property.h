/* SPDX-License-Identifier: MIT */
/* The properties of characters that \p{…} of ECMA-262 knows, as PCRE2 calls them. Any thread. */
#ifndef MCPS_SCHEMA_PROPERTY_H
#define MCPS_SCHEMA_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>

enum { MCPS__PROPERTY_SIZE = 64 };

/* Takes what stands between the braces, "Script=Greek", and writes what PCRE2 wants there,
 * with a NUL behind it. False when ECMA-262 has no such property; whether PCRE2 has it, and
 * whether there is a script of that name, is left to PCRE2. */
bool mcps__property_translate(char ret[MCPS__PROPERTY_SIZE], const char *text,
                              size_t len);

#endif
