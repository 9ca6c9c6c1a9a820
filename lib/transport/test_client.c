/* SPDX-License-Identifier: MIT */
/*
 * Clients for tests; see mcpserver/test.h. Their time is the system's, so that a test whose
 * clock stands still does not wait for ever.
 */
#include "config.h"

#include "transport/test_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "rpc/frame.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
    SEND_MS = 10000,
    RECEIVED_MAX = 64 * 1024, /* at once */
    LINE_MAX_BYTES = 1 << 30
};

struct mcps_test_client {
    int fd;
    unsigned cut; /* enum mcps_test_cut */
    bool ended;   /* nothing more comes */
    struct mcps__frame frame;
    const char *rest; /* of what was received, not framed yet */
    size_t rest_len;
    char received[RECEIVED_MAX];
};

int mcps__test_client_new(mcps_test_client **ret, int fd)
{
    mcps_test_client *client = mcps__malloc(sizeof *client);

    if (!client) {
        close(fd);
        return -ENOMEM;
    }
    client->fd = fd;
    client->cut = 0;
    client->ended = false;
    client->rest_len = 0;
    mcps__frame_init(&client->frame, LINE_MAX_BYTES);
    *ret = client;
    return 0;
}

mcps_test_client *mcps_test_free(mcps_test_client *client)
{
    if (!client)
        return NULL;
    close(client->fd);
    mcps__frame_fini(&client->frame);
    mcps__free(client);
    return NULL;
}

/* ---- waiting ---- */

static int64_t now_ms(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / MCPS__NS_PER_MS;
}

/* False when the time is over. */
static bool wait_for(const mcps_test_client *client, short events, int64_t deadline_ms)
{
    struct pollfd p = { .fd = client->fd, .events = events };
    int64_t left;
    int r;

    do {
        left = deadline_ms - now_ms();
        if (left < 0)
            left = 0;
        r = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
    } while (r < 0 && errno == EINTR);
    return r > 0;
}

/* ---- sending ---- */

/* So many bytes of a gathered message are sent. */
static void advance(struct msghdr *message, size_t n)
{
    while (message->msg_iovlen > 0 && n >= message->msg_iov->iov_len) {
        n -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen > 0) {
        message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + n;
        message->msg_iov->iov_len -= n;
    }
}

/* Returns how many bytes were taken before the time was over, or MCPS_ECLOSED. */
static long send_all(mcps_test_client *client, struct msghdr *message,
                     unsigned timeout_ms)
{
    int64_t deadline_ms = now_ms() + timeout_ms;
    long sent = 0;
    ssize_t n;

    if (client->cut & MCPS_TEST_CUT_SENDING)
        return MCPS_ECLOSED;
    advance(message, 0);
    while (message->msg_iovlen > 0) {
        n = sendmsg(client->fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += n;
            advance(message, (size_t)n);
        } else if (n < 0 && errno == EAGAIN) {
            if (!wait_for(client, POLLOUT, deadline_ms))
                break;
        } else if (n < 0 && errno != EINTR) {
            return MCPS_ECLOSED;
        }
    }
    return sent;
}

/* struct iovec is for reading as well and so wants what may be written. */
static struct iovec bytes(const void *data, size_t len)
{
    struct iovec iov = { .iov_len = len };

    memcpy(&iov.iov_base, &data, sizeof data);
    return iov;
}

long mcps_test_send_bytes(mcps_test_client *client, const void *data, size_t len,
                          unsigned timeout_ms)
{
    struct iovec iov = bytes(data, len);
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

    return send_all(client, &message, timeout_ms);
}

int mcps_test_send(mcps_test_client *client, const char *message)
{
    size_t len = strlen(message);
    struct iovec iov[2] = { bytes(message, len), bytes("\n", 1) };
    struct msghdr pair = { .msg_iov = iov, .msg_iovlen = 2 };
    long sent = send_all(client, &pair, SEND_MS);

    if (sent < 0)
        return (int)sent;
    return (size_t)sent == len + 1 ? 0 : MCPS_ETIMEDOUT;
}

/* ---- receiving ---- */

/* Receives some bytes, or learns that there are no more. */
static int receive_more(mcps_test_client *client, int64_t deadline_ms)
{
    ssize_t n;

    do {
        if (!wait_for(client, POLLIN, deadline_ms))
            return MCPS_ETIMEDOUT;
        n = recv(client->fd, client->received, sizeof client->received, MSG_DONTWAIT);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    client->ended = n <= 0;
    client->rest = client->received;
    client->rest_len = n > 0 ? (size_t)n : 0;
    return 0;
}

/* For the caller's free(), so not by mcps__memdup(), whose blocks are counted. */
static int copy_line(const char *line, size_t len, char **ret)
{
    char *copy = malloc(len + 1);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, line, len);
    copy[len] = '\0';
    *ret = copy;
    return 0;
}

int mcps_test_receive(mcps_test_client *client, char **ret, unsigned timeout_ms)
{
    int64_t deadline_ms = now_ms() + timeout_ms;
    const char *line;
    size_t len;
    int r;

    if (client->cut & MCPS_TEST_CUT_RECEIVING)
        return MCPS_ECLOSED;
    for (;;) {
        r = mcps__frame_next(&client->frame, &client->rest, &client->rest_len, &line,
                             &len);
        if (r > 0)
            return copy_line(line, len, ret);
        if (r < 0)
            return r;
        if (client->ended)
            return mcps__frame_end(&client->frame, &line, &len) > 0 ? MCPS_EPROTOCOL
                                                                    : MCPS_ECLOSED;
        r = receive_more(client, deadline_ms);
        if (r < 0)
            return r;
    }
}

/* ---- cutting ---- */

/* The server may wait for room, and is not told of the cut before there is some. */
static void drop_received(mcps_test_client *client)
{
    while (recv(client->fd, client->received, sizeof client->received, MSG_DONTWAIT) > 0)
        ;
    client->rest_len = 0;
    client->ended = true;
}

void mcps_test_cut(mcps_test_client *client, enum mcps_test_cut what)
{
    client->cut |= (unsigned)what;
    if (what & MCPS_TEST_CUT_SENDING)
        shutdown(client->fd, SHUT_WR);
    if (what & MCPS_TEST_CUT_RECEIVING) {
        shutdown(client->fd, SHUT_RD);
        drop_received(client);
    }
}
