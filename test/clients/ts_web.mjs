// SPDX-License-Identifier: MIT
// What only HTTP has, by the client of the legacy era.

import assert from 'node:assert/strict';
import { FOREVER, KINDS, expectCode, failure, onlyText, scenario } from './lab.mjs';

// It comes back at once, and tells of each step.
const kinds = { server: KINDS, only: 'http',
    args: ['--option', 'retry_ms=10', '--option', 'progress_ms=0'] };
const cuttable = { ...kinds, only: 'direct', proxied: true };
const CHANGED = 'notifications/tools/list_changed';

// Another client of the same server, past its proxy.
async function another(lab, options = {}) {
    const other = new lab.constructor('another', { server: lab.options.server,
        url: lab.started.url, ...options });

    await other.connect();
    return other;
}

// ---- coming back ----

// All of the call's steps and its answer, and what others caused meanwhile: exactly once.
async function checkCuts(lab, n, meanwhile) {
    const steps = [];
    const other = await another(lab);
    const call = lab.call('steps', { n, ms: 5 }, { ...FOREVER,
        onprogress: ({ progress }) => steps.push(progress) });

    await meanwhile(other, (step) => lab.until(() => steps.length >= step));
    assert.equal(onlyText(await call), `${n} steps`);
    assert.deepEqual(steps, Array.from({ length: n }, (_, i) => i + 1));
    await other.close();
    lab.drop(/SSE stream disconnected/);
    lab.drop(/fetch failed|Failed to reconnect/);
}

for (const reset of [false, true])
    scenario(`resume after a cut by ${reset ? 'RST' : 'FIN'}`, async (lab) => {
        lab.pace();
        await checkCuts(lab, 100, async (other, reached) => {
            for (const step of [3, 20, 40, 41, 60]) {
                await reached(step);
                lab.proxy.cut(reset);
            }
        });
        assert.ok(lab.fetched.some(({ headers }) => headers.has('last-event-id')));
    }, cuttable);

scenario('resume after a while', async (lab) => {
    lab.pace();
    await checkCuts(lab, 60, async (other, reached) => {
        await reached(5);
        lab.proxy.shut = true;
        lab.proxy.cut();
        await other.text('test_trigger_tool_change', {});
        // The call has ended when its client comes back.
        await other.sees(CHANGED, 1);
        for (let i = 0; i < 10; i++)
            await other.text('steps', { n: 1, ms: 40 });
        lab.proxy.shut = false;
    });
    await lab.sees(CHANGED, 1);
    await lab.client.ping();
    assert.equal(lab.of(CHANGED).length, 1);
}, { ...cuttable, reconnect: { initialReconnectionDelay: 10, maxReconnectionDelay: 10,
    reconnectionDelayGrowFactor: 1, maxRetries: 1000 } });

scenario('come back for each step', async (lab) => {
    const steps = [];

    lab.pace();
    assert.equal(await lab.text('steps', { n: 10, ms: 20, leave: true }, { ...FOREVER,
        onprogress: ({ progress }) => steps.push(progress) }), '10 steps');
    assert.deepEqual(steps, Array.from({ length: 10 }, (_, i) => i + 1));
    assert.ok(lab.fetched.filter(({ headers }) => headers.has('last-event-id')).length > 1);
}, kinds);

// Who has seen an error for an answer comes back for more, once.
scenario('nothing to come back for', async (lab) => {
    await expectCode(lab.call('no_result', {}), -32603);
    const back = ({ headers }) => headers.has('last-event-id');
    await lab.until(() => lab.fetched.some((one) => back(one) && one.status));
    for (let i = 0; i < 5; i++)
        await lab.call('sleep', { ms: 20 });
    assert.deepEqual(lab.fetched.filter(back).map(({ status }) => status), [204]);
}, { only: 'http', args: kinds.args });

// ---- sessions ----

scenario('the end of a session', async (lab) => {
    const { sessionId } = lab.transport;
    const other = await another(lab);

    assert.match(sessionId, /^[0-9a-zA-Z_-]{22,}$/);
    assert.notEqual(other.transport.sessionId, sessionId);
    const { status } = await fetch(lab.url, { method: 'DELETE',
        headers: { 'Mcp-Session-Id': sessionId } });
    assert.equal(status, 204);
    const error = await failure(lab.call('text', {}));
    assert.equal(error.code, 404);
    lab.gone = true;

    // Its client begins anew, and nobody else has noticed.
    const again = await another(lab);
    assert.notEqual(again.transport.sessionId, sessionId);
    assert.equal((await again.call('text', {})).isError ?? false, false);
    assert.equal((await other.call('text', {})).isError ?? false, false);
    await again.close();
    await other.close();
    // Its stream cannot be had back either.
    await lab.until(() => lab.errors.some(({ message }) => /Maximum/.test(message)));
    lab.drop(/Not Found|no such session|Maximum/);
}, kinds);

scenario('two clients of one session', async (lab) => {
    const steps = [];
    const call = lab.call('steps', { n: 50, ms: 5 }, { ...FOREVER,
        onprogress: ({ progress }) => steps.push(progress) });

    await lab.until(() => steps.length > 2);
    const other = await another(lab, { sessionId: lab.transport.sessionId });
    assert.ok(!other.sent.some(({ method }) => method === 'initialize'));
    assert.equal(await other.text('steps', { n: 1, ms: 1 }), '1 steps');
    assert.equal(onlyText(await call), '50 steps');
    assert.equal(steps.length, 50);
    assert.deepEqual(other.received.map(({ method }) => method ?? 'answer'), ['answer']);
    await other.client.close();
}, kinds);

// ---- options of the server ----

for (const option of ['json_only', 'stateless'])
    scenario(`a server that is ${option}`, async (lab) => {
        const from = lab.fetched.length;

        assert.equal(onlyText(await lab.call('text', {})), 'plain text, "quoted"');
        assert.equal(await lab.text('steps', { n: 3, ms: 1 }, { onprogress: () => {} }),
            '3 steps');
        await expectCode(lab.call('nobody', {}), -32602);
        const types = lab.fetched.slice(from).filter(({ method }) => method === 'POST')
            .map(({ type }) => type);
        assert.deepEqual(types, ['application/json',
            option === 'stateless' ? 'text/event-stream' : 'application/json',
            'application/json']);
        assert.equal(lab.transport.sessionId === undefined, option === 'stateless');
        assert.ok(lab.fetched.every(({ method, status }) =>
            method !== 'GET' || status === 405));
    }, { ...kinds, http: [option] });
