#!/bin/sh
# curl and the lab over HTTP, to the letter: each answer is what stands here, with all of its
# fields. Behind nginx, which has fields of its own, only statuses and bodies are compared. Says
# PASS or FAIL for each scenario, and exits with 1 if one failed.
# Usage: curl.sh SERVER.SH LAB FOLDER
set -eu

starter=$1
lab=$2
folder=$3
src=$(cd "$(dirname "$0")" && pwd)
over=${MCPS_CLIENTS_OVER:-http}
start_seconds=60
json='Content-Type: application/json'
meta='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"'
meta=$meta',"io.modelcontextprotocol/clientCapabilities":{}'
server='"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"lab","title":"The lab"'
server=$server',"version":"0.1.0"}}'
session=none
date='[A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9]\{4\} [0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT'
blank=' ' # at the end of a line
nginx=
pid=
bad=0

stop() {
    [ -z "$nginx" ] || kill -TERM "$nginx" 2> /dev/null || true
    [ -z "$pid" ] || kill -TERM "$pid" 2> /dev/null || true
    nginx='' pid=''
}
trap stop EXIT
trap 'exit 1' INT TERM

# A line that a file has by then.
await() { # file, what sed makes of it
    tenths=0
    until found=$(sed -n "$2" "$1" 2> /dev/null) && [ -n "$found" ]; do
        [ $tenths -lt $((start_seconds * 10)) ] || { echo "FAIL: clients/$over-curl start"; exit 1; }
        tenths=$((tenths + 1))
        sleep 0.1
    done
    echo "$found"
}

start() { # options of the lab
    sh "$starter" "$folder/lab" "$lab" "$@" http://127.0.0.1:0/mcp > /dev/null 2>&1 &
    url=$(await "$folder/lab.err" 's/^listening on //p')
    shell=$(await "$folder/lab.pid" p)
    pid=$(cat "/proc/$shell/task/$shell/children")
    [ "$over" = nginx ] || return 0
    sh "$src/nginx.sh" "$folder/lab.nginx" "$url" &
    nginx=$!
    url=$(await "$folder/lab.nginx/url" p)
}

# What came: without what differs each time, and behind nginx without fields.
seen() {
    tr -d '\r' < "$folder/came" | sed "s/$session/SESSION/; s/^Date: $date$/Date: NOW/" |
        if [ "$over" = nginx ]; then
            sed '1s/^HTTP[^ ]* \([0-9]*\).*/\1/; 2,/^$/d'
        else
            cat
        fi
}

expected() {
    if [ "$over" = nginx ]; then
        sed '1s/^HTTP[^ ]* \([0-9]*\).*/\1/; 2,/^$/d'
    else
        sed '1a Date: NOW'
    fi
}

# What is expected comes on stdin: the head, and the body, with a line end that it need not have.
check() { # name, arguments for curl
    scenario=$1
    shift
    expected > "$folder/expected"
    curl -sS -i "$@" > "$folder/came" 2> "$folder/errors" || echo "curl: $?" >> "$folder/came"
    seen | sed -e '$a\' > "$folder/seen"
    if cmp -s "$folder/expected" "$folder/seen"; then
        echo "PASS: clients/$over-curl $scenario"
    else
        bad=1
        echo "FAIL: clients/$over-curl $scenario"
        diff "$folder/expected" "$folder/seen" || true
        cat "$folder/errors"
    fi
}

same() { # name, expected, got
    if [ "$2" = "$3" ]; then
        echo "PASS: clients/$over-curl $1"
    else
        bad=1
        echo "FAIL: clients/$over-curl $1: $3, not $2"
    fi
}

# The body of a call of the modern era, and its fields.
call() { # tool, arguments, more of _meta
    echo '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'"$1"'","arguments":'"$2"','"$meta${3:-}"'}}}'
}
modern() { # name, tool, arguments for curl
    scenario=$1
    tool=$2
    shift 2
    check "$scenario" -H "$json" -H 'MCP-Protocol-Version: 2026-07-28' \
        -H 'Mcp-Method: tools/call' -H "Mcp-Name: $tool" "$@" "$url"
}
legacy() { # name, arguments for curl
    scenario=$1
    shift
    check "$scenario" -H "$json" -H "Mcp-Session-Id: $session" \
        -H 'MCP-Protocol-Version: 2025-11-25' "$@" "$url"
}

three='{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"3"}],'$server'}}'
add=$(call add '{"a":1,"b":2}')
start --http cors --http names=mcp.example.com --http origins=https://app.example.com \
    --http proxies=127.0.0.1

# ---- the modern era ----

modern 'a result' add -d "$add" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: ${#three}
Vary: Origin

$three
END

modern 'a stream' progress -N \
    -d "$(call progress '{"steps":2,"ms":1}' ',"progressToken":"p"')" << END
HTTP/1.1 200 OK
Content-Type: text/event-stream
Cache-Control: no-cache
X-Accel-Buffering: no
Transfer-Encoding: chunked
Vary: Origin

data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1.0,"total":2.0,"message":"working"}}

data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":2.0,"total":2.0,"message":"working"}}

data: {"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"2 steps"}],$server}}

END

modern 'a chunked body' add -H 'Transfer-Encoding: chunked' -d "$add" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: ${#three}
Vary: Origin

$three
END

modern 'a client of HTTP/1.0' add -0 -d "$add" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: ${#three}
Connection: close
Vary: Origin

$three
END

modern 'a stream for a client of HTTP/1.0' progress -0 -N \
    -d "$(call progress '{"steps":1,"ms":1}' ',"progressToken":"p"')" << END
HTTP/1.1 200 OK
Content-Type: text/event-stream
Cache-Control: no-cache
X-Accel-Buffering: no
Connection: close
Vary: Origin

data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1.0,"total":1.0,"message":"working"}}

data: {"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"1 steps"}],$server}}

END

modern 'another name in the head' echo -d "$add" << END
HTTP/1.1 400 Bad Request
Content-Type: application/json
Content-Length: 96
Vary: Origin

{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"Mcp-Name is not what the body names"}}
END

check 'no fields of the era' -H "$json" -d "$add" "$url" << END
HTTP/1.1 400 Bad Request
Content-Type: application/json
Content-Length: 109
Vary: Origin

{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"Header mismatch: MCP-Protocol-Version is missing"}}
END

check 'a version that nobody has' -H "$json" -H 'MCP-Protocol-Version: 2099-01-01' \
    -H 'Mcp-Method: tools/call' -H 'Mcp-Name: add' \
    -d "$(echo "$add" | sed 's/2026-07-28/2099-01-01/')" "$url" << END
HTTP/1.1 400 Bad Request
Content-Type: application/json
Content-Length: 150
Vary: Origin

{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"],"requested":"2099-01-01"}}}
END

check 'a method that there is not' -H "$json" -H 'MCP-Protocol-Version: 2026-07-28' \
    -H 'Mcp-Method: no/body' \
    -d '{"jsonrpc":"2.0","id":1,"method":"no/body","params":{'"$meta"'}}}' "$url" << END
HTTP/1.1 404 Not Found
Content-Type: application/json
Content-Length: 86
Vary: Origin

{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found: no/body"}}
END

# ---- the legacy era ----

begin='{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"'
begin=$begin',"capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}'
begun='{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"logging":{}'
begun=$begun',"tools":{"listChanged":true}},"serverInfo":{"name":"lab","title":"The lab","version":"0.1.0"}'
begun=$begun',"instructions":"Tools for tests."}}'
session='[0-9a-f]\{32\}'
check 'a session begins' -H "$json" -d "$begin" "$url" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: ${#begun}
Vary: Origin
Mcp-Session-Id: SESSION

$begun
END
session=$(tr -d '\r' < "$folder/came" | sed -n 's/^Mcp-Session-Id: //p')

legacy 'a notification' -d '{"jsonrpc":"2.0","method":"notifications/initialized"}' << END
HTTP/1.1 202 Accepted
Content-Length: 0
Vary: Origin

END

legacy 'a stream of a session' -N -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":
    {"name":"progress","arguments":{"steps":2,"ms":1},"_meta":{"progressToken":7}}}' << END
HTTP/1.1 200 OK
Content-Type: text/event-stream
Cache-Control: no-cache
X-Accel-Buffering: no
Transfer-Encoding: chunked
Vary: Origin

id: 2_0
retry: 1000
data:$blank

id: 2_1
data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1.0,"total":2.0,"message":"working"}}

id: 2_2
data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":2.0,"total":2.0,"message":"working"}}

id: 2_3
data: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"2 steps"}]}}

END

legacy 'what came behind an event' -N -X GET -H 'Accept: text/event-stream' \
    -H 'Last-Event-ID: 2_2' << END
HTTP/1.1 200 OK
Content-Type: text/event-stream
Cache-Control: no-cache
X-Accel-Buffering: no
Transfer-Encoding: chunked
Vary: Origin

id: 2_2
retry: 1000
data:$blank

id: 2_3
data: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"2 steps"}]}}

END

legacy 'nothing behind the last event' -X GET -H 'Accept: text/event-stream' \
    -H 'Last-Event-ID: 2_3' << END
HTTP/1.1 204 No Content
Vary: Origin

END

legacy 'an event that never was' -X GET -H 'Accept: text/event-stream' \
    -H 'Last-Event-ID: 2_4' << END
HTTP/1.1 400 Bad Request
Content-Type: application/json
Content-Length: 108
Vary: Origin

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Bad request: Last-Event-ID names no event that is kept"}}
END

legacy 'a field twice' -H 'MCP-Protocol-Version: 2025-06-18' \
    -d '{"jsonrpc":"2.0","id":2,"method":"ping"}' << END
HTTP/1.1 400 Bad Request
Content-Type: application/json
Content-Length: 95
Connection: close

{"jsonrpc":"2.0","error":{"code":-32600,"message":"a field is there twice that may come once"}}
END

legacy 'a session ends' -X DELETE << END
HTTP/1.1 204 No Content
Vary: Origin

END

legacy 'a session that has ended' -d '{"jsonrpc":"2.0","id":2,"method":"ping"}' << END
HTTP/1.1 404 Not Found
Content-Type: application/json
Content-Length: 89
Vary: Origin

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Not found: there is no such session"}}
END

check 'no session' -H "$json" -d '{"jsonrpc":"2.0","id":2,"method":"ping"}' "$url" << END
HTTP/1.1 400 Bad Request
Content-Type: application/json
Content-Length: 127
Vary: Origin

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Bad request: Mcp-Session-Id is missing; begin with the request initialize"}}
END
session=none

# ---- methods ----

check HEAD -I "$url" << END
HTTP/1.1 405 Method Not Allowed
Content-Length: 0
Vary: Origin
Allow: GET, POST, DELETE, OPTIONS

END

check OPTIONS -X OPTIONS "$url" << END
HTTP/1.1 204 No Content
Allow: GET, POST, DELETE, OPTIONS

END

check PUT -X PUT -d x "$url" << END
HTTP/1.1 405 Method Not Allowed
Content-Type: application/json
Content-Length: 72
Connection: close
Vary: Origin
Allow: GET, POST, DELETE, OPTIONS

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Method not allowed"}}
END

check 'another path' "${url%/mcp}/other" << END
HTTP/1.1 404 Not Found
Content-Type: application/json
Content-Length: 95
Vary: Origin

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Not found: nothing is served at this path"}}
END

check 'the health' "${url%/mcp}/healthz" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 15
Vary: Origin
Cache-Control: no-store

{"status":"ok"}
END

check 'no JSON' -H 'Content-Type: text/plain' -d "$add" "$url" << END
HTTP/1.1 415 Unsupported Media Type
Content-Type: application/json
Content-Length: 115
Connection: close
Vary: Origin

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Unsupported media type: Content-Type must be application/json"}}
END

modern 'not both types' add -H 'Accept: application/json' -d "$add" << END
HTTP/1.1 406 Not Acceptable
Content-Type: application/json
Content-Length: 125
Connection: close
Vary: Origin

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Not acceptable: Accept must have application/json and text/event-stream"}}
END

# ---- who may ----

check 'a page asks before' -X OPTIONS -H 'Origin: https://app.example.com' \
    -H 'Access-Control-Request-Method: POST' \
    -H 'Access-Control-Request-Headers: content-type,mcp-method' "$url" << END
HTTP/1.1 204 No Content
Vary: Origin
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Methods: POST
Access-Control-Allow-Headers: content-type,mcp-method
Access-Control-Max-Age: 600

END

modern 'a page reads' add -H 'Origin: https://app.example.com' -d "$add" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: ${#three}
Vary: Origin
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Expose-Headers: Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate

$three
END

check 'another page asks before' -X OPTIONS -H 'Origin: https://evil.example.com' \
    -H 'Access-Control-Request-Method: POST' "$url" << END
HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 75

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Origin is not allowed"}}
END

modern 'the public name' add -H 'Host: mcp.example.com' -d "$add" << END
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: ${#three}
Vary: Origin

$three
END

modern 'another name' add -H 'Host: evil.example.com' -d "$add" << END
HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 73
Connection: close

{"jsonrpc":"2.0","error":{"code":-32600,"message":"Host is not allowed"}}
END

# ---- connections and large bodies ----

{
    printf '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",'
    printf '"arguments":{"text":"'
    head -c 3000000 /dev/zero | tr '\0' x
    printf '"},%s}}}' "$meta"
} > "$folder/big"
large() { # name, arguments for curl
    scenario=$1
    shift
    got=$(curl -sS -v -H "$json" -H 'MCP-Protocol-Version: 2026-07-28' \
        -H 'Mcp-Method: tools/call' -H 'Mcp-Name: echo' -H 'Expect: 100-continue' \
        -o "$folder/came" -w '%{http_code} %{size_download}' "$@" "$url" 2> "$folder/errors") || got="$got, curl $?"
    same "$scenario" "200 $((3000000 + ${#three} - 1)), 1" \
        "$got, $(grep -c '^< HTTP/1.1 100 Continue' "$folder/errors")"
}
large 'a large body that was asked for' --data-binary "@$folder/big"
large 'a large body in chunks' -X POST -T - < "$folder/big"

one='-sS -o /dev/null -w %{http_code}:%{num_connects};'
same 'one connection for four requests' '200:1;204:0;200:0;200:0;' \
    "$(curl $one "${url%/mcp}/healthz" --next $one -X OPTIONS "$url" --next $one -H "$json" \
        -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: add' \
        -d "$add" "$url" --next $one "${url%/mcp}/healthz")"

# ---- the end ----

stop
same 'the end' 0 "$(await "$folder/lab.status" p)"
[ "$over" != nginx ] || same 'what nginx has said' '' "$(cat "$folder/lab.nginx/error.log")"
exit $bad
