#!/bin/sh
# SPDX-License-Identifier: MIT
# How fast tools/call is over HTTP, in both eras, and what idle streams do to it: with wrk, and
# beside another server in the same run, whose command with "PORT" in it is $BENCH_PEER. Called
# in the build. Prints figures, and judges nothing.
set -eu

rounds=${BENCH_ROUNDS:-5}
seconds=${BENCH_SECONDS:-3}
connections=${BENCH_CONNECTIONS:-64}
streams=${BENCH_STREAMS:-5000}
peer_port=${BENCH_PEER_PORT:-7171}
here=$(dirname "$0")

for tool in wrk curl; do
    if ! command -v $tool >/dev/null; then
        echo "SKIPPED: there is no $tool"
        exit 77
    fi
done

dir=$(mktemp -d)
server=
peer=
hold=
cleanup() {
    exec 3>&- 4>&-
    for pid in $server $peer $hold; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap cleanup EXIT

mkfifo "$dir/server" "$dir/hold"
./test/bench/http_server <"$dir/server" >"$dir/url" &
server=$!
exec 3>"$dir/server"
while ! test -s "$dir/url"; do sleep 0.1; done
url=$(cat "$dir/url")
port=${url#http://127.0.0.1:}
port=${port%/mcp}

if test -n "${BENCH_PEER:-}"; then
    # The words of the command are meant to be split.
    # shellcheck disable=SC2046
    $(echo "$BENCH_PEER" | sed "s/PORT/$peer_port/") &
    peer=$!
    sleep 0.5
fi

say() {
    curl -s -D "$dir/head" -o "$dir/body" -H 'Content-Type: application/json' \
        -H 'Accept: application/json, text/event-stream' "$@" "$url"
}

say -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}'
BENCH_SESSION=$(tr -d '\r' <"$dir/head" | sed -n 's/^Mcp-Session-Id: //p')
export BENCH_SESSION
say -H "Mcp-Session-Id: $BENCH_SESSION" \
    -d '{"jsonrpc":"2.0","method":"notifications/initialized"}'

# The nanoseconds that the threads of a process were on a processor.
busy() {
    cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'
}

# name, era, url, pid, connections: a line "requests/s µs/request p50" to the name's file.
measure() {
    before=$(busy "$4")
    BENCH_ERA=$2 wrk -t1 -c"$5" -d"${seconds}s" -s "$here/http.lua" "$3" >"$dir/out"
    after=$(busy "$4")
    sed -n 's/^RESULT //p' "$dir/out" | awk -v ns=$((after - before)) -v name="$1" \
        '{ printf "%.0f %.2f %.1f\n", $1 / $2, ns / 1000 / $1, $3
           if ($4 + $5 + $6 > 0)
               print name ": broken " $4 ", refused " $5 ", late " $6 > "/dev/stderr" }' \
        >>"$dir/$1"
}

# The median of a column of a name's file.
median() {
    awk -v column="$2" '{ print $column }' "$dir/$1" | sort -g |
        awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

show() {
    echo "$1: $(median "$1" 1) requests/s, $(median "$1" 2) µs of a processor each," \
        "half within $(median "$1" 3) µs"
}

compare() {
    echo "$1 to $2: $(median "$1" 1) $(median "$2" 1) $(median "$1" 2) $(median "$2" 2)" |
        awk '{ printf "%s %s %s %.2f of the requests/s, %.2f of the time each\n", $1, $2, $3, $4 / $5, $6 / $7 }'
}

echo "$connections connections, $rounds rounds of $seconds s; the load before: $(cut -d ' ' -f 1 /proc/loadavg)"
i=0
while test $i -lt "$rounds"; do
    for era in modern legacy; do
        measure $era $era "$url" $server "$connections"
        if test -n "$peer"; then
            measure peer-$era $era "http://127.0.0.1:$peer_port/mcp" $peer "$connections"
        fi
    done
    i=$((i + 1))
done
for era in modern legacy; do
    show $era
    if test -n "$peer"; then
        show peer-$era
        compare $era peer-$era
    fi
done

echo "one connection, without and with $streams idle streams"
i=0
while test $i -lt "$rounds"; do
    measure alone modern "$url" $server 1
    ./test/bench/http_hold "$port" "$streams" <"$dir/hold" >"$dir/ready" &
    hold=$!
    exec 4>"$dir/hold"
    while ! test -s "$dir/ready" && kill -0 $hold 2>/dev/null; do sleep 0.1; done
    measure among modern "$url" $server 1
    exec 4>&-
    wait $hold
    hold=
    rm "$dir/ready"
    i=$((i + 1))
done
show alone
show among
