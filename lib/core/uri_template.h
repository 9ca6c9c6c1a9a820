/* SPDX-License-Identifier: MIT */
/*
 * URI templates, as they are compiled, and matching by them. A template is immutable; every
 * function may be called on any thread.
 *
 * For expanding it is a row of parts: literals and expressions, as they stand in the text. For
 * matching it is a prefix and a row of atoms, in which the characters that expressions bring
 * along ("/" of {/x,y}) are literals like others.
 *
 * Matching is on units: each is a byte of the URI, or an escape such as %2F, which is the byte
 * it stands for with MCPS__UNIT_ESCAPED. An escaped byte that need not be, as %7E, is the plain
 * one. So what RFC 3986 says is equivalent is equal.
 */
#ifndef MCPS_CORE_URI_TEMPLATE_H
#define MCPS_CORE_URI_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/uri.h"
#include "schema/chars.h"
#include "util/buf.h"

enum {
    MCPS__URI_MATCH_MAX = 65536
}; /* bytes of a URI: a longer one matches no template */

/*
 * 1 when the URI matches, and then a JSON object with the decoded value of each variable that
 * is there, {"id":"123"}, is appended to `values`; 0 when it does not; MCPS_EINVALID when it
 * matches, but `screen` is set and a value is none that may become part of a path; -ENOMEM, or
 * MCPS_ELIMIT of the buffer. Nothing is appended unless it returns 1.
 */
int mcps__uri_template_match(const mcps_uri_template *t, const char *uri, size_t len,
                             bool screen, struct mcps__buf *values) MCPS_MUST_CHECK;
/* The same, and adds to *steps how often a unit or a character was looked at: no more than
 * MCPS__URI_STEPS times for each byte of the URI and its end, and each literal, expression and
 * variable of the template and one more. So it is linear in the length of the URI. */
enum { MCPS__URI_STEPS = 4 };
int mcps__uri_template_match_counted(const mcps_uri_template *t, const char *uri,
                                     size_t len, bool screen, struct mcps__buf *values,
                                     uint64_t *steps) MCPS_MUST_CHECK;

/* May the value of a variable become part of a path? Its units, of which there are as many as
 * bytes, tell how it was written. */
bool mcps__uri_value_is_safe(const char *value, const uint16_t *units, size_t len);

/* ---- what is compiled ---- */

enum { MCPS__UNIT_ESCAPED = 0x100 };

/* What the character behind a { says. A NUL: no character. */
struct mcps__uri_operator {
    char name;
    char first, separator; /* in front of the first variable, and of each one after it */
    bool named;            /* "x=" stands in front of the value of x */
    bool reserved;         /* values may have reserved characters as they are */
};

/* One mention of a variable. */
struct mcps__uri_mention {
    const char *name;
    size_t variable;       /* the index of its name among the different ones */
    const uint16_t *units; /* its name */
    size_t n_units;
};

struct mcps__uri_expression {
    const struct mcps__uri_operator *op;
    size_t mention, n_mentions;
};

/* A literal of the text or, without a text, an expression. */
struct mcps__uri_piece {
    const char *text;
    size_t len;
    struct mcps__uri_expression expression;
};

enum mcps__uri_atom_kind {
    MCPS__URI_LITERAL, /* exactly the units */
    MCPS__URI_VALUE,   /* one character or more, of the first mention of the expression */
    MCPS__URI_GROUP /* the named parameters of the expression, each of which may lack */
};

struct mcps__uri_atom {
    enum mcps__uri_atom_kind kind;
    uint16_t *units;
    size_t n_units;
    struct mcps__uri_expression expression;
    size_t row; /* of what the matcher notes for it: one row, or three of a group */
};

enum {
    /* Literals and variables alternate at the most. */
    MCPS__URI_PIECES_MAX = 2 * MCPS_URI_VARIABLES_MAX + 1,
};

struct mcps_uri_template {
    char *text;        /* with a NUL behind each name */
    uint16_t *units;   /* of all literals and names */
    uint16_t *borders; /* of all literals, beside their units: see uri_match.c */
    size_t n_units;
    size_t n_folded;    /* units of the prefix whose case does not matter */
    size_t n_variables; /* different ones */
    const char *variables[MCPS_URI_VARIABLES_MAX];
    size_t n_mentions;
    struct mcps__uri_mention mentions[MCPS_URI_VARIABLES_MAX];
    size_t n_pieces;
    struct mcps__uri_piece pieces[MCPS__URI_PIECES_MAX];
    size_t n_atoms, n_rows;
    struct mcps__uri_atom atoms[MCPS__URI_PIECES_MAX];
};

/* ---- characters ---- */

static inline bool mcps__uri_is_unreserved(char c)
{
    return mcps__ascii_is_letter(c) || mcps__ascii_is_digit(c) ||
           mcps__ascii_is_one_of(c, "-._~");
}

static inline bool mcps__uri_is_reserved(char c)
{
    return mcps__ascii_is_one_of(c, ":/?#[]@!$&'()*+,;=");
}

/* The unit of a byte that is written as an escape. */
static inline uint16_t mcps__uri_unit_of(unsigned char byte)
{
    return (uint16_t)(mcps__uri_is_unreserved((char)byte) ? byte
                                                          : byte | MCPS__UNIT_ESCAPED);
}

/* Takes the next unit of a URI; false at its end, or for what a URI cannot have. */
static inline bool mcps__uri_take_unit(struct mcps__chars *rest, uint16_t *ret)
{
    size_t left = mcps__chars_left(rest);
    const char *at = rest->at;

    if (left == 0)
        return false;
    if (mcps__uri_is_unreserved(*at) || mcps__uri_is_reserved(*at)) {
        *ret = (unsigned char)*at;
        rest->at++;
        return true;
    }
    if (*at != '%' || left < 3 || mcps__ascii_hex(at[1]) < 0 ||
        mcps__ascii_hex(at[2]) < 0)
        return false;
    *ret = mcps__uri_unit_of(
        (unsigned char)(mcps__ascii_hex(at[1]) * 16 + mcps__ascii_hex(at[2])));
    rest->at += 3;
    return true;
}

#endif
