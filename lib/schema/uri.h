/* SPDX-License-Identifier: MIT */
/* URIs as RFC 3986 has them: taken apart and resolved. Any thread. */
#ifndef MCPS_SCHEMA_URI_H
#define MCPS_SCHEMA_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* The parts of a reference, where they lie in its text. One that is not there has no text;
 * the path always is, if only empty. */
struct mcps__uri_part {
    const char *text;
    size_t len;
};

struct mcps__uri {
    struct mcps__uri_part scheme, authority, path, query, fragment;
};

/* Takes any text apart, whatever its characters are. */
struct mcps__uri mcps__uri_split(const char *text, size_t len);
/* Has each part none but the characters that it may have, and could not be mistaken for
 * another? `international`: those of RFC 3987, in valid UTF-8. What an authority consists of
 * is not looked at. */
bool mcps__uri_is_spelled(const struct mcps__uri *uri, bool international);

/* Of what parts are made: is it a character without a meaning of its own in each of them
 * (unreserved and sub-delims)? Does the text begin with one written like %41? May an IRI have
 * that code point, although it is none of ASCII? */
bool mcps__uri_is_plain(char c);
bool mcps__uri_is_escape(const char *text, size_t len);
bool mcps__uri_is_international(uint32_t c, bool in_query);

/* Is it a reference, absolute or relative, of none but the characters that one may have? */
bool mcps__uri_is_reference(const char *text, size_t len);

/* Appends the URI that a reference stands for at a base (section 5.2), without the fragment
 * of either, dot segments removed, scheme and host in lower case. A base that is empty or
 * relative is fine: the result is then as near to a URI as can be. "urn:" and the like have
 * no path to go along: a reference that is not empty, nor a fragment alone, replaces them.
 * -ENOMEM, or MCPS_ELIMIT of the buffer. */
int mcps__uri_resolve(struct mcps__buf *out, const char *base, size_t base_len,
                      const char *reference, size_t len) MCPS_MUST_CHECK;

/* The fragment behind the first #, as written, or NULL when there is none. */
const char *mcps__uri_fragment(const char *text, size_t len, size_t *ret_len);

/* Appends the text with each %41 as the byte that it stands for. MCPS_EINVALID for a % that
 * is followed by anything else. */
int mcps__uri_decode(struct mcps__buf *out, const char *text, size_t len) MCPS_MUST_CHECK;

#endif
