/* SPDX-License-Identifier: MIT */
/* In-memory clients, and the functions of mcpserver/test.h. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/lines.h"
#include "transport/memory.h"
#include "transport/test_client.h"
#include "transport_fake.h"

extern const struct unit_test memory_tests[];

static const struct fake_ways plain = { 0 };
static const struct fake_ways echo = { .echo = true };
static const struct fake_ways echo_and_stay = { .echo = true, .stay = true };

enum { LONG_MS = 60000, SLICE_MS = 50 };

struct host {
    struct mcps__transport *transport;
    bool begun, started;
};

static bool host_begin(struct host *h, const struct fake_ways *ways)
{
    h->begun = fake_begin(ways);
    return h->begun &&
           mcps__memory_new(&h->transport, fake_engine(), fake_ended, NULL) >= 0;
}

static bool host_start(struct host *h)
{
    h->started = h->transport->ops->start(h->transport) >= 0;
    return h->started;
}

static void host_stop(struct host *h)
{
    if (!h->started)
        return;
    h->transport->ops->stop(h->transport, 0);
    h->transport->ops->join(h->transport);
    h->started = false;
}

static void host_end(struct host *h)
{
    host_stop(h);
    if (h->transport)
        h->transport->ops->free(h->transport);
    if (h->begun)
        fake_end();
    *h = (struct host){ .begun = false };
}

static int host_connect(struct host *h, const char *principal, mcps_test_client **ret)
{
    int fd, r = mcps__memory_connect(h->transport, principal, &fd);

    return r < 0 ? r : mcps__test_client_new(ret, fd);
}

static int receive(mcps_test_client *client, char **ret)
{
    int r = MCPS_ETIMEDOUT;

    for (unsigned i = 0; i < LONG_MS / SLICE_MS && r == MCPS_ETIMEDOUT; i++) {
        r = mcps_test_receive(client, ret, SLICE_MS);
        if (fake_has_failed())
            break;
    }
    return r;
}

/* ---- connecting ---- */

static void clients_come_and_go(void)
{
    enum { N = 20 };
    mcps_test_client *clients[N] = { NULL };
    struct host h = { .begun = false };
    char *text = NULL;

    CHECK(host_begin(&h, &echo) && host_start(&h));
    for (unsigned i = 0; i < N; i++)
        CHECK_INT(host_connect(&h, i % 2 ? "odd" : "even", &clients[i]), 0);
    CHECK_INT(fake_count(FAKE_MADE), N);
    CHECK_INT(fake_accounts(), 2);
    for (unsigned i = 0; i < N; i++)
        CHECK_INT(mcps_test_send(clients[i], "{\"a\":[1]}"), 0);
    for (unsigned i = 0; i < N; i++) {
        CHECK_INT(receive(clients[i], &text), 0);
        CHECK_STR(text, "{\"a\":[1]}");
        free(text);
        text = NULL;
    }
    for (unsigned i = 0; i < N; i += 2)
        clients[i] = mcps_test_free(clients[i]);
    CHECK(fake_wait(FAKE_FREED, N / 2));
    CHECK_INT(mcps_test_send(clients[1], "2"), 0);
    CHECK_INT(receive(clients[1], &text), 0);
    CHECK_STR(text, "2");
    host_stop(&h);
    CHECK_INT(fake_count(FAKE_FREED), N);
    CHECK_INT(receive(clients[3], &text), MCPS_ECLOSED);
    CHECK_INT(mcps_test_send(clients[3], "2"), MCPS_ECLOSED);
out:
    free(text);
    for (unsigned i = 0; i < N; i++)
        mcps_test_free(clients[i]);
    host_end(&h);
}

static void nobody_connects_before_the_start_or_after_the_stop(void)
{
    static const struct fake_ways stubborn = { .stay = true, .stay_on_drain = true };
    struct host h = { .begun = false };
    mcps_test_client *client = NULL, *other = NULL;
    struct mcps__sink *sink = NULL;

    CHECK(host_begin(&h, &stubborn));
    CHECK_INT(host_connect(&h, "a", &client), MCPS_ECLOSED);
    CHECK(host_start(&h));
    CHECK_INT(host_connect(&h, "a", &client), 0);
    sink = mcps__sink_ref(fake_peer()->sink);
    /* While its thread is still there, */
    h.transport->ops->stop(h.transport, 0);
    CHECK_INT(host_connect(&h, "b", &other), MCPS_ECLOSED);
    CHECK_INT(fake_count(FAKE_MADE), 1);
    mcps__sink_close(sink);
    sink = mcps__sink_unref(sink);
    CHECK(fake_wait(FAKE_ENDED, 1));
    /* when it has ended, and when it was joined. */
    CHECK_INT(host_connect(&h, "b", &other), MCPS_ECLOSED);
    host_stop(&h);
    CHECK_INT(host_connect(&h, "b", &other), MCPS_ECLOSED);
    /* And then again. */
    CHECK(host_start(&h));
    CHECK_INT(host_connect(&h, "b", &other), 0);
    sink = mcps__sink_ref(fake_peer()->sink);
out:
    if (sink)
        mcps__sink_close(sink);
    mcps__sink_unref(sink);
    mcps_test_free(client);
    mcps_test_free(other);
    host_end(&h);
}

static void who_is_refused_leaves_nothing(void)
{
    static const struct fake_ways two = { .max_peers = 2 };
    mcps_test_client *clients[3] = { NULL };
    struct host h = { .begun = false };

    CHECK(host_begin(&h, &two) && host_start(&h));
    CHECK_INT(host_connect(&h, "a", &clients[0]), 0);
    CHECK_INT(host_connect(&h, "a", &clients[1]), 0);
    CHECK_INT(host_connect(&h, "b", &clients[2]), MCPS_ELIMIT);
    CHECK_INT(fake_accounts(), 1);
    clients[0] = mcps_test_free(clients[0]);
    CHECK(fake_wait(FAKE_FREED, 1));
    CHECK_INT(host_connect(&h, "b", &clients[2]), 0);
out:
    for (unsigned i = 0; i < 3; i++)
        mcps_test_free(clients[i]);
    host_end(&h);
}

struct comer {
    pthread_t thread;
    struct host *host;
    bool wrong;
};

/* Until it is refused. */
static void *come_and_go(void *userdata)
{
    struct comer *comer = userdata;
    int fd, r = 0;

    while (r >= 0) {
        r = mcps__memory_connect(comer->host->transport, "comer", &fd);
        if (r >= 0)
            close(fd);
    }
    comer->wrong = r != MCPS_ECLOSED && r != -ENOMEM;
    return NULL;
}

static void the_stop_may_come_at_any_time(void)
{
    enum { N = 3 };
    struct comer comers[N] = { 0 };
    struct host h = { .begun = false };
    unsigned n_started = 0;
    bool wrong = false;

    for (unsigned run = 0; run < unit_repeat(5, 200); run++) {
        n_started = 0;
        CHECK(host_begin(&h, &plain) && host_start(&h));
        while (n_started < N) {
            comers[n_started] = (struct comer){ .host = &h };
            if (pthread_create(&comers[n_started].thread, NULL, come_and_go,
                               &comers[n_started]) != 0)
                break;
            n_started++;
        }
        fake_wait(FAKE_FREED, 10 * run);
        host_stop(&h);
        for (unsigned i = 0; i < n_started; i++) {
            pthread_join(comers[i].thread, NULL);
            wrong = wrong || comers[i].wrong;
        }
        CHECK(!wrong);
        CHECK_INT(fake_count(FAKE_FREED), fake_count(FAKE_MADE));
        host_end(&h);
    }
out:
    host_end(&h);
}

struct inside {
    struct mcps__post post;
    struct mcps__transport *transport;
    atomic_bool was;
    atomic_int connected;
};

static void look_inside(struct mcps__post *post)
{
    struct inside *inside = MCPS__CONTAINER_OF(post, struct inside, post);

    int fd;

    atomic_store(&inside->was, inside->transport->ops->is_inside(inside->transport));
    /* It would wait for itself. */
    atomic_store(&inside->connected, mcps__memory_connect(inside->transport, "a", &fd));
}

static void the_thread_knows_itself(void)
{
    struct host h = { .begun = false };
    struct inside inside = { .post = { .fn = NULL } };

    CHECK(host_begin(&h, &plain));
    CHECK(!h.transport->ops->is_inside(h.transport));
    CHECK(host_start(&h));
    CHECK(!h.transport->ops->is_inside(h.transport));
    inside.transport = h.transport;
    atomic_init(&inside.was, false);
    atomic_init(&inside.connected, 0);
    mcps__post_init(&inside.post, look_inside);
    CHECK(mcps__loop_post(mcps__lines_of(h.transport)->io.loop, &inside.post));
    host_stop(&h);
    CHECK(atomic_load(&inside.was));
    CHECK_INT(atomic_load(&inside.connected), -EDEADLK);
    CHECK(!h.transport->ops->is_inside(h.transport));
out:
    host_end(&h);
}

/* ---- cutting ---- */

static void cuts_are_seen_by_the_server(void)
{
    struct host h = { .begun = false };
    mcps_test_client *client = NULL;
    char *text = NULL;

    CHECK(host_begin(&h, &echo_and_stay) && host_start(&h));
    /* Sending: what was sent is read, and answered. */
    CHECK_INT(host_connect(&h, "a", &client), 0);
    CHECK_INT(mcps_test_send(client, "1"), 0);
    mcps_test_cut(client, MCPS_TEST_CUT_SENDING);
    CHECK_INT(mcps_test_send(client, "2"), MCPS_ECLOSED);
    CHECK_INT(mcps_test_send_bytes(client, "2", 1, 0), MCPS_ECLOSED);
    CHECK(fake_wait(FAKE_END_OF_INPUT, 1));
    CHECK_INT(receive(client, &text), 0);
    CHECK_STR(text, "1");
    CHECK_INT(fake_count(FAKE_GONE), 0);
    client = mcps_test_free(client);
    CHECK(fake_wait(FAKE_GONE, 1) && fake_wait(FAKE_FREED, 1));
    /* Receiving: the next that is written meets it. */
    CHECK_INT(host_connect(&h, "a", &client), 0);
    mcps_test_cut(client, MCPS_TEST_CUT_RECEIVING);
    CHECK_INT(receive(client, &text), MCPS_ECLOSED);
    CHECK_INT(mcps_test_send(client, "3"), 0);
    CHECK(fake_wait(FAKE_GONE, 2) && fake_wait(FAKE_FREED, 2));
    client = mcps_test_free(client);
    /* Both. */
    CHECK_INT(host_connect(&h, "a", &client), 0);
    mcps_test_cut(client, MCPS_TEST_CUT_BOTH);
    CHECK(fake_wait(FAKE_GONE, 3) && fake_wait(FAKE_FREED, 3));
    CHECK_INT(fake_logged(MCPS_LOG_ERROR) + fake_logged(MCPS_LOG_WARNING), 0);
out:
    free(text);
    mcps_test_free(client);
    host_end(&h);
}

/* The server waits for room then, and learns of the cut all the same. */
static void a_cut_ends_a_write_that_waits(void)
{
    static const struct fake_ways stay = { .stay = true };
    static const char much[1 << 20];
    struct host h = { .begun = false };
    mcps_test_client *client = NULL;

    CHECK(host_begin(&h, &stay) && host_start(&h));
    CHECK_INT(host_connect(&h, "a", &client), 0);
    CHECK_INT(fake_put(fake_peer(), much, sizeof much), 0);
    /* When this is read, that was written as far as it could. */
    CHECK_INT(mcps_test_send(client, "1"), 0);
    CHECK(fake_wait(FAKE_MESSAGE, 1));
    mcps_test_cut(client, MCPS_TEST_CUT_RECEIVING);
    CHECK(fake_wait(FAKE_GONE, 1) && fake_wait(FAKE_FREED, 1));
out:
    mcps_test_free(client);
    host_end(&h);
}

/* ---- the client alone, with a socket for a server ---- */

static bool make_pair(mcps_test_client **ret, int *ret_fd)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return false;
    *ret_fd = fds[1];
    return mcps__test_client_new(ret, fds[0]) >= 0;
}

static void receiving_tells_lines_ends_and_rests(void)
{
    mcps_test_client *client = NULL;
    char *text = NULL;
    int fd = -1;

    CHECK(make_pair(&client, &fd));
    CHECK_INT(mcps_test_receive(client, &text, 0), MCPS_ETIMEDOUT);
    CHECK_INT(write(fd, "one\ntw", 6), 6);
    CHECK_INT(mcps_test_receive(client, &text, 0), 0);
    CHECK_STR(text, "one");
    free(text);
    text = NULL;
    CHECK_INT(mcps_test_receive(client, &text, 1), MCPS_ETIMEDOUT);
    CHECK(!text);
    CHECK_INT(write(fd, "o\nthree\nfo", 10), 10);
    close(fd);
    fd = -1;
    CHECK_INT(mcps_test_receive(client, &text, 0), 0);
    CHECK_STR(text, "two");
    free(text);
    text = NULL;
    CHECK_INT(mcps_test_receive(client, &text, 0), 0);
    CHECK_STR(text, "three");
    CHECK_INT(mcps_test_receive(client, &text, 0), MCPS_EPROTOCOL);
    CHECK_INT(mcps_test_receive(client, &text, 0), MCPS_ECLOSED);
out:
    free(text);
    mcps_test_free(client);
    if (fd >= 0)
        close(fd);
}

static void nothing_is_received_after_a_cut(void)
{
    mcps_test_client *client = NULL;
    char *text = NULL;
    int fd = -1;

    CHECK(make_pair(&client, &fd));
    /* Of which it has a part already. */
    CHECK_INT(write(fd, "on", 2), 2);
    CHECK_INT(mcps_test_receive(client, &text, 0), MCPS_ETIMEDOUT);
    CHECK_INT(write(fd, "e\ntwo\n", 6), 6);
    mcps_test_cut(client, MCPS_TEST_CUT_RECEIVING);
    CHECK_INT(mcps_test_receive(client, &text, 0), MCPS_ECLOSED);
out:
    free(text);
    mcps_test_free(client);
    if (fd >= 0)
        close(fd);
}

static void sending_says_how_much_was_taken(void)
{
    static char much[8 << 20], got[1 << 16];
    mcps_test_client *client = NULL;
    size_t n_read = 0;
    long sent = 0;
    int fd = -1;

    CHECK(make_pair(&client, &fd));
    CHECK_INT(mcps_test_send_bytes(client, much, 0, 0), 0);
    sent = mcps_test_send_bytes(client, much, sizeof much, 1);
    CHECK(sent > 0 && (size_t)sent < sizeof much);
    CHECK_INT(mcps_test_send_bytes(client, much, 1, 0), 0);
    for (ssize_t n = 1; n > 0 && n_read < (size_t)sent; n_read += (size_t)n) {
        n = read(fd, got, sizeof got);
        CHECK(n > 0);
    }
    CHECK_INT(n_read, sent);
    CHECK_INT(mcps_test_send(client, "12"), 0);
    CHECK_MEM(got, (size_t)read(fd, got, sizeof got), "12\n", 3);
    CHECK_INT(mcps_test_send(client, ""), 0);
    CHECK_MEM(got, (size_t)read(fd, got, sizeof got), "\n", 1);
    close(fd);
    fd = -1;
    CHECK_INT(mcps_test_send(client, "12"), MCPS_ECLOSED);
    CHECK(mcps_test_free(NULL) == NULL);
out:
    mcps_test_free(client);
    if (fd >= 0)
        close(fd);
}

const struct unit_test memory_tests[] = {
    UNIT_TEST(clients_come_and_go),
    UNIT_TEST(nobody_connects_before_the_start_or_after_the_stop),
    UNIT_TEST(who_is_refused_leaves_nothing),
    UNIT_TEST(the_stop_may_come_at_any_time),
    UNIT_TEST(the_thread_knows_itself),
    UNIT_TEST(cuts_are_seen_by_the_server),
    UNIT_TEST(a_cut_ends_a_write_that_waits),
    UNIT_TEST(receiving_tells_lines_ends_and_rests),
    UNIT_TEST(nothing_is_received_after_a_cut),
    UNIT_TEST(sending_says_how_much_was_taken),
    UNIT_END,
};
