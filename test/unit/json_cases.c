/* SPDX-License-Identifier: MIT */
/*
 * The JSON parsing cases beside the project: y_ must be accepted, n_ refused, and what is
 * decided for each i_ stands in doc/json.md, which this program reads. The verdict must be
 * the same whole, byte by byte and in random pieces. Skipped where the cases are missing.
 */
#include "config.h"

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"
#include "rpc/envelope.h"
#include "rpc/errors.h"

extern const struct unit_test cases_tests[];

struct counts {
    unsigned y, n, i;
};

/* One verdict, fed so that the text grows by up to `most` bytes at a time; 0: whole. */
static int judge(const char *text, size_t len, uint64_t most, size_t *ret_pos)
{
    struct mcps__scan scan;
    size_t there = 0;
    int r;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    do {
        size_t left = len - there;

        if (most == 0 || left == 0)
            there = len;
        else
            there += 1 + (size_t)unit_random_below(left < most ? left : most);
        r = mcps__scan_feed(&scan, text, there, there == len);
    } while (r == 0 && there < len);
    *ret_pos = scan.pos;
    mcps__scan_fini(&scan);
    return r;
}

static int verdict_of(const char *text, size_t len)
{
    static const uint64_t pieces[] = { 1, 2, 7, 100, 10000 };
    size_t pos = 0, other_pos = 0;
    int r = judge(text, len, 0, &pos);

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        /* The case of 100 000 brackets is refused at once; byte by byte is no slower. */
        CHECK_INT(judge(text, len, pieces[i], &other_pos), r);
        if (r < 0)
            CHECK_INT(other_pos, pos);
    }
out:
    return r;
}

/* What doc/json.md says of a case: "| `i_…` | accepted |" or "refused". -1: nothing. */
static int documented(const char *doc, const char *name)
{
    char row[300];
    const char *at;

    snprintf(row, sizeof row, "| `%s` | ", name);
    at = strstr(doc, row);
    if (!at)
        return -1;
    at += strlen(row);
    if (strncmp(at, "accepted |", 10) == 0)
        return 1;
    return strncmp(at, "refused |", 9) == 0 ? 0 : -1;
}

static bool run_case(const char *dir, const char *name, const char *doc,
                     struct counts *counts)
{
    char path[5000];
    size_t len = 0;
    char *text;
    int r, want;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    unit_note_on_failure("%s", name);
    text = unit_read_file(path, &len);
    CHECK(text != NULL);
    r = verdict_of(text, len);
    switch (name[0]) {
    case 'y':
        counts->y++;
        want = 1;
        break;
    case 'n':
        counts->n++;
        want = 0;
        break;
    default:
        counts->i++;
        want = documented(doc, name);
        break;
    }
    CHECK_INT(r == 1, want);
    free(text);
    return true;
out:
    free(text);
    return false;
}

static DIR *open_cases(char path[], size_t size)
{
    const char *shared = unit_shared_dir();
    DIR *dir;

    if (!shared) {
        unit_skip("the folder of JSON parsing cases is not here");
        return NULL;
    }
    snprintf(path, size, "%s/data/json-parsing", shared);
    dir = opendir(path);
    if (!dir)
        unit_skip("the folder of JSON parsing cases cannot be read");
    return dir;
}

static void every_case_gets_its_verdict(void)
{
    struct counts counts = { 0 };
    char path[4200];
    struct dirent *entry;
    char *doc = NULL;
    size_t len = 0;
    DIR *dir = open_cases(path, sizeof path);

    if (!dir)
        return;
    doc = unit_read_file(TEST_DOC_DIR "/json.md", &len);
    CHECK(doc != NULL);
    for (entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".json"))
            CHECK(run_case(path, entry->d_name, doc, &counts));
    }
    printf("(%u accepted, %u refused, %u decided) ", counts.y, counts.n, counts.i);
    unit_note_on_failure("%s", path);
    CHECK_INT(counts.y, 95);
    CHECK_INT(counts.n, 188);
    CHECK_INT(counts.i, 35);
out:
    free(doc);
    closedir(dir);
}

/* The scan accepts these as JSON; wrapped in a message they are refused. */
static void the_message_layer_refuses_more(void)
{
    static const char *const names[] = { "y_object_duplicated_key.json",
                                         "y_object_duplicated_key_and_value.json",
                                         "y_object_escaped_null_in_key.json" };
    char path[4200], file[5000], message[1000];
    struct mcps__envelope env;
    struct mcps__scan scan;
    char *text = NULL;
    size_t len = 0, pos = 0;
    DIR *dir = open_cases(path, sizeof path);

    mcps__scan_init(&scan, &mcps__json_default_limits);
    if (!dir)
        return;
    for (size_t i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        unit_note_on_failure("%s", names[i]);
        text = unit_read_file(file, &len);
        CHECK(text != NULL);
        CHECK_INT(judge(text, len, 0, &pos), 1);
        snprintf(message, sizeof message,
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":%.*s}",
                 (int)len, text);
        mcps__scan_reset(&scan);
        CHECK_INT(mcps__scan_feed(&scan, message, strlen(message), true), 1);
        CHECK_INT(mcps__envelope_read(&env, &scan, message, false), MCPS_EPROTOCOL);
        CHECK_INT(env.code, MCPS__RPC_INVALID_REQUEST);
        free(text);
        text = NULL;
    }
out:
    free(text);
    mcps__scan_fini(&scan);
    closedir(dir);
}

const struct unit_test cases_tests[] = {
    UNIT_TEST_ONCE(every_case_gets_its_verdict, "its allocations are the scan's"),
    UNIT_TEST_ONCE(the_message_layer_refuses_more, "its allocations are the scan's"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "cases", cases_tests } };

    return unit_main(argc, argv, suites, 1);
}
