// SPDX-License-Identifier: MIT
// The walk through what a server has beside tools: prompts, resources, templates, and what
// completes. Any server will do, also one that has none of it.

import assert from 'node:assert/strict';

// Values for arguments and variables that want one of their own; others get a word.
const VALUES = { colour: 'green', count: '3', loud: 'true', resourceUri: 'test://word',
    shade: '7' };

const valueOf = (name) => VALUES[name] ?? 'word';

// Nothing of a kind that was never offered.
async function isOffered(speaker, method) {
    const { result, error } = await speaker.begin(method, {}).answer;

    if (error)
        assert.equal(error.code, -32601, JSON.stringify(error));
    return result;
}

function checkComplete(completion) {
    assert.ok(completion.values.length <= 100, 'more than 100 values');
    assert.ok(completion.total >= completion.values.length);
    assert.ok(completion.hasMore || completion.total === completion.values.length);
}

async function complete(speaker, ref, names) {
    for (const name of names) {
        for (const value of ['', 'G', 'no such "\\ 👋']) {
            const params = { ref, argument: { name, value },
                context: { arguments: { colour: 'red' } } };
            const { result, error } =
                await speaker.begin('completion/complete', params).answer;

            if (result)
                checkComplete(result.completion);
            else
                assert.equal(error.code, -32601, JSON.stringify(error));
        }
    }
}

async function walkPrompts(speaker) {
    const list = await isOffered(speaker, 'prompts/list');

    if (!list) {
        await speaker.error(-32601, 'prompts/get', { name: 'nobody' });
        return;
    }
    for (const { name, arguments: all = [] } of list.prompts) {
        const values = Object.fromEntries(all.map((one) => [one.name, valueOf(one.name)]));
        const required = all.find((one) => one.required);
        const { result, error } = await speaker.finish('prompts/get',
            { name, ...all.length > 0 && { arguments: values } }, { progress: true });

        // It may want to ask what the revision has no words for.
        if (error)
            assert.equal(error.code, -32603, JSON.stringify(error));
        else
            assert.equal(typeof result.description, 'string');
        await complete(speaker, { type: 'ref/prompt', name }, Object.keys(values));
        if (required)
            await speaker.error(-32602, 'prompts/get', { name, arguments: {} });
        for (const wrong of [{ nobody: 'x' }, { ...values, [all[0]?.name ?? 'x']: 1 }, []])
            await speaker.error(-32602, 'prompts/get', { name, arguments: wrong });
    }
    await speaker.error(-32602, 'prompts/get', { name: 'nobody' });
    await speaker.error(-32602, 'prompts/get', {});
    await speaker.error(-32602, 'prompts/list', { cursor: 'nowhere' });
}

// What is missing is one code or the other, and says what it was.
async function isMissing(speaker, uri) {
    const { data } = await speaker.error(speaker.judge.isModern ? -32602 : -32002,
        'resources/read', { uri });

    assert.equal(data.uri, uri);
}

async function read(speaker, uri) {
    const { result, error } = await speaker.finish('resources/read', { uri });

    if (result)
        assert.ok(result.contents.length > 0, `${uri} is empty`);
    else if (error.code !== -32603) // it may want to ask, as with prompts
        assert.equal(error.data?.uri, uri, JSON.stringify(error));
}

// As far as a template has no more than {x} and {?x}.
function expand(template) {
    return template.replaceAll(/\{(\?)?(\w+)\}/g, (_, query, name) =>
        (query ? `?${name}=` : '') + valueOf(name));
}

async function walkResources(speaker) {
    const list = await isOffered(speaker, 'resources/list');

    if (!list) {
        await speaker.error(-32601, 'resources/read', { uri: 'test://nobody' });
        await speaker.error(-32601, 'resources/templates/list');
        return;
    }
    const { resourceTemplates } = await speaker.result('resources/templates/list');

    for (const { uri } of list.resources)
        await read(speaker, uri);
    for (const { uriTemplate: uri } of resourceTemplates) {
        await read(speaker, expand(uri));
        await complete(speaker, { type: 'ref/resource', uri },
            [...uri.matchAll(/\{\??(\w+)\}/g)].map(([, name]) => name));
        await isMissing(speaker, uri);
    }
    for (const uri of ['test://nobody', 'test://template/../data', 'ü "\\\u2028', ''])
        await isMissing(speaker, uri);
    await speaker.error(-32602, 'resources/read', { uri: 1 });
    await speaker.error(-32602, 'resources/read', {});
    await speaker.error(-32602, 'resources/list', { cursor: 'nowhere' });
    await speaker.error(-32602, 'resources/templates/list', { cursor: 1 });
}

export async function walkOffers(speaker) {
    await walkPrompts(speaker);
    await walkResources(speaker);
}
