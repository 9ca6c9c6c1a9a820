#!/bin/sh
# A conversation with a server: what goes in is shown with >, what comes out with <.
# The argument is the server's program.
set -eu

messages() {
    cat << 'END'
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"demo","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list"}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"add","arguments":{"a":19.5,"b":22.5}}}
{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"countdown","arguments":{"from":3},"_meta":{"progressToken":"t"}}}
{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"countdown","arguments":{"from":60}}}
{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}
{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"now"}}
END
}

# One after the other, and the end of input only after the countdown has ended.
messages | {
    while IFS= read -r message; do
        printf '> %s\n' "$message" >&2
        printf '%s\n' "$message"
        sleep 0.1
    done
    sleep 1
} | "$1" | sed -u 's/^/< /'
echo "The client is gone, the server has ended. Talk to it yourself: $1"
