/* SPDX-License-Identifier: MIT */
/* What is said of arguments that do not fit. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "schema_scene.h"
#include "util/utf8.h"

extern const struct unit_test schema_complain_tests[];

static const char *const units[] = { "c", "f", NULL };

#define PLACE(ARG, S)                                                   \
    ARG(S, NUMBER, lat, "Latitude", MCPS_REQUIRED, MCPS_RANGE(-90, 90)) \
    ARG(S, STRING, label, "", MCPS_OPTIONAL)
MCPS_ARGS(place, PLACE);

#define LOGIN(ARG, S)                       \
    ARG(S, STRING, user, "", MCPS_OPTIONAL) \
    ARG(S, INT, pin, "The PIN", MCPS_REQUIRED, MCPS_RANGE(1000, 9999))
MCPS_ARGS(login, LOGIN);

#define ARGS(ARG, S)                                                               \
    ARG(S, STRING, city, "City", MCPS_REQUIRED, .max_length = 4)                   \
    ARG(S, INT, days, "Days", MCPS_OPTIONAL, MCPS_RANGE(1, 14))                    \
    ARG(S, INT, any, "", MCPS_OPTIONAL)                                            \
    ARG(S, NUMBER, ratio, "", MCPS_OPTIONAL, MCPS_MAX(0.5))                        \
    ARG(S, NUMBER, free, "", MCPS_OPTIONAL)                                        \
    ARG(S, BOOL, brief, "", MCPS_OPTIONAL)                                         \
    ARG(S, ENUM, unit, "", MCPS_OPTIONAL, .choices = units)                        \
    ARG(S, LIST(STRING), tags, "", MCPS_OPTIONAL, .min_length = 1, .max_items = 2) \
    ARG(S, OBJECT(place), where, "", MCPS_OPTIONAL)                                \
    ARG(S, LIST(OBJECT(place)), stops, "", MCPS_OPTIONAL, .min_items = 1)          \
    ARG(S, OBJECT(login), login, "", MCPS_OPTIONAL | MCPS_SECRET)                  \
    ARG(S, LIST(INT), codes, "", MCPS_OPTIONAL | MCPS_SECRET, MCPS_MAX(9))
MCPS_ARGS(args, ARGS);

#define NAMES                                                                           \
    "there are \"city\", \"days\", \"any\", \"ratio\", \"free\", \"brief\", \"unit\", " \
    "\"tags\", \"where\", \"stops\", \"login\", \"codes\""

static const struct {
    const char *members; /* beside a city that fits */
    const char *error;
} rows[] = {
    { "\"days\":99", "argument \"days\": expected an integer from 1 to 14, got 99" },
    { "\"days\":\"three\"",
      "argument \"days\": expected an integer from 1 to 14, got \"three\"" },
    { "\"days\":null",
      "argument \"days\": expected an integer from 1 to 14, got null (leave it out "
      "instead)" },
    { "\"any\":1.5", "argument \"any\": expected an integer of 64 bits, got 1.5" },
    { "\"any\":[1]", "argument \"any\": expected an integer of 64 bits, got an array" },
    { "\"any\":{\"a\":[1,\"]}\"]}",
      "argument \"any\": expected an integer of 64 bits, got an object" },
    { "\"ratio\":0.75",
      "argument \"ratio\": expected a number of at most 0.5, got 0.75" },
    { "\"free\":true", "argument \"free\": expected a number, got true" },
    { "\"brief\":\"yes\"", "argument \"brief\": expected true or false, got \"yes\"" },
    { "\"unit\":\"k\\u00e9\"",
      "argument \"unit\": expected one of \"c\", \"f\", got \"k\\u00e9\"" },
    { "\"tags\":\"a\"",
      "argument \"tags\": expected an array of at most 2 items, got \"a\"" },
    { "\"tags\":[\"a\",\"b\",3,[],{}]",
      "argument \"tags\": expected an array of at most 2 items, got 5 items" },
    { "\"tags\":[\"a\",\"\"]",
      "argument \"tags[1]\": expected a string of at least 1 character, got 0 characters" },
    { "\"tags\":[null]",
      "argument \"tags[0]\": expected a string of at least 1 character, got null" },
    { "\"where\":{\"lat\":-91}",
      "argument \"where.lat\": expected a number from -90 to 90, got -91" },
    { "\"where\":{}",
      "argument \"where.lat\" is missing: expected a number from -90 to 90 (Latitude)" },
    { "\"where\":{\"lat\":1,\"lot\":2}",
      "unknown argument \"where.lot\": there are \"lat\", \"label\"" },
    { "\"where\":7", "argument \"where\": expected an object, got 7" },
    { "\"stops\":[]",
      "argument \"stops\": expected an array of at least 1 item, got 0 items" },
    { "\"stops\":[{\"lat\":0},{\"lat\":0,\"label\":\"a\\u0000\"}]",
      "argument \"stops[1].label\": expected a string, got one with a NUL character in "
      "it" },
    { "\"stops\":[{\"lat\":0,\"label\":\"a\",\"label\":\"b\"}]",
      "argument \"stops[0].label\" is there twice" },
    { "\"dayz\":1", "unknown argument \"dayz\": " NAMES },
    { "\"a\\u0000\\\"\\n\\u00e9\":1",
      "unknown argument \"a\\u0000\\\"\\u000a\xc3\xa9\": " NAMES },
    /* secrets */
    { "\"login\":\"hunter2\"", "argument \"login\": expected an object, got a string" },
    { "\"login\":{\"pin\":12345}",
      "argument \"login.pin\": expected an integer from 1000 to 9999, got a number" },
    { "\"login\":{\"pin\":1234,\"hunter2\":1}",
      "unknown argument in \"login\": there are \"user\", \"pin\"" },
    { "\"login\":{\"pin\":true}",
      "argument \"login.pin\": expected an integer from 1000 to 9999, got a boolean" },
    { "\"login\":{}",
      "argument \"login.pin\" is missing: expected an integer from 1000 to "
      "9999 (The PIN)" },
    { "\"codes\":[1,55]",
      "argument \"codes[1]\": expected an integer of at most 9, got a number" },
    /* several */
    { "\"days\":0,\"dayz\":1,\"brief\":1",
      "argument \"days\": expected an integer from 1 to 14, got 0\n"
      "unknown argument \"dayz\": " NAMES "\n"
      "argument \"brief\": expected true or false, got 1" },
    { "\"tags\":[1,2,3],\"stops\":[{\"lat\":91},{}],\"free\":\"\",\"any\":\"\"",
      "argument \"tags[0]\": expected a string of at least 1 character, got 1\n"
      "argument \"tags[1]\": expected a string of at least 1 character, got 2\n"
      "argument \"tags\": expected an array of at most 2 items, got 3 items\n"
      "argument \"stops[0].lat\": expected a number from -90 to 90, got 91\n"
      "argument \"stops[1].lat\" is missing: expected a number from -90 to 90 "
      "(Latitude)" },
};

static void sentences_name_what_is_wrong(void)
{
    char text[300];
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, args), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].members);
        snprintf(text, sizeof text, "{\"city\":\"Bonn\",%s}", rows[i].members);
        CHECK_INT(scene_decode(&s, text), MCPS_EINVALID);
        CHECK_STR(s.error, rows[i].error);
    }
    CHECK_INT(scene_decode(&s, "{}"), MCPS_EINVALID);
    CHECK_STR(s.error,
              "argument \"city\" is missing: expected a string of at most 4 characters "
              "(City)");
    CHECK_INT(scene_decode(&s, "{\"city\":\"\\u00c4aaaa\"}"), MCPS_EINVALID);
    CHECK_STR(
        s.error,
        "argument \"city\": expected a string of at most 4 characters, got 5 characters");
    CHECK_INT(scene_decode(&s, "{\"city\":null}"), MCPS_EINVALID);
    CHECK_STR(s.error,
              "argument \"city\": expected a string of at most 4 characters, got null");
    CHECK_INT(scene_decode(&s, "[{}]"), MCPS_EINVALID);
    CHECK_STR(s.error, "the arguments: expected an object, got an array");
    scene_close(&s);
    CHECK_INT(SCENE_OPEN(&s, mcps_no_args), 0);
    CHECK_INT(scene_decode(&s, "{\"a\":1}"), MCPS_EINVALID);
    CHECK_STR(s.error, "unknown argument \"a\": there are none");
out:
    scene_close(&s);
}

static const char *const one_choice[] = { "a\"b", NULL };

#define WORDS(ARG, S)                                                          \
    ARG(S, ENUM, one, "", MCPS_REQUIRED, .choices = one_choice)                \
    ARG(S, STRING, exact, "", MCPS_REQUIRED, .min_length = 3, .max_length = 3) \
    ARG(S, STRING, range, "", MCPS_REQUIRED, .min_length = 1, .max_length = 3) \
    ARG(S, LIST(JSON), any, "", MCPS_REQUIRED, .min_items = 1, .max_items = 1) \
    ARG(S, LIST(NUMBER), numbers, "", MCPS_REQUIRED, MCPS_MIN(0.25))
MCPS_ARGS(words, WORDS);

static void expectations_are_said_in_words(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, words), 0);
    CHECK_INT(scene_decode(&s, "{}"), MCPS_EINVALID);
    CHECK_STR(s.error,
              "argument \"one\" is missing: expected \"a\\\"b\"\n"
              "argument \"exact\" is missing: expected a string of 3 characters\n"
              "argument \"range\" is missing: expected a string of 1 to 3 characters\n"
              "argument \"any\" is missing: expected an array of 1 item\n"
              "argument \"numbers\" is missing: expected an array");
    CHECK_INT(scene_decode(&s, "{\"one\":\"a\\\"b\",\"exact\":\"abc\",\"range\":\"abc\","
                               "\"any\":[null],\"numbers\":[0]}"),
              MCPS_EINVALID);
    CHECK_STR(s.error,
              "argument \"numbers[0]\": expected a number of at least 0.25, got 0");
out:
    scene_close(&s);
}

/* What is quoted is cut between characters, and so is the whole. */
static void long_values_are_cut(void)
{
    char text[2000], error[100];
    struct mcps__args args = { .table = NULL };
    struct scene s;
    size_t len;
    int r;

    CHECK_INT(SCENE_OPEN(&s, args), 0);
    strcpy(text, "{\"city\":\"Bonn\",\"days\":\"xyz");
    for (int i = 0; i < 300; i++)
        strcat(text, "\xe2\x82\xac");
    strcat(text, "\"}");
    CHECK_INT(scene_decode(&s, text), MCPS_EINVALID);
    CHECK(strstr(s.error, "got \"xyz\xe2\x82\xac") != NULL);
    CHECK_STR(s.error + strlen(s.error) - 6, "\xe2\x82\xac...");
    CHECK(strlen(s.error) < 140);
    memcpy(strstr(text, "\"days\":\"xyz"), "\"days\":8,\"", 10); /* now it is a name */
    strcpy(text + strlen(text) - 2, "\":1}");
    CHECK_INT(scene_decode(&s, text), MCPS_EINVALID);
    CHECK(strstr(s.error, "unknown argument \"") == s.error);
    CHECK(strstr(s.error, "\xe2\x82\xac...\": there are \"city\"") != NULL);
    for (size_t size = 0; size < sizeof error; size++) {
        strcpy(text,
               "{\"city\":\"Bonn\",\"days\":\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\","
               "\"any\":\"\"}");
        len = strlen(text);
        memset(error, '#', sizeof error);
        r = mcps__args_decode(&args, s.table, text, len, &s.reader, error, size);
        mcps__args_fini(&args);
        CHECK_INT(r, MCPS_EINVALID);
        if (size > 0) {
            len = strlen(error);
            CHECK(len < size);
            CHECK_INT(mcps__utf8_valid_prefix(error, len), len);
        }
        CHECK_INT(error[size], '#');
    }
out:
    mcps__args_fini(&args);
    scene_close(&s);
}

static const char *const many_choices[] = {
    "a long choice of many characters 01",
    "a long choice of many characters 02",
    "a long choice of many characters 03",
    "a long choice of many characters 04",
    "a long choice of many characters 05",
    "a long choice of many characters 06",
    "a long choice of many characters 07",
    "a long choice of many characters 08",
    NULL,
};
#define LONG_ARGS(ARG, S)                                                \
    ARG(S, ENUM, a_name_that_is_rather_long_number_1, "", MCPS_OPTIONAL, \
        .choices = many_choices)                                         \
    ARG(S, INT, a_name_that_is_rather_long_number_2, "", MCPS_OPTIONAL)  \
    ARG(S, INT, a_name_that_is_rather_long_number_3, "", MCPS_OPTIONAL)  \
    ARG(S, INT, a_name_that_is_rather_long_number_4, "", MCPS_OPTIONAL)  \
    ARG(S, INT, a_name_that_is_rather_long_number_5, "", MCPS_OPTIONAL)  \
    ARG(S, INT, a_name_that_is_rather_long_number_6, "", MCPS_OPTIONAL)  \
    ARG(S, INT, a_name_that_is_rather_long_number_7, "", MCPS_OPTIONAL)  \
    ARG(S, INT, a_name_that_is_rather_long_number_8, "", MCPS_OPTIONAL)
MCPS_ARGS(long_args, LONG_ARGS);

static void long_lists_are_cut(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, long_args), 0);
    CHECK_INT(scene_decode(&s, "{\"a_name_that_is_rather_long_number_1\":1}"),
              MCPS_EINVALID);
    CHECK(strstr(s.error, "expected one of \"a long choice") != NULL);
    CHECK(strstr(s.error, "characters 05\", ..., got 1") != NULL);
    CHECK_INT(scene_decode(&s, "{\"x\":1}"), MCPS_EINVALID);
    CHECK_STR(s.error + strlen(s.error) - 8, "_6\", ...");
out:
    scene_close(&s);
}

const struct unit_test schema_complain_tests[] = {
    UNIT_TEST(sentences_name_what_is_wrong),
    UNIT_TEST(expectations_are_said_in_words),
    UNIT_TEST(long_values_are_cut),
    UNIT_TEST(long_lists_are_cut),
    UNIT_END,
};
