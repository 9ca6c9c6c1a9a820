/* SPDX-License-Identifier: MIT */
/*
 * Whole connections over HTTP: clients that send anything in any pieces, leave in any way, do
 * not read, and wait. An input is a script, a letter for each step (see do_step()).
 *
 * Whatever it is: all that is written is HTTP/1.1, each answer is to a request that came on
 * that connection, says no more than was asked, and each response once; nothing follows the
 * last; and when the clients are gone and some time has passed, nothing is left of them.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "http_scene.h"
#include "http_strict.h"
#include "mcpserver/http.h"
#include "transport/http_body.h"
#include "transport/http_parse.h"
#include "util/buf.h"

enum {
    CLIENTS = 3,
    STEPS_MAX = 200,
    MESSAGE_MAX = 4096,
    HEADER_MAX = 2048,
    SEND_MAX = 8192,
    IDS_MAX = 256
};

/* ---- the server ---- */

enum kind { USUAL, JSON_ONLY, STATELESS, N_KINDS };

static bool running;
static enum kind kind;

static void stop(void)
{
    http_end();
    running = false;
}

static void start(enum kind wanted)
{
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.json_only = wanted == JSON_ONLY,
                          .stateless = wanted == STATELESS, .http_sse = true);
    static const struct {
        enum mcps_limit limit;
        unsigned value;
    } limits[] = {
        { MCPS_LIMIT_MESSAGE_BYTES, MESSAGE_MAX },
        { MCPS_LIMIT_HEADER_BYTES, HEADER_MAX },
        { MCPS_LIMIT_REPLAY_BYTES, 3000 },
        { MCPS_LIMIT_REPLAY_TOTAL_BYTES, 6000 },
        { MCPS_LIMIT_OUT_BYTES, 2000 },
        { MCPS_LIMIT_SESSIONS, 4 },
        { MCPS_LIMIT_CONNECTIONS, 3 },
        { MCPS_LIMIT_CALLS_PER_PEER, 3 },
        { MCPS_LIMIT_BAD_MESSAGES, 1000 },
        { MCPS_LIMIT_PROGRESS_MS, 0 },
    };
    static bool registered;

    if (running && kind == wanted)
        return;
    if (running)
        stop();
    FUZZ_CHECK(http_prepare(&options));
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        FUZZ_CHECK(mcps_server_set_limit(http_server, limits[i].limit, limits[i].value) ==
                   0);
    FUZZ_CHECK(http_start());
    if (!registered)
        atexit(stop);
    registered = running = true;
    kind = wanted;
}

/* ---- clients ---- */

struct asked {
    bool is_head, is_get;
    char *ids[IDS_MAX]; /* of requests, as JSON text */
    size_t n_ids;
};

struct visitor {
    struct fake_client *client; /* NULL: it has not come yet */
    struct mcps__buf sent;
    bool shut;
};

static struct visitor visitors[CLIENTS];
static char session[33], old_path[80], event_id[45];
/* The ids of all requests of this input, whoever sent them. */
static struct asked everything;

static bool add_id(struct asked *asked, const char *id)
{
    if (asked->n_ids == IDS_MAX)
        return false;
    asked->ids[asked->n_ids] = strdup(id);
    FUZZ_CHECK(asked->ids[asked->n_ids]);
    asked->n_ids++;
    return true;
}

static void forget_ids(struct asked *asked)
{
    for (size_t i = 0; i < asked->n_ids; i++)
        free(asked->ids[i]);
    asked->n_ids = 0;
}

/* Is an id among them? Takes it off the list, if `take` says so. */
static bool has_id(struct asked *asked, const char *id, bool take)
{
    for (size_t i = 0; i < asked->n_ids; i++) {
        if (strcmp(asked->ids[i], id) != 0)
            continue;
        if (take) {
            free(asked->ids[i]);
            asked->ids[i] = asked->ids[--asked->n_ids];
        }
        return true;
    }
    return false;
}

/* ---- what was asked ---- */

static struct json_object *parse(const char *text, size_t len)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *tree = json_tokener_parse_ex(tokener, text, (int)len);

    json_tokener_free(tokener);
    return tree;
}

static const char *id_of(struct json_object *message)
{
    struct json_object *id;

    return json_object_is_type(message, json_type_object) &&
                   json_object_object_get_ex(message, "id", &id)
               ? json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN)
               : NULL;
}

static void add_ids(struct asked *asked, const char *body, size_t len)
{
    struct json_object *tree = parse(body, len), *item;
    bool is_batch = json_object_is_type(tree, json_type_array);
    size_t n = is_batch ? json_object_array_length(tree) : 1;

    for (size_t i = 0; i < n; i++) {
        item = is_batch ? json_object_array_get_idx(tree, i) : tree;
        if (!item || !id_of(item))
            continue;
        FUZZ_CHECK(add_id(asked, id_of(item)));
        if (!has_id(&everything, id_of(item), false))
            FUZZ_CHECK(add_id(&everything, id_of(item)));
    }
    json_object_put(tree);
}

/* Reads the next request off what was sent, as a server would. False: there is none that is
 * complete and right. */
static bool next_request(const char **data, size_t *len, struct asked *ret)
{
    static char content[MESSAGE_MAX + 1];
    struct mcps__http_parser parser;
    struct mcps__http_head head;
    struct mcps__http_body body;
    struct mcps__slice run;
    size_t head_len, n = 0;
    int r;

    *ret = (struct asked){ .is_head = false };
    mcps__http_parser_init(&parser, HEADER_MAX);
    if (mcps__http_parse(&parser, *data, *len, &head, &head_len) <= 0)
        return false;
    ret->is_head = head.method == MCPS__HTTP_HEAD;
    ret->is_get = head.method == MCPS__HTTP_GET;
    *data += head_len;
    *len -= head_len;
    mcps__http_body_init(&body, &head, MESSAGE_MAX);
    do {
        r = mcps__http_body_next(&body, data, len, &run);
        if (r == MCPS__BODY_CONTENT) {
            memcpy(content + n, run.data, run.len);
            n += run.len;
        }
    } while (r == MCPS__BODY_CONTENT);
    if (r == MCPS__BODY_END && n > 0)
        add_ids(ret, content, n);
    return r == MCPS__BODY_END;
}

/* ---- what was answered ---- */

/* A message of the server's. Responses are to what was asked, once; those of a stream that was
 * resumed are to what anybody asked. */
static void check_message(struct asked *asked, const char *text, size_t len)
{
    struct json_object *tree = parse(text, len), *item, *error, *result;
    bool is_batch = json_object_is_type(tree, json_type_array);
    size_t n = is_batch ? json_object_array_length(tree) : 1;

    FUZZ_CHECK(tree);
    for (size_t i = 0; i < n; i++) {
        item = is_batch ? json_object_array_get_idx(tree, i) : tree;
        FUZZ_CHECK(json_object_is_type(item, json_type_object));
        if (!json_object_object_get_ex(item, "error", &error) &&
            !json_object_object_get_ex(item, "result", &result))
            continue;
        if (!id_of(item))
            continue;
        if (asked->is_get)
            FUZZ_CHECK(has_id(&everything, id_of(item), false));
        else
            FUZZ_CHECK(has_id(asked, id_of(item), true));
    }
    json_object_put(tree);
}

/* Blocks of lines, each with an empty line behind it; the last may be cut off. Serials of ids
 * go up. */
static void check_events(struct asked *asked, const char *text)
{
    const char *end = strstr(text, "\n\n"), *line, *at;
    unsigned long long latest = 0, serial;

    for (; end; text = end + 2, end = strstr(text, "\n\n")) {
        for (line = text; line < end; line = at + 1) {
            at = memchr(line, '\n', (size_t)(end - line) + 1);
            if (strncmp(line, "id: ", 4) == 0) {
                const char *bar = memchr(line, '_', (size_t)(at - line));

                FUZZ_CHECK(bar);
                serial = strtoull(bar + 1, NULL, 10);
                FUZZ_CHECK(serial == 0 || line == text);
                FUZZ_CHECK(serial >= latest);
                latest = serial;
                snprintf(event_id, sizeof event_id, "%.*s", (int)(at - line) - 4,
                         line + 4);
            } else if (strncmp(line, "data: {", 7) == 0 ||
                       strncmp(line, "data: [", 7) == 0) {
                check_message(asked, line + 6, (size_t)(at - line) - 6);
            } else {
                FUZZ_CHECK(strncmp(line, "data: ", 6) == 0 || *line == ':' ||
                           strncmp(line, "retry: ", 7) == 0 ||
                           strncmp(line, "event: ", 7) == 0);
            }
        }
    }
}

static void check_answer(struct asked *asked, const struct strict_answer *answer)
{
    if (!answer->body || answer->body_len == 0)
        return;
    FUZZ_CHECK(strlen(answer->body) == answer->body_len);
    if (answer->is_stream)
        check_events(asked, answer->body);
    else if (answer->body_len == answer->length)
        check_message(asked, answer->body, answer->body_len);
}

/* All that has come to a client, against all that it has sent. The last answer may be to what
 * is no request, or none that is complete. */
static void check_client(struct visitor *visitor)
{
    const char *text, *why, *sent = visitor->sent.data;
    struct strict_answer answer;
    struct asked asked;
    bool right = true, closes = false, more = true;
    size_t len, sent_len = visitor->sent.len;
    long used;

    text = fake_all(visitor->client, &len);
    while (len > 0 && more) {
        FUZZ_CHECK(right && !closes);
        right = sent_len > 0 && next_request(&sent, &sent_len, &asked);
        if (sent_len == 0 && !right && visitor->sent.len == 0)
            asked = (struct asked){ .is_head = false };
        do {
            used = strict_read(text, len, asked.is_head, &answer, &why);
            if (used < 0)
                fprintf(stderr, "%s\n", why);
            FUZZ_CHECK(used >= 0);
            text += used;
            len -= (size_t)used;
            if (answer.status == 100)
                strict_free(&answer);
        } while (used > 0 && answer.status == 100);
        more = used > 0;
        closes = answer.closes;
        FUZZ_CHECK(right || closes || !more);
        check_answer(&asked, &answer);
        strict_free(&answer);
        forget_ids(&asked);
    }
}

/* ---- scripts ---- */

struct script {
    const uint8_t *data;
    size_t len;
};

static unsigned next_byte(struct script *script)
{
    if (script->len == 0)
        return 0;
    script->len--;
    return *script->data++;
}

static struct visitor *next_visitor(struct script *script)
{
    struct visitor *visitor = &visitors[next_byte(script) % CLIENTS];

    if (!visitor->client) {
        visitor->client = fake_connect(NULL);
        FUZZ_CHECK(visitor->client);
        mcps__buf_init(&visitor->sent, SIZE_MAX);
        visitor->shut = false;
    }
    return visitor;
}

static void leave(struct visitor *visitor, bool reset)
{
    if (!visitor->client)
        return;
    if (reset)
        fake_reset(visitor->client);
    else if (!visitor->shut)
        fake_shut(visitor->client);
    visitor->shut = true;
}

/* Adds to what was asked by anybody. */
static void collect(const struct visitor *visitor)
{
    const char *sent = visitor->sent.data;
    size_t len = visitor->sent.len;
    struct asked asked;

    while (visitor->client && len > 0 && next_request(&sent, &len, &asked))
        forget_ids(&asked);
}

static void forget(struct visitor *visitor)
{
    if (!visitor->client)
        return;
    leave(visitor, true);
    FUZZ_CHECK(http_settle());
    for (int i = 0; i < CLIENTS; i++)
        collect(&visitors[i]);
    check_client(visitor);
    visitor->client = fake_free(visitor->client);
    mcps__buf_fini(&visitor->sent);
}

static void send_bytes(struct visitor *visitor, const void *data, size_t len)
{
    if (visitor->shut || len == 0 || visitor->sent.len + len > SEND_MAX)
        return;
    FUZZ_CHECK(mcps__buf_append(&visitor->sent, data, len) >= 0);
    fake_send(visitor->client, data, len);
}

/* What an own text may stand for: the session, the latest event, ... */
static void send_text(struct visitor *visitor, const char *text)
{
    send_bytes(visitor, text, strlen(text));
}

static void send_own(struct script *script, struct visitor *visitor)
{
    unsigned byte;
    char c;

    while (script->len > 0) {
        byte = next_byte(script);
        c = (char)byte;
        switch (byte) {
        case 1: return;
        case 2: send_text(visitor, session); break;
        case 3: send_text(visitor, event_id); break;
        case 4: send_text(visitor, old_path); break;
        case 5: send_text(visitor, META); break;
        default: send_bytes(visitor, &c, 1); break;
        }
    }
}

static void send_canned(struct visitor *visitor, unsigned which)
{
    static const char *const bodies[] = {
        HELLO("2025-11-25"),
        HELLO("2025-03-26"),
        HELLO("2025-06-18"),
        INITIALIZED,
        CALL("1", "echo"),
        CALL("2", "steps"),
        CALL("3", "hold"),
        CALL("4", "ask"),
        CALL("5", "close"),
        CALL("\"q\"", "quick"),
        "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"fill\",\"arguments\":{\"n\":9000}}}",
        "[" CALL("7", "echo") "," CALL("8", "hold") "]",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
        "\"requestId\":3}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"roots\":[]}}",
    };
    static const char *const tools[] = {
        "echo", "steps", "hold", "fill", "ask", "quick"
    };
    enum { N_BODIES = sizeof bodies / sizeof bodies[0], N_TOOLS = 6 };
    char fields[100], line[300], *text = NULL;

    snprintf(fields, sizeof fields, "%s%s%s", session[0] ? "Mcp-Session-Id: " : "",
             session, session[0] ? "\r\n" : "");
    which %= N_BODIES + N_TOOLS + 5;
    if (which < N_BODIES) {
        text = http_post_text(which < 3 ? NULL : fields, bodies[which]);
    } else if (which < N_BODIES + N_TOOLS) {
        text = http_call_text("11", tools[which - N_BODIES],
                              which - N_BODIES == 3 ? "{\"n\":9000}" : "{}");
    } else if (which == N_BODIES + N_TOOLS) {
        text = http_post_text(
            "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
            "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"subscriptions/listen\",\"params\":{"
            "\"notifications\":{\"toolsListChanged\":true}," META "}}");
    } else {
        which -= N_BODIES + N_TOOLS + 1;
        snprintf(
            line, sizeof line,
            "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n%s%s%s%s"
            "\r\n",
            which == 2 ? "DELETE" : "GET", which == 3 ? "/sse" : "/mcp", fields,
            which == 1 ? "Last-Event-ID: " : "", which == 1 ? event_id : "",
            which == 1 ? "\r\n" : "");
        send_text(visitor, line);
    }
    if (text)
        send_text(visitor, text);
    free(text);
}

/* Looks for what later steps can name. */
static void look(struct visitor *visitor)
{
    size_t len;
    const char *text = fake_all(visitor->client, &len), *at;

    for (at = strstr(text, "Mcp-Session-Id: "); at && strlen(at) > 48;
         at = strstr(at + 1, "Mcp-Session-Id: "))
        snprintf(session, sizeof session, "%.32s", at + 16);
    for (at = strstr(text, "\nid: "); at; at = strstr(at + 1, "\nid: "))
        snprintf(event_id, sizeof event_id, "%.*s", (int)strcspn(at + 5, "\n") % 40,
                 at + 5);
    at = strstr(text, "data: /message?sessionId=");
    if (at)
        snprintf(old_path, sizeof old_path, "%.*s", (int)strcspn(at + 6, "\n"), at + 6);
}

static void look_at_all(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (visitors[i].client)
            look(&visitors[i]);
    }
}

static void say_progress(void)
{
    static unsigned n;

    for (int i = 0; http_held() && i < 10; i++)
        mcps_call_progress(http_held(), ++n, 0, "so far and no further");
}

static void change_tools(void)
{
    static const char *const tool = "ask";
    static bool off;

    off = !off;
    FUZZ_CHECK((off ? mcps_server_disable(http_server, MCPS_TOOLS, &tool, 1)
                    : mcps_server_enable(http_server, MCPS_TOOLS, &tool, 1)) >= 0);
}

static void turn(unsigned n)
{
    for (unsigned i = 0; i <= n; i++)
        FUZZ_CHECK(mcps_server_process(http_server) >= 0);
    look_at_all();
}

static void wait_(unsigned which)
{
    static const unsigned times[] = {
        10, 500, 2000, 11000, 16000, 31000, 61000, 1800000
    };

    FUZZ_CHECK(http_wait(times[which % (sizeof times / sizeof times[0])]));
    look_at_all();
}

static void do_step(struct script *script)
{
    static const size_t windows[] = { 0, 1, 50, 300, 5000, SIZE_MAX };
    struct visitor *visitor;

    switch (next_byte(script)) {
    case 's': /* sends what follows, up to a byte 1 */
        visitor = next_visitor(script);
        send_own(script, visitor);
        break;
    case 'c': /* sends a request as others send it, */
        visitor = next_visitor(script);
        send_canned(visitor, next_byte(script) - 'a');
        break;
    case 'd': /* or that, and has it served */
        visitor = next_visitor(script);
        send_canned(visitor, next_byte(script) - 'a');
        FUZZ_CHECK(http_settle());
        look_at_all();
        break;
    case 'p': /* what is sent comes in pieces of that size */
        visitor = next_visitor(script);
        fake_pieces(visitor->client, 1 + next_byte(script) * 3);
        break;
    case 'w': /* room for what comes back */
        visitor = next_visitor(script);
        fake_window(visitor->client, windows[next_byte(script) % 6]);
        break;
    case 'f': leave(next_visitor(script), false); break;
    case 'r': leave(next_visitor(script), true); break;
    case 'n': forget(next_visitor(script)); break; /* another comes in its place */
    case 't': turn(next_byte(script) % 8); break;
    case 'z':
        FUZZ_CHECK(http_settle());
        look_at_all();
        break;
    case 'k': wait_(next_byte(script)); break;
    case 'g': say_progress(); break;
    case 'h': (void)http_finish("held"); break;
    case 'e': change_tools(); break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = { data, size };

    session[0] = old_path[0] = event_id[0] = '\0';
    start((enum kind)(next_byte(&script) % N_KINDS));
    for (int i = 0; i < STEPS_MAX && script.len > 0; i++)
        do_step(&script);
    for (int i = 0; i < CLIENTS; i++)
        forget(&visitors[i]);
    (void)http_finish("held");
    for (int i = 0; i < 3; i++)
        FUZZ_CHECK(http_wait(2000000));
    FUZZ_CHECK(http_is_clean());
    forget_ids(&everything);
    return 0;
}
