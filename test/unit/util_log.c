/* SPDX-License-Identifier: MIT */
/* Logging: the threshold, what a line may hold, how long it may be, the rate limit. */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "dies.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"

extern const struct unit_test log_tests[];

/* What came of logging: how many lines, and the last two. For one thread. */
struct seen {
    unsigned n;
    enum mcps_log_level level, level_before;
    char line[2000], line_before[2000];
};

static void see(void *userdata, enum mcps_log_level level, const char *line)
{
    struct seen *seen = userdata;

    mcps__lock_assert_none_held();
    seen->n++;
    seen->level_before = seen->level;
    memcpy(seen->line_before, seen->line, sizeof seen->line);
    seen->level = level;
    snprintf(seen->line, sizeof seen->line, "%s", line);
}

static void only_the_threshold_and_above_pass(void)
{
    struct mcps__log log;
    struct seen seen = { 0 };
    bool made = false;

    for (int threshold = MCPS_LOG_OFF; threshold <= MCPS_LOG_DEBUG; threshold++) {
        made = mcps__log_init(&log, see, &seen, (enum mcps_log_level)threshold) == 0;
        CHECK(made);
        for (int level = MCPS_LOG_EMERGENCY; level <= MCPS_LOG_DEBUG; level++) {
            seen.n = 0;
            mcps__log(&log, (enum mcps_log_level)level, "level %d", level);
            CHECK_INT(seen.n, level <= threshold);
            if (seen.n > 0)
                CHECK_INT(seen.level, level);
        }
        mcps__log_fini(&log);
        made = false;
    }
out:
    if (made)
        mcps__log_fini(&log);
}

static void without_a_callback_nothing_happens(void)
{
    struct mcps__log log;
    bool made = mcps__log_init(&log, NULL, NULL, MCPS_LOG_DEBUG) == 0;

    CHECK(made);
    mcps__log(&log, MCPS_LOG_EMERGENCY, "nobody hears %s", "this");
    mcps__log(&log, MCPS_LOG_OFF, "nor %s", "this, which has no level");
    CHECK_INT(mcps__log_dropped(&log), 0);
out:
    if (made)
        mcps__log_fini(&log);
}

static void a_line_holds_nothing_but_printable_utf_8(void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "plain text, \"quoted\" %d", "plain text, \"quoted\" %d" },
        { "\\x0a is no newline", "\\x5cx0a is no newline" },
        { "\xe2\x80\x8a\xe2\x80\x8b\xe2\x80\x8f\xe2\x80\x90",
          "\xe2\x80\x8a\\xe2\\x80\\x8b\\xe2\\x80\\x8f\xe2\x80\x90" },
        { "\xd8\x9c\xef\xbb\xbf", "\\xd8\\x9c\\xef\\xbb\\xbf" },
        { "a\nERROR forged\r\n", "a\\x0aERROR forged\\x0d\\x0a" },
        { "\x01\t\x1b[31m\x1f\x7f", "\\x01\\x09\\x1b[31m\\x1f\\x7f" },
        { "gr\xc3\xbc\xc3\x9f"
          "e \xe2\x82\xac \xf0\x9f\x98\x80",
          "gr\xc3\xbc\xc3\x9f"
          "e \xe2\x82\xac \xf0\x9f\x98\x80" },
        { "\xff\xfe"
          "a",
          "\\xff\\xfea" },
        { "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80",
          "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80" },
        { "cut \xe2\x82", "cut \\xe2\\x82" },
        { "\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x85\\xc2\\x9f\xc2\xa0" },
        { "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf",
          "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xe2\x80\xaf" },
        { "\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
          "\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa" },
    };
    struct mcps__log log;
    struct seen seen = { 0 };
    bool made = mcps__log_init(&log, see, &seen, MCPS_LOG_DEBUG) == 0;

    CHECK(made);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mcps__log(&log, MCPS_LOG_INFO, "%s", cases[i][0]);
        CHECK_STR(seen.line, cases[i][1]);
    }
    CHECK_INT(seen.n, sizeof cases / sizeof cases[0]);
out:
    if (made)
        mcps__log_fini(&log);
}

/* All of one byte, by what a byte costs in the line. */
static void a_long_line_is_cut_and_says_so(void)
{
    static const struct {
        const char *piece;
        size_t out_len;
    } kinds[] = { { "x", 1 },
                  { "\n", 4 },
                  { "\xff", 4 },
                  { "\xf0\x9f\x98\x80", 4 },
                  { "\xe2\x82\xac", 3 } };
    const size_t room = MCPS__LOG_LINE_MAX - 3;
    struct mcps__log log;
    struct seen seen = { 0 };
    char text[4000];
    bool made = mcps__log_init(&log, see, &seen, MCPS_LOG_DEBUG) == 0;

    CHECK(made);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        size_t n_fit = room / kinds[k].out_len, in_len = strlen(kinds[k].piece);

        for (size_t n = n_fit - 2; n < n_fit + 10 && n * in_len < sizeof text; n++) {
            bool fits = n <= n_fit;

            for (size_t i = 0; i < n; i++)
                memcpy(text + i * in_len, kinds[k].piece, in_len);
            mcps__log(&log, MCPS_LOG_ERROR, "%.*s", (int)(n * in_len), text);
            CHECK_INT(strlen(seen.line),
                      fits ? n * kinds[k].out_len : n_fit * kinds[k].out_len + 3);
            CHECK(fits == (strstr(seen.line, "...") == NULL));
            CHECK_INT(mcps__utf8_valid_prefix(seen.line, strlen(seen.line)),
                      strlen(seen.line));
        }
    }
    memset(text, 'x', sizeof text);
    mcps__log(&log, MCPS_LOG_ERROR, "%.*s", (int)sizeof text, text);
    CHECK_INT(strlen(seen.line), MCPS__LOG_LINE_MAX);
    CHECK_STR(seen.line + room, "...");
out:
    if (made)
        mcps__log_fini(&log);
}

static void what_cannot_be_formatted_is_logged_as_it_is(void)
{
    struct mcps__log log;
    struct seen seen = { 0 };
    bool made = mcps__log_init(&log, see, &seen, MCPS_LOG_DEBUG) == 0;

    CHECK(made);
    /* No such character. */
    mcps__log(&log, MCPS_LOG_INFO, "%s %lc", "a", (wint_t)0x7fffffff);
    CHECK_STR(seen.line, "a line that could not be formatted: %s %lc");
out:
    if (made)
        mcps__log_fini(&log);
}

#ifdef MCPS__TEST_HOOKS

static void log_lines(struct mcps__log *log, enum mcps_log_level level, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        mcps__log(log, level, "line %u", i);
}

static void the_burst_passes_and_then_so_many_a_second(void)
{
    struct mcps__log log;
    struct seen seen = { 0 };
    bool made = false;

    mcps__clock_drive(0);
    made = mcps__log_init(&log, see, &seen, MCPS_LOG_DEBUG) == 0;
    CHECK(made);
    log_lines(&log, MCPS_LOG_INFO, MCPS__LOG_BURST + 30);
    CHECK_INT(seen.n, MCPS__LOG_BURST);
    CHECK_INT(mcps__log_dropped(&log), 30);

    /* The next that passes is preceded by the news. */
    mcps__clock_advance(MCPS__NS_PER_S / MCPS__LOG_PER_SECOND - 1);
    log_lines(&log, MCPS_LOG_INFO, 1);
    CHECK_INT(seen.n, MCPS__LOG_BURST);
    mcps__clock_advance(1);
    mcps__log(&log, MCPS_LOG_INFO, "after");
    CHECK_INT(seen.n, MCPS__LOG_BURST + 2);
    CHECK_STR(seen.line_before, "lines dropped by the rate limit: 31");
    CHECK_INT(seen.level_before, MCPS_LOG_WARNING);
    CHECK_STR(seen.line, "after");
    CHECK_INT(seen.level, MCPS_LOG_INFO);

    /* A second later; then after so long that the burst is full, and no fuller. */
    seen.n = 0;
    mcps__clock_advance(MCPS__NS_PER_S);
    log_lines(&log, MCPS_LOG_DEBUG, 1000);
    CHECK_INT(seen.n, MCPS__LOG_PER_SECOND);
    seen.n = 0;
    mcps__clock_advance(INT64_MAX / 2);
    log_lines(&log, MCPS_LOG_DEBUG, 1000);
    CHECK_INT(seen.n, MCPS__LOG_BURST + 1);
    CHECK_INT(mcps__log_dropped(&log),
              31 + (1000 - MCPS__LOG_PER_SECOND) + (1000 - MCPS__LOG_BURST));
out:
    mcps__clock_release();
    if (made)
        mcps__log_fini(&log);
}

static void errors_always_pass(void)
{
    struct mcps__log log;
    struct seen seen = { 0 };
    bool made = false;

    mcps__clock_drive(0);
    made = mcps__log_init(&log, see, &seen, MCPS_LOG_DEBUG) == 0;
    CHECK(made);
    mcps__log_set_rate(&log, 2, 1);
    log_lines(&log, MCPS_LOG_ERROR, 100);
    log_lines(&log, MCPS_LOG_EMERGENCY, 100);
    CHECK_INT(seen.n, 200);
    log_lines(&log, MCPS_LOG_WARNING, 5);
    CHECK_INT(seen.n, 202);
    mcps__log(&log, MCPS_LOG_ERROR, "an error");
    CHECK_INT(seen.n, 204);
    CHECK_STR(seen.line_before, "lines dropped by the rate limit: 3");
    CHECK_STR(seen.line, "an error");
    mcps__log(&log, MCPS_LOG_ERROR, "another");
    CHECK_INT(seen.n, 205);
    CHECK_INT(mcps__log_dropped(&log), 3);
out:
    mcps__clock_release();
    if (made)
        mcps__log_fini(&log);
}

static void what_is_below_the_threshold_costs_nothing(void)
{
    struct mcps__log log;
    struct seen seen = { 0 };
    bool made = false;

    mcps__clock_drive(0);
    made = mcps__log_init(&log, see, &seen, MCPS_LOG_INFO) == 0;
    CHECK(made);
    mcps__log_set_rate(&log, 1, 1);
    log_lines(&log, MCPS_LOG_DEBUG, 100);
    CHECK_INT(mcps__log_dropped(&log), 0);
    log_lines(&log, MCPS_LOG_INFO, 2);
    CHECK_INT(seen.n, 1);
    CHECK_INT(mcps__log_dropped(&log), 1);
out:
    mcps__clock_release();
    if (made)
        mcps__log_fini(&log);
}

static struct mcps__log global_log;
static struct mcps__mutex global_mutex;

static void log_under_a_lock(void)
{
    mcps__mutex_lock(&global_mutex);
    mcps__log(&global_log, MCPS_LOG_DEBUG, "never seen");
    mcps__mutex_unlock(&global_mutex);
}

static void logging_under_a_lock_is_noticed(void)
{
    bool made = false, made_log = false;

    made = mcps__mutex_init(&global_mutex, MCPS__LOCK_test_low) == 0;
    CHECK(made);
    made_log = mcps__log_init(&global_log, NULL, NULL, MCPS_LOG_OFF) == 0;
    CHECK(made_log);
    CHECK(dies_saying(log_under_a_lock, "lock test_low is held"));
out:
    if (made_log)
        mcps__log_fini(&global_log);
    if (made)
        mcps__mutex_fini(&global_mutex);
}

#endif

/* ---- several threads ---- */

enum { N_THREADS = 4, N_LINES = 500 };

struct crowd {
    struct mcps__log log;
    atomic_uint n_lines, n_news, n_wrong;
    atomic_ullong n_told; /* dropped lines that the news speak of */
};

static void see_crowd(void *userdata, enum mcps_log_level level, const char *line)
{
    struct crowd *crowd = userdata;
    unsigned long long told = 0;
    unsigned number = 0;
    char letter = 0;

    mcps__lock_assert_none_held();
    if (sscanf(line, "lines dropped by the rate limit: %llu", &told) == 1) {
        atomic_fetch_add(&crowd->n_news, 1);
        atomic_fetch_add(&crowd->n_told, told);
    } else if (level == MCPS_LOG_NOTICE && sscanf(line, "%u%c", &number, &letter) == 2 &&
               letter == '!') {
        atomic_fetch_add(&crowd->n_lines, 1);
    } else {
        atomic_fetch_add(&crowd->n_wrong, 1);
    }
}

static void *log_many(void *userdata)
{
    struct crowd *crowd = userdata;

    for (unsigned i = 0; i < N_LINES; i++)
        mcps__log(&crowd->log, MCPS_LOG_NOTICE, "%u!", i);
    return NULL;
}

/* Every line has come or is counted, and what is counted is told once. */
static void no_line_of_several_threads_is_lost_uncounted(void)
{
    struct crowd crowd = { .n_lines = 0 };
    pthread_t threads[N_THREADS];
    unsigned n_started = 0;
    uint64_t dropped = 0;
    bool made = mcps__log_init(&crowd.log, see_crowd, &crowd, MCPS_LOG_DEBUG) == 0;

    CHECK(made);
    mcps__log_set_rate(&crowd.log, 100, 1000000);
    while (n_started < N_THREADS &&
           pthread_create(&threads[n_started], NULL, log_many, &crowd) == 0)
        n_started++;
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(n_started, N_THREADS);
    CHECK_INT(atomic_load(&crowd.n_wrong), 0);
    dropped = mcps__log_dropped(&crowd.log);
    CHECK_INT(atomic_load(&crowd.n_lines) + dropped, N_THREADS * N_LINES);
    mcps__log_set_rate(&crowd.log, 1, 1);
    mcps__log(&crowd.log, MCPS_LOG_NOTICE, "0!");
    CHECK_INT(atomic_load(&crowd.n_told), dropped);
    CHECK(atomic_load(&crowd.n_news) <= dropped);
out:
    if (made)
        mcps__log_fini(&crowd.log);
}

const struct unit_test log_tests[] = {
    UNIT_TEST(only_the_threshold_and_above_pass),
    UNIT_TEST(without_a_callback_nothing_happens),
    UNIT_TEST(a_line_holds_nothing_but_printable_utf_8),
    UNIT_TEST(a_long_line_is_cut_and_says_so),
    UNIT_TEST(what_cannot_be_formatted_is_logged_as_it_is),
    UNIT_TEST(no_line_of_several_threads_is_lost_uncounted),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(the_burst_passes_and_then_so_many_a_second),
    UNIT_TEST(errors_always_pass),
    UNIT_TEST(what_is_below_the_threshold_costs_nothing),
    UNIT_TEST(logging_under_a_lock_is_noticed),
#endif
    UNIT_END,
};
