// SPDX-License-Identifier: MIT
// A server over stdio, and what servers send held against the protocol's schemas: results by
// the method of their request, errors by their code, requests and notifications by their
// method. Besides, nothing of one era may come in an answer of the other's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const MODERN = '2026-07-28';
export const BATCHES = '2025-03-26'; // the one revision that has them
export const META = 'io.modelcontextprotocol/';

const RESULTS = {
    'initialize': 'InitializeResult',
    'ping': 'EmptyResult',
    'tools/list': 'ListToolsResult',
    'tools/call': 'CallToolResult',
    'server/discover': 'DiscoverResult',
    'prompts/list': 'ListPromptsResult',
    'prompts/get': 'GetPromptResult',
    'resources/list': 'ListResourcesResult',
    'resources/templates/list': 'ListResourceTemplatesResult',
    'resources/read': 'ReadResourceResult',
    'completion/complete': 'CompleteResult',
    'logging/setLevel': 'EmptyResult',
    'resources/subscribe': 'EmptyResult',
    'resources/unsubscribe': 'EmptyResult',
    'subscriptions/listen': 'SubscriptionsListenResult',
};

const ERRORS = {
    [-32700]: 'ParseError',
    [-32600]: 'InvalidRequestError',
    [-32601]: 'MethodNotFoundError',
    [-32602]: 'InvalidParamsError',
    [-32603]: 'InternalError',
    [-32021]: 'MissingRequiredClientCapabilityError',
    [-32022]: 'UnsupportedProtocolVersionError',
};

const NOTIFICATIONS = {
    'notifications/progress': 'ProgressNotification',
    'notifications/cancelled': 'CancelledNotification',
    'notifications/message': 'LoggingMessageNotification',
    'notifications/tools/list_changed': 'ToolListChangedNotification',
    'notifications/prompts/list_changed': 'PromptListChangedNotification',
    'notifications/resources/list_changed': 'ResourceListChangedNotification',
    'notifications/resources/updated': 'ResourceUpdatedNotification',
    'notifications/elicitation/complete': 'ElicitationCompleteNotification',
    'notifications/subscriptions/acknowledged': 'SubscriptionsAcknowledgedNotification',
};

// What the server may ask its client: by a request of its own, or by an answer.
const REQUESTS = {
    'ping': 'PingRequest',
    'roots/list': 'ListRootsRequest',
    'sampling/createMessage': 'CreateMessageRequest',
    'elicitation/create': 'ElicitRequest',
};

const CAPABILITIES = {
    roots: {}, sampling: { tools: {}, context: {} }, elicitation: { form: {}, url: {} },
};

// What a user fills into a form: the default, or the first choice, or a word.
function fill({ type, default: value, enum: choices, oneOf, items, format, minimum }) {
    const first = (one) => (one.enum ?? (one.oneOf ?? one.anyOf).map((each) => each.const))[0];

    if (value !== undefined)
        return value;
    if (type === 'array')
        return [first(items)];
    if (choices ?? oneOf)
        return first({ enum: choices, oneOf });
    if (type === 'string')
        return { email: 'a@example.com', date: '2026-01-02' }[format] ?? 'Grüße';
    return type === 'boolean' ? true : minimum ?? 1;
}

// The answer of a client: the model uses a tool first if it may, and a user agrees, or does
// what `asking` says.
function answerTo(method, params, asking) {
    if (method === 'roots/list')
        return { roots: [{ uri: 'file:///srv/gr%C3%BC%C3%9Fe', name: 'Grüße' }] };
    if (method === 'sampling/createMessage') {
        const uses = params.tools && params.messages.length === 1;

        return { role: 'assistant', model: 'none', content: uses
            ? { type: 'tool_use', id: 'use', name: params.tools[0].name, input: {} }
            : { type: 'text', text: 'yes' } };
    }
    if (method !== 'elicitation/create')
        return {};
    if (asking !== 'result')
        return { action: asking };
    return { action: 'accept', ...params.requestedSchema && { content: Object.fromEntries(
        Object.entries(params.requestedSchema.properties)
            .map(([key, one]) => [key, fill(one)])) } };
}

// ---- schemas ----

// In the strict sense: objects that list their members have no others. The schemas allow
// any, so that what belongs to another revision would pass. Those that are open by nature
// stay so, and so do parts of a whole.
const OPEN_DEFINITIONS = /MetaObject$|^(Result|Request|Notification)$|^JSONRPC/;
const OPEN_MEMBERS = ['_meta', 'inputSchema', 'outputSchema'];

function closed(schema, name) {
    if (Array.isArray(schema))
        return schema.map((one) => closed(one));
    if (schema === null || typeof schema !== 'object' || OPEN_DEFINITIONS.test(name))
        return schema;
    const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) =>
        [key, key === 'allOf' ? value : closed(value)]));
    if (copy.properties && schema.additionalProperties === undefined)
        copy.additionalProperties = false;
    for (const member of OPEN_MEMBERS.filter((one) => schema.properties?.[one]))
        copy.properties[member] = schema.properties[member];
    return copy;
}

export class Judge {
    constructor(revision, schema) {
        const key = schema.$defs ? '$defs' : 'definitions';
        const definitions = schema[key];

        this.revision = revision;
        this.isModern = revision >= MODERN;
        this.key = key;
        this.definitions = definitions;
        this.checks = new Map();
        this.wide = this.#compiler(schema);
        this.strict = this.#compiler({
            ...schema,
            [key]: Object.fromEntries(Object.entries(definitions).map(
                ([name, one]) => [name, closed(one, name)])),
        });
    }

    #compiler(schema) {
        const ajv = new (this.key === '$defs' ? Ajv2020 : Ajv)(
            { allErrors: true, strictTypes: false, strictTuples: false });

        addFormats(ajv);
        ajv.addSchema(schema, 'mcp');
        return ajv;
    }

    #compiled(name) {
        if (!this.checks.has(name)) {
            assert.ok(this.definitions[name], `${this.revision} has no ${name}`);
            this.checks.set(name, [this.wide, this.strict].map((ajv) =>
                ajv.compile({ $ref: `mcp#/${this.key}/${name}` })));
        }
        return this.checks.get(name);
    }

    has(name) {
        return name in this.definitions;
    }

    // null, or what is wrong.
    fault(name, value) {
        for (const check of this.#compiled(name)) {
            if (check(value))
                continue;
            return `no ${name} of ${this.revision}: ` + check.errors.map((error) =>
                `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`)
                .slice(0, 5).join('; ');
        }
        return null;
    }

    check(name, value) {
        const fault = this.fault(name, value);

        assert.ok(!fault, fault);
    }

    // Older schemas describe messages without what they have in common.
    checkMessage(name, message) {
        const known = this.definitions[name].properties ?? {};
        const own = { ...message };

        if (!known.jsonrpc) {
            delete own.jsonrpc;
            delete own.id;
        }
        // All params may have it, which is said of the general request only.
        if (own.params?._meta && known.params?.properties && !known.params.properties._meta) {
            own.params = { ...own.params };
            delete own.params._meta;
        }
        this.check(name, own);
        this.check('JSONRPCMessage', message);
    }

    // An answer to a request of that method, whose client said what it can do.
    checkResult(message, method, capabilities) {
        const { result } = message;
        const name = result.resultType === 'input_required'
            ? 'InputRequiredResult' : RESULTS[method];

        assert.ok(name, `a result of ${method}`);
        this.check(name, result);
        this.check('JSONRPCMessage', message);
        if (this.isModern) {
            this.check(`${RESULTS[method]}Response`, message);
            if (name === 'InputRequiredResult')
                this.#checkQuestions(result, capabilities);
            else
                assert.equal(result.resultType, 'complete', 'the resultType');
            assert.ok(result._meta[`${META}serverInfo`], 'it does not say whose it is');
            return;
        }
        for (const member of ['resultType', 'ttlMs', 'cacheScope', 'supportedVersions'])
            assert.ok(!(member in result), `${member} in the legacy era`);
        assert.ok(method === 'initialize' || !('serverInfo' in result), 'serverInfo');
        assert.ok(!Object.keys(result._meta ?? {}).some((key) => key.startsWith(META)),
            'reserved _meta in the legacy era');
        if (name === 'EmptyResult')
            assert.deepEqual(result, {});
    }

    // Only what the request says that its client can do.
    #checkQuestions({ inputRequests = {} }, capabilities) {
        for (const { method, params } of Object.values(inputRequests)) {
            assert.ok(REQUESTS[method] in this.definitions, method);
            this.check(REQUESTS[method], { method, ...params && { params } });
            assert.ok(method.split('/')[0] in capabilities, `${method} was not declared`);
        }
    }

    checkError(message) {
        const { error } = message;
        const named = ERRORS[error?.code];

        if (!this.isModern) {
            this.check('JSONRPCMessage', message);
            if (error.code === -32042)
                this.check('URLElicitationRequiredError', message);
            this.check(this.has('JSONRPCError')
                ? 'JSONRPCError' : 'JSONRPCErrorResponse', message);
            assert.ok(!(error.code >= -32029 && error.code <= -32020),
                `${error.code} in the legacy era`);
            return;
        }
        this.check('JSONRPCErrorResponse', message);
        assert.ok(named, `${error.code} in the modern era`);
        // Some describe the whole message, others what is in it.
        this.check(named, this.definitions[named].properties.error ? message : error);
        if (error.code === -32021)
            assert.ok(Object.keys(error.data.requiredCapabilities).length > 0);
    }

    checkRequest(message) {
        const name = REQUESTS[message.method];

        assert.ok(!this.isModern, 'a request in the modern era');
        assert.ok(name, 'an unknown request');
        this.checkMessage(name, message);
    }

    checkNotification(message) {
        const name = NOTIFICATIONS[message.method];

        assert.ok(name, 'an unknown notification');
        this.checkMessage(name, message);
    }
}

// ---- one server, and all that comes from it ----

export class Wire {
    constructor(program, log, judge) {
        this.judge = judge; // for what belongs to no request
        this.asked = new Map();
        this.tokens = new Map();
        this.unnamed = [];
        // What the server gets: 'result', 'error', or 'decline' and 'cancel' of users; or
        // 'never'.
        this.asking = 'result';
        this.awaited = [];
        this.seen = { lines: 0, results: 0, errors: 0, notifications: 0, requests: 0 };
        this.faults = [];
        this.rest = Buffer.alloc(0);
        this.child = spawn(program, ['stdio:'], { stdio: ['pipe', 'pipe', 'pipe'] });
        this.child.stdin.on('error', (error) => this.fault(error, 'what was written'));
        this.child.stderr.pipe(createWriteStream(log));
        this.child.stdout.on('data', (bytes) => this.#read(bytes));
        this.ended = new Promise((resolve, reject) => {
            this.child.on('error', reject);
            this.child.on('close', (code, signal) => resolve(code ?? signal));
        });
        this.ended.catch(() => {});
    }

    fault(error, line) {
        this.faults.push(`${error.message} in ${line}`.slice(0, 1500));
        this.failed?.(new Error(this.faults[0]));
    }

    #read(bytes) {
        let end;

        this.rest = Buffer.concat([this.rest, bytes]);
        while ((end = this.rest.indexOf(10)) >= 0) {
            const line = this.rest.subarray(0, end);

            this.rest = this.rest.subarray(end + 1);
            this.seen.lines++;
            try {
                // Not what JSON.parse makes of bytes that are no UTF-8.
                const text = new TextDecoder('utf-8', { fatal: true }).decode(line);

                assert.ok(!text.includes('\r'), 'a carriage return');
                this.#take(JSON.parse(text));
            } catch (error) {
                this.fault(error, line);
            }
        }
    }

    #take(message) {
        if (!Array.isArray(message)) {
            this.#judge(message);
            return;
        }
        assert.equal(this.judge.revision, BATCHES, 'a batch');
        assert.ok(message.length > 0, 'an empty batch');
        this.judge.check('JSONRPCBatchResponse', message);
        for (const one of message)
            this.#judge(one);
    }

    #judge(message) {
        assert.equal(message?.jsonrpc, '2.0');
        if ('method' in message && 'id' in message)
            this.#judgeRequest(message);
        else if ('method' in message)
            this.#judgeNotification(message);
        else if ('id' in message)
            this.#judgeAnswer(message);
        else
            this.#judgeUnnamed(message);
    }

    #judgeAnswer(message) {
        const request = this.asked.get(JSON.stringify(message.id));

        assert.ok(request, 'an answer to what was not asked');
        assert.ok(!request.answered, 'a second answer');
        assert.ok(!request.mute, 'an answer to what was cancelled');
        request.answered = true;
        try {
            if ('result' in message)
                this.#judgeResult(message, request);
            else
                this.#judgeError(message, request.speaker.judge);
        } finally {
            request.resolve(message);
        }
    }

    #judgeResult(message, { method, speaker }) {
        this.seen.results++;
        speaker.judge.checkResult(message, method, speaker.capabilities);
    }

    #judgeError(message, judge) {
        this.seen.errors++;
        judge.checkError(message);
    }

    // The one thing that the older schemas do not know: an error to what had no id that
    // could be read. It has no other's, and no null.
    #judgeUnnamed(message) {
        const judge = this.judge;
        const next = this.unnamed.shift();
        const mayLack = judge.revision >= '2025-11-25';

        assert.ok('error' in message, 'neither method nor id nor error');
        this.#judgeError(mayLack ? message : { ...message, id: 0 }, judge);
        assert.ok(next, 'an error to nothing');
        next(message);
    }

    #judgeRequest(message) {
        this.seen.requests++;
        assert.ok(this.asking !== 'never', 'a request to who cannot answer it');
        this.judge.checkRequest(message);
        this.write({ jsonrpc: '2.0', id: message.id, ...this.asking === 'error'
            ? { error: { code: -32603, message: 'not today' } }
            : { result: answerTo(message.method, message.params, this.asking) } });
    }

    #judgeNotification(message) {
        let { judge } = this;

        this.seen.notifications++;
        if (message.method === 'notifications/progress') {
            const request = this.tokens.get(JSON.stringify(message.params.progressToken));

            assert.ok(request, 'progress that nobody asked for');
            assert.ok(!request.answered, 'progress after the answer');
            judge = request.speaker.judge;
            assert.ok(message.params.progress > (request.progress ?? -Infinity));
            request.progress = message.params.progress;
        } else if (this.#listenOf(message)) {
            ({ judge } = this.#listenOf(message).speaker);
        } else {
            assert.ok(!judge.isModern || message.method === 'notifications/message',
                'a notification that belongs to no request');
        }
        judge.checkNotification(message);
        const next = this.awaited.findIndex(({ method }) => method === message.method);
        if (next >= 0)
            this.awaited.splice(next, 1)[0].resolve(message);
    }

    // The stream that a notification is of.
    #listenOf({ method, params }) {
        const id = params?._meta?.[`${META}subscriptionId`] ??
            (method === 'notifications/cancelled' ? params.requestId : undefined);
        const request = this.asked.get(JSON.stringify(id));

        if (request?.method !== 'subscriptions/listen')
            return undefined;
        assert.ok(!request.answered && !request.mute, 'news of a stream that has ended');
        assert.ok(request.acknowledged || method.endsWith('acknowledged'), 'news too early');
        request.acknowledged = true;
        return request;
    }

    // The next one of that method.
    expect(method) {
        return new Promise((resolve) => { this.awaited.push({ method, resolve }); });
    }

    write(message) {
        const text = typeof message === 'string' || Buffer.isBuffer(message)
            ? message : JSON.stringify(message);

        this.child.stdin.write(Buffer.concat([Buffer.from(text), Buffer.from('\n')]));
    }

    expectUnnamed() {
        return new Promise((resolve) => { this.unnamed.push(resolve); });
    }

    // The server ends by itself, and with nothing left to be said.
    async end(signal) {
        if (signal)
            this.child.kill(signal);
        else
            this.child.stdin.end();
        assert.equal(await this.ended, 0, 'exit code of the server');
        assert.equal(this.rest.length, 0, `${this.rest} at the end`);
        assert.deepEqual(this.unnamed, [], 'errors that did not come');
        assert.deepEqual(this.faults, []);
    }
}

// ---- one client of a revision; there may be several on one wire ----

let serial = 0;

const nextToken = () => serial % 2 ? serial : `token ${serial}`;

export class Speaker {
    constructor(wire, judge, capabilities = CAPABILITIES) {
        this.wire = wire;
        this.judge = judge;
        this.capabilities = capabilities;
    }

    // All kinds of ids in turn, 0 and long ones among them.
    #nextId() {
        const n = serial++;

        return [n, `id ${n} "ü\u2028\\"`, 1700000000000 + n, -n - 1, `${n}`][n % 5];
    }

    #params(params, meta) {
        const own = this.judge.isModern ? {
            [`${META}protocolVersion`]: this.judge.revision,
            [`${META}clientCapabilities`]: this.capabilities,
            [`${META}clientInfo`]: { name: 'check-clients', version: '1' },
        } : undefined;

        if (!own && !meta)
            return params;
        return { ...params, _meta: { ...own, ...meta, ...params?._meta } };
    }

    // Written as a line of its own, or given for a batch.
    begin(method, params, { progress, raw, batch } = {}) {
        const meta = progress && { progressToken: nextToken() };
        const id = this.#nextId();
        const request = { method, speaker: this, id };
        const message = { jsonrpc: '2.0', id, method };
        const all = raw ? params : this.#params(params, meta);

        if (all !== undefined)
            message.params = all;
        request.message = message;
        request.answer = new Promise((resolve) => { request.resolve = resolve; });
        this.wire.asked.set(JSON.stringify(id), request);
        if (meta)
            this.wire.tokens.set(JSON.stringify(meta.progressToken), request);
        if (!batch)
            this.wire.write(message);
        return request;
    }

    // The last answer, when all has been answered that the ones before it asked.
    async finish(method, params, options) {
        for (let more = {}, round = 0; round < 9; round++) {
            const answer = await this.begin(method, { ...params, ...more }, options).answer;
            const { resultType, inputRequests = {}, requestState } = answer.result ?? {};

            if (resultType !== 'input_required')
                return answer;
            more = { ...requestState !== undefined && { requestState },
                inputResponses: Object.fromEntries(Object.entries(inputRequests).map(
                    ([key, asked]) => [key, answerTo(asked.method, asked.params,
                        this.wire.asking)])) };
        }
        throw new Error(`${method} asks for ever`);
    }

    async result(method, params, options) {
        const { result, error } = await this.finish(method, params, options);

        assert.ok(result, `${method} failed: ${JSON.stringify(error)}`);
        return result;
    }

    async error(code, method, params, options) {
        const { error } = await this.begin(method, params, options).answer;

        assert.ok(error, `${method} of ${JSON.stringify(params)} did not fail`);
        assert.equal(error.code, code, JSON.stringify(error));
        return error;
    }

    notify(method, params) {
        this.wire.write({ jsonrpc: '2.0', method, ...params && { params } });
    }

    async initialize() {
        const { revision } = this.judge;
        const result = await this.result('initialize', {
            protocolVersion: revision,
            capabilities: this.capabilities,
            clientInfo: { name: 'check-clients', version: '1' },
        });

        assert.equal(result.protocolVersion, revision);
        this.notify('notifications/initialized');
        return result;
    }

    begun() {
        return this.judge.isModern ? undefined : this.initialize();
    }
}
