-- SPDX-License-Identifier: MIT
-- What wrk sends for test/bench/http.sh: tools/call of the era $BENCH_ERA, each with an id of
-- its own; in the session $BENCH_SESSION, if there is one.
local era = os.getenv("BENCH_ERA")
local session = os.getenv("BENCH_SESSION")
local name_and_arguments = [["name":"echo","arguments":{"message":"All happy families are alike; ]] ..
    [[each unhappy family is unhappy in its own way","count":3,"tags":["one","two","three"],]] ..
    [["more":{"a":1.5,"b":true,"c":null,"path":"/srv/data/of/some/kind.txt",]] ..
    [["text":"as long as the arguments of a usual tool"}}]]
local meta = {
    legacy = [["_meta":{"progressToken":"token"}]],
    modern = [["_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",]] ..
        [["io.modelcontextprotocol/clientInfo":{"name":"wrk","version":"4"},]] ..
        [["io.modelcontextprotocol/clientCapabilities":{}}]],
}
local tail = [[,"method":"tools/call","params":{]] .. name_and_arguments .. "," .. meta[era] .. "}}"
local n = 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
if era == "modern" then
    wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
    wrk.headers["Mcp-Method"] = "tools/call"
    wrk.headers["Mcp-Name"] = "echo"
else
    wrk.headers["MCP-Protocol-Version"] = "2025-11-25"
    wrk.headers["Mcp-Session-Id"] = session
end

function request()
    n = n + 1
    return wrk.format(nil, nil, nil, [[{"jsonrpc":"2.0","id":]] .. n .. tail)
end

-- requests, seconds, the latency of half of them in µs; errors of connections, of HTTP, of time
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %.4f %.1f %d %d %d\n", summary.requests,
        summary.duration / 1e6, latency:percentile(50), e.connect + e.read + e.write, e.status,
        e.timeout))
end
