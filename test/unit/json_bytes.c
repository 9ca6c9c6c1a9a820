/* SPDX-License-Identifier: MIT */
/* Immutable bytes: copied once, freed once. */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "json/bytes.h"

extern const struct unit_test bytes_tests[];

static void keeps_a_copy(void)
{
    struct mcps__bytes *bytes = NULL, *empty = NULL;
    char text[] = "a\0b";

    CHECK_INT(mcps__bytes_new(&bytes, text, 3), 0);
    text[0] = 'x';
    CHECK_MEM(bytes->data, bytes->len + 1, "a\0b", 4);
    CHECK_INT(mcps__bytes_new(&empty, NULL, 0), 0);
    CHECK_MEM(empty->data, empty->len + 1, "", 1);
    CHECK(mcps__bytes_unref(NULL) == NULL);
out:
    mcps__bytes_unref(empty);
    mcps__bytes_unref(bytes);
}

static void *hold_and_let_go(void *arg)
{
    struct mcps__bytes *bytes = arg;
    size_t sum = 0;

    for (int i = 0; i < 1000; i++) {
        struct mcps__bytes *mine = mcps__bytes_ref(bytes);

        sum += (size_t)mine->data[0];
        mcps__bytes_unref(mine);
    }
    mcps__bytes_unref(bytes);
    return sum == 1000u * 'a' ? bytes : NULL;
}

static void many_threads_hold_them(void)
{
    struct mcps__bytes *bytes = NULL;
    pthread_t threads[4];
    void *result;
    size_t n = 0;

    CHECK_INT(mcps__bytes_new(&bytes, "abc", 3), 0);
    for (; n < 4; n++) {
        mcps__bytes_ref(bytes); /* the thread's */
        if (pthread_create(&threads[n], NULL, hold_and_let_go, bytes) != 0) {
            mcps__bytes_unref(bytes);
            break;
        }
    }
    for (size_t i = 0; i < n; i++) {
        CHECK_INT(pthread_join(threads[i], &result), 0);
        CHECK(result != NULL);
    }
    CHECK_INT(n, 4);
out:
    mcps__bytes_unref(bytes);
}

const struct unit_test bytes_tests[] = {
    UNIT_TEST(keeps_a_copy),
    UNIT_TEST(many_threads_hold_them),
    UNIT_END,
};
