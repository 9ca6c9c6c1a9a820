/* SPDX-License-Identifier: MIT */
/* Prompts as the registry keeps them, and what only their handlers say; see prompt.h. */
#include "config.h"

#include "core/prompt.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/call.h"
#include "core/result.h"
#include "json/write.h"
#include "mcpserver/prompt.h"

/* ---- what a prompt must be ---- */

/* NULL, or what does not go together, to be said behind the prompt's name. */
static const char *shape_fault(const struct mcps_prompt *from)
{
    if (!mcps__offer_is_name(from->name))
        return "has no name of 1 to 128 letters, digits, and \"_-.\"";
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

static int check(const struct mcps_prompt *from, struct mcps__log *log)
{
    const char *fault = "has no struct_size";

    if (from->struct_size >=
        offsetof(struct mcps_prompt, args_size) + sizeof from->args_size)
        fault = shape_fault(from);
    return fault ? mcps__offer_refuse(MCPS_PROMPTS, from->name, fault, log) : 0;
}

/* ---- its arguments, as they are listed ---- */

static void write_member(struct mcps__writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    mcps__write_key(w, name);
    mcps__write_string(w, text);
}

static void write_argument(struct mcps__writer *w, const struct mcps__table_field *field,
                           bool with_title)
{
    mcps__write_object(w);
    write_member(w, "name", field->name);
    if (with_title)
        write_member(w, "title", field->of->title);
    write_member(w, "description", field->of->description);
    if (field->required) {
        mcps__write_key(w, "required");
        mcps__write_bool(w, true);
    }
    mcps__write_object_end(w);
}

static int keep_list(struct mcps__offer *prompt, enum mcps__part part)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_array(&w);
    for (size_t i = 0; i < prompt->args->n_fields; i++)
        write_argument(&w, &prompt->args->fields[i], part == MCPS__PART_ARGUMENTS);
    mcps__write_array_end(&w);
    return mcps__offer_keep_written(prompt, part, &buf, &w);
}

static bool has_titles(const struct mcps__table *table)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        if (table->fields[i].of->title)
            return true;
    }
    return false;
}

static int keep_arguments(struct mcps__offer *prompt, const struct mcps_prompt *from,
                          struct mcps__log *log)
{
    int r;

    if (!from->args)
        return 0;
    r = mcps__offer_keep_texts_table(prompt, "table of arguments", from->args,
                                     from->args_size, log);
    if (r >= 0 && prompt->args->n_fields > 0)
        r = keep_list(prompt, MCPS__PART_ARGUMENTS);
    if (r >= 0 && has_titles(prompt->args))
        r = keep_list(prompt, MCPS__PART_ARGUMENTS_PLAIN);
    return r;
}

/* ---- making one ---- */

static int make(struct mcps__offer **ret, const struct mcps_prompt *from,
                const struct mcps__offer_context *context)
{
    const struct mcps__offer_source source = {
        .kind = MCPS_PROMPTS,
        .key = from->name,
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
    struct mcps__offer *prompt = NULL;
    int r = check(from, context->log);

    if (r >= 0)
        r = mcps__offer_new(&prompt, &source, from->name, context);
    if (r >= 0)
        r = keep_arguments(prompt, from, context->log);
    if (r < 0) {
        mcps__offer_abandon(prompt);
        return r;
    }
    prompt->handler = from->handler;
    prompt->typed = from->typed;
    prompt->complete = from->complete;
    prompt->completes = prompt->completes || from->complete;
    *ret = prompt;
    return 0;
}

/* The elements have the size that the first one names, as with tools. */
int mcps__prompt_make(struct mcps__offer **ret, const void *items, size_t i,
                      const struct mcps__offer_context *context)
{
    const struct mcps_prompt *prompts = items;
    struct mcps_prompt prompt = { .struct_size = 0 };
    size_t size = prompts->struct_size;
    int r;

    memcpy(&prompt, (const char *)items + i * size,
           size < sizeof prompt ? size : sizeof prompt);
    r = make(ret, &prompt, context);
    if (r < 0 && prompt.destroy)
        prompt.destroy(prompt.userdata);
    return r;
}

/* ---- what handlers say ---- */

int mcps_call_role(mcps_call *call, enum mcps_role role)
{
    int r;

    if (call->action->shape != MCPS__SHAPE_MESSAGES ||
        (role != MCPS_ROLE_USER && role != MCPS_ROLE_ASSISTANT))
        return -EINVAL;
    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0)
        call->content.assistant = role == MCPS_ROLE_ASSISTANT;
    mcps__mutex_unlock(&call->mutex);
    return r;
}

/* The JSON text replaces the one before, which it is swapped with. */
static int set_description(struct mcps_call *call, struct mcps__buf *json)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__content *content = &call->content;
    const struct mcps__buf before = call->description;
    int r = mcps__content_reserve(content, content->reserved - before.len + json->len,
                                  content->fallback);

    if (r < 0)
        return r;
    call->description = *json;
    *json = before;
    return 0;
}

int mcps_call_description(mcps_call *call, const char *text)
{
    struct mcps__buf json;
    struct mcps__writer w;
    int r;

    if (call->action->shape != MCPS__SHAPE_MESSAGES)
        return -EINVAL;
    mcps__buf_init(&json, SIZE_MAX);
    mcps__write_init(&w, &json);
    if (text)
        mcps__write_string(&w, text);
    r = mcps__write_end(&w);
    if (r >= 0) {
        mcps__mutex_lock(&call->mutex);
        r = mcps__result_open(call);
        if (r >= 0)
            r = set_description(call, &json);
        mcps__mutex_unlock(&call->mutex);
    }
    mcps__buf_fini(&json);
    return mcps__result_said(call, r);
}

/* ---- the result ---- */

MCPS__NO_LOCK_ANALYSIS /* the mutex is held, which a table cannot say */
    static void
    write_members(struct mcps_call *call, struct mcps__writer *w)
{
    const struct mcps__bytes *own = call->offer->parts[MCPS__PART_DESCRIPTION];

    if (call->description.len == 0 && !own)
        return;
    mcps__write_key(w, "description");
    if (call->description.len > 0)
        mcps__write_raw(w, call->description.data, call->description.len);
    else
        mcps__write_raw(w, own->data, own->len);
}

const struct mcps__action mcps__action_prompt = {
    .asks = true,
    .method = "prompts/get",
    .shape = MCPS__SHAPE_MESSAGES,
    .texts = true,
    .write_members = write_members,
};
