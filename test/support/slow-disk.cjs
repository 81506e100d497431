// Loaded into a run of the program: each file that it writes or moves takes a moment, as on a slow disk. So a set of a
// thousand clients takes seconds, and almost no processor.
const fs = require('node:fs');

const MOMENT_MS = 1;
const moment = new Int32Array(new SharedArrayBuffer(4));

for (const name of ['writeFileSync', 'renameSync']) {
  const original = fs[name];
  fs[name] = (...args) => {
    Atomics.wait(moment, 0, 0, MOMENT_MS);
    return original(...args);
  };
}
