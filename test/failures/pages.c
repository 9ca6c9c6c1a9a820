/* SPDX-License-Identifier: MIT */
/* Lists on several pages, and cursors that meet a changed registry. */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"
#include "unit.h"

enum { N_TOOLS = 9, N_CLIENTS = 4, N_WALKS = 100 };

#define MODERN_META                                                          \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

static int name_it(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "called");
}

static int add(mcps_server *server, const char *name)
{
    struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = name, .handler = name_it);

    return mcps_server_add_tools(server, &tool, 1);
}

/* A server with t0 to t8 and nothing else. */
static bool open_scene(struct scene *scene, const char *limits)
{
    static const char *const names[] = {
        "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8",
    };
    bool ok = scene_start(scene, 2, limits, NULL, 0);

    for (int i = 0; i < N_TOOLS && ok; i++)
        ok = add(scene->server, names[i]) == 0;
    return ok;
}

struct page {
    char names[512];  /* each with a space behind it; those of the lab left out */
    char cursor[128]; /* "": the last */
    int code;         /* of an error, or 0 */
    size_t n;         /* how many, the lab's too */
};

static void read_page(struct page *page, struct json_object *answer)
{
    struct json_object *result, *tools, *name, *cursor;

    memset(page, 0, sizeof *page);
    page->code = answer_code(answer);
    if (!json_object_object_get_ex(answer, "result", &result) ||
        !json_object_object_get_ex(result, "tools", &tools))
        return;
    page->n = json_object_array_length(tools);
    for (size_t i = 0; i < page->n; i++) {
        json_object_object_get_ex(json_object_array_get_idx(tools, i), "name", &name);
        if (json_object_get_string(name)[0] != 't' ||
            json_object_get_string_len(name) != 2)
            continue;
        strcat(page->names, json_object_get_string(name));
        strcat(page->names, " ");
    }
    if (json_object_object_get_ex(result, "nextCursor", &cursor))
        snprintf(page->cursor, sizeof page->cursor, "%s", json_object_get_string(cursor));
}

/* The page of a cursor, which is JSON text; NULL: the first. */
static bool list(struct wire *wire, const char *cursor, bool modern, struct page *page)
{
    static atomic_uint n_lists;
    char id[32];
    struct json_object *answer;

    snprintf(id, sizeof id, "%u", atomic_fetch_add(&n_lists, 1) + 1000);
    if (!wire_send(wire,
                   "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/list\",\"params\":{"
                   "%s%s%s%s}}",
                   id, cursor ? "\"cursor\":" : "", cursor ? cursor : "",
                   modern ? (cursor ? "," : "") : "", modern ? MODERN_META : ""))
        return false;
    answer = wire_answer(wire, id);
    read_page(page, answer);
    return answer != NULL;
}

static bool list_after(struct wire *wire, const struct page *before, bool modern,
                       struct page *page)
{
    char cursor[160];

    snprintf(cursor, sizeof cursor, "\"%s\"", before->cursor);
    return list(wire, cursor, modern, page);
}

/* All names of all pages, in order, and how many pages there were. */
static bool walk(struct wire *wire, bool modern, char names[1024], unsigned *n_pages)
{
    struct page page = { .n = 0 }, before;
    bool ok = list(wire, NULL, modern, &page);

    *n_pages = 1;
    snprintf(names, 1024, "%s", page.names);
    while (ok && page.cursor[0] != '\0' && *n_pages < 100) {
        before = page;
        ok = list_after(wire, &before, modern, &page) && page.code == 0;
        strncat(names, page.names, 1024 - strlen(names) - 1);
        ++*n_pages;
    }
    return ok;
}

/* ---- walking ---- */

static const char all_names[] = "t0 t1 t2 t3 t4 t5 t6 t7 t8 ";

static void pages_have_all_in_order(void)
{
    static const struct {
        const char *limits;
        size_t size; /* 0: all */
    } sizes[] = { { "page=1", 1 }, { "page=2", 2 }, { "page=7", 7 }, { "page=0", 0 } };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct page page;
    char names[1024];
    unsigned n_pages;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK(open_scene(&scene, sizes[i].limits));
        CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
        for (int modern = 0; modern < 2; modern++) {
            CHECK(list(&wire, NULL, modern, &page));
            CHECK(sizes[i].size == 0 ? page.cursor[0] == '\0'
                                     : page.n == sizes[i].size && page.cursor[0] != '\0');
            CHECK(walk(&wire, modern, names, &n_pages));
            CHECK_STR(names, all_names);
            CHECK(sizes[i].size == 0 ? n_pages == 1 : n_pages > 1);
        }
        CHECK(wire_ok(&wire));
        wire_free(&wire);
        CHECK(scene_close(&scene));
    }
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* Its last page is full: there is no empty one behind it. */
static void no_empty_page(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    const char *last[] = { "t7", "t8" };
    struct page page, next;
    char names[1024];
    unsigned n_pages;

    CHECK(open_scene(&scene, "page=1"));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK(walk(&wire, false, names, &n_pages));
    CHECK(list(&wire, NULL, false, &page));
    CHECK_INT(mcps_server_disable(scene.server, MCPS_TOOLS, last, 2), 0);
    for (unsigned i = 2; i < n_pages - 1; i++) {
        CHECK(page.cursor[0] != '\0');
        CHECK(list_after(&wire, &page, false, &next));
        CHECK_INT(next.n, 1);
        page = next;
    }
    CHECK_STR(page.cursor, "");
    CHECK_STR(page.names, "t6 ");
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- cursors ---- */

static void a_cursor_survives_changes(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct page page, next;
    const char *gone[] = { "t0", "t1", "t2", "t4" }, *rest[] = { "t3", "t5", "t6" };
    char first[160];

    CHECK(open_scene(&scene, "page=3"));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK(list(&wire, NULL, false, &page));
    while (!strstr(page.names, "t2")) {
        CHECK(list_after(&wire, &page, false, &next));
        page = next;
    }
    snprintf(first, sizeof first, "\"%s\"", page.cursor);
    CHECK(list(&wire, first, false, &next));
    CHECK(strncmp(next.names, "t3", 2) == 0 || strstr(page.names, "t3"));
    /* What it stands on goes, what is before it, and what comes next. */
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, gone, 4), 0);
    CHECK_INT(add(scene.server, "t9"), 0);
    CHECK(list(&wire, first, false, &next));
    CHECK_INT(next.code, 0);
    CHECK(!strstr(next.names, "t4") && strstr(next.names, "t5"));
    CHECK(list_after(&wire, &next, false, &page));
    CHECK(strstr(page.names, "t8") && !strstr(page.names, "t5"));
    CHECK(strstr(page.names, "t9") || page.cursor[0] != '\0');
    /* And all that came behind it: an empty page, which is the last. */
    CHECK_INT(mcps_server_disable(scene.server, MCPS_TOOLS, rest, 3), 0);
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS,
                                 (const char *const[]){ "t7", "t8", "t9" }, 3),
              0);
    CHECK(list(&wire, first, false, &next));
    CHECK_INT(next.code, 0);
    CHECK_INT(next.n, 0);
    CHECK_STR(next.cursor, "");
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void cursors_that_are_none(void)
{
    static const char *const cursors[] = {
        "\"\"",
        "\"t\"",
        "\"t0\"",
        "\"t01\"",
        "\"p1\"",
        "\"r1\"",
        "\"T1\"",
        "\"tA\"",
        "\"t1 \"",
        "\"t-1\"",
        "\"t1\\u0000\"",
        "\"tffffffffffffffff\"",
        "\"t10000000000000001\"",
        "\"t100000\"",
        "1",
        "null",
        "[]",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct page page;

    CHECK(open_scene(&scene, "page=3"));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    for (int modern = 0; modern < 2; modern++) {
        for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
            CHECK(list(&wire, cursors[i], modern, &page));
            if (page.code != -32602)
                printf("the cursor %s: %d\n", cursors[i], page.code);
            CHECK_INT(page.code, -32602);
        }
    }
    CHECK(wire_ok(&wire) && wire_alive(&wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- changes under a walk ---- */

static atomic_bool done;

static void *come_and_go(void *userdata)
{
    mcps_server *server = userdata;
    const char *odd[] = { "t1", "t3", "t5", "t7" };
    bool ok = true;

    while (!atomic_load(&done) && ok) {
        ok = mcps_server_disable(server, MCPS_TOOLS, odd, 4) == 0 &&
             mcps_server_enable(server, MCPS_TOOLS, odd, 4) == 0 &&
             add(server, "passing") == 0 &&
             mcps_server_remove(server, MCPS_TOOLS, (const char *const[]){ "passing" },
                                1) == 0;
    }
    return ok ? NULL : userdata;
}

/* Is each of those that stay there once, and in its place? */
static bool has_those_that_stay(const char *names)
{
    static const char *const stay[] = { "t0", "t2", "t4", "t6", "t8" };
    const char *at = names;

    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++) {
        at = strstr(at, stay[i]);
        if (!at || strstr(at + 2, stay[i]))
            return false;
    }
    return true;
}

static void walks_while_it_changes(void)
{
    struct scene scene = { .server = NULL };
    struct wire wires[N_CLIENTS];
    pthread_t thread;
    void *failed = NULL;
    bool started = false, ok = true;
    char names[1024];
    unsigned n_pages;

    memset(wires, 0, sizeof wires);
    atomic_store(&done, false);
    CHECK(open_scene(&scene, "page=2"));
    for (int i = 0; i < N_CLIENTS; i++)
        CHECK(wire_connect(&wires[i], &scene, NULL) && wire_hello(&wires[i]));
    CHECK_INT(pthread_create(&thread, NULL, come_and_go, scene.server), 0);
    started = true;
    for (int i = 0; i < N_WALKS && ok; i++)
        ok = walk(&wires[i % N_CLIENTS], i % 2, names, &n_pages) &&
             has_those_that_stay(names);
    if (!ok)
        printf("the walk saw %s\n", names);
out:
    atomic_store(&done, true);
    if (started)
        pthread_join(thread, &failed);
    CHECK_AFTER(ok && !failed);
    for (int i = 0; i < N_CLIENTS; i++)
        wire_free(&wires[i]);
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test page_tests[] = {
    UNIT_TEST_ONCE(pages_have_all_in_order, "it has threads"),
    UNIT_TEST_ONCE(no_empty_page, "it has threads"),
    UNIT_TEST_ONCE(a_cursor_survives_changes, "it has threads"),
    UNIT_TEST_ONCE(cursors_that_are_none, "it has threads"),
    UNIT_TEST_ONCE(walks_while_it_changes, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "pages", page_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
