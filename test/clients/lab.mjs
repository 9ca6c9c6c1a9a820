// SPDX-License-Identifier: MIT
// What the official TypeScript clients of both eras have in common here: a server of its own
// for each scenario, all that went over the wire, and the running of scenarios. Each scenario
// says PASS or FAIL. What a client's package does in its own way is in a class that extends
// Lab. The server is reached over what MCPS_CLIENTS_OVER says: stdio, or http, or http behind
// nginx, or sse, which is HTTP as 2024-11-05 has it.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Front, Proxy, Server, childOf } from './web.mjs';

const [starter, program, folder, ...wanted] = process.argv.slice(2);

export const OVER = process.env.MCPS_CLIENTS_OVER ?? 'stdio';
// All of a client's messages come on one stream, which ends with it.
export const ONE_WIRE = ['stdio', 'sse'].includes(OVER);
// What the server is told where.
const HTTP = { http: [], nginx: ['proxies=127.0.0.1'], sse: ['http_sse'] };
export const CALC = join(dirname(program), '../../doc/examples/calc');
export const KINDS = join(dirname(program), 'kinds');
const WATCHDOG_MS = 120000;
const EXIT_MS = 60000;
export const FOREVER = { timeout: 2 * WATCHDOG_MS };
// The lab tells of each step, unless it is told to do as servers do.
export const FEWER_STEPS = ['--option', 'progress_ms=20'];
export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
export const META = 'io.modelcontextprotocol/';
export const TOOLS = ['add', 'big', 'echo', 'fail', 'no_result', 'progress', 'roots', 'sleep',
    'spin', 'stats', 'stubborn'];
export const TEXTS = [
    '',
    'plain',
    'quotes " and \\ and / and \b \f \t',
    'line\nline\r\nline\rline\n',
    'control \u0001 \u001f \u007f \u0085',
    'lines to some: \u2028 and \u2029, \u000b and \u000c',
    'Grüße, 日本語, العربية, ελληνικά',
    'emoji 👩‍👩‍👧‍👦 🏳️‍🌈 and 𝄞',
    'edges \ufeff \ud7ff \ue000 \uffff \u{10000} \u{10ffff}',
    '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}\n',
    '\\u2028 \\n \\" \\\\',
];
export const ROOTS = [
    { uri: 'file:///home/somebody/project', name: 'The project' },
    { uri: 'file:///srv/gr%C3%BC%C3%9Fe', name: 'Grüße 👋\u2028' },
];

// ---- a server of its own for each scenario ----

let current;
let labs = 0;

// Extended by newClient(options), newTransport(parameters, options), over HTTP
// newWeb(url, options, more), and call().
export class Lab {
    constructor(name, options) {
        this.file = join(folder, `${name}-${++labs}`);
        this.sent = [];
        this.received = [];
        this.errors = [];
        this.fetched = []; // over HTTP: each request, and what came
        this.raw = new Map(); // what a scenario writes by itself, by id
        this.server = basename(options.server ?? program);
        this.options = options;
        this.client = this.newClient(options);
        // What it cuts off itself when it goes is no error.
        this.client.onerror = (error) => this.leaving || this.errors.push(error);
    }

    // Over HTTP a server is started for it, unless the options have the URL of one.
    async #makeTransport() {
        const { args = [], server = program, env, http = [] } = this.options;

        // Each process has files of its own, for there may be several.
        if (OVER === 'stdio')
            return this.newTransport({
                command: '/bin/sh',
                args: ['-c', 'file=$1.$$; shift; exec /bin/sh "$0" "$file" "$@"', starter,
                    this.file, server, ...args, 'stdio:'],
                env,
            }, this.options);
        if (!this.options.url) {
            this.started = await Server.start(starter, `${this.file}.1`, server,
                [...args, ...[...HTTP[OVER], ...http].flatMap((one) => ['--http', one])],
                env);
            this.url = this.started.url;
        }
        if (!this.options.url && OVER === 'nginx') {
            this.front = await Front.start(starter, this.file, this.url);
            this.url = this.front.url;
        }
        this.url ??= this.options.url;
        if (this.options.proxied) {
            this.proxy = await Proxy.start(this.url);
            this.url = this.proxy.url;
        }
        return this.newWeb(new URL(this.url), this.options,
            { fetch: (...request) => this.#fetch(...request) });
    }

    async #fetch(url, init) {
        const entry = { method: init.method ?? 'GET', headers: new Headers(init.headers) };

        this.fetched.push(entry);
        const answer = await fetch(url, init);

        entry.status = answer.status;
        entry.type = answer.headers.get('content-type');
        return answer;
    }

    // The stream of what belongs to no request is open, where there is one.
    async listens() {
        const begun = this.sent.some(({ method }) => method === 'notifications/initialized');

        if (!ONE_WIRE && begun)
            await this.until(() => this.fetched.some(
                ({ method, status }) => method === 'GET' && [200, 405].includes(status)));
    }

    #wrap(transport) {
        const { offer } = this.options;
        const send = transport.send.bind(transport);
        let handler;

        // A client puts one handler in the place of another as it goes.
        Object.defineProperty(transport, 'onmessage', {
            get: () => handler && ((message) => this.#receive(message, handler)),
            set: (next) => { handler = next; },
        });
        transport.send = (message, ...rest) => {
            // A client always offers the latest revision, with no option for another.
            if (offer && message.method === 'initialize')
                message.params.protocolVersion = offer;
            this.sent.push(message);
            return send(message, ...rest);
        };
        return transport;
    }

    #receive(message, handler) {
        this.received.push(message);
        if (this.raw.has(message.id) && !('method' in message)) {
            this.raw.get(message.id)(message);
            this.raw.delete(message.id);
        } else if (this.onRaw?.(message)) {
            return;
        } else if (this.last) {
            this.last = this.last.then(() => nextTurn()).then(() => handler(message));
        } else {
            handler(message);
        }
    }

    // The client forgets its progress callback when it sees the answer, while progress
    // that was read together with it waits for its turn. With a turn for each message
    // none does.
    pace() {
        this.last = Promise.resolve();
    }

    // A message that the client knows nothing of, and the answer to it.
    write(message) {
        return this.transport.send({ jsonrpc: '2.0', ...message });
    }

    ask(id, method, params) {
        const answer = new Promise((resolve) => { this.raw.set(id, resolve); });

        return this.write({ id, method, ...params && { params } }).then(() => answer,
            (error) => { this.drop(error); return bodyOf(error); });
    }

    // An error that the client says besides throwing it, or that was to be.
    drop(what) {
        this.errors = this.errors.filter((error) => error !== what &&
            !(what instanceof RegExp && what.test(error.message)));
    }

    // Over HTTP a cancelled call of the legacy era is answered, for its stream has to end. Its
    // client has forgotten it by then, and says so.
    async seesCancelled() {
        if (ONE_WIRE || this.isModern)
            return;
        await this.until(() => this.received.some(({ error }) => error?.code === -32800));
        this.drop(/unknown message ID: .*-32800/);
    }

    async connect(options) {
        this.transport = this.#wrap(await this.#makeTransport());
        await this.client.connect(this.transport, options);
        await this.listens();
    }

    // The text of a result that is none of an error.
    async text(name, args, options) {
        const result = await this.call(name, args, options);

        assert.ok(!result.isError, `${name} failed: ${JSON.stringify(result.content)}`);
        return onlyText(result);
    }

    async stats() {
        return JSON.parse(await this.text('stats', {}));
    }

    // Only the watchdog limits how long that takes, and the next one.
    async statsUntil(condition) {
        for (;;) {
            this.waiting = await this.stats();
            if (condition(this.waiting))
                return this.waiting;
            await delay(10);
        }
    }

    async until(condition) {
        this.waiting = `${condition}`;
        while (!condition())
            await delay(5);
    }

    // Whatever came of a method; and waits until there are so many.
    of(method) {
        return this.received.filter((message) => message.method === method);
    }

    async sees(method, n) {
        await this.until(() => this.of(method).length >= n);
        return this.of(method);
    }

    async #files(end) {
        const files = await readdir(dirname(this.file));

        return files.filter((name) => name.startsWith(`${basename(this.file)}.`) &&
            name.endsWith(end)).map((name) => join(dirname(this.file), name));
    }

    async #exitCode(file) {
        const end = performance.now() + EXIT_MS;

        while (performance.now() < end) {
            const status = await readFile(file, 'utf8').catch(() => null);

            if (status !== null)
                return Number(status);
            await delay(10);
        }
        throw new Error('a server did not end by itself');
    }

    async stopServer() {
        if (this.started) {
            this.started.stop();
            return;
        }
        const [file] = await this.#files('.pid');
        process.kill(await childOf((await readFile(file, 'utf8')).trim()), 'SIGTERM');
    }

    // Over HTTP the session ends as well, and the server when it is told to.
    async leave() {
        if (!this.gone)
            await this.transport?.terminateSession?.();
        this.leaving = true;
        await this.client.close();
    }

    // Every server that was started has ended well by itself.
    async close(processes = this.options.url ? 0 : 1) {
        await this.leave();
        this.started?.stop();
        this.proxy?.stop();
        const pids = await this.#files('.pid');

        assert.equal(pids.length, processes, 'servers that were started');
        for (const pid of pids)
            assert.equal(await this.#exitCode(pid.replace(/pid$/, 'status')), 0,
                'exit code of a server');
        if (this.front)
            assert.equal(await this.front.stop(), '', 'what nginx has said');
        assert.deepEqual(this.errors, [], 'errors that the client saw');
        this.#checkAnswers();
        await writeFile(`${this.file}.wire`,
            JSON.stringify({ sent: this.sent, received: this.received }));
    }

    // Whatever happened: at most one answer to each request, in the shape of its era, and
    // no request of the server's on a wire that only the modern era was spoken on.
    #checkAnswers() {
        const asked = new Map(this.sent.filter((sent) => 'id' in sent && sent.method)
            .map((sent) => [sent.id, sent]));
        const answers = this.received.filter((message) => !('method' in message));

        assert.equal(new Set(answers.map((answer) => answer.id)).size, answers.length,
            'one answer for each request');
        for (const answer of answers)
            checkShape(asked.get(answer.id), answer, this.server);
        if (!this.sent.some((sent) => sent.method === 'initialize'))
            assert.ok(!this.received.some((got) => 'method' in got && 'id' in got),
                'the server asked in the modern era');
    }

    async said() {
        const texts = (await this.#files('.err')).map((file) => readFile(file, 'utf8'));

        return (await Promise.all(texts)).join('');
    }
}

export function isModern(request) {
    return request.params?._meta?.[`${META}protocolVersion`] !== undefined;
}

function checkShape(request, answer, server) {
    const text = JSON.stringify(answer).slice(0, 300);

    assert.ok(request, `nobody asked for ${text}`);
    if (isModern(request) && answer.result) {
        assert.ok(['complete', 'input_required'].includes(answer.result.resultType), text);
        assert.equal(answer.result._meta[`${META}serverInfo`].name, server, text);
    } else if (answer.result) {
        for (const name of ['resultType', 'ttlMs', 'cacheScope'])
            assert.ok(!(name in answer.result), `${name} in ${text}`);
        assert.ok(!Object.keys(answer.result._meta ?? {}).some(
            (key) => key.startsWith(META)), `reserved _meta in ${text}`);
    } else if (isModern(request)) {
        const { code } = answer.error;

        assert.ok(!(code >= -32019 && code <= -32000) && code !== -32042, text);
    } else {
        assert.ok(![-32020, -32021, -32022].includes(answer.error.code), text);
    }
}

export function onlyText(result) {
    assert.equal(result.content.length, 1);
    assert.equal(result.content[0].type, 'text');
    return result.content[0].text;
}

// What came with a status that is none of success: clients say it in an error.
export function bodyOf(error) {
    return JSON.parse(error.message.slice(error.message.indexOf('{')));
}

export async function failure(promise) {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error('that should have failed');
}

export async function expectCode(promise, code) {
    const error = await failure(promise);

    assert.equal(error.code, code, `${error}`);
    return error;
}

// Of progress that comes faster than clients are told: it grows, and the last is told.
export function checkFewSteps(lab, last) {
    const steps = lab.of('notifications/progress').map(({ params }) => params.progress);

    assert.ok(steps.length > 0 && steps.length < last, `${steps.length} steps`);
    assert.ok(steps.every((step, i) => step > (steps[i - 1] ?? 0)), `${steps}`);
    assert.equal(steps.at(-1), last);
}

export const methods = (messages) => messages.map((message) => message.method);

// ---- scenarios ----

const scenarios = [];

// Options: `server` and its `args` and `env`, the client's `capabilities` and `handlers` by
// method, `offer` (a revision), `bare` (not connected), `closed` (the body closes by itself),
// and those of a client. `only` says where it is played: over stdio, http (behind nginx, too),
// or direct. Over HTTP also `http`, options of the server's, `url` of one that is there
// already, and `proxied`: by way of a proxy that cuts connections.
export function scenario(name, body, options = {}) {
    scenarios.push({ name, body, options });
}

async function play({ name, body, options }, OwnLab) {
    const lab = new OwnLab(name.replaceAll(/[ ,]+/g, '-'), options);

    current = lab;
    try {
        if (!options.bare)
            await lab.connect();
        await body(lab);
    } catch (error) {
        await lab.client.close().catch(() => {});
        lab.started?.stop();
        lab.proxy?.stop();
        await lab.front?.stop();
        throw error;
    }
    if (!options.closed)
        await lab.close();
}

async function watchdog(signal) {
    await delay(WATCHDOG_MS, undefined, { signal });
    throw new Error(`no end after ${WATCHDOG_MS} ms; ${JSON.stringify(current.waiting)}`);
}

const PLACES = { stdio: ['stdio'], http: ['http', 'direct'], nginx: ['http'], sse: [] };

// Runs the scenarios with labs of that class, and ends the process.
export async function run(own, OwnLab) {
    const client = OVER === 'stdio' ? own : `${OVER}-${own}`;
    let failed = 0;

    for (const one of scenarios) {
        const stop = new AbortController();

        if (wanted.length > 0 && !wanted.includes(one.name))
            continue;
        if (one.options.only && !PLACES[OVER].includes(one.options.only))
            continue;
        try {
            await Promise.race([play(one, OwnLab), watchdog(stop.signal)]);
            console.log(`PASS: clients/${client} ${one.name}`);
        } catch (error) {
            failed++;
            console.log(`FAIL: clients/${client} ${one.name}`);
            console.log(error.stack ?? error);
            console.log(await current.said());
        }
        stop.abort();
    }
    // A scenario that the watchdog ended may have left something that would keep this alive.
    process.exit(failed > 0 ? 1 : 0);
}
