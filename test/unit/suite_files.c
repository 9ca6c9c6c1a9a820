/* SPDX-License-Identifier: MIT */
/* The files of the JSON Schema test suite; see suite_files.h. */
#include "config.h"

#include "unit.h"

#include "suite_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char remote_uri[] = "http://localhost:1234/";

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static bool walk(const char *dir_name,
                 void (*fn)(void *arg, const char *path, const char *name), void *arg)
{
    char path[SUITE_PATH_MAX];
    struct dirent *entry;
    DIR *dir = opendir(dir_name);

    if (!dir)
        return false;
    for (entry = readdir(dir); entry; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", dir_name, entry->d_name);
        if (ends_in(entry->d_name, ".json"))
            fn(arg, path, entry->d_name);
    }
    closedir(dir);
    return true;
}

bool suite_walk(const struct suite_files *files, const char *folder,
                void (*fn)(void *arg, const char *path, const char *name), void *arg)
{
    char path[SUITE_PATH_MAX];

    snprintf(path, sizeof path, "%s/tests/%s", files->dir, folder);
    return walk(path, fn, arg);
}

/* The URI goes by the path below "remotes". */
static void add_remote(void *arg, const char *path, const char *name)
{
    struct suite_files *files = arg;
    const char *below = path + strlen(files->dir) + strlen("/remotes/");
    size_t len = 0, size = sizeof remote_uri + strlen(below);
    char *uri, *json;

    (void)name;
    if (files->n_documents == SUITE_NAMES_MAX)
        abort();
    uri = malloc(size);
    json = unit_read_file(path, &len);
    if (!uri || !json)
        abort();
    snprintf(uri, size, "%s%s", remote_uri, below);
    files->documents[files->n_documents++] = (struct mcps_schema_document){ uri, json };
}

static void add_remotes(struct suite_files *files, const char *dir_name)
{
    char path[SUITE_PATH_MAX];
    struct dirent *entry;
    DIR *dir = opendir(dir_name);

    if (!dir) /* a file */
        return;
    walk(dir_name, add_remote, files);
    for (entry = readdir(dir); entry; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", dir_name, entry->d_name);
        if (entry->d_name[0] != '.')
            add_remotes(files, path);
    }
    closedir(dir);
}

bool suite_open(struct suite_files *files)
{
    const char *shared = unit_shared_dir();
    char path[SUITE_PATH_MAX];
    DIR *dir = NULL;

    *files = (struct suite_files){ .n_documents = 0 };
    if (shared) {
        snprintf(files->dir, sizeof files->dir, "%.*s/data/json-schema-test-suite", 4096,
                 shared);
        dir = opendir(files->dir);
    }
    if (!dir) {
        unit_skip("the JSON Schema test suite is not here");
        return false;
    }
    closedir(dir);
    snprintf(path, sizeof path, "%s/remotes", files->dir);
    add_remotes(files, path);
    return true;
}

/* A string literal's type would not let it be freed; these are all from malloc(). */
static void free_text(const char *text)
{
    union {
        const char *text;
        void *memory;
    } taken = { .text = text };

    free(taken.memory);
}

void suite_close(struct suite_files *files)
{
    for (size_t i = 0; i < files->n_documents; i++) {
        free_text(files->documents[i].uri);
        free_text(files->documents[i].json);
    }
    files->n_documents = 0;
}
