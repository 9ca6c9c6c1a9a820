// SPDX-License-Identifier: MIT
//
// What the conformance suite has written for one set of requirements: is all of it as it is
// with a perfect server? The suite's own exit code says nothing of warnings, of scenarios that
// are not scored, nor of checks that were not made.
//
//     node check.mjs REVISION FOLDER

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// How many checks succeed in each scenario; where there are two numbers, one more if lists are
// answered as a stream.
const SHARED = {
    'completion-complete': 2,
    'tools-call-simple-text': 2,
    'tools-call-image': 2,
    'tools-call-audio': 2,
    'tools-call-embedded-resource': 2,
    'tools-call-mixed-content': 2,
    'tools-call-error': 2,
    'tools-call-with-progress': 2,
    'server-sse-multiple-streams': [1, 2],
    'resources-list': 2,
    'resources-read-text': 2,
    'resources-read-binary': 2,
    'resources-templates-read': 2,
    'prompts-list': 2,
    'prompts-get-simple': 2,
    'prompts-get-with-args': 2,
    'prompts-get-embedded-resource': 2,
    'prompts-get-with-image': 2,
    'dns-rebinding-protection': 2,
};

const SETS = {
    '2025-11-25': {
        scored: {
            ...SHARED,
            'server-initialize': 3,
            'logging-set-level': 2,
            'ping': 2,
            'tools-list': 3,
            'tools-call-with-logging': 2,
            'tools-call-sampling': 2,
            'tools-call-elicitation': 2,
            'elicitation-sep1034-defaults': 6,
            'elicitation-sep1330-enums': 6,
            'resources-subscribe': 2,
            'resources-unsubscribe': 2,
        },
        others: {
            'server-session-lifecycle': 3,
            'json-schema-2020-12': 8,
            'server-sse-polling': 3,
        },
        sums: [69, 14],
    },
    '2026-07-28': {
        scored: {
            ...SHARED,
            'server-stateless': 30,
            'tools-list': 4,
            'sep-2164-resource-not-found': 4,
            'caching': 8,
            'input-required-result-basic-elicitation': 3,
            'input-required-result-basic-sampling': 3,
            'input-required-result-basic-list-roots': 3,
            'input-required-result-request-state': 3,
            'input-required-result-multiple-input-requests': 3,
            'input-required-result-multi-round': 4,
            'input-required-result-missing-input-response': 2,
            'input-required-result-non-tool-request': 3,
            'input-required-result-result-type': 2,
            'input-required-result-unsupported-methods': 2,
            'input-required-result-tampered-state': 2,
            'input-required-result-capability-check': 2,
            'input-required-result-ignore-extra-params': 2,
            'input-required-result-validate-input': 3,
        },
        others: {
            'json-schema-2020-12': 8,
            'http-header-validation': 14,
            'http-custom-header-server-validation': 10,
        },
        sums: [120, 32],
    },
};

// An extension that the server does not have.
const LEFT_OUT = /^tasks-/;

const numbers = (n) => (Array.isArray(n) ? n : [n]);
const least = (scenarios) =>
    Object.values(scenarios).reduce((sum, n) => sum + numbers(n)[0], 0);

// The checks of each scenario, from folders that are called server-<scenario>-<time>.
function read(folder) {
    const found = new Map();

    for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
        const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1] ?? name;
        const file = join(folder, name, 'checks.json');

        if (found.has(scenario))
            throw new Error(`${scenario} is there twice`);
        // One that has failed before its first check leaves no file.
        found.set(scenario, existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
    }
    return found;
}

function tell(check) {
    console.log(`    ${check.status} ${check.id}: ${check.errorMessage ?? check.description}`);
    for (const violation of [].concat(check.details?.violations ?? []))
        console.log(`        ${JSON.stringify(violation)}`);
}

// One line of the table, and what is wrong.
function judge(scenario, wanted, checks) {
    const wrong = checks.filter((c) => c.status !== 'SUCCESS' && c.status !== 'INFO');
    const n = checks.filter((c) => c.status === 'SUCCESS').length;
    const ok = wrong.length === 0 && numbers(wanted).includes(n);

    console.log(`  ${ok ? 'ok    ' : 'NOT OK'} ${scenario.padEnd(46)} ` +
        `${String(n).padStart(3)} of ${numbers(wanted).join(' or ')}`);
    if (!ok)
        wrong.forEach(tell);
    return { ok, n };
}

function main(revision, folder) {
    const set = SETS[revision];
    const found = read(folder);
    let bad = 0;

    for (const [index, part] of ['scored', 'others'].entries()) {
        let sum = 0;

        if (least(set[part]) !== set.sums[index])
            throw new Error(`the table of ${revision} does not add up`);
        console.log(`${revision}, ${part === 'scored' ? 'scored' : 'not scored'}:`);
        for (const [scenario, wanted] of Object.entries(set[part])) {
            const { ok, n } = judge(scenario, wanted, found.get(scenario) ?? []);

            sum += n;
            bad += ok ? 0 : 1;
            found.delete(scenario);
        }
        console.log(`         ${'in all'.padEnd(46)} ${String(sum).padStart(3)} of ` +
            `${set.sums[index]}`);
    }
    for (const scenario of found.keys()) {
        if (LEFT_OUT.test(scenario)) {
            console.log(`  left out ${scenario}`);
        } else {
            console.log(`  NOT OK ${scenario}: nobody expects it`);
            bad++;
        }
    }
    return bad === 0 ? 0 : 1;
}

if (process.argv.length !== 4 || !SETS[process.argv[2]]) {
    console.error(`usage: check.mjs ${Object.keys(SETS).join('|')} FOLDER`);
    process.exit(2);
}
process.exit(main(process.argv[2], process.argv[3]));
