/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked lists whose links live in the elements.
 *
 * A list is a ring: the head is a node that belongs to no element. Nothing is allocated
 * and nothing can fail. A list belongs to one thread at a time, or to the lock of its
 * owner.
 */
#ifndef MCPS_UTIL_LIST_H
#define MCPS_UTIL_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct mcps__list {
    struct mcps__list *next, *prev;
};

/* The element that a node is a member of. */
#define MCPS__CONTAINER_OF(node, type, member) \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Walks over the nodes; the loop's body must not remove any. */
#define MCPS__LIST_FOREACH(node, head) \
    for (struct mcps__list *node = (head)->next; node != (head); node = node->next)

/* Walks over the nodes; the body may remove the node that it is at, and no other. */
#define MCPS__LIST_FOREACH_SAFE(node, head)                                  \
    for (struct mcps__list *node = (head)->next, *node##_next_ = node->next; \
         node != (head); node = node##_next_, node##_next_ = node->next)

/* Makes an empty list, or a node that is on no list. */
static inline void mcps__list_init(struct mcps__list *list)
{
    list->next = list;
    list->prev = list;
}

/* Of a head: there are no elements. Of a node: it is on no list. */
static inline bool mcps__list_is_empty(const struct mcps__list *list)
{
    return list->next == list;
}

static inline void mcps__list_push_front(struct mcps__list *head, struct mcps__list *node)
{
    node->prev = head;
    node->next = head->next;
    head->next->prev = node;
    head->next = node;
}

static inline void mcps__list_push_back(struct mcps__list *head, struct mcps__list *node)
{
    mcps__list_push_front(head->prev, node);
}

/* Takes a node off its list. It is then as after mcps__list_init(), so that removing what
 * is on no list does nothing. */
static inline void mcps__list_remove(struct mcps__list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    mcps__list_init(node);
}

/* The first node, or NULL. */
static inline struct mcps__list *mcps__list_first(const struct mcps__list *head)
{
    return mcps__list_is_empty(head) ? NULL : head->next;
}

/* Moves all of `from` behind the last of `to`; `from` is then empty. */
static inline void mcps__list_splice(struct mcps__list *to, struct mcps__list *from)
{
    if (mcps__list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    mcps__list_init(from);
}

#endif
