/* SPDX-License-Identifier: MIT */
/* What can change; see topics.h. */
#include "config.h"

#include "core/topics.h"

#include <errno.h>
#include <string.h>

#include "json/write.h"
#include "rpc/message.h"
#include "util/mem.h"

/* A notification that ends where its params go on. */
static int write_head(struct mcps__bytes **ret, const char *method,
                      const struct mcps__topic *topic)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, method);
    mcps__write_object(&w);
    if (topic->uri) {
        mcps__write_key(&w, "uri");
        mcps__write_text(&w, topic->uri, topic->uri_len);
    }
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__bytes_new(ret, buf.data, buf.len);
    mcps__buf_fini(&buf);
    return r;
}

static void fini_lists(struct mcps__changes *changes)
{
    for (int i = 0; i < MCPS__N_CHANGED; i++)
        mcps__bytes_unref(changes->lists[i].head);
}

static int init_lists(struct mcps__changes *changes)
{
    static const char *const methods[MCPS__N_CHANGED] = {
        [MCPS__CHANGED_TOOLS] = "notifications/tools/list_changed",
        [MCPS__CHANGED_PROMPTS] = "notifications/prompts/list_changed",
        [MCPS__CHANGED_RESOURCES] = "notifications/resources/list_changed",
    };
    int r = 0;

    for (int i = 0; i < MCPS__N_CHANGED; i++) {
        changes->lists[i] = (struct mcps__topic){ .head = NULL };
        mcps__list_init(&changes->lists[i].subscriptions);
    }
    for (int i = 0; i < MCPS__N_CHANGED && r >= 0; i++)
        r = write_head(&changes->lists[i].head, methods[i], &changes->lists[i]);
    return r;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    int
    mcps__changes_init(struct mcps__changes *changes)
{
    int r = mcps__map_init(&changes->resources, SIZE_MAX); /* listeners have limits */

    changes->n_announced = 0;
    if (r >= 0)
        r = mcps__mutex_init(&changes->mutex, MCPS__LOCK_changes);
    if (r < 0)
        return r;
    r = init_lists(changes);
    if (r < 0) {
        fini_lists(changes);
        mcps__mutex_fini(&changes->mutex);
    }
    return r;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__changes_fini(struct mcps__changes *changes)
{
    for (int i = 0; i < MCPS__N_CHANGED; i++)
        mcps__assert(mcps__list_is_empty(&changes->lists[i].subscriptions));
    mcps__assert(changes->resources.n_entries == 0);
    fini_lists(changes);
    mcps__map_fini(&changes->resources);
    mcps__mutex_fini(&changes->mutex);
}

/* ---- resources ---- */

static int make_topic(struct mcps__topic **ret, const char *uri, size_t len)
{
    struct mcps__topic *topic = mcps__malloc(sizeof *topic + len);
    char *text;
    int r;

    if (!topic)
        return -ENOMEM;
    text = (char *)(topic + 1);
    memcpy(text, uri, len);
    *topic = (struct mcps__topic){ .uri = text, .uri_len = len };
    mcps__list_init(&topic->subscriptions);
    r = write_head(&topic->head, "notifications/resources/updated", topic);
    if (r < 0)
        mcps__free(topic);
    else
        *ret = topic;
    return r;
}

static void free_topic(struct mcps__topic *topic)
{
    mcps__assert(mcps__list_is_empty(&topic->subscriptions));
    mcps__bytes_unref(topic->head);
    mcps__free(topic);
}

int mcps__topic_get(struct mcps__topic **ret, struct mcps__changes *changes,
                    const char *uri, size_t len)
{
    struct mcps__topic *topic;
    int r = 0;

    mcps__lock_assert_held(&changes->mutex);
    topic = mcps__map_lookup(&changes->resources, uri, len);
    if (!topic) {
        r = make_topic(&topic, uri, len);
        if (r < 0)
            return r;
        r = mcps__map_insert(&changes->resources, topic->uri, len, topic);
    }
    if (r >= 0)
        *ret = mcps__topic_ref(topic);
    else
        free_topic(topic);
    return r;
}

struct mcps__topic *mcps__topic_ref(struct mcps__topic *topic)
{
    topic->n_refs++;
    return topic;
}

void mcps__topic_unref(struct mcps__changes *changes, struct mcps__topic *topic)
{
    mcps__lock_assert_held(&changes->mutex);
    mcps__assert(topic->n_refs > 0);
    topic->n_refs--;
    if (topic->n_refs > 0 || !topic->uri)
        return;
    mcps__map_remove(&changes->resources, topic->uri, topic->uri_len, topic);
    free_topic(topic);
}
