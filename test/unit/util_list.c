/* SPDX-License-Identifier: MIT */
/* Lists with links in the elements. */
#include "config.h"

#include "unit.h"

#include "util/list.h"

extern const struct unit_test list_tests[];

struct item {
    char name;
    struct mcps__list node; /* not first, so that the element is not where its node is */
};

enum { N_ITEMS = 5 };

static void make_items(struct item items[N_ITEMS])
{
    for (int i = 0; i < N_ITEMS; i++) {
        items[i].name = (char)('a' + i);
        mcps__list_init(&items[i].node);
    }
}

/* The names in order, and the same again backwards: both directions are linked. */
static const char *names(struct mcps__list *head)
{
    static char text[2 * N_ITEMS + 2];
    size_t n = 0;

    MCPS__LIST_FOREACH (node, head) {
        if (n < N_ITEMS)
            text[n++] = MCPS__CONTAINER_OF(node, struct item, node)->name;
    }
    text[n++] = '|';
    for (struct mcps__list *p = head->prev; p != head && n < sizeof text - 1; p = p->prev)
        text[n++] = MCPS__CONTAINER_OF(p, struct item, node)->name;
    text[n] = '\0';
    return text;
}

static void pushes_to_both_ends(void)
{
    struct mcps__list list;
    struct item items[N_ITEMS];

    mcps__list_init(&list);
    make_items(items);
    CHECK(mcps__list_is_empty(&list));
    CHECK(mcps__list_first(&list) == NULL);
    CHECK_STR(names(&list), "|");
    mcps__list_push_back(&list, &items[0].node);
    CHECK_STR(names(&list), "a|a");
    mcps__list_push_back(&list, &items[1].node);
    mcps__list_push_front(&list, &items[2].node);
    CHECK_STR(names(&list), "cab|bac");
    CHECK(!mcps__list_is_empty(&list));
    CHECK(mcps__list_first(&list) == &items[2].node);
out:;
}

static void removing_twice_is_harmless(void)
{
    struct mcps__list list;
    struct item items[N_ITEMS];

    mcps__list_init(&list);
    make_items(items);
    for (int i = 0; i < N_ITEMS; i++)
        mcps__list_push_back(&list, &items[i].node);
    mcps__list_remove(&items[2].node);
    CHECK_STR(names(&list), "abde|edba");
    CHECK(mcps__list_is_empty(&items[2].node));
    mcps__list_remove(&items[2].node);
    CHECK_STR(names(&list), "abde|edba");
    mcps__list_remove(&items[0].node);
    mcps__list_remove(&items[4].node);
    CHECK_STR(names(&list), "bd|db");
    mcps__list_push_back(&list, &items[2].node);
    CHECK_STR(names(&list), "bdc|cdb");
    mcps__list_remove(&items[1].node);
    mcps__list_remove(&items[3].node);
    mcps__list_remove(&items[2].node);
    CHECK(mcps__list_is_empty(&list));
out:;
}

static void a_safe_walk_may_remove(void)
{
    struct mcps__list list;
    struct item items[N_ITEMS];
    unsigned seen = 0;

    mcps__list_init(&list);
    make_items(items);
    MCPS__LIST_FOREACH_SAFE (node, &list)
        seen++;
    CHECK_INT(seen, 0);
    for (int i = 0; i < N_ITEMS; i++)
        mcps__list_push_back(&list, &items[i].node);
    MCPS__LIST_FOREACH_SAFE (node, &list) {
        if (seen++ % 2 == 0)
            mcps__list_remove(node);
    }
    CHECK_INT(seen, N_ITEMS);
    CHECK_STR(names(&list), "bd|db");
    MCPS__LIST_FOREACH_SAFE (node, &list)
        mcps__list_remove(node);
    CHECK(mcps__list_is_empty(&list));
out:;
}

static void splice_moves_everything(void)
{
    struct mcps__list to, from;
    struct item items[N_ITEMS];

    mcps__list_init(&to);
    mcps__list_init(&from);
    make_items(items);
    mcps__list_splice(&to, &from);
    CHECK_STR(names(&to), "|");
    mcps__list_push_back(&from, &items[0].node);
    mcps__list_push_back(&from, &items[1].node);
    mcps__list_splice(&to, &from);
    CHECK_STR(names(&to), "ab|ba");
    CHECK_STR(names(&from), "|");
    mcps__list_splice(&to, &from);
    CHECK_STR(names(&to), "ab|ba");
    mcps__list_push_back(&from, &items[2].node);
    mcps__list_push_back(&from, &items[3].node);
    mcps__list_push_back(&from, &items[4].node);
    mcps__list_splice(&to, &from);
    CHECK_STR(names(&to), "abcde|edcba");
    CHECK(mcps__list_is_empty(&from));
out:;
}

const struct unit_test list_tests[] = {
    UNIT_TEST(pushes_to_both_ends),
    UNIT_TEST(removing_twice_is_harmless),
    UNIT_TEST(a_safe_walk_may_remove),
    UNIT_TEST(splice_moves_everything),
    UNIT_END,
};
