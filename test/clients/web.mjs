// SPDX-License-Identifier: MIT
// What stands at the other end of HTTP: a server on a port of its own, and nginx in front of
// it, or a proxy that cuts connections.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const START_MS = 60000;

// What a file says by then.
async function matched(file, what) {
    const end = performance.now() + START_MS;

    while (performance.now() < end) {
        const found = (await readFile(file, 'utf8').catch(() => '')).match(what);

        if (found)
            return found[1];
        await delay(5);
    }
    throw new Error(`there is no ${what} in ${file}`);
}

function start(env, ...args) {
    return spawn('/bin/sh', args, { stdio: 'ignore', env: { ...process.env, ...env } });
}

// The process that a server is, by the one that waits for it.
export async function childOf(shell) {
    return Number(await readFile(`/proc/${shell}/task/${shell}/children`, 'utf8'));
}

// Started as server.sh says; whether it ended well is in its files.
export class Server {
    static async start(starter, file, program, args, env) {
        const server = new Server();

        start(env, starter, file, program, ...args, 'http://127.0.0.1:0/mcp');
        server.url = await matched(`${file}.err`, /^listening on (http:.*)$/m);
        const shell = await matched(`${file}.pid`, /^(\d+)$/m);
        server.pid = await childOf(shell);
        return server;
    }

    stop() {
        if (this.pid)
            process.kill(this.pid, 'SIGTERM');
        delete this.pid;
    }
}

// nginx in front of a URL; see nginx.sh.
export class Front {
    static async start(starter, file, url) {
        const front = new Front();

        front.folder = `${file}.nginx`;
        front.process = start({}, join(dirname(starter), 'nginx.sh'), front.folder, url);
        front.ended = new Promise((resolve) => front.process.on('close', resolve));
        front.url = await matched(join(front.folder, 'url'), /^(http:.*)$/m);
        return front;
    }

    // Resolves with what it had to say.
    async stop() {
        this.process.kill('SIGTERM');
        await this.ended;
        return readFile(join(this.folder, 'error.log'), 'utf8');
    }
}

// Forwards bytes, and cuts all connections when it is told to. While it is shut nobody gets
// through it.
export class Proxy {
    #pairs = new Set();

    static async start(target) {
        const { hostname, port } = new URL(target);
        const proxy = new Proxy();
        const url = new URL(target);

        proxy.server = createServer((client) => proxy.#take(client, Number(port), hostname));
        proxy.server.listen(0, '127.0.0.1');
        await once(proxy.server, 'listening');
        url.port = proxy.server.address().port;
        proxy.url = url.href;
        return proxy;
    }

    #take(client, port, host) {
        if (this.shut) {
            client.destroy();
            return;
        }
        const server = connect({ port, host });
        const pair = [client, server];
        const end = () => {
            this.#pairs.delete(pair);
            pair.forEach((socket) => socket.destroy());
        };

        this.#pairs.add(pair);
        client.pipe(server);
        server.pipe(client);
        pair.forEach((socket) => socket.on('error', end).on('close', end));
    }

    // By FIN, or by RST.
    cut(reset = false) {
        for (const pair of this.#pairs)
            pair.forEach((socket) => reset ? socket.resetAndDestroy() : socket.destroy());
        this.#pairs.clear();
    }

    stop() {
        this.cut();
        this.server.close();
    }
}
