// SPDX-License-Identifier: MIT
// The official TypeScript client of the legacy era drives the lab over stdio, or over HTTP; see
// lab.mjs. run.sh installs the client and calls this. Says PASS or FAIL for each scenario, and
// exits with 1 if one failed. Usage: node ts.mjs SERVER.SH LAB FOLDER [SCENARIO]...

import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
    StreamableHTTPClientTransport,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    CreateMessageRequestSchema, ElicitRequestSchema, ErrorCode, ListRootsRequestSchema,
    McpError,
} from '@modelcontextprotocol/sdk/types.js';
import {
    CALC, FEWER_STEPS, FOREVER, Lab, LEGACY, ONE_WIRE, OVER, ROOTS, TEXTS, TOOLS,
    checkFewSteps, failure, onlyText, run, scenario,
} from './lab.mjs';
import './features.mjs';
import './ts_features.mjs';
import './ts_web.mjs';

// How this client names the requests that a server makes.
const SCHEMAS = {
    'elicitation/create': ElicitRequestSchema,
    'roots/list': ListRootsRequestSchema,
    'sampling/createMessage': CreateMessageRequestSchema,
};

class LegacyLab extends Lab {
    isModern = false;

    newClient({ capabilities = {}, handlers = {}, client: more }) {
        const client = new Client({ name: 'check-clients', version: '1' },
            { capabilities, ...more });

        for (const [method, handler] of Object.entries(handlers))
            client.setRequestHandler(SCHEMAS[method], (request) => handler(request.params));
        return client;
    }

    newTransport(parameters) {
        return this.#watch(new StdioClientTransport(parameters));
    }

    newWeb(url, { reconnect, sessionId }, more) {
        if (OVER === 'sse')
            return this.#watch(new SSEClientTransport(new URL('/sse', url)));
        return this.#watch(new StreamableHTTPClientTransport(url,
            { ...more, sessionId, ...reconnect && { reconnectionOptions: reconnect } }));
    }

    #watch(transport) {
        const set = transport.setProtocolVersion?.bind(transport);

        transport.setProtocolVersion = (version) => {
            this.version = version;
            set?.(version);
        };
        return transport;
    }

    call(name, args, options) {
        return this.client.callTool({ name, arguments: args }, undefined, options);
    }
}

async function expectMcpError(promise, code) {
    const error = await failure(promise);

    assert.ok(error instanceof McpError, `${error}`);
    assert.equal(error.code, code, `${error}`);
    return error;
}

// ---- scenarios ----

scenario('connect', async (lab) => {
    const info = lab.client.getServerVersion();

    assert.equal(info.name, 'lab');
    assert.equal(info.title, 'The lab');
    assert.ok(info.version.length > 0);
    assert.equal(lab.version, LEGACY);
    assert.ok(lab.client.getServerCapabilities().tools);
    assert.equal(lab.client.getInstructions(), 'Tools for tests.');
});

scenario('list', async (lab) => {
    const { tools, nextCursor } = await lab.client.listTools();
    const add = tools.find((tool) => tool.name === 'add');

    assert.deepEqual(tools.map((tool) => tool.name).sort(), TOOLS);
    assert.equal(nextCursor, undefined);
    for (const tool of tools) {
        assert.equal(tool.inputSchema.type, 'object', tool.name);
        assert.ok(tool.description.length > 0, tool.name);
    }
    assert.deepEqual(add.inputSchema.properties,
        { a: { type: 'number' }, b: { type: 'number' } });
    assert.deepEqual(add.inputSchema.required, ['a', 'b']);
});

scenario('echo', async (lab) => {
    for (const text of TEXTS)
        assert.equal(await lab.text('echo', { text }), text);
});

scenario('add', async (lab) => {
    assert.equal(await lab.text('add', { a: 2, b: 3 }), '5');
    assert.equal(await lab.text('add', { a: -1.5, b: 0.25 }), '-1.25');
    assert.equal(await lab.text('add', { a: 1e300, b: 1e300 }), '2e+300');
});

scenario('bad arguments', async (lab) => {
    const wrong = await lab.call('add', { a: 1, b: 'two' });
    const missing = await lab.call('echo', {});

    assert.equal(wrong.isError, true);
    assert.match(onlyText(wrong), /\bb\b.*number/);
    assert.equal(missing.isError, true);
    assert.match(onlyText(missing), /text.*string/);
});

scenario('fail', async (lab) => {
    const result = await lab.call('fail', { text: 'no: "100 %s"\n\u2028' });

    assert.equal(result.isError, true);
    assert.equal(onlyText(result), 'no: "100 %s"\n\u2028');
});

scenario('no result', async (lab) => {
    await expectMcpError(lab.call('no_result', {}), ErrorCode.InternalError);
    assert.equal(await lab.text('add', { a: 1, b: 1 }), '2');
});

scenario('unknown tool', async (lab) => {
    const error = await expectMcpError(lab.call('nobody', {}), ErrorCode.InvalidParams);

    assert.match(error.message, /nobody/);
});

scenario('unknown method', async (lab) => {
    await expectMcpError(lab.client.listResources(), ErrorCode.MethodNotFound);
});

async function checkProgress(lab, steps, ms) {
    // The first revision has no message there.
    const message = lab.version === '2024-11-05' ? {} : { message: 'working' };
    const events = [];
    const from = lab.received.length;
    const onprogress = (step) => events.push(step);
    const text = await lab.text('progress', { steps, ms }, { onprogress });
    const kinds = lab.received.slice(from).map((received) => received.method ?? 'answer');

    events.push(text);
    assert.deepEqual(events, [
        ...Array.from({ length: steps },
            (_, i) => ({ progress: i + 1, total: steps, ...message })),
        `${steps} steps`,
    ]);
    // And nothing came after the answer.
    assert.deepEqual(kinds, [...Array(steps).fill('notifications/progress'), 'answer']);
}

scenario('progress', async (lab) => {
    lab.pace();
    await checkProgress(lab, 10, 5);
    await checkProgress(lab, 200, 0);
    await checkProgress(lab, 0, 0);
});

// The first at once, then few of many, and the last of them.
scenario('progress that is too fast', async (lab) => {
    lab.pace();
    const onprogress = () => {};

    assert.equal(await lab.text('progress', { steps: 10000, ms: 0 }, { onprogress }),
        '10000 steps');
    checkFewSteps(lab, 10000);
}, { args: FEWER_STEPS });

scenario('progress not asked for', async (lab) => {
    assert.equal(await lab.text('progress', { steps: 5, ms: 0 }), '5 steps');
    assert.ok(!lab.received.some((message) => 'method' in message));
});

scenario('cancel', async (lab) => {
    const abort = new AbortController();
    const options = { ...FOREVER, signal: abort.signal };
    const sleep = failure(lab.call('sleep', { ms: 600000 }, options));
    const { id } = lab.sent.at(-1);

    await lab.statsUntil((stats) => stats.running === 2);
    abort.abort('enough of it');
    assert.match((await sleep).message, /enough of it/);
    const stats = await lab.statsUntil((now) => now.in_flight === 1 && now.running === 1);
    assert.equal(stats.cancelled, 1);
    assert.equal(await lab.text('add', { a: 20, b: 22 }), '42');
    assert.match(await lab.said(), /sleep ended: CLIENT/);
    const asked = lab.sent.filter((message) => 'id' in message)
        .map((message) => message.id);
    await lab.seesCancelled();
    const answered = new Set(lab.received.map((message) => message.id));
    assert.deepEqual(answered, new Set(asked.filter((one) => !ONE_WIRE || one !== id)),
        'answers to all but the cancelled call');
});

scenario('time limit of the client', async (lab) => {
    const sleep = lab.call('sleep', { ms: 600000 }, { timeout: 50 });

    await expectMcpError(sleep, ErrorCode.RequestTimeout);
    await lab.statsUntil((stats) => stats.in_flight === 1 && stats.cancelled === 1);
    await lab.seesCancelled();
    assert.equal(await lab.text('echo', { text: 'still here' }), 'still here');
});

scenario('roots', async (lab) => {
    const calls = Array.from({ length: 8 }, () => lab.text('roots', {}));

    for (const text of await Promise.all(calls))
        assert.deepEqual(JSON.parse(text), ROOTS);
}, {
    capabilities: { roots: {} },
    handlers: { 'roots/list': async () => ({ roots: ROOTS }) },
});

scenario('roots that fail', async (lab) => {
    const result = await lab.call('roots', {});

    assert.equal(result.isError, true);
    assert.match(await lab.said(), /roots ended: MCPS_EREFUSED/);
}, {
    capabilities: { roots: {} },
    handlers: { 'roots/list': async () => { throw new Error('there are none today'); } },
});

scenario('no roots', async (lab) => {
    const result = await lab.call('roots', {});

    assert.equal(result.isError, true);
    assert.ok(!lab.received.some((message) => 'method' in message));
});

// As many at a time as one client may have, with some room.
scenario('concurrent calls', async (lab) => {
    let next = 0;
    const lane = async () => {
        while (next < 200) {
            const n = next++;

            assert.equal(await lab.text('add', { a: n, b: 1000 * n }), String(1001 * n));
        }
    };

    await Promise.all(Array.from({ length: 60 }, lane));
    assert.equal(next, 200);
    assert.equal((await lab.stats()).limits.calls_per_peer, 0);
});

scenario('big', async (lab) => {
    const bytes = 2 << 20;
    const text = 'ü\u2028👋"\n'.repeat(100000);

    assert.ok(await lab.text('big', { bytes }) === 'x'.repeat(bytes));
    assert.ok(await lab.text('echo', { text }) === text);
});

scenario('ping', async (lab) => {
    assert.deepEqual(await lab.client.ping(), {});
});

// What each scenario ends with, only that nothing came before it.
scenario('close', async () => {});

scenario('close while busy', async (lab) => {
    const sleep = failure(lab.call('sleep', { ms: 600000 }, FOREVER));

    await lab.statsUntil((stats) => stats.running === 2);
    await lab.close();
    assert.equal((await sleep).code, ErrorCode.ConnectionClosed);
    assert.match(await lab.said(),
        ONE_WIRE ? /sleep ended: DISCONNECT/ : /sleep ended: SESSION_END/);
});

async function checkRevision(lab, expected) {
    assert.equal(lab.version, expected);
    assert.equal((await lab.client.listTools()).tools.length, TOOLS.length);
    assert.equal(await lab.text('add', { a: 1, b: 2 }), '3');
    assert.equal((await lab.call('fail', { text: 'no' })).isError, true);
    lab.pace();
    await checkProgress(lab, 3, 0);
}

for (const offer of ['2024-11-05', '2025-03-26', '2025-06-18'])
    scenario(`revision ${offer}`, (lab) => checkRevision(lab, offer), { offer });
scenario('revision nobody knows', (lab) => checkRevision(lab, LEGACY),
    { offer: '1999-12-31' });

// The example of doc/examples: all that a client does with a server, against one that was
// written to be read.
scenario('calc', async (lab) => {
    const { tools } = await lab.client.listTools();
    const seen = [];
    const abort = new AbortController();
    const onprogress = ({ progress }) => {
        seen.push(progress);
        if (seen.length === 3)
            abort.abort('enough of it');
    };

    assert.deepEqual(tools.map((tool) => tool.name), ['add', 'count_primes']);
    assert.equal(tools[0].outputSchema.properties.sum.type, 'number');
    assert.equal(tools[1].inputSchema.properties.below.default, 100);
    assert.deepEqual((await lab.call('add', { a: 1, b: 2.5 })).structuredContent,
        { sum: 3.5 });
    assert.equal((await lab.call('add', { a: 1, b: '2.5' })).isError, true);
    assert.equal(onlyText(await lab.call('count_primes', {})), '25');
    const counting = lab.call('count_primes', { below: 1e9 },
        { ...FOREVER, signal: abort.signal, onprogress });
    assert.match((await failure(counting)).message, /enough of it/);
    assert.ok(seen.every((n, i) => n > (seen[i - 1] ?? 0)), `${seen}`);
    assert.equal(onlyText(await lab.call('count_primes', { below: 1000 })), '168');
    // Progress that was on its way when the client cancelled is none that it knows.
    lab.errors = lab.errors.filter((error) => !/unknown token/.test(error.message));
}, { server: CALC, only: 'stdio' });

await run('ts', LegacyLab);
