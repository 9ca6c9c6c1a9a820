/* SPDX-License-Identifier: MIT */
/* Who sees what; see view.h. */
#include "config.h"

#include "core/view.h"

#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/call.h"
#include "rpc/errors.h"
#include "util/utf8.h"

unsigned mcps__view_class(const struct mcps_call *call)
{
    const struct mcps__view *view = &call->exchange.peer->engine->view;
    const struct mcps_caller caller = {
        .struct_size = sizeof caller,
        .principal = mcps_call_principal(call),
        .protocol = mcps_call_protocol(call),
        .scopes = call->exchange.scopes ? call->exchange.scopes->items : NULL,
    };

    if (!mcps__view_is_set(view) || !view->classify)
        return 0;
    mcps__lock_assert_none_held();
    return view->classify(&caller, view->userdata);
}

bool mcps__view_shows(const struct mcps__view *view, unsigned caller_class,
                      const struct mcps__offer *offer)
{
    static const char *const none[] = { NULL };

    if (!mcps__view_is_set(view))
        return true;
    mcps__lock_assert_none_held();
    return view->visible(caller_class, offer->kind, offer->key,
                         offer->tag_list ? offer->tag_list : none, view->userdata);
}

enum { QUOTED_MAX = 64 }; /* bytes of a key in an error */

void mcps__view_sentence(char text[MCPS__UNKNOWN_SIZE], const char *what,
                         const char *noun, const char *key, size_t len)
{
    len = mcps__utf8_valid_prefix(key, len < QUOTED_MAX ? len : QUOTED_MAX);
    snprintf(text, MCPS__UNKNOWN_SIZE, "%s %s: \"%.*s\"", what, noun, (int)len, key);
}

/* An action may have an error of its own for what is not found. Where a resource has none, its
 * URI was taken for the text of a template. */
struct mcps__piece *mcps__view_unknown(struct mcps_call *call)
{
    enum mcps_kind kind =
        call->offer->kind == MCPS_RESOURCES ? MCPS_TEMPLATES : call->offer->kind;
    char text[MCPS__UNKNOWN_SIZE];
    struct mcps__piece *piece;

    if (call->action->error) {
        mcps__mutex_lock(&call->mutex);
        piece = call->action->error(call, MCPS_ENOTFOUND);
        mcps__mutex_unlock(&call->mutex);
        return piece;
    }
    mcps__view_sentence(text, "Unknown", mcps__kind_noun(kind), call->offer->key,
                        strlen(call->offer->key));
    return mcps__error_piece(&call->exchange.id, MCPS__RPC_INVALID_PARAMS, text, NULL);
}
