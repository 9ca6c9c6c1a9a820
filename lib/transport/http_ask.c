/* SPDX-License-Identifier: MIT */
/*
 * What the application is asked over HTTP: who sends a request, and its own routes; see http.h
 * and mcpserver/http.h.
 *
 * The application gets an object of its own with a copy of what it may look at. Its answer is
 * posted to the I/O thread, where the connection is, if it still is.
 */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <string.h>

#include "core/answer.h"
#include "rpc/errors.h"
#include "transport/http_text.h"
#include "util/clock.h"
#include "util/mem.h"

enum { STATUS_OK = 200, STATUS_LEAST = 200, STATUS_MOST = 599 };

enum { VALUE_MAX = 1024 }; /* of a field: there is room for it beside those for pages */

struct mcps_http_request {
    struct mcps__engine *engine; /* references */
    struct mcps__loop *loop;
    struct mcps__account *account; /* a reference: whom what is copied counts for */
    size_t charged;
    struct mcps__http_conn *conn; /* [I/O thread] NULL: it is gone */
    atomic_bool forgotten;        /* that is known by all */
    struct mcps__task task;
    struct mcps__post post;
    mcps_route_fn *fn;
    void *userdata;
    bool is_route;
    const char *method, *path, *query;
    const char **fields; /* names and values by turns */
    size_t n_fields;
    char address[MCPS__ADDRESS_SIZE];
    const void *body;
    size_t body_len;
    char *texts; /* the memory of those */
    /* The answer. */
    int status;
    char *principal, *challenge, *type;
    struct mcps__scopes *scopes;
    struct mcps__piece *reply;
};

/* ---- making ---- */

static void free_request(struct mcps_http_request *request)
{
    struct mcps__engine *engine = request->engine;

    mcps__free(request->fields);
    mcps__free(request->texts);
    mcps__free(request->principal);
    mcps__free(request->challenge);
    mcps__free(request->type);
    mcps__scopes_unref(request->scopes);
    mcps__piece_free(request->reply);
    if (request->account)
        mcps__account_uncharge_in(request->account, request->charged);
    mcps__account_unref(request->account);
    mcps__loop_unref(request->loop);
    mcps__free(request);
    mcps__engine_unref(engine);
}

static const char *keep(char **to, struct mcps__slice text)
{
    char *begin = *to;

    if (text.len > 0)
        memcpy(begin, text.data, text.len);
    begin[text.len] = '\0';
    *to += text.len + 1;
    return begin;
}

/* All texts in one block of memory, a NUL behind each. */
static int copy_texts(struct mcps_http_request *request,
                      const struct mcps__http_head *head, struct mcps__slice content)
{
    const struct mcps__headers *headers = &head->headers;
    size_t size =
        head->method_text.len + head->path.len + head->query.len + content.len + 4;
    char *to;

    for (size_t i = 0; i < headers->n; i++)
        size += headers->items[i].name.len + headers->items[i].value.len + 2;
    request->texts = to = mcps__malloc(size);
    request->fields = mcps__calloc(2 * headers->n + 1, sizeof *request->fields);
    if (!request->texts || !request->fields)
        return -ENOMEM;
    request->method = keep(&to, head->method_text);
    request->path = keep(&to, head->path);
    request->query = head->query.data ? keep(&to, head->query) : NULL;
    for (size_t i = 0; i < headers->n; i++) {
        request->fields[2 * i] = keep(&to, headers->items[i].name);
        request->fields[2 * i + 1] = keep(&to, headers->items[i].value);
    }
    request->n_fields = headers->n;
    if (content.len > 0)
        request->body = keep(&to, content);
    request->body_len = content.len;
    request->charged = size;
    return 0;
}

/* What an application keeps of a request is input that waits. */
static void charge(struct mcps_http_request *request, struct mcps__account *account)
{
    request->account = mcps__account_ref(account);
    mcps__account_charge_in(account, request->charged);
}

static void ask(struct mcps__task *task)
{
    struct mcps_http_request *request =
        MCPS__CONTAINER_OF(task, struct mcps_http_request, task);

    mcps__lock_assert_none_held();
    request->fn(request, request->userdata);
}

static void on_answer(struct mcps__post *post);

static int hand_on(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                   struct mcps__slice content, mcps_route_fn *fn, void *userdata)
{
    struct mcps__http *http = conn->http;
    struct mcps_http_request *request = mcps__calloc(1, sizeof *request);

    if (!request)
        return -ENOMEM;
    request->engine = mcps__engine_ref(http->transport.engine);
    request->loop = mcps__loop_ref(http->loop);
    if (copy_texts(request, head, content) < 0) {
        free_request(request);
        return -ENOMEM;
    }
    charge(request, conn->account);
    mcps__http_client(conn, head, request->address);
    request->conn = conn;
    request->fn = fn;
    request->userdata = userdata;
    request->is_route = conn->route == MCPS__ROUTE_APP;
    atomic_init(&request->forgotten, false);
    mcps__task_init(&request->task, ask);
    mcps__post_init(&request->post, on_answer);
    conn->asked = request;
    conn->state = MCPS__HTTP_ASKING;
    conn->deadline = mcps__http_after(conn, MCPS_LIMIT_IDENTIFY_MS);
    mcps__control_post(&request->engine->control, &request->task);
    return 0;
}

int mcps__http_ask_identity(struct mcps__http_conn *conn,
                            const struct mcps__http_head *head)
{
    const struct mcps__http_setup *setup = &conn->http->setup;

    return hand_on(conn, head, (struct mcps__slice){ NULL, 0 }, setup->identify,
                   setup->identify_userdata);
}

int mcps__http_ask_route(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                         struct mcps__slice content)
{
    const struct mcps__route *route = &conn->http->routes->items[conn->app_route];

    return hand_on(conn, head, content, route->fn, route->userdata);
}

/* What the application has not seen yet it never sees: clients that come and go would fill the
 * queue otherwise. */
void mcps__http_ask_forget(struct mcps__http_conn *conn)
{
    struct mcps_http_request *request = conn->asked;

    if (!request)
        return;
    conn->asked = NULL;
    request->conn = NULL;
    atomic_store(&request->forgotten, true);
    if (mcps__control_withdraw(&request->engine->control, &request->task))
        free_request(request);
}

/* ---- answering ---- */

static void refuse(struct mcps__http_conn *conn, int status, const char *challenge)
{
    static const char *const whys[] = {
        "Unauthorized: the request does not say who sends it",
        "Forbidden: who sends the request may not",
        "Server busy: it cannot be said who sends the request",
        "Internal error: the application gave no answer that can be sent",
    };
    const char *why = status == 401   ? whys[0]
                      : status == 403 ? whys[1]
                      : status == 503 ? whys[2]
                                      : whys[3];

    MCPS__COUNT(conn->http->transport.engine, refused);
    if (challenge)
        mcps__http_reply_field(conn, "WWW-Authenticate", challenge);
    mcps__http_reply_error(conn, status, MCPS__RPC_INVALID_REQUEST, why, true);
}

static void take_identity(struct mcps__http_conn *conn,
                          const struct mcps_http_request *request)
{
    int r = mcps__http_conn_account(conn, request->principal, request->scopes,
                                    request->address);

    if (r < 0)
        mcps__http_conn_refuse_failed(conn, r);
    else
        mcps__http_conn_identified(conn);
}

static void apply(struct mcps__http_conn *conn, struct mcps_http_request *request)
{
    struct mcps__piece *reply = request->reply;

    conn->deadline = MCPS__CLOCK_NEVER;
    if (request->status != STATUS_OK && !reply) {
        refuse(conn, request->status, request->challenge);
    } else if (request->is_route) {
        request->reply = NULL;
        if (request->type)
            mcps__http_reply_field(conn, "Content-Type", request->type);
        mcps__http_reply_whole(conn, request->status, MCPS__TYPE_IN_FIELDS, reply);
    } else {
        take_identity(conn, request);
    }
}

static void on_answer(struct mcps__post *post)
{
    struct mcps_http_request *request =
        MCPS__CONTAINER_OF(post, struct mcps_http_request, post);
    struct mcps__http_conn *conn = request->conn;

    if (conn) {
        conn->asked = NULL;
        apply(conn, request);
    }
    free_request(request);
}

/* What is wrong with an answer is the client's 500 and the application's error. */
static int answer(struct mcps_http_request *request, int error)
{
    bool gone = atomic_load(&request->forgotten);

    if (error < 0) {
        mcps__log(
            &request->engine->log, MCPS_LOG_ERROR,
            "an answer of the application to a request over HTTP cannot be sent: %s",
            mcps_strerror(error));
        mcps__piece_free(request->reply);
        request->reply = NULL;
        request->status = 500;
    }
    if (!mcps__loop_post(request->loop, &request->post)) {
        gone = true;
        free_request(request);
    }
    if (error < 0)
        return error;
    return gone ? MCPS_ECLOSED : 0;
}

static int copy(char **ret, const char *text)
{
    if (!text)
        return 0;
    *ret = mcps__memdup(text, strlen(text) + 1);
    return *ret ? 0 : -ENOMEM;
}

/* The value of a field, as it may be sent. */
static int copy_value(char **ret, const char *text)
{
    size_t len = text ? strlen(text) : 0;

    if (len > VALUE_MAX || (text && mcps__http_value_span(text, len) < len))
        return -EINVAL;
    return copy(ret, text);
}

int mcps_http_accept(mcps_http_request *request, const char *principal,
                     const char *const *scopes)
{
    bool fits = !request->is_route &&
                !(principal &&
                  strncmp(principal, MCPS__ANONYMOUS, sizeof MCPS__ANONYMOUS - 1) == 0);
    int r = fits ? copy(&request->principal, principal) : -EINVAL;

    request->status = STATUS_OK;
    if (r >= 0)
        r = mcps__scopes_new(&request->scopes, scopes);
    return answer(request, r);
}

int mcps_http_reject(mcps_http_request *request, int status, const char *challenge)
{
    int r = status == 401 || status == 403 || status == 503 ? 0 : -EINVAL;

    request->status = status;
    if (r >= 0)
        r = copy_value(&request->challenge, challenge);
    return answer(request, r);
}

static int make_reply(mcps_http_request *request, const void *body, size_t len)
{
    struct mcps__buf buf;
    int r = mcps__piece_begin(&buf, SIZE_MAX / 2);

    if (r < 0)
        return r;
    r = mcps__buf_append(&buf, body, len);
    if (r < 0)
        mcps__buf_fini(&buf);
    else
        request->reply = mcps__piece_end(&buf);
    return r;
}

int mcps_http_reply(mcps_http_request *request, int status, const char *content_type,
                    const void *body, size_t len)
{
    bool fits = request->is_route && status >= STATUS_LEAST && status <= STATUS_MOST &&
                (body || len == 0);
    int r = fits ? copy_value(&request->type, content_type) : -EINVAL;

    request->status = status;
    if (r >= 0)
        r = make_reply(request, body, len);
    return answer(request, r);
}

/* ---- what was asked ---- */

const char *mcps_http_method(const mcps_http_request *request)
{
    return request->method;
}

const char *mcps_http_path(const mcps_http_request *request)
{
    return request->path;
}

const char *mcps_http_query(const mcps_http_request *request)
{
    return request->query;
}

const char *mcps_http_header(const mcps_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        const char *field = request->fields[2 * i];

        if (mcps__slice_is_nocase((struct mcps__slice){ field, strlen(field) }, name))
            return request->fields[2 * i + 1];
    }
    return NULL;
}

const char *mcps_http_address(const mcps_http_request *request)
{
    return request->address;
}

const void *mcps_http_body(const mcps_http_request *request, size_t *ret_len)
{
    *ret_len = request->body_len;
    return request->body;
}
