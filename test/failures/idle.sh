#!/bin/sh
# SPDX-License-Identifier: MIT
# What a server costs that does nothing: threads besides its workers, and memory.
set -eu

workers=2
threads_max=$((workers + 3))
memory_max=2048 # KiB of its own: pages of libraries are everybody's

lab=$top_builddir/test/fixtures/lab
if grep -q -E '__(asan|tsan|ubsan|msan)_' "$lab" ||
    grep -q -s -E '__(asan|tsan|ubsan|msan)_' "$top_builddir"/.libs/libmcpserver.so; then
    echo "SKIPPED: sanitizers have threads and memory of their own"
    exit 77
fi
if grep -q '^#define MCPS__TEST_HOOKS' "$top_builddir/config.h"; then
    echo "SKIPPED: it is measured in builds without test hooks"
    exit 77
fi
if ! test -r /proc/self/status; then
    echo "SKIPPED: there is no /proc to measure with"
    exit 77
fi

dir=$(mktemp -d)
pid=
cleanup() {
    if test -n "$pid"; then kill -9 "$pid" 2>/dev/null || true; fi
    rm -rf "$dir"
}
trap cleanup EXIT
mkfifo "$dir/in" "$dir/out"
"$lab" --workers $workers stdio: <"$dir/in" >"$dir/out" &
pid=$!
exec 3>"$dir/in" 4<"$dir/out"

ask() {
    echo "$1" >&3
    read -r answer <&4
    case $answer in *'"result"'*) ;; *) echo "FAIL: $answer"; exit 1 ;; esac
}

status() {
    sed -n "s/^$1:[^0-9]*\\([0-9]*\\).*/\\1/p" "/proc/$pid/status"
}

ask '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"idle","version":"1"}}}'
echo '{"jsonrpc":"2.0","method":"notifications/initialized"}' >&3
ask '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
ask '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo","arguments":{"text":"idle"}}}'

threads=$(status Threads)
resident=$(status VmRSS)
memory=$(status RssAnon)
exec 3>&-
wait "$pid"
pid=
echo "$threads threads with $workers workers, $resident KiB resident, $memory of them its own"
if test "$threads" -gt "$threads_max"; then
    echo "FAIL: more than $threads_max threads"
    exit 1
fi
if test "$memory" -gt "$memory_max"; then
    echo "FAIL: more than $memory_max KiB of its own"
    exit 1
fi
