/* SPDX-License-Identifier: MIT */
/*
 * Work that cannot look whether it was cancelled, but can be told from elsewhere: a query of
 * SQLite, which a hook interrupts.
 *
 *     cc interrupt.c $(pkg-config --cflags --libs libmcpserver sqlite3)
 */
#include <stdio.h>
#include <stdlib.h>

#include <mcpserver/mcpserver.h>
#include <sqlite3.h>

/* Called on a thread of the library, while the query runs on another. */
static void interrupt(void *userdata, enum mcps_cancel_reason reason)
{
    (void)reason;
    sqlite3_interrupt(userdata);
}

/* The sum of the first column of all rows. */
static int sum_rows(mcps_call *call, sqlite3 *db, const char *sql, sqlite3_int64 limit)
{
    sqlite3_stmt *query = NULL;
    sqlite3_int64 sum = 0;
    int r = sqlite3_prepare_v2(db, sql, -1, &query, NULL);

    if (r == SQLITE_OK)
        r = sqlite3_bind_int64(query, 1, limit);
    if (r == SQLITE_OK) {
        mcps_call_progress(call, 1, 0, "the query runs");
        while ((r = sqlite3_step(query)) == SQLITE_ROW)
            sum += sqlite3_column_int64(query, 0);
    }
    sqlite3_finalize(query);
    if (r == SQLITE_INTERRUPT)
        return MCPS_ECANCELLED; /* nobody hears it: the call is answered, or never will be */
    if (r != SQLITE_DONE)
        return mcps_call_fail(call, "%s", sqlite3_errmsg(db));
    return mcps_call_text(call, "%lld", (long long)sum);
}

/* An interrupt is forgotten when no statement runs, and so would be one that comes just
 * before the query begins. Thus another one is kept open from before the hook is there. */
static int query_interruptibly(mcps_call *call, sqlite3 *db, sqlite3_int64 limit)
{
    static const char sql[] =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < ?1) SELECT sum(i) FROM n";
    mcps_cancel_hook *hook = NULL;
    sqlite3_stmt *open = NULL;
    int r;

    if (sqlite3_prepare_v2(db, "VALUES (1), (2)", -1, &open, NULL) != SQLITE_OK ||
        sqlite3_step(open) != SQLITE_ROW) {
        sqlite3_finalize(open);
        return mcps_call_fail(call, "%s", sqlite3_errmsg(db));
    }
    r = mcps_call_on_cancel(call, &hook, interrupt, db);
    if (r >= 0)
        r = sum_rows(call, db, sql, limit);
    /* Waits for one that is being called: the database is about to go. */
    mcps_cancel_hook_remove(hook);
    sqlite3_finalize(open);
    return r;
}

#define SUM_ARGS(ARG, S) \
    ARG(S, INT, limit, "The last of the numbers", MCPS_REQUIRED, MCPS_MIN(1))
MCPS_ARGS(sum_args, SUM_ARGS);

MCPS_TOOL_HANDLER(sum, sum_args)
{
    sqlite3 *db = NULL;
    int r;

    (void)userdata;
    if (sqlite3_open(":memory:", &db) == SQLITE_OK)
        r = query_interruptibly(call, db, args->limit);
    else
        r = mcps_call_fail(call, "the database cannot be opened");
    sqlite3_close(db);
    return r;
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(sum, sum_args, "Adds up the numbers from 1 to a limit, the slow way"),
};

/* Why a tool is refused, or a start fails, is said here only. */
static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "interrupt: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "interrupt", .version = "1", .log = log_line);
    mcps_server *server = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_server_add_tools(server, tools, 1);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_run(server);
    if (r < 0)
        fprintf(stderr, "interrupt: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
