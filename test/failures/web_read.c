/* SPDX-License-Identifier: MIT */
/* What the tests' HTTP client accepts of a server, which is little; see web.h. */
#include "config.h"

#include "web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json_tokener.h>

enum { IN_SIZE, IN_CHUNK, AFTER_CHUNK, AFTER_LAST };

static bool fail(struct web *web, const char *fault, const char *at, size_t len)
{
    if (web->fault)
        return false;
    web->fault = fault;
    snprintf(web->where, sizeof web->where, "%.*s", (int)(len < 70 ? len : 70), at);
    return false;
}

static int refuse(struct web *web, const char *fault)
{
    fail(web, fault, web->in.data, web->in.len);
    return -1;
}

/* ---- heads ---- */

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!is_alpha && !(c >= '0' && c <= '9') && c != '-')
            return false; /* all that a server of this kind has to say */
    }
    return len > 0;
}

static bool has_no_controls(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20)
            return false;
    }
    return true;
}

static bool is_plain(const char *text, size_t len)
{
    return has_no_controls(text, len) && !memchr(text, 0x7f, len);
}

/* "Name: value" with one blank between, and none at the end. */
static bool is_field(const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name = colon ? (size_t)(colon - line) : 0;

    return colon && is_token(line, name) && len > name + 2 && line[name + 1] == ' ' &&
           line[name + 2] != ' ' && line[len - 1] != ' ' && is_plain(line, len);
}

static bool is_status_line(const char *line, size_t len)
{
    if (len < 15 || memcmp(line, "HTTP/1.1 ", 9) != 0 || line[12] != ' ')
        return false;
    for (int i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return false;
    }
    return is_plain(line, len);
}

static const char *find_field(const char *head, const char *name, size_t *ret_len)
{
    size_t len = strlen(name);
    const char *end;

    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            end = strstr(line, "\r\n");
            *ret_len = (end ? (size_t)(end - line) : strlen(line)) - len - 2;
            return line + len + 2;
        }
    }
    return NULL;
}

char *web_field(const struct web_answer *answer, const char *name)
{
    size_t len;
    const char *value = answer ? find_field(answer->head, name, &len) : NULL;

    return value ? strndup(value, len) : NULL;
}

bool web_has_field(const struct web_answer *answer, const char *name, const char *value)
{
    char *got = web_field(answer, name);
    bool same = got && strcmp(got, value) == 0;

    free(got);
    return same;
}

/* Each field once. */
static bool has_twins(const char *head)
{
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        char name[64];
        size_t len;

        line += 2;
        len = strcspn(line, ":\r");
        if (len >= sizeof name)
            return true;
        memcpy(name, line, len);
        name[len] = '\0';
        if (len > 0 && find_field(line, name, &len))
            return true; /* behind its own line, which has no line end before it */
    }
    return false;
}

static bool check_lines(struct web *web, const char *head)
{
    const char *line = head, *end;

    for (; *line; line = end + 2) {
        size_t len;

        end = strstr(line, "\r\n");
        if (!end)
            return fail(web, "a line of the head has no end", line, strlen(line));
        len = (size_t)(end - line);
        if (line == head ? !is_status_line(line, len) : !is_field(line, len))
            return fail(web, "a line of the head is no good", line, len);
    }
    return !has_twins(head) || fail(web, "a field is there twice", head, strlen(head));
}

static bool take_length(struct web *web, struct web_answer *answer)
{
    char *length = web_field(answer, "Content-Length");
    char *coding = web_field(answer, "Transfer-Encoding");
    bool ok = !length || !coding;

    if (coding) {
        answer->kind = WEB_CHUNKED;
        ok = ok && strcmp(coding, "chunked") == 0;
    } else if (length) {
        answer->kind = WEB_LENGTH;
        ok = ok && strspn(length, "0123456789") == strlen(length) &&
             strlen(length) < 18 && (length[0] != '0' || !length[1]);
        answer->left = strtoull(length, NULL, 10);
    } else {
        answer->kind = answer->closes ? WEB_TO_EOF : WEB_NO_BODY;
        ok = answer->closes || answer->status == 204 || answer->status == 304;
    }
    if (answer->status == 204)
        ok = !length && !coding;
    if (answer->status == 204 || answer->status == 304)
        answer->kind = WEB_NO_BODY;
    free(length);
    free(coding);
    return ok || fail(web, "the length of the body is not clear", answer->head,
                      strlen(answer->head));
}

static bool check_type(struct web *web, const struct web_answer *answer)
{
    if (answer->is_stream)
        return (answer->status == 200 && answer->kind == WEB_CHUNKED &&
                web_has_field(answer, "Cache-Control", "no-cache") &&
                web_has_field(answer, "X-Accel-Buffering", "no")) ||
               fail(web, "a stream's head is not as it should be", answer->head,
                    strlen(answer->head));
    return true;
}

static bool keep(struct web *web, struct web_answer *answer)
{
    size_t cap = web->cap_answers ? 2 * web->cap_answers : 8;
    struct web_answer **grown = web->answers;

    if (web->n_answers == web->cap_answers) {
        grown = realloc(web->answers, cap * sizeof *grown);
        if (!grown)
            return false;
        web->answers = grown;
        web->cap_answers = cap;
    }
    web->answers[web->n_answers++] = answer;
    return true;
}

/* Takes the head, a text of its own. */
static bool begin(struct web *web, char *head)
{
    struct web_answer *answer = calloc(1, sizeof *answer);
    bool is_head = web->heads[0];

    if (!answer || !keep(web, answer)) {
        free(answer);
        free(head);
        return false;
    }
    answer->head = head;
    mcps__buf_init(&answer->body, SIZE_MAX);
    answer->status = (int)strtol(head + 9, NULL, 10);
    answer->closes = web_has_field(answer, "Connection", "close");
    answer->is_stream = web_has_field(answer, "Content-Type", "text/event-stream");
    if (web->owed == 0)
        return fail(web, "an answer that nobody asked for", head, strlen(head));
    web->owed--;
    memmove(web->heads, web->heads + 1, sizeof web->heads - sizeof web->heads[0]);
    web->heads[WEB_HEADS_MAX - 1] = false;
    if (!take_length(web, answer) || (!is_head && !check_type(web, answer)))
        return false;
    if (is_head)
        answer->kind = WEB_NO_BODY;
    return true;
}

/* 1: taken; 0: more is needed; -1: a fault. */
static int take_head(struct web *web)
{
    char *end = memmem(web->in.data, web->in.len, "\r\n\r\n", 4);
    size_t len = end ? (size_t)(end - web->in.data) + 2 : 0;
    char *head;

    if (!end)
        return memchr(web->in.data, 0, web->in.len) ? refuse(web, "a NUL in the head")
                                                    : 0;
    head = strndup(web->in.data, len);
    if (!head || strlen(head) != len || !check_lines(web, head)) {
        fail(web, "a NUL in the head", "", 0);
        free(head);
        return -1;
    }
    mcps__buf_consume(&web->in, len + 2);
    if (strncmp(head, "HTTP/1.1 100 ", 13) == 0) {
        web->n_continues++;
        free(head);
        return 1;
    }
    return begin(web, head) ? 1 : -1;
}

/* ---- streams ---- */

static bool add_event(struct web_answer *answer, const struct web_event *event)
{
    size_t cap = answer->cap_events ? 2 * answer->cap_events : 16;
    struct web_event *grown = answer->events;

    if (answer->n_events == answer->cap_events) {
        grown = realloc(answer->events, cap * sizeof *grown);
        if (!grown)
            return false;
        answer->events = grown;
        answer->cap_events = cap;
    }
    answer->events[answer->n_events++] = *event;
    return true;
}

/* One line of an event into its place, which must be free. */
static bool take_line(struct web_event *event, const char *line, size_t len)
{
    static const char names[][8] = { "id: ", "event: ", "data: ", "retry: " };
    char **places[] = { &event->id, &event->name, &event->data };

    for (int i = 0; i < 4; i++) {
        size_t n = strlen(names[i]);

        if (len < n || memcmp(line, names[i], n) != 0)
            continue;
        if (i == 3 && event->retry < 0) {
            event->retry = strtol(line + n, NULL, 10);
            return len > n && strspn(line + n, "0123456789") == len - n;
        }
        if (i == 3 || *places[i])
            return false;
        *places[i] = strndup(line + n, len - n);
        return *places[i] && strlen(*places[i]) == len - n &&
               has_no_controls(line + n, len - n) && (i == 2 || len > n);
    }
    return false;
}

static void free_event(struct web_event *event)
{
    free(event->id);
    free(event->name);
    free(event->data);
    json_object_put(event->json);
}

static bool has_id(const struct web_answer *answer, const char *id)
{
    for (size_t i = answer->n_events; id && i > 0; i--) {
        if (answer->events[i - 1].id && strcmp(answer->events[i - 1].id, id) == 0)
            return true;
    }
    return false;
}

bool web_is_response(struct json_object *message)
{
    return message && !json_object_object_get_ex(message, "method", NULL) &&
           (json_object_object_get_ex(message, "result", NULL) ||
            json_object_object_get_ex(message, "error", NULL));
}

/* What stands between two empty lines: an event, or a comment alone. */
static bool take_block(struct web *web, struct web_answer *answer, const char *block,
                       size_t len)
{
    struct web_event event = { .retry = -1 };
    bool ok = true;

    if (len > 0 && block[0] == ':' && !memchr(block, '\n', len)) {
        answer->n_comments++;
        return is_plain(block, len) || fail(web, "a bad comment", block, len);
    }
    for (size_t at = 0; at < len && ok;) {
        const char *end = memchr(block + at, '\n', len - at);
        size_t line = end ? (size_t)(end - block) - at : len - at;

        ok = take_line(&event, block + at, line);
        at += line + 1;
    }
    if (ok && event.data && *event.data)
        event.json = json_tokener_parse(event.data);
    ok = ok && len > 0 && (event.data || event.retry >= 0) &&
         (!event.data || !*event.data || event.json) && !has_id(answer, event.id);
    if (ok && add_event(answer, &event)) {
        bool again = answer->responded && web_is_response(event.json);

        answer->responded = answer->responded || web_is_response(event.json);
        return !again || fail(web, "two responses", block, len);
    }
    free_event(&event);
    return fail(web, "an event that is none", block, len);
}

static void take_blocks(struct web *web, struct web_answer *answer)
{
    while (!web->fault) {
        const char *from = answer->body.data + answer->seen;
        size_t rest = answer->body.len - answer->seen;
        const char *end = rest > 0 ? memmem(from, rest, "\n\n", 2) : NULL;

        if (!end)
            return;
        answer->seen += (size_t)(end - from) + 2;
        take_block(web, answer, from, (size_t)(end - from));
    }
}

/* ---- bodies ---- */

static void finish(struct web *web, struct web_answer *answer)
{
    answer->complete = true;
    if (answer->is_stream) {
        if (answer->seen != answer->body.len)
            fail(web, "the stream ends within an event", answer->body.data + answer->seen,
                 answer->body.len - answer->seen);
        return;
    }
    if (answer->body.len > 0 &&
        web_has_field(answer, "Content-Type", "application/json")) {
        answer->json = json_tokener_parse(answer->body.data);
        if (!answer->json || strlen(answer->body.data) != answer->body.len ||
            strpbrk(answer->body.data, "\r\n"))
            fail(web, "the body is no JSON on one line", answer->body.data,
                 answer->body.len);
    } else if (answer->body.len > 0 &&
               !find_field(answer->head, "Content-Type", &(size_t){ 0 })) {
        fail(web, "the body is of no type", answer->head, strlen(answer->head));
    }
}

static int take_content(struct web *web, struct web_answer *answer)
{
    size_t len = web->in.len;

    if (answer->kind != WEB_TO_EOF && len > answer->left)
        len = (size_t)answer->left;
    if (len == 0)
        return 0;
    if (mcps__buf_append(&answer->body, web->in.data, len) < 0 ||
        mcps__buf_append_byte(&answer->body, '\0') < 0)
        return -1;
    answer->body.len--;
    mcps__buf_consume(&web->in, len);
    answer->left -= answer->kind != WEB_TO_EOF ? len : 0;
    if (answer->is_stream)
        take_blocks(web, answer);
    return 1;
}

/* "1a\r\n": at most eight digits, none of them for nothing. */
static int take_size(struct web *web, struct web_answer *answer)
{
    size_t n = 0;

    while (n < web->in.len && n < 9 &&
           strchr("0123456789abcdefABCDEF", web->in.data[n]) && web->in.data[n])
        n++;
    if (web->in.len < n + 2 && n < 9 && (n == web->in.len || web->in.data[n] == '\r'))
        return 0;
    if (n == 0 || n > 8 || memcmp(web->in.data + n, "\r\n", 2) != 0 ||
        (web->in.data[0] == '0' && n > 1))
        return refuse(web, "a chunk has no size");
    answer->left = strtoull(web->in.data, NULL, 16);
    answer->chunk = answer->left > 0 ? IN_CHUNK : AFTER_LAST;
    mcps__buf_consume(&web->in, n + 2);
    return 1;
}

static int take_chunk(struct web *web, struct web_answer *answer)
{
    if (answer->chunk == IN_SIZE)
        return take_size(web, answer);
    if (answer->chunk == IN_CHUNK && answer->left > 0)
        return take_content(web, answer);
    if (answer->chunk == IN_CHUNK)
        answer->chunk = AFTER_CHUNK;
    if (web->in.len < 2)
        return 0;
    if (memcmp(web->in.data, "\r\n", 2) != 0)
        return refuse(web, "a chunk has no end");
    mcps__buf_consume(&web->in, 2);
    if (answer->chunk == AFTER_LAST)
        finish(web, answer);
    answer->chunk = IN_SIZE;
    return 1;
}

static int take_body(struct web *web, struct web_answer *answer)
{
    if (answer->kind == WEB_CHUNKED)
        return take_chunk(web, answer);
    if (answer->kind == WEB_TO_EOF)
        return take_content(web, answer);
    if (answer->left == 0 || answer->kind == WEB_NO_BODY) {
        finish(web, answer);
        return 1;
    }
    return take_content(web, answer);
}

/* ---- all of it ---- */

static struct web_answer *last(const struct web *web)
{
    return web->n_answers > 0 ? web->answers[web->n_answers - 1] : NULL;
}

void web_read(struct web *web)
{
    int r = 1;

    while (r > 0 && !web->fault) {
        struct web_answer *answer = last(web);

        if (answer && !answer->complete)
            r = take_body(web, answer);
        else if (web->in.len == 0)
            r = 0;
        else if (answer && answer->closes)
            r = refuse(web, "more after the last answer");
        else
            r = take_head(web);
    }
}

void web_read_end(struct web *web)
{
    struct web_answer *answer = last(web);

    if (answer && !answer->complete && answer->kind == WEB_TO_EOF && web->ended)
        finish(web, answer);
    if (web->ended && (web->in.len > 0 || (answer && !answer->complete)))
        fail(web, "the connection ends within an answer", web->in.data, web->in.len);
}
