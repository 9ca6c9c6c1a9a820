// SPDX-License-Identifier: MIT
// Holds what servers have sent to the clients of others against the protocol's schemas: those
// leave it in files beside those of their servers. Says PASS or FAIL for each folder.
// Usage: node wire.mjs SCHEMAS FOLDER...

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Judge, META, MODERN } from './schema_wire.mjs';

const [schemas, ...folders] = process.argv.slice(2);
const LATEST = '2025-11-25';
const judges = new Map();

async function judgeOf(revision) {
    if (!judges.has(revision)) {
        const text = await readFile(join(schemas, revision, 'schema.json'), 'utf8');

        judges.set(revision, new Judge(revision, JSON.parse(text)));
    }
    return judges.get(revision);
}

// Each client has spoken one era.
async function judgesOf(sent, received) {
    const first = sent.find(({ method }) => method === 'initialize');
    const begun = received.find(({ id, result }) => result && id === first?.id);

    return {
        modern: await judgeOf(MODERN),
        own: await judgeOf(begun ? begun.result.protocolVersion : first ? LATEST : MODERN),
    };
}

function check(message, request, { modern, own }) {
    const meta = request?.params?._meta ?? {};
    const judge = `${META}protocolVersion` in meta ? modern : own;

    if ('method' in message && 'id' in message)
        own.checkRequest(message);
    else if ('method' in message)
        own.checkNotification(message);
    else if ('result' in message)
        judge.checkResult(message, request.method, meta[`${META}clientCapabilities`] ?? {});
    else
        judge.checkError(message);
}

async function checkFile(file) {
    const { sent, received } = JSON.parse(await readFile(file, 'utf8'));
    const asked = new Map(sent.filter(({ id, method }) => id !== undefined && method)
        .map((request) => [request.id, request]));
    const judges = await judgesOf(sent, received);

    for (const message of received) {
        try {
            check(message, asked.get(message.id), judges);
        } catch (error) {
            error.message += ` in ${JSON.stringify(message)}`.slice(0, 1500);
            throw error;
        }
    }
    return received.length;
}

let failed = 0;

for (const folder of folders) {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.wire'));
    const name = basename(folder);
    let n = 0;

    try {
        for (const file of files)
            n += await checkFile(join(folder, file));
        assert.ok(n > 0, 'there is no message');
        console.log(`PASS: clients/wire ${name}: ${n} messages`);
    } catch (error) {
        failed++;
        console.log(`FAIL: clients/wire ${name}`);
        console.log(error.stack ?? error);
    }
}
process.exit(failed > 0 ? 1 : 0);
