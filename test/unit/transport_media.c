/* SPDX-License-Identifier: MIT */
/* Media types: what is JSON, and what a client takes. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "transport/media.h"

extern const struct unit_test media_tests[];

#define N_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static struct mcps__slice slice(const char *text)
{
    return (struct mcps__slice){ text, strlen(text) };
}

static void what_is_json(void)
{
    static const char *const rows[] = {
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json ; charset=\"utf-8\"",
        "application/json;",
        "application/json; ;charset=utf-8 ;",
    };

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s", rows[i]);
        CHECK(mcps__media_is_json(slice(rows[i])));
    }
out:
    unit_note_on_failure("%s", "");
}

static void what_is_not(void)
{
    static const char *const rows[] = {
        "",
        "json",
        "application",
        "application/",
        "/json",
        "application/jsonp",
        "application/json-rpc",
        "application/json5",
        "application/vnd.api+json",
        "text/json",
        "text/plain",
        "text/plain; x=application/json",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/json, text/plain",
        "text/plain, application/json",
        "application/json text/plain",
        "application/json; charset",
        "application/json; charset=",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset=\"utf-8",
        "application/json; charset = utf-8",
        "application/json; q=1",
        "application/json; version=1",
        "application /json",
        "application/ json",
        " application/json",
        "*/*",
        "application/*",
    };

    for (size_t i = 0; i < N_OF(rows); i++) {
        unit_note_on_failure("%s", rows[i]);
        CHECK(!mcps__media_is_json(slice(rows[i])));
    }
    CHECK(!mcps__media_is_json((struct mcps__slice){ NULL, 0 }));
out:
    unit_note_on_failure("%s", "");
}

/* The value of a field has no NUL behind it: what is read beyond it is seen by a sanitizer,
 * and here. */
static void nothing_behind_the_value_is_read(void)
{
    static const char text[] = "application/jsonp; charset=utf-8\"";

    CHECK(mcps__media_is_json((struct mcps__slice){ text, 16 }));
    CHECK(!mcps__media_is_json((struct mcps__slice){ text, 15 }));
    CHECK(!mcps__media_is_json((struct mcps__slice){ text, 17 }));
out:;
}

struct accept {
    const char *fields[2];
    bool json, stream;
};

static const struct accept accepts[] = {
    { { NULL, NULL }, true, true },
    { { "", NULL }, true, true },
    { { " , ,", "" }, true, true },
    { { "application/json, text/event-stream", NULL }, true, true },
    { { "text/event-stream,application/json", NULL }, true, true },
    { { "application/json", "text/event-stream" }, true, true },
    { { "Application/Json;charset=utf-8", NULL }, true, false },
    { { "text/event-stream", NULL }, false, true },
    { { "*/*", NULL }, true, true },
    { { "text/*", NULL }, false, true },
    { { "application/*", "image/png" }, true, false },
    { { "*/json", NULL }, false, false },
    { { "text/html", NULL }, false, false },
    { { "application/jsonp", NULL }, false, false },
    { { "text/plain; x=application/json", NULL }, false, false },
    { { "text/plain; x=\"a,application/json\"", NULL }, false, false },
    { { "text/plain; x=\"\\\",application/json", NULL }, false, false },
    { { "application/json;q=0", NULL }, false, false },
    { { "application/json;q=0.000, text/event-stream;q=0.001", NULL }, false, true },
    { { "application/json;Q=1.000", NULL }, true, false },
    { { "application/json;q=0., */*", NULL }, false, true },
    { { "*/*, application/json;q=0", NULL }, false, true },
    { { "application/json;q=0", "*/*" }, false, true },
    { { "*/*;q=0, application/*", NULL }, true, false },
    { { "text/*;q=0, */*", NULL }, true, false },
    { { "application/json;q=0, application/json", NULL }, true, false },
    { { "application/json, application/json;q=0", NULL }, true, false },
    /* What cannot be parsed says nothing, and spoils nothing. */
    { { "application/json;q=2", NULL }, false, false },
    { { "application/json;q=1.001", NULL }, false, false },
    { { "application/json;q=0.1234", NULL }, false, false },
    { { "application/json;q=-1", NULL }, false, false },
    { { "application/json;q=", NULL }, false, false },
    { { "application/json;q=x, text/event-stream", NULL }, false, true },
    { { "json, text/event-stream", NULL }, false, true },
    { { "a b\"c,d\", text/event-stream", NULL }, false, true },
    { { "application/json text/event-stream", NULL }, false, false },
};

static void what_a_client_takes(void)
{
    for (size_t i = 0; i < N_OF(accepts); i++) {
        const struct accept *row = &accepts[i];
        struct mcps__header items[4] = { { slice("Host"), slice("a") } };
        struct mcps__headers headers = { .items = items, .n = 1 };

        for (size_t f = 0; f < 2 && row->fields[f]; f++)
            items[headers.n++] =
                (struct mcps__header){ slice("aCCept"), slice(row->fields[f]) };
        items[headers.n++] =
            (struct mcps__header){ slice("Accept-Encoding"), slice("gzip") };
        unit_note_on_failure("%s | %s", row->fields[0] ? row->fields[0] : "",
                             row->fields[1] ? row->fields[1] : "");
        CHECK_INT(mcps__media_accepts(&headers, "application/json"), row->json);
        CHECK_INT(mcps__media_accepts(&headers, "text/event-stream"), row->stream);
        CHECK(!mcps__media_accepts(&headers, "json"));
    }
out:
    unit_note_on_failure("%s", "");
}

const struct unit_test media_tests[] = {
    UNIT_TEST(what_is_json),
    UNIT_TEST(what_is_not),
    UNIT_TEST(nothing_behind_the_value_is_read),
    UNIT_TEST(what_a_client_takes),
    UNIT_END,
};
