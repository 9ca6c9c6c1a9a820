# SPDX-License-Identifier: MIT
"""The official Python client drives the lab over what MCPS_CLIENTS_OVER says: stdio, http, or
http behind nginx.

run.sh installs the client and calls this. Says PASS or FAIL for each scenario, and exits
with 1 if one failed. Usage: python py.py SERVER.SH LAB FOLDER [SCENARIO]...
"""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import traceback
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
from mcp import (
    Client, ClientSession, MCPError, StdioServerParameters, stdio_client, types,
)
from mcp.client.streamable_http import streamable_http_client

WATCHDOG_S = 120
EXIT_S = 60
LATEST = "2025-11-25"
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
TOOLS = ["add", "big", "echo", "fail", "no_result", "progress", "roots", "sleep", "spin",
         "stats", "stubborn"]
TEXTS = [
    "",
    "plain",
    "quotes \" and \\ and / and \b \f \t",
    "line\nline\r\nline\rline\n",
    "control \u0001 \u001f \u007f \u0085",
    "lines to some: \u2028 and \u2029, \u000b and \u000c",
    "Grüße, 日本語, العربية, ελληνικά",
    "emoji 👩‍👩‍👧‍👦 🏳️‍🌈 and 𝄞",
    "edges \ufeff \ud7ff \ue000 \uffff \U00010000 \U0010ffff",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
    "\\u2028 \\n \\\" \\\\",
]
ROOTS = [
    {"uri": "file:///home/somebody/project", "name": "The project"},
    {"uri": "file:///srv/gr%C3%BC%C3%9Fe", "name": "Grüße 👋\u2028"},
]

starter, program, folder, *wanted = sys.argv[1:]
OVER = os.environ.get("MCPS_CLIENTS_OVER", "stdio")
CLIENT = "py" if OVER == "stdio" else f"{OVER}-py"
HTTP = {"stdio": [], "http": [], "nginx": ["--http", "proxies=127.0.0.1"]}[OVER]
CALC = str(Path(program).parent.parent.parent / "doc" / "examples" / "calc")


def equal(got, expected, what=""):
    """Unlike assert, python -O keeps it; and it says what it saw."""
    if got != expected:
        raise AssertionError(f"{what}: {got!r:.300} is not {expected!r:.300}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


# ---- a server of its own for each scenario ----


class Recorder:
    """Passes on a stream, and keeps what went through it."""

    def __init__(self, stream, kept):
        self.stream = stream
        self.kept = kept

    async def receive(self):
        item = await self.stream.receive()
        self.kept.append(item)
        return item

    async def send(self, item):
        self.kept.append(item)
        await self.stream.send(item)

    def __aiter__(self):
        return self

    async def __anext__(self):
        item = await self.stream.__anext__()
        self.kept.append(item)
        return item

    async def __aenter__(self):
        await self.stream.__aenter__()
        return self

    async def __aexit__(self, *what):
        return await self.stream.__aexit__(*what)

    async def aclose(self):
        await self.stream.aclose()

    def close(self):
        self.stream.close()


async def matched(file, what):
    """What a file says by then; the watchdog limits how long that takes."""
    while True:
        found = file.exists() and re.search(what, file.read_text(), re.MULTILINE)
        if found:
            return found[1]
        await anyio.sleep(0.005)


class Lab:
    count = 0

    def __init__(self, name):
        Lab.count += 1
        self.file = Path(folder, f"{name.replace(' ', '-')}-{Lab.count}")
        self.sent_items = []
        self.received_items = []  # messages, and exceptions for what is none
        self.client = None
        self.waiting = None
        self.server = program
        self.pid = None  # of a server that does not end with its client
        self.nginx = None

    @asynccontextmanager
    async def transport(self):
        if OVER == "stdio":
            opened = self.over_stdio()
        else:
            # A text of megabytes may be one event.
            opened = streamable_http_client(await self.start(), max_sse_event_size=None)
        async with opened as (read, write):
            yield Recorder(read, self.received_items), Recorder(write, self.sent_items)

    def over_stdio(self):
        parameters = StdioServerParameters(
            command="/bin/sh", args=[starter, str(self.file), self.server, "stdio:"])
        return stdio_client(parameters)

    async def start(self):
        """Starts a server, and nginx in front of it if that is wanted; returns the URL."""
        subprocess.Popen(["/bin/sh", starter, str(self.file), self.server, *HTTP,
                          "http://127.0.0.1:0/mcp"])
        url = await matched(Path(f"{self.file}.err"), r"^listening on (http:.*)$")
        shell = await matched(Path(f"{self.file}.pid"), r"^(\d+)$")
        self.pid = int(Path(f"/proc/{shell}/task/{shell}/children").read_text())
        if OVER == "nginx":
            script = Path(starter).parent / "nginx.sh"
            place = Path(f"{self.file}.nginx")
            self.nginx = subprocess.Popen(["/bin/sh", script, place, url])
            url = await matched(place / "url", r"^(http:.*)$")
        return url

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            self.pid = None

    def stop_nginx(self):
        """Returns what it had to say."""
        if not self.nginx:
            return ""
        self.nginx.terminate()
        self.nginx.wait()
        self.nginx = None
        return Path(f"{self.file}.nginx", "error.log").read_text()

    @property
    def received(self):
        return [item.message for item in self.received_items
                if not isinstance(item, Exception)]

    def received_kinds(self):
        return [type(message).__name__ for message in self.received]

    async def call(self, name, args, **options):
        return await self.client.call_tool(name, args, **options)

    async def text(self, name, args, **options):
        """The text of a result that is none of an error."""
        result = await self.call(name, args, **options)
        true(not result.is_error, f"{name} failed: {result.content}")
        return only_text(result)

    async def stats(self):
        return json.loads(await self.text("stats", {}))

    async def stats_until(self, condition):
        """Only the watchdog limits how long that takes."""
        while True:
            self.waiting = await self.stats()
            if condition(self.waiting):
                return self.waiting
            await anyio.sleep(0.01)

    def said(self):
        file = Path(f"{self.file}.err")
        return file.read_text(errors="replace") if file.exists() else ""

    async def check_end(self):
        self.stop()
        status = Path(f"{self.file}.status")
        with anyio.move_on_after(EXIT_S):
            while not status.exists():
                await anyio.sleep(0.01)
        true(status.exists(), "the server did not end by itself")
        equal(int(status.read_text()), 0, "exit code of the server")
        equal(self.stop_nginx(), "", "what nginx has said")
        equal([item for item in self.received_items if isinstance(item, Exception)], [],
              "what the client could not read")
        answered = [message.id for message in self.received
                    if isinstance(message, (types.JSONRPCResponse, types.JSONRPCError))]
        equal(len(answered), len(set(answered)), "one answer for each request")
        self.check_eras()
        self.keep()

    def keep(self):
        """For wire.mjs to judge."""
        def dumped(messages):
            return [message.model_dump(mode="json", by_alias=True, exclude_unset=True)
                    for message in messages]
        Path(f"{self.file}.wire").write_text(json.dumps({
            "sent": dumped(item.message for item in self.sent_items),
            "received": dumped(self.received)}))

    def check_eras(self):
        """Each answer has the shape of the era of its request."""
        asked = {item.message.id: item.message for item in self.sent_items
                 if isinstance(item.message, types.JSONRPCRequest)}
        for answer in self.received:
            if not isinstance(answer, types.JSONRPCResponse):
                continue
            said = (asked[answer.id].params or {}).get("_meta") or {}
            result = answer.result
            if f"{META}protocolVersion" in said:
                true(result.get("resultType") in ("complete", "input_required"), result)
                equal(result["_meta"][f"{META}serverInfo"]["name"], Path(self.server).name)
            else:
                alien = {"resultType", "ttlMs", "cacheScope"} & set(result)
                equal(alien, set(), "members of the modern era")
                true(not [key for key in result.get("_meta") or {} if key.startswith(META)],
                     "_meta of the modern era")


def only_text(result):
    equal([item.type for item in result.content], ["text"])
    return result.content[0].text


async def expect_error(code, awaitable):
    try:
        await awaitable
    except MCPError as error:
        equal(error.code, code, "error code")
        return error
    raise AssertionError("that should have failed")


# ---- scenarios ----

scenarios = []


def scenario(name, mode="legacy", **options):
    """Those whose client is connected already: the body gets the lab."""
    def add(body):
        async def play(lab):
            async with Client(lab.transport(), mode=mode, **options) as lab.client:
                await body(lab)
        scenarios.append((name, play))
        return body
    return add


def both_eras(name, **options):
    """The same twice: with the handshake, and as the client finds out by itself."""
    def add(body):
        scenario(name, **options)(body)
        return scenario(f"{name}, modern", mode="auto", **options)(body)
    return add


def bare_scenario(name):
    """Those that connect on their own."""
    def add(body):
        scenarios.append((name, body))
        return body
    return add


@scenario("connect")
async def connect(lab):
    info = lab.client.server_info
    equal(info.name, "lab")
    equal(info.title, "The lab")
    true(info.version, "there is no version")
    equal(lab.client.protocol_version, LATEST)
    true(lab.client.server_capabilities.tools is not None, "no tools are offered")
    equal(lab.client.instructions, "Tools for tests.")


def sent_methods(lab):
    return [item.message.method for item in lab.sent_items]


async def check_modern(lab):
    equal(lab.client.protocol_version, MODERN)
    true(lab.client.server_capabilities.tools is not None, "no tools are offered")
    equal(await lab.text("add", {"a": 1, "b": 2}), "3")


@scenario("connect, modern", mode="auto")
async def connect_auto(lab):
    equal(sent_methods(lab), ["server/discover"])
    info = lab.client.server_info
    equal(info.name, "lab")
    equal(info.title, "The lab")
    true(info.version, "there is no version")
    equal(lab.client.instructions, "Tools for tests.")
    await check_modern(lab)


@scenario("connect to what is known, modern", mode=MODERN)
async def connect_pinned(lab):
    """The client asks nothing first, and takes for granted that there are tools."""
    equal(sent_methods(lab), [])
    equal(lab.client.protocol_version, MODERN)
    equal(await lab.text("add", {"a": 1, "b": 2}), "3")


@both_eras("list")
async def list_tools(lab):
    result = await lab.client.list_tools()
    equal(sorted(tool.name for tool in result.tools), TOOLS)
    equal(result.next_cursor, None)
    for tool in result.tools:
        equal(tool.input_schema["type"], "object", tool.name)
        true(tool.description, f"{tool.name} has no description")
    add = next(tool for tool in result.tools if tool.name == "add")
    number = {"type": "number"}
    equal(add.input_schema["properties"], {"a": number, "b": number})
    equal(add.input_schema["required"], ["a", "b"])


@scenario("list again, modern", mode="auto")
async def list_again(lab):
    """It asks again if and only if what it has is stale, which the answer said."""
    first = await lab.client.list_tools()
    fresh = first.ttl_ms > 0
    true(not 0 < first.ttl_ms < 10000, f"ttlMs is {first.ttl_ms}")
    equal(await lab.client.list_tools(), first)
    equal(sent_methods(lab).count("tools/list"), 1 if fresh else 2)
    await lab.client.list_tools(cache_mode="refresh")
    equal(sent_methods(lab).count("tools/list"), 2 if fresh else 3)


@both_eras("echo")
async def echo(lab):
    for text in TEXTS:
        equal(await lab.text("echo", {"text": text}), text)


@both_eras("add")
async def add_numbers(lab):
    equal(await lab.text("add", {"a": 2, "b": 3}), "5")
    equal(await lab.text("add", {"a": -1.5, "b": 0.25}), "-1.25")
    equal(await lab.text("add", {"a": 1e300, "b": 1e300}), "2e+300")


@both_eras("bad arguments")
async def bad_arguments(lab):
    wrong = await lab.call("add", {"a": 1, "b": "two"})
    missing = await lab.call("echo", {})
    equal(wrong.is_error, True)
    true("at \"/b\": expected a number, got \"two\"" in only_text(wrong), wrong.content)
    equal(missing.is_error, True)
    true("expected a member \"text\"" in only_text(missing), missing.content)


@both_eras("fail")
async def fail(lab):
    result = await lab.call("fail", {"text": "no: \"100 %s\"\n\u2028"})
    equal(result.is_error, True)
    equal(only_text(result), "no: \"100 %s\"\n\u2028")


@both_eras("no result")
async def no_result(lab):
    await expect_error(types.INTERNAL_ERROR, lab.call("no_result", {}))
    equal(await lab.text("add", {"a": 1, "b": 1}), "2")


@both_eras("unknown tool")
async def unknown_tool(lab):
    error = await expect_error(types.INVALID_PARAMS, lab.call("nobody", {}))
    true("nobody" in error.message, error.message)


@both_eras("unknown method")
async def unknown_method(lab):
    await expect_error(types.METHOD_NOT_FOUND, lab.client.list_resources())


async def check_progress(lab, steps, ms):
    # The first revision has no message there.
    message = None if lab.client.protocol_version == "2024-11-05" else "working"
    events = []
    before = len(lab.received_kinds())

    # Runs at once and to its end, so the client cannot mix up the order.
    async def on_progress(done, total, text):
        events.append((done, total, text))

    events.append(await lab.text("progress", {"steps": steps, "ms": ms},
                                 progress_callback=on_progress))
    kinds = lab.received_kinds()[before:]
    equal(events, [(i + 1, steps, message) for i in range(steps)] + [f"{steps} steps"])
    # Whatever the client asked for on its own besides, no progress came after the answer.
    equal(kinds[:steps + 1], ["JSONRPCNotification"] * steps + ["JSONRPCResponse"])
    equal(kinds.count("JSONRPCNotification"), steps)


@both_eras("progress")
async def progress(lab):
    await check_progress(lab, 10, 5)
    await check_progress(lab, 200, 0)
    await check_progress(lab, 0, 0)


@both_eras("progress not asked for")
async def progress_unasked(lab):
    equal(await lab.text("progress", {"steps": 5, "ms": 0}), "5 steps")
    true("JSONRPCNotification" not in lab.received_kinds(), "there was progress")


@both_eras("cancel")
async def cancel(lab):
    async with anyio.create_task_group() as tasks:
        scope = anyio.CancelScope()

        async def sleep():
            with scope:
                await lab.call("sleep", {"ms": 600000})

        tasks.start_soon(sleep)
        await lab.stats_until(lambda stats: stats["running"] == 2)
        scope.cancel()
    true(scope.cancelled_caught, "the call was not cancelled")
    stats = await lab.stats_until(
        lambda stats: stats["in_flight"] == 1 and stats["running"] == 1)
    equal(stats["cancelled"], 1)
    equal(await lab.text("add", {"a": 20, "b": 22}), "42")
    legacy = lab.client.protocol_version != MODERN
    # Over HTTP the modern client closes the stream, and the legacy one is told its end.
    why = "CLIENT" if OVER == "stdio" or legacy else "DISCONNECT"
    true(f"sleep ended: {why}" in lab.said(), lab.said())
    sent = [item.message for item in lab.sent_items]
    asked = {message.id for message in sent if isinstance(message, types.JSONRPCRequest)}
    sleeps = {message.id for message in sent if "600000" in repr(message)}
    silent = set() if OVER != "stdio" and legacy else sleeps
    equal(len(sleeps), 1)
    while True:
        answered = {getattr(message, "id", None) for message in lab.received} - {None}
        if answered >= asked - silent:
            break
        await anyio.sleep(0.01)
    equal(answered, asked - silent, "answers to all but the cancelled call")


@both_eras("time limit of the client")
async def time_limit(lab):
    sleep = lab.call("sleep", {"ms": 600000}, read_timeout_seconds=0.05)
    await expect_error(types.REQUEST_TIMEOUT, sleep)
    await lab.stats_until(
        lambda stats: stats["in_flight"] == 1 and stats["cancelled"] == 1)
    equal(await lab.text("echo", {"text": "still here"}), "still here")


async def some_roots(context):
    return types.ListRootsResult(roots=[types.Root(**root) for root in ROOTS])


@scenario("roots", list_roots_callback=some_roots)
async def roots(lab):
    texts = []

    async def one():
        texts.append(await lab.text("roots", {}))

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(one)
    equal([json.loads(text) for text in texts], [ROOTS] * 8)


@scenario("roots, modern", mode="auto", list_roots_callback=some_roots)
async def roots_modern(lab):
    """In this era a server must not ask: it answers what it needs, and is called again."""
    equal(json.loads(await lab.text("roots", {})), ROOTS)
    true("JSONRPCRequest" not in lab.received_kinds(), "the server asked")
    equal(sent_methods(lab).count("tools/call"), 2)


async def no_roots_today(context):
    return types.ErrorData(code=types.INTERNAL_ERROR, message="there are none today")


@scenario("roots that fail", list_roots_callback=no_roots_today)
async def roots_that_fail(lab):
    result = await lab.call("roots", {})
    equal(result.is_error, True)
    true("roots ended: MCPS_EREFUSED" in lab.said(), lab.said())


async def expect_incapable(lab, tool):
    """The modern era has an error for it; before, the model is told."""
    call = lab.call(tool, {})

    if lab.client.protocol_version == MODERN:
        await expect_error(-32021, call)
    else:
        true((await call).is_error, "it asked")
    true("JSONRPCRequest" not in lab.received_kinds(), "it asked")


@both_eras("no roots")
async def no_roots(lab):
    await expect_incapable(lab, "roots")


@both_eras("concurrent calls")
async def concurrent_calls(lab):
    # As many at a time as one client may have, with some room.
    room = anyio.Semaphore(60)
    done = []

    async def one(n):
        async with room:
            equal(await lab.text("add", {"a": n, "b": 1000 * n}), str(1001 * n))
        done.append(n)

    async with anyio.create_task_group() as tasks:
        for n in range(200):
            tasks.start_soon(one, n)
    equal(sorted(done), list(range(200)))
    equal((await lab.stats())["limits"]["calls_per_peer"], 0)


@both_eras("big")
async def big(lab):
    size = 2 << 20
    text = "ü\u2028👋\"\n" * 100000
    true(await lab.text("big", {"bytes": size}) == "x" * size, "not what was asked for")
    true(await lab.text("echo", {"text": text}) == text, "not what was sent")


@scenario("ping")
async def ping(lab):
    equal(await lab.client.session.send_ping(), types.EmptyResult())


@both_eras("close")
async def close(lab):
    """What each scenario ends with, only that nothing came before it."""


async def check_close_while_busy(lab, mode):
    async def sleep():
        await expect_error(types.CONNECTION_CLOSED, lab.call("sleep", {"ms": 600000}))

    async with anyio.create_task_group() as tasks:
        async with Client(lab.transport(), mode=mode) as lab.client:
            tasks.start_soon(sleep)
            await lab.stats_until(lambda stats: stats["running"] == 2)
    await lab.check_end()
    why = "DISCONNECT" if OVER == "stdio" or mode == "auto" else "SESSION_END"
    true(f"sleep ended: {why}" in lab.said(), lab.said())


@bare_scenario("close while busy")
async def close_while_busy(lab):
    await check_close_while_busy(lab, "legacy")


@bare_scenario("close while busy, modern")
async def close_while_busy_modern(lab):
    await check_close_while_busy(lab, "auto")


async def check_revision(lab, offer, expected):
    """The client always offers the latest revision: its handshake is made by hand."""
    async with AsyncExitStack() as stack:
        streams = await stack.enter_async_context(lab.transport())
        lab.client = await stack.enter_async_context(ClientSession(*streams))
        result = await lab.client.send_request(
            types.InitializeRequest(params=types.InitializeRequestParams(
                protocol_version=offer, capabilities=types.ClientCapabilities(),
                client_info=types.Implementation(name="check-clients", version="1"))),
            types.InitializeResult)
        lab.client.adopt(result)
        await lab.client.send_notification(types.InitializedNotification())
        equal(lab.client.protocol_version, expected)
        equal(len((await lab.client.list_tools()).tools), len(TOOLS))
        equal(await lab.text("add", {"a": 1, "b": 2}), "3")
        equal((await lab.call("fail", {"text": "no"})).is_error, True)
        await check_progress(lab, 3, 0)


@bare_scenario("revision 2024-11-05")
async def revision_2024_11_05(lab):
    await check_revision(lab, "2024-11-05", "2024-11-05")


@bare_scenario("revision 2025-03-26")
async def revision_2025_03_26(lab):
    await check_revision(lab, "2025-03-26", "2025-03-26")


@bare_scenario("revision 2025-06-18")
async def revision_2025_06_18(lab):
    await check_revision(lab, "2025-06-18", "2025-06-18")


@bare_scenario("revision nobody knows")
async def revision_unknown(lab):
    await check_revision(lab, "1999-12-31", LATEST)


# ---- what else a server offers: the server kinds ----

KINDS = str(Path(program).parent / "kinds")


def kinds_scenario(name, **options):
    """In both eras, with that server."""
    def add(body):
        for mode in ("legacy", "auto"):
            async def play(lab, mode=mode):
                lab.server = KINDS
                async with Client(lab.transport(), mode=mode, **options) as lab.client:
                    await body(lab)
            scenarios.append((name if mode == "legacy" else f"{name}, modern", play))
        return body
    return add


@kinds_scenario("resources")
async def resources(lab):
    listed = (await lab.client.list_resources()).resources
    true("test://static-text" in [str(one.uri) for one in listed], listed)
    [text] = (await lab.client.read_resource("test://static-text")).contents
    equal(text.text, "This is the content of the static text resource.")
    equal(text.mime_type, "text/plain")
    [blob] = (await lab.client.read_resource("test://static-binary")).contents
    true(blob.blob.startswith("iVBORw0KGgo"), blob.blob)
    [data] = (await lab.client.read_resource("test://template/123/data")).contents
    equal(json.loads(data.text)["id"], "123")
    modern = lab.client.protocol_version == MODERN
    await expect_error(-32602 if modern else -32002,
                       lab.client.read_resource("test://nobody"))


@kinds_scenario("prompts and completion")
async def prompts(lab):
    listed = (await lab.client.list_prompts()).prompts
    true("test_simple_prompt" in [one.name for one in listed], listed)
    two = await lab.client.get_prompt("test_prompt_with_arguments",
                                      {"arg1": "a", "arg2": "b"})
    equal(two.messages[0].content.text, "Prompt with arguments: arg1='a', arg2='b'")
    await expect_error(types.INVALID_PARAMS, lab.client.get_prompt("nobody"))
    cities = await lab.client.complete(
        types.PromptReference(name="conversation"), {"name": "city", "value": "V"},
        context_arguments={"colour": "red"})
    equal(len(cities.completion.values), 100)
    equal(cities.completion.values[0], "Vredcity-0")
    equal(cities.completion.has_more, True)


async def agree(context, params):
    """A user who agrees to everything, and takes first choices."""
    if not hasattr(params, "requested_schema"):
        return types.ElicitResult(action="accept")
    schema = params.requested_schema
    fields = schema["properties"] if isinstance(schema, dict) else schema.properties
    return types.ElicitResult(action="accept", content={
        name: one["enum"][0] if "enum" in one else True if one["type"] == "boolean" else "Ada"
        for name, one in fields.items()})


async def refuse(context, params):
    return types.ElicitResult(action="decline")


async def complete_text(context, params):
    return types.CreateMessageResult(role="assistant", model="none",
                                     content=types.TextContent(text="Paris"))


@kinds_scenario("wizard", elicitation_callback=agree)
async def wizard(lab):
    text = await lab.text("wizard", {})
    true("Ada" in text and "red" in text, text)


@kinds_scenario("wizard that is refused", elicitation_callback=refuse)
async def wizard_refused(lab):
    true("painted" not in await lab.text("wizard", {}), "it was done")


@kinds_scenario("wizard without a capability")
async def wizard_incapable(lab):
    await expect_incapable(lab, "wizard")


@kinds_scenario("sampling", sampling_callback=complete_text)
async def sampling(lab):
    equal(await lab.text("test_sampling", {"prompt": "What?"}), "LLM response: Paris")


# ---- running them ----


async def check_calc(lab, mode):
    """The example of doc/examples: all that a client does with a server, against one that was
    written to be read."""
    seen = []
    lab.server = CALC
    async with Client(lab.transport(), mode=mode) as lab.client:
        tools = (await lab.client.list_tools()).tools
        equal([tool.name for tool in tools], ["add", "count_primes"])
        equal(tools[0].output_schema["properties"]["sum"]["type"], "number")
        equal(tools[1].input_schema["properties"]["below"]["default"], 100)
        result = await lab.call("add", {"a": 1, "b": 2.5})
        equal(result.structured_content, {"sum": 3.5})
        true((await lab.call("add", {"a": 1, "b": "2.5"})).is_error, "two strings")
        equal(await lab.text("count_primes", {}), "25")
        scope = anyio.CancelScope()

        async def on_progress(done, total, text):
            seen.append(done)
            if len(seen) == 3:
                scope.cancel()

        with scope:
            await lab.call("count_primes", {"below": 10**9}, progress_callback=on_progress)
        true(scope.cancelled_caught, "the call was not cancelled")
        true(all(a < b for a, b in zip(seen, seen[1:])), f"progress: {seen}")
        equal(await lab.text("count_primes", {"below": 1000}), "168")
    await lab.check_end()


@bare_scenario("calc")
async def calc(lab):
    await check_calc(lab, "legacy")


@bare_scenario("calc, modern")
async def calc_modern(lab):
    await check_calc(lab, "auto")


async def play(name, body):
    lab = Lab(name)
    try:
        with anyio.fail_after(WATCHDOG_S):
            await body(lab)
            await lab.check_end()
    except Exception:
        lab.stop()
        lab.stop_nginx()
        print(f"FAIL: clients/{CLIENT} {name}")
        print(traceback.format_exc())
        print(f"{lab.waiting or ''}\n{lab.said()}", flush=True)
        return False
    print(f"PASS: clients/{CLIENT} {name}", flush=True)
    return True


async def main():
    # What it would say of its own end; what matters is in what was received.
    logging.getLogger("mcp").addHandler(logging.NullHandler())
    results = [await play(name, body) for name, body in scenarios
               if (not wanted or name in wanted) and
               (OVER == "stdio" or not name.startswith("calc"))]
    return 0 if all(results) else 1


sys.exit(anyio.run(main))
