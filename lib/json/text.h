/* SPDX-License-Identifier: MIT */
/*
 * Strings as JSON writes them, without their quotes. Every function takes text that the
 * scan has accepted, and may be called on any thread.
 */
#ifndef MCPS_JSON_TEXT_H
#define MCPS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* One character of an escaped text: takes it off the front and returns its code point. A
 * byte that is no part of an escape is returned as it is, so UTF-8 passes through. */
uint32_t mcps__text_next(const char **text, size_t *len, bool *ret_escaped);

/* Appends the characters that the text stands for, as UTF-8. A NUL may be among them. */
int mcps__text_decode(struct mcps__buf *out, const char *text,
                      size_t len) MCPS_MUST_CHECK;

/* Do two texts stand for the same characters? */
bool mcps__text_equal(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
