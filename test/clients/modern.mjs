// SPDX-License-Identifier: MIT
// The official TypeScript client of the modern era, which also speaks the legacy one,
// drives the lab over stdio, or over HTTP; see lab.mjs. run.sh installs the client and calls
// this. Says PASS or FAIL for each scenario, and exits with 1 if one failed.
// Usage: node modern.mjs SERVER.SH LAB FOLDER [SCENARIO]...

import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
    Client, ProtocolError, ProtocolErrorCode, SdkError, SdkErrorCode,
    StreamableHTTPClientTransport, UnsupportedProtocolVersionError,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import {
    CALC, FEWER_STEPS, FOREVER, Lab, LEGACY, META, MODERN, OVER, ROOTS, TEXTS, TOOLS, bodyOf,
    checkFewSteps, failure, isModern, methods, onlyText, run, scenario,
} from './lab.mjs';
import './features.mjs';
import './modern_features.mjs';
import './modern_web.mjs';

const LATER = '2099-01-01'; // no server has it
const VERSION = `${META}protocolVersion`;
const CAPABILITIES = `${META}clientCapabilities`;
// For more sleepers at a time than a small machine has workers.
const WORKERS = ['--workers', '8'];

// The client asks for the era in the process that it then talks to, only when its
// transport is not exactly StdioClientTransport. Otherwise it starts one more for that.
class SameProcess extends StdioClientTransport {}

class ModernLab extends Lab {
    isModern = true;

    newClient({ capabilities = {}, handlers = {}, mode = 'auto', client: more }) {
        const client = new Client({ name: 'check-clients', version: '1' },
            { capabilities, versionNegotiation: { mode }, ...more });

        for (const [method, handler] of Object.entries(handlers))
            client.setRequestHandler(method, (request) => handler(request.params));
        return client;
    }

    newTransport(parameters, { transport: Transport = SameProcess }) {
        return new Transport(parameters);
    }

    newWeb(url, { reconnect }, more) {
        return new StreamableHTTPClientTransport(url,
            { ...more, ...reconnect && { reconnectionOptions: reconnect } });
    }

    call(name, args, options) {
        return this.client.callTool({ name, arguments: args }, options);
    }
}

async function expectError(promise, type, code) {
    const error = await failure(promise);

    assert.ok(error instanceof type, `${error}`);
    assert.equal(error.code, code, `${error}`);
    return error;
}

// ---- which era ----

function checkModern(lab) {
    const { client } = lab;

    assert.equal(client.getProtocolEra(), 'modern');
    assert.equal(client.getNegotiatedProtocolVersion(), MODERN);
    assert.equal(client.getServerVersion().name, 'lab');
    assert.equal(client.getServerVersion().title, 'The lab');
    assert.ok(client.getServerVersion().version.length > 0);
    assert.ok(client.getServerCapabilities().tools);
    assert.equal(client.getInstructions(), 'Tools for tests.');
}

scenario('connect', async (lab) => {
    checkModern(lab);
    assert.deepEqual(methods(lab.sent), ['server/discover']);
    const { supportedVersions, ttlMs, cacheScope } = lab.client.getDiscoverResult();

    assert.deepEqual(supportedVersions, [MODERN]);
    assert.ok(Number.isInteger(ttlMs) && ttlMs >= 0, `ttlMs is ${ttlMs}`);
    assert.ok(['public', 'private'].includes(cacheScope), cacheScope);
    assert.equal(await lab.text('add', { a: 1, b: 2 }), '3');
});

// As the client does by itself: it asks one server, ends it, and talks to another.
scenario('connect by way of a second process', async (lab) => {
    checkModern(lab);
    assert.deepEqual(lab.sent, [], 'what the process was asked so far');
    assert.equal(await lab.text('add', { a: 1, b: 2 }), '3');
    assert.deepEqual(methods(lab.sent), ['tools/call']);
    await lab.close(2);
}, { only: 'stdio', transport: StdioClientTransport, closed: true });

scenario('connect with the modern version only', async (lab) => {
    checkModern(lab);
    assert.deepEqual(methods(lab.sent), ['server/discover']);
    assert.equal(await lab.text('add', { a: 1, b: 2 }), '3');
}, { mode: { pin: MODERN } });

scenario('connect in the legacy way', async (lab) => {
    assert.equal(lab.client.getProtocolEra(), 'legacy');
    assert.equal(lab.client.getNegotiatedProtocolVersion(), LEGACY);
    assert.equal(lab.client.getServerVersion().title, 'The lab');
    assert.equal(lab.client.getInstructions(), 'Tools for tests.');
    assert.equal((await lab.client.listTools()).tools.length, TOOLS.length);
    assert.equal(await lab.text('add', { a: 1, b: 2 }), '3');
    assert.deepEqual(await lab.client.ping(), {});
    lab.pace();
    await checkProgress(lab, 3, 0);
    assert.deepEqual(methods(lab.sent).slice(0, 3),
        ['initialize', 'notifications/initialized', 'tools/list']);
    assert.ok(!lab.sent.some(isModern), 'it wrote something modern');
}, { mode: 'legacy' });

// Whoever knows the server already need not ask: the first request is a call.
scenario('connect with what is known', async (lab) => {
    await lab.connect({ prior: { kind: 'modern', discover: {
        supportedVersions: [MODERN], capabilities: { tools: { listChanged: true } }, resultType: 'complete',
        ttlMs: 0, cacheScope: 'private',
    } } });
    assert.deepEqual(lab.sent, []);
    assert.equal(await lab.text('add', { a: 1, b: 2 }), '3');
    assert.deepEqual(methods(lab.sent), ['tools/call']);
}, { bare: true });

scenario('a later version first', async (lab) => {
    checkModern(lab);
    assert.deepEqual(lab.sent.map((sent) => sent.params._meta[VERSION]),
        [LATER, MODERN]);
    assert.equal(lab.received[0].error.code, -32022);
    assert.deepEqual(lab.received[0].error.data,
        { supported: [MODERN], requested: LATER });
}, { client: { supportedProtocolVersions: [LATER, MODERN, LEGACY] } });

scenario('a later version only', async (lab) => {
    const error = await failure(lab.connect());

    assert.ok(error instanceof UnsupportedProtocolVersionError, `${error}`);
    assert.deepEqual(error.data, { supported: [MODERN], requested: LATER });
    assert.deepEqual(methods(lab.sent), ['server/discover']);
}, { bare: true, mode: { pin: LATER } });

// ---- tools ----

scenario('list', async (lab) => {
    const list = await lab.client.listTools();
    const add = list.tools.find((tool) => tool.name === 'add');

    assert.deepEqual(list.tools.map((tool) => tool.name).sort(), TOOLS);
    assert.equal(list.nextCursor, undefined);
    for (const tool of list.tools) {
        assert.equal(tool.inputSchema.type, 'object', tool.name);
        assert.ok(tool.description.length > 0, tool.name);
    }
    assert.deepEqual(add.inputSchema.properties,
        { a: { type: 'number' }, b: { type: 'number' } });
    assert.deepEqual(add.inputSchema.required, ['a', 'b']);
});

// It asks again if and only if what it has is stale, which the answer said.
scenario('list again', async (lab) => {
    const asked = () => methods(lab.sent).filter((sent) => sent === 'tools/list').length;
    const first = await lab.client.listTools();
    const { result } = lab.received.at(-1);

    assert.ok(Number.isInteger(result.ttlMs) && result.ttlMs >= 0);
    assert.ok(['public', 'private'].includes(result.cacheScope));
    assert.equal(asked(), 1);
    // Not between the two: some seconds at the least, or none.
    assert.ok(result.ttlMs === 0 || result.ttlMs >= 10000, `ttlMs is ${result.ttlMs}`);
    assert.deepEqual((await lab.client.listTools()).tools, first.tools);
    assert.equal(asked(), result.ttlMs === 0 ? 2 : 1);
    const before = asked();
    const fresh = await lab.client.listTools(undefined, { cacheMode: 'refresh' });
    assert.deepEqual(fresh.tools, first.tools);
    assert.equal(asked(), before + 1);
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
    await expectError(lab.call('no_result', {}), ProtocolError,
        ProtocolErrorCode.InternalError);
    assert.equal(await lab.text('add', { a: 1, b: 1 }), '2');
});

scenario('unknown tool', async (lab) => {
    const error = await expectError(lab.call('nobody', {}), ProtocolError,
        ProtocolErrorCode.InvalidParams);

    assert.match(error.message, /nobody/);
});

// The client does not write some of them, so they go by hand.
scenario('unknown methods', async (lab) => {
    const _meta = { [VERSION]: MODERN, [CAPABILITIES]: {} };

    await expectError(lab.client.ping(), SdkError,
        SdkErrorCode.MethodNotSupportedByProtocolVersion);
    for (const method of ['initialize', 'ping', 'logging/setLevel', 'resources/list',
        'resources/subscribe', 'tasks/list', 'nobody/knows', 'tools/List']) {
        const { error } = await lab.ask(`unknown ${method}`, method, { _meta });

        assert.equal(error?.code, -32601, method);
        assert.match(error.message, new RegExp(method));
    }
    assert.equal(await lab.text('add', { a: 1, b: 1 }), '2');
});

async function checkProgress(lab, steps, ms) {
    const events = [];
    const from = lab.received.length;
    const onprogress = (step) => events.push(step);
    const text = await lab.text('progress', { steps, ms }, { onprogress });
    const kinds = lab.received.slice(from).map((received) => received.method ?? 'answer');

    events.push(text);
    assert.deepEqual(events, [
        ...Array.from({ length: steps },
            (_, i) => ({ progress: i + 1, total: steps, message: 'working' })),
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

    await lab.statsUntil((stats) => stats.running === 2);
    abort.abort('enough of it');
    assert.match((await sleep).message, /enough of it/);
    const stats = await lab.statsUntil((now) => now.in_flight === 1 && now.running === 1);
    assert.equal(stats.cancelled, 1);
    assert.equal(await lab.text('add', { a: 20, b: 22 }), '42');
    // Over HTTP the client closes the stream.
    assert.match(await lab.said(),
        OVER === 'stdio' ? /sleep ended: CLIENT/ : /sleep ended: DISCONNECT/);
    const requests = lab.sent.filter((message) => 'id' in message);
    const { id } = requests.find((sent) => sent.params.name === 'sleep');
    const asked = requests.map((message) => message.id);
    const answered = new Set(lab.received.map((message) => message.id));
    assert.deepEqual(answered, new Set(asked.filter((one) => one !== id)),
        'answers to all but the cancelled call');
});

scenario('time limit of the client', async (lab) => {
    const sleep = lab.call('sleep', { ms: 600000 }, { timeout: 50 });

    await expectError(sleep, SdkError, SdkErrorCode.RequestTimeout);
    await lab.statsUntil((stats) => stats.in_flight === 1 && stats.cancelled === 1);
    assert.equal(await lab.text('echo', { text: 'still here' }), 'still here');
});

// Progress keeps a call alive that would be too long otherwise.
scenario('time limit and progress', async (lab) => {
    let steps = 0;
    const text = await lab.text('progress', { steps: 40, ms: 50 },
        { timeout: 1500, resetTimeoutOnProgress: true, onprogress: () => steps++ });

    assert.equal(text, '40 steps');
    assert.ok(steps > 0);
});

// In this era a server must not ask: it answers that it needs to know, and is called again.
scenario('roots', async (lab) => {
    const texts = await Promise.all(Array.from({ length: 8 }, () => lab.text('roots', {})));

    for (const text of texts)
        assert.deepEqual(JSON.parse(text), ROOTS);
    assert.equal(methods(lab.sent).filter((sent) => sent === 'tools/call').length, 16);
}, {
    capabilities: { roots: {} },
    handlers: { 'roots/list': async () => ({ roots: ROOTS }) },
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

scenario('too many calls', async (lab) => {
    const abort = new AbortController();
    const options = { ...FOREVER, signal: abort.signal };
    setMaxListeners(0, abort.signal);
    const ended = [];
    const outcomes = Array.from({ length: 80 },
        () => failure(lab.call('sleep', { ms: 600000 }, options))
            .then((error) => ended.push(error)));

    while (ended.length < 80 - 64)
        await delay(10);
    ended.forEach((error) => lab.drop(error));
    for (const { error } of OVER === 'stdio' ? lab.received.filter((message) => message.error)
        : ended.map(bodyOf)) {
        assert.equal(error.code, ProtocolErrorCode.InternalError);
        assert.equal(error.data.reason, 'busy');
    }
    abort.abort('enough of it');
    await Promise.all(outcomes);
    // The next call finds room only when the cancels before it were read: on one wire they were.
    while (OVER !== 'stdio' && await lab.stats().then(() => false, () => true))
        await delay(10);
    lab.drop(/busy/);
    assert.equal((await lab.statsUntil((now) => now.in_flight === 1)).cancelled, 64);
}, { args: OVER === 'stdio' ? [] : ['--option', 'calls_per_account=64'] });

scenario('big', async (lab) => {
    const bytes = 2 << 20;
    const text = 'ü\u2028👋"\n'.repeat(100000);

    assert.ok(await lab.text('big', { bytes }) === 'x'.repeat(bytes));
    assert.ok(await lab.text('echo', { text }) === text);
});

// ---- the end ----

// What each scenario ends with, only that nothing came before it.
scenario('close', async () => {});

scenario('close while busy', async (lab) => {
    const sleeps = Array.from({ length: 3 },
        () => failure(lab.call('sleep', { ms: 600000 }, FOREVER)));

    await lab.statsUntil((stats) => stats.running === 4);
    await lab.close();
    for (const error of await Promise.all(sleeps))
        assert.equal(error.code, SdkErrorCode.ConnectionClosed);
    assert.equal((await lab.said()).match(/sleep ended: DISCONNECT/g).length, 3);
}, { args: WORKERS });

scenario('close while progress comes', async (lab) => {
    const some = new Promise((resolve) => {
        failure(lab.call('progress', { steps: 1000000, ms: 1 },
            { ...FOREVER, onprogress: ({ progress }) => progress > 20 && resolve() }));
    });

    await some;
});

// ---- both eras on one wire ----

function initialize(lab) {
    return lab.ask('old 0', 'initialize', {
        protocolVersion: MODERN, // which has no handshake: the latest that has one comes
        capabilities: { roots: {} },
        clientInfo: { name: 'old', version: '0' },
    });
}

scenario('both eras', async (lab) => {
    const early = await lab.ask('early', 'tools/list');
    const first = Array.from({ length: 20 }, (_, i) => lab.text('add', { a: i, b: 1 }));
    const begun = await initialize(lab);

    assert.equal(early.error.code, -32600);
    assert.equal(begun.result.protocolVersion, LEGACY);
    assert.equal(begun.result.serverInfo.name, 'lab');
    await lab.write({ method: 'notifications/initialized' });
    assert.deepEqual(await Promise.all(first), first.map((_, i) => String(i + 1)));

    const news = [], olds = [];
    for (let i = 0; i < 25; i++) {
        news.push(lab.text('add', { a: i, b: 1000 }));
        olds.push(lab.ask(`old add ${i}`, 'tools/call',
            { name: 'add', arguments: { a: i, b: 2000 } }));
    }
    for (let i = 0; i < 25; i++) {
        assert.equal(await news[i], String(1000 + i));
        assert.equal(onlyText((await olds[i]).result), String(2000 + i));
    }
    const [oldList, newList] = await Promise.all(
        [lab.ask('old list', 'tools/list'), lab.client.listTools()]);
    assert.deepEqual(oldList.result.tools, newList.tools);
    assert.deepEqual((await lab.ask('old ping', 'ping')).result, {});
    assert.equal((await lab.ask('new ping', 'ping',
        { _meta: { [VERSION]: MODERN, [CAPABILITIES]: {} } })).error?.code, -32601);
}, { only: 'stdio' });

scenario('both eras with progress', async (lab) => {
    await initialize(lab);
    await lab.write({ method: 'notifications/initialized' });
    lab.onRaw = (message) => message.params?.progressToken === 'old';
    lab.pace();
    const old = lab.ask('old', 'tools/call', {
        name: 'progress', arguments: { steps: 50, ms: 1 },
        _meta: { progressToken: 'old' },
    });
    const steps = [];
    const text = await lab.text('progress', { steps: 50, ms: 1 },
        { onprogress: ({ progress }) => steps.push(progress) });

    assert.equal(text, '50 steps');
    assert.equal(onlyText((await old).result), '50 steps');
    const oldSteps = lab.received.filter((message) => lab.onRaw(message))
        .map((message) => message.params.progress);
    const all = Array.from({ length: 50 }, (_, i) => i + 1);
    assert.deepEqual(steps, all);
    assert.deepEqual(oldSteps, all);
}, { only: 'stdio' });

// The legacy client is asked on the same wire, the modern one by an answer.
scenario('both eras and roots', async (lab) => {
    let asked = 0;

    lab.onRaw = (message) => {
        if (message.method !== 'roots/list')
            return false;
        asked++;
        lab.write({ id: message.id, result: { roots: ROOTS } });
        return true;
    };
    await initialize(lab);
    await lab.write({ method: 'notifications/initialized' });
    const [old, now] = await Promise.all(
        [lab.ask('old', 'tools/call', { name: 'roots' }), lab.call('roots', {})]);

    assert.deepEqual(JSON.parse(onlyText(old.result)), ROOTS);
    assert.deepEqual(JSON.parse(onlyText(now)), []);
    assert.equal(asked, 1);
}, {
    only: 'stdio',
    capabilities: { roots: {} },
    handlers: { 'roots/list': async () => ({ roots: [] }) },
}, { only: 'stdio' });

scenario('both eras, each cancels its own', async (lab) => {
    const abort = new AbortController();
    const forever = { name: 'sleep', arguments: { ms: 600000 } };
    const now = failure(lab.call('sleep', forever.arguments,
        { ...FOREVER, signal: abort.signal }));

    await initialize(lab);
    await lab.write({ method: 'notifications/initialized' });
    lab.ask('old', 'tools/call', forever);
    await lab.statsUntil((stats) => stats.running === 3);
    await lab.write({ method: 'notifications/cancelled', params: { requestId: 'old' } });
    await lab.statsUntil((stats) => stats.cancelled === 1 && stats.running === 2);
    abort.abort('enough of it');
    await now;
    await lab.statsUntil((stats) => stats.cancelled === 2 && stats.running === 1);
    assert.equal(onlyText((await lab.ask('old add', 'tools/call',
        { name: 'add', arguments: { a: 1, b: 1 } })).result), '2');
    assert.ok(!lab.received.some((message) => message.id === 'old'));
}, { only: 'stdio', args: WORKERS });

// The example of doc/examples: all that a client does with a server, against one that was
// written to be read.
const calc = async (lab) => {
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
};

scenario('calc', calc, { server: CALC, only: 'stdio' });
scenario('calc in the legacy way', calc, { server: CALC, only: 'stdio', mode: 'legacy' });

await run('modern', ModernLab);
