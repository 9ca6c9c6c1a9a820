/* SPDX-License-Identifier: MIT */
/* Bytes and lists as the grammars of HTTP have them. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "transport/http_text.h"

extern const struct unit_test http_text_tests[];

static bool is_one_of(int c, const char *set)
{
    return c != 0 && c < 128 && strchr(set, c) != NULL;
}

static void bytes_are_what_the_grammars_say(void)
{
    static const char alnum[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool token = is_one_of(c, alnum) || is_one_of(c, "!#$%&'*+-.^_`|~");
        bool host = is_one_of(c, alnum) || is_one_of(c, "-._~%!$&'()*+,;=");
        bool value = c == '\t' || (c >= ' ' && c != 127);

        unit_note_on_failure("%d", c);
        CHECK_INT(mcps__http_byte_is(byte, MCPS__HTTP_TOKEN), token);
        CHECK_INT(mcps__http_byte_is(byte, MCPS__HTTP_HOST), host);
        CHECK_INT(mcps__http_byte_is(byte, MCPS__HTTP_VALUE), value);
        CHECK_INT(mcps__http_byte_is(byte, MCPS__HTTP_TARGET),
                  c > ' ' && c < 127 && c != '#');
    }
out:;
}

static void lists_have_elements(void)
{
    static const struct {
        const char *list, *want;
    } rows[] = {
        { "", "[]" },
        { "a", "[a]" },
        { " a ,\tb,c ", "[a][b][c]" },
        { "a b,,", "[a b][][]" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mcps__slice rest = { rows[i].list, strlen(rows[i].list) }, element;
        char got[100] = "";
        int len = 0;

        while (mcps__http_next_element(&rest, &element))
            len += snprintf(got + len, sizeof got - (size_t)len, "[%.*s]",
                            (int)element.len, element.data);
        CHECK_STR(got, rows[i].want);
    }
out:;
}

const struct unit_test http_text_tests[] = {
    UNIT_TEST(bytes_are_what_the_grammars_say),
    UNIT_TEST(lists_have_elements),
    UNIT_END,
};
