#!/bin/sh
# What is installed can be used: a C and a C++ program outside the tree, by pkg-config,
# against the shared and the static library. What is uninstalled is gone.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make_quietly() {
    $MAKE -C "$top_builddir" DESTDIR="$dir/root" "$@" > "$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
}

make_quietly install
pc=$(find "$dir/root" -name libmcpserver.pc)
[ -n "$pc" ] || { echo "no libmcpserver.pc was installed"; exit 1; }
libdir=$(dirname "$(dirname "$pc")")
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$dir/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# The system's own folders must not get the root put in front of them.
flags() { pkg-config "$@" libmcpserver | sed "s|$dir/root/usr/include/json-c|/usr/include/json-c|g"; }

# A server, and a client that calls its tool. What is between the two languages' own parts is
# the same text in both.
cat > "$dir/head" <<'EOF'
#include <mcpserver/mcpserver.h>
#include <mcpserver/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADD_ARGS(ARG, S)                                               \
    ARG(S, INT, a, "First addend", MCPS_REQUIRED, MCPS_RANGE(0, 1000)) \
    ARG(S, INT, b, "Second addend", MCPS_OPTIONAL, .default_json = "40")
MCPS_ARGS(add_args, ADD_ARGS);

#define SUM(ARG, S) ARG(S, INT, sum, "Their sum", MCPS_REQUIRED)
MCPS_RESULT(sum, SUM);

MCPS_TOOL_HANDLER(add, add_args)
{
    struct sum result;

    (void)userdata;
    result.has_sum = true;
    result.sum = args->a + args->b;
    return sum_give(call, &result);
}
EOF
cat > "$dir/c.part" <<'EOF'
static const struct mcps_tool tools[] = {
    MCPS_TOOL(add, add_args, "Adds", .result = sum_fields)
};
#define CALLED "add"
#define ARGS   "{\"a\":2}"
#define WANTED "\"structuredContent\":{\"sum\":42}"
EOF
cat > "$dir/cc.part" <<'EOF'
#include <stdexcept>
MCPS_TOOL_HANDLER(fall, mcps_no_args)
{
    (void)call;
    (void)args;
    (void)userdata;
    throw std::runtime_error("thrown by a tool");
}
static const struct mcps_tool tools[] = {
    MCPS_TOOL(add, add_args, "Adds", .result = sum_fields),
    MCPS_TOOL(fall, mcps_no_args, "Throws")
};
#define CALLED "fall"
#define ARGS   "{}"
#define WANTED "[{\"type\":\"text\",\"text\":\"thrown by a tool\"}],\"isError\":true"
EOF
cat > "$dir/tail" <<'EOF'
static const char request[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" CALLED
    "\",\"arguments\":" ARGS ",\"_meta\":{"
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

int main(void)
{
    struct mcps_server_options options = MCPS_SERVER_OPTIONS(.name = "use", .version = "1");
    mcps_server *server = NULL;
    mcps_test_client *client = NULL;
    char *answer = NULL;
    bool ok = strcmp(mcps_version(), MCPS_VERSION) == 0 &&
              mcps_server_new(&server, &options) >= 0 &&
              mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]) >= 0 &&
              mcps_server_start(server) >= 0 &&
              mcps_test_connect(server, NULL, &client) >= 0 &&
              mcps_test_send(client, request) >= 0 &&
              mcps_test_receive(client, &answer, 60000) >= 0 && strstr(answer, WANTED);

    printf("libmcpserver %s: %s\n", mcps_version(), answer ? answer : "no answer");
    free(answer);
    mcps_test_free(client);
    if (mcps_server_unref(server))
        ok = false;
    return !ok;
}
EOF
cat "$dir/head" "$dir/c.part" "$dir/tail" > "$dir/use.c"
cat "$dir/head" "$dir/cc.part" "$dir/tail" > "$dir/use.cc"

warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
used=0
run() { # what, compiler, source, further flags
    what=$1 compiler=$2 source=$3
    shift 3
    echo 'int main() { return 0; }' > "$dir/probe.${source##*.}"
    $compiler $CFLAGS "$dir/probe.${source##*.}" -o "$dir/probe" 2> /dev/null ||
        { echo "SKIPPED: $compiler cannot build with $CFLAGS"; return 0; }
    # A library with sanitizers or coverage needs programs with the same.
    $compiler $CFLAGS $warnings "$source" -o "$dir/use" $(flags --cflags) "$@"
    LD_LIBRARY_PATH=$libdir "$dir/use" < /dev/null > "$dir/said" || { cat "$dir/said"; exit 1; }
    sed "s/^/$what: /" "$dir/said"
    used=$((used + 1))
}
if [ -e "$libdir/libmcpserver.so" ]; then
    run "C, shared" "$CC" "$dir/use.c" -std=c11 $(flags --libs)
    # The program that the README shows, as it stands there.
    awk '/^```c$/ { f = 1; next } /^```$/ { if (f) exit } f' "$top_srcdir/README.md" > "$dir/readme.c"
    run "README, shared" "$CC" "$dir/readme.c" -std=c11 $(flags --libs)
    cp "$dir/readme.c" "$dir/readme.cc"
    run "README, C++17" "${CXX:-c++}" "$dir/readme.cc" -std=c++17 $(flags --libs)
    run "C++17, shared" "${CXX:-c++}" "$dir/use.cc" -std=c++17 $(flags --libs)
    run "C++20, shared" "${CXX:-c++}" "$dir/use.cc" -std=c++20 $(flags --libs)
fi
if [ -e "$libdir/libmcpserver.a" ]; then
    run "C, static" "$CC" "$dir/use.c" "$libdir/libmcpserver.a" $(pkg-config --libs $(pkg-config --print-requires-private libmcpserver | sed "s/ .*//")) -lev -pthread
fi
[ $used -gt 0 ] || { echo "nothing was installed to be used"; exit 1; }

make_quietly uninstall
left=$(find "$dir/root" ! -type d)
[ -z "$left" ] || { echo "left behind:" $left; exit 1; }
