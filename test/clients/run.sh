#!/bin/sh
# The official clients drive the lab over stdio and over HTTP, what it sends is held against
# the protocol's schemas, and arguments are judged by ajv as the schemas say that clients see.
# `http` is the same clients, and curl, over HTTP: directly, and with nginx in front. What all
# that needs is installed, by name and exact version, in test/clients/installed of the build
# that this is called in. What cannot be installed here is skipped, and said to be; exits with 77
# when that leaves nothing.
# `bench`, which is not among them unless it is named, measures ajv beside us for "make bench".
# Usage: run.sh [ts|modern|py|http|schema|schema=PROGRAM|ajv|bench]...
set -eu

ts_package=@modelcontextprotocol/sdk@1.32.2
modern_package=@modelcontextprotocol/client@2.4.0
schema_packages='ajv@8.20.0 ajv-formats@3.0.1'
py_package=mcp==2.3.0
ajv_package=ajv@8.20.0
install_seconds=300
run_seconds=600

src=$(cd "$(dirname "$0")" && pwd)
build=$PWD
installed=$build/test/clients/installed
lab=$build/test/fixtures/lab
schemas=${MCPS_SHARED:-${src%/test/clients}/../shared}/data/mcp-schema
cases=$build/test/clients/args_cases
bench=$build/test/bench/bench_schema
# What the installers say when they reach nobody.
offline='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH'
offline="$offline|ERR_SOCKET_TIMEOUT|NewConnectionError|NameResolutionError"
offline="$offline|ConnectTimeoutError|ReadTimeoutError"
over=stdio
ran=0
bad=0

skip() { # client, why
    echo "SKIP: clients/$1"
    echo "SKIPPED: clients/$1: $2"
}

fail() { # client, what
    echo "FAIL: clients/$1 $2"
    bad=1
}

# Runs an installer, unless that package is there already. False if it is not there then.
install() { # client, package, command...
    client=$1 package=$2 dir=$installed/$1
    shift 2
    [ "$(cat "$dir/complete" 2> /dev/null)" != "$package" ] || return 0
    rm -rf "$dir"
    mkdir -p "$dir"
    echo "clients/$client: installing $package"
    status=0
    timeout -k 10 $install_seconds "$@" > "$dir/log" 2>&1 || status=$?
    if [ $status -eq 0 ]; then
        echo "$package" > "$dir/complete"
    elif [ $status -eq 124 ] || [ $status -eq 137 ]; then
        skip "$client" "$package was not installed within $install_seconds seconds"
    elif grep -qE "$offline" "$dir/log"; then
        skip "$client" "$package cannot be installed without a network"
    else
        tail -n 20 "$dir/log"
        fail "$client" "install"
    fi
    return $status
}

install_node() { # client, the oldest node that it runs on, packages
    node -e 'process.exit(parseInt(process.versions.node) < process.argv[1] ? 1 : 0)' $2 \
        2> /dev/null ||
        { skip "$1" "there is no node of $2 or later (package nodejs)"; return 1; }
    command -v npm > /dev/null || { skip "$1" "there is no npm (package npm)"; return 1; }
    # Unquoted: they may be several.
    install "$1" "$3" npm install --prefix "$installed/$1" --no-save --no-package-lock \
        --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
        --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=1000 $3
}

install_ts() { install_node ts 18 $ts_package; }

install_modern() { install_node modern 20 $modern_package; }

install_schema() {
    [ -d "$schemas" ] || { skip schema "there is no $schemas"; return 1; }
    install_node schema 18 "$schema_packages"
}

install_ajv() { install_node ajv 18 $ajv_package; }

install_curl() {
    command -v curl > /dev/null || { skip curl "there is no curl (package curl)"; return 1; }
}

install_bench() { install_ajv; }

install_py() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null ||
        { skip py "there is no python3 of 3.10 or later (package python3)"; return 1; }
    python3 -c 'import venv, ensurepip' 2> /dev/null ||
        { skip py "python3 has no venv (package python3-venv)"; return 1; }
    # One command, so that the time is bounded for both.
    install py $py_package sh -c 'python3 -m venv "$1/venv" && "$1/venv/bin/pip" install \
        --no-input --disable-pip-version-check --retries 1 --timeout 30 "$2"' \
        sh "$installed/py" $py_package
}

# Packages are looked for beside the script, so it has to be where they are.
run_node() { # client, arguments
    client=$1
    shift
    cp "$src"/*.mjs "$installed/$client"
    timeout -k 10 $run_seconds node "$installed/$client/$client.mjs" "$@"
}

run_ts() { run_node ts "$@"; }

run_modern() { run_node modern "$@"; }

run_schema() { run_node schema "$schemas" "$@"; }

run_py() { timeout -k 10 $run_seconds "$installed/py/venv/bin/python" "$src/py.py" "$@"; }

run_curl() { timeout -k 10 $run_seconds sh "$src/curl.sh" "$@"; }

run_ajv() {
    cp "$src/args.mjs" "$installed/ajv/args.mjs"
    n=2000
    [ "${MCPS_TEST_LONG:-}" != 1 ] || n=100000
    timeout -k 10 $run_seconds node "$installed/ajv/args.mjs" "$cases" $n ${MCPS_TEST_SEED:-}
}

run_bench() {
    cp "$src/../bench/ajv.mjs" "$installed/ajv/bench.mjs"
    timeout -k 10 $run_seconds "$bench" node "$installed/ajv/bench.mjs"
}

# Servers that are still there when their client is through, and what stands before them.
stop_leftovers() { # client, folder
    for file in "$2"/*.pid "$2"/*.nginx/nginx.pid; do
        if [ ! -e "$file" ] || [ -e "${file%.pid}.status" ]; then continue; fi
        fail "$1" "left $(basename "${file%/nginx.pid}" .pid) behind"
        case $file in
        */nginx.pid) kill -TERM "$(cat "$file")" 2> /dev/null || true ;;
        *) kill -KILL "-$(cat "$file")" 2> /dev/null || true ;;
        esac
    done
}

run() { # client, program
    "install_$1" || return 0
    ran=$((ran + 1))
    name=$1
    [ $over = stdio ] || name=$over-$1
    dir=$installed/$1/servers
    [ $over = stdio ] || dir=$installed/$1/$name
    rm -rf "$dir"
    mkdir -p "$dir"
    status=0
    MCPS_CLIENTS_OVER=$over
    export MCPS_CLIENTS_OVER
    "run_$1" "$src/server.sh" "$2" "$dir" || status=$?
    stop_leftovers "$name" "$dir"
    case $status in
    0) ;;
    1) bad=1 ;;
    124 | 137) fail "$name" "took more than $run_seconds seconds" ;;
    *) fail "$name" "ended with $status" ;;
    esac
}

# What came over HTTP by then is held against the schemas.
judge_wires() {
    install_schema || return 0
    set --
    for dir in "$installed"/*/http-* "$installed"/*/sse-* "$installed"/*/nginx-*; do
        [ -z "$(find "$dir" -name '*.wire' 2> /dev/null)" ] || set -- "$@" "$dir"
    done
    [ $# -gt 0 ] || return 0
    cp "$src"/*.mjs "$installed/schema"
    timeout -k 10 $run_seconds node "$installed/schema/wire.mjs" "$schemas" "$@" || bad=1
}

run_http() { # program
    rm -rf "$installed"/*/http-* "$installed"/*/sse-* "$installed"/*/nginx-*
    for over in http sse nginx; do
        each='ts modern py curl'
        [ $over != sse ] || each=ts
        if [ $over = nginx ] && ! PATH=$PATH:/usr/sbin command -v nginx > /dev/null; then
            skip nginx "there is no nginx (package nginx-light)"
            continue
        fi
        for one in $each; do run $one "$1"; done
    done
    over=stdio
    judge_wires
}

if [ "$*" = bench ]; then
    [ -x "$bench" ] || { echo "there is no $bench: make bench builds it"; exit 1; }
else
    [ -x "$lab" ] || { echo "there is no $lab: make check-clients builds it"; exit 1; }
    [ -x "$cases" ] || { echo "there is no $cases: make check-clients builds it"; exit 1; }
fi
[ $# -gt 0 ] || set -- ts modern py http schema schema="$build/test/fixtures/kinds" ajv
for client; do
    case $client in
    ts | modern | py | schema | ajv | bench) run "$client" "$lab" ;;
    http) run_http "$lab" ;;
    schema=*) run schema "${client#schema=}" ;;
    *) echo "usage: run.sh [ts|modern|py|http|schema|schema=PROGRAM|ajv|bench]..."; exit 2 ;;
    esac
done
[ $bad -eq 0 ] || exit 1
[ $ran -gt 0 ] || exit 77
