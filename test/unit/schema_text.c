/* SPDX-License-Identifier: MIT */
/* Texts that are too long to be written out; see schema_text.h. */
#include "config.h"

#include "schema_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDED_MAX = 4000 };

void schema_text_add(struct schema_text *t, const char *format, ...)
{
    va_list args;

    if (t->cap - t->len <= ADDED_MAX) {
        t->cap = t->cap * 2 + 2 * ADDED_MAX;
        t->data = realloc(t->data, t->cap);
        if (!t->data)
            abort();
    }
    va_start(args, format);
    t->len += (size_t)vsnprintf(t->data + t->len, t->cap - t->len, format, args);
    va_end(args);
}

void schema_text_add_for(struct schema_text *t, const char *text, unsigned number)
{
    for (; *text; text++) {
        if (*text == '@')
            schema_text_add(t, "%u", number);
        else
            schema_text_add(t, "%c", *text);
    }
}

unsigned schema_text_many(unsigned n)
{
    return getenv("MCPS_TEST_VALGRIND") ? n / 20 : n;
}

const char *schema_text(const struct schema_text *t)
{
    return t->data;
}

void schema_text_free(struct schema_text *t)
{
    free(t->data);
    *t = (struct schema_text){ .data = NULL };
}
