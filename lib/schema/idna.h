/* SPDX-License-Identifier: MIT */
/* Names of hosts, international ones too (RFC 5890 to 5893, "IDNA2008"). Any thread. */
#ifndef MCPS_SCHEMA_IDNA_H
#define MCPS_SCHEMA_IDNA_H

#include <stdbool.h>
#include <stddef.h>

enum mcps__idna {
    MCPS__IDNA_ASCII,     /* only ASCII; other characters are in labels like "xn--…" */
    MCPS__IDNA_PLAIN_DOT, /* any characters, and U+002E between labels */
    MCPS__IDNA_ANY_DOT    /* and the dots of East Asian scripts, too */
};

/* Is it the name of a host, without a dot at its end? */
bool mcps__idna_is_host(const char *text, size_t len, enum mcps__idna kind);

#endif
