/* SPDX-License-Identifier: MIT */
/*
 * The server that the official conformance suite is run against: what it offers are the suite's
 * terms, to the letter. On the public interface alone, like any other server.
 */
#ifndef TEST_CONFORMANCE_FIXTURE_H
#define TEST_CONFORMANCE_FIXTURE_H

#include <stddef.h>

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"

/* Adds all of it to a server that has not started: its parts below, in that order. */
int fixture_add(mcps_server *server);

/* Contents of all kinds, progress, logs and schemas. Clients call the first tool of the list
 * without arguments, just to see: it needs none and changes nothing. */
int fixture_add_content(mcps_server *server);
/* Tools that ask their client for one thing. */
int fixture_add_asks(mcps_server *server);
/* Tools and a prompt that ask in several ways and rounds. */
int fixture_add_rounds(mcps_server *server);
/* Prompts, resources, completion; tools that change what is offered. */
int fixture_add_offers(mcps_server *server);

/* A picture of one pixel, and a sound of eight samples. */
struct mcps_blob fixture_png(void);
struct mcps_blob fixture_wav(void);

/* What a user did with a form: "accept", "decline", "cancel". */
const char *fixture_action(int reply);
/* What a model said: a text, or nothing if it is something else. Borrowed. */
const char *fixture_sampled_text(struct json_object *sample);
/* As JSON on one line. Borrowed until the tree changes. */
const char *fixture_json(struct json_object *tree);

#endif
