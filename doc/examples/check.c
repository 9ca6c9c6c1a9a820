/* SPDX-License-Identifier: MIT */
/*
 * Checks JSON files by a JSON Schema: check SCHEMA FILE...
 *
 * Nothing here is about servers. It says what does not fit, a line each, and exits with 1 if
 * there was something, with 2 if the schema cannot be used or a file not be read.
 */
#include <mcpserver/schema.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_file(const char *name, size_t *ret_len)
{
    FILE *file = fopen(name, "rb");
    char *text = NULL;
    long size;

    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
        rewind(file);
        text = size < 0 ? NULL : malloc((size_t)size + 1);
        if (text) {
            *ret_len = fread(text, 1, (size_t)size, file);
            text[*ret_len] = '\0';
        }
    }
    fclose(file);
    return text;
}

static int check(const mcps_schema *schema, mcps_schema_scratch *scratch,
                 const char *name)
{
    size_t len;
    char *text = read_file(name, &len);
    int r;

    if (!text) {
        fprintf(stderr, "%s: it cannot be read\n", name);
        return 2;
    }
    r = mcps_schema_check_text(schema, text, len, scratch, 20);
    free(text);
    for (size_t i = 0; i < mcps_schema_n_errors(scratch); i++)
        printf("%s: %s\n", name, mcps_schema_error_at(scratch, i)->text);
    if (r < 0 && mcps_schema_n_errors(scratch) == 0)
        fprintf(stderr, "%s: %s\n", name, mcps_strerror(r));
    return r < 0;
}

static mcps_schema *compile(const char *name)
{
    char why[MCPS_SCHEMA_WHY_SIZE] = "it cannot be read";
    mcps_schema *schema = NULL;
    size_t len;
    char *text = read_file(name, &len);

    if (!text || mcps_schema_compile(&schema, text, len, NULL, why, sizeof why) < 0)
        fprintf(stderr, "%s: %s\n", name, *why ? why : "out of memory");
    free(text);
    return schema;
}

int main(int argc, char **argv)
{
    mcps_schema_scratch *scratch;
    mcps_schema *schema;
    int worst = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: %s SCHEMA FILE...\n", argv[0]);
        return 2;
    }
    schema = compile(argv[1]);
    if (!schema || mcps_schema_scratch_new(&scratch) < 0) {
        mcps_schema_unref(schema);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        int bad = check(schema, scratch, argv[i]);

        worst = bad > worst ? bad : worst;
    }
    mcps_schema_scratch_free(scratch);
    mcps_schema_unref(schema);
    return worst;
}
