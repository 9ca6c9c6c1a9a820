/* SPDX-License-Identifier: MIT */
/*
 * What a field expects, in words; see words.h. The words are made when the table is, where
 * there is memory to ask for and time, and are only copied when a value does not fit.
 */
#include "config.h"

#include "schema/words.h"

#include <stdlib.h>
#include <string.h>

#include "schema/table.h"
#include "util/utf8.h"

enum { CHOICES_MAX = 200 }; /* bytes of choices that are listed */

bool mcps__is_exact_integer(double value)
{
    const double most = 9007199254740992.0;

    return value >= -most && value <= most && value == (double)(int64_t)value;
}

void mcps__write_bound(struct mcps__writer *w, double bound)
{
    if (mcps__is_exact_integer(bound))
        mcps__write_int(w, (int64_t)bound);
    else
        mcps__write_double(w, bound);
}

static void put(struct mcps__writer *w, const char *text)
{
    w->comma =
        false; /* it is no JSON that is written here, but values as JSON has them */
    mcps__write_raw(w, text, strlen(text));
    w->comma = false;
}

static void put_bound(struct mcps__writer *w, const struct mcps__table_field *f,
                      bool least)
{
    int64_t bound = least ? f->min : f->max;

    w->comma = false;
    if (f->kind == MCPS_TYPE_INT)
        mcps__write_int(w, bound);
    else
        mcps__write_bound(w, least ? f->of->min : f->of->max);
}

static void put_bounds(struct mcps__writer *w, const struct mcps__table_field *f)
{
    bool integer = f->kind == MCPS_TYPE_INT;
    bool has_min = integer ? f->min > INT64_MIN : f->of->has_min;
    bool has_max = integer ? f->max < INT64_MAX : f->of->has_max;

    put(w, integer ? "an integer" : "a number");
    if (!has_min && !has_max) {
        put(w, integer ? " of 64 bits" : "");
        return;
    }
    put(w, has_min && has_max ? " from " : has_min ? " of at least " : " of at most ");
    if (has_min)
        put_bound(w, f, true);
    put(w, has_min && has_max ? " to " : "");
    if (has_max)
        put_bound(w, f, false);
}

static void put_uint(struct mcps__writer *w, unsigned n)
{
    w->comma = false;
    mcps__write_uint(w, n);
}

/* " of 1 to 80 characters" */
static void put_sizes(struct mcps__writer *w, unsigned min, unsigned max,
                      const char *what)
{
    if (min == 0 && max == 0)
        return;
    put(w, max == 0 ? " of at least " : min == 0 ? " of at most " : " of ");
    if (min > 0)
        put_uint(w, min);
    if (max > 0 && min > 0 && min != max)
        put(w, " to ");
    if (max > 0 && min != max)
        put_uint(w, max);
    put(w, what);
    put(w, (max > 0 ? max : min) == 1 ? "" : "s");
}

static void put_choices(struct mcps__writer *w, const struct mcps__table_field *f)
{
    size_t start = w->out->len;

    put(w, f->n_choices == 1 ? "" : "one of ");
    for (size_t i = 0; i < f->n_choices; i++) {
        put(w, i > 0 ? ", " : "");
        if (i > 0 && w->out->len - start + f->choice_len[i] > CHOICES_MAX) {
            put(w, "...");
            return;
        }
        w->comma = false;
        mcps__write_text(w, f->of->choices[i], f->choice_len[i]);
    }
}

static void put_kind(struct mcps__writer *w, const struct mcps__table_field *f)
{
    switch (f->kind) {
    case MCPS_TYPE_INT:
    case MCPS_TYPE_NUMBER: put_bounds(w, f); break;
    case MCPS_TYPE_BOOL: put(w, "true or false"); break;
    case MCPS_TYPE_STRING:
        put(w, "a string");
        put_sizes(w, f->of->min_length, f->of->max_length, " character");
        break;
    case MCPS_TYPE_ENUM: put_choices(w, f); break;
    case MCPS_TYPE_OBJECT: put(w, "an object"); break;
    default: put(w, "any value"); break;
    }
}

static void put_list(struct mcps__writer *w, const struct mcps__table_field *f)
{
    put(w, "an array");
    put_sizes(w, f->of->min_items, f->of->max_items, " item");
}

static int words(char **ret, const struct mcps__table_field *f,
                 void (*put_words)(struct mcps__writer *,
                                   const struct mcps__table_field *))
{
    struct mcps__writer w;
    struct mcps__buf buf;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    put_words(&w, f);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__buf_append_byte(&buf, '\0');
    if (r < 0) {
        mcps__buf_fini(&buf);
        return r;
    }
    *ret = buf.data;
    return 0;
}

int mcps__words_of_field(struct mcps__table_field *f)
{
    int r = words(&f->expected, f, put_kind);

    if (r >= 0 && f->type == MCPS_TYPE_LIST)
        r = words(&f->expected_list, f, put_list);
    return r;
}
