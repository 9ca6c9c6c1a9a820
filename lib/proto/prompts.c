/* SPDX-License-Identifier: MIT */
/* Listing prompts, and getting one; see prompts.h. */
#include "config.h"

#include "proto/prompts.h"

#include "core/call.h"
#include "proto/capabilities.h"
#include "proto/offers.h"
#include "proto/strings.h"
#include "rpc/errors.h"

void mcps__prompts_list(const struct mcps__request *request)
{
    if (mcps__capabilities_has(request->peer->engine, MCPS_PROMPTS))
        mcps__offers_list(request, MCPS_PROMPTS);
    else
        mcps__request_refuse_method(request);
}

static void get(const struct mcps__request *request, const struct mcps__buf *name,
                const struct mcps__scan_member *arguments)
{
    struct mcps__param params[MCPS__N_PARAMS] = { { NULL, 0 } };
    struct mcps__call_request call = {
        .action = &mcps__action_prompt,
        .params = params,
        .arguments = arguments ? request->text + arguments->value : NULL,
        .arguments_len = arguments ? arguments->value_len : 0,
    };

    if (!mcps__offers_params(request, params))
        return;
    /* Before the name is looked up, so that it tells nothing of what is hidden. */
    if (call.arguments &&
        !mcps__strings_check(request, "argument", call.arguments, call.arguments_len))
        return;
    call.offer = mcps__offers_find(request, MCPS_PROMPTS, name);
    if (call.offer)
        mcps__offers_call(request, &call);
    mcps__offer_unref(call.offer);
}

void mcps__prompts_get(const struct mcps__request *request)
{
    bool wrong_name = false, wrong_arguments = false;
    const struct mcps__scan_member *name =
        mcps__request_param(request, "name", MCPS__JSON_STRING, &wrong_name);
    const struct mcps__scan_member *arguments =
        mcps__request_param(request, "arguments", MCPS__JSON_OBJECT, &wrong_arguments);
    struct mcps__buf decoded;

    if (!mcps__capabilities_has(request->peer->engine, MCPS_PROMPTS)) {
        mcps__request_refuse_method(request);
        return;
    }
    if (!name) {
        mcps__request_refuse_params(request, "prompts/get needs name, a string");
        return;
    }
    if (wrong_arguments) {
        mcps__request_refuse_params(request, "arguments must be an object of strings");
        return;
    }
    if (mcps__request_decode(&decoded, request, name) < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else
        get(request, &decoded, arguments);
    mcps__buf_fini(&decoded);
}
