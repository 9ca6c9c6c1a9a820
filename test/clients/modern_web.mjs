// SPDX-License-Identifier: MIT
// What only HTTP has, by the client of the modern era.

import assert from 'node:assert/strict';
import { FOREVER, KINDS, META, ROOTS, failure, onlyText, scenario } from './lab.mjs';

const kinds = { server: KINDS, only: 'http', args: ['--option', 'progress_ms=0'] };
const CHANGED = 'notifications/tools/list_changed';

async function another(lab, options = {}) {
    const other = new lab.constructor('another', { server: lab.options.server,
        url: lab.started.url, ...options });

    await other.connect();
    return other;
}

// ---- what is sent ----

scenario('JSON, and a stream when there is one', async (lab) => {
    const types = async (name, args, options) => {
        const from = lab.fetched.length;

        await lab.call(name, args, options);
        return lab.fetched.slice(from).map(({ type }) => type);
    };

    assert.deepEqual(await types('text', {}), ['application/json']);
    assert.deepEqual(await types('steps', { n: 3, ms: 1 }), ['application/json']);
    assert.deepEqual(await types('steps', { n: 3, ms: 1 }, { onprogress: () => {} }),
        ['text/event-stream']);
    assert.ok(lab.fetched.every(({ method, headers }) => method === 'POST' &&
        headers.get('mcp-protocol-version') === '2026-07-28' && headers.has('mcp-method') &&
        !headers.has('mcp-session-id')));
}, kinds);

// ---- disconnects ----

for (const reset of [false, true])
    scenario(`a call that is cut off by ${reset ? 'RST' : 'FIN'}`, async (lab) => {
        const sleep = failure(lab.call('sleep', { ms: 600000 }, FOREVER));

        await lab.statsUntil((stats) => stats.running === 2);
        lab.proxy.cut(reset);
        await sleep;
        await lab.statsUntil((stats) => stats.in_flight === 1 && stats.running === 1);
        assert.match(await lab.said(), /sleep ended: DISCONNECT/);
        assert.equal(await lab.text('add', { a: 20, b: 22 }), '42');
        lab.errors = [];
    }, { only: 'direct', proxied: true });

scenario('listen again after a cut', async (lab) => {
    const stream = await lab.client.listen({ toolsListChanged: true });
    const other = await another(lab);

    lab.proxy.cut();
    assert.equal(await stream.closed, 'remote');
    lab.errors = [];
    const again = await lab.client.listen({ toolsListChanged: true });
    await other.text('test_trigger_tool_change', {});
    const [{ params }] = await lab.sees(CHANGED, 1);
    const { id } = lab.sent.findLast(({ method }) => method === 'subscriptions/listen');
    assert.equal(params._meta[`${META}subscriptionId`], id);
    await lab.text('text', {});
    assert.equal(lab.of(CHANGED).length, 1);
    await again.close();
    await other.close();
}, { ...kinds, only: 'direct', proxied: true });

// ---- both eras at one endpoint ----

scenario('both eras', async (lab) => {
    const old = await another(lab, { mode: 'legacy', capabilities: { roots: {} },
        handlers: { 'roots/list': async () => ({ roots: ROOTS }) } });
    const stream = await lab.client.listen({ toolsListChanged: true });

    assert.equal(old.client.getProtocolEra(), 'legacy');
    assert.equal(lab.client.getProtocolEra(), 'modern');
    assert.ok(old.transport.sessionId);
    assert.equal(lab.transport.sessionId, undefined);
    const calls = Array.from({ length: 20 }, (_, i) => [old, lab].map((one) =>
        one.text('steps', { n: i, ms: 1 }, { onprogress: () => {} })));
    for (const [i, both] of calls.entries())
        assert.deepEqual(await Promise.all(both), [`${i} steps`, `${i} steps`]);
    // Each is asked in its own way, and hears of changes.
    assert.equal(await old.text('roots', {}), '2 roots');
    assert.equal(old.of('roots/list').length, 1);
    assert.equal(await lab.text('roots', {}), '0 roots');
    assert.equal(lab.of('roots/list').length, 0);
    await old.text('test_trigger_tool_change', {});
    await Promise.all([old.sees(CHANGED, 1), lab.sees(CHANGED, 1)]);
    await stream.close();
    await old.close();
}, { ...kinds, capabilities: { roots: {} },
    handlers: { 'roots/list': async () => ({ roots: [] }) } });

for (const option of ['json_only', 'stateless'])
    scenario(`a server that is ${option}`, async (lab) => {
        const stream = await lab.client.listen({ toolsListChanged: true });

        assert.equal(onlyText(await lab.call('text', {})), 'plain text, "quoted"');
        assert.equal(await lab.text('steps', { n: 3, ms: 1 }, { onprogress: () => {} }),
            '3 steps');
        assert.equal(lab.of('notifications/progress').length, 3);
        await stream.close();
    }, { ...kinds, http: [option] });
