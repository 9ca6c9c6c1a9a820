/* SPDX-License-Identifier: MIT */
/* One connection of a player; see chaos.h. */
#include "config.h"

#include "chaos.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE_MAX = 16384, TEXT_MAX = 1 << 24, NARROW_ONE_IN = 8, NARROW_BYTES = 4096 };

/* ---- texts ---- */

void text_add(struct text *text, const char *data, size_t len)
{
    if (text->len + len + 1 > text->cap) {
        text->cap = 2 * (text->len + len + 1);
        text->data = realloc(text->data, text->cap);
        if (!text->data || text->cap > TEXT_MAX)
            abort();
    }
    memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_drop(struct text *text, size_t len)
{
    memmove(text->data, text->data + len, text->len - len + 1);
    text->len -= len;
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){ NULL, 0, 0 };
}

/* ---- connections ---- */

/* Some have so little room that what is large waits in the server. */
bool talk_open(struct talk *talk, struct player *player)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)player->stage->port) };
    const int narrow = NARROW_BYTES;

    *talk = (struct talk){ .player = player };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    talk->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (talk->fd < 0)
        return blame(player, "socket", strerror(errno));
    if (dice_below(&player->dice, NARROW_ONE_IN) == 0)
        setsockopt(talk->fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
    if (connect(talk->fd, (struct sockaddr *)&to, sizeof to) == 0)
        return true;
    if (!atomic_load(&player->stage->stopping))
        blame(player, "connect", strerror(errno));
    talk_close(talk);
    return false;
}

void talk_close(struct talk *talk)
{
    if (talk->fd >= 0)
        close(talk->fd);
    talk->fd = -1;
    text_free(&talk->in);
}

void talk_cut(struct talk *talk, enum cut cut)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    if (cut == CUT_RESET)
        setsockopt(talk->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    talk->player->n_cut++;
    talk_close(talk);
}

/* At most one piece more of what has come. */
static enum got receive(struct talk *talk, unsigned timeout_ms)
{
    struct pollfd p = { .fd = talk->fd, .events = POLLIN };
    char data[PIECE_MAX];
    int ready = poll(&p, 1, (int)timeout_ms);
    ssize_t n;

    if (ready == 0)
        return GOT_NOTHING;
    n = recv(talk->fd, data, 1 + dice_below(&talk->player->dice, PIECE_MAX), 0);
    if (n <= 0) {
        talk->ended = true;
        return GOT_BROKEN;
    }
    text_add(&talk->in, data, (size_t)n);
    return GOT_IT;
}

/* In the time in which something must come. */
static enum got receive_in_time(struct talk *talk)
{
    enum got got = receive(talk, WATCHDOG_MS);

    if (got == GOT_NOTHING)
        blame(talk->player, "nothing comes", talk->in.data ? talk->in.data : "");
    return got;
}

/* What has come so far. */
static bool looks_own(const struct talk *talk)
{
    return !talk->in.data || talk->is_nonsense || is_own(talk->player, talk->in.data);
}

bool talk_half_close(struct talk *talk)
{
    enum got got = GOT_IT;

    shutdown(talk->fd, SHUT_WR);
    talk->player->n_cut++;
    while (got == GOT_IT)
        got = receive_in_time(talk);
    return got == GOT_BROKEN && looks_own(talk);
}

bool talk_send(struct talk *talk, const char *data, size_t len)
{
    bool in_pieces = dice_below(&talk->player->dice, 6) == 0;

    while (len > 0) {
        size_t n = in_pieces ? 1 + dice_below(&talk->player->dice, 300) : len;
        ssize_t sent;

        if (n > len)
            n = len;
        sent = send(talk->fd, data, n, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        data += sent;
        len -= (size_t)sent;
        if (in_pieces && dice_below(&talk->player->dice, 8) == 0)
            nap_ms(1);
    }
    return true;
}

void talk_push(struct talk *talk, const char *data, size_t len)
{
    (void)!send(talk->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void talk_glance(struct talk *talk, unsigned ms)
{
    if (receive(talk, ms) == GOT_IT)
        looks_own(talk);
    if (talk->in.data)
        text_drop(&talk->in, talk->in.len);
}

/* ---- secrets ---- */

bool is_own(struct player *player, const char *text)
{
    static const char mark[] = "secret-";
    const char *at = strstr(text, mark);
    char *end;

    for (; at; at = strstr(at, mark)) {
        at += sizeof mark - 1;
        if (*at == '\0')
            return true; /* it breaks off here */
        if (*at == '\r')
            continue; /* so does a chunk, in what was not taken apart */
        if (strtoul(at, &end, 10) != player->number)
            return blame(player, "somebody else's secret", text);
    }
    return true;
}

/* ---- replies ---- */

void reply_free(struct reply *reply)
{
    text_free(&reply->body);
}

static bool has_field(const char *head, const char *line)
{
    return strstr(head, line) != NULL;
}

static void read_head(struct reply *reply, const char *head)
{
    const char *length = strstr(head, "\r\nContent-Length: ");
    const char *session = strstr(head, "\r\nMcp-Session-Id: ");

    reply->begun = true;
    reply->status = atoi(head + strlen("HTTP/1.1 "));
    reply->chunked = has_field(head, "\r\nTransfer-Encoding: chunked\r\n");
    reply->is_events = has_field(head, "\r\nContent-Type: text/event-stream\r\n");
    reply->left = length ? strtoul(length + strlen("\r\nContent-Length: "), NULL, 10) : 0;
    if (session)
        (void)!sscanf(session, "\r\nMcp-Session-Id: %63[0-9a-f]", reply->session);
}

enum got reply_begin(struct talk *talk, struct reply *reply)
{
    enum got got = GOT_IT;
    char *end = NULL;

    *reply = (struct reply){ .status = 0 };
    while (got == GOT_IT) {
        end = talk->in.data ? strstr(talk->in.data, "\r\n\r\n") : NULL;
        if (end)
            break;
        got = receive_in_time(talk);
    }
    if (!end)
        return got;
    if (strncmp(talk->in.data, "HTTP/1.1 ", 9) != 0) {
        blame(talk->player, "this is no reply", talk->in.data);
        return GOT_BROKEN;
    }
    end[2] = '\0';
    read_head(reply, talk->in.data);
    text_drop(&talk->in, (size_t)(end + 4 - talk->in.data));
    return GOT_IT;
}

/* Moves bytes of the body from what has come. */
static void move_body(struct talk *talk, struct reply *reply)
{
    size_t n = talk->in.len < reply->left ? talk->in.len : reply->left;

    if (n == 0)
        return;
    text_add(&reply->body, talk->in.data, n);
    text_drop(&talk->in, n);
    reply->left -= n;
}

/* What follows on the bytes of a chunk is a line end; on the last chunk, too. */
static enum got begin_chunk(struct talk *talk, struct reply *reply)
{
    char *line = talk->in.data, *end, *size_end;

    if (!line)
        return GOT_NOTHING;
    if (reply->begun && reply->body.cap > 0) {
        if (talk->in.len < 2)
            return GOT_NOTHING;
        line += 2;
    }
    end = strstr(line, "\r\n");
    if (!end)
        return GOT_NOTHING;
    reply->left = strtoul(line, &size_end, 16);
    if (size_end != end || size_end == line) {
        blame(talk->player, "this is no chunk", talk->in.data);
        return GOT_BROKEN;
    }
    if (reply->left == 0) {
        if (strlen(end) < 4)
            return GOT_NOTHING;
        reply->done = true;
        end += 2;
    }
    text_drop(&talk->in, (size_t)(end + 2 - talk->in.data));
    return GOT_IT;
}

/* Takes what there is, and is done if that was the rest. GOT_NOTHING: more must come. */
static enum got take_body(struct talk *talk, struct reply *reply)
{
    enum got got = GOT_IT;

    while (got == GOT_IT && !reply->done) {
        move_body(talk, reply);
        if (reply->left > 0)
            got = GOT_NOTHING;
        else if (reply->chunked)
            got = begin_chunk(talk, reply);
        else
            reply->done = true;
    }
    return got;
}

static enum got fill(struct talk *talk, struct reply *reply, unsigned timeout_ms)
{
    enum got got = take_body(talk, reply);

    if (got != GOT_NOTHING)
        return got;
    got = timeout_ms >= WATCHDOG_MS ? receive_in_time(talk) : receive(talk, timeout_ms);
    return got == GOT_IT ? take_body(talk, reply) == GOT_BROKEN ? GOT_BROKEN : GOT_IT
                         : got;
}

enum got reply_finish(struct talk *talk, struct reply *reply)
{
    enum got got = GOT_IT;

    while (got == GOT_IT && !reply->done)
        got = fill(talk, reply, WATCHDOG_MS);
    if (reply->body.data && !is_own(talk->player, reply->body.data))
        return GOT_BROKEN;
    return got;
}

/* Splits it off from the body, which keeps its bytes until the next one is. */
static bool split_event(struct reply *reply, struct event *event)
{
    char *end, *data, *id;

    *event = (struct event){ .data = "" };
    if (!reply->body.data)
        return false;
    end = strstr(reply->body.data, "\n\n");
    if (!end)
        return false;
    *end = '\0';
    data = strstr(reply->body.data, "data: ");
    id = strstr(reply->body.data, "id: ");
    if (id == reply->body.data)
        (void)!sscanf(id, "id: %63s", event->id);
    if (strncmp(reply->body.data, "event: ", 7) == 0)
        (void)!sscanf(reply->body.data, "event: %63s", event->name);
    if (data)
        event->data = data + strlen("data: ");
    return true;
}

enum got reply_event(struct talk *talk, struct reply *reply, struct event *event,
                     unsigned timeout_ms)
{
    enum got got = GOT_IT;
    char *end;

    /* The one before, whose end is a NUL now. */
    if (reply->body.data && strlen(reply->body.data) < reply->body.len) {
        end = reply->body.data + strlen(reply->body.data);
        text_drop(&reply->body, (size_t)(end + 2 - reply->body.data));
    }
    while (!split_event(reply, event)) {
        if (reply->done)
            return GOT_END;
        got = fill(talk, reply, timeout_ms);
        if (got != GOT_IT && !(got == GOT_NOTHING && reply->done))
            return got;
    }
    return is_own(talk->player, event->data) ? GOT_IT : GOT_BROKEN;
}
