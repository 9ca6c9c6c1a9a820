// SPDX-License-Identifier: MIT
// What only the modern era has, by its client with the server kinds.

import assert from 'node:assert/strict';
import { FOREVER, KINDS, META, expectCode, onlyText, scenario } from './lab.mjs';

const kinds = { server: KINDS };
const ID = `${META}subscriptionId`;
const everything = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };
// So that one process goes on where another left off.
const shared = { ...kinds, env: { KINDS_STATE_KEY: '0123456789abcdef0123456789abcdef' },
    capabilities: everything };

// ---- changes ----

const changed = (kind) => `notifications/${kind}s/list_changed`;
const idOf = ({ params }) => params._meta[ID];

scenario('listen', async (lab) => {
    const { tools, prompts, resources } = lab.client.getServerCapabilities();
    const uri = 'test://watched-resource';
    const filter = { toolsListChanged: true, promptsListChanged: true,
        resourcesListChanged: true, resourceSubscriptions: [uri] };

    for (const offer of [tools, prompts, resources])
        assert.equal(offer.listChanged, true);
    assert.equal(resources.subscribe, true);
    const stream = await lab.client.listen(filter);
    const { id } = lab.sent.findLast(({ method }) => method === 'subscriptions/listen');
    assert.deepEqual(stream.honoredFilter, filter);
    assert.equal(idOf(lab.of('notifications/subscriptions/acknowledged')[0]), id);
    for (const kind of ['tool', 'prompt', 'resource']) {
        await lab.text(`test_trigger_${kind}_change`, {});
        assert.equal(idOf((await lab.sees(changed(kind), 1))[0]), id);
    }
    await lab.text('update', { uri });
    const [{ params }] = await lab.sees('notifications/resources/updated', 1);
    assert.deepEqual(params, { uri, _meta: { [ID]: id } });

    // Nothing comes behind the cancel, and no answer.
    await stream.close();
    assert.equal(await stream.closed, 'local');
    await lab.client.listTools(undefined, { cacheMode: 'refresh' });
    const from = lab.received.length;
    await lab.text('update', { uri });
    await lab.text('test_trigger_tool_change', {});
    assert.ok(!lab.received.slice(from).some((message) => 'method' in message));
    assert.ok(!lab.received.some((message) => message.id === id));
}, kinds);

scenario('listen for one thing', async (lab) => {
    const stream = await lab.client.listen({ promptsListChanged: true });

    assert.deepEqual(stream.honoredFilter, { promptsListChanged: true });
    await lab.text('test_trigger_tool_change', {});
    await lab.text('update', { uri: 'test://watched-resource' });
    await lab.text('test_trigger_prompt_change', {});
    await lab.sees(changed('prompt'), 1);
    assert.equal(lab.of(changed('tool')).length, 0);
    assert.equal(lab.of('notifications/resources/updated').length, 0);
    await stream.close();
}, kinds);

scenario('listen twice', async (lab) => {
    const one = await lab.client.listen({ toolsListChanged: true });
    const two = await lab.client.listen({ toolsListChanged: true,
        promptsListChanged: true });

    await lab.text('test_trigger_tool_change', {});
    const both = await lab.sees(changed('tool'), 2);
    assert.equal(new Set(both.map(idOf)).size, 2);
    await one.close();
    await lab.text('test_trigger_prompt_change', {});
    const [{ params }] = await lab.sees(changed('prompt'), 1);
    assert.equal(params._meta[ID], both.map(idOf).sort()[1]);
    await two.close();
}, kinds);

scenario('listen until the server stops', async (lab) => {
    const stream = await lab.client.listen({ toolsListChanged: true });
    const { id } = lab.sent.findLast(({ method }) => method === 'subscriptions/listen');

    await lab.stopServer();
    // This client takes the first of the two for the end.
    assert.equal(await stream.closed, 'remote');
    await lab.until(() => lab.received.at(-1).id === id);
    const end = lab.received.slice(-2);
    assert.equal(end[0].method, 'notifications/cancelled');
    assert.equal(end[0].params.requestId, id);
    assert.equal(end[1].id, id);
    assert.equal(end[1].result._meta[ID], id);
    lab.errors = lab.errors.filter((error) => !error.message.includes(`"id":"${id}"`));
}, kinds);

// ---- logging ----

scenario('logging for one request', async (lab) => {
    const levels = async (level, tool = 'log_levels') => {
        const from = lab.of('notifications/message').length;

        await lab.client.callTool({ name: tool, arguments: {},
            ...level && { _meta: { [`${META}logLevel`]: level } } });
        return lab.of('notifications/message').slice(from)
            .map(({ params }) => params.level);
    };

    assert.ok(lab.client.getServerCapabilities().logging);
    assert.deepEqual(await levels(), []);
    assert.equal((await levels('debug')).length, 8);
    assert.deepEqual((await levels('alert')).sort(), ['alert', 'emergency']);
    assert.deepEqual(await levels(), []);
    assert.equal((await levels('info', 'test_logging_tool')).length, 3);
    const { params } = lab.sent.at(-1);
    const { error } = await lab.ask('loud', 'tools/call',
        { ...params, _meta: { ...params._meta, [`${META}logLevel`]: 'loud' } });
    assert.equal(error.code, -32602);
}, kinds);

// ---- rounds ----

const retry = { ...FOREVER, allowInputRequired: true };

// One round with whoever serves it.
function round(lab, name, given = {}) {
    return lab.client.callTool({ name, arguments: {}, ...given }, retry);
}

// The answers of a user who agrees.
function answers({ inputRequests }) {
    const fill = ([name, { type, enum: choices }]) =>
        [name, choices?.[0] ?? (type === 'boolean' ? true : 'Ada')];
    const given = {
        'elicitation/create': ({ requestedSchema: { properties } }) => ({ action: 'accept',
            content: Object.fromEntries(Object.entries(properties).map(fill)) }),
        'sampling/createMessage': () => ({ role: 'assistant', model: 'none',
            content: { type: 'text', text: 'Paris' } }),
        'roots/list': () => ({ roots: [{ uri: 'file:///home', name: 'home' }] }),
    };

    return Object.fromEntries(Object.entries(inputRequests).map(([key, { method, params }]) =>
        [key, given[method](params)]));
}

// Each round is served by a process of its own, which the earlier ones have never met.
scenario('wizard with a process for each round', async (first) => {
    let lab = first, result = await round(lab, 'wizard'), rounds = 0;

    while (result.resultType === 'input_required') {
        assert.equal(Object.keys(result.inputRequests).length, 1);
        const given = { inputResponses: answers(result),
            ...result.requestState && { requestState: result.requestState } };

        await lab.close();
        lab = new first.constructor(`wizard-${++rounds}`, shared);
        await lab.connect();
        result = await round(lab, 'wizard', given);
    }
    assert.equal(rounds, 3);
    assert.match(onlyText(result), /Ada/);
    assert.match(onlyText(result), /red/);
    await lab.close();
}, { ...shared, closed: true });

scenario('state that was tampered with', async (lab) => {
    const one = await round(lab, 'test_input_required_result_multi_round');
    const inputResponses = answers(one);
    const two = await round(lab, 'test_input_required_result_multi_round',
        { inputResponses, requestState: one.requestState });
    const { requestState: state } = two;
    const flipped = `${state.slice(0, 40)}${state[40] === 'A' ? 'B' : 'A'}${state.slice(41)}`;

    assert.notEqual(one.requestState, state);
    for (const requestState of [`${state}-TAMPERED`, state.slice(0, -1), `${state}A`,
        flipped, state.slice(1), 'nonsense', ''])
        await expectCode(round(lab, 'test_input_required_result_multi_round',
            { inputResponses: answers(two), requestState }), -32602);
    // It is another tool's.
    await expectCode(round(lab, 'wizard', { inputResponses, requestState: state }), -32602);
    const end = await round(lab, 'test_input_required_result_multi_round',
        { inputResponses: answers(two), requestState: state });
    assert.match(onlyText(end), /Ada/);
}, shared);

scenario('state of a server with another key', async (lab) => {
    const { requestState } = await round(lab, 'test_input_required_result_tampered_state');

    const other = new lab.constructor('another-key',
        { ...shared, env: { KINDS_STATE_KEY: 'another key, which has 32 bytes.' } });
    await other.connect();
    await expectCode(round(other, 'test_input_required_result_tampered_state',
        { requestState, inputResponses: {} }), -32602);
    await other.close();
}, shared);

scenario('three questions at once', async (lab) => {
    const result = await round(lab, 'test_input_required_result_multiple_inputs');

    assert.deepEqual(Object.values(result.inputRequests).map(({ method }) => method).sort(),
        ['elicitation/create', 'roots/list', 'sampling/createMessage']);
    const given = answers(result);
    const [key] = Object.keys(given);
    const { [key]: kept, ...others } = given;
    // One is asked again, and only that.
    const again = await round(lab, 'test_input_required_result_multiple_inputs',
        { inputResponses: others, requestState: result.requestState });
    assert.deepEqual(Object.keys(again.inputRequests), [key]);
    const end = await round(lab, 'test_input_required_result_multiple_inputs',
        { inputResponses: { [key]: kept }, requestState: again.requestState });
    assert.equal(end.isError ?? false, false);
    assert.match(JSON.stringify(end.content), /Ada/);
}, shared);

scenario('answers on the first call', async (lab) => {
    const name = 'test_input_required_result_elicitation';
    const user = { action: 'accept', content: { name: 'Bob' } };
    const asks = async (inputResponses) => {
        const result = await round(lab, name, { inputResponses });

        assert.equal(result.resultType, 'input_required');
        assert.deepEqual(Object.keys(result.inputRequests), ['user_name']);
        assert.equal(result.requestState, undefined);
    };

    await asks({});
    await asks({ somebody: user });
    await asks({ user_name: { action: 'accept', content: { name: 7 } } });
    assert.equal(onlyText(await round(lab, name,
        { inputResponses: { user_name: user, more: user } })), 'Hello, Bob!');
    const { params } = lab.sent.at(-1);
    for (const inputResponses of [null, [], { user_name: 'Bob' }]) {
        const { error } = await lab.ask(`bad ${JSON.stringify(inputResponses)}`,
            'tools/call', { ...params, inputResponses });

        assert.equal(error.code, -32602);
    }
}, shared);

// By itself the client asks its user, and calls again.
for (const [tool, said] of [
    ['elicitation', /^Hello, Ada!$/], ['sampling', /Paris/], ['list_roots', /home/],
    ['request_state', /state-ok/], ['multiple_inputs', /Ada/], ['multi_round', /Ada/],
    ['tampered_state', /./], ['capabilities', /./],
])
    scenario(`rounds of ${tool}`, async (lab) => {
        assert.match(await lab.text(`test_input_required_result_${tool}`, {}), said);
    }, {
        ...kinds,
        capabilities: everything,
        handlers: Object.fromEntries(
            ['elicitation/create', 'sampling/createMessage', 'roots/list'].map((method) =>
                [method, async (params) => answers(
                    { inputRequests: { one: { method, params } } }).one])),
    });

scenario('a prompt that asks', async (lab) => {
    const result = await lab.client.getPrompt({ name: 'test_input_required_result_prompt' });

    assert.match(JSON.stringify(result.messages), /somewhere/);
}, {
    ...kinds,
    capabilities: everything,
    handlers: { 'elicitation/create': async () =>
        ({ action: 'accept', content: { context: 'somewhere' } }) },
});

// Only what this request says that the client can do.
scenario('questions by capability', async (lab) => {
    const { inputRequests } = await round(lab, 'test_input_required_result_capabilities');

    assert.ok(Object.values(inputRequests).length > 0);
    assert.ok(Object.values(inputRequests).every(
        ({ method }) => method === 'sampling/createMessage'), JSON.stringify(inputRequests));
}, { ...kinds, capabilities: { sampling: {} } });

scenario('a URL that is required', async (lab) => {
    const { inputRequests: { visit } } = await round(lab, 'need_visit');

    assert.equal(visit.params.mode, 'url');
    assert.equal(visit.params.url, 'https://example.com/visit');
}, shared);
