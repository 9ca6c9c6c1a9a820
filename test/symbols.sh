#!/bin/sh
# The shared library exports what lib/libmcpserver.map lists, and nothing else; every symbol
# of the map stands in a public header, and every function of a header, but those that are
# inline or whose names end with _, in the map; what the static library brings beyond that cannot clash with an
# application's names.
set -eu

lib=$top_builddir/.libs
map=$top_srcdir/lib/libmcpserver.map
headers="$top_srcdir/include/mcpserver/*.h $top_builddir/include/mcpserver/version.h"
bad=0

listed=$(sed -n 's/^[[:space:]]*\(mcps_[a-z0-9_]*\);$/\1/p' "$map" | sort)
declared=$(cat $headers | grep -v '^typedef\|^static inline' | grep -o 'mcps_[a-z0-9_]*[a-z0-9](' | tr -d '(' | sort -u)
if [ "$listed" != "$declared" ]; then
    echo "the map lists:     " $listed
    echo "the headers declare:" $declared
    bad=1
fi

if [ ! -e "$lib/libmcpserver.so" ]; then
    echo "SKIPPED: the rest of this test needs the shared library"
    [ $bad -eq 0 ] && exit 77
    exit 1
fi
exported=$(nm -D --defined-only "$lib/libmcpserver.so" | awk '$2 != "A" { print $3 }' |
    sed 's/@.*//' | grep -v '^__\(asan\|odr\|gcov\|llvm\|sanitizer\|start\|stop\)' | sort -u)
if [ "$exported" != "$listed" ]; then
    echo "the library exports:" $exported
    echo "the map lists:      " $listed
    bad=1
fi

if [ -e "$lib/libmcpserver.a" ]; then
    foreign=$(nm --defined-only "$lib/libmcpserver.a" 2>/dev/null |
        awk '$2 ~ /^[A-TV-Z]$/ { print $3 }' | grep -v '^mcps_\|^__\|^DW\.ref' || true)
    if [ -n "$foreign" ]; then
        echo "names of the static library without our prefix:" $foreign
        bad=1
    fi
fi
exit $bad
