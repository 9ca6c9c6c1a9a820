/* SPDX-License-Identifier: MIT */
/*
 * URI templates compiled; see uri_template.h. The parser goes over a copy of the text once and
 * ends the names in it, for what stands behind a name is not needed again. There are never
 * more units than bytes in the text: what an expression brings along replaces its braces and
 * commas.
 */
#include "config.h"

#include "core/uri_template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/uri.h"
#include "util/mem.h"

/* ---- units and atoms ---- */

static struct mcps__uri_atom *add_atom(mcps_uri_template *t,
                                       enum mcps__uri_atom_kind kind)
{
    struct mcps__uri_atom *atom = &t->atoms[t->n_atoms++];

    atom->kind = kind;
    atom->units = t->units + t->n_units;
    atom->row = t->n_rows;
    t->n_rows += kind == MCPS__URI_GROUP ? 3 : 1;
    return atom;
}

/* Literals that follow each other are one. Only groups have units between literals, which
 * thus lie together. */
static void add_literal_unit(mcps_uri_template *t, uint16_t unit)
{
    struct mcps__uri_atom *atom = t->n_atoms > 0 ? &t->atoms[t->n_atoms - 1] : NULL;

    if (!atom || atom->kind != MCPS__URI_LITERAL)
        atom = add_atom(t, MCPS__URI_LITERAL);
    t->units[t->n_units++] = unit;
    atom->n_units++;
}

static void add_name_units(mcps_uri_template *t, struct mcps__uri_mention *mention)
{
    struct mcps__chars rest = mcps__chars_of(mention->name, strlen(mention->name));

    mention->units = t->units + t->n_units;
    while (mcps__uri_take_unit(&rest, &t->units[t->n_units + mention->n_units]))
        mention->n_units++;
    t->n_units += mention->n_units;
}

static void add_group(mcps_uri_template *t, const struct mcps__uri_expression *group)
{
    struct mcps__uri_atom *atom = add_atom(t, MCPS__URI_GROUP);

    atom->expression = *group;
    for (size_t i = 0; i < group->n_mentions; i++)
        add_name_units(t, &t->mentions[group->mention + i]);
}

static void add_values(mcps_uri_template *t, const struct mcps__uri_expression *all)
{
    struct mcps__uri_atom *atom;

    for (size_t i = 0; i < all->n_mentions; i++) {
        char before = i == 0 ? all->op->first : all->op->separator;

        if (before != '\0')
            add_literal_unit(t, (unsigned char)before);
        atom = add_atom(t, MCPS__URI_VALUE);
        atom->expression = (struct mcps__uri_expression){ .op = all->op,
                                                          .mention = all->mention + i,
                                                          .n_mentions = 1 };
    }
}

/* ---- the text ---- */

/* Functions of the parser go behind what they take and return NULL, or the sentence that says
 * what is wrong where they stand. */
struct parser {
    mcps_uri_template *t;
    char *at;
};

static const struct mcps__uri_operator operators[] = {
    { .name = '+', .separator = ',', .reserved = true },
    { .name = '#', .first = '#', .separator = ',', .reserved = true },
    { .name = '.', .first = '.', .separator = '.' },
    { .name = '/', .first = '/', .separator = '/' },
    { .name = ';', .first = ';', .separator = ';', .named = true },
    { .name = '?', .first = '?', .separator = '&', .named = true },
    { .name = '&', .first = '&', .separator = '&', .named = true },
    { .name = '\0', .separator = ',' }, /* the last, for whatever else there is */
};

static const struct mcps__uri_operator *take_operator(struct parser *p)
{
    const struct mcps__uri_operator *op = operators;

    while (op->name != '\0' && op->name != *p->at)
        op++;
    p->at += op->name != '\0';
    return op;
}

static const char no_escape[] = "a % that is not followed by two hexadecimal digits";
_Static_assert(MCPS_URI_TEMPLATE_MAX == 2048 && MCPS_URI_VARIABLES_MAX == 32,
               "sentences say so");

static const char not_closed[] = "a { that is not closed";

static bool is_at_escape(const struct parser *p)
{
    return mcps__uri_is_escape(p->at, strnlen(p->at, 3));
}

static bool is_at_name_char(const struct parser *p)
{
    return mcps__ascii_is_letter(*p->at) || mcps__ascii_is_digit(*p->at) ||
           *p->at == '_' || is_at_escape(p);
}

/* Goes behind the name, whose parts dots divide. */
static const char *pass_name(struct parser *p)
{
    for (;;) {
        if (*p->at == '%' && !is_at_escape(p))
            return no_escape;
        if (!is_at_name_char(p))
            return mcps__ascii_is_one_of(*p->at, ".,}")
                       ? "a name of a variable, or a part of one, that is empty"
                       : "a character that names of variables cannot have";
        while (is_at_name_char(p))
            p->at += *p->at == '%' ? 3 : 1;
        if (*p->at != '.')
            return NULL;
        p->at++;
    }
}

static size_t variable_of(mcps_uri_template *t, const char *name)
{
    size_t i = 0;

    while (i < t->n_variables && strcmp(t->variables[i], name) != 0)
        i++;
    if (i == t->n_variables)
        t->variables[t->n_variables++] = name;
    return i;
}

/* Takes a variable and the comma or brace behind it, which is given back. */
static const char *take_variable(struct parser *p, char *ret_behind)
{
    struct mcps__uri_mention *mention;
    char *name = p->at;
    const char *wrong;

    if (p->t->n_mentions == MCPS_URI_VARIABLES_MAX)
        return "a variable beyond the limit of 32 (MCPS_URI_VARIABLES_MAX)";
    wrong = pass_name(p);
    if (wrong)
        return wrong;
    switch (*p->at) {
    case ',':
    case '}': break;
    case ':': return "a prefix, which is of level 4 and not supported";
    case '*': return "an explode, which is of level 4 and not supported";
    default:
        return *p->at == '%' ? no_escape
                             : "a character that names of variables cannot have";
    }
    *ret_behind = *p->at;
    *p->at++ = '\0';
    mention = &p->t->mentions[p->t->n_mentions++];
    mention->name = name;
    mention->variable = variable_of(p->t, name);
    return NULL;
}

static const char *take_expression(struct parser *p)
{
    struct mcps__uri_expression expression = { .mention = p->t->n_mentions };
    char behind = ',';

    if (!strchr(p->at, '}'))
        return not_closed;
    p->at++;
    if (mcps__ascii_is_one_of(*p->at, "=,!@|"))
        return "an operator that is reserved and has no meaning as yet";
    expression.op = take_operator(p);
    while (behind == ',') {
        const char *wrong = take_variable(p, &behind);

        if (wrong)
            return wrong;
        expression.n_mentions++;
    }
    /* There is room for it, now that there was for its variables. */
    p->t->pieces[p->t->n_pieces++].expression = expression;
    if (expression.op->named)
        add_group(p->t, &expression);
    else
        add_values(p->t, &expression);
    return NULL;
}

/* What is not ASCII stands for its escapes. */
static const char *take_international(struct parser *p)
{
    uint32_t c;
    size_t n = mcps__char_decode(p->at, strlen(p->at), &c);

    if (n == 0)
        return "bytes that are not UTF-8";
    if (!mcps__uri_is_international(c, true))
        return "a character that URIs cannot have, not even escaped";
    for (; n > 0; n--)
        add_literal_unit(p->t, mcps__uri_unit_of((unsigned char)*p->at++));
    return NULL;
}

static const char *take_literal_char(struct parser *p)
{
    struct mcps__chars rest = mcps__chars_of(p->at, strnlen(p->at, 3));
    uint16_t unit;

    if ((unsigned char)*p->at >= 0x80)
        return take_international(p);
    if (!mcps__uri_take_unit(&rest, &unit)) {
        if (*p->at == '%')
            return no_escape;
        return *p->at == '}' ? "a } without a { before it"
                             : "a character that has to be percent-encoded";
    }
    add_literal_unit(p->t, unit);
    p->at += rest.at - p->at;
    return NULL;
}

static const char *take_literal(struct parser *p)
{
    struct mcps__uri_piece *piece = &p->t->pieces[p->t->n_pieces++];
    const char *wrong = NULL;

    piece->text = p->at;
    while (!wrong && *p->at != '\0' && *p->at != '{')
        wrong = take_literal_char(p);
    piece->len = (size_t)(p->at - piece->text);
    return wrong;
}

/* ---- what is known once all of it is there ---- */

/* The case of a scheme and of a host counts for nothing, as far as they stand in front of the
 * first variable. That of a user before the host does. */
static void find_folded(mcps_uri_template *t)
{
    const struct mcps__uri_atom *first = &t->atoms[0];
    char prefix[MCPS_URI_TEMPLATE_MAX];
    struct mcps__uri uri;

    if (t->n_atoms == 0 || first->kind != MCPS__URI_LITERAL)
        return;
    for (size_t i = 0; i < first->n_units; i++)
        prefix[i] = first->units[i] < MCPS__UNIT_ESCAPED ? (char)first->units[i] : '%';
    uri = mcps__uri_split(prefix, first->n_units);
    if (!uri.scheme.text)
        return;
    t->n_folded = uri.scheme.len;
    if (uri.authority.len > 0 && !memchr(uri.authority.text, '@', uri.authority.len))
        t->n_folded = (size_t)(uri.authority.text + uri.authority.len - prefix);
}

/* For each beginning of a literal, how many of its last units are a beginning of the literal
 * again: with that it is found in one go, however it repeats itself (Knuth, Morris, Pratt). */
static void find_borders(mcps_uri_template *t, const struct mcps__uri_atom *literal)
{
    uint16_t *borders = t->borders + (literal->units - t->units);
    const uint16_t *units = literal->units;
    uint16_t n = 0;

    borders[0] = 0;
    for (size_t i = 1; i < literal->n_units; i++) {
        while (n > 0 && units[n] != units[i])
            n = borders[n - 1];
        if (units[n] == units[i])
            n++;
        borders[i] = n;
    }
}

static const char *compile(struct parser *p)
{
    mcps_uri_template *t = p->t;
    const char *wrong = NULL;

    while (!wrong && *p->at != '\0')
        wrong = *p->at == '{' ? take_expression(p) : take_literal(p);
    if (wrong)
        return wrong;
    find_folded(t);
    for (size_t i = 0; i < t->n_atoms; i++) {
        if (t->atoms[i].kind == MCPS__URI_LITERAL)
            find_borders(t, &t->atoms[i]);
    }
    return NULL;
}

/* ---- what others call ---- */

mcps_uri_template *mcps_uri_template_free(mcps_uri_template *t)
{
    if (!t)
        return NULL;
    mcps__free(t->borders);
    mcps__free(t->units);
    mcps__free(t->text);
    mcps__free(t);
    return NULL;
}

static mcps_uri_template *create(const char *text, size_t len)
{
    mcps_uri_template *t = mcps__calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->text = mcps__memdup(text, len);
    t->units = mcps__calloc(len + 1, sizeof *t->units);
    t->borders = mcps__calloc(len + 1, sizeof *t->borders);
    return t->text && t->units && t->borders ? t : mcps_uri_template_free(t);
}

int mcps_uri_template_new(mcps_uri_template **ret, const char *text, char *reterr,
                          size_t reterr_size)
{
    size_t len = text ? strnlen(text, MCPS_URI_TEMPLATE_MAX + 1) : 0;
    struct parser p = { .t = NULL };
    const char *wrong;

    if (!text || len > MCPS_URI_TEMPLATE_MAX) {
        snprintf(reterr, reterr_size, "%s",
                 text ? "the template is longer than 2048 bytes (MCPS_URI_TEMPLATE_MAX)"
                      : "there is no template");
        return -EINVAL;
    }
    p.t = create(text, len);
    if (!p.t)
        return -ENOMEM;
    p.at = p.t->text;
    wrong = compile(&p);
    if (wrong) {
        snprintf(reterr, reterr_size, "%s, at byte %zu", wrong,
                 (size_t)(p.at - p.t->text));
        mcps_uri_template_free(p.t);
        return -EINVAL;
    }
    *ret = p.t;
    return 0;
}

size_t mcps_uri_template_n_variables(const mcps_uri_template *t)
{
    return t->n_variables;
}

const char *mcps_uri_template_variable(const mcps_uri_template *t, size_t i)
{
    return i < t->n_variables ? t->variables[i] : NULL;
}
