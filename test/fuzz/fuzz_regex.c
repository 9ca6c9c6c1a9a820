/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions: any is taken or refused in an orderly way, matches are bounded, and
 * PCRE2's JIT and what stands in for it agree. The first line of the input is the
 * expression, the rest the text.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "schema/ecma.h"
#include "schema/regex.h"
#include "util/utf8.h"

enum { BUDGET = 5000, ERROR_MAX = 200 };

static void check_error(const char *error, int r)
{
    FUZZ_CHECK(r == MCPS_EINVALID || r == MCPS_ELIMIT);
    FUZZ_CHECK(error[0] != '\0' && error[ERROR_MAX] == '#');
    FUZZ_CHECK(strlen(error) < ERROR_MAX);
}

static int search(const struct mcps__regex *regex, bool no_jit, const char *text,
                  size_t len)
{
    struct mcps__regex_scratch scratch = { .no_jit = no_jit };
    uint64_t steps = BUDGET;
    int r = mcps__regex_search(regex, &scratch, text, len, &steps);

    FUZZ_CHECK(r == 0 || r == 1 || r == MCPS_ELIMIT);
    FUZZ_CHECK(steps < BUDGET || r == MCPS_ELIMIT);
    FUZZ_CHECK(steps <= BUDGET);
    mcps__regex_scratch_fini(&scratch);
    return r;
}

static void check_matches(const struct mcps__regex *regex, const char *text, size_t len)
{
    int with = search(regex, false, text, len), without = search(regex, true, text, len);

    FUZZ_CHECK(with == without || with == MCPS_ELIMIT || without == MCPS_ELIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *pattern = (const char *)data;
    const char *line_end = size > 0 ? memchr(pattern, '\n', size) : NULL;
    size_t pattern_len = line_end ? (size_t)(line_end - pattern) : size, len;
    const char *text = line_end ? line_end + 1 : pattern + size;
    char error[ERROR_MAX + 1];
    struct mcps__regex *regex = NULL;
    int r, checked;

    error[ERROR_MAX] = '#';
    checked = mcps__ecma_check(pattern, pattern_len, error, ERROR_MAX);
    if (checked < 0)
        check_error(error, checked);
    r = mcps__regex_new(&regex, pattern, pattern_len, error, ERROR_MAX);
    FUZZ_CHECK(checked == 0 || r < 0);
    if (r < 0) {
        check_error(error, r);
        return 0;
    }
    len = mcps__utf8_valid_prefix(text, size - (size_t)(text - pattern));
    check_matches(regex, text, len);
    mcps__regex_free(regex);
    return 0;
}
