/* SPDX-License-Identifier: MIT */
/* The arguments of a call; see arguments.h. */
#include "config.h"

#include "core/arguments.h"

#include <errno.h>

#include <json-c/json_object.h>

#include "json/tree.h"
#include "util/ct.h"
#include "util/mem.h"

int mcps__arguments_copy(struct mcps__arguments *arguments, struct mcps__account *account,
                         const struct mcps__offer *offer, const char *text, size_t len)
{
    arguments->text = mcps__memdup(text, len);
    if (!arguments->text)
        return -ENOMEM;
    arguments->secret = offer->args && offer->args->secrets;
    arguments->len = len;
    mcps__account_charge_in(account, len);
    return 0;
}

static void drop_text(struct mcps__arguments *arguments, struct mcps__account *account)
{
    mcps__account_uncharge_in(account, arguments->len);
    if (arguments->secret && arguments->text)
        mcps__wipe(arguments->text, arguments->len);
    mcps__free(arguments->text);
    arguments->text = NULL;
    arguments->len = 0;
}

int mcps__arguments_keep(struct mcps__arguments *arguments, struct mcps__account *account)
{
    if (!arguments->text)
        return 0;
    arguments->sent = mcps__memdup(arguments->text, arguments->len);
    if (!arguments->sent)
        return -ENOMEM;
    arguments->sent_len = arguments->len;
    mcps__account_charge_in(account, arguments->sent_len);
    return 0;
}

static void drop_sent(struct mcps__arguments *arguments, struct mcps__account *account)
{
    mcps__account_uncharge_in(account, arguments->sent_len);
    if (arguments->secret && arguments->sent)
        mcps__wipe(arguments->sent, arguments->sent_len);
    mcps__free(arguments->sent);
    arguments->sent = NULL;
    arguments->sent_len = 0;
}

static int build_tree(struct mcps__arguments *arguments, struct mcps__account *account,
                      struct mcps__tree_parser *parser)
{
    if (arguments->text) {
        arguments->tree_cost = mcps__tree_cost(arguments->text, arguments->len);
        mcps__account_charge_in(account, arguments->tree_cost);
        return mcps__tree_build(parser, &arguments->tree, arguments->text,
                                arguments->len);
    }
    arguments->tree = json_object_new_object();
    return arguments->tree ? 0 : -ENOMEM;
}

static int check_tree(struct mcps__arguments *arguments, const struct mcps__offer *offer,
                      struct mcps__reader *reader, char *reterr, size_t reterr_size)
{
    mcps_schema_scratch *scratch = reader->scratch;
    struct mcps__complaints complaints;
    size_t n = 0;
    int r = reader->coerces ? mcps_schema_coerce(offer->input, &arguments->tree, scratch,
                                                 MCPS__COMPLAINTS_MAX, &n)
                            : mcps_schema_check(offer->input, arguments->tree, scratch,
                                                MCPS__COMPLAINTS_MAX);

    reader->n_coerced += n;
    reader->n_unchecked += r == MCPS_ELIMIT;
    mcps__complaints_init(&complaints, "argument", reterr, reterr_size);
    for (size_t i = 0; i < mcps_schema_n_errors(scratch); i++)
        mcps__complain_line(&complaints, mcps_schema_error_at(scratch, i)->text);
    return r == MCPS_ELIMIT ? MCPS_EINVALID : r;
}

/* A struct refers to the text, a tree does not. */
int mcps__arguments_decode(struct mcps__arguments *arguments,
                           struct mcps__account *account, const struct mcps__offer *offer,
                           struct mcps__reader *reader, char *reterr, size_t reterr_size)
{
    int r;

    if (offer->typed)
        return mcps__args_decode(&arguments->args, offer->args, arguments->text,
                                 arguments->len, reader, reterr, reterr_size);
    r = build_tree(arguments, account, &reader->parser);
    drop_text(arguments, account);
    return r < 0 || !offer->input
               ? r
               : check_tree(arguments, offer, reader, reterr, reterr_size);
}

int mcps__arguments_run(const struct mcps__arguments *arguments,
                        const struct mcps__offer *offer, struct mcps_call *call)
{
    if (offer->typed)
        return offer->typed(call, mcps__args_struct(&arguments->args), offer->userdata);
    return offer->handler(call, arguments->tree, offer->userdata);
}

void mcps__arguments_fini(struct mcps__arguments *arguments,
                          struct mcps__account *account)
{
    mcps__args_fini(&arguments->args);
    json_object_put(arguments->tree);
    arguments->tree = NULL;
    mcps__account_uncharge_in(account, arguments->tree_cost);
    arguments->tree_cost = 0;
    drop_text(arguments, account);
    drop_sent(arguments, account);
}
