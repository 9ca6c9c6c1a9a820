/* SPDX-License-Identifier: MIT */
/* Resources and templates as the registry keeps them; see resource.h. */
#include "config.h"

#include "core/resource.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/content.h"
#include "json/write.h"
#include "schema/complain.h"
#include "schema/format.h"
#include "util/mem.h"
#include "util/utf8.h"

/* ---- what both have ---- */

static int keep_copy(char **ret, const char *text)
{
    if (!text)
        return 0;
    *ret = mcps__memdup(text, strlen(text) + 1);
    return *ret ? 0 : -ENOMEM;
}

static int keep_mime(struct mcps__offer *offer, const char *mime, struct mcps__log *log)
{
    int r;

    if (mime && !mcps__is_name(mime))
        return mcps__offer_fault(offer, "mime", "it is no name", log);
    r = keep_copy(&offer->mime, mime);
    return r < 0 ? r : mcps__offer_keep_string(offer, MCPS__PART_MIME, mime);
}

/* ---- resources ---- */

/* NULL, or what does not go together, to be said behind the URI. */
static const char *resource_fault(const struct mcps_resource *from)
{
    unsigned n_contents = (from->handler ? 1u : 0) + (from->text ? 1u : 0) +
                          (from->blob.kind ? 1u : 0) + (from->path ? 1u : 0);

    if (!from->uri || !mcps__format_find("uri")->fits(from->uri, strlen(from->uri)))
        return "has no absolute URI";
    if (!mcps__is_name(from->name))
        return "has no name";
    if (n_contents != 1)
        return "has not exactly one of handler, text, blob and path";
    if (from->text &&
        mcps__utf8_valid_prefix(from->text, strlen(from->text)) < strlen(from->text))
        return "has a text that is no UTF-8";
    return NULL;
}

static int check_resource(const struct mcps_resource *from, struct mcps__log *log)
{
    const char *fault = "has no struct_size";

    if (from->struct_size >= offsetof(struct mcps_resource, mime))
        fault = resource_fault(from);
    return fault ? mcps__offer_refuse(MCPS_RESOURCES, from->uri, fault, log) : 0;
}

static int keep_size(struct mcps__offer *offer, uint64_t size)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (size == 0)
        return 0;
    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_uint(&w, size);
    return mcps__offer_keep_written(offer, MCPS__PART_SIZE, &buf, &w);
}

/* A blob is owned by now. */
static int keep_content(struct mcps__offer *offer, const struct mcps_resource *from)
{
    uint64_t size = from->size;
    int r = keep_copy(&offer->text, from->text);

    if (r >= 0)
        r = keep_copy(&offer->path, from->path);
    if (r < 0)
        return r;
    offer->text_len = from->text ? strlen(from->text) : 0;
    offer->path_is_text = from->path_is_text;
    if (size == 0)
        size = from->text ? offer->text_len : offer->blob.len;
    return keep_size(offer, size);
}

static int fill_resource(struct mcps__offer *offer, const struct mcps_resource *from,
                         struct mcps__log *log)
{
    int r = mcps__offer_keep_string(offer, MCPS__PART_URI, from->uri);

    if (r >= 0)
        r = keep_mime(offer, from->mime, log);
    if (r >= 0)
        r = mcps__offer_keep_annotations(offer, from->annotations, log);
    if (r >= 0)
        r = keep_content(offer, from);
    return r;
}

/* Moves the blob into the resource, where it is freed with it. */
static int take_blob(struct mcps__offer *offer, struct mcps_blob *blob,
                     struct mcps__log *log)
{
    int r;

    if (!blob->kind)
        return 0;
    r = mcps__blob_own(blob, SIZE_MAX / 2);
    if (r < 0 && r != -ENOMEM)
        r = mcps__offer_fault(offer, "blob", mcps_strerror(r), log);
    if (r < 0)
        return r;
    offer->blob = *blob;
    *blob = (struct mcps_blob){ .data = NULL };
    return 0;
}

static int make_resource(struct mcps__offer **ret, struct mcps_resource *from,
                         const struct mcps__offer_context *context)
{
    const struct mcps__offer_source source = {
        .kind = MCPS_RESOURCES,
        .key = from->uri,
        .title = from->title,
        .description = from->description,
        .executor = from->executor,
        .icons = from->icons,
        .meta = from->meta,
        .tags = from->tags,
        .needs = from->needs,
        .timeout_ms = from->timeout_ms,
        .max_parallel = from->max_parallel,
        .userdata = from->userdata,
        .destroy = from->destroy,
    };
    struct mcps__offer *offer = NULL;
    int r = check_resource(from, context->log);

    if (r >= 0)
        r = mcps__offer_new(&offer, &source, from->name, context);
    if (r >= 0)
        r = take_blob(offer, &from->blob, context->log);
    if (r >= 0)
        r = fill_resource(offer, from, context->log);
    if (r < 0) {
        mcps__offer_abandon(offer);
        return r;
    }
    offer->handler = from->handler;
    *ret = offer;
    return 0;
}

/* The elements have the size that the first one names, as with tools. A blob that is not
 * taken is one to own nevertheless: only then its release means anything. */
int mcps__resource_make(struct mcps__offer **ret, const void *items, size_t i,
                        const struct mcps__offer_context *context)
{
    const struct mcps_resource *resources = items;
    struct mcps_resource resource = { .struct_size = 0 };
    size_t size = resources->struct_size;
    int r;

    memcpy(&resource, (const char *)items + i * size,
           size < sizeof resource ? size : sizeof resource);
    r = make_resource(ret, &resource, context);
    if (r >= 0)
        return r;
    mcps__blob_refuse(&resource.blob);
    if (resource.destroy)
        resource.destroy(resource.userdata);
    return r;
}

/* ---- templates ---- */

/* NULL, or what does not go together, to be said behind the template's text. */
static const char *template_fault(const struct mcps_template *from)
{
    if (!from->uri_template)
        return "has no text";
    if (!mcps__is_name(from->name))
        return "has no name";
    if (!from->handler && !from->typed)
        return "has no handler";
    if (from->handler && from->typed)
        return "has two handlers, a plain and a typed one";
    if (from->typed && !from->args)
        return "has a typed handler, but no table of arguments";
    if (from->handler && from->args)
        return "has a table of arguments, but no typed handler";
    return NULL;
}

static int check_template(const struct mcps_template *from, struct mcps__log *log)
{
    const char *fault = "has no struct_size";

    if (from->struct_size >=
        offsetof(struct mcps_template, args_size) + sizeof from->args_size)
        fault = template_fault(from);
    return fault ? mcps__offer_refuse(MCPS_TEMPLATES, from->uri_template, fault, log) : 0;
}

static bool has_variable(const mcps_uri_template *uri, const char *name)
{
    for (size_t i = 0; i < mcps_uri_template_n_variables(uri); i++) {
        if (strcmp(mcps_uri_template_variable(uri, i), name) == 0)
            return true;
    }
    return false;
}

/* Fields and variables are the same. */
static int check_variables(const struct mcps__offer *offer, struct mcps__log *log)
{
    const struct mcps__table *table = offer->args;
    const mcps_uri_template *uri = offer->uri;
    char why[MCPS__COMPLAINT_SIZE];

    for (size_t i = 0; i < table->n_fields; i++) {
        if (has_variable(uri, table->fields[i].name))
            continue;
        snprintf(why, sizeof why, "the template has no variable \"%.64s\"",
                 table->fields[i].name);
        return mcps__offer_fault(offer, "table of arguments", why, log);
    }
    for (size_t i = 0; i < mcps_uri_template_n_variables(uri); i++) {
        const char *name = mcps_uri_template_variable(uri, i);

        if (mcps__table_find(table, name, strlen(name), 0) >= 0)
            continue;
        snprintf(why, sizeof why, "it has no field for the variable \"%.64s\"", name);
        return mcps__offer_fault(offer, "table of arguments", why, log);
    }
    return 0;
}

static int keep_uri(struct mcps__offer *offer, const struct mcps_template *from,
                    struct mcps__log *log)
{
    char why[MCPS__COMPLAINT_SIZE];
    int r = mcps_uri_template_new(&offer->uri, from->uri_template, why, sizeof why);

    if (r < 0 && r != -ENOMEM)
        r = mcps__offer_fault(offer, "text", why, log);
    return r < 0 ? r
                 : mcps__offer_keep_string(offer, MCPS__PART_URI_TEMPLATE,
                                           from->uri_template);
}

static int fill_template(struct mcps__offer *offer, const struct mcps_template *from,
                         struct mcps__log *log)
{
    int r = keep_uri(offer, from, log);

    if (r >= 0)
        r = keep_mime(offer, from->mime, log);
    if (r >= 0)
        r = mcps__offer_keep_annotations(offer, from->annotations, log);
    if (r >= 0 && from->args)
        r = mcps__offer_keep_texts_table(offer, "table of arguments", from->args,
                                         from->args_size, log);
    if (r >= 0 && offer->args)
        r = check_variables(offer, log);
    return r;
}

static int make_template(struct mcps__offer **ret, const struct mcps_template *from,
                         const struct mcps__offer_context *context)
{
    const struct mcps__offer_source source = {
        .kind = MCPS_TEMPLATES,
        .key = from->uri_template,
        .title = from->title,
        .description = from->description,
        .executor = from->executor,
        .icons = from->icons,
        .meta = from->meta,
        .tags = from->tags,
        .needs = from->needs,
        .timeout_ms = from->timeout_ms,
        .max_parallel = from->max_parallel,
        .userdata = from->userdata,
        .destroy = from->destroy,
    };
    struct mcps__offer *offer = NULL;
    int r = check_template(from, context->log);

    if (r >= 0)
        r = mcps__offer_new(&offer, &source, from->name, context);
    if (r >= 0)
        r = fill_template(offer, from, context->log);
    if (r < 0) {
        mcps__offer_abandon(offer);
        return r;
    }
    offer->handler = from->handler;
    offer->typed = from->typed;
    offer->any_values = from->any_values;
    offer->complete = from->complete;
    offer->completes = offer->completes || from->complete;
    *ret = offer;
    return 0;
}

int mcps__template_make(struct mcps__offer **ret, const void *items, size_t i,
                        const struct mcps__offer_context *context)
{
    const struct mcps_template *templates = items;
    struct mcps_template one = { .struct_size = 0 };
    size_t size = templates->struct_size;
    int r;

    memcpy(&one, (const char *)items + i * size, size < sizeof one ? size : sizeof one);
    r = make_template(ret, &one, context);
    if (r < 0 && one.destroy)
        one.destroy(one.userdata);
    return r;
}
