/* SPDX-License-Identifier: MIT */
/* Tables as forms; see form.h. */
#include "config.h"

#include "schema/form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

static bool is_form_format(const char *name)
{
    static const char *const known[] = { "email", "uri", "date", "date-time" };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i]) == 0)
            return true;
    }
    return false;
}

/* Tables are compiled without regard to formats. */
static bool default_fits(const struct mcps__table *table,
                         const struct mcps__table_field *f)
{
    const char *text;

    if (!f->format || !f->default_json)
        return true;
    memcpy(&text, table->blank + f->of->offset, sizeof text);
    return f->format->fits(text, strlen(text));
}

static const char *check_field(const struct mcps__table *table,
                               const struct mcps__table_field *f,
                               enum mcps__form_dialect dialect)
{
    if (f->secret)
        return "is a secret, which forms must not ask for";
    if (f->kind == MCPS_TYPE_OBJECT || f->kind == MCPS_TYPE_JSON)
        return "is of a type that forms do not have";
    if (f->type == MCPS_TYPE_LIST && f->kind != MCPS_TYPE_ENUM)
        return "is a list, which forms only have of enums";
    if (f->type == MCPS_TYPE_LIST && dialect == MCPS__FORM_2025_06)
        return "is a list, which forms of revision 2025-06-18 do not have";
    if (f->of->format && !is_form_format(f->of->format))
        return "has a format that forms do not have";
    return default_fits(table, f) ? NULL : "has a default that is not of its format";
}

int mcps__form_check(const struct mcps__table *table, enum mcps__form_dialect dialect,
                     char *reterr, size_t reterr_size)
{
    if (reterr_size > 0)
        reterr[0] = '\0';
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct mcps__table_field *f = &table->fields[i];
        const char *wrong = check_field(table, f, dialect);

        if (!wrong)
            continue;
        snprintf(reterr, reterr_size, "field \"%s\" %s", f->of->name, wrong);
        if (reterr_size > 0)
            reterr[mcps__utf8_valid_prefix(reterr, strlen(reterr))] = '\0';
        return -EINVAL;
    }
    return 0;
}

void mcps__form_write(const struct mcps__table *table, enum mcps__form_dialect dialect,
                      struct mcps__writer *w)
{
    bool first = dialect == MCPS__FORM_2025_06;
    const struct mcps__form_style style = { .legacy_titles = first,
                                            .only_bool_defaults = first };

    mcps__table_write_form(table, &style, w);
}

int mcps__form_decode(struct mcps__args *args, const struct mcps__table *table,
                      char *text, size_t len, struct mcps__reader *reader, char *reterr,
                      size_t reterr_size)
{
    bool coerces = reader->coerces;
    int r;

    reader->form = true;
    reader->coerces = false;
    r = mcps__args_decode(args, table, text, len, reader, reterr, reterr_size);
    reader->form = false;
    reader->coerces = coerces;
    return r;
}
