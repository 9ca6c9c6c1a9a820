/* SPDX-License-Identifier: MIT */
/* Completion: what runs, and what is answered; see complete.h and mcpserver/complete.h. */
#include "config.h"

#include "core/complete.h"

#include <errno.h>
#include <string.h>

#include "core/call.h"
#include "core/result.h"
#include "mcpserver/complete.h"

/* ---- what there is to complete ---- */

static bool has_variable(const mcps_uri_template *uri, const char *name, size_t len)
{
    for (size_t i = 0; i < mcps_uri_template_n_variables(uri); i++) {
        const char *variable = mcps_uri_template_variable(uri, i);

        if (strlen(variable) == len && memcmp(variable, name, len) == 0)
            return true;
    }
    return false;
}

/* A prompt without a table does not say. */
bool mcps__complete_knows(const struct mcps__offer *offer, const char *argument,
                          size_t len)
{
    if (offer->uri)
        return has_variable(offer->uri, argument, len);
    if (offer->args)
        return mcps__table_find(offer->args, argument, len, 0) >= 0;
    return offer->complete != NULL;
}

/* ---- values ---- */

int mcps_complete_value(mcps_call *call, const char *value)
{
    int r;

    if (call->action != &mcps__action_complete || !value)
        return -EINVAL;
    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0 && call->n_values < MCPS_COMPLETE_MAX)
        r = mcps__content_value(&call->content, value);
    if (r >= 0)
        call->n_values++;
    mcps__mutex_unlock(&call->mutex);
    return mcps__result_said(call, r);
}

int mcps_complete_total(mcps_call *call, uint64_t total, bool has_more)
{
    int r;

    if (call->action != &mcps__action_complete)
        return -EINVAL;
    mcps__mutex_lock(&call->mutex);
    r = mcps__result_open(call);
    if (r >= 0) {
        call->total = total;
        call->has_more = has_more;
    }
    mcps__mutex_unlock(&call->mutex);
    return r;
}

const char *mcps_complete_context(const mcps_call *call, const char *argument)
{
    const struct mcps__param *context = &call->params[MCPS__PARAM_CONTEXT];
    const char *at = context->text, *end = at ? at + context->len : NULL;

    while (at < end) {
        const char *value = at + strlen(at) + 1;

        if (strcmp(at, argument) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

/* ---- ENUM completes by itself ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins_with(const char *text, const char *prefix)
{
    while (*prefix != '\0' && lower(*text) == lower(*prefix)) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

static int complete_choices(struct mcps_call *call, const struct mcps__table_field *field)
{
    const char *value = call->params[MCPS__PARAM_VALUE].text;
    int r = 0;

    for (size_t i = 0; i < field->n_choices && r >= 0; i++) {
        if (begins_with(field->of->choices[i], value))
            r = mcps_complete_value(call, field->of->choices[i]);
    }
    return r;
}

static int run(struct mcps_call *call)
{
    const struct mcps__offer *offer = call->offer;
    const struct mcps__param *argument = &call->params[MCPS__PARAM_ARGUMENT];
    int i;

    if (offer->complete)
        return offer->complete(call, argument->text, call->params[MCPS__PARAM_VALUE].text,
                               offer->userdata);
    i = offer->args ? mcps__table_find(offer->args, argument->text, argument->len, 0)
                    : -1;
    return i >= 0 && offer->args->fields[i].type == MCPS_TYPE_ENUM
               ? complete_choices(call, &offer->args->fields[i])
               : 0;
}

/* ---- the result ---- */

/* Also what holds the values is closed. */
MCPS__NO_LOCK_ANALYSIS /* the mutex is held, which a table cannot say */
    static void
    write_members(struct mcps_call *call, struct mcps__writer *w)
{
    mcps__write_key(w, "total");
    mcps__write_uint(w, call->total > call->n_values ? call->total : call->n_values);
    mcps__write_key(w, "hasMore");
    mcps__write_bool(w, call->has_more || call->n_values > MCPS_COMPLETE_MAX);
    mcps__write_object_end(w);
}

const struct mcps__action mcps__action_complete = {
    .method = "completion/complete",
    .shape = MCPS__SHAPE_VALUES,
    .without_arguments = true,
    .run = run,
    .write_members = write_members,
};
