/* SPDX-License-Identifier: MIT */
/* Who may come in over HTTP; see http_guard.h. */
#include "config.h"

#include "transport/http_guard.h"

#include <errno.h>
#include <string.h>

#include "transport/http_text.h"
#include "util/mem.h"

/* Texts of the options, copied, and what they say. */
struct texts {
    char **copies;
    size_t n;
};

struct mcps__guard {
    bool any_host, cors;
    struct texts name_texts, origin_texts, proxy_texts;
    struct mcps__authority *names; /* with port 0: with any port */
    struct mcps__origin *origins;
    struct mcps__network *proxies;
};

static struct mcps__slice slice_of(const char *text)
{
    return (struct mcps__slice){ text, strlen(text) };
}

/* ---- making one ---- */

static void texts_fini(struct texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        mcps__free(texts->copies[i]);
    mcps__free(texts->copies);
}

static int copy_texts(struct texts *texts, const char *const *from)
{
    size_t n = 0;

    while (from && from[n])
        n++;
    texts->copies = mcps__calloc(n, sizeof *texts->copies);
    if (!texts->copies)
        return -ENOMEM;
    for (; texts->n < n; texts->n++) {
        texts->copies[texts->n] = mcps__memdup(from[texts->n], strlen(from[texts->n]));
        if (!texts->copies[texts->n])
            return -ENOMEM;
    }
    return 0;
}

static int refuse(struct mcps__log *log, const char *text, const char *what)
{
    mcps__log(log, MCPS_LOG_ERROR, "options of HTTP: \"%s\" is not %s", text, what);
    return -EINVAL;
}

static int keep_names(struct mcps__guard *guard, const struct mcps_http_options *options,
                      struct mcps__log *log)
{
    struct texts *texts = &guard->name_texts;
    int r = copy_texts(texts, options->names);

    if (r < 0)
        return r;
    guard->names = mcps__calloc(texts->n, sizeof *guard->names);
    if (!guard->names)
        return -ENOMEM;
    for (size_t i = 0; i < texts->n; i++) {
        if (mcps__authority_parse(slice_of(texts->copies[i]), &guard->names[i]) < 0)
            return refuse(
                log, texts->copies[i],
                "a name of a host, such as \"mcp.example.com\", that may have a port");
    }
    return 0;
}

static int keep_origins(struct mcps__guard *guard,
                        const struct mcps_http_options *options, struct mcps__log *log)
{
    struct texts *texts = &guard->origin_texts;
    int r = copy_texts(texts, options->origins);

    if (r < 0)
        return r;
    guard->origins = mcps__calloc(texts->n, sizeof *guard->origins);
    if (!guard->origins)
        return -ENOMEM;
    for (size_t i = 0; i < texts->n; i++) {
        if (mcps__origin_parse(slice_of(texts->copies[i]), &guard->origins[i]) < 0)
            return refuse(
                log, texts->copies[i],
                "an origin, such as \"https://app.example.com\", in lower case");
    }
    return 0;
}

static int keep_proxies(struct mcps__guard *guard,
                        const struct mcps_http_options *options, struct mcps__log *log)
{
    struct texts *texts = &guard->proxy_texts;
    int r = copy_texts(texts, options->proxies);

    if (r < 0)
        return r;
    guard->proxies = mcps__calloc(texts->n, sizeof *guard->proxies);
    if (!guard->proxies)
        return -ENOMEM;
    for (size_t i = 0; i < texts->n; i++) {
        if (mcps__network_parse(slice_of(texts->copies[i]), &guard->proxies[i]) < 0)
            return refuse(log, texts->copies[i],
                          "an address of a proxy, or a network, such as \"10.0.0.0/8\"");
    }
    return 0;
}

/* An application that was built with a smaller struct leaves the rest out, which is zero. */
static int take_options(struct mcps_http_options *ret,
                        const struct mcps_http_options *options, struct mcps__log *log)
{
    *ret = (struct mcps_http_options){ .struct_size = sizeof *ret };
    if (!options)
        return 0;
    if (options->struct_size < sizeof options->struct_size) {
        mcps__log(log, MCPS_LOG_ERROR, "the options of HTTP have no struct_size");
        return -EINVAL;
    }
    memcpy(ret, options,
           options->struct_size < sizeof *ret ? options->struct_size : sizeof *ret);
    return 0;
}

int mcps__guard_new(struct mcps__guard **ret, const struct mcps_http_options *options,
                    struct mcps__log *log)
{
    struct mcps_http_options own;
    struct mcps__guard *guard;
    int r = take_options(&own, options, log);

    if (r < 0)
        return r;
    guard = mcps__calloc(1, sizeof *guard);
    if (!guard)
        return -ENOMEM;
    guard->any_host = own.any_host;
    guard->cors = own.cors;
    r = keep_names(guard, &own, log);
    if (r >= 0)
        r = keep_origins(guard, &own, log);
    if (r >= 0)
        r = keep_proxies(guard, &own, log);
    if (r < 0) {
        mcps__guard_free(guard);
        return r;
    }
    *ret = guard;
    return 0;
}

struct mcps__guard *mcps__guard_free(struct mcps__guard *guard)
{
    if (!guard)
        return NULL;
    mcps__free(guard->names);
    mcps__free(guard->origins);
    mcps__free(guard->proxies);
    texts_fini(&guard->name_texts);
    texts_fini(&guard->origin_texts);
    texts_fini(&guard->proxy_texts);
    mcps__free(guard);
    return NULL;
}

/* ---- proxies ---- */

static bool is_proxy(const struct mcps__guard *guard, const struct mcps__address *address)
{
    for (size_t i = 0; i < guard->proxy_texts.n; i++) {
        if (mcps__network_has(&guard->proxies[i], address))
            return true;
    }
    return false;
}

static bool is_from_proxy(const struct mcps__guard *guard, const struct sockaddr *peer)
{
    struct mcps__address address;

    return peer && guard->proxy_texts.n > 0 && mcps__address_of(peer, &address) >= 0 &&
           is_proxy(guard, &address);
}

/* The elements of a list, of all fields of a name together, from the last to the first: each
 * proxy adds what it knows behind what it was told. */
struct backwards {
    const struct mcps__headers *headers;
    const char *name;
    size_t n;                 /* fields that were not looked at yet */
    struct mcps__slice field; /* what is left of one; .data NULL: nothing */
};

static struct backwards backwards_of(const struct mcps__headers *headers,
                                     const char *name)
{
    return (struct backwards){ .headers = headers, .name = name, .n = headers->n };
}

/* .data NULL: there is no more. */
static struct mcps__slice previous(struct backwards *b)
{
    struct mcps__slice element;
    size_t at;

    while (!b->field.data && b->n > 0) {
        const struct mcps__header *header = &b->headers->items[--b->n];

        if (mcps__slice_is_nocase(header->name, b->name))
            b->field = header->value;
    }
    if (!b->field.data)
        return b->field;
    at = b->field.len;
    while (at > 0 && b->field.data[at - 1] != ',')
        at--;
    element = (struct mcps__slice){ b->field.data + at, b->field.len - at };
    if (at > 0)
        b->field.len = at - 1;
    else
        b->field.data = NULL;
    return mcps__http_trim(element.data, element.len);
}

/* As proxies write it: an address, with or without brackets and port. */
static int parse_forwarded(struct mcps__slice text, struct mcps__address *ret)
{
    struct mcps__authority authority;
    int r = mcps__address_parse(text, ret);

    if (r >= 0)
        return r;
    r = mcps__authority_parse(text, &authority);
    if (r < 0 || authority.name.data)
        return -EINVAL;
    *ret = authority.address;
    return 0;
}

bool mcps__guard_is_proxy(const struct mcps__guard *guard, const struct sockaddr *peer)
{
    struct mcps__address address;

    return peer && mcps__address_of(peer, &address) >= 0 && is_proxy(guard, &address);
}

void mcps__guard_client(const struct mcps__guard *guard,
                        const struct mcps__http_head *head, const struct sockaddr *peer,
                        char text[MCPS__ADDRESS_SIZE])
{
    static const char local[] = "local";
    struct backwards forwarded = { .n = 0 };
    struct mcps__address client, before;
    struct mcps__slice element;

    if (head)
        forwarded = backwards_of(&head->headers, "X-Forwarded-For");
    if (!peer || mcps__address_of(peer, &client) < 0) {
        memcpy(text, local, sizeof local);
        return;
    }
    while (is_proxy(guard, &client)) {
        element = previous(&forwarded);
        if (!element.data || parse_forwarded(element, &before) < 0)
            break;
        client = before;
    }
    mcps__address_write(&client, text);
}

/* ---- Host ---- */

static int say(int status, const char *why, const char **ret_why)
{
    *ret_why = why;
    return status;
}

static int read_target(const struct mcps__http_head *head,
                       const struct mcps__authority *host, const char **ret_why)
{
    struct mcps__authority target;

    if (!head->authority.data)
        return 0;
    if (mcps__authority_parse(head->authority, &target) < 0)
        return say(400, "the target's host is malformed", ret_why);
    if (target.port != host->port || !mcps__authority_same_host(&target, host))
        return say(403, "the target has another host than Host", ret_why);
    return 0;
}

/* What is to be checked. 0 or a status. */
static int read_host(const struct mcps__guard *guard, const struct mcps__http_head *head,
                     const struct sockaddr *peer, struct mcps__authority *ret,
                     const char **ret_why)
{
    struct backwards forwarded = backwards_of(&head->headers, "X-Forwarded-Host");
    struct mcps__slice nearest;
    int status;

    if (!head->host.data)
        return say(400, "there is no Host", ret_why);
    if (mcps__authority_parse(head->host, ret) < 0)
        return say(400, "Host is malformed", ret_why);
    status = read_target(head, ret, ret_why);
    if (status != 0 || !is_from_proxy(guard, peer))
        return status;
    nearest = previous(&forwarded);
    if (nearest.data && mcps__authority_parse(nearest, ret) < 0)
        return say(400, "X-Forwarded-Host is malformed", ret_why);
    return 0;
}

/* `port` 0 is the one that http or https implies. */
static bool is_named(const struct mcps__guard *guard,
                     const struct mcps__authority *authority)
{
    for (size_t i = 0; i < guard->name_texts.n; i++) {
        const struct mcps__authority *name = &guard->names[i];
        bool implied = authority->port == 0 && (name->port == 80 || name->port == 443);

        if (mcps__authority_same_host(name, authority) &&
            (name->port == 0 || name->port == authority->port || implied))
            return true;
    }
    return false;
}

static bool is_host_allowed(const struct mcps__guard *guard,
                            const struct mcps__authority *host, bool local_is_loopback)
{
    return mcps__authority_is_loopback(host) ||
           (!local_is_loopback && !host->name.data) || is_named(guard, host);
}

/* ---- Origin ---- */

/* Is the page from the address that it asks? */
static bool is_own_page(const struct mcps__origin *origin,
                        const struct mcps__authority *host)
{
    unsigned port = host->port;

    if (port == 0)
        port = mcps__slice_is(origin->scheme, "https") ? 443 : 80;
    return !host->name.data && origin->authority.port == port &&
           mcps__authority_same_host(&origin->authority, host);
}

static bool is_origin_allowed(const struct mcps__guard *guard,
                              const struct mcps__origin *origin,
                              const struct mcps__authority *host)
{
    for (size_t i = 0; i < guard->origin_texts.n; i++) {
        if (mcps__origin_equal(&guard->origins[i], origin))
            return true;
    }
    if (!mcps__origin_is_web(origin))
        return false;
    return is_named(guard, &origin->authority) || is_own_page(origin, host) ||
           (mcps__authority_is_loopback(&origin->authority) &&
            mcps__authority_is_loopback(host));
}

static int check_origin(const struct mcps__guard *guard,
                        const struct mcps__http_head *head,
                        const struct mcps__authority *host, const char **ret_why)
{
    struct mcps__slice text = mcps__headers_get(&head->headers, "Origin");
    struct mcps__slice site = mcps__headers_get(&head->headers, "Sec-Fetch-Site");
    struct mcps__origin origin;

    if (!text.data && mcps__slice_is_nocase(site, "cross-site"))
        return say(403, "another site asks, without an Origin", ret_why);
    if (text.data && (mcps__origin_parse(text, &origin) < 0 ||
                      !is_origin_allowed(guard, &origin, host)))
        return say(403, "Origin is not allowed", ret_why);
    return 0;
}

int mcps__guard_check(const struct mcps__guard *guard, const struct mcps__http_head *head,
                      const struct mcps__guard_ends *ends, const char **ret_why)
{
    struct mcps__authority host;
    int status;

    if (guard->any_host)
        return 0;
    status = read_host(guard, head, ends->peer, &host, ret_why);
    if (status != 0)
        return status;
    if (!is_host_allowed(guard, &host, ends->local_is_loopback))
        return say(403, "Host is not allowed", ret_why);
    return check_origin(guard, head, &host, ret_why);
}

/* ---- CORS ---- */

static int append_line(struct mcps__buf *buf, const char *name, struct mcps__slice value)
{
    int r = mcps__buf_append_str(buf, name);

    if (r >= 0)
        r = mcps__buf_append(buf, value.data, value.len);
    return r < 0 ? r : mcps__buf_append_str(buf, "\r\n");
}

/* Which page may read the answer; caches are told in any case that it depends on that. */
static int append_origin(struct mcps__buf *buf, struct mcps__slice origin)
{
    int r = mcps__buf_append_str(buf, "Vary: Origin\r\n");

    return r < 0 || !origin.data
               ? r
               : append_line(buf, "Access-Control-Allow-Origin: ", origin);
}

/* The page's, as it is sent; .data NULL if there is none, or none that could be one. */
static struct mcps__slice page_of(const struct mcps__http_head *head)
{
    struct mcps__slice text = mcps__headers_get(&head->headers, "Origin");
    struct mcps__origin origin;

    return text.data && mcps__origin_parse(text, &origin) >= 0
               ? text
               : (struct mcps__slice){ NULL, 0 };
}

/* Half a line would spoil the field behind it. */
static int all_or_nothing(struct mcps__buf *buf, size_t before, int r)
{
    if (r < 0)
        buf->len = before;
    return r;
}

int mcps__guard_write_cors(const struct mcps__guard *guard,
                           const struct mcps__http_head *head, struct mcps__buf *buf)
{
    struct mcps__slice page = page_of(head);
    size_t before = buf->len;
    int r;

    if (!guard->cors)
        return 0;
    r = append_origin(buf, page);
    if (r >= 0 && page.data)
        r = mcps__buf_append_str(buf, "Access-Control-Expose-Headers: Mcp-Session-Id, "
                                      "MCP-Protocol-Version, WWW-Authenticate\r\n");
    return all_or_nothing(buf, before, r);
}

/* The names of fields that are asked for, or of the method: tokens with commas between. */
static bool is_token_list(struct mcps__slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!mcps__http_byte_is(text.data[i], MCPS__HTTP_TOKEN) && text.data[i] != ',' &&
            !mcps__http_is_blank(text.data[i]))
            return false;
    }
    return text.len > 0;
}

/* "*" would stand for everything. */
static bool can_be_granted(struct mcps__slice text)
{
    return text.data && is_token_list(text) && !memchr(text.data, '*', text.len);
}

int mcps__guard_write_preflight(const struct mcps__guard *guard,
                                const struct mcps__http_head *head, struct mcps__buf *buf)
{
    struct mcps__slice method =
        mcps__headers_get(&head->headers, "Access-Control-Request-Method");
    struct mcps__slice fields =
        mcps__headers_get(&head->headers, "Access-Control-Request-Headers");
    struct mcps__slice page = page_of(head);
    size_t before = buf->len;
    int r;

    if (!guard->cors || head->method != MCPS__HTTP_OPTIONS || !page.data ||
        !can_be_granted(method))
        return 0;
    r = append_origin(buf, page);
    if (r >= 0)
        r = append_line(buf, "Access-Control-Allow-Methods: ", method);
    if (r >= 0 && can_be_granted(fields))
        r = append_line(buf, "Access-Control-Allow-Headers: ", fields);
    if (r >= 0)
        r = mcps__buf_append_str(buf, "Access-Control-Max-Age: 600\r\n");
    return r < 0 ? all_or_nothing(buf, before, r) : 1;
}
