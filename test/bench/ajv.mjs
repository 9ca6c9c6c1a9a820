// SPDX-License-Identifier: MIT
// How fast ajv's compiled validators are: for each line of a file, a schema and a value that
// fits it, the nanoseconds of a check, and of JSON.parse() and a check; the best of several
// rounds. Prints lines "NAME NS NS".
// Usage: ajv.mjs FILE

import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';

let fits = 0; // keeps the compiler from dropping a result

function best(fn) {
    let least = Infinity;
    let n = 1;

    for (let round = 0; round < 12; round++) {
        const start = process.hrtime.bigint();

        for (let i = 0; i < n; i++)
            fits += fn() ? 1 : 0;
        const took = Number(process.hrtime.bigint() - start);

        if (round > 2) // the first ones are for the compiler
            least = Math.min(least, took / n);
        if (took < 5e7)
            n = Math.ceil(n * (took < 5e5 ? 100 : 6e7 / took));
    }
    return least;
}

for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
    const { name, schema, value } = JSON.parse(line);
    const text = JSON.stringify(value);
    const validate = new Ajv2020({ strict: false }).compile(schema);

    if (!validate(value))
        throw new Error(`${name}: ${JSON.stringify(validate.errors)}`);
    console.log(name, best(() => validate(value)).toFixed(1),
        best(() => validate(JSON.parse(text))).toFixed(1));
}
