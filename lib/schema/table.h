/* SPDX-License-Identifier: MIT */
/*
 * A table of fields (mcpserver/args.h), compiled: checked once, when a tool is added, and put
 * into the form that decoding and encoding need.
 *
 * Immutable once it is made, so that any thread may use it, many at once. It borrows the
 * fields, and all strings and tables that they refer to, for as long as it lives.
 */
#ifndef MCPS_SCHEMA_TABLE_H
#define MCPS_SCHEMA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/tree.h"
#include "json/write.h"
#include "mcpserver/args.h"
#include "mcpserver/schema.h"
#include "schema/format.h"
#include "schema/held.h"

enum {
    MCPS__TABLE_FIELDS_MAX = 4096, /* of one table and all below it */
    MCPS__TABLE_DEPTH_MAX = 32,    /* tables inside each other */
    MCPS__TABLE_NAME_MAX = 128     /* bytes of a field's name, and of a header's */
};

struct mcps__table;

/* A LIST as it lies in a struct, whatever its items are. */
struct mcps__table_list {
    const void *items;
    size_t n;
};

struct mcps__table_field {
    const struct mcps_field *of;
    const char *name; /* in JSON */
    size_t name_len;
    enum mcps_type type, kind; /* `kind`: of a list, the type of its items */
    size_t size;               /* of the value; of a list, of an item */
    bool required, secret;
    bool schema_titles, schema_describes; /* schema_json has a title, a description */
    int64_t min, max;                     /* of INT: all of them, if there is no bound */
    struct mcps__table *table;            /* of OBJECT, and of LIST of it */
    size_t *choice_len, n_choices;
    const struct mcps__format *format; /* NULL: none, or none that is known */
    char *default_json, *schema_json;  /* without white space; NULL: none */
    mcps_schema *schema;               /* of schema_json, once it is compiled; or NULL */
    /* What a value may be, in words; of a list, an item, and the list. */
    char *expected, *expected_list;
};

struct mcps__table {
    struct mcps__table_field *fields; /* in declared order */
    size_t n_fields, n_required;
    uint16_t *sorted; /* places of the fields, by length and bytes of their names */
    size_t struct_size, align;
    unsigned char *blank;   /* a struct with nothing sent: its defaults */
    bool secrets, trees;    /* has any, at any depth */
    struct mcps__held held; /* texts and lists that defaults consist of */
};

/* Compiles a table, up to the field of type MCPS_TYPE_END. A struct_size of 0 is what the
 * fields take at least: enough for results, which are only read. -EINVAL with a sentence in
 * `reterr` (may be of size 0) that names the field and what is wrong with it; -ENOMEM. */
int mcps__table_new(struct mcps__table **ret, const struct mcps_field *fields,
                    size_t struct_size, char *reterr, size_t reterr_size) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. */
struct mcps__table *mcps__table_free(struct mcps__table *table);

/* What sets the schema of a form apart from that of arguments and results: it says nothing
 * of headers or of other members, and of the items of a list with titles no type. */
struct mcps__form_style {
    bool legacy_titles;      /* say titles as "enumNames", whatever the field wants */
    bool only_bool_defaults; /* leave out those of other types */
};

/* Writes the schema, one value: an object with these properties, in their order, and no
 * others. */
void mcps__table_write_schema(const struct mcps__table *table, struct mcps__writer *w);
/* The same as a form has it. The table is one that mcps__form_check() took. */
void mcps__table_write_form(const struct mcps__table *table,
                            const struct mcps__form_style *style, struct mcps__writer *w);

/* Compiles what fields of type JSON say of their values, so that decoding and encoding check
 * it: `json` is what mcps__table_write_schema() wrote, in which references are resolved. MCPS_EINVALID
 * or MCPS_ELIMIT with a sentence; -ENOMEM. */
int mcps__table_compile(struct mcps__table *table, const char *json, size_t len,
                        const struct mcps_schema_options *options, char *reterr,
                        size_t reterr_size) MCPS_MUST_CHECK;

/* Was it made of these fields, or of others that describe the same struct? */
bool mcps__table_is_of(const struct mcps__table *table, const struct mcps_field *fields);

/* The place of the field of that name, or -1. `hint` is where it is likely to be. */
int mcps__table_find(const struct mcps__table *table, const char *name, size_t len,
                     size_t hint);

/* Encodes the struct `value`: required fields always, others where has_x is set. With a
 * `scratch` (NULL: none) trees are checked by what their fields say of them. Of an error
 * `reterr` gets a sentence, and the writer stands somewhere in the middle. MCPS_EINVALID when
 * a value does not fit what its field says, -ENOMEM, or what the writer says. */
int mcps__table_encode(const struct mcps__table *table, const void *value,
                       struct mcps__writer *w, mcps_schema_scratch *scratch, char *reterr,
                       size_t reterr_size) MCPS_MUST_CHECK;

#endif
