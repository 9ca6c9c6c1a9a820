#!/bin/sh
# Each public header compiles by itself, in every language that may include it; and so do
# tools with declared fields, where the macros for them can be used.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I$top_srcdir/include -I$top_builddir/include"
bad=0
tried=0

has() { # compiler, standard, language's suffix
    echo 'int main(void) { return 0; }' > "$dir/probe.$3"
    command -v "${1%% *}" > /dev/null && $1 -std="$2" -c "$dir/probe.$3" -o "$dir/probe.o" 2> /dev/null ||
        { echo "SKIPPED: $1 has no $2"; return 1; }
}

try() { # compiler, standard, language's suffix
    has "$@" || return 0
    for header in "$top_srcdir"/include/mcpserver/*.h "$top_builddir"/include/mcpserver/version.h; do
        printf '#include <mcpserver/%s>\n#include <mcpserver/%s>\nint main(void) { return 0; }\n' \
            "$(basename "$header")" "$(basename "$header")" > "$dir/one.$3"
        $1 -std="$2" $flags -c "$dir/one.$3" -o "$dir/one.o" || { echo "$header as $2"; bad=1; }
        tried=$((tried + 1))
    done
}

try_tools() { # compiler, standard, language's suffix, flag...
    has "$1" "$2" "$3" || return 0
    cp "$top_srcdir/test/fixtures/tools.inc" "$dir/tools.$3"
    compiler=$1 std=$2 suffix=$3
    shift 3
    $compiler -std="$std" $flags "$@" -c "$dir/tools.$suffix" -o "$dir/tools.o" ||
        { echo "tools as $std with $compiler $*"; bad=1; }
    tried=$((tried + 1))
}

try_throwing() { # compiler, standard
    has "$1" "$2" cc || return 0
    cp "$top_srcdir/test/fixtures/throws.inc" "$dir/throws.cc"
    { $1 -std="$2" $flags "$dir/throws.cc" -o "$dir/throws" && "$dir/throws"; } ||
        { echo "exceptions as $2 with $1"; bad=1; }
    tried=$((tried + 1))
}

for std in c99 c11 c17 c2x; do try "$CC" $std c; done
for std in c++11 c++17 c++20; do try "${CXX:-c++}" $std cc; done
for compiler in gcc clang; do
    for std in c11 c17 c2x; do try_tools $compiler $std c; done
done
for compiler in g++ clang++; do
    for std in c++17 c++20; do
        try_tools $compiler $std cc
        try_tools $compiler $std cc -fno-exceptions
        try_tools $compiler $std cc -O2
        try_throwing $compiler $std
    done
done
# A tool whose handler takes another struct must not compile.
try_mistake() { # compiler, standard, language's suffix
    has "$1" "$2" "$3" || return 0
    sed 's/MCPS_TOOL(forecast, forecast_args/MCPS_TOOL(forecast, place/' \
        "$top_srcdir/test/fixtures/tools.inc" > "$dir/mistake.$3"
    ! $1 -std="$2" $flags -c "$dir/mistake.$3" -o "$dir/mistake.o" 2> "$dir/mistake" ||
        { echo "a handler with another struct compiles as $2 with $1"; bad=1; }
    grep -q forecast_takes_place_ "$dir/mistake" || { cat "$dir/mistake"; bad=1; }
    tried=$((tried + 1))
}
try_mistake gcc c11 c
try_mistake g++ c++17 cc

echo "$tried compiled"
[ $tried -gt 0 ] || exit 1
exit $bad
