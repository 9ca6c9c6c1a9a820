/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer: over every file of its corpus, then over inputs
 * that are made from them by random changes. MCPS_TEST_SEED repeats a run, and
 * MCPS_TEST_LONG=1 makes it longer. Arguments are files to run instead.
 */
#include "config.h"

#include "fuzz.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { INPUT_MAX = 4096, FILES_MAX = 256 };

struct input {
    char name[256];
    uint8_t data[INPUT_MAX];
    size_t len;
};

static struct input inputs[FILES_MAX];
static size_t n_inputs;
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13; /* xorshift64 */
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static size_t below(size_t bound)
{
    return (size_t)(next_random() % bound);
}

/* Runs a copy of its own size, so that a sanitizer sees a step beyond its end. */
static void run_input(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    if (!copy)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static bool add_file(const char *path, const char *name)
{
    struct input *in = &inputs[n_inputs];
    FILE *f = n_inputs < FILES_MAX ? fopen(path, "rb") : NULL;

    if (!f)
        return false;
    snprintf(in->name, sizeof in->name, "%s", name);
    in->len = fread(in->data, 1, sizeof in->data, f);
    fclose(f);
    n_inputs++;
    return true;
}

static void read_corpus(const char *dir_name)
{
    char path[4096];
    struct dirent *entry;
    DIR *dir = opendir(dir_name);

    if (!dir) {
        perror(dir_name);
        exit(EXIT_FAILURE);
    }
    for (entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir_name, entry->d_name);
        if (!add_file(path, entry->d_name)) {
            perror(path);
            exit(EXIT_FAILURE);
        }
    }
    closedir(dir);
}

static size_t splice(uint8_t *out, size_t len, const struct input *other)
{
    size_t keep = below(len + 1), from = below(other->len + 1), n = other->len - from;

    if (n > INPUT_MAX - keep)
        n = INPUT_MAX - keep;
    memcpy(out + keep, other->data + from, n);
    return keep + n;
}

static size_t mutate(uint8_t *out, size_t len)
{
    size_t at = below(len + 1);

    switch (below(5)) {
    case 0: /* change a byte */
        if (at < len)
            out[at] = (uint8_t)next_random();
        return len;
    case 1: /* flip a bit */
        if (at < len)
            out[at] ^= (uint8_t)(1u << below(8));
        return len;
    case 2: /* drop a byte */
        if (at == len)
            return len;
        memmove(out + at, out + at + 1, len - at - 1);
        return len - 1;
    case 3: /* insert one */
        if (len == INPUT_MAX)
            return len;
        memmove(out + at + 1, out + at, len - at);
        out[at] = (uint8_t) "{}[]\",:\\u0e-.+\n\r=A/\xc3"[below(21)];
        return len + 1;
    default: return splice(out, len, &inputs[below(n_inputs)]);
    }
}

static void run_mutations(unsigned n)
{
    static uint8_t data[INPUT_MAX];

    for (unsigned i = 0; i < n; i++) {
        const struct input *in = &inputs[below(n_inputs)];
        size_t len = in->len;

        memcpy(data, in->data, len);
        for (size_t k = 1 + below(4); k > 0; k--)
            len = mutate(data, len);
        run_input(data, len);
    }
}

/* A target that takes its time says how many there are in the long form. */
#ifndef LONG_INPUTS
#define LONG_INPUTS 2000000
#endif

int main(int argc, char **argv)
{
    const char *given = getenv("MCPS_TEST_SEED"), *is_long = getenv("MCPS_TEST_LONG");
    unsigned n = is_long && strcmp(is_long, "1") == 0 ? LONG_INPUTS : 20000;

    for (int i = 1; i < argc; i++) {
        if (!add_file(argv[i], argv[i])) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
    }
    if (argc < 2)
        read_corpus(TEST_CORPUS_DIR);
    for (size_t i = 0; i < n_inputs; i++) {
        printf("%s\n", inputs[i].name);
        fflush(stdout);
        run_input(inputs[i].data, inputs[i].len);
    }
    if (argc < 2 && n_inputs > 0) {
        random_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
        random_state |= 1; /* xorshift must not start at 0 */
        printf("%u changed inputs (seed %" PRIu64 ")\n", n, random_state);
        fflush(stdout);
        run_mutations(n);
    }
    printf("%zu files passed\n", n_inputs);
    return n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
