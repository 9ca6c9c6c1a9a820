/* SPDX-License-Identifier: MIT */
/*
 * The JSON Schema that a table stands for; see table.h. What a form says is passed along as
 * `form`, which is NULL for the schema of arguments or results.
 */
#include "config.h"

#include <string.h>

#include "schema/table.h"
#include "schema/words.h"

static void write_uint(struct mcps__writer *w, const char *key, unsigned value)
{
    if (value == 0)
        return;
    mcps__write_key(w, key);
    mcps__write_uint(w, value);
}

static void write_text(struct mcps__writer *w, const char *key, const char *value)
{
    if (!value)
        return;
    mcps__write_key(w, key);
    mcps__write_string(w, value);
}

static void write_bounds(struct mcps__writer *w, const struct mcps__table_field *f)
{
    bool integer = f->kind == MCPS_TYPE_INT;

    if (integer ? f->min > INT64_MIN : f->of->has_min) {
        mcps__write_key(w, "minimum");
        mcps__write_bound(w, integer ? (double)f->min : f->of->min);
    }
    if (integer ? f->max < INT64_MAX : f->of->has_max) {
        mcps__write_key(w, "maximum");
        mcps__write_bound(w, integer ? (double)f->max : f->of->max);
    }
}

static void write_texts(struct mcps__writer *w, const char *key, const char *const *texts,
                        size_t n)
{
    mcps__write_key(w, key);
    mcps__write_array(w);
    for (size_t i = 0; i < n; i++)
        mcps__write_string(w, texts[i]);
    mcps__write_array_end(w);
}

static void write_titled(struct mcps__writer *w, const char *key,
                         const struct mcps_field *of, size_t n)
{
    mcps__write_key(w, key);
    mcps__write_array(w);
    for (size_t i = 0; i < n; i++) {
        mcps__write_object(w);
        write_text(w, "const", of->choices[i]);
        write_text(w, "title", of->titles[i]);
        mcps__write_object_end(w);
    }
    mcps__write_array_end(w);
}

static void write_choices(struct mcps__writer *w, const struct mcps__table_field *f,
                          const struct mcps__form_style *form)
{
    bool legacy = f->of->legacy_titles || (form && form->legacy_titles);

    if (f->of->titles && !legacy) {
        write_titled(w, form && f->type == MCPS_TYPE_LIST ? "anyOf" : "oneOf", f->of,
                     f->n_choices);
        return;
    }
    write_texts(w, "enum", f->of->choices, f->n_choices);
    if (f->of->titles)
        write_texts(w, "enumNames", f->of->titles, f->n_choices);
}

static const char *type_name(enum mcps_type type)
{
    switch (type) {
    case MCPS_TYPE_INT: return "integer";
    case MCPS_TYPE_NUMBER: return "number";
    case MCPS_TYPE_BOOL: return "boolean";
    case MCPS_TYPE_LIST: return "array";
    case MCPS_TYPE_OBJECT: return "object";
    case MCPS_TYPE_JSON: return NULL;
    default: return "string";
    }
}

/* The members of the schema of a table but for its type. */
static void write_table(struct mcps__writer *w, const struct mcps__table *table);

/* What a type allows: of a field, or of the items of a list. */
static void write_kind(struct mcps__writer *w, const struct mcps__table_field *f,
                       const struct mcps__form_style *form)
{
    switch (f->kind) {
    case MCPS_TYPE_INT:
    case MCPS_TYPE_NUMBER: write_bounds(w, f); break;
    case MCPS_TYPE_STRING:
        write_uint(w, "minLength", f->of->min_length);
        write_uint(w, "maxLength", f->of->max_length);
        write_text(w, "format", f->of->format);
        break;
    case MCPS_TYPE_ENUM: write_choices(w, f, form); break;
    case MCPS_TYPE_OBJECT: write_table(w, f->table); break;
    case MCPS_TYPE_JSON:
        if (f->schema_json && f->schema_json[0] == '{' && f->schema_json[1] != '}')
            mcps__write_raw(w, f->schema_json + 1, strlen(f->schema_json) - 2);
        break;
    default: break;
    }
}

static void write_items(struct mcps__writer *w, const struct mcps__table_field *f,
                        const struct mcps__form_style *form)
{
    mcps__write_key(w, "items");
    if (f->schema_json && f->schema_json[0] == 'f') {
        mcps__write_bool(w, false);
    } else {
        mcps__write_object(w);
        write_text(w, "type", form && f->of->titles ? NULL : type_name(f->kind));
        write_kind(w, f, form);
        mcps__write_object_end(w);
    }
    write_uint(w, "minItems", f->of->min_items);
    write_uint(w, "maxItems", f->of->max_items);
}

/* What a client should know who sends the field. */
static void write_sending(struct mcps__writer *w, const struct mcps__table_field *f)
{
    if (f->of->flags & MCPS_SECRET) {
        mcps__write_key(w, "writeOnly");
        mcps__write_bool(w, true);
    }
    write_text(w, "x-mcp-header", f->of->header);
}

static void write_default(struct mcps__writer *w, const struct mcps__table_field *f,
                          const struct mcps__form_style *form)
{
    if (!f->default_json)
        return;
    if (form && form->only_bool_defaults && f->type != MCPS_TYPE_BOOL)
        return;
    mcps__write_key(w, "default");
    mcps__write_raw(w, f->default_json, strlen(f->default_json));
}

static void write_field(struct mcps__writer *w, const struct mcps__table_field *f,
                        const struct mcps__form_style *form)
{
    bool list = f->type == MCPS_TYPE_LIST;

    mcps__write_key(w, f->name);
    if (!list && f->schema_json && f->schema_json[0] == 'f') { /* false: nothing fits */
        mcps__write_bool(w, false);
        return;
    }
    mcps__write_object(w);
    write_text(w, "type", type_name(f->type));
    if (list || !f->schema_titles)
        write_text(w, "title", f->of->title);
    if (list || !f->schema_describes)
        write_text(w, "description", f->of->description);
    if (list)
        write_items(w, f, form);
    else
        write_kind(w, f, form);
    write_default(w, f, form);
    if (!form)
        write_sending(w, f);
    mcps__write_object_end(w);
}

static void write_fields(struct mcps__writer *w, const struct mcps__table *table,
                         const struct mcps__form_style *form)
{
    mcps__write_key(w, "properties");
    mcps__write_object(w);
    for (size_t i = 0; i < table->n_fields; i++)
        write_field(w, &table->fields[i], form);
    mcps__write_object_end(w);
    if (table->n_required > 0) {
        mcps__write_key(w, "required");
        mcps__write_array(w);
        for (size_t i = 0; i < table->n_fields; i++) {
            if (table->fields[i].required)
                mcps__write_string(w, table->fields[i].name);
        }
        mcps__write_array_end(w);
    }
}

static void write_table(struct mcps__writer *w, const struct mcps__table *table)
{
    write_fields(w, table, NULL);
    mcps__write_key(w, "additionalProperties");
    mcps__write_bool(w, false);
}

void mcps__table_write_schema(const struct mcps__table *table, struct mcps__writer *w)
{
    mcps__write_object(w);
    write_text(w, "type", "object");
    write_table(w, table);
    mcps__write_object_end(w);
}

void mcps__table_write_form(const struct mcps__table *table,
                            const struct mcps__form_style *style, struct mcps__writer *w)
{
    mcps__write_object(w);
    write_text(w, "type", "object");
    write_fields(w, table, style);
    mcps__write_object_end(w);
}
