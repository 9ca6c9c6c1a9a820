/* SPDX-License-Identifier: MIT */
/* Texts that are too long to be written out: schemas and values for hostile tests. */
#ifndef TEST_SCHEMA_TEXT_H
#define TEST_SCHEMA_TEXT_H

#include <stddef.h>

#include "mcpserver/base.h"

/* Zeroed: empty. */
struct schema_text {
    char *data;
    size_t len, cap;
};

/* Appends up to 4000 bytes. Ends the process when there is no memory. */
void schema_text_add(struct schema_text *t, const char *format, ...) MCPS_PRINTF(2, 3);
/* Appends a text of any length in which each @ stands for a number. */
void schema_text_add_for(struct schema_text *t, const char *text, unsigned number);
/* So many, or a twentieth of them under valgrind, where all takes so much longer. */
unsigned schema_text_many(unsigned n);
const char *schema_text(const struct schema_text *t);
void schema_text_free(struct schema_text *t);

#endif
