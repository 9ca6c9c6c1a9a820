// SPDX-License-Identifier: MIT
// What else a server can offer, the same in both eras: the clients of either drive the server
// kinds. ts.mjs and modern.mjs run these among their own.

import assert from 'node:assert/strict';
import { FOREVER, KINDS, ROOTS, expectCode, failure, onlyText, scenario } from './lab.mjs';

const kinds = { server: KINDS };
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElE' +
    'QVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC', 'base64');

// ---- lists ----

// A list by its pages: at most that many on each.
async function walkPages(list, member, size) {
    const all = [];
    let pages = 0, cursor;

    do {
        // No cursor asks the modern client for all pages at once; "" is none of ours.
        const page = await list(cursor === undefined ? {} : { cursor });

        if (cursor !== undefined || page.nextCursor !== undefined)
            assert.ok(page[member].length <= size, `${page[member].length} on a page`);
        all.push(...page[member]);
        cursor = page.nextCursor;
        pages++;
    } while (cursor !== undefined);
    return { all, pages };
}

scenario('lists on small pages', async (lab) => {
    const { client } = lab;

    for (const [method, member, key, known] of [
        ['listTools', 'tools', 'name', 'arguments'],
        ['listPrompts', 'prompts', 'name', 'test_simple_prompt'],
        ['listResources', 'resources', 'uri', 'test://static-text'],
        ['listResourceTemplates', 'resourceTemplates', 'uriTemplate',
            'test://template/{id}/data'],
    ]) {
        const { all } = await walkPages(client[method].bind(client), member, 2);
        const keys = all.map((one) => one[key]);

        assert.ok(keys.includes(known), `${known} in ${keys}`);
        assert.equal(new Set(keys).size, keys.length, `twice in ${keys}`);
        assert.ok(all.every((one) => one.name.length > 0));
    }
    const pages = lab.received.flatMap(({ result }) => result?.tools ? [result] : []);
    assert.ok(pages.length > 2, `${pages.length} pages`);
    assert.ok(pages.every(({ tools }) => tools.length <= 2));
    await expectCode(client.listPrompts({ cursor: 'nowhere' }), -32602);
}, { ...kinds, args: ['--option', 'page=2'] });

// ---- resources ----

scenario('resources', async ({ client }) => {
    const { resources } = await client.listResources();
    const text = resources.find(({ uri }) => uri === 'test://static-text');

    assert.equal(text.mimeType, 'text/plain');
    assert.deepEqual(text.annotations, { audience: ['assistant'], priority: 0.5,
        lastModified: '2026-01-02T03:04:05Z' });
    assert.deepEqual(text.icons, [{ src: 'https://example.com/icon.png' }]);
    assert.deepEqual((await client.readResource({ uri: text.uri })).contents, [{
        uri: text.uri, mimeType: 'text/plain',
        text: 'This is the content of the static text resource.',
    }]);
    const { contents: [binary] } =
        await client.readResource({ uri: 'test://static-binary' });
    assert.equal(binary.mimeType, 'image/png');
    assert.ok(Buffer.from(binary.blob, 'base64').equals(PNG), 'the picture');
    const { contents } = await client.readResource({ uri: 'test://folder' });
    assert.deepEqual(contents.map(({ uri }) => uri), ['test://folder/a', 'test://folder']);
    assert.deepEqual(contents[0]._meta, { 'example.com/place': 1 });
}, kinds);

scenario('resources by a template', async ({ client }) => {
    const { resourceTemplates } = await client.listResourceTemplates();
    const data = resourceTemplates.find(({ uriTemplate }) => uriTemplate.includes('{id}'));

    assert.equal(data.mimeType, 'application/json');
    assert.equal(data.title, 'Data');
    for (const id of ['123', 'gr%C3%BC%C3%9Fe']) {
        const uri = `test://template/${id}/data`;
        const { contents: [one] } = await client.readResource({ uri });

        assert.equal(one.uri, uri);
        assert.equal(one.mimeType, 'application/json');
        assert.deepEqual(JSON.parse(one.text), { id: decodeURIComponent(id),
            templateTest: true, data: `Data for ID: ${decodeURIComponent(id)}` });
    }
}, kinds);

scenario('resources that are not there', async (lab) => {
    for (const uri of ['test://nobody', 'test://template/123', 'test://paint/blue',
        'test://template/a%2F..%2Fb/data', 'test://template/../data',
        'test://template/a%00b/data']) {
        const error = await expectCode(lab.client.readResource({ uri }),
            lab.isModern ? -32602 : -32002);

        assert.deepEqual(error.data, { uri });
    }
}, kinds);

// ---- prompts and completion ----

scenario('prompts', async ({ client }) => {
    const { prompts } = await client.listPrompts();
    const two = prompts.find(({ name }) => name === 'test_prompt_with_arguments');
    const get = (name, args) => client.getPrompt({ name, arguments: args });
    const content = ({ messages }) => messages.map((message) => message.content);

    assert.ok(prompts.every(({ description }) => description.length > 0));
    assert.deepEqual(two.arguments.map(({ name, description, required }) =>
        [name, description, required]), [
        ['arg1', 'First test argument', true], ['arg2', 'Second test argument', true],
    ]);
    assert.deepEqual(content(await get('test_simple_prompt')),
        [{ type: 'text', text: 'This is a simple prompt for testing.' }]);
    assert.deepEqual(content(await get(two.name, { arg1: 'grü', arg2: '\u2028"' })),
        [{ type: 'text', text: 'Prompt with arguments: arg1=\'grü\', arg2=\'\u2028"\'' }]);
    assert.deepEqual(content(await get('test_prompt_with_embedded_resource',
        { resourceUri: 'test://example' })), [
        { type: 'resource', resource: { uri: 'test://example', mimeType: 'text/plain',
            text: 'Embedded resource content for testing.' } },
        { type: 'text', text: 'Please process the embedded resource above.' },
    ]);
    const [image] = content(await get('test_prompt_with_image'));
    assert.equal(image.mimeType, 'image/png');
    assert.ok(Buffer.from(image.data, 'base64').equals(PNG), 'the picture');

    const talk = await get('conversation', { colour: 'red', count: '2', loud: 'true' });
    assert.equal(talk.description, 'A conversation, as it was');
    assert.deepEqual(talk.messages.map(({ role }) => role),
        ['user', 'assistant', 'assistant', 'assistant']);
    assert.deepEqual(content(talk).map(({ type }) => type),
        ['text', 'audio', 'resource_link', 'resource']);
    assert.equal(talk.messages[0].content.text, 'red 2 1');
}, kinds);

scenario('prompts that cannot be had', async ({ client }) => {
    for (const [name, args, what] of [
        ['nobody', {}, /nobody/],
        ['test_prompt_with_arguments', { arg1: 'one' }, /arg2/],
        ['test_prompt_with_arguments', { arg1: '1', arg2: '2', arg3: '3' }, /arg3/],
        ['conversation', { colour: 'pink' }, /colour/],
    ]) {
        const error = await expectCode(client.getPrompt({ name, arguments: args }), -32602);

        assert.match(error.message, what);
    }
}, kinds);

scenario('completion', async ({ client }) => {
    const complete = async (ref, name, value, context) => (await client.complete(
        { ref, argument: { name, value }, ...context && { context } })).completion;
    const talk = { type: 'ref/prompt', name: 'conversation' };
    const paint = { type: 'ref/resource', uri: 'test://paint/{colour}{?shade}' };

    assert.deepEqual((await complete(paint, 'colour', 'B')).values, ['blue']);
    assert.deepEqual((await complete(paint, 'colour', 'x')).values, []);
    const cities = await complete(talk, 'city', 'V');
    assert.equal(cities.values.length, 100);
    assert.equal(cities.values[99], 'Vcity-99');
    assert.equal(cities.total, 150);
    assert.equal(cities.hasMore, true);
    const known = await complete(talk, 'city', 'V', { arguments: { colour: 'red' } });
    assert.equal(known.values[0], 'Vredcity-0');
    const two = { type: 'ref/prompt', name: 'test_prompt_with_arguments' };
    assert.deepEqual((await complete(two, 'arg1', 'test')).values, []);
    await expectCode(complete({ type: 'ref/prompt', name: 'nobody' }, 'a', ''), -32602);
    await expectCode(complete(two, 'arg3', ''), -32602);
}, kinds);

// ---- asking the client ----

// Notes what it is asked, and answers as a user who agrees to everything: with defaults and
// first choices.
function agreeing(asked, name = 'Ada') {
    const fill = ({ type, default: value, enum: choices, oneOf, items }) => {
        if (value !== undefined)
            return value;
        if (type === 'array')
            return [(items.enum ?? items.anyOf.map((one) => one.const))[0]];
        if (choices ?? oneOf)
            return (choices ?? oneOf.map((one) => one.const))[0];
        return { string: name, boolean: true, number: 1, integer: 1 }[type];
    };

    return async (params) => {
        asked.push(params);
        if (params.mode === 'url')
            return { action: 'accept' };
        return { action: 'accept', content: Object.fromEntries(
            Object.entries(params.requestedSchema.properties)
                .map(([key, schema]) => [key, fill(schema)])) };
    };
}

// A scenario whose client answers, with what it was asked.
function asking(name, handlers, body, options = {}) {
    const asked = [];

    scenario(name, (lab) => body(lab, asked), {
        ...kinds,
        capabilities: { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} },
        handlers: handlers(asked),
        ...options,
    });
}

const users = (asked) => ({ 'elicitation/create': agreeing(asked) });

asking('elicitation', users, async (lab, asked) => {
    const text = await lab.text('test_elicitation', { message: 'Who is it?' });

    assert.equal(asked.length, 1);
    assert.equal(asked[0].message, 'Who is it?');
    assert.deepEqual(asked[0].requestedSchema.required, ['username', 'email']);
    assert.match(text, /User response: .*Ada/);
});

for (const action of ['decline', 'cancel'])
    asking(`elicitation and ${action}`, (asked) => ({
        'elicitation/create': async (params) => { asked.push(params); return { action }; },
    }), async (lab, asked) => {
        const result = await lab.call('test_elicitation', { message: 'Who is it?' });

        assert.equal(asked.length, 1);
        assert.equal(result.isError ?? false, false);
        assert.match(onlyText(result), action === 'decline' ? /decline/ : /cancel|dismiss/);
    });

asking('elicitation with defaults', users, async (lab, asked) => {
    const text = await lab.text('test_elicitation_sep1034_defaults', {});
    const { properties } = asked[0].requestedSchema;

    assert.deepEqual(Object.entries(properties).map(([name, one]) =>
        [name, one.type, one.default]), [
        ['name', 'string', 'John Doe'], ['age', 'integer', 30], ['score', 'number', 95.5],
        ['status', 'string', 'active'], ['verified', 'boolean', true],
    ]);
    assert.match(text, /action=accept/);
    assert.match(text, /John Doe/);
});

asking('elicitation with enums', users, async (lab, asked) => {
    const text = await lab.text('test_elicitation_sep1330_enums', {});
    const { untitledSingle, titledSingle, legacyEnum, untitledMulti, titledMulti } =
        asked[0].requestedSchema.properties;

    assert.deepEqual(untitledSingle.enum, ['option1', 'option2', 'option3']);
    assert.ok(!('oneOf' in untitledSingle) && !('enumNames' in untitledSingle));
    assert.deepEqual(titledSingle.oneOf[0], { const: 'value1', title: 'First Option' });
    assert.deepEqual(legacyEnum.enumNames, ['Option One', 'Option Two', 'Option Three']);
    assert.deepEqual(untitledMulti.items.enum, ['option1', 'option2', 'option3']);
    assert.deepEqual(titledMulti.items.anyOf[2],
        { const: 'value3', title: 'Third Choice' });
    assert.match(text, /action=accept/);
});

asking('elicitation by a URL', users, async (lab, asked) => {
    assert.equal(await lab.text('visit', {}), 'visited');
    assert.equal(asked.length, 1);
    assert.equal(asked[0].mode, 'url');
    assert.equal(asked[0].url, 'https://example.com/visit');
    assert.ok(asked[0].message.length > 0);
});

asking('sampling', (asked) => ({
    'sampling/createMessage': async (params) => {
        asked.push(params);
        return { role: 'assistant', model: 'none', stopReason: 'endTurn',
            content: { type: 'text', text: 'Paris\u2028"' } };
    },
}), async (lab, asked) => {
    assert.equal(await lab.text('test_sampling', { prompt: 'What?' }),
        'LLM response: Paris\u2028"');
    assert.equal(asked[0].maxTokens, 100);
    assert.deepEqual(asked[0].messages,
        [{ role: 'user', content: { type: 'text', text: 'What?' } }]);
});

// The model uses a tool that it was given, and is told what came of it.
asking('sampling with tools', (asked) => ({
    'sampling/createMessage': async (params) => {
        asked.push(params);
        const last = [params.messages.at(-1).content].flat()[0];
        const done = last.type === 'tool_result';

        return { role: 'assistant', model: 'none', stopReason: done ? 'endTurn' : 'toolUse',
            content: done ? { type: 'text', text: `It is ${last.content[0].text}` }
                : [{ type: 'tool_use', id: 'use 1', name: 'weather',
                    input: { city: 'Paris' } }] };
    },
}), async (lab, asked) => {
    assert.equal(await lab.text('sample_with_tools', {}), 'It is 18 degrees in Paris');
    assert.deepEqual(asked[0].tools.map(({ name }) => name), ['weather']);
    assert.equal(asked[0].toolChoice.mode, 'auto');
    assert.equal(asked.length, 2);
});

asking('roots of the client', () => ({
    'roots/list': async () => ({ roots: ROOTS }),
}), async (lab) => {
    assert.equal(await lab.text('roots', {}), '2 roots');
});

asking('wizard', users, async (lab, asked) => {
    const text = await lab.text('wizard', {}, FOREVER);

    assert.equal(asked.length, 3);
    assert.match(text, /Ada/);
    assert.match(text, /red/);
});

asking('wizard that is refused at the end', (asked) => {
    const agree = agreeing(asked);

    return { 'elicitation/create': async (params) =>
        asked.length < 2 ? agree(params) : { action: 'decline' } };
}, async (lab, asked) => {
    const result = await lab.call('wizard', {});

    assert.equal(asked.length, 2);
    assert.ok(!/painted/.test(JSON.stringify(result)), JSON.stringify(result));
});

// Nothing is asked of who cannot be.
for (const [tool, args] of [['test_elicitation', { message: 'm' }], ['visit', {}],
    ['test_sampling', { prompt: 'p' }], ['wizard', {}], ['roots', {}]])
    scenario(`${tool} without a capability`, async (lab) => {
        const result = await lab.call(tool, args).catch((error) => error);

        assert.ok(result.isError ?? result.code === -32021, JSON.stringify(result));
        assert.ok(!lab.received.some((message) => 'method' in message ||
            message.result?.resultType === 'input_required'), 'it asked');
    }, kinds);

// A client that has forms only is asked for no URL.
asking('elicitation by a URL without the capability', users, async (lab, asked) => {
    const result = await lab.call('visit', {}).catch((error) => error);

    assert.ok(result.isError ?? result.code === -32021, JSON.stringify(result));
    assert.equal(asked.length, 0);
}, { capabilities: { elicitation: {} } });

asking('a client that fails when it is asked', () => ({
    'elicitation/create': async () => { throw new Error('not today'); },
}), async (lab) => {
    const outcome = await lab.call('test_elicitation', { message: 'm' })
        .catch((error) => error);

    assert.ok(outcome instanceof Error || outcome.isError, JSON.stringify(outcome));
    assert.equal((await lab.call('text', {})).isError ?? false, false);
});

// ---- traces and logs ----

scenario('trace context', async (lab) => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const result = await lab.client.callTool({ name: 'trace', arguments: {},
        _meta: { traceparent, tracestate: 'a=1', 'example.com/more': [1] } });

    assert.equal(onlyText(result), `${traceparent} a=1 [1]`);
    assert.equal((await failure(lab.client.callTool({ name: 'nobody', arguments: {},
        _meta: { traceparent } }))).code, -32602);
}, kinds);
