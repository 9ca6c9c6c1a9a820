#!/bin/sh
# Starts a server for a client, and notes how it ends. In a session of its own, where the
# signals of a client that lost its patience do not reach it: it has to end by itself.
# FILE.pid is its process group, FILE.err what it says on stderr and FILE.status, written
# when it has ended, its exit code. Usage: server.sh FILE PROGRAM [ARGUMENT]...
set -eu

exec setsid --fork --wait sh -c '
    echo $$ > "$0.pid"
    "$@" 2> "$0.err"
    echo $? > "$0.new"
    mv "$0.new" "$0.status"' "$@"
