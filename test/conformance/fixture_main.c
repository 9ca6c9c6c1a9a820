/* SPDX-License-Identifier: MIT */
/*
 * The fixture: the server that the conformance suite is run against.
 *
 *     fixture [URI]
 *
 * Listens on http://127.0.0.1:0/mcp, or on the URI, and says on stderr where, once it does.
 * SIGTERM ends it. Exits with 0 when it has served and ended well, 1 after an error, 2 for a
 * bad command line.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>

#include "fixture.h"

enum { EXIT_USAGE = 2 };

static mcps_server *server; /* for the signal handler */

static void on_signal(int number)
{
    (void)number;
    mcps_server_request_stop(server);
}

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    fprintf(stderr, "fixture: %d %s\n", (int)level, line);
}

static int serve(const char *uri)
{
    const struct sigaction action = { .sa_handler = on_signal };
    char url[256];
    int r = mcps_server_listen(server, uri);

    if (r >= 0)
        r = fixture_add(server);
    if (r < 0)
        return r;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    r = mcps_server_start(server);
    if (r < 0)
        return r;
    fprintf(stderr, "listening on %s\n",
            mcps_server_get_url(server, url, sizeof url) < 0 ? uri : url);
    r = mcps_server_wait(server);
    if (r < 0)
        return r;
    return mcps_server_stop(server,
                            (unsigned)mcps_server_get_limit(server, MCPS_LIMIT_DRAIN_MS));
}

int main(int argc, char **argv)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "conformance-fixture", .version = mcps_version(),
                            .log = log_line, .log_level = MCPS_LOG_WARNING);
    const char *uri = argc > 1 ? argv[1] : "http://127.0.0.1:0/mcp";
    int r;

    if (argc > 2)
        return EXIT_USAGE;
    r = mcps_server_new(&server, &options);
    if (r >= 0)
        r = serve(uri);
    if (r < 0)
        fprintf(stderr, "fixture: %s: %s\n", uri, mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server;
}
