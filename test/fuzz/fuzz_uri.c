/* SPDX-License-Identifier: MIT */
/*
 * URI templates: the first line of the input is a template, the rest a URI. Matching takes no
 * more steps than are promised, gives valid JSON or nothing, and the screen only takes away.
 * What a template expands to, it matches.
 */
#include "config.h"

#include "fuzz.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/uri_template.h"
#include "json/scan.h"

static uint64_t most_steps(const mcps_uri_template *t, size_t len)
{
    return (t->n_pieces + t->n_atoms + t->n_mentions + 1) * MCPS__URI_STEPS *
           (uint64_t)(len + 1);
}

static int match(const mcps_uri_template *t, const char *uri, size_t len, bool screen,
                 struct mcps__buf *values)
{
    uint64_t steps = 0;
    int r = mcps__uri_template_match_counted(t, uri, len, screen, values, &steps);

    FUZZ_CHECK(r == 0 || r == 1 || (r == MCPS_EINVALID && screen));
    FUZZ_CHECK((r == 1) == (values->len > 0));
    FUZZ_CHECK(steps <= most_steps(t, len));
    return r;
}

static bool is_json(const struct mcps__buf *values)
{
    struct mcps__json_limits limits = mcps__json_default_limits;
    struct mcps__scan scan;
    int r;

    limits.members = 0; /* names are as long as a template may be */
    mcps__scan_init(&scan, &limits);
    r = mcps__scan_feed(&scan, values->data, values->len, true);
    mcps__scan_fini(&scan);
    return r == 1;
}

static void check_match(const mcps_uri_template *t, const char *uri, size_t len)
{
    struct mcps__buf free_values, safe_values;
    int r, screened;

    mcps__buf_init(&free_values, SIZE_MAX);
    mcps__buf_init(&safe_values, SIZE_MAX);
    r = match(t, uri, len, false, &free_values);
    screened = match(t, uri, len, true, &safe_values);
    FUZZ_CHECK((r == 1) == (screened != 0));
    if (screened == 1)
        FUZZ_CHECK(free_values.len == safe_values.len &&
                   memcmp(free_values.data, safe_values.data, safe_values.len) == 0);
    if (r == 1)
        FUZZ_CHECK(is_json(&free_values));
    mcps__buf_fini(&safe_values);
    mcps__buf_fini(&free_values);
}

/* Of a variable that stands in it twice, values need not be told apart as they were put
 * together. */
static void check_expansion(const mcps_uri_template *t, const char *value)
{
    struct mcps_uri_value rows[MCPS_URI_VARIABLES_MAX];
    struct mcps__buf values;
    char *uri;
    int len, again;

    for (size_t i = 0; i < t->n_variables; i++)
        rows[i] = (struct mcps_uri_value){ mcps_uri_template_variable(t, i), value };
    len = mcps_uri_template_expand(t, rows, t->n_variables, NULL, 0);
    FUZZ_CHECK(len >= 0);
    uri = malloc((size_t)len + 1);
    FUZZ_CHECK(uri != NULL);
    again = mcps_uri_template_expand(t, rows, t->n_variables, uri, (size_t)len + 1);
    FUZZ_CHECK(again == len && strlen(uri) == (size_t)len);
    mcps__buf_init(&values, SIZE_MAX);
    if (t->n_variables == t->n_mentions)
        FUZZ_CHECK(match(t, uri, (size_t)len, false, &values) == 1);
    mcps__buf_fini(&values);
    free(uri);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = lf ? (size_t)(lf - data) : size;
    char *text = malloc(len + 1), why[MCPS_URI_WHY_SIZE] = "";
    mcps_uri_template *t = NULL;
    int r;

    FUZZ_CHECK(text != NULL);
    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';
    r = mcps_uri_template_new(&t, text, why, sizeof why);
    FUZZ_CHECK(r == 0 || (r == -EINVAL && why[0] != '\0'));
    if (r == 0) {
        check_match(t, lf ? (const char *)lf + 1 : NULL, lf ? size - len - 1 : 0);
        check_expansion(t, "v");
        check_expansion(t, "../\xc3\xa9 %,");
    }
    mcps_uri_template_free(t);
    free(text);
    return 0;
}
