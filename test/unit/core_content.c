/* SPDX-License-Identifier: MIT */
/* Blocks of content: all of one or nothing, also at the end of memory. What each revision has
 * of them is tested with whole servers. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/content.h"

extern const struct unit_test content_tests[];

static unsigned n_freed;

static void count_free(void *userdata)
{
    (void)userdata;
    n_freed++;
}

static const struct mcps__id id = { .kind = MCPS__ID_NUMBER, .text = "1", .len = 1 };

static int begin(struct mcps__content *content, size_t limit)
{
    mcps__content_init(content);
    n_freed = 0;
    return mcps__content_begin(content, &id, MCPS__V_2025_11_25, MCPS__SHAPE_CONTENT,
                               limit);
}

/* What a message is so far, with the base64 of its blobs. */
static const char *text_of(struct mcps__content *content)
{
    static char text[4000];
    size_t len = 0, at = 0, all = mcps__piece_text_len(&content->buf);
    const char *data = content->buf.data + content->buf.len - all;

    for (size_t i = 0; i <= content->blobs.n; i++) {
        bool is_last = i == content->blobs.n; /* there may be no array of them at all */
        size_t end = is_last ? all : content->blobs.items[i].at;

        memcpy(text + len, data + at, end - at);
        len += end - at;
        at = end;
        if (!is_last)
            text[len++] = (char)('0' + content->blobs.items[i].len);
    }
    text[len] = '\0';
    return text;
}

static int add(struct mcps__content *content, unsigned step)
{
    static const double half = 0.5;
    const struct mcps_resource_link link =
        MCPS_RESOURCE_LINK(.uri = "a:b", .name = "n", .mime = "a/b", .size = 5,
                           .icons = "[ ]");
    const struct mcps_annotations notes =
        MCPS_ANNOTATIONS(.audience = MCPS_FOR_USER, .priority = &half);
    struct mcps_blob blob = mcps_blob_take("abc", step, count_free, NULL);
    int r = -ENOSYS;

    switch (step) {
    case 0: r = mcps__content_text(content, "x", 1); break;
    case 1: r = mcps__content_image(content, "a/b", &blob); break;
    case 2: r = mcps__content_audio(content, "a/b", &blob); break;
    case 3: r = mcps__content_resource_blob(content, "a:", NULL, &blob); break;
    case 4: r = mcps__content_annotate(content, &notes); break;
    case 5: r = mcps__content_meta(content, "{\"a\":\n1}"); break;
    case 6: r = mcps__content_resource_text(content, "a:", "a/b", "y", 1); break;
    case 7: r = mcps__content_link(content, &link); break;
    default: break;
    }
    mcps__blob_release(&blob);
    return r;
}

enum { N_STEPS = 8 };

static const char whole[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":["
    "{\"type\":\"text\",\"text\":\"x\"},"
    "{\"type\":\"image\",\"data\":\"1\",\"mimeType\":\"a/b\"},"
    "{\"type\":\"audio\",\"data\":\"2\",\"mimeType\":\"a/b\"},"
    "{\"type\":\"resource\",\"resource\":{\"uri\":\"a:\",\"blob\":\"3\"},"
    "\"annotations\":{\"audience\":[\"user\"],\"priority\":0.5},\"_meta\":{\"a\": 1}},"
    "{\"type\":\"resource\",\"resource\":{\"uri\":\"a:\",\"mimeType\":\"a/b\","
    "\"text\":\"y\"}},"
    "{\"type\":\"resource_link\",\"uri\":\"a:b\",\"name\":\"n\",\"mimeType\":\"a/b\","
    "\"size\":5,\"icons\":[ ]}";

/* What fails is done again: nothing is left of the first time. */
static void blocks_are_added_one_by_one(void)
{
    struct mcps__content content;
    char before[sizeof whole];

    CHECK_INT(begin(&content, 10000), 0);
    for (unsigned step = 0; step < N_STEPS; step++) {
        snprintf(before, sizeof before, "%s", text_of(&content));
        if (add(&content, step) == 0)
            continue;
        CHECK_STR(text_of(&content), before);
        CHECK_INT(add(&content, step), 0);
    }
    CHECK_STR(text_of(&content), whole);
    CHECK_INT(content.n_blocks, 6);
    CHECK_INT(content.blobs.n, 3);
out:
    mcps__content_fini(&content);
}

/* At every limit below what all of it needs, some step fails and changes nothing, and what
 * is then there is within the limit. */
static void every_limit_holds(void)
{
    struct mcps__content content;
    char before[sizeof whole];
    bool all = false;
    size_t limit;

    for (limit = 1; !all; limit++) {
        CHECK_INT(begin(&content, limit), 0);
        unit_note_on_failure("limit %zu", limit);
        all = true;
        for (unsigned step = 0; step < N_STEPS; step++) {
            int r;

            snprintf(before, sizeof before, "%s", text_of(&content));
            r = add(&content, step);
            CHECK(r == 0 || r == MCPS_ELIMIT || r == -EINVAL);
            all = all && r == 0;
            if (r < 0)
                CHECK_STR(text_of(&content), before);
            CHECK(content.buf.len - content.begin + content.blobs.wire <= limit);
        }
        mcps__content_fini(&content);
        CHECK_INT(n_freed, N_STEPS);
    }
    /* The base64 of three blobs has four characters each, of which `whole` shows one. */
    CHECK_INT(limit - 1, strlen(strstr(whole, "[{\"type\":\"text\"")) - 1 + 3 * 3);
out:
    unit_note_on_failure("%s", "");
    mcps__content_fini(&content);
}

static void what_is_reserved_has_its_room(void)
{
    struct mcps__content content;

    CHECK_INT(begin(&content, 100), 0);
    CHECK_INT(mcps__content_reserve(&content, 60, 41), MCPS_ELIMIT);
    CHECK_INT(mcps__content_reserve(&content, SIZE_MAX, 2), MCPS_ELIMIT);
    CHECK_INT(mcps__content_reserve(&content, 60, 40), 0);
    CHECK_INT(mcps__content_text(&content, "0123456789abcdef", 16), MCPS_ELIMIT);
    CHECK_INT(mcps__content_text(&content, "0123456789abcde", 15), 0);
    /* What there is a block for needs no other. */
    CHECK_INT(mcps__content_reserve(&content, 60, 100), 0);
    CHECK_INT(mcps__content_reserve(&content, 61, 0), MCPS_ELIMIT);
    CHECK_INT(content.reserved, 60);
    mcps__content_unlimit(&content);
    CHECK_INT(mcps__content_text(&content, whole, sizeof whole - 1), 0);
out:
    mcps__content_fini(&content);
}

const struct unit_test content_tests[] = {
    UNIT_TEST(blocks_are_added_one_by_one),
    UNIT_TEST(every_limit_holds),
    UNIT_TEST(what_is_reserved_has_its_room),
    UNIT_END,
};
