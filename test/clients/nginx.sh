#!/bin/sh
# Has an nginx in front of a server: in that folder, on a port of loopback that is free. The
# folder then has its URL in the file url, and what it has to say in error.log. Ends, and it too,
# by SIGTERM.
# Usage: nginx.sh FOLDER URL
set -eu

PATH=$PATH:/usr/sbin:/sbin
src=$(cd "$(dirname "$0")" && pwd)
folder=$1
server=${2#http://}
path=/${server#*/}
server=${server%%/*}
rm -rf "$folder"
mkdir -p "$folder"

# Below those that the system gives to others. One that is taken is said in error.log, and ends
# it: then the next is tried.
port=$((20000 + $$ % 10000))
pid=
trap 'kill -TERM $pid 2> /dev/null || true; wait $pid || true; exit 0' TERM INT
while :; do
    sed "s/@SERVER@/$server/; s/@PORT@/$port/" "$src/nginx.conf" > "$folder/nginx.conf"
    : > "$folder/error.log"
    nginx -p "$folder/" -c nginx.conf -e error.log 2> "$folder/stderr" &
    pid=$!
    until [ -s "$folder/nginx.pid" ] || ! kill -0 $pid 2> /dev/null; do sleep 0.01; done
    if [ -s "$folder/nginx.pid" ]; then break; fi
    grep -q 'Address already in use' "$folder/error.log" ||
        { cat "$folder/stderr" "$folder/error.log"; exit 1; }
    port=$((port + 1))
done
echo "http://127.0.0.1:$port$path" > "$folder/new"
mv "$folder/new" "$folder/url"
wait $pid
