/* SPDX-License-Identifier: MIT */
/*
 * Prints arguments by chance, each with the schema of its table and with our verdict, for
 * another program to judge: a line of JSON each. The last ones are those that we refuse on
 * purpose whatever the schema says, and are marked so. Usage: args_cases N [SEED]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../fixtures/fields.h"
#include "schema/args.h"
#include "schema/table.h"

enum { VALUES_OF_A_TABLE = 10 };

static struct mcps__reader reader;
static char error[MCPS__ARGS_ERROR_SIZE];

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "args_cases: %s\n", what);
    exit(EXIT_FAILURE);
}

static bool fits(const struct mcps__table *table, const char *given, size_t len)
{
    char *text = malloc(len);
    struct mcps__args args;
    int r;

    must(text != NULL, "no memory");
    memcpy(text, given, len);
    r = mcps__args_decode(&args, table, text, len, &reader, error, sizeof error);
    must(r == 0 || r == MCPS_EINVALID, "no memory");
    mcps__args_fini(&args);
    free(text);
    return r == 0;
}

static bool is_json(const char *text, size_t len)
{
    struct json_object *tree = NULL;
    int r = mcps__tree_parse(&reader.parser, &tree, text, len);

    json_object_put(tree);
    return r == 0;
}

static void print_case(const struct mcps__table *table, const char *text, size_t len,
                       bool special)
{
    struct mcps__writer w;
    struct mcps__buf out;

    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    mcps__write_object(&w);
    mcps__write_key(&w, "schema");
    mcps__table_write_schema(table, &w);
    mcps__write_key(&w, "special");
    mcps__write_bool(&w, special);
    mcps__write_key(&w, "ok");
    mcps__write_bool(&w, fits(table, text, len));
    mcps__write_key(&w, "value");
    mcps__write_raw(&w, text, len);
    mcps__write_object_end(&w);
    must(mcps__write_end(&w) == 0, "no memory");
    printf("%.*s\n", (int)out.len, out.data);
    mcps__buf_fini(&out);
}

/* What fields of type JSON say of their values may be a reference that leads nowhere. */
static bool compile_trees(struct mcps__table *table)
{
    const struct mcps_schema_options options = MCPS_SCHEMA_OPTIONS(.max_depth = 0);
    struct mcps__writer w;
    struct mcps__buf out;
    int r;

    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    mcps__table_write_schema(table, &w);
    must(mcps__write_end(&w) == 0, "no memory");
    r = mcps__table_compile(table, out.data, out.len, &options, error, sizeof error);
    must(r == 0 || r == MCPS_EINVALID, "no memory");
    mcps__buf_fini(&out);
    return r == 0;
}

/* Prints up to `n` cases of one table and returns how many. */
static unsigned long print_table(struct die *die, unsigned long n)
{
    static struct fields fields;
    static struct text text;
    struct mcps__table *table = NULL;
    unsigned long printed = 0;

    fields.defaults = die_once_in(die, 4);
    fields_roll(&fields, die);
    if (mcps__table_new(&table, fields.rows, fields.struct_size, error, sizeof error) < 0)
        return 0;
    if (!compile_trees(table))
        n = 0;
    for (int i = 0; i < VALUES_OF_A_TABLE && printed < n; i++) {
        fields_roll_value(fields.rows, die, true, &text);
        if (!is_json(text.data, text.len))
            continue; /* too long for its room */
        print_case(table, text.data, text.len, false);
        printed++;
    }
    mcps__table_free(table);
    return printed;
}

/* Beyond 64 bits, not exactly an integer, a NUL: a schema cannot say it. */
static void print_specials(void)
{
    static const struct mcps_field fields[] = {
        { .name = "i", .type = MCPS_TYPE_INT, .has_offset = 16 },
        { .name = "s", .type = MCPS_TYPE_STRING, .offset = 8, .has_offset = 17 },
        { .type = MCPS_TYPE_END },
    };
    static const char *const values[] = {
        "{\"i\":9223372036854775808}",
        "{\"i\":-9223372036854775809.0}",
        "{\"i\":1e19}",
        "{\"i\":-1e300}",
        "{\"i\":1.00000000000000000000001}",
        "{\"i\":1e-400}",
        "{\"s\":\"\\u0000\"}",
        "{\"s\":\"a\\u0000b\"}",
        "{\"i\":1,\"i\":1}",
        "{\"s\":\"\",\"i\":1,\"s\":\"\"}",
    };
    struct mcps__table *table = NULL;

    must(mcps__table_new(&table, fields, 24, error, sizeof error) == 0, error);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        print_case(table, values[i], strlen(values[i]), true);
    mcps__table_free(table);
}

int main(int argc, char **argv)
{
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    struct die die = { .state = argc > 2 ? strtoull(argv[2], NULL, 10)
                                         : (uint64_t)time(NULL) };

    die.state = die.state * 0x9e3779b97f4a7c15u | 1;
    must(mcps__reader_init(&reader, &mcps__json_default_limits) == 0, "no memory");
    while (n > 0)
        n -= print_table(&die, n);
    print_specials();
    mcps__reader_fini(&reader);
    return 0;
}
