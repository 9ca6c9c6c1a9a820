/* SPDX-License-Identifier: MIT */
/* The JSON Schema that a table stands for; see table.h. */
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

static void write_choices(struct mcps__writer *w, const struct mcps__table_field *f)
{
    mcps__write_key(w, "enum");
    mcps__write_array(w);
    for (size_t i = 0; i < f->n_choices; i++)
        mcps__write_text(w, f->of->choices[i], f->choice_len[i]);
    mcps__write_array_end(w);
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
static void write_kind(struct mcps__writer *w, const struct mcps__table_field *f)
{
    switch (f->kind) {
    case MCPS_TYPE_INT:
    case MCPS_TYPE_NUMBER: write_bounds(w, f); break;
    case MCPS_TYPE_STRING:
        write_uint(w, "minLength", f->of->min_length);
        write_uint(w, "maxLength", f->of->max_length);
        break;
    case MCPS_TYPE_ENUM: write_choices(w, f); break;
    case MCPS_TYPE_OBJECT: write_table(w, f->table); break;
    case MCPS_TYPE_JSON:
        if (f->schema_json && f->schema_json[0] == '{' && f->schema_json[1] != '}')
            mcps__write_raw(w, f->schema_json + 1, strlen(f->schema_json) - 2);
        break;
    default: break;
    }
}

static void write_items(struct mcps__writer *w, const struct mcps__table_field *f)
{
    mcps__write_key(w, "items");
    if (f->schema_json && f->schema_json[0] == 'f') {
        mcps__write_bool(w, false);
    } else {
        mcps__write_object(w);
        write_text(w, "type", type_name(f->kind));
        write_kind(w, f);
        mcps__write_object_end(w);
    }
    write_uint(w, "minItems", f->of->min_items);
    write_uint(w, "maxItems", f->of->max_items);
}

static void write_field(struct mcps__writer *w, const struct mcps__table_field *f)
{
    bool list = f->type == MCPS_TYPE_LIST;

    mcps__write_key(w, f->name);
    if (!list && f->schema_json && f->schema_json[0] == 'f') { /* false: nothing fits */
        mcps__write_bool(w, false);
        return;
    }
    mcps__write_object(w);
    write_text(w, "type", type_name(f->type));
    if (list || !f->schema_describes)
        write_text(w, "description", f->of->description);
    if (list)
        write_items(w, f);
    else
        write_kind(w, f);
    if (f->default_json) {
        mcps__write_key(w, "default");
        mcps__write_raw(w, f->default_json, strlen(f->default_json));
    }
    if (f->of->flags & MCPS_SECRET) {
        mcps__write_key(w, "writeOnly");
        mcps__write_bool(w, true);
    }
    write_text(w, "x-mcp-header", f->of->header);
    mcps__write_object_end(w);
}

static void write_table(struct mcps__writer *w, const struct mcps__table *table)
{
    mcps__write_key(w, "properties");
    mcps__write_object(w);
    for (size_t i = 0; i < table->n_fields; i++)
        write_field(w, &table->fields[i]);
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
