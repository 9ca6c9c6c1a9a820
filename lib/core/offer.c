/* SPDX-License-Identifier: MIT */
/* What offers of all kinds have in common; see offer.h. */
#include "config.h"

#include "core/offer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/content.h"
#include "core/meta.h"
#include "json/write.h"
#include "schema/complain.h"
#include "util/mem.h"

enum { NAME_MAX_ = 128 };

#define OFFER_MAGIC UINT32_C(0x4f666672)

#define ALL_NEEDS                                                                \
    ((unsigned)MCPS_CLIENT_ROOTS | (unsigned)MCPS_CLIENT_SAMPLING |              \
     (unsigned)MCPS_CLIENT_ELICITATION | (unsigned)MCPS_CLIENT_ELICITATION_URL | \
     (unsigned)MCPS_CLIENT_SAMPLING_TOOLS | (unsigned)MCPS_CLIENT_SAMPLING_CONTEXT)

/* ---- what the kinds are ---- */

const char *mcps__kind_noun(enum mcps_kind kind)
{
    static const char *const nouns[MCPS_N_KINDS] = {
        [MCPS_TOOLS] = "tool",
        [MCPS_PROMPTS] = "prompt",
        [MCPS_RESOURCES] = "resource",
        [MCPS_TEMPLATES] = "resource template",
    };

    return nouns[kind];
}

/* Members that a revision does not have are left out for it. `tools_since` is where tools
 * have it later than the other kinds. */
static const struct {
    const char *name;
    enum mcps__version since, tools_since;
} members[MCPS__N_PARTS] = {
    [MCPS__PART_URI] = { "uri", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_URI_TEMPLATE] = { "uriTemplate", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_NAME] = { "name", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_TITLE] = { "title", MCPS__V_2025_06_18, MCPS__V_2025_06_18 },
    [MCPS__PART_DESCRIPTION] = { "description", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_MIME] = { "mimeType", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_SIZE] = { "size", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_INPUT] = { "inputSchema", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_OUTPUT] = { "outputSchema", MCPS__V_2025_06_18, MCPS__V_2025_06_18 },
    [MCPS__PART_ARGUMENTS] = { "arguments", MCPS__V_2024_11_05, MCPS__V_2024_11_05 },
    [MCPS__PART_ARGUMENTS_PLAIN] = { "arguments", MCPS__V_2024_11_05,
                                     MCPS__V_2024_11_05 },
    [MCPS__PART_ANNOTATIONS] = { "annotations", MCPS__V_2024_11_05, MCPS__V_2025_03_26 },
    [MCPS__PART_ANNOTATIONS_PLAIN] = { "annotations", MCPS__V_2024_11_05,
                                       MCPS__V_2024_11_05 },
    [MCPS__PART_ICONS] = { "icons", MCPS__V_2025_11_25, MCPS__V_2025_11_25 },
    [MCPS__PART_META] = { "_meta", MCPS__V_2025_06_18, MCPS__V_2025_06_18 },
};

const char *mcps__part_name(enum mcps__part part)
{
    return members[part].name;
}

/* Of two for the same member each revision gets one. */
static bool is_other_half(const struct mcps__offer *offer, enum mcps__part part,
                          enum mcps__version version)
{
    switch (part) {
    case MCPS__PART_ARGUMENTS_PLAIN:
    case MCPS__PART_ANNOTATIONS_PLAIN: return version >= MCPS__V_2025_06_18;
    case MCPS__PART_ARGUMENTS:
        return version < MCPS__V_2025_06_18 && offer->parts[MCPS__PART_ARGUMENTS_PLAIN];
    case MCPS__PART_ANNOTATIONS:
        return version < MCPS__V_2025_06_18 && offer->parts[MCPS__PART_ANNOTATIONS_PLAIN];
    default: return false;
    }
}

/* Before 2026-07-28 the schema of a result is one of objects. */
bool mcps__offer_part_known(const struct mcps__offer *offer, enum mcps__part part,
                            enum mcps__version version)
{
    if (part == MCPS__PART_OUTPUT && !offer->object_output)
        return version >= MCPS__V_2026_07_28;
    if (is_other_half(offer, part, version))
        return false;
    return version >=
           (offer->kind == MCPS_TOOLS ? members[part].tools_since : members[part].since);
}

/* ---- life ---- */

struct mcps__offer *mcps__offer_ref(struct mcps__offer *offer)
{
    MCPS__CHECK_OBJ(offer, OFFER_MAGIC);
    mcps__obj_ref(&offer->obj);
    return offer;
}

void mcps__offer_abandon(struct mcps__offer *offer)
{
    if (!offer)
        return;
    for (size_t i = 0; i < MCPS__N_PARTS; i++)
        mcps__bytes_unref(offer->parts[i]);
    mcps_schema_unref(offer->input);
    mcps_schema_unref(offer->output);
    mcps__table_free(offer->args);
    mcps__table_free(offer->result);
    mcps_uri_template_free(offer->uri);
    mcps__blob_release(&offer->blob);
    mcps__free(offer->mirrored);
    mcps__free(offer->mime);
    mcps__free(offer->text);
    mcps__free(offer->path);
    mcps__free(offer->key);
    mcps__free(offer->tags);
    mcps__free(offer->tag_list);
    mcps__free(offer);
}

struct mcps__offer *mcps__offer_unref(struct mcps__offer *offer)
{
    if (!offer)
        return NULL;
    MCPS__CHECK_OBJ(offer, OFFER_MAGIC);
    if (!mcps__obj_unref(&offer->obj))
        return NULL;
    if (offer->destroy)
        offer->destroy(offer->userdata);
    mcps__offer_abandon(offer);
    return NULL;
}

/* ---- parts ---- */

bool mcps__offer_is_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-.";
    size_t len = name ? strlen(name) : 0;

    return len >= 1 && len <= NAME_MAX_ && strspn(name, allowed) == len;
}

int mcps__offer_refuse(enum mcps_kind kind, const char *key, const char *why,
                       struct mcps__log *log)
{
    mcps__log(log, MCPS_LOG_ERROR, "%s %s %s", mcps__kind_noun(kind), key ? key : "\"\"",
              why);
    return -EINVAL;
}

int mcps__offer_fault(const struct mcps__offer *offer, const char *what, const char *why,
                      struct mcps__log *log)
{
    mcps__log(log, MCPS_LOG_ERROR, "%s %s: its %s cannot be used: %s",
              mcps__kind_noun(offer->kind), offer->key, what, why);
    return -EINVAL;
}

int mcps__offer_keep_written(struct mcps__offer *offer, enum mcps__part part,
                             struct mcps__buf *buf, const struct mcps__writer *w)
{
    int r = mcps__write_end(w);

    if (r >= 0)
        r = mcps__bytes_new(&offer->parts[part], buf->data, buf->len);
    mcps__buf_fini(buf);
    return r;
}

int mcps__offer_keep_string(struct mcps__offer *offer, enum mcps__part part,
                            const char *text)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (!text)
        return 0;
    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_string(&w, text);
    return mcps__offer_keep_written(offer, part, &buf, &w);
}

static int keep_json(struct mcps__offer *offer, enum mcps__part part, const char *json,
                     int (*append)(struct mcps__buf *out, const char *json),
                     struct mcps__log *log)
{
    struct mcps__buf line;
    int r;

    if (!json)
        return 0;
    mcps__buf_init(&line, SIZE_MAX);
    r = append(&line, json);
    if (r == -EINVAL)
        mcps__log(log, MCPS_LOG_ERROR, "%s %s: its %s cannot be used",
                  mcps__kind_noun(offer->kind), offer->key,
                  part == MCPS__PART_META ? "meta" : members[part].name);
    if (r >= 0)
        r = mcps__bytes_new(&offer->parts[part], line.data, line.len);
    mcps__buf_fini(&line);
    return r;
}

int mcps__offer_keep_table(struct mcps__table **ret, const struct mcps__offer *offer,
                           const char *what, const struct mcps_field *fields, size_t size,
                           struct mcps__log *log)
{
    char why[MCPS__COMPLAINT_SIZE];
    int r = mcps__table_new(ret, fields, size, why, sizeof why);

    return r < 0 && r != -ENOMEM ? mcps__offer_fault(offer, what, why, log) : r;
}

static bool is_text(enum mcps_type type)
{
    return type == MCPS_TYPE_STRING || type == MCPS_TYPE_ENUM || type == MCPS_TYPE_INT ||
           type == MCPS_TYPE_NUMBER || type == MCPS_TYPE_BOOL;
}

int mcps__offer_keep_texts_table(struct mcps__offer *offer, const char *what,
                                 const struct mcps_field *fields, size_t size,
                                 struct mcps__log *log)
{
    char why[MCPS__COMPLAINT_SIZE];
    int r = mcps__offer_keep_table(&offer->args, offer, what, fields, size, log);

    for (size_t i = 0; r >= 0 && i < offer->args->n_fields; i++) {
        const struct mcps__table_field *field = &offer->args->fields[i];

        offer->completes = offer->completes || field->type == MCPS_TYPE_ENUM;
        if (is_text(field->type))
            continue;
        snprintf(why, sizeof why, "no string can be the value of \"%.64s\"", field->name);
        r = mcps__offer_fault(offer, what, why, log);
    }
    return r;
}

static int keep_annotations(struct mcps__offer *offer, enum mcps__part part,
                            const struct mcps_annotations *annotations)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__annotations_write(&w, annotations, part == MCPS__PART_ANNOTATIONS);
    return mcps__offer_keep_written(offer, part, &buf, &w);
}

int mcps__offer_keep_annotations(struct mcps__offer *offer,
                                 const struct mcps_annotations *annotations,
                                 struct mcps__log *log)
{
    struct mcps_annotations all;
    int r;

    if (!annotations)
        return 0;
    if (!mcps__annotations_read(&all, annotations))
        return mcps__offer_fault(offer, "annotations",
                                 "audience, priority (0 to 1) or last_modified is wrong",
                                 log);
    r = keep_annotations(offer, MCPS__PART_ANNOTATIONS, &all);
    if (r >= 0 && all.last_modified)
        r = keep_annotations(offer, MCPS__PART_ANNOTATIONS_PLAIN, &all);
    return r;
}

/* ---- making one ---- */

static int list_tags(struct mcps__offer *offer)
{
    size_t n = 0;

    for (const char *tag = offer->tags; *tag; tag += strlen(tag) + 1)
        n++;
    offer->tag_list = mcps__calloc(n + 1, sizeof *offer->tag_list);
    if (!offer->tag_list)
        return -ENOMEM;
    n = 0;
    for (const char *tag = offer->tags; *tag; tag += strlen(tag) + 1)
        offer->tag_list[n++] = tag;
    return 0;
}

/* An empty one would end them. */
static int keep_tags(struct mcps__offer *offer, const char *const *tags)
{
    struct mcps__buf buf;
    int r = 0;

    if (!tags || !tags[0])
        return 0;
    mcps__buf_init(&buf, SIZE_MAX);
    for (size_t i = 0; tags[i] && r >= 0; i++)
        r = tags[i][0] ? mcps__buf_append(&buf, tags[i], strlen(tags[i]) + 1) : 0;
    if (r >= 0)
        r = mcps__buf_append_byte(&buf, '\0');
    if (r >= 0)
        offer->tags = mcps__memdup(buf.data, buf.len);
    mcps__buf_fini(&buf);
    if (r < 0)
        return r;
    return offer->tags ? list_tags(offer) : -ENOMEM;
}

/* Where it runs: an executor's name, or NULL. */
static int resolve(struct mcps__offer *offer, const char *executor,
                   const struct mcps__offer_context *context)
{
    mcps_executor *found;

    if (!executor)
        return 0;
    offer->on_loop = strcmp(executor, MCPS_INLINE) == 0;
    if (offer->on_loop)
        return 0;
    found = mcps__executors_find(context->executors, executor);
    if (!found) {
        mcps__log(context->log, MCPS_LOG_ERROR, "%s %s: there is no executor \"%s\"",
                  mcps__kind_noun(offer->kind), offer->key, executor);
        return -EINVAL;
    }
    offer->pool = &found->pool;
    return 0;
}

static int check_needs(const struct mcps__offer *offer, struct mcps__log *log)
{
    if ((offer->needs & ~ALL_NEEDS) == 0)
        return 0;
    mcps__log(log, MCPS_LOG_ERROR, "%s %s: a bit of its needs stands for nothing",
              mcps__kind_noun(offer->kind), offer->key);
    return -EINVAL;
}

static int fill(struct mcps__offer *offer, const struct mcps__offer_source *from,
                const char *name, const struct mcps__offer_context *context)
{
    struct mcps__log *log = context->log;
    int r;

    offer->key = mcps__memdup(from->key, strlen(from->key) + 1);
    if (!offer->key)
        return -ENOMEM;
    r = check_needs(offer, log);
    if (r >= 0)
        r = mcps__offer_keep_string(offer, MCPS__PART_NAME, name);
    if (r >= 0)
        r = mcps__offer_keep_string(offer, MCPS__PART_TITLE, from->title);
    if (r >= 0)
        r = mcps__offer_keep_string(offer, MCPS__PART_DESCRIPTION, from->description);
    if (r >= 0)
        r = keep_json(offer, MCPS__PART_ICONS, from->icons, mcps__meta_array, log);
    if (r >= 0)
        r = keep_json(offer, MCPS__PART_META, from->meta, mcps__meta_object, log);
    if (r >= 0)
        r = keep_tags(offer, from->tags);
    return r < 0 ? r : resolve(offer, from->executor, context);
}

int mcps__offer_new(struct mcps__offer **ret, const struct mcps__offer_source *from,
                    const char *name, const struct mcps__offer_context *context)
{
    struct mcps__offer *offer = mcps__calloc(1, sizeof *offer);
    int r;

    if (!offer)
        return -ENOMEM;
    mcps__obj_init(&offer->obj, OFFER_MAGIC);
    offer->kind = from->kind;
    offer->needs = from->needs;
    offer->timeout_ms = from->timeout_ms;
    offer->max_parallel = from->max_parallel;
    offer->userdata = from->userdata;
    offer->destroy = from->destroy;
    atomic_init(&offer->n_calls, 0);
    r = fill(offer, from, name, context);
    if (r < 0) {
        mcps__offer_abandon(offer);
        return r;
    }
    *ret = offer;
    return 0;
}

int mcps__offer_lister(struct mcps__offer **ret, enum mcps_kind kind)
{
    static const char *const keys[MCPS_N_KINDS] = {
        [MCPS_TOOLS] = "tools/list",
        [MCPS_PROMPTS] = "prompts/list",
        [MCPS_RESOURCES] = "resources/list",
        [MCPS_TEMPLATES] = "resources/templates/list",
    };
    struct mcps__offer *offer = mcps__calloc(1, sizeof *offer);

    if (!offer)
        return -ENOMEM;
    mcps__obj_init(&offer->obj, OFFER_MAGIC);
    offer->kind = kind;
    offer->is_lister = true;
    offer->key = mcps__memdup(keys[kind], strlen(keys[kind]));
    atomic_init(&offer->n_calls, 0);
    if (!offer->key) {
        mcps__offer_abandon(offer);
        return -ENOMEM;
    }
    *ret = offer;
    return 0;
}
