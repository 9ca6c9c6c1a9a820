/* SPDX-License-Identifier: MIT */
/* What a server may answer by RFC 9112, read as strictly as can be. */
#ifndef TEST_HTTP_STRICT_H
#define TEST_HTTP_STRICT_H

#include <stdbool.h>
#include <stddef.h>

struct strict_answer {
    int status;
    bool chunked, has_length, is_stream;
    bool closes;   /* Connection: close */
    size_t length; /* as declared, */
    char *body;    /* and what there is of it, without chunks, with a NUL behind it */
    size_t body_len;
};

/* Reads the answer that the data begin with, to a HEAD or to something else. Returns how many
 * bytes it has; 0: it is not complete, though right so far; -1: it is wrong, and *reterr_why
 * says how. *ret is filled by what there is of it, for strict_free(). */
long strict_read(const char *data, size_t len, bool is_head, struct strict_answer *ret,
                 const char **reterr_why);
void strict_free(struct strict_answer *answer);

/* Is all of it whole answers, to requests of which none was HEAD? The number of them, 100 not
 * counted; -1: it is not. What is not chunked and has no length may go on to the end. */
int strict_count(const char *data, size_t len);

#endif
