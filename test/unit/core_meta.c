/* SPDX-License-Identifier: MIT */
/* The keys of _meta, and JSON text that the application gives. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/meta.h"

extern const struct unit_test meta_tests[];

static void keys_have_a_form(void)
{
    static const char *const good[] = {
        "a",
        "A9",
        "trace-id",
        "a_b.c-d",
        "0",
        "com.example/name",
        "com.example/",
        "com.example.mcp/x",
        "a/b",
        "x-1.y2/n",
        "mcp/x",
        "traceparent",
        "com.mcpx/x",
        "com.xmcp.tools/x",
    };
    static const char *const bad[] = {
        "",
        "-a",
        "a-",
        "a b",
        "a\n",
        "a\"",
        "\xc3\xa4",
        "/a",
        ".a/b",
        "a./b",
        "a..b/c",
        "1a/b",
        "a-/b",
        "-a/b",
        "a/b/c",
        "a/-b",
        "a_b/c",
        "progressToken",
        "io.modelcontextprotocol/x",
        "dev.mcp/",
        "org.modelcontextprotocol.api/x",
        "com.mcp.tools/x",
        "modelcontextprotocol.io/x",
        "mcp.dev/x",
        "a.b.mcp.c/x",
    };
    char longest[1025];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        unit_note_on_failure("key %s", good[i]);
        CHECK(mcps__meta_key_ok(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("key %s", bad[i]);
        CHECK(!mcps__meta_key_ok(bad[i], strlen(bad[i])));
    }
    unit_note_on_failure("%s", "");
    CHECK(!mcps__meta_key_ok("a\0b", 3));
    memset(longest, 'a', sizeof longest);
    CHECK(mcps__meta_key_ok(longest, 1024));
    CHECK(!mcps__meta_key_ok(longest, 1025));
out:
    unit_note_on_failure("%s", "");
}

static void values_come_on_one_line(void)
{
    static const char all[] = "null[]{\"com.example/a\":1,\"b\":{\"mcp.dev/x\":2}}";
    struct mcps__buf out;

    mcps__buf_init(&out, 1000);
    CHECK_INT(mcps__meta_value(&out, "{\n\t\"a\":\r\n[1, \"\\n\"]}\n"), 0);
    CHECK_MEM(out.data, out.len, "{  \"a\":  [1, \"\\n\"]} ", 20);
    mcps__buf_clear(&out);
    CHECK_INT(mcps__meta_value(&out, "null"), 0);
    CHECK_INT(mcps__meta_array(&out, "[]"), 0);
    CHECK_INT(mcps__meta_object(&out, "{\"com.example/a\":1,\"b\":{\"mcp.dev/x\":2}}"),
              0);
    CHECK_MEM(out.data, out.len, all, sizeof all - 1);
    mcps__buf_fini(&out);
    out.max = 3;
    CHECK_INT(mcps__meta_value(&out, "1234"), MCPS_ELIMIT);
out:
    mcps__buf_fini(&out);
}

static void what_is_no_json_is_refused(void)
{
    static const char *const bad[] = { "",           " ",      "{",    "nul",   "1 2",
                                       "{\"a\":1,}", "\"\n\"", "\xff", "[1,,2]" };
    static const char *const no_meta[] = {
        "[]", "1", "{\"a\":1,\"a\":2}", "{\"io.mcp/x\":1}", "{\"\\u0061\":1}", "{\"\":1}",
    };
    struct mcps__buf out;

    mcps__buf_init(&out, 1000);
    CHECK_INT(mcps__meta_value(&out, NULL), -EINVAL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("text %s", bad[i]);
        CHECK_INT(mcps__meta_value(&out, bad[i]), -EINVAL);
    }
    for (size_t i = 0; i < sizeof no_meta / sizeof no_meta[0]; i++) {
        unit_note_on_failure("text %s", no_meta[i]);
        CHECK_INT(mcps__meta_object(&out, no_meta[i]), -EINVAL);
    }
    unit_note_on_failure("%s", "");
    CHECK_INT(mcps__meta_array(&out, "{}"), -EINVAL);
    CHECK_INT(out.len, 0);
out:
    unit_note_on_failure("%s", "");
    mcps__buf_fini(&out);
}

const struct unit_test meta_tests[] = {
    UNIT_TEST(keys_have_a_form),
    UNIT_TEST(values_come_on_one_line),
    UNIT_TEST(what_is_no_json_is_refused),
    UNIT_END,
};
