/* SPDX-License-Identifier: MIT */
/*
 * The demo's offers: a handful of sample tools, notes as resources, and a prompt. Each file
 * shows another part of the library.
 */
#ifndef DEMO_H
#define DEMO_H

#include "mcpserver/mcpserver.h"

/* Tools that compute: arguments and results that are declared once, and progress. */
int demo_add_tools(mcps_server *server);
/* Notes that tools write and clients read and subscribe to; asking the user; a prompt with
 * completion. One server at a time. */
int demo_add_notes(mcps_server *server);

/* The value of an expression of numbers, + - * / and parentheses. Returns NULL, or a sentence
 * that says what is wrong with it. */
const char *demo_calculate(const char *text, double *ret);

#endif
