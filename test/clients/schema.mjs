// SPDX-License-Identifier: MIT
// Walks through all that a server has, in each revision of the protocol, while everything
// that it sends is held against the schema of that revision; see schema_wire.mjs. run.sh
// installs what this needs and calls it. Any server over stdio will do: its tools are
// called as it lists them, with the arguments of CALLS. Says PASS or FAIL for each walk,
// and exits with 1 if one failed.
// Usage: node schema.mjs SCHEMAS SERVER.SH PROGRAM FOLDER [WALK]...

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { walkOffers } from './schema_offers.mjs';
import { BATCHES, Judge, META, MODERN, Speaker, Wire } from './schema_wire.mjs';

const [schemas, , program, folder, ...wanted] = process.argv.slice(2);

const WATCHDOG_MS = 120000;
const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', MODERN];

// The arguments that tools are called with, each set once; others are called with {}.
const CALLS = {
    add: [{ a: 1, b: 2.5 }, { a: 'one' }],
    arguments: [{ count: 3 }, { count: 6 }, { count: 1, tags: ['a'], where: { name: 'x' } },
        { count: 'one', colour: 'pink', password: 7 }, {}],
    big: [{ bytes: 100000 }, { bytes: -1 }],
    echo: [{ text: 'Grüße 👋\u2028 "\\\n' }, { text: '' }, {}],
    fail: [{ text: 'no' }, {}],
    progress: [{ steps: 3, ms: 0 }, {}],
    sleep: [{ ms: 1 }, {}],
    spin: [{ us: 1 }, {}],
    steps: [{ n: 2, ms: 1 }, { n: 2, ms: 1, leave: true }, {}],
    stubborn: [{ ms: 1 }, {}],
    test_elicitation: [{ message: 'Who?' }],
    test_sampling: [{ prompt: 'What?' }],
    update: [{ uri: 'test://watched-resource' }, { uri: '' }],
};

// Tools that go on until they are cancelled, and with what.
const ENDLESS = { sleep: { ms: 600000 } };

// What a member of a listed tool was first known in.
const TOOL_MEMBERS = {
    name: '2024-11-05',
    description: '2024-11-05',
    inputSchema: '2024-11-05',
    annotations: '2025-03-26',
    title: '2025-06-18',
    outputSchema: '2025-06-18',
    _meta: '2025-06-18',
    icons: '2025-11-25',
};

// ---- walks ----

const listed = new Map(); // the tools, by revision

function checkTools(tools, { revision }) {
    for (const tool of tools) {
        for (const member of Object.keys(tool)) {
            assert.ok(TOOL_MEMBERS[member], `${tool.name} has ${member}`);
            assert.ok(TOOL_MEMBERS[member] <= revision,
                `${tool.name} has ${member} in ${revision}`);
        }
    }
}

async function listTools(speaker) {
    const { tools } = await speaker.result('tools/list');

    checkTools(tools, speaker.judge);
    return tools;
}

// What a tool says must be what it promises.
function checkStructured(tool, result) {
    if (!tool.outputSchema || result.isError)
        return;
    const ajv = new Ajv2020({ strict: false, allErrors: true });

    addFormats(ajv);
    assert.ok('structuredContent' in result, `${tool.name} gave no structuredContent`);
    assert.ok(ajv.validate(tool.outputSchema, result.structuredContent),
        `${tool.name} broke its outputSchema: ${ajv.errorsText()}`);
}

// Any answer will do that fits the schema; the walk counts what there was.
async function callTool(speaker, tool, args) {
    const { result, error } = await speaker.finish('tools/call',
        { name: tool.name, ...args && { arguments: args } }, { progress: true });

    if (result)
        checkStructured(tool, result);
    else if (error.code === -32021)
        assert.ok(Object.keys(error.data.requiredCapabilities)
            .every((one) => !(one in speaker.capabilities)), JSON.stringify(error));
    else if (error.code === -32000)
        assert.equal(error.data.reason, 'busy');
    else if (error.code === -32042)
        assert.equal(speaker.judge.revision, '2025-11-25');
    else
        assert.ok([-32603, -32602].includes(error.code), JSON.stringify(error));
}

async function callTools(speaker) {
    const tools = await listTools(speaker);

    for (const tool of tools) {
        for (const args of CALLS[tool.name] ?? [{}, undefined])
            await callTool(speaker, tool, args);
    }
    return tools;
}

async function callBadly(speaker) {
    const call = (params, options) =>
        speaker.error(-32602, 'tools/call', params, options);

    await call({});
    await call({ name: 'nobody', arguments: {} });
    await call({ name: 'gr"ü\\ße\u2028', arguments: {} });
    await call({ name: 'ü'.repeat(100), arguments: {} });
    await call({ name: `x${'👋'.repeat(100)}`, arguments: {} });
    await call({ name: 1 });
    await call({ name: 'nobody', arguments: [] });
    await call([], { raw: true });
    await call({ name: 'nobody', _meta: [] }, { raw: true });
    await speaker.error(-32602, 'tools/list', { cursor: 'nowhere' });
    await speaker.error(-32602, 'tools/list', { cursor: 1 });
    for (const method of ['nobody/knows', 'tools/List', 'tools', 'ü"\\\u2028',
        'ü'.repeat(60), `x${'👋'.repeat(30)}`])
        await speaker.error(-32601, method);
    await speaker.error(-32600, 'ü'.repeat(100));
}

function endless(tools) {
    return tools.find((tool) => ENDLESS[tool.name]);
}

// A cancelled call is not answered any more. One more of its id is refused, but not by
// its name: that would be taken for the answer.
async function cancel(speaker) {
    const { wire } = speaker;
    const tool = endless(await listTools(speaker));

    if (!tool)
        return;
    const call = speaker.begin('tools/call',
        { name: tool.name, arguments: ENDLESS[tool.name] });
    const twin = wire.expectUnnamed();
    wire.write(call.message);
    assert.equal((await twin).error.code, -32600);
    call.mute = true;
    speaker.notify('notifications/cancelled', { requestId: call.id, reason: 'enough' });
    speaker.notify('notifications/cancelled', { requestId: 'nobody' });
    speaker.notify('notifications/nobody/knows');
    await listTools(speaker);
}

// Subscriptions and logs of the legacy era.
async function subscribe(speaker) {
    const { wire } = speaker;
    const uri = 'test://watched-resource';
    const tools = await listTools(speaker);

    if (!tools.some(({ name }) => name === 'update')) {
        await speaker.error(-32601, 'resources/subscribe', { uri });
        return;
    }
    const call = (name, args = {}) => speaker.result('tools/call', { name, arguments: args });
    await speaker.result('logging/setLevel', { level: 'debug' });
    const logged = wire.expect('notifications/message');
    await call('log_levels');
    await logged;
    await speaker.error(-32602, 'logging/setLevel', { level: 'loud' });
    await speaker.error(-32602, 'logging/setLevel');
    for (const kind of ['tool', 'prompt', 'resource']) {
        const news = wire.expect(`notifications/${kind}s/list_changed`);

        await call(`test_trigger_${kind}_change`);
        await news;
    }
    await speaker.result('resources/subscribe', { uri });
    const updated = wire.expect('notifications/resources/updated');
    await call('update', { uri });
    await updated;
    await speaker.result('resources/unsubscribe', { uri });
    await speaker.error(-32602, 'resources/subscribe', {});
    await speaker.error(-32602, 'resources/unsubscribe', { uri: 1 });
    if (speaker.judge.revision !== '2025-11-25')
        return;
    const over = wire.expect('notifications/elicitation/complete');
    await call('visit');
    await call('end_visit');
    await over;
}

// Streams of the modern era, and logs of one request. It ends with the server's end.
async function walkListen(speaker) {
    const { wire } = speaker;
    const uri = 'test://watched-resource';
    const tools = await listTools(speaker);
    const begin = (notifications) =>
        speaker.begin('subscriptions/listen', { notifications });

    for (const wrong of [undefined, [], { toolsListChanged: 1 },
        { resourceSubscriptions: 'x' }, { resourceSubscriptions: [1] }])
        await speaker.error(-32602, 'subscriptions/listen',
            wrong === undefined ? {} : { notifications: wrong });
    const acknowledged = wire.expect('notifications/subscriptions/acknowledged');
    const listen = begin({ toolsListChanged: true, promptsListChanged: true,
        resourcesListChanged: true, resourceSubscriptions: [uri] });
    await acknowledged;
    if (tools.some(({ name }) => name === 'update')) {
        for (const [method, tool, args] of [
            ['tools/list_changed', 'test_trigger_tool_change'],
            ['prompts/list_changed', 'test_trigger_prompt_change'],
            ['resources/list_changed', 'test_trigger_resource_change'],
            ['resources/updated', 'update', { uri }],
        ]) {
            const news = wire.expect(`notifications/${method}`);

            await speaker.result('tools/call', { name: tool, arguments: args ?? {} });
            await news;
        }
        const logged = wire.expect('notifications/message');
        await speaker.result('tools/call', { name: 'log_levels', arguments: {},
            _meta: { [`${META}logLevel`]: 'debug' } });
        await logged;
        await speaker.error(-32602, 'tools/call', { name: 'log_levels', arguments: {},
            _meta: { [`${META}logLevel`]: 'loud' } });
    }
    const again = wire.expect('notifications/subscriptions/acknowledged');
    const other = begin({});
    await again;
    other.mute = true;
    speaker.notify('notifications/cancelled', { requestId: other.id });
    await listTools(speaker);
    wire.child.kill('SIGTERM');
    assert.ok((await listen.answer).result, 'the end of a stream');
}

// States that are none, and answers that are none.
async function answerBadly(speaker) {
    const name = 'test_input_required_result_multi_round';
    const tools = await listTools(speaker);

    if (!tools.some((tool) => tool.name === name))
        return;
    for (const more of [{ requestState: 'none' }, { requestState: '' }, { requestState: 1 },
        { inputResponses: null }, { inputResponses: [] }, { inputResponses: { step1: 1 } },
        { inputResponses: { step1: { action: 'nothing' } } }])
        await speaker.error(-32602, 'tools/call', { name, arguments: {}, ...more });
}

// Not more than the server answers in a second.
async function writeNonsense(wire) {
    for (const [text, code] of [
        ['{"jsonrpc":"2.0","id":"lost","method":', -32700],
        ['nothing', -32700],
        [Buffer.from([0x22, 0xff, 0x22]), -32700],
        ['{}', -32600],
        ['"text"', -32600],
        ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
        ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
        ['[]', -32600],
    ]) {
        const answer = wire.expectUnnamed();

        wire.write(text);
        assert.equal((await answer).error.code, code, `${text}`);
    }
    // None of these is answered.
    wire.write('{"jsonrpc":"2.0","method":"nobody/knows"}');
    wire.write('{"jsonrpc":"2.0","id":"nobody","result":{}}');
    wire.write('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}');
}

async function beginBadly(speaker) {
    const good = { protocolVersion: speaker.judge.revision, capabilities: {},
        clientInfo: { name: 'check-clients', version: '1' } };

    assert.deepEqual(await speaker.result('ping'), {});
    await speaker.error(-32600, 'tools/list');
    await speaker.error(-32600, 'tools/call', { name: 'nobody' });
    await speaker.error(-32602, 'initialize');
    await speaker.error(-32602, 'initialize', {});
    await speaker.error(-32602, 'initialize', { ...good, protocolVersion: 1 });
    await speaker.error(-32602, 'initialize', { ...good, capabilities: [] });
    await speaker.error(-32602, 'initialize', { ...good, clientInfo: {} });
}

// The modern era has none, so that its request in one is refused.
async function writeBatches(speaker, other) {
    const { wire } = speaker;
    const tools = await listTools(speaker);
    const requests = [
        speaker.begin('ping', undefined, { batch: true }),
        speaker.begin('tools/list', {}, { batch: true }),
        speaker.begin('nobody/knows', {}, { batch: true }),
        speaker.begin('initialize', {}, { batch: true }),
        ...tools.filter((tool) => tool.name === 'echo').map(({ name }) => speaker.begin(
            'tools/call', { name, arguments: CALLS.echo[0] }, { batch: true })),
    ];
    const stray = other?.begin('tools/list', {}, { batch: true });
    if (stray)
        requests.push(stray);
    const before = wire.seen.lines;

    wire.write([...requests.map((request) => request.message),
        { jsonrpc: '2.0', method: 'notifications/nobody/knows' }]);
    await Promise.all(requests.map((request) => request.answer));
    assert.equal(wire.seen.lines, before + 1, 'lines for one batch');
    assert.equal((await stray?.answer)?.error.code, stray && -32600);
    const twin = { jsonrpc: '2.0', id: 'twin', method: 'ping' };
    const unnamed = wire.expectUnnamed();
    wire.write([twin, twin]);
    assert.equal((await unnamed).error.code, -32600);
}

async function walkLegacy(speaker) {
    const { wire } = speaker;

    await beginBadly(speaker);
    await speaker.initialize();
    await speaker.error(-32600, 'initialize', { protocolVersion: speaker.judge.revision,
        capabilities: {}, clientInfo: { name: 'check-clients', version: '1' } });
    listed.set(speaker.judge.revision, await callTools(speaker));
    await walkOffers(speaker);
    await subscribe(speaker);
    await callBadly(speaker);
    await cancel(speaker);
    await writeNonsense(wire);
    assert.deepEqual(await speaker.result('ping'), {});
    assert.deepEqual(await speaker.result('ping', { _meta: { progressToken: 1 } }), {});
}

async function walkModern(speaker) {
    const { wire, judge } = speaker;
    const mine = `${META}protocolVersion`, can = `${META}clientCapabilities`;
    const { supportedVersions } = await speaker.result('server/discover');

    assert.ok(supportedVersions.includes(judge.revision));
    listed.set(judge.revision, await callTools(speaker));
    await walkOffers(speaker);
    await answerBadly(speaker);
    await callBadly(speaker);
    for (const method of ['initialize', 'ping', 'logging/setLevel', 'tasks/list'])
        await speaker.error(-32601, method);
    for (const _meta of [{ [can]: {} }, { [mine]: judge.revision },
        { [mine]: 1, [can]: {} }, { [mine]: judge.revision, [can]: [] },
        { [mine]: judge.revision, [can]: {}, [`${META}clientInfo`]: 'me' }]) {
        for (const method of ['tools/list', 'nobody/knows', 'server/discover'])
            await speaker.error(-32602, method, { _meta }, { raw: true });
    }
    await speaker.error(-32602, 'server/discover', undefined, { raw: true });
    for (const requested of ['1999-12-31', '2025-11-25', 'Grüße "\\ 👋', '']) {
        const { data } = await speaker.error(-32022, 'tools/list',
            { _meta: { [mine]: requested, [can]: {} } }, { raw: true });

        assert.equal(data.requested, requested);
        assert.ok(data.supported.every((version) => supportedVersions.includes(version)));
    }
    await cancel(speaker);
    await writeNonsense(wire);
    const last = await speaker.result('server/discover');
    assert.deepEqual(last.supportedVersions, supportedVersions);
}

// Both eras on one wire, in turn. Only the modern client could answer requests, which are
// none of its era.
async function walkBoth(old, now) {
    const errands = async (speaker) => {
        await callTools(speaker);
        await callBadly(speaker);
    };
    const first = errands(now);

    old.wire.asking = 'never';
    await old.initialize();
    await Promise.all([first, errands(old), errands(old), errands(now)]);
    assert.deepEqual(await old.result('ping'), {});
    await now.error(-32601, 'ping');
}

// More calls than one client may have, and a stop while one of them still runs.
async function walkBusy(speaker) {
    const { wire } = speaker;

    await speaker.begun();
    const tool = endless(await listTools(speaker));
    if (!tool)
        return;
    const begin = (args) => speaker.begin('tools/call',
        { name: tool.name, arguments: args });
    const refusal = ({ error }, reason) => {
        assert.equal(error?.code, speaker.judge.isModern ? -32603 : -32000);
        assert.equal(error.data.reason, reason);
    };
    const calls = Array.from({ length: 100 }, () => begin(ENDLESS[tool.name]));

    // They are looked at in turn, so whatever has no answer then is running or waits.
    refusal(await calls.at(-1).answer, 'busy');
    const running = calls.filter((call) => !call.answered);
    for (const call of running) {
        call.mute = true;
        if (call !== running[0])
            speaker.notify('notifications/cancelled', { requestId: call.id });
    }
    wire.child.kill('SIGTERM');
    for (const late = [];;) {
        late.push(begin(CALLS[tool.name][0])); // in a moment, if it is let in
        await delay(20);
        const answers = await Promise.all(late.filter((call) => call.answered)
            .map((call) => call.answer));
        const refused = answers.find((answer) => answer.error);
        if (!refused)
            continue;
        refusal(refused, 'shutdown');
        break;
    }
    speaker.notify('notifications/cancelled', { requestId: running[0].id });
}

// ---- running them ----

const walks = [];

function walk(name, judge, body) {
    walks.push({ name, judge, body });
}

function addWalks(judges) {
    const modern = judges.get(MODERN);

    for (const [revision, judge] of judges) {
        walk(revision, judge, (wire) => {
            const speaker = new Speaker(wire, judge);

            return judge.isModern ? walkModern(speaker) : walkLegacy(speaker);
        });
        walk(`${revision}, busy and stopped`, judge, (wire) =>
            walkBusy(new Speaker(wire, judge)));
        walk(`${revision}, able to do nothing`, judge, async (wire) => {
            const speaker = new Speaker(wire, judge, {});

            wire.asking = 'never';
            await speaker.begun();
            await callTools(speaker);
        });
        for (const answer of ['decline', 'cancel'])
            walk(`${revision}, with a user's ${answer}`, judge, async (wire) => {
                const speaker = new Speaker(wire, judge);

                wire.asking = answer;
                await speaker.begun();
                await callTools(speaker);
            });
        if (judge.isModern) {
            walk(`${revision}, streams`, judge, (wire) =>
                walkListen(new Speaker(wire, judge)));
            continue;
        }
        walk(`${revision}, refusing`, judge, async (wire) => {
            const speaker = new Speaker(wire, judge);

            wire.asking = 'error';
            await speaker.initialize();
            await callTools(speaker);
        });
        if (modern)
            walk(`${revision} and ${MODERN}`, judge, (wire) =>
                walkBoth(new Speaker(wire, judge, {}), new Speaker(wire, modern)));
    }
    if (judges.has(BATCHES))
        walk(`${BATCHES}, batches`, judges.get(BATCHES), async (wire) => {
            const speaker = new Speaker(wire, judges.get(BATCHES));

            await speaker.initialize();
            await writeBatches(speaker, modern && new Speaker(wire, modern));
        });
}

// What the latest revision lists, the older ones list as far as they know it. A schema
// for results that are no objects is of the latest only.
function compareLists() {
    const latest = listed.get(MODERN) ?? [];
    const isKnown = ([member, value], revision) => TOOL_MEMBERS[member] <= revision &&
        (member !== 'outputSchema' || revision >= MODERN || value.type === 'object');

    for (const [revision, tools] of listed) {
        const expected = latest.map((tool) => Object.fromEntries(
            Object.entries(tool).filter((entry) => isKnown(entry, revision))));

        assert.ok(isDeepStrictEqual(tools, expected),
            `${revision} lists ${JSON.stringify(tools)}, ` +
            `not ${JSON.stringify(expected)}`);
    }
}

async function play({ name, judge, body }) {
    const log = join(folder, `${name.replaceAll(/[ ,]+/g, '-')}.err`);
    const wire = new Wire(program, log, judge);
    const failed = new Promise((_, reject) => { wire.failed = reject; });
    const gone = wire.ended.then((code) => {
        throw new Error(`the server ended early, with ${code}`);
    });
    const stop = new AbortController();
    const watchdog = delay(WATCHDOG_MS, undefined, { signal: stop.signal }).then(() => {
        throw new Error(`no end after ${WATCHDOG_MS} ms`);
    });

    for (const one of [failed, gone, watchdog])
        one.catch(() => {});
    try {
        await Promise.race([body(wire), failed, gone, watchdog]);
        await Promise.race([wire.end(), failed, watchdog]);
    } finally {
        stop.abort();
        wire.child.kill('SIGKILL');
    }
    return wire.seen;
}

async function readJudges() {
    const judges = new Map();

    for (const name of (await readdir(schemas)).sort()) {
        if (!/^\d{4}-\d\d-\d\d$/.test(name))
            continue;
        assert.ok(REVISIONS.includes(name), `${name} is a revision that no walk is for`);
        judges.set(name, new Judge(name,
            JSON.parse(await readFile(join(schemas, name, 'schema.json'), 'utf8'))));
    }
    assert.ok(judges.size > 0, `there is no schema in ${schemas}`);
    return judges;
}

let failed = 0;

async function report(name, body) {
    try {
        const seen = await body();

        console.log(`PASS: clients/schema ${name}${seen ? ` (${seen.lines} lines: ` +
            `${seen.results} results, ${seen.errors} errors, ${seen.notifications} ` +
            `notifications, ${seen.requests} requests)` : ''}`);
    } catch (error) {
        failed++;
        console.log(`FAIL: clients/schema ${name}`);
        console.log(error.stack ?? error);
    }
}

addWalks(await readJudges());
for (const one of walks) {
    if (wanted.length === 0 || wanted.includes(one.name))
        await report(one.name, () => play(one));
}
if (listed.has(MODERN) && wanted.length === 0)
    await report('lists of all revisions', async () => compareLists());
process.exit(failed > 0 ? 1 : 0);
