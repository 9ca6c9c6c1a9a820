/* SPDX-License-Identifier: MIT */
/* Whose a connection is, and what it costs that account; see http.h. */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <string.h>

#include "core/scopes.h"
#include "util/mem.h"

static struct mcps__engine *engine_of(const struct mcps__http_conn *conn)
{
    return conn->http->transport.engine;
}

/* ---- what is kept of a request counts for its account ---- */

void mcps__http_conn_charge(struct mcps__http_conn *conn)
{
    const struct mcps__http_reading *reading = conn->reading;
    size_t kept = conn->in.cap;

    if (reading)
        kept += reading->content.cap + reading->head.cap;
    if (kept > conn->charged)
        mcps__account_charge_in(conn->account, kept - conn->charged);
    else if (kept < conn->charged)
        mcps__account_uncharge_in(conn->account, conn->charged - kept);
    conn->charged = kept;
}

bool mcps__http_conn_is_full(const struct mcps__http_conn *conn)
{
    return !mcps__account_room_in(
        conn->account,
        mcps__limit_size(&engine_of(conn)->limits, MCPS_LIMIT_IN_TOTAL_BYTES));
}

/* ---- who it is ---- */

void mcps__http_client(const struct mcps__http_conn *conn,
                       const struct mcps__http_head *head,
                       char address[MCPS__ADDRESS_SIZE])
{
    socklen_t len;

    mcps__guard_client(conn->http->setup.guard, head, mcps__sock_peer(conn->sock, &len),
                       address);
}

/* No principal is called as anonymous clients are: mcps_http_accept() sees to that. */
static int account_name(const char *principal, const char *address,
                        struct mcps__buf *name)
{
    struct mcps__address parsed;
    char site[MCPS__ADDRESS_SIZE];
    int r;

    if (mcps__address_parse((struct mcps__slice){ address, strlen(address) }, &parsed) >=
        0) {
        mcps__address_write_site(&parsed, site);
        address = site;
    }
    mcps__buf_init(name, SIZE_MAX);
    r = mcps__buf_append_str(name, principal ? "" : MCPS__ANONYMOUS);
    if (r >= 0)
        r = mcps__buf_append_str(name, principal ? principal : address);
    return r < 0 ? r : mcps__buf_append_byte(name, '\0');
}

static int keep_principal(struct mcps__http_conn *conn, const char *principal)
{
    char *copy = NULL;

    if (principal) {
        copy = mcps__memdup(principal, strlen(principal) + 1);
        if (!copy)
            return -ENOMEM;
    }
    mcps__free(conn->principal);
    conn->principal = copy;
    return 0;
}

void mcps__http_conn_leave_account(struct mcps__http_conn *conn)
{
    if (!conn->account)
        return;
    mcps__account_uncharge_in(conn->account, conn->charged);
    conn->charged = 0;
    atomic_fetch_sub(&conn->account->n_connections, 1);
    conn->account = mcps__account_unref(conn->account);
}

/* MCPS_ELIMIT: it has as many connections as it may. */
static int move_to(struct mcps__http_conn *conn, const char *name)
{
    struct mcps__engine *engine = engine_of(conn);
    struct mcps__account *account;
    int r = mcps__account_get(&engine->accounts, name, &account);

    if (r < 0)
        return r;
    if (atomic_fetch_add(&account->n_connections, 1) >=
        mcps__limit(&engine->limits, MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT)) {
        atomic_fetch_sub(&account->n_connections, 1);
        mcps__account_unref(account);
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT);
        return MCPS_ELIMIT;
    }
    mcps__http_conn_leave_account(conn);
    conn->account = account;
    mcps__http_conn_charge(conn);
    return 0;
}

int mcps__http_conn_account(struct mcps__http_conn *conn, const char *principal,
                            struct mcps__scopes *scopes, const char *address)
{
    struct mcps__buf name;
    int r = account_name(principal, address, &name);

    if (r >= 0 && (!conn->account || strcmp(conn->account->principal, name.data) != 0))
        r = move_to(conn, name.data);
    mcps__buf_fini(&name);
    if (r >= 0)
        r = keep_principal(conn, principal);
    if (r < 0)
        return r;
    mcps__scopes_ref(scopes);
    mcps__scopes_unref(conn->scopes);
    conn->scopes = scopes;
    return 0;
}
