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

cat > "$dir/use.c" <<'EOF'
#include <mcpserver/mcpserver.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    printf("libmcpserver %s: %s\n", mcps_version(), mcps_strerror(MCPS_ECLOSED));
    return strcmp(mcps_version(), MCPS_VERSION) != 0;
}
EOF
cp "$dir/use.c" "$dir/use.cc"

used=0
run() { # what, compiler, source, further flags
    what=$1 compiler=$2 source=$3
    shift 3
    echo 'int main() { return 0; }' > "$dir/probe.${source##*.}"
    $compiler $CFLAGS "$dir/probe.${source##*.}" -o "$dir/probe" 2> /dev/null ||
        { echo "SKIPPED: $compiler cannot build with $CFLAGS"; return 0; }
    # A library with sanitizers or coverage needs programs with the same.
    $compiler $CFLAGS "$source" -o "$dir/use" $(flags --cflags) "$@"
    LD_LIBRARY_PATH=$libdir "$dir/use" | sed "s/^/$what: /"
    used=$((used + 1))
}
if [ -e "$libdir/libmcpserver.so" ]; then
    run "C, shared" "$CC" "$dir/use.c" $(flags --libs)
    run "C++, shared" "${CXX:-c++}" "$dir/use.cc" $(flags --libs)
fi
if [ -e "$libdir/libmcpserver.a" ]; then
    run "C, static" "$CC" "$dir/use.c" "$libdir/libmcpserver.a" $(pkg-config --libs json-c) -pthread
fi
[ $used -gt 0 ] || { echo "nothing was installed to be used"; exit 1; }

make_quietly uninstall
left=$(find "$dir/root" ! -type d)
[ -z "$left" ] || { echo "left behind:" $left; exit 1; }
