/* SPDX-License-Identifier: MIT */
/* Which arguments clients repeat in fields of HTTP, and schemas that are refused for it. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/mirrored.h"
#include "util/mem.h"

extern const struct unit_test schema_mirrored_tests[];

#define N_OF(rows) (sizeof(rows) / sizeof(rows)[0])

/* All of them as one text: "Mcp-Param-A=a.b;". */
static void describe(char *text, size_t size, const struct mcps__mirrored_param *list,
                     size_t n)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s=", list[i].header);
        for (size_t k = 0; k < list[i].n_path; k++)
            len += (size_t)snprintf(text + len, size - len, "%s%s", k > 0 ? "." : "",
                                    list[i].path[k]);
        len += (size_t)snprintf(text + len, size - len, ";");
    }
}

#define STRING(header)  "{\"type\":\"string\",\"x-mcp-header\":\"" header "\"}"
#define PROPS(members)  "{\"type\":\"object\",\"properties\":{" members "}}"
#define OTHER(keywords) "{\"type\":\"object\"," keywords "}"
#define LONG_TOKEN                                                                     \
    "a2345678901234567890123456789012345678901234567890123456789012345678901234567890" \
    "123456789012345678901234567890123456789012345678"

static const struct {
    const char *schema, *found;
} good[] = {
    { "{\"type\":\"object\"}", "" },
    { PROPS("\"a\":{\"type\":\"string\"}"), "" },
    { PROPS("\"a\":" STRING("Region")), "Mcp-Param-Region=a;" },
    { PROPS("\"a\":{\"x-mcp-header\":\"B\",\"type\":\"boolean\"},"
            "\"i\":{\"type\":\"integer\",\"x-mcp-header\":\"I\"}"),
      "Mcp-Param-B=a;Mcp-Param-I=i;" },
    { PROPS("\"a\":" PROPS("\"b\":" PROPS("\"c\":" STRING("C")) ",\"d\":" STRING(
          "D")) ",\"e\":" STRING("E")),
      "Mcp-Param-C=a.b.c;Mcp-Param-D=a.d;Mcp-Param-E=e;" },
    { PROPS("\"a\":" STRING("!#$%&'*+-.^_`|~09azAZ")),
      "Mcp-Param-!#$%&'*+-.^_`|~09azAZ=a;" },
    { PROPS("\"a\":" STRING(LONG_TOKEN)), "Mcp-Param-" LONG_TOKEN "=a;" },
    /* Escapes hide nothing. */
    { PROPS("\"\\u0061\":{\"type\":\"string\",\"\\u0078-mcp-header\":\"\\u0041\"}"),
      "Mcp-Param-A=a;" },
    /* What is called like that is nothing of the kind. */
    { PROPS("\"x-mcp-header\":{\"type\":\"string\"}"), "" },
    { PROPS("\"x-mcp-header\":" STRING("A")), "Mcp-Param-A=x-mcp-header;" },
    { OTHER("\"$defs\":{\"x-mcp-header\":{\"type\":\"string\"}}"), "" },
    { OTHER("\"patternProperties\":{\"x-mcp-header\":{}}"), "" },
    { OTHER("\"required\":[\"x-mcp-header\"]"), "" },
    { OTHER("\"const\":{\"x-mcp-header\":1}"), "" },
    { OTHER("\"enum\":[{\"x-mcp-header\":1}]"), "" },
    { OTHER("\"default\":{\"x-mcp-header\":1}"), "" },
    { OTHER("\"examples\":[{\"x-mcp-header\":\"A\"}]"), "" },
    { OTHER("\"description\":\"x-mcp-header\""), "" },
    { OTHER("\"additionalProperties\":false"), "" },
};

static void what_is_found(void)
{
    struct mcps__mirrored_param *list = NULL;
    char text[1000], why[200];
    size_t n;

    for (size_t i = 0; i < N_OF(good); i++) {
        unit_note_on_failure("%s", good[i].schema);
        why[0] = '\0';
        CHECK_INT(mcps__mirrored_collect(&list, &n, good[i].schema,
                                         strlen(good[i].schema), why, sizeof why),
                  0);
        CHECK_INT(list != NULL, n > 0);
        describe(text, sizeof text, list, n);
        CHECK_STR(text, good[i].found);
        mcps__free(list);
        list = NULL;
    }
out:
    unit_note_on_failure("%s", "");
    mcps__free(list);
}

#define BAD_PLACE "is not reached by \"properties\" alone"
#define BAD_TYPE  "has not the type integer, string or boolean"
#define BAD_TOKEN "is no token of HTTP"

static const struct {
    const char *schema, *why;
} bad[] = {
    { PROPS("\"a\":" STRING("")), BAD_TOKEN },
    { PROPS("\"a\":" STRING("a b")), BAD_TOKEN },
    { PROPS("\"a\":" STRING("a:")), BAD_TOKEN },
    { PROPS("\"a\":" STRING("a\\r\\nb")), BAD_TOKEN },
    { PROPS("\"a\":" STRING("a\\u0000")), BAD_TOKEN },
    { PROPS("\"a\":" STRING("\xc3\xa9")), BAD_TOKEN },
    { PROPS("\"a\":" STRING(LONG_TOKEN "9")), BAD_TOKEN },
    { PROPS("\"a\":{\"type\":\"string\",\"x-mcp-header\":1}"), "is no string" },
    { PROPS("\"a\":{\"type\":\"string\",\"x-mcp-header\":null}"), "is no string" },
    { PROPS("\"a\":" STRING("Region") ",\"b\":" STRING("rEGION")), "two x-mcp-header" },
    { PROPS("\"a\":" STRING("A") ",\"b\":" PROPS("\"a\":" STRING("A"))),
      "two x-mcp-header" },
    { PROPS("\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { PROPS("\"a\":{\"type\":\"array\",\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { PROPS("\"a\":{\"type\":\"object\",\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { PROPS("\"a\":{\"type\":\"null\",\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { PROPS("\"a\":{\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { PROPS("\"a\":{\"type\":[\"string\"],\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { PROPS("\"a\":{\"$ref\":\"#/$defs/a\",\"x-mcp-header\":\"A\"}"), BAD_TYPE },
    { OTHER("\"x-mcp-header\":\"A\""), BAD_PLACE },
    { "{\"type\":\"string\",\"x-mcp-header\":\"A\"}", BAD_PLACE },
    { PROPS("\"a\":{\"type\":\"array\",\"items\":" STRING("A") "}"), BAD_PLACE },
    { PROPS("\"a\":{\"items\":[" STRING("A") "]}"), BAD_PLACE },
    { PROPS("\"a\":{\"items\":" PROPS("\"b\":" STRING("A")) "}"), BAD_PLACE },
    { PROPS("\"a\":{\"prefixItems\":[{}," STRING("A") "]}"), BAD_PLACE },
    { PROPS("\"a\":{\"contains\":" STRING("A") "}"), BAD_PLACE },
    { OTHER("\"additionalProperties\":" STRING("A")), BAD_PLACE },
    { OTHER("\"patternProperties\":{\"a\":" STRING("A") "}"), BAD_PLACE },
    { OTHER("\"propertyNames\":" STRING("A")), BAD_PLACE },
    { OTHER("\"unevaluatedProperties\":" STRING("A")), BAD_PLACE },
    { OTHER("\"dependentSchemas\":{\"a\":" PROPS("\"b\":" STRING("A")) "}"), BAD_PLACE },
    { OTHER("\"dependencies\":{\"a\":" PROPS("\"b\":" STRING("A")) "}"), BAD_PLACE },
    { OTHER("\"$defs\":{\"a\":" STRING("A") "}"), BAD_PLACE },
    { OTHER("\"$defs\":{\"a\":" PROPS("\"b\":" STRING("A")) "}"), BAD_PLACE },
    { OTHER("\"definitions\":{\"a\":" STRING("A") "}"), BAD_PLACE },
    { OTHER("\"definitions\":[" STRING("A") "]"), BAD_PLACE },
    { OTHER("\"oneOf\":[" PROPS("\"a\":" STRING("A")) "]"), BAD_PLACE },
    { OTHER("\"anyOf\":[" PROPS("\"a\":" STRING("A")) "]"), BAD_PLACE },
    { OTHER("\"allOf\":[" PROPS("\"a\":" STRING("A")) "]"), BAD_PLACE },
    { OTHER("\"not\":" PROPS("\"a\":" STRING("A"))), BAD_PLACE },
    { OTHER("\"if\":" PROPS("\"a\":" STRING("A"))), BAD_PLACE },
    { OTHER("\"then\":" PROPS("\"a\":" STRING("A"))), BAD_PLACE },
    { OTHER("\"else\":" PROPS("\"a\":" STRING("A"))), BAD_PLACE },
    { OTHER("\"x-vendor\":{\"a\":" STRING("A") "}"), BAD_PLACE },
};

static void what_is_refused(void)
{
    struct mcps__mirrored_param *list = NULL;
    char why[200];
    size_t n = 7;

    for (size_t i = 0; i < N_OF(bad); i++) {
        unit_note_on_failure("%s: %s", bad[i].schema, bad[i].why);
        why[0] = '\0';
        CHECK_INT(mcps__mirrored_collect(&list, &n, bad[i].schema, strlen(bad[i].schema),
                                         why, sizeof why),
                  -EINVAL);
        CHECK(strstr(why, bad[i].why) != NULL);
        CHECK(list == NULL && n == 7);
    }
out:
    unit_note_on_failure("%s", "");
    mcps__free(list);
}

const struct unit_test schema_mirrored_tests[] = {
    UNIT_TEST(what_is_found),
    UNIT_TEST(what_is_refused),
    UNIT_END,
};
