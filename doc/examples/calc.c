/* SPDX-License-Identifier: MIT */
/*
 * Two tools over standard input and output, whose arguments and results are declared once.
 *
 *     cc calc.c $(pkg-config --cflags --libs libmcpserver)
 */
#include <stdio.h>

#include <mcpserver/mcpserver.h>

#define PAIR(ARG, S)                                 \
    ARG(S, NUMBER, a, "First addend", MCPS_REQUIRED) \
    ARG(S, NUMBER, b, "Second addend", MCPS_REQUIRED)
MCPS_ARGS(pair, PAIR);

#define SUM(ARG, S) ARG(S, NUMBER, sum, "What they make", MCPS_REQUIRED)
MCPS_RESULT(sum, SUM);

MCPS_TOOL_HANDLER(add, pair)
{
    struct sum sum = { .sum = args->a + args->b };

    (void)userdata;
    return sum_give(call, &sum);
}

#define BOUND(ARG, S)                                                      \
    ARG(S, INT, below, "Where to stop", MCPS_OPTIONAL, MCPS_RANGE(2, 1e9), \
        .default_json = "100")
MCPS_ARGS(bound, BOUND);

/* Says how far it is, and stops when nobody wants to know any more. */
MCPS_TOOL_HANDLER(count_primes, bound)
{
    long n_primes = 0;

    (void)userdata;
    for (int64_t n = 2; n < args->below && !mcps_call_cancelled(call); n++) {
        int64_t factor = 2;

        while (factor * factor <= n && n % factor != 0)
            factor++;
        n_primes += factor * factor > n;
        if (n % 1000 == 0)
            mcps_call_progress(call, (double)n, (double)args->below, NULL);
    }
    return mcps_call_text(call, "%ld", n_primes);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(add, pair, "Adds two numbers", .result = sum_fields,
              .hints = MCPS_READ_ONLY),
    MCPS_TOOL(count_primes, bound, "Counts prime numbers", .hints = MCPS_READ_ONLY),
};

/* Why a tool is refused, or a start fails, is said here only. */
static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "calc: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "calc", .version = "1.0", .log = log_line);
    mcps_server *server = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_run(server);
    if (r < 0)
        fprintf(stderr, "calc: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0;
}
