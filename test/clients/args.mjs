// SPDX-License-Identifier: MIT
// Holds the verdict on arguments against what ajv says of the schema that clients see:
// args_cases prints both for arguments by chance. What we refuse on purpose, whatever the
// schema says, is marked, and must have been refused.
// Usage: args.mjs ARGS_CASES N [SEED]

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import Ajv2020 from 'ajv/dist/2020.js';

const [program, n, given] = process.argv.slice(2);
const seed = given ?? String(Date.now());
const child = spawn(program, [n, seed], { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = new Promise((resolve) => child.on('close', resolve));
const counts = { fits: 0, 'does not fit': 0, special: 0 };
const ajv = new Ajv2020({ strict: false });
let schema, validate, wrong = 0;

for await (const line of createInterface({ input: child.stdout })) {
    const end = line.indexOf(',"special":');
    const row = JSON.parse(line);

    if (line.slice(0, end) !== schema) {
        schema = line.slice(0, end);
        validate = ajv.compile(row.schema);
        ajv.removeSchema(row.schema); // or it would keep them all
    }
    const ok = row.special ? false : validate(row.value);
    counts[row.special ? 'special' : ok ? 'fits' : 'does not fit']++;
    if (ok !== row.ok && wrong++ < 5)
        console.log(`ajv says ${ok}, we say ${row.ok}: ${line}`);
}
const status = await ended;
const total = counts.fits + counts['does not fit'];
const all = status === 0 && total === Number(n) && counts.special > 0 &&
    counts.fits > total / 10 && counts['does not fit'] > total / 10;

console.log(`seed ${seed}:`, Object.entries(counts).map((e) => e.join(' ')).join(', '));
console.log(`${wrong === 0 && all ? 'PASS' : 'FAIL'}: clients/ajv arguments`);
process.exit(wrong === 0 && all ? 0 : 1);
