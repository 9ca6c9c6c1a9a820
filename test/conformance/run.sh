#!/bin/sh
# The official conformance suite is run against the fixture: both sets of requirements, twice,
# against one process. Suite and node are installed by npm, as package-lock.json says, in
# $MCPS_CONFORMANCE_CACHE or test/conformance/installed of the build that this is called in.
# What the suite prints, and its checks.json of each scenario, is then in test/conformance/out.
# Exits with 77 when it cannot be installed here.
# Usage: run.sh [what the fixture is run by]...
set -eu

install_seconds=300
run_seconds=300
start_seconds=60
revisions='2025-11-25 2026-07-28'

src=$(cd "$(dirname "$0")" && pwd)
build=$PWD
fixture=$build/test/conformance/fixture
out=$build/test/conformance/out
installed=${MCPS_CONFORMANCE_CACHE:-$build/test/conformance/installed}
case $(uname -m) in
aarch64 | arm64) arch=arm64 ;;
*) arch=x64 ;;
esac
node=$installed/node_modules/node-linux-$arch/bin/node
suite=$installed/node_modules/.bin/conformance
# What npm says when it reaches nobody.
offline='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH'
offline="$offline|ERR_SOCKET_TIMEOUT"
pid=
bad=0

skip() { # why
    echo "SKIP: conformance"
    echo "SKIPPED: conformance: $1"
    exit 77
}

fail() { # what
    echo "FAIL: conformance $1"
    bad=1
}

# The same file is there: it is complete.
is_installed() {
    cmp -s "$src/package-lock.json" "$installed/complete" && "$node" --version > /dev/null 2>&1
}

# Without the packages' own scripts: none of them needs one.
install_suite() {
    is_installed && return 0
    command -v npm > /dev/null || skip "there is no npm (package npm)"
    echo "conformance: installing the suite in $installed"
    rm -rf "$installed/node_modules" "$installed/complete"
    mkdir -p "$installed"
    cp "$src/package.json" "$src/package-lock.json" "$installed"
    status=0
    (cd "$installed" && timeout -k 10 $install_seconds npm ci --ignore-scripts --no-audit \
        --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000 \
        --fetch-retry-maxtimeout=1000) > "$installed/log" 2>&1 || status=$?
    if [ $status -eq 0 ]; then
        [ -x "$node" ] || skip "there is no node of 22 for this machine"
        cp "$src/package-lock.json" "$installed/complete"
    elif [ $status -eq 124 ] || [ $status -eq 137 ]; then
        skip "the suite was not installed within $install_seconds seconds"
    elif grep -qE "$offline" "$installed/log"; then
        skip "the suite cannot be installed without a network"
    else
        tail -n 20 "$installed/log"
        fail "install"
        exit 1
    fi
}

stop_fixture() {
    [ -n "$pid" ] || return 0
    kill -TERM "$pid" 2> /dev/null || true
    status=0
    wait "$pid" || status=$?
    pid=
    [ $status -eq 0 ] || fail "the fixture ended with $status"
}

start_fixture() { # what it is run by
    "$@" "$fixture" 2> "$out/fixture.log" &
    pid=$!
    trap 'kill -KILL $pid 2> /dev/null || true' EXIT
    trap 'exit 1' INT TERM
    url=
    tenths=0
    while [ -z "$url" ]; do
        if ! kill -0 "$pid" 2> /dev/null || [ $tenths -ge $((start_seconds * 10)) ]; then
            cat "$out/fixture.log"
            fail "the fixture does not listen"
            exit 1
        fi
        sleep 0.1
        tenths=$((tenths + 1))
        url=$(sed -n 's/^listening on \(http:.*\)/\1/p' "$out/fixture.log")
    done
}

# The suite tells by its exit code whether what is scored has failed, the check all else.
run_suite() { # revision, which time
    name=$1-$2
    status=0
    PATH="$(dirname "$node"):$PATH" timeout -k 10 $run_seconds "$suite" server --url "$url" \
        --requirements "$1" --timeout 120000 -o "$out/$name" > "$out/$name.log" 2>&1 ||
        status=$?
    ok=1
    [ $status -eq 0 ] || ok=0
    "$node" "$src/check.mjs" "$1" "$out/$name" || ok=0
    if [ $ok -eq 1 ]; then
        echo "PASS: conformance $1, run $2"
    else
        tail -n 5 "$out/$name.log"
        fail "$1, run $2: the suite ended with $status"
    fi
}

[ -x "$fixture" ] || { echo "there is no $fixture: make conformance builds it"; exit 1; }
install_suite
rm -rf "$out"
mkdir -p "$out"
start_fixture "$@"
for time in 1 2; do
    for revision in $revisions; do
        run_suite "$revision" $time
    done
done
stop_fixture
trap - EXIT
# Beside where it listens it has nothing to say.
if grep -v '^listening on ' "$out/fixture.log"; then fail "the fixture has said that"; fi
exit $bad
