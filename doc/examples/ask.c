/* SPDX-License-Identifier: MIT */
/*
 * A tool that asks: it orders a pizza. The handler reads as if it waited for each answer, and
 * with clients up to 2025-11-25 it does; with others it is run again from the top for each, so
 * what it does besides asking, it does once.
 *
 *     cc ask.c $(pkg-config --cflags --libs libmcpserver json-c)
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json_object.h>
#include <mcpserver/mcpserver.h>

/* ---- forms ---- */

static const char *const sizes[] = { "small", "large", NULL };
static const char *const toppings[] = { "mushrooms", "olives", "capers", NULL };

#define PIZZA_FORM(ARG, S)                                           \
    ARG(S, ENUM, size, "How large", MCPS_REQUIRED, .choices = sizes) \
    ARG(S, LIST(ENUM), with, "What is on it", MCPS_OPTIONAL, .choices = toppings)
MCPS_FORM(pizza_form, PIZZA_FORM);

#define SURE_FORM(ARG, S) ARG(S, BOOL, sure, "Really", MCPS_REQUIRED)
MCPS_FORM(sure_form, SURE_FORM);

/* ---- the tool ---- */

/* What must not happen twice: it takes the next number. */
static int take_number(mcps_call *call, void *userdata, struct json_object **ret)
{
    static atomic_int last = 100; /* handlers run on several threads */

    (void)call;
    (void)userdata;
    *ret = json_object_new_int(atomic_fetch_add(&last, 1) + 1);
    return *ret ? 0 : -ENOMEM;
}

static int confirm(mcps_call *call, const struct pizza_form *pizza, int number)
{
    const struct sure_form *form;
    char question[128];
    int r;

    snprintf(question, sizeof question, "Order %d: a %s pizza with %zu toppings?", number,
             sizes[pizza->size], pizza->with.n);
    r = sure_form_ask(call, "sure", question, &form);
    if (r < 0)
        return r;
    return r == MCPS_ACCEPTED && form->sure
               ? mcps_call_text(call, "Order %d is on its way.", number)
               : mcps_call_text(call, "Order %d is cancelled.", number);
}

MCPS_TOOL_HANDLER(order, mcps_no_args)
{
    const struct pizza_form *pizza;
    struct json_object *number;
    int r = pizza_form_ask(call, "pizza", "What would you like?", &pizza);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    if (r != MCPS_ACCEPTED)
        return mcps_call_text(call, "Another time, then.");
    r = mcps_call_once(call, "number", take_number, NULL, &number);
    if (r < 0)
        return r;
    r = confirm(call, pizza, json_object_get_int(number));
    json_object_put(number);
    return r;
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(order, mcps_no_args, "Orders a pizza", .needs = MCPS_CLIENT_ELICITATION),
};

/* ---- the program ---- */

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "ask: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "ask", .version = "1", .log = log_line);
    mcps_server *server = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_server_add_tools(server, tools, 1);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_run(server);
    if (r < 0)
        fprintf(stderr, "ask: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
