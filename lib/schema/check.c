/* SPDX-License-Identifier: MIT */
/* Checks of a declared field; see check.h. */
#include "config.h"

#include "schema/check.h"

#include <math.h>
#include <string.h>

#include "schema/table.h"
#include "schema/words.h"
#include "util/utf8.h"

enum { ALL_FLAGS = MCPS_REQUIRED | MCPS_SECRET };

enum mcps_type mcps__field_kind(const struct mcps_field *f)
{
    return f->type == MCPS_TYPE_LIST ? f->item : f->type;
}

static const char *check_name(const struct mcps_field *f)
{
    const char *name = mcps__field_name(f);
    size_t len = name ? strlen(name) : 0;

    if (len == 0)
        return "has no name";
    if (len > MCPS__TABLE_NAME_MAX)
        return "has a name of more than 128 bytes";
    if (mcps__utf8_valid_prefix(name, len) < len)
        return "has a name that is not UTF-8";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c <= ' ' || c == 0x7f || c == '"' || c == '\\')
            return "has a name with a character that names do not have";
    }
    return NULL;
}

static const char *check_type(const struct mcps_field *f)
{
    enum mcps_type kind = mcps__field_kind(f);

    if ((int)f->type <= MCPS_TYPE_END || f->type > MCPS_TYPE_LIST)
        return "has a type that there is not";
    if ((int)kind <= MCPS_TYPE_END || kind >= MCPS_TYPE_LIST)
        return "is a list of something that lists do not have";
    if (kind == MCPS_TYPE_OBJECT && (!f->fields || f->fields_size == 0))
        return "is an object without a table";
    if (kind != MCPS_TYPE_OBJECT && f->fields)
        return "has a table, but is no object";
    if (f->reserved[0] || f->reserved[1])
        return "has an option that this library does not know";
    return (f->flags & ~(unsigned)ALL_FLAGS) != 0 ? "has flags that there are not" : NULL;
}

static const char *check_bounds(const struct mcps_field *f)
{
    enum mcps_type kind = mcps__field_kind(f);
    double min = f->has_min ? f->min : 0, max = f->has_max ? f->max : min;

    if (!f->has_min && !f->has_max)
        return NULL;
    if (kind != MCPS_TYPE_INT && kind != MCPS_TYPE_NUMBER)
        return "has bounds, but is no number";
    if (!isfinite(min) || !isfinite(max))
        return "has a bound that is not finite";
    if (f->has_min && min > max)
        return "has a lower bound above the upper one";
    if (kind == MCPS_TYPE_NUMBER)
        return NULL;
    return mcps__is_exact_integer(min) && mcps__is_exact_integer(max)
               ? NULL
               : "has a bound that is no integer from -2^53 to 2^53";
}

static const char *check_sizes(const struct mcps_field *f)
{
    if ((f->min_length > 0 || f->max_length > 0) &&
        mcps__field_kind(f) != MCPS_TYPE_STRING)
        return "has a length, but is no string";
    if (f->max_length > 0 && f->min_length > f->max_length)
        return "has a least length above the greatest";
    if ((f->min_items > 0 || f->max_items > 0) && f->type != MCPS_TYPE_LIST)
        return "has a number of items, but is no list";
    if (f->max_items > 0 && f->min_items > f->max_items)
        return "has a least number of items above the greatest";
    return NULL;
}

static const char *check_choices(const struct mcps_field *f)
{
    if (mcps__field_kind(f) != MCPS_TYPE_ENUM)
        return f->choices ? "has choices, but is no enum" : NULL;
    if (!f->choices || !f->choices[0])
        return "is an enum without choices";
    for (size_t i = 0; f->choices[i]; i++) {
        size_t len = strlen(f->choices[i]);

        if (mcps__utf8_valid_prefix(f->choices[i], len) < len)
            return "has a choice that is not UTF-8";
        for (size_t k = 0; k < i; k++) {
            if (strcmp(f->choices[i], f->choices[k]) == 0)
                return "has one choice twice";
        }
    }
    return NULL;
}

static const char *check_titles(const struct mcps_field *f)
{
    size_t i = 0;

    if (f->format && mcps__field_kind(f) != MCPS_TYPE_STRING)
        return "has a format, but is no string";
    if (f->legacy_titles && !f->titles)
        return "has legacy titles, but no titles";
    if (!f->titles)
        return NULL;
    if (mcps__field_kind(f) != MCPS_TYPE_ENUM)
        return "has titles of choices, but is no enum";
    if (f->legacy_titles && f->type == MCPS_TYPE_LIST)
        return "has legacy titles, which a list cannot have";
    while (f->choices[i] && f->titles[i])
        i++;
    return f->choices[i] || f->titles[i] ? "has not one title for each choice" : NULL;
}

/* RFC 9110, 5.6.2: tchar. */
bool mcps__header_is_token(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > MCPS__TABLE_NAME_MAX)
        return false;
    return strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static const char *check_header(const struct mcps_field *f,
                                const struct mcps__check_place *place)
{
    if (!f->header)
        return NULL;
    if (!mcps__header_is_token(f->header))
        return "has a header that is no token of HTTP";
    if (f->type != MCPS_TYPE_INT && f->type != MCPS_TYPE_BOOL &&
        f->type != MCPS_TYPE_STRING && f->type != MCPS_TYPE_ENUM)
        return "has a header, which only an integer, a bool, a string or an enum can have";
    if (place->in_list)
        return "has a header, which nothing in a list can have";
    if ((f->flags & MCPS_SECRET) || place->in_secret)
        return "is a secret, so it can have no header, which many can read";
    return NULL;
}

static const char *check_texts(const struct mcps_field *f,
                               const struct mcps__check_place *place)
{
    bool secret = (f->flags & MCPS_SECRET) || place->in_secret;
    bool json = mcps__field_kind(f) == MCPS_TYPE_JSON;

    if (f->schema_json && !json)
        return "has a schema of its own, but is not of type JSON";
    if (json && secret)
        return "is a secret, which JSON cannot be: its trees cannot be wiped";
    if (!f->default_json)
        return NULL;
    if (json)
        return "is JSON, which can have no default";
    if (f->flags & MCPS_REQUIRED)
        return "is required, so that its default is never used";
    return secret ? "is a secret, so it can have no default, which the schema would tell"
                  : NULL;
}

const char *mcps__field_check(const struct mcps_field *f,
                              const struct mcps__check_place *place)
{
    const char *wrong = check_name(f);

    wrong = wrong ? wrong : check_type(f);
    wrong = wrong ? wrong : check_bounds(f);
    wrong = wrong ? wrong : check_sizes(f);
    wrong = wrong ? wrong : check_choices(f);
    wrong = wrong ? wrong : check_titles(f);
    wrong = wrong ? wrong : check_texts(f, place);
    return wrong ? wrong : check_header(f, place);
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool mcps__header_equal(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}
