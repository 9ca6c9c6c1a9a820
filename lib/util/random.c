/* SPDX-License-Identifier: MIT */
/* Random bytes from the system; see random.h. */
#include "config.h"

#include "util/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int mcps__random_bytes(void *memory, size_t len)
{
    unsigned char *p = memory;
    ssize_t n;

    while (len > 0) {
        n = getrandom(p, len, 0);
        if (n < 0) {
            if (errno != EINTR)
                return -errno;
            continue;
        }
        /* Large requests may be cut short by a signal. */
        p += n;
        len -= (size_t)n;
    }
    return 0;
}
