/* SPDX-License-Identifier: MIT */
/*
 * Prints the tables that stand in doc/, from the lists in the sources that the code itself
 * is made of. The argument says which; without one it lists them.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "mcpserver/mcpserver.h"
#include "rpc/errors.h"
#include "util/lock.h"

static void print_errors(void)
{
    printf("| name | value | meaning |\n| --- | --- | --- |\n");
#define XX(name, value, text) printf("| `MCPS_E%s` | %d | %s |\n", #name, (value), text);
    MCPS_ERROR_MAP(XX)
#undef XX
}

static void print_rpc_errors(void)
{
    printf("| code | message | when |\n| --- | --- | --- |\n");
#define XX(name, code, text, use) printf("| %d | %s | %s |\n", (code), text, use);
    MCPS__RPC_ERROR_MAP(XX)
#undef XX
}

static void print_json_errors(void)
{
    printf("| name | what is wrong | code sent |\n| --- | --- | --- |\n");
#define XX(name, value, limit, text) \
    printf("| %s | %s | %d |\n", #name, text, mcps__rpc_code_of_json(value));
    MCPS__JSON_ERROR_MAP(XX)
#undef XX
}

static void print_json_limits(void)
{
    printf("| limit | default | what it bounds |\n| --- | --- | --- |\n");
#define XX(name, value, text) \
    printf("| %s | %u | %s |\n", #name, mcps__json_default_limits.name, text);
    MCPS__JSON_LIMIT_MAP(XX)
#undef XX
}

/* What its unit is can be told from the name of a limit. */
static void print_limits(void)
{
    printf("| limit | default | what it bounds |\n| --- | --- | --- |\n");
#define XX(NAME, name, value, text) \
    printf("| %s | %llu | %s |\n", #name, (unsigned long long)(value), text);
    MCPS_LIMIT_MAP(XX)
#undef XX
}

static void print_stats(void)
{
    printf("| name | what it says |\n| --- | --- |\n");
#define XX(name, text) printf("| %s | %s |\n", #name, text);
    MCPS_STATS_MAP(XX)
#undef XX
}

static void print_cancel(void)
{
    printf("| reason | value | meaning |\n| --- | --- | --- |\n");
#define XX(name, value, text) \
    printf("| `MCPS_CANCEL_%s` | %d | %s |\n", #name, value, text);
    MCPS_CANCEL_MAP(XX)
#undef XX
}

static void print_locks(void)
{
    const struct mcps__lock_info *lock;

    printf("| lock | rank | what it covers |\n| --- | --- | --- |\n");
    for (size_t i = 0; (lock = mcps__lock_info(i)) != NULL; i++) {
        if (strncmp(lock->name, "test_", 5) != 0 && strcmp(lock->name, "sync") != 0)
            printf("| %s | %d | %s |\n", lock->name, lock->rank, lock->purpose);
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} tables[] = {
    { "errors", print_errors },           { "rpc-errors", print_rpc_errors },
    { "json-errors", print_json_errors }, { "json-limits", print_json_limits },
    { "limits", print_limits },           { "stats", print_stats },
    { "cancel", print_cancel },           { "locks", print_locks },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (argc < 2) {
            printf("%s\n", tables[i].name);
        } else if (strcmp(argv[1], tables[i].name) == 0) {
            tables[i].print();
            return EXIT_SUCCESS;
        }
    }
    return argc < 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
