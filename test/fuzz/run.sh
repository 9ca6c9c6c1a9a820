#!/bin/sh
# Runs each libFuzzer program for some seconds, two at a time, from the build that this is
# called in. A build without fuzzers gets one beside it, by clang with ASan and UBSan.
# Usage: run.sh SECONDS
set -eu

seconds=$1
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
build=$PWD

if ! grep -q 'fsanitize=fuzzer-no-link' "$build/Makefile"; then
    command -v clang > /dev/null || { echo "the fuzzers need clang (package clang)"; exit 1; }
    mkdir -p "$build/fuzz-build"
    cd "$build/fuzz-build"
    [ -e Makefile ] || "$src/configure" --quiet CC=clang --enable-fuzzers --enable-asan \
        --enable-ubsan --enable-test-hooks --disable-shared
    build=$PWD
fi
make -s -C "$build" libmcpscore.la test/fuzz/fuzz_scan test/fuzz/fuzz_frame \
    test/fuzz/fuzz_envelope test/fuzz/fuzz_base64 test/fuzz/fuzz_session test/fuzz/fuzz_args \
    test/fuzz/fuzz_regex test/fuzz/fuzz_schema test/fuzz/fuzz_check test/fuzz/fuzz_uri \
    test/fuzz/fuzz_seal test/fuzz/fuzz_canonical test/fuzz/fuzz_http test/fuzz/fuzz_conn

run() { # target
    found=$build/test/fuzz/found/$1
    grown=$build/test/fuzz/grown/$1
    mkdir -p "$found" "$grown"
    echo "fuzz_$1: $seconds seconds"
    "$build/test/fuzz/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$found/" "$grown" "$here/corpus/$1" \
        > "$found/log" 2>&1 || { tail -40 "$found/log"; return 1; }
    echo "fuzz_$1: no finding in$(sed -n 's/stat::number_of_executed_units: */ /p' "$found/log") runs"
}

bad=0
for pair in "scan envelope" "frame base64" "session args" "schema check" "regex uri" \
    "seal canonical" "http conn"; do
    pids=
    for target in $pair; do
        run "$target" &
        pids="$pids $!"
    done
    for pid in $pids; do wait "$pid" || bad=1; done
done
exit $bad
