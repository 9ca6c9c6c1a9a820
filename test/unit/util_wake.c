/* SPDX-License-Identifier: MIT */
/* The descriptor that wakes a thread. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "util/wake.h"

extern const struct unit_test wake_tests[];

static bool readable(const struct mcps__wake *wake)
{
    struct pollfd p = { .fd = mcps__wake_fd(wake), .events = POLLIN };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

static void any_number_of_signals_is_one(void)
{
    struct mcps__wake wake = { -1, -1 };
    bool made = mcps__wake_init(&wake) == 0;

    CHECK(made);
    CHECK(!readable(&wake));
    CHECK(!mcps__wake_drain(&wake));
    for (unsigned n = 1; n <= 300; n++) {
        for (unsigned i = 0; i < n; i++)
            mcps__wake_signal(&wake);
        CHECK(readable(&wake));
        CHECK(readable(&wake));
        CHECK(mcps__wake_drain(&wake));
        CHECK(!readable(&wake));
        CHECK(!mcps__wake_drain(&wake));
    }
out:
    if (made)
        mcps__wake_fini(&wake);
}

/* More signals than a pipe would hold. */
static void signalling_never_blocks_and_keeps_errno(void)
{
    const uint64_t most = UINT64_MAX - 1;
    struct mcps__wake wake = { -1, -1 };
    bool made = mcps__wake_init(&wake) == 0;

    CHECK(made);
    /* An eventfd that can count no further; for a pipe it is one signal more. */
    CHECK_INT(write(wake.write_fd, &most, sizeof most), sizeof most);
    errno = E2BIG;
    for (unsigned i = 0; i < 20000; i++)
        mcps__wake_signal(&wake);
    CHECK_INT(errno, E2BIG);
    CHECK(mcps__wake_drain(&wake));
    CHECK(!readable(&wake));
out:
    if (made)
        mcps__wake_fini(&wake);
}

static void descriptors_are_closed_on_exec(void)
{
    struct mcps__wake wake = { -1, -1 };
    bool made = mcps__wake_init(&wake) == 0;
    int old_fd = -1;

    CHECK(made);
    CHECK((fcntl(wake.read_fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(wake.write_fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(wake.read_fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(wake.write_fd, F_GETFL) & O_NONBLOCK) != 0);
    old_fd = mcps__wake_fd(&wake);
    mcps__wake_fini(&wake);
    made = false;
    CHECK_INT(fcntl(old_fd, F_GETFD), -1);
out:
    if (made)
        mcps__wake_fini(&wake);
}

static struct mcps__wake *signal_wake;

static void on_signal(int signal_number)
{
    (void)signal_number;
    mcps__wake_signal(signal_wake);
}

static void a_signal_handler_may_signal(void)
{
    struct mcps__wake wake = { -1, -1 };
    struct sigaction action = { .sa_handler = on_signal }, old = { 0 };
    bool made = mcps__wake_init(&wake) == 0, handled = false;

    CHECK(made);
    signal_wake = &wake;
    handled = sigaction(SIGUSR1, &action, &old) == 0;
    CHECK(handled);
    CHECK_INT(raise(SIGUSR1), 0);
    CHECK(mcps__wake_drain(&wake));
out:
    if (handled)
        sigaction(SIGUSR1, &old, NULL);
    if (made)
        mcps__wake_fini(&wake);
}

struct traffic {
    struct mcps__wake wake;
    atomic_uint n_sent;
};

enum { N_SENT = 5000, N_SENDERS = 3 };

static void *send_many(void *userdata)
{
    struct traffic *traffic = userdata;

    for (unsigned i = 0; i < N_SENT; i++) {
        atomic_fetch_add(&traffic->n_sent, 1);
        mcps__wake_signal(&traffic->wake);
    }
    return NULL;
}

/* A lost wake-up would leave this in poll() for ever. */
static void no_wake_up_is_lost(void)
{
    struct traffic traffic = { .wake = { -1, -1 } };
    struct pollfd p = { .events = POLLIN };
    pthread_t threads[N_SENDERS];
    unsigned n_started = 0, n_seen = 0;
    bool made = mcps__wake_init(&traffic.wake) == 0;

    CHECK(made);
    p.fd = mcps__wake_fd(&traffic.wake);
    while (n_started < N_SENDERS &&
           pthread_create(&threads[n_started], NULL, send_many, &traffic) == 0)
        n_started++;
    while (n_seen < n_started * N_SENT) {
        if (poll(&p, 1, -1) == 1 && mcps__wake_drain(&traffic.wake))
            n_seen = atomic_load(&traffic.n_sent);
    }
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(n_started, N_SENDERS);
    CHECK_INT(n_seen, N_SENDERS * N_SENT);
out:
    if (made)
        mcps__wake_fini(&traffic.wake);
}

const struct unit_test wake_tests[] = {
    UNIT_TEST(any_number_of_signals_is_one),
    UNIT_TEST(signalling_never_blocks_and_keeps_errno),
    UNIT_TEST(descriptors_are_closed_on_exec),
    UNIT_TEST(a_signal_handler_may_signal),
    UNIT_TEST(no_wake_up_is_lost),
    UNIT_END,
};
