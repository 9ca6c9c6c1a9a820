// SPDX-License-Identifier: MIT
// What only the legacy era has, by its client with the server kinds.

import assert from 'node:assert/strict';
import { FOREVER, KINDS, ROOTS, expectCode, failure, onlyText, scenario } from './lab.mjs';

const kinds = { server: KINDS };
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert',
    'emergency'];
const everything = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

// ---- logging ----

scenario('logging', async (lab) => {
    assert.ok(lab.client.getServerCapabilities().logging);
    for (const [i, level] of LEVELS.entries()) {
        const from = lab.of('notifications/message').length;

        assert.deepEqual(await lab.client.setLoggingLevel(level), {});
        await lab.text('log_levels', {});
        assert.deepEqual(lab.of('notifications/message').slice(from)
            .map(({ params }) => params.level).sort(), LEVELS.slice(i).sort());
    }
    const { params: text } = lab.of('notifications/message')
        .find(({ params }) => params.logger);
    const { params: value } = lab.of('notifications/message')
        .find(({ params }) => !params.logger);
    assert.equal(text.logger, 'kinds');
    assert.match(text.data, /^level \d, "quoted"$/);
    assert.deepEqual(value.data, { level: [null, 1.5] });
    const { error } = await lab.ask('loud', 'logging/setLevel', { level: 'loud' });
    assert.equal(error.code, -32602);
}, kinds);

scenario('logging during a call', async (lab) => {
    await lab.client.setLoggingLevel('info');
    const from = lab.received.length;

    await lab.text('test_tool_with_logging', {});
    assert.deepEqual(lab.received.slice(from).map((one) => one.params?.data ?? 'answer'),
        ['Tool execution started', 'Tool processing data', 'Tool execution completed',
            'answer']);
}, kinds);

// ---- changes ----

scenario('lists that change', async (lab) => {
    const { tools, prompts, resources } = lab.client.getServerCapabilities();

    for (const [offer, kind] of [[tools, 'tool'], [prompts, 'prompt'],
        [resources, 'resource']]) {
        const method = `notifications/${kind}s/list_changed`;

        assert.equal(offer.listChanged, true);
        await lab.text(`test_trigger_${kind}_change`, {});
        const [news] = await lab.sees(method, 1);
        assert.equal(news.params?._meta, undefined);
    }
}, kinds);

scenario('subscriptions', async (lab) => {
    const uri = 'test://watched-resource';
    const updated = 'notifications/resources/updated';

    assert.equal(lab.client.getServerCapabilities().resources.subscribe, true);
    await lab.text('update', { uri });
    assert.deepEqual(await lab.client.subscribeResource({ uri }), {});
    assert.deepEqual(await lab.client.subscribeResource({ uri }), {});
    await lab.text('update', { uri });
    await lab.sees(updated, 1);
    await lab.text('update', { uri: 'test://static-text' });
    assert.deepEqual(await lab.client.unsubscribeResource({ uri }), {});
    await lab.text('update', { uri });
    await lab.client.ping();
    assert.deepEqual(lab.of(updated).map(({ params }) => params), [{ uri }]);
    await expectCode(lab.client.subscribeResource({ uri: 'test://nobody' }), -32002);
}, kinds);

scenario('subscriptions by a template', async (lab) => {
    const uri = 'test://template/7/data';

    await lab.client.subscribeResource({ uri });
    await lab.text('update', { uri });
    const [{ params }] = await lab.sees('notifications/resources/updated', 1);
    assert.deepEqual(params, { uri });
}, kinds);

// ---- asking ----

// A user who never answers. The server takes its question back.
let waits;

scenario('cancel while the client is asked', async (lab) => {
    const abort = new AbortController();
    const wizard = failure(lab.call('wizard', {}, { ...FOREVER, signal: abort.signal }));

    await lab.sees('elicitation/create', 1);
    const [{ id }] = lab.of('elicitation/create');
    abort.abort('enough of it');
    assert.match((await wizard).message, /enough of it/);
    const [{ params }] = await lab.sees('notifications/cancelled', 1);
    assert.equal(params.requestId, id);
    waits();
    await lab.seesCancelled();
    await lab.client.ping();
    assert.equal(onlyText(await lab.call('text', {})), 'plain text, "quoted"');
}, {
    ...kinds,
    capabilities: everything,
    handlers: { 'elicitation/create': () => new Promise((resolve) => {
        waits = () => resolve({ action: 'cancel' });
    }) },
});

scenario('close while the client is asked', async (lab) => {
    const wizard = failure(lab.call('wizard', {}, FOREVER));

    await lab.sees('elicitation/create', 1);
    await lab.close();
    await wizard;
}, {
    ...kinds,
    capabilities: everything,
    handlers: { 'elicitation/create': () => new Promise(() => {}) },
});

scenario('a URL that is required', async (lab) => {
    const error = await expectCode(lab.call('need_visit', {}), -32042);
    const [one] = error.data.elicitations;

    assert.equal(one.mode, 'url');
    assert.equal(one.url, 'https://example.com/visit');
    assert.ok(one.elicitationId.length > 0 && one.message.length > 0);
}, { ...kinds, capabilities: everything });

scenario('a URL that was visited', async (lab) => {
    await lab.text('visit', {});
    const [{ params: { elicitationId } }] = lab.of('elicitation/create');
    await lab.text('end_visit', {});
    const [{ params }] = await lab.sees('notifications/elicitation/complete', 1);
    assert.deepEqual(params, { elicitationId });
}, {
    ...kinds,
    capabilities: everything,
    handlers: { 'elicitation/create': async () => ({ action: 'accept' }) },
});

scenario('roots that change', async (lab) => {
    assert.equal(await lab.text('roots', {}), '2 roots');
    lab.roots = [ROOTS[0]];
    await lab.client.sendRootsListChanged();
    assert.equal(await lab.text('roots_changed', {}), '1');
}, {
    ...kinds,
    capabilities: { roots: { listChanged: true } },
    handlers: { 'roots/list': async () => ({ roots: ROOTS }) },
});

// What a revision has no words for is not asked.
for (const [offer, tool, args] of [
    ['2024-11-05', 'test_elicitation', { message: 'm' }],
    ['2025-03-26', 'wizard', {}],
    ['2025-06-18', 'visit', {}],
])
    scenario(`${tool} in ${offer}`, async (lab) => {
        const result = await lab.call(tool, args);

        assert.equal(lab.version, offer);
        assert.equal(result.isError, true);
        assert.ok(!lab.received.some((message) => 'method' in message), 'it asked');
    }, { ...kinds, offer, capabilities: everything });

scenario('wizard in 2025-06-18', async (lab) => {
    assert.match(await lab.text('wizard', {}), /Ada/);
    assert.equal(lab.of('elicitation/create').length, 3);
    assert.ok(lab.of('elicitation/create').every(({ params }) => !('mode' in params)));
}, {
    ...kinds,
    offer: '2025-06-18',
    capabilities: everything,
    handlers: { 'elicitation/create': async ({ requestedSchema: { properties } }) => ({
        action: 'accept',
        content: Object.fromEntries(Object.entries(properties).map(([name, one]) =>
            [name, one.enum?.[0] ?? (one.type === 'boolean' ? true : 'Ada')])),
    }) },
});
