/* SPDX-License-Identifier: MIT */
/*
 * The files of the JSON Schema test suite beside the project: where they lie, and the
 * documents that their schemas refer to.
 */
#ifndef TEST_SUITE_FILES_H
#define TEST_SUITE_FILES_H

#include <stddef.h>

#include "mcpserver/schema.h"

enum { SUITE_PATH_MAX = 4500, SUITE_NAMES_MAX = 256 };

struct suite_files {
    char dir[SUITE_PATH_MAX - 200];
    struct mcps_schema_document documents[SUITE_NAMES_MAX];
    size_t n_documents;
};

/* False when the suite is not there, which is then said. Needs suite_close() in any
 * case. */
bool suite_open(struct suite_files *files);
void suite_close(struct suite_files *files);

/* Calls fn with the path and the name of each .json file of a folder of the suite. False
 * when the folder cannot be read. */
bool suite_walk(const struct suite_files *files, const char *folder,
                void (*fn)(void *arg, const char *path, const char *name), void *arg);

#endif
